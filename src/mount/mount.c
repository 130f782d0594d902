/* The session's life: mounting, answering, unmounting; see mount.h. */
#include "mount/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

static int add_argument(struct fuse_args *args, const char *argument)
{
	return fuse_opt_add_arg(args, argument) < 0 ? -ENOMEM : 0;
}

/* default_permissions: the kernel checks modes. subtype: the table says fuse.orderfs, by which a
 * crashed one is recognised. Commas in the source would end the option. */
static int build_arguments(const struct mount_options *options, struct fuse_args *args)
{
	auto_free char *own = NULL;
	auto_free char *source = strdup(options->source);

	if (!source) {
		return -ENOMEM;
	}
	for (char *p = source; (p = strchr(p, ','));) {
		*p = '_';
	}
	if (asprintf(&own, "-odefault_permissions,nosuid,nodev,noatime,subtype=orderfs,fsname=%s",
		     source) < 0) {
		own = NULL;
		return -ENOMEM;
	}
	int r = add_argument(args, "orderfs");
	if (r == 0) {
		r = add_argument(args, own);
	}
	if (r == 0 && options->options) {
		auto_free char *theirs = NULL;
		if (asprintf(&theirs, "-o%s", options->options) < 0) {
			theirs = NULL;
			return -ENOMEM;
		}
		r = add_argument(args, theirs);
	}
	if (r == 0 && options->debug) {
		r = add_argument(args, "-d");
	}
	return r;
}

static int open_session(struct mount *mount, struct problem *why)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r = build_arguments(&mount->options, &args);

	if (r == 0) {
		mount->session = fuse_session_new(&args, &mount_ops, sizeof(mount_ops), mount);
		if (!mount->session) {
			r = problem_set(why, -EINVAL, "an option after -o is not known");
		}
	}
	fuse_opt_free_args(&args);
	if (r == 0 && fuse_session_mount(mount->session, mount->options.path) != 0) {
		r = problem_set(why, -EIO,
				"%s cannot be mounted on: is /dev/fuse there and yours to "
				"use, and fusermount3 installed?",
				mount->options.path);
		fuse_session_destroy(mount->session);
		mount->session = NULL;
	}
	return r;
}

int mount_create(const struct mount_options *options, struct mount **out, struct problem *why)
{
	struct mount *mount = calloc(1, sizeof(*mount));

	if (!mount) {
		return -ENOMEM;
	}
	mount->options = *options;
	mount->options.path = strdup(options->path);
	mount->options.source = strdup(options->source);
	mount->options.options = options->options ? strdup(options->options) : NULL;
	atomic_init(&mount->gate.places, WAITING_MOST);
	mount->uid = geteuid();
	mount->gid = getegid();
	pthread_mutex_init(&mount->mutex, NULL);
	known_init(&mount->known);
	polled_init(&mount->polled);
	int r = mount->options.path && mount->options.source ? 0 : -ENOMEM;
	if (r == 0) {
		r = open_session(mount, why);
	}
	if (r == 0) {
		r = notifier_create(mount, &mount->notifier);
	}
	if (r < 0) {
		mount_destroy(mount);
		return r;
	}
	*out = mount;
	return 0;
}

int mount_serve(struct mount *mount, struct view *view)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	pthread_t keeper;

	mount->view = view;
	int r = config ? keeper_start(mount, &keeper) : -ENOMEM;
	if (r == 0) {
		fuse_loop_cfg_set_max_threads(config, WORKERS);
		fuse_loop_cfg_set_idle_threads(config, 8);
		fuse_loop_cfg_set_clone_fd(config, 0);
		r = fuse_session_loop_mt(mount->session, config);
		keeper_stop(keeper);
	}
	if (config) {
		fuse_loop_cfg_destroy(config);
	}
	/* Aborted from outside (umount -f): the mount is gone, which is an end like any other. */
	r = r == -ECONNABORTED ? 0 : r;
	return r < 0 ? log_error(r, "the mount ended: %s", strerror(-r)) : 0;
}

void mount_destroy(struct mount *mount)
{
	if (!mount) {
		return;
	}
	if (mount->view) {
		view_listen(mount->view, NULL);
	}
	notifier_destroy(mount->notifier);
	if (mount->session) {
		fuse_session_unmount(mount->session);
		fuse_session_destroy(mount->session);
	}
	polled_finish(&mount->polled);
	known_finish(&mount->known);
	pthread_mutex_destroy(&mount->mutex);
	free((char *)mount->options.path);
	free((char *)mount->options.source);
	free((char *)mount->options.options);
	free(mount);
}

static bool knows(void *context, uint64_t ino)
{
	struct mount *mount = context;

	return known_has(&mount->known, ino);
}

static void tell(void *context, struct event *event)
{
	struct mount *mount = context;

	notifier_add(mount->notifier, event);
}

static void wake_pollers(void *context, uint64_t ino)
{
	struct mount *mount = context;

	polled_wake(&mount->polled, ino);
}

void mount_listen(struct mount *mount, struct view *view)
{
	struct view_listener listener = {knows, tell, wake_pollers, mount};

	mount->view = view;
	view_listen(view, &listener);
}
