/* The paths that are taken already, so that no two files share one. A hash table, with a counter
 * for each path, since one delivery may hold the same id very often. Pure; any thread. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "provider/member.h"

enum { FIRST_SIZE = 64 };

struct taken_path {
	char *path;    /* NULL: free */
	unsigned next; /* what to try after this one */
};

static size_t hash(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++) {
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	}
	return (size_t)(h ^ h >> 32);
}

/* Where the path is, or would be. There is always a free slot. */
static struct taken_path *find(const struct taken *taken, const char *path)
{
	size_t i = hash(path) & (taken->size - 1);

	while (taken->slots[i].path && strcmp(taken->slots[i].path, path) != 0) {
		i = (i + 1) & (taken->size - 1);
	}
	return &taken->slots[i];
}

static bool make_room(struct taken *taken)
{
	struct taken larger = {.size = taken->size ? taken->size * 2 : FIRST_SIZE};

	if (taken->size && taken->count * 2 < taken->size) {
		return true;
	}
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots) {
		return false;
	}
	for (size_t i = 0; i < taken->size; i++) {
		if (taken->slots[i].path) {
			*find(&larger, taken->slots[i].path) = taken->slots[i];
		}
	}
	larger.count = taken->count;
	free(taken->slots);
	*taken = larger;
	return true;
}

/* How much of the stem leaves room for what follows, without a cut through a character or an
 * escape. */
static size_t stem_length(const char *stem, size_t rest)
{
	size_t most = rest < NAME_BYTES - 1 ? NAME_BYTES - 1 - rest : 0;
	size_t length = strlen(stem);

	if (length <= most) {
		return length;
	}
	length = most;
	while (length && ((unsigned char)stem[length] & 0xc0) == 0x80) {
		length--;
	}
	for (size_t back = 1; back <= 2 && back <= length; back++) {
		if (stem[length - back] == '%') {
			return length - back;
		}
	}
	return length;
}

static char *compose(const char *folder, const char *stem, unsigned number, const char *suffix)
{
	struct buf path = {0};
	char mark[16] = "";

	if (number > 1) {
		snprintf(mark, sizeof(mark), "~%u", number);
	}
	if (folder && *folder) {
		buf_printf(&path, "%s/", folder);
	}
	buf_add(&path, stem, stem_length(stem, strlen(mark) + strlen(suffix)));
	buf_puts(&path, mark);
	buf_puts(&path, suffix);
	return buf_take(&path);
}

char *taken_add(struct taken *taken, const char *folder, const char *stem, const char *suffix)
{
	auto_free char *path = compose(folder, stem, 1, suffix);
	struct taken_path *first;
	struct taken_path *slot;

	if (!path || !make_room(taken)) {
		return NULL;
	}
	first = slot = find(taken, path);
	while (slot->path) {
		free(path);
		path = compose(folder, stem, first->next++, suffix);
		if (!path) {
			return NULL;
		}
		slot = find(taken, path);
	}
	slot->path = strdup(path);
	slot->next = 2;
	taken->count += slot->path != NULL;
	return slot->path ? take_ptr(&path) : NULL;
}

char *taken_add_foreign(struct taken *taken, const char *name)
{
	char safe[NAME_BYTES];

	name_safe(name, strlen(name), NULL, safe);
	const char *dot = strrchr(safe, '.');
	size_t length = dot ? (size_t)(dot - safe) : strlen(safe);
	auto_free char *stem = strndup(safe, length);

	return stem ? taken_add(taken, NULL, stem, safe + length) : NULL;
}

void taken_finish(struct taken *taken)
{
	for (size_t i = 0; i < taken->size; i++) {
		free(taken->slots[i].path);
	}
	free(taken->slots);
	*taken = (struct taken){0};
}
