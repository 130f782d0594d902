/* A full listing of a collection: what it has seen, and what is gone when it ends; see items.h.
 *
 * An open pass lives in memory and in the writer's temporary table, so a crash just ends it. */
#include "base/clock.h"
#include "store/merge.h"
#include "store/pool.h"

#include <errno.h>
#include <stdlib.h>

static int forget(struct connection *writer, int64_t pass)
{
	struct query q = query_begin(writer, SQL_PASS_FORGET);

	query_add_int(&q, pass);
	return query_run(&q);
}

int items_pass_begin(struct store *store, unsigned account, unsigned collection, int64_t *pass)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	int64_t *open_pass = &store->passes[account][collection];
	r = *open_pass ? forget(writer, *open_pass) : 0;
	if (!r) {
		*open_pass = ++store->last_pass;
		*pass = *open_pass;
	}
	return writer_end(store, r);
}

static int count_misses(struct connection *writer, unsigned account, unsigned collection,
			int64_t pass)
{
	struct query q = query_begin(writer, SQL_PASS_COUNT_MISSES);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, pass);
	return query_run(&q);
}

static int find_gone(struct connection *writer, unsigned account, unsigned collection,
		     int at_misses, int64_t expired_before_ns, int64_t young_ns,
		     struct changes *gone)
{
	int r = 0;
	struct query q = query_begin(writer, SQL_PASS_GONE);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, at_misses);
	query_add_int(&q, expired_before_ns);
	query_add_int(&q, young_ns);
	while (!r && query_next(&q)) {
		struct item_change change = {
			.row = (uint32_t)query_int(&q, 0),
			.changes = CHANGE_GONE,
			.state = (enum state)query_int(&q, 1),
			.was = (enum state)query_int(&q, 1),
		};
		query_name(&q, 2, change.name);
		r = changes_add(gone, &change);
	}
	int ended = query_end(&q);
	return ended < 0 ? ended : r;
}

static int remove_gone(struct connection *writer, unsigned account, unsigned collection,
		       const struct changes *gone)
{
	int r = 0;

	for (int i = 0; r >= 0 && i < gone->count; i++) {
		r = item_delete(writer, account, collection, &gone->list[i]);
	}
	return r < 0 ? r : 0;
}

static int set_listed(struct connection *writer, unsigned account, unsigned collection)
{
	struct query q = query_begin(writer, SQL_PLACE_SET_LISTED);

	query_add_int(&q, clock_wall_ns());
	query_add_int(&q, account);
	query_add_int(&q, collection);
	return query_run(&q);
}

int items_pass_end(struct store *store, unsigned account, unsigned collection, int64_t pass,
		   int at_misses, int64_t expired_before_ns, int64_t young_ns,
		   struct item_change **changes, int *changed)
{
	struct changes gone = {0};
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return changes_end(&gone, r, changes, changed);
	}
	r = store->passes[account][collection] == pass ? 0 : -ESTALE;
	if (!r && at_misses > 0) {
		r = count_misses(writer, account, collection, pass);
	}
	if (!r && at_misses > 0) {
		r = find_gone(writer, account, collection, at_misses, expired_before_ns, young_ns,
			      &gone);
	}
	if (!r) {
		r = remove_gone(writer, account, collection, &gone);
	}
	if (!r) {
		r = set_listed(writer, account, collection);
	}
	if (!r) {
		r = forget(writer, pass);
	}
	if (!r) {
		store->passes[account][collection] = 0;
	}
	r = writer_end(store, r);
	return changes_end(&gone, r, changes, changed);
}
