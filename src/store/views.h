/* What an account shows besides its collections: every file under one name, and items by their
 * state and by the month of their creation. Only what is in the collections `within` counts, a mask
 * (1 << collection): a description may have lost one. */
#ifndef STORE_VIEWS_H
#define STORE_VIEWS_H

#include "orderfs/address.h"
#include "store/items.h"

/* The current files of all items, folders left out, by a name that is "<item>-<file>", with the
 * folders in between where there are some. Names are unique in the account, and stay with a file
 * from version to version and from mount to mount: see flat.c. */
int file_by_flat(struct store *store, unsigned account, unsigned within, const char *name,
		 struct file *out);
/* In the order of rows, from after_row on. */
struct flat_line {
	uint32_t row;
	int64_t size; /* -1: not known yet */
	int64_t mtime_ns;
	char name[NAME_BYTES];
};
/* Fills at most max lines; returns how many (0: the end) or a negative errno. */
int files_flat(struct store *store, unsigned account, unsigned within, uint32_t after_row,
	       struct flat_line *lines, int max);

/* An item, as a link to it needs it. */
struct linked {
	uint32_t row;
	unsigned account;
	unsigned collection;
	enum state state;
	unsigned month;     /* 12 * year + month - 1, in UTC */
	int64_t state_ns;   /* when it came into its state */
	int64_t created_ns; /* by the API, or when it was first seen here */
	char name[NAME_BYTES];
};
int linked_by_name(struct store *store, unsigned account, unsigned collection, const char *name,
		   struct linked *out);
int linked_by_row(struct store *store, uint32_t row, struct linked *out);
/* Those in that state (VIEW_BY_STATUS) or of that month (VIEW_BY_DATE), in the order of rows. */
int linked_list(struct store *store, unsigned account, unsigned within, enum address_view view,
		unsigned key, uint32_t after_row, struct linked *list, int max);
/* The first month after that one in which an item was created; -ENOENT when there is none. */
int linked_month(struct store *store, unsigned account, unsigned within, unsigned after,
		 unsigned *month);

/* When a name last came or went among the files (key 0), the items in a state or those of a month,
 * for keys from first to last. *ns stays when none ever did. */
int view_touched(struct store *store, unsigned account, enum address_view view, unsigned first,
		 unsigned last, int64_t *ns);

#endif
