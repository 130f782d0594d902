/* Finds descriptions by name: the user's own first, then the installed ones, then, for a build
 * that was not installed, those of the source. One thread, at start. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/config.h"
#include "config/file.h"
#include "config/loading.h"

enum { DESCRIPTION_BYTES = 1024 * 1024, NAMES_MOST = 256 };

static int load_path(const char *path, struct findings *findings, struct provider **out)
{
	auto_free char *text = NULL;
	size_t length;
	int r = file_read(path, DESCRIPTION_BYTES, &text, &length, NULL);

	if (r == -ENOENT || r == -ENOMEM) {
		return r;
	}
	if (r < 0) {
		return findings_add(findings, path, 0, "cannot be read: %s", strerror(-r));
	}
	return provider_load(path, text, length, findings, out);
}

/* The folders, in the order they are searched; the first is the caller's. */
enum { PLACES = 3 };
static int list_places(const char *config_dir, const char *places[PLACES], char **own)
{
	*own = file_join(config_dir ? config_dir : ".", "providers");
	places[0] = *own;
	places[1] = ORDERFS_PROVIDERS;
	places[2] = ORDERFS_PROVIDERS_SOURCE;
	return *own ? 0 : -ENOMEM;
}

/* Adds the names of the descriptions in a folder. */
static void list_names(const char *dir, char *names[NAMES_MOST + 1], int *count)
{
	static const char suffix[] = ".yaml";
	DIR *folder = opendir(dir);
	struct dirent *entry;

	while (folder && *count < NAMES_MOST && (entry = readdir(folder))) {
		size_t length = strlen(entry->d_name);

		if (length < sizeof(suffix) ||
		    strcmp(entry->d_name + length - (sizeof(suffix) - 1), suffix) != 0) {
			continue;
		}
		names[*count] = strndup(entry->d_name, length - (sizeof(suffix) - 1));
		*count += names[*count] != NULL;
	}
	if (folder) {
		closedir(folder);
	}
}

static int fail_missing(const char *name, const char *const places[PLACES], struct problem *why)
{
	char *names[NAMES_MOST + 1] = {NULL};
	const char *nearest;
	int count = 0;

	for (int i = 0; i < PLACES; i++) {
		list_names(places[i], names, &count);
	}
	nearest = reader_nearest(name, (const char *const *)names);
	if (nearest) {
		problem_set(why, -ENOENT, "there is no provider '%s', did you mean '%s'?", name,
			    nearest);
	} else {
		problem_set(why, -ENOENT, "there is no provider '%s': no %s.yaml in %s or %s", name,
			    name, places[0], places[1]);
	}
	while (count) {
		free(names[--count]);
	}
	return -ENOENT;
}

int find_provider(const char *config_dir, const char *name, struct findings *findings,
		  struct provider **out, struct problem *why)
{
	const char *places[PLACES];
	auto_free char *own = NULL;
	auto_free char *file = NULL;
	int r;

	if (strchr(name, '/')) {
		r = load_path(name, findings, out);
		return r == -ENOENT ? problem_set(why, r, "there is no file %s", name) : r;
	}
	if (list_places(config_dir, places, &own) < 0 || asprintf(&file, "%s.yaml", name) < 0) {
		file = NULL;
		return -ENOMEM;
	}
	for (int i = 0; i < PLACES; i++) {
		auto_free char *path = file_join(places[i], file);

		r = path ? load_path(path, findings, out) : -ENOMEM;
		if (r != -ENOENT) {
			return r;
		}
	}
	return fail_missing(name, places, why);
}

int config_load_provider(const char *config_dir, const char *name, struct findings *findings,
			 struct provider **out)
{
	struct problem why = {0};
	int r = find_provider(config_dir, name, findings, out, &why);

	if (r == -ENOENT) {
		r = findings_add(findings, name, 0, "%s", problem_words(&why, r));
	}
	problem_finish(&why);
	return r;
}
