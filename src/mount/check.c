/* Whether a folder can be mounted on, and what to do about what stands in the way. */
#include "mount/mount.h"

#include <dirent.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

/* The table writes blanks and backslashes in paths as octal numbers. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		unsigned value;
		if (from[0] == '\\' && sscanf(from + 1, "%3o", &value) == 1) {
			*to++ = (char)value;
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* True when the last mount on that path is an orderfs of this user. */
static bool is_own_mount(const char *path)
{
	auto_file FILE *table = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	bool own = false;
	char user[32];

	snprintf(user, sizeof(user), "user_id=%u", (unsigned)getuid());
	while (table && getline(&line, &size, table) > 0) {
		char *save = NULL;
		char *where = NULL;
		char *word = strtok_r(line, " ", &save);
		for (int i = 0; word && i < 4; i++) {
			word = strtok_r(NULL, " ", &save);
		}
		where = word;
		if (!where) {
			continue;
		}
		unescape(where);
		if (strcmp(where, path) == 0) {
			own = save && strstr(save, " - fuse.orderfs ") && strstr(save, user);
		}
	}
	free(line);
	return own;
}

static int unmount_dead(const char *path)
{
	extern char **environ;
	const char *arguments[] = {"fusermount3", "-u", "-z", "--", path, NULL};
	pid_t pid;
	int status = 0;

	if (umount2(path, MNT_DETACH) == 0) {
		return 0;
	}
	int r = posix_spawnp(&pid, arguments[0], NULL, NULL, (char *const *)arguments, environ);
	if (r != 0) {
		return -r;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EBUSY;
}

static int check_empty(const char *path, struct problem *why)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int r = 0;

	if (!dir) {
		return problem_set(why, -errno, "%s: %s", path, strerror(errno));
	}
	while (r == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			r = problem_set(why, -ENOTEMPTY,
					"%s is not empty: mount on an empty folder", path);
		}
	}
	closedir(dir);
	return r;
}

/* What a file system that ended answers; the second while the kernel is still taking it down. */
static bool is_dead(int err)
{
	return err == ENOTCONN || err == ECONNABORTED;
}

/* realpath(), also for what cannot be looked at: the mount of a file system that ended. */
static char *absolute_path(const char *path)
{
	auto_free char *copy = strdup(path);
	auto_free char *folder = NULL;
	char *whole = realpath(path, NULL);

	if (whole || !is_dead(errno) || !copy) {
		return whole;
	}
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--) {
		copy[n - 1] = '\0';
	}
	char *slash = strrchr(copy, '/');
	const char *name = slash ? slash + 1 : copy;
	if (slash) {
		*slash = '\0';
	}
	folder = realpath(slash ? (slash == copy ? "/" : copy) : ".", NULL);
	if (!folder ||
	    asprintf(&whole, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) < 0) {
		return NULL;
	}
	return whole;
}

/* Takes away what an orderfs of this user that ended left there. */
static int clear_dead(const char *path, struct problem *why)
{
	struct statvfs st;

	/* stat() may be answered from attributes that the kernel kept; this never is. */
	if (statvfs(path, &st) == 0 || !is_dead(errno)) {
		return 0;
	}
	if (!is_own_mount(path)) {
		return problem_set(why, -EBUSY,
				   "%s is the mount of another file system that ended: "
				   "unmount it first",
				   path);
	}
	int r = unmount_dead(path);
	if (r < 0) {
		return problem_set(why, r,
				   "%s is the mount of an orderfs that ended, and cannot be "
				   "unmounted: %s",
				   path, strerror(-r));
	}
	log_info("unmounted what an orderfs that ended had left on %s", path);
	return 0;
}

int mount_check(const char *path, char **absolute, struct problem *why)
{
	struct stat st;
	auto_free char *whole = absolute_path(path);

	if (!whole) {
		return problem_set(why, -errno, "%s: %s", path, strerror(errno));
	}
	int r = clear_dead(whole, why);
	if (r < 0) {
		return r;
	}
	if (stat(whole, &st) < 0) {
		return problem_set(why, -errno, "%s: %s", path, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode)) {
		return problem_set(why, -ENOTDIR, "%s is not a folder", path);
	}
	if (is_own_mount(whole)) {
		return problem_set(why, -EBUSY,
				   "%s is an orderfs mount already: unmount it first "
				   "(fusermount3 -u)",
				   path);
	}
	r = check_empty(whole, why);
	if (r == 0) {
		*absolute = take_ptr(&whole);
	}
	return r;
}
