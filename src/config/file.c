/* Paths and small files of the configuration; see file.h. */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static int read_all(int fd, char *text, size_t size, size_t *length)
{
	*length = 0;
	while (*length < size) {
		ssize_t n = read(fd, text + *length, size - *length);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			return 0;
		}
		*length += (size_t)n;
	}
	return -EFBIG;
}

int file_read(const char *path, size_t max, char **text, size_t *length, struct stat *st)
{
	struct stat own;
	/* Without O_NONBLOCK a FIFO would wait for its other end. */
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *data;
	int r;

	st = st ? st : &own;
	if (fd < 0 || fstat(fd, st) < 0) {
		return -errno;
	}
	if (!S_ISREG(st->st_mode)) {
		return -EINVAL;
	}
	data = malloc(max + 1);
	if (!data) {
		return -ENOMEM;
	}
	r = read_all(fd, data, max + 1, length);
	if (r < 0) {
		explicit_bzero(data, *length);
		free(data);
		return r;
	}
	data[*length] = '\0';
	*text = data;
	return 0;
}

static const char *home(void)
{
	const char *path = getenv("HOME");
	const struct passwd *user;

	if (path && *path == '/') {
		return path;
	}
	user = getpwuid(geteuid());
	return user && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

char *file_join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

char *file_expand(const char *dir, const char *path)
{
	const char *own = home();

	if (*path == '/') {
		return strdup(path);
	}
	if (own && strcmp(path, "~") == 0) {
		return strdup(own);
	}
	if (own && strncmp(path, "~/", 2) == 0) {
		return file_join(own, path + 2);
	}
	return file_join(dir, path);
}

char *file_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	auto_free char *dir = NULL;
	auto_free char *here = NULL;

	if (slash == path) {
		return strdup("/");
	}
	dir = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	if (!dir || *dir == '/') {
		return take_ptr(&dir);
	}
	here = getcwd(NULL, 0);
	return here ? file_join(here, dir) : NULL;
}

char *file_base(const char *variable, const char *otherwise)
{
	const char *path = getenv(variable);

	if (path && *path == '/') {
		return strdup(path);
	}
	path = home();
	return path ? file_join(path, otherwise) : NULL;
}
