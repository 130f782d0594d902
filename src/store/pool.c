/* The connections of a store; see pool.h. Any thread.
 *
 * The writer syncs at every commit (synchronous=FULL). A command must be on disk before it is
 * sent, and a row number that somebody has seen as an inode number must not be given to another
 * item after a power cut; what changes nothing commits nothing and costs no sync, and a listing
 * comes a page at a time, so that this is one sync per page that brought news. */
#include "store/pool.h"

#include <errno.h>
#include <stdlib.h>

/* As many as there are threads that answer requests. */
enum { READERS = 64 };

/* Sizes of caches are in KiB. What they do not hold comes from the kernel's page cache for about a
 * microsecond a page, so small ones do. */
static const char reader_setup[] = "PRAGMA query_only=ON; PRAGMA cache_size=-256;";
static const char writer_setup[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				   "PRAGMA cache_size=-2000; PRAGMA journal_size_limit=16777216;";

int writer_open(struct store *store)
{
	return connection_open(&store->writer, store->path, SQLITE_OPEN_READWRITE, writer_setup,
			       store->suspect);
}

static int run(struct connection *c, enum sql sql)
{
	struct query q = query_begin(c, sql);

	return query_run(&q);
}

/* A full disk may have taken everything back already; and without memory this may fail, which the
 * next one that writes makes good. */
static int take_back(struct connection *writer)
{
	return sqlite3_get_autocommit(writer->db) ? 0 : run(writer, SQL_ROLLBACK);
}

int writer_begin(struct store *store, struct connection **out)
{
	pthread_mutex_lock(&store->writing);
	int r = take_back(&store->writer);
	if (!r) {
		r = run(&store->writer, SQL_BEGIN);
	}
	if (r < 0) {
		pthread_mutex_unlock(&store->writing);
		return r;
	}
	*out = &store->writer;
	return 0;
}

int writer_end(struct store *store, int r)
{
	if (!r) {
		r = fresh_hide(&store->fresh);
	}
	if (!r) {
		r = run(&store->writer, SQL_COMMIT);
		atomic_store(&store->changes, (unsigned)sqlite3_total_changes(store->writer.db));
	}
	fresh_end(&store->fresh, r == 0);
	if (r < 0) {
		take_back(&store->writer);
	}
	pthread_mutex_unlock(&store->writing);
	return r;
}

static int open_reader(struct store *store, struct connection **out)
{
	struct connection *reader = malloc(sizeof(*reader));

	if (!reader) {
		return -ENOMEM;
	}
	int r = connection_open(reader, store->path, SQLITE_OPEN_READONLY, reader_setup,
				store->suspect);
	if (r < 0) {
		free(reader);
		return r;
	}
	*out = reader;
	return 0;
}

/* An idle connection, or NULL for the right to open one. */
static struct connection *take_idle(struct store *store)
{
	pthread_mutex_lock(&store->lending);
	while (!store->idle && store->readers == READERS) {
		pthread_cond_wait(&store->returned, &store->lending);
	}
	struct connection *reader = store->idle;
	if (reader) {
		store->idle = reader->next;
	} else {
		store->readers++;
	}
	pthread_mutex_unlock(&store->lending);
	return reader;
}

/* Takes NULL for the right to open one. */
static void give_back(struct store *store, struct connection *reader)
{
	pthread_mutex_lock(&store->lending);
	if (reader) {
		reader->next = store->idle;
		store->idle = reader;
	} else {
		store->readers--;
	}
	pthread_cond_signal(&store->returned);
	pthread_mutex_unlock(&store->lending);
}

struct query read_begin(struct store *store, enum sql sql)
{
	struct connection *reader = take_idle(store);

	if (!reader) {
		int r = open_reader(store, &reader);
		if (r < 0) {
			give_back(store, NULL);
			return (struct query){.sql = sql, .error = r};
		}
	}
	return query_begin(reader, sql);
}

int read_end(struct store *store, struct query *q)
{
	int r = query_end(q);

	if (q->connection) {
		give_back(store, q->connection);
		q->connection = NULL;
	}
	return r;
}

void pool_close(struct store *store)
{
	/* The writer is the last, because the last one to leave empties the write-ahead log. */
	while (store->idle) {
		struct connection *reader = store->idle;
		store->idle = reader->next;
		connection_close(reader);
		free(reader);
	}
	connection_close(&store->writer);
}
