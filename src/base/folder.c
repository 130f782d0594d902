/* Folders of our own; see folder.h. */
#include "base/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int folder_make(const char *dir, const char *what, struct problem *why)
{
	auto_free char *path = strdup(dir);

	if (!path) {
		return -ENOMEM;
	}
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		/* What is wrong with it shows below, where the whole name is at hand. */
		mkdir(path, 0700);
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST) {
		int r = -errno;
		return problem_set(why, r, "cannot make the %s folder %s: %s", what, dir,
				   strerror(-r));
	}
	return 0;
}
