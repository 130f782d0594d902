/* The mount: libfuse's session over a view. The only floor that knows FUSE. */
#ifndef MOUNT_MOUNT_H
#define MOUNT_MOUNT_H

#include <stdbool.h>

#include "base/error.h"
#include "view/events.h"
#include "view/view.h"

struct mount;

struct mount_options {
	const char *path;    /* absolute */
	const char *source;  /* what the mount table shows in the first column */
	const char *options; /* of -o, comma separated, or NULL */
	bool debug;          /* libfuse prints every request */
	int64_t patience_ms; /* how long a request may wait for the network */
	/* Once, when the mount answers; from a thread of the mount. */
	void (*ready)(void *context);
	/* On SIGHUP; from a thread of the mount. */
	void (*hangup)(void *context);
	void *context;
};

/* Looks whether the folder can be mounted on: it exists, is empty, and no mount. What a crashed
 * orderfs of this user left there is unmounted first. -EBUSY, -ENOTEMPTY, -ENOTDIR, -ENOENT …
 * with words. *absolute is the caller's. */
int mount_check(const char *path, char **absolute, struct problem *why);

/* Mounts. Nothing answers before mount_serve(). Unknown options are -EINVAL. */
int mount_create(const struct mount_options *options, struct mount **out, struct problem *why);
/* Answers until the mount is unmounted, or SIGINT or SIGTERM comes; those, SIGHUP and SIGPIPE
 * must be blocked in all threads. Waiting calls are let go then. 0, or the error that ended it. */
int mount_serve(struct mount *mount, struct view *view);
/* Unmounts what is still mounted. */
void mount_destroy(struct mount *mount);

/* From now on the mount tells the kernel what changes in the view. Before mount_serve() and before
 * accounts are started. */
void mount_listen(struct mount *mount, struct view *view);

#endif
