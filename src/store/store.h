/* The local database: one SQLite file, and the only thing a folder is listed from.
 *
 * One connection writes, behind a mutex; readers borrow a connection each from a pool, and never
 * wait for a writer (WAL). Any thread. No call waits for the network. Rows are never reused.
 * Errors: -EIO (damaged, unreadable), -ENOSPC, -ENOMEM, -ENOENT for what is not there. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/error.h"

struct store;

/* Opens or makes `dir`/orderfs.db (0600; the folder 0700), locks the folder against a second
 * orderfs and brings an older file up to date. A file that is damaged or of a newer version is
 * -EIO with words that say what to do; a damaged one is moved aside to
 * orderfs.db.damaged-<time> first. -EBUSY with the other's pid when the folder is in use.
 * To be called after the last fork(): SQLite's locks belong to the process. */
int store_open(const char *dir, struct store **out, struct problem *why);
void store_close(struct store *store);

/* The number of an account or of an account's collection, given once and kept for ever.
 * -ENOSPC past 255 accounts or 15 collections. */
int store_account(struct store *store, const char *name, unsigned *number);
int store_collection(struct store *store, unsigned account, const char *name, unsigned *number);

/* When this state was begun (wall ns): the date of what has no better one, the same on every
 * mount. */
int64_t store_since_ns(const struct store *store);

/* When the collection was last listed to its end (wall ns; 0: never). */
int store_listed_at(struct store *store, unsigned account, unsigned collection, int64_t *at_ns);

/* Another number whenever anything in it was changed. */
unsigned store_changes(struct store *store);

/* What df shows. */
struct store_totals {
	uint64_t items;
	uint64_t files;
	uint64_t bytes; /* of files whose size is known */
};
int store_totals(struct store *store, struct store_totals *out);

#endif
