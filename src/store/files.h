/* Private to src/store: what the writers of files have in common. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "store/items.h"
#include "store/sql.h"

/* All files that the query finds. */
int files_read(struct query *q, struct file **list, int *count);
/* The file that the query finds, see file_by_name(), in the reader's connection. */
int file_answer(struct store *store, struct query *q, struct file *out);
/* The current file of that name; its row is 0 when there is none. */
int file_find(struct connection *writer, unsigned account, uint32_t item, uint32_t parent,
	      const char *name, struct file *out);
/* Adds the file as it stands there, but for its row; flat: that of the one it replaces, or NULL. */
int file_add(struct connection *writer, const struct file *file, uint32_t *row);
int file_retire(struct connection *writer, uint32_t row);
/* Tells that the item's files go with it, what is in a folder first. */
int files_tell_gone(struct connection *writer, unsigned account, uint32_t item);

/* ---- flat.c: names in `completed`. */
/* One that no other current file of the account has, for a file that is to be added: the one it
 * has, or a new one; "" for folders and documents. */
int flat_choose(struct connection *writer, const struct file *file, char out[NAME_BYTES]);
/* Gives one to every current file without. */
int flat_name_all(struct connection *writer);
/* ---- views.c: a link, or a file in `completed`, came. */
int view_item_came(struct connection *writer, uint32_t item);
int view_file_came(struct connection *writer, unsigned account);

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
