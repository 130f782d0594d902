/* The notifier's system calls on its own mount. Nothing stays open after one, and none touches what
 * lies under a mount that is gone, was moved, or has another one on top. */
#include "mount/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Without a request to the mount, and with no effect on anything: only a place to go on from. */
static int open_folder(const char *path, dev_t device)
{
	auto_fd int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statx st;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) < 0) {
		return -errno;
	}
	if (makedev(st.stx_dev_major, st.stx_dev_minor) != device) {
		return -EXDEV;
	}
	int own = fd;
	fd = -1;
	return own;
}

static int open_and_close(int folder, const char *name, int flags, bool cut)
{
	auto_fd int fd = openat(folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0444);

	if (fd < 0) {
		return -errno;
	}
	/* The answer has the real size. */
	return cut && ftruncate(fd, 0) < 0 ? -errno : 0;
}

static int act(int folder, const char *name, const struct event *event)
{
	int r = 0;

	switch (event->kind) {
	case EVENT_CREATE:
		return open_and_close(folder, name, O_WRONLY | O_CREAT | O_EXCL, false);
	case EVENT_CHANGE:
		return open_and_close(folder, name, O_WRONLY, true);
	case EVENT_MKDIR:
		r = mkdirat(folder, name, 0755);
		break;
	case EVENT_SYMLINK:
		r = symlinkat(event->target, folder, name);
		break;
	case EVENT_UNLINK:
		r = unlinkat(folder, name, 0);
		break;
	case EVENT_RMDIR:
		r = unlinkat(folder, name, AT_REMOVEDIR);
		break;
	case EVENT_STAT:
		break;
	}
	return r < 0 ? -errno : 0;
}

int call_make(const char *mount_point, dev_t device, const struct event *event)
{
	auto_free char *path = NULL;
	const char *name = event_name(event);
	int folder_length = (int)(name - event->path);

	if (asprintf(&path, "%s/%.*s", mount_point, folder_length, event->path) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	auto_fd int folder = open_folder(path, device);
	return folder < 0 ? folder : act(folder, name, event);
}

void call_introduce(const char *mount_point, dev_t device, const char *name)
{
	struct stat st;
	auto_fd int folder = open_folder(mount_point, device);

	if (folder >= 0) {
		fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW);
	}
}
