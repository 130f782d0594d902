/* Private to src/store: what a merge and the end of a listing have in common, and the inside of a
 * merge. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store/news.h"
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

/* Removes the item with its files, and tells so: 1, or 0 for one that something was delivered for. */
int item_delete(struct connection *writer, unsigned account, unsigned collection,
		struct item_change *change);

struct merge {
	struct connection *writer;
	unsigned account;
	unsigned collection;
	int64_t pass; /* 0: none */
	int64_t now_ns;
	struct changes changes;
};

/* A fact's item as it was stored, compared with the fact. */
struct known {
	struct item_change now; /* row 0: the id is new; the state is the one that is believed */
	const char *error;      /* what is believed of the fact's */
	int file_count;
	bool differs;     /* in something that no bit of changes stands for */
	bool record;      /* the record differs */
	bool part;        /* the part differs */
	bool has_part;    /* there was one */
	bool entries;     /* a small file of its folder comes or goes */
	unsigned leaves;  /* which ones; of enum leaf_news */
	bool new_version; /* its files are others now */
	int64_t files_ns; /* and no older than that */
	bool awaited;     /* still, see item_await() */
	bool heard;       /* it was, and this is the news */
	bool expired;     /* still, see item_expire() */
};
/* Zero-initialise *known. */
int merge_compare(struct merge *m, const struct fact *fact, struct known *known);

#endif
