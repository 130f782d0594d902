/* The state folder; see folder.h. One thread, at start.
 *
 * The lock belongs to the open file (F_OFD_SETLK), not to the process: another close() of the same
 * file does not drop it, and a second store in this process meets it too. Such a lock does not
 * tell its owner, so the file holds the pid. */
#include "store/folder.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* The pid that the holder of the lock wrote; 0 when it did not come to that yet. */
static long read_pid(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0) {
		return 0;
	}
	return strtol(text, NULL, 10);
}

static int write_pid(int fd)
{
	if (ftruncate(fd, 0) < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		return -errno;
	}
	return 0;
}

int folder_lock(const char *dir, int *lock, struct problem *why)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/lock", dir) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		int r = -errno;
		return problem_set(why, r, "cannot open %s: %s", path, strerror(-r));
	}
	if (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
		int r = errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
		if (r == -EBUSY) {
			return problem_set(why, r,
					   "%s is in use by orderfs with pid %ld: use another "
					   "`state:` folder, or end that one",
					   dir, read_pid(fd));
		}
		return problem_set(why, r, "cannot lock %s: %s", path, strerror(-r));
	}
	int r = write_pid(fd);
	if (r < 0) {
		return problem_set(why, r, "cannot write %s: %s", path, strerror(-r));
	}
	*lock = fd;
	fd = -1;
	return 0;
}

int folder_touch(const char *path, struct problem *why)
{
	/* Before SQLite opens it: to close it later would drop SQLite's own locks. */
	auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0600) < 0) {
		int r = -errno;
		return problem_set(why, r, "cannot open %s: %s", path, strerror(-r));
	}
	return 0;
}

/* Milliseconds, so that a second one never replaces the first. */
static char *name_aside(const char *path)
{
	int64_t now_ns = clock_wall_ns();
	time_t seconds = (time_t)(now_ns / 1000000000);
	struct tm utc;
	char when[32];
	char *aside;

	gmtime_r(&seconds, &utc);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &utc);
	int milliseconds = (int)(now_ns / 1000000 % 1000);
	if (asprintf(&aside, "%s.damaged-%s.%03dZ", path, when, milliseconds) < 0) {
		return NULL;
	}
	return aside;
}

/* The tail goes to the end of the new name, so that the sqlite3 program finds all parts. */
static int move_part(const char *path, const char *aside, const char *tail)
{
	auto_free char *from = NULL;
	auto_free char *to = NULL;

	if (asprintf(&from, "%s%s", path, tail) < 0) {
		from = NULL;
		return -ENOMEM;
	}
	if (asprintf(&to, "%s%s", aside, tail) < 0) {
		to = NULL;
		return -ENOMEM;
	}
	return rename(from, to) < 0 && errno != ENOENT ? -errno : 0;
}

int folder_set_aside(const char *path, struct problem *why)
{
	static const char *const tails[] = {"-wal", "-shm", ""};
	auto_free char *aside = name_aside(path);
	int r = aside ? 0 : -ENOMEM;

	/* The database comes last: while it is there, the next start finds it damaged and goes
	 * on. */
	for (size_t i = 0; !r && i < sizeof(tails) / sizeof(*tails); i++) {
		r = move_part(path, aside, tails[i]);
	}
	if (r < 0) {
		return problem_set(why, r, "%s is damaged and cannot be renamed: %s", path,
				   strerror(-r));
	}
	return problem_set(why, -EIO,
			   "%s is damaged and was renamed to %s, which still holds the history of "
			   "triggers: started again, orderfs begins with an empty state",
			   path, aside);
}
