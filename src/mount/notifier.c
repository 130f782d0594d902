/* The notifier: raises what happens at the other end as events of the file system here.
 *
 * The kernel has no message for that, so a thread makes the system call that a local program would
 * have made, on the mount itself, and own.c answers it. It holds no lock of ours meanwhile, and its
 * requests are answered by workers that nobody else can fill up (see WAITING_MOST).
 *
 * A second thread, the guard, sees that calls return: one that does not is left to itself, what it
 * was to tell is there without an event, and another thread goes on. In the folder where it is
 * stuck nobody is told anything until it returns. */
#include "mount/notifier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wait.h"

enum { PATIENCE_MS = 5000 };

/* ---- what the handlers ask */

bool notifier_claims(struct notifier *notifier, pid_t thread, uint64_t parent, const char *name,
		     struct claim *out)
{
	if (thread == 0 || atomic_load(&notifier->thread) != thread) {
		return false;
	}
	pthread_mutex_lock(&notifier->mutex);
	const struct event *event = notifier->caller ? notifier->caller->event : NULL;
	bool claims = event &&
		      (!name || (event->parent == parent && strcmp(event_name(event), name) == 0));
	if (claims) {
		*out = (struct claim){event->kind, event->ino, event->parent, event->type};
	}
	pthread_mutex_unlock(&notifier->mutex);
	return claims;
}

bool notifier_meets(struct notifier *notifier, pid_t thread, const char *name)
{
	if (name[0] != '.' || atomic_load(&notifier->thread) != 0) {
		return false;
	}
	pthread_mutex_lock(&notifier->mutex);
	bool meets = notifier->caller && strcmp(notifier->caller->name, name) == 0;
	if (meets) {
		atomic_store(&notifier->thread, thread);
	}
	pthread_mutex_unlock(&notifier->mutex);
	return meets;
}

/* ---- the guard */

static void give_up_locked(struct notifier *notifier)
{
	struct caller *caller = notifier->caller;
	struct event *event = caller->event;
	uint64_t *place = table_add(&notifier->stuck, event->parent);

	if (place) {
		*place = (uintptr_t)caller;
	}
	notifier->caller = NULL;
	log_info("%s: somebody holds the folder: what changes in it raises no events until then",
		 event->path);
	if (event->kind != EVENT_STAT) {
		notifier_show(notifier, event);
	}
	caller_start_locked(notifier);
}

static void sleep_locked(struct notifier *notifier, int64_t until_ms)
{
	struct timespec t = clock_timespec(until_ms * 1000000);

	pthread_cond_timedwait(&notifier->began, &notifier->mutex, &t);
}

static void *guard_main(void *context)
{
	struct notifier *notifier = context;

	pthread_mutex_lock(&notifier->mutex);
	while (!notifier->ending) {
		const struct caller *caller = notifier->caller;
		notifier->watched = caller && caller->event;
		if (!caller) {
			/* There was no memory for one. */
			if (caller_start_locked(notifier) < 0) {
				sleep_locked(notifier, clock_ms() + PATIENCE_MS);
			}
		} else if (!caller->event) {
			pthread_cond_wait(&notifier->began, &notifier->mutex);
		} else if (clock_ms() >= caller->since_ms + PATIENCE_MS) {
			give_up_locked(notifier);
		} else {
			sleep_locked(notifier, caller->since_ms + PATIENCE_MS);
		}
	}
	pthread_mutex_unlock(&notifier->mutex);
	return NULL;
}

/* ---- its life */

int notifier_create(struct mount *mount, struct notifier **out)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (!notifier) {
		return -ENOMEM;
	}
	notifier->mount = mount;
	queue_init(&notifier->queue);
	pthread_mutex_init(&notifier->mutex, NULL);
	condition_init(&notifier->work);
	condition_init(&notifier->began);
	pthread_mutex_lock(&notifier->mutex);
	int r = caller_start_locked(notifier);
	if (r == 0) {
		r = -pthread_create(&notifier->guard, NULL, guard_main, notifier);
		notifier->joined = r < 0;
	} else {
		notifier->joined = true;
	}
	pthread_mutex_unlock(&notifier->mutex);
	if (r < 0) {
		notifier_destroy(notifier);
		return r;
	}
	*out = notifier;
	return 0;
}

void notifier_ready(struct notifier *notifier, dev_t device)
{
	pthread_mutex_lock(&notifier->mutex);
	notifier->device = device;
	notifier->ready = true;
	pthread_cond_signal(&notifier->work);
	pthread_mutex_unlock(&notifier->mutex);
}

void notifier_stop(struct notifier *notifier)
{
	int64_t until_ms = clock_ms() + PATIENCE_MS;

	pthread_mutex_lock(&notifier->mutex);
	notifier->ending = true;
	bool join = !notifier->joined;
	notifier->joined = true;
	pthread_cond_broadcast(&notifier->work);
	pthread_cond_broadcast(&notifier->began);
	while (notifier->caller && clock_ms() < until_ms) {
		sleep_locked(notifier, until_ms);
	}
	pthread_mutex_unlock(&notifier->mutex);
	if (join) {
		pthread_join(notifier->guard, NULL);
	}
}

void notifier_destroy(struct notifier *notifier)
{
	if (!notifier) {
		return;
	}
	notifier_stop(notifier);
	pthread_mutex_lock(&notifier->mutex);
	bool left = notifier->callers > 0;
	queue_finish(&notifier->queue);
	pthread_mutex_unlock(&notifier->mutex);
	/* A thread that is stuck in the kernel comes back to it, if at all: the process ends. */
	if (left) {
		return;
	}
	table_finish(&notifier->stuck);
	table_finish(&notifier->unborn);
	pthread_cond_destroy(&notifier->began);
	pthread_cond_destroy(&notifier->work);
	pthread_mutex_destroy(&notifier->mutex);
	free(notifier);
}

void notifier_add(struct notifier *notifier, struct event *events)
{
	struct event *undone = NULL;

	pthread_mutex_lock(&notifier->mutex);
	while (events) {
		struct event *event = events;
		struct event *over = NULL;
		events = event->next;
		event->next = NULL;
		if (notifier->ending) {
			event_destroy(event);
		} else {
			queue_add(&notifier->queue, event, &over);
		}
		if (over) {
			over->next = undone;
			undone = over;
		}
	}
	pthread_cond_signal(&notifier->work);
	pthread_mutex_unlock(&notifier->mutex);
	while (undone) {
		struct event *event = undone;
		undone = event->next;
		view_told(notifier->mount->view, event->parent, event->ino);
		event_destroy(event);
	}
}
