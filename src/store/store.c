/* Opens and closes the store, and keeps what belongs to no item: accounts, collections, totals.
 *
 * A start must be quick however many items there are, so the whole file is read for damage only
 * when it is small, or when an earlier run met damage in it and left the file `suspect`. Opening
 * itself notices a foreign or a cut file; other damage shows when it is read, as -EIO. */
#include "store/store.h"

#include "base/cleanup.h"
#include "base/folder.h"
#include "base/log.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/journal.h"
#include "store/pool.h"
#include "store/schema.h"

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>

enum { CHECKED_BYTES = 4 << 20 };

static int check(struct store *store)
{
	struct stat st;
	int64_t findings;

	bool suspect = access(store->suspect, F_OK) == 0;
	if (!suspect && stat(store->path, &st) == 0 && st.st_size > CHECKED_BYTES) {
		return 0;
	}
	int r = connection_ask(&store->writer, "check it",
			       "SELECT count(*) FROM pragma_quick_check "
			       "WHERE quick_check <> 'ok'",
			       &findings);
	if (r < 0) {
		return r;
	}
	if (findings) {
		store->writer.damaged = true;
		return -EIO;
	}
	if (suspect) {
		unlink(store->suspect);
	}
	return 0;
}

/* When it fails the connection is closed, which takes all of it back. */
static int migrate_step(struct connection *writer, int version)
{
	static const char doing[] = "bring it up to date";
	auto_free char *begin = NULL;
	auto_free char *end = NULL;

	if (asprintf(&begin, "BEGIN IMMEDIATE; %s", schema_steps[version]) < 0) {
		begin = NULL;
		return -ENOMEM;
	}
	if (asprintf(&end, "PRAGMA user_version=%d; COMMIT;", version + 1) < 0) {
		end = NULL;
		return -ENOMEM;
	}
	int r = connection_run(writer, doing, begin);
	if (!r && version == SCHEMA_NAMES_FILES) {
		r = flat_name_all(writer);
	}
	return r < 0 ? r : connection_run(writer, doing, end);
}

static int migrate(struct store *store, struct problem *why)
{
	int64_t version;
	int r = connection_ask(&store->writer, "read its version", "PRAGMA user_version", &version);

	if (r < 0) {
		return r;
	}
	if (version < 0 || version > SCHEMA_VERSION) {
		return problem_set(why, -EIO,
				   "%s was written by a newer orderfs (version %lld, this one "
				   "knows up to %d): use that one, or another `state:` folder",
				   store->path, (long long)version, SCHEMA_VERSION);
	}
	for (; !r && version < SCHEMA_VERSION; version++) {
		r = migrate_step(&store->writer, (int)version);
	}
	return r;
}

/* Readers that never wait for the writer are what listings rely on. */
static int demand_wal(struct store *store, struct problem *why)
{
	int64_t wal;
	int r = connection_ask(&store->writer, "read its journal mode",
			       "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &wal);

	if (!r && !wal) {
		r = problem_set(why, -EIO,
				"the file system of %s has no shared memory for SQLite: use a "
				"local `state:` folder",
				store->path);
	}
	return r;
}

/* Ends what an earlier run left open: its commands, and files that only its handles needed. */
static int recover(struct store *store)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_COMMAND_RECOVER);
	query_add_int(&q, OUTCOME_SENDING);
	query_add_int(&q, OUTCOME_UNKNOWN);
	query_add_int(&q, EINTR);
	query_add_text(&q, "orderfs ended before the answer came");
	r = query_run(&q);
	if (!r) {
		q = query_begin(writer, SQL_FILE_PURGE);
		r = query_run(&q);
	}
	return writer_end(store, r);
}

