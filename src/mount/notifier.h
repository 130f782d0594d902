/* The inside of the notifier: notifier.c (what handlers ask, the guard, its life) and caller.c (the
 * thread that makes the calls). */
#ifndef MOUNT_NOTIFIER_H
#define MOUNT_NOTIFIER_H

#include <stdatomic.h>

#include "mount/internal.h"

enum { SECRET_BYTES = 16 };

/* A thread that makes calls. One at a time does; others may be stuck in theirs. */
struct caller {
	struct notifier *notifier;
	char name[2 * SECRET_BYTES + 2]; /* its own: who looks it up is this thread */
	/* Under the notifier's mutex. */
	struct event *event; /* announced: the call under way; or NULL */
	int64_t since_ms;
	struct event *skipped; /* in the folder where it is stuck */
};

struct notifier {
	struct mount *mount;
	dev_t device;
	atomic_int thread; /* of the caller, as the kernel calls it; 0: not known */
	pthread_t guard;
	pthread_mutex_t mutex; /* protects: */
	pthread_cond_t work;   /* for the caller */
	pthread_cond_t began;  /* for the guard, and for who waits for the end */
	struct queue queue;
	struct table stuck;  /* struct caller by folder */
	struct table unborn; /* names that went before they came: their end is not told either */
	struct caller *caller;
	int callers; /* all */
	bool ready;
	bool ending;
	bool watched; /* the guard is awake */
	bool joined;
	bool told_moved;
};

/* It is there, or gone, and nobody was told. Never waits. */
void notifier_show(struct notifier *notifier, const struct event *event);
/* Starts the thread that is to make calls from now on. */
int caller_start_locked(struct notifier *notifier);

#endif
