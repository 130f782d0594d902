/* The item that `orderfs wait` waits for: how it is found, and what it says. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "app/wait.h"
#include "base/cleanup.h"
#include "orderfs/state.h"

static bool is_of_orderfs(dev_t device)
{
	auto_file FILE *table = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (table && !found && getline(&line, &size, table) > 0) {
		unsigned number[2] = {0};
		found = sscanf(line, "%*d %*d %u:%u", &number[0], &number[1]) == 2 &&
			makedev(number[0], number[1]) == device && strstr(line, " - fuse.orderfs ");
	}
	return found;
}

/* Where that descriptor's file is now; false when there is no telling. */
static bool path_of(int fd, char path[PATH_MAX])
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = fd < 0 ? -1 : readlink(link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

int wait_item_find(struct wait_item *item, const char **why)
{
	char path[PATH_MAX];
	struct stat stat;

	auto_fd int place = open(item->path, O_PATH | O_CLOEXEC);
	if (place < 0 || fstat(place, &stat) < 0) {
		return -errno;
	}
	if (!is_of_orderfs(stat.st_dev)) {
		*why = "not in an orderfs mount";
		return -EINVAL;
	}
	if (S_ISDIR(stat.st_mode)) {
		item->place = openat(place, "status", O_PATH | O_CLOEXEC);
		if (item->place < 0 && errno == ENOENT) {
			*why = "not an item's folder: it has no status";
		}
		return item->place < 0 ? -errno : 0;
	}
	const char *name = path_of(place, path) ? strrchr(path, '/') : NULL;
	if (!name || strcmp(name, "/status") != 0) {
		*why = "neither an item's folder nor its status";
		return -EINVAL;
	}
	item->place = place;
	place = -1;
	return 0;
}

void wait_item_close(struct wait_item *item)
{
	cleanup_fd(&item->status);
	item->status = -1;
}

int wait_item_look(struct wait_item *item)
{
	char link[32];
	char word[16] = "";

	if (item->status < 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", item->place);
		item->status = open(link, O_RDONLY | O_CLOEXEC);
		item->fresh = true;
	}
	ssize_t n = item->status < 0 ? -1 : pread(item->status, word, sizeof(word) - 1, 0);
	if (n < 0) {
		int r = -errno;
		wait_item_close(item);
		return r;
	}
	word[strcspn(word, "\n")] = '\0';
	int state = state_parse(word);
	item->state = state < 0 ? item->state : state;
	return state < 0 ? -EILSEQ : 0;
}

void wait_item_line(const struct wait_item *item, const char *name, char *out, size_t size)
{
	auto_free char *path = NULL;
	char status[PATH_MAX];

	out[0] = '\0';
	const char *end = path_of(item->place, status) ? strrchr(status, '/') : NULL;
	if (!end || asprintf(&path, "%.*s/%s", (int)(end - status), status, name) < 0) {
		path = NULL;
		return;
	}
	auto_file FILE *file = fopen(path, "re");
	if (!file || !fgets(out, (int)size, file)) {
		out[0] = '\0';
	}
	out[strcspn(out, "\n")] = '\0';
}
