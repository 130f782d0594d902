/* Spools that stay: a complete one gets a name, one that has a name is read like any other. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "spool/inside.h"

int spool_open(const char *dir, const char *name, struct spool **out)
{
	auto_free char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		return -errno;
	}
	if (fstat(fd, &st) < 0) {
		int r = -errno;
		close(fd);
		return r;
	}
	struct spool *spool = NULL;
	int r = spool_of_fd(fd, &spool);
	if (r == 0) {
		spool->ended = true;
		r = extents_add(&spool->there, 0, st.st_size);
	}
	if (r < 0) {
		spool_destroy(spool);
	} else {
		*out = spool;
	}
	return r;
}

/* For file systems that cannot name a nameless file. */
static int copy_to(int from, int64_t length, int folder, const char *name)
{
	auto_free char *part = NULL;
	off_t at = 0;
	int r = 0;

	if (asprintf(&part, "%s.part", name) < 0) {
		part = NULL;
		return -ENOMEM;
	}
	int to = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0) {
		return -errno;
	}
	while (r == 0 && at < length) {
		ssize_t n = sendfile(to, from, &at, (size_t)(length - at));
		r = n < 0 ? -errno : n == 0 ? -EIO : 0;
	}
	if (r == 0 && (fsync(to) < 0 || renameat(folder, part, folder, name) < 0)) {
		r = -errno;
	}
	if (r < 0) {
		unlinkat(folder, part, 0);
	}
	close(to);
	return r;
}

static int name_it(struct spool *spool, int folder, const char *name)
{
	char path[64];

	if (fsync(spool->fd) < 0) {
		return -errno;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", spool->fd);
	if (linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) == 0) {
		return 0;
	}
	return errno == EEXIST ? -EEXIST : copy_to(spool->fd, spool->there.bytes, folder, name);
}

int spool_keep(struct spool *spool, const char *dir, const char *name)
{
	int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0) {
		return -errno;
	}
	int r = name_it(spool, folder, name);
	if (r == 0 && fsync(folder) < 0) {
		r = -errno;
	}
	close(folder);
	return r;
}

void spool_discard(const char *dir, const char *name)
{
	auto_free char *path = NULL;

	if (!name) {
		return;
	}
	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return;
	}
	unlink(path);
}
