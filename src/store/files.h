/* Private to src/store: what the writers of files have in common. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "store/items.h"
#include "store/sql.h"

/* All files that the query finds. */
int files_read(struct query *q, struct file **list, int *count);
/* The current file of that name; its row is 0 when there is none. */
int file_find(struct connection *writer, unsigned account, uint32_t item, uint32_t parent,
	      const char *name, struct file *out);
/* Adds the file as it stands there, but for its row. */
int file_add(struct connection *writer, const struct file *file, uint32_t *row);
int file_retire(struct connection *writer, uint32_t row);

/* What a fact says of an item's files. */
struct offer {
	const struct fact_file *files;
	int count;
	bool new_version; /* a name that was there stands for another file now */
	int64_t mtime_ns; /* of new ones */
};
/* Makes these the item's remote files: others are retired, new ones come without a size. What was
 * delivered stays. *changed is set when anything differs. */
int files_merge(struct connection *writer, unsigned account, uint32_t item,
		const struct offer *offer, bool *changed);

#endif
