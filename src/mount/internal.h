/* The inside of the mount, for the files of this floor. */
#ifndef MOUNT_INTERNAL_H
#define MOUNT_INTERNAL_H

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse_lowlevel.h>

#include <pthread.h>
#include <sys/stat.h>

#include "base/table.h"
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

/* What the kernel has looked up and not forgotten: how often, by inode number. */
struct known {
	pthread_mutex_t mutex; /* protects: */
	struct table counts;
};

/* Handles on which somebody sleeps in poll(2). */
struct polled {
	pthread_mutex_t mutex; /* protects: */
	struct poller *list;
};

struct notifier;

struct mount {
	struct mount_options options; /* strings are the mount's own copies */
	struct fuse_session *session;
	struct view *view;
	struct notifier *notifier;
	struct wait_gate gate;
	struct known known;
	struct polled polled;
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
/* A name that the kernel keeps count of. */
void reply_entry(fuse_req_t req, const struct fuse_entry_param *entry);
void fill_stat(fuse_req_t req, const struct node *node, struct stat *st);
void fill_entry(fuse_req_t req, const struct node *node, struct fuse_entry_param *entry);

/* ---- visit.c: requests that wait, and how they are let go. */
void visit_begin(struct visit *visit, fuse_req_t req);
/* Before the reply. */
void visit_end(struct visit *visit);
/* Every waiting request is let go, now and from now on. */
void visits_end(struct mount *mount);
bool visits_are_ending(struct mount *mount);

/* ---- known.c */
void known_init(struct known *known);
void known_finish(struct known *known);
/* Before the reply that tells of it: the kernel may forget it right after. */
void known_add(struct known *known, uint64_t ino);
void known_forget(struct known *known, uint64_t ino, uint64_t count);
bool known_has(struct known *known, uint64_t ino);

/* ---- polled.c */
void polled_init(struct polled *polled);
void polled_finish(struct polled *polled);
/* Takes ownership of handle, which may be NULL. */
void polled_add(struct polled *polled, struct handle *file, uint64_t ino,
		struct fuse_pollhandle *handle);
/* The file is closed. */
void polled_remove(struct polled *polled, const struct handle *file);
/* Wakes all who sleep on that inode. */
void polled_wake(struct polled *polled, uint64_t ino);

/* ---- notifier.c: one thread that makes calls on the mount, and one that sees that they return. */
int notifier_create(struct mount *mount, struct notifier **out);
/* The mount answers; device: whose it is. */
void notifier_ready(struct notifier *notifier, dev_t device);
/* Ends the threads; what comes later is not told. Called while requests are still answered, since a
 * call under way waits for them. */
void notifier_stop(struct notifier *notifier);
void notifier_destroy(struct notifier *notifier);
/* Takes ownership of it and those that follow it. */
void notifier_add(struct notifier *notifier, struct event *events);
/* What the thread that makes the request has announced: true with a copy, without its path. Also
 * true for a name that is a caller's own, by which it gets known: kind is EVENT_STAT then. */
struct claim {
	enum event_kind kind;
	uint64_t ino;
	uint64_t parent;
	mode_t type;
};
bool notifier_claims(struct notifier *notifier, pid_t thread, uint64_t parent, const char *name,
		     struct claim *out);
/* The first request of a caller: its thread as the kernel calls it. */
bool notifier_meets(struct notifier *notifier, pid_t thread, const char *name);

/* ---- queue.c: what is to be told, in order, each once. One thread at a time. */
struct queue {
	struct notice *first;
	struct notice **last;
	struct table pending; /* struct notice by name */
};
/* One for each name. */
uint64_t queue_key(const struct event *event);
void queue_init(struct queue *queue);
void queue_finish(struct queue *queue);
/* Takes ownership. What comes and goes before anybody was told is never told: *undone is what came,
 * the caller's; else NULL. */
void queue_add(struct queue *queue, struct event *event, struct event **undone);
/* The next one, the caller's; or NULL. */
struct event *queue_take(struct queue *queue);

/* ---- call.c */
/* Makes the system call on the mount at that path, if it is still the device's there. -EXDEV: it is
 * not. */
int call_make(const char *mount_point, dev_t device, const struct event *event);
/* A lookup of that name in the mount's root. */
void call_introduce(const char *mount_point, dev_t device, const char *name);

/* ---- own.c: requests of the notifier's own thread. Each: true when it was one, and is answered. */
bool own_lookup(fuse_req_t req, uint64_t parent, const char *name);
bool own_getattr(fuse_req_t req, uint64_t ino);
bool own_open(fuse_req_t req, uint64_t ino, struct fuse_file_info *fi);
bool own_create(fuse_req_t req, uint64_t parent, const char *name, struct fuse_file_info *fi);
/* mkdir and symlink */
bool own_make(fuse_req_t req, enum event_kind kind, uint64_t parent, const char *name);
/* unlink and rmdir */
bool own_remove(fuse_req_t req, enum event_kind kind, uint64_t parent, const char *name);

/* ---- keeper.c: the thread that waits for signals and for the mount to go. */
int keeper_start(struct mount *mount, pthread_t *thread);
/* Ends it, when the session has ended without a signal. */
void keeper_stop(pthread_t thread);

#endif