static int open_database(struct store *store, struct problem *why)
{
	int r = writer_open(store);

	if (!r) {
		r = demand_wal(store, why);
	}
	if (!r) {
		r = check(store);
	}
	if (!r) {
		r = migrate(store, why);
	}
	if (!r) {
		r = connection_run(&store->writer, "make its temporary table", schema_temporary);
	}
	if (!r) {
		r = connection_ask(&store->writer, "read its date", "SELECT ns FROM birth",
				   &store->since_ns);
	}
	if (!r) {
		r = recover(store);
	}
	if (r < 0 && store->writer.damaged) {
		connection_close(&store->writer);
		unlink(store->suspect);
		return folder_set_aside(store->path, why);
	}
	if (r < 0 && !why->words) {
		problem_set(why, r, "cannot open the state database %s: %s", store->path,
			    error_words(r));
	}
	return r;
}

static struct store *create(const char *dir)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store) {
		return NULL;
	}
	store->lock = -1;
	pthread_mutex_init(&store->writing, NULL);
	pthread_mutex_init(&store->lending, NULL);
	pthread_cond_init(&store->returned, NULL);
	fresh_init(&store->fresh);
	if (asprintf(&store->path, "%s/orderfs.db", dir) < 0) {
		store->path = NULL;
	}
	if (asprintf(&store->suspect, "%s/suspect", dir) < 0) {
		store->suspect = NULL;
	}
	if (!store->path || !store->suspect) {
		store_close(store);
		return NULL;
	}
	return store;
}

int store_open(const char *dir, struct store **out, struct problem *why)
{
	struct store *store = create(dir);

	if (!store) {
		return -ENOMEM;
	}
	int r = folder_make(dir, "state", why);
	if (!r) {
		r = folder_lock(dir, &store->lock, why);
	}
	if (!r) {
		r = folder_touch(store->path, why);
	}
	if (!r) {
		r = open_database(store, why);
	}
	if (r < 0) {
		store_close(store);
		return r;
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store) {
		return;
	}
	pool_close(store);
	if (store->lock >= 0) {
		close(store->lock);
	}
	fresh_finish(&store->fresh);
	pthread_cond_destroy(&store->returned);
	pthread_mutex_destroy(&store->lending);
	pthread_mutex_destroy(&store->writing);
	free(store->suspect);
	free(store->path);
	free(store);
}

static int find_place(struct connection *c, enum sql sql, unsigned account, const char *name,
		      unsigned *number)
{
	struct query q = query_begin(c, sql);

	query_add_int(&q, account);
	query_add_text(&q, name);
	*number = 0;
	while (query_next(&q)) {
		*number = (unsigned)query_int(&q, 0);
	}
	return query_end(&q);
}

static int number_place(struct store *store, unsigned account, const char *name, unsigned limit,
			unsigned *number)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	r = find_place(writer, SQL_PLACE_FIND, account, name, number);
	if (!r && !*number) {
		r = find_place(writer, SQL_PLACE_ADD, account, name, number);
	}
	if (!r && *number > limit) {
		r = log_error(-ENOSPC,
			      "%s: no numbers are left in the state, which has had %u others", name,
			      limit);
	}
	return writer_end(store, r);
}

int store_account(struct store *store, const char *name, unsigned *number)
{
	return number_place(store, 0, name, PLACE_ACCOUNTS, number);
}

int store_collection(struct store *store, unsigned account, const char *name, unsigned *number)
{
	assert(account > 0);
	return number_place(store, account, name, PLACE_COLLECTIONS, number);
}

int64_t store_since_ns(const struct store *store)
{
	return store->since_ns;
}

unsigned store_changes(struct store *store)
{
	return atomic_load(&store->changes);
}

int store_listed_at(struct store *store, unsigned account, unsigned collection, int64_t *at_ns)
{
	struct query q = read_begin(store, SQL_PLACE_LISTED_AT);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	*at_ns = query_next(&q) ? query_int(&q, 0) : 0;
	return read_end(store, &q);
}

int store_totals(struct store *store, struct store_totals *out)
{
	struct query q = read_begin(store, SQL_TOTALS);

	*out = (struct store_totals){0};
	if (query_next(&q)) {
		out->items = (uint64_t)query_int(&q, 0);
		out->files = (uint64_t)query_int(&q, 1);
		out->bytes = (uint64_t)query_int(&q, 2);
	}
	return read_end(store, &q);
}
