/* The inside of the mount, for the files of this floor. */
#ifndef MOUNT_INTERNAL_H
#define MOUNT_INTERNAL_H

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse_lowlevel.h>

#include <pthread.h>

#include "mount/mount.h"

/* At most so many requests wait for the network; the other workers always answer from the store. */
enum { WORKERS = 128, WAITING_MOST = 112 };

/* A request that may wait, for as long as it does. */
struct visit {
	struct waiter waiter;
	struct mount *mount;
	fuse_req_t req;
	struct visit *next;
	struct visit *previous;
};

struct notifier;

struct mount {
	struct mount_options options; /* strings are the mount's own copies */
	struct fuse_session *session;
	struct view *view;
	struct notifier *notifier;
	struct wait_gate gate;
	uid_t uid; /* whose all of it is */
	gid_t gid;
	pthread_mutex_t mutex; /* protects: */
	struct visit *visits;
	bool ending; /* nobody may wait any more */
};

/* ---- ops.c */
extern const struct fuse_lowlevel_ops mount_ops;

/* ---- reply.c */
struct mount *mount_of(fuse_req_t req);
/* The one place where an error becomes a reply; r is 0 or a negative errno. EINTR is for who was
 * interrupted: to who is let go because the mount ends, cat and cp would read it as "try again",
 * for ever. */
void reply_error(fuse_req_t req, int r);
void fill_stat(fuse_req_t req, const struct node *node, struct stat *st);
void fill_entry(fuse_req_t req, const struct node *node, struct fuse_entry_param *entry);

/* ---- visit.c: requests that wait, and how they are let go. */
void visit_begin(struct visit *visit, fuse_req_t req);
/* Before the reply. */
void visit_end(struct visit *visit);
/* Every waiting request is let go, now and from now on. */
void visits_end(struct mount *mount);
bool visits_are_ending(struct mount *mount);

/* ---- notifier.c */
int notifier_create(struct fuse_session *session, struct notifier **out);
/* Ends the thread; what comes later is not sent. Called while requests are still answered, since a
 * notification under way may wait in the kernel for one of them. */
void notifier_stop(struct notifier *notifier);
void notifier_destroy(struct notifier *notifier);
void notifier_add(struct notifier *notifier, const struct event *event);

/* ---- keeper.c: the thread that waits for signals and for the mount to go. */
int keeper_start(struct mount *mount, pthread_t *thread);
/* Ends it, when the session has ended without a signal. */
void keeper_stop(pthread_t thread);

#endif
