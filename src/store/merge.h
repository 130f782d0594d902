/* Private to src/store: what a merge and the end of a listing have in common. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store/items.h"
#include "store/sql.h"

/* A growing list. Zero-initialise it; changes_end() takes it apart. */
struct changes {
	struct item_change *list;
	int count;
	int capacity;
};
int changes_add(struct changes *c, const struct item_change *change);
/* Gives the list to the caller, unless r is an error or the caller passed NULL. Returns r. */
int changes_end(struct changes *c, int r, struct item_change **list, int *count);

/* Makes these the names of an item's current files: the others are retired, new ones come with
 * mtime_ns and no size. *changed is set when anything differs. */
int files_merge(struct connection *writer, unsigned account, uint32_t item,
		const char *const *names, int count, int64_t mtime_ns, bool *changed);

#endif
