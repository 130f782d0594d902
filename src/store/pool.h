/* Private to src/store: what a store is made of, and how its connections are borrowed.
 *
 * The two mutexes are never held together. While a connection is borrowed nothing outside
 * src/store is called, so every loan is short. */
#ifndef STORE_POOL_H
#define STORE_POOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/fresh.h"
#include "store/sql.h"
#include "store/store.h"

enum { PLACE_ACCOUNTS = 255, PLACE_COLLECTIONS = 15 };

struct store {
	/* Set before other threads come, then read-only. */
	char *path;
	char *suspect; /* exists when the next start has to check the database */
	int lock;      /* -1 or the descriptor that holds the lock on the folder */
	int64_t since_ns;
	atomic_uint changes; /* of rows, by this process */

	pthread_mutex_t writing;
	/* Under writing. */
	struct connection writer;
	int64_t last_pass;
	int64_t passes[PLACE_ACCOUNTS + 1][PLACE_COLLECTIONS + 1]; /* open ones; 0: none */

	struct fresh fresh; /* has a mutex of its own */

	pthread_mutex_t lending;
	pthread_cond_t returned;
	/* Under lending. */
	struct connection *idle; /* the one used last comes first: its pages are warm */
	int readers;
};

/* Opens the writer's connection; its `damaged` says why when that fails. */
int writer_open(struct store *store);
/* Locks the writer and begins a transaction; on failure nothing is locked. */
int writer_begin(struct store *store, struct connection **out);
/* Commits when r is 0, otherwise takes everything back; unlocks. Returns r, or what commit says. */
int writer_end(struct store *store, int r);

/* Borrows a connection that only reads, opening one or waiting for one when none is idle, and
 * begins a query on it. When that fails the query has failed, and is ended all the same. */
struct query read_begin(struct store *store, enum sql sql);
/* Ends the query and gives the connection back. */
int read_end(struct store *store, struct query *q);

/* Closes them all. */
void pool_close(struct store *store);

#endif
