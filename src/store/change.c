/* The few changes to an item that no listing makes; merge.c has the others. */
#include "store/items.h"

#include "base/clock.h"
#include "store/pool.h"

#include <errno.h>

/* An item as it is before it is changed. */
struct before {
	struct item_change *change; /* what is to be told of it */
	unsigned account;
	bool has_error;
	bool has_trouble;
	int64_t now_ns;
	int64_t until_ns; /* item_await()'s */
};

static int look(struct connection *writer, uint32_t row, struct item_change *change,
		struct before *out)
{
	struct query q = query_begin(writer, SQL_ITEM_STATE);

	*out = (struct before){.change = change, .now_ns = clock_wall_ns()};
	query_add_int(&q, row);
	if (query_next(&q)) {
		out->account = (unsigned)query_int(&q, 0);
		query_name(&q, 1, change->name);
		change->state = (enum state)query_int(&q, 2);
		change->was = change->state;
		out->has_error = query_int(&q, 3) != 0;
		out->has_trouble = query_int(&q, 4) != 0;
		change->row = row;
	}
	int r = query_end(&q);
	return r < 0 ? r : change->row ? 0 : -ENOENT;
}

/* Changes an item that is there. */
typedef int change_work(struct connection *writer, const struct before *before);
static int change_item(struct store *store, uint32_t row, int64_t until_ns, change_work *work,
		       struct item_change *change)
{
	struct before before;
	struct connection *writer;
	int r = writer_begin(store, &writer);

	*change = (struct item_change){0};
	if (r < 0) {
		return r;
	}
	r = look(writer, row, change, &before);
	before.until_ns = until_ns;
	if (!r) {
		r = work(writer, &before);
	}
	return writer_end(store, r);
}

static int remove_it(struct connection *writer, const struct before *before)
{
	struct query q = query_begin(writer, SQL_ITEM_REMOVE);

	query_add_int(&q, before->change->row);
	while (query_next(&q)) {
		before->change->changes = CHANGE_GONE;
	}
	return query_end(&q);
}

int item_remove(struct store *store, uint32_t row, struct item_change *change)
{
	return change_item(store, row, 0, remove_it, change);
}

static int retire_files(struct connection *writer, const struct before *before)
{
	int rows = 0;
	struct query q = query_begin(writer, SQL_FILE_RETIRE_REMOTE);

	query_add_int(&q, before->account);
	query_add_int(&q, before->change->row);
	int r = query_change(&q, &rows);
	if (!r && rows > 0) {
		before->change->changes |= CHANGE_FILES;
	}
	return r;
}

/* The folder's date, where an entry of it came or went. */
static int touch(struct connection *writer, const struct before *before)
{
	unsigned what = before->change->changes;

	if (!(what & CHANGE_FILES) && !(what & CHANGE_ERROR && !before->has_trouble)) {
		return 0;
	}
	struct query q = query_begin(writer, SQL_ITEM_TOUCH);
	query_add_int(&q, before->change->row);
	query_add_int(&q, before->now_ns);
	return query_run(&q);
}

static int await(struct connection *writer, const struct before *before)
{
	struct item_change *change = before->change;
	bool was_queued = change->state == STATE_QUEUED;
	struct query q = query_begin(writer, SQL_ITEM_AWAIT);

	query_add_int(&q, change->row);
	query_add_int(&q, before->until_ns);
	query_add_int(&q, STATE_QUEUED);
	query_add_time(&q, was_queued ? 0 : before->now_ns);
	query_add_time(&q, before->has_error ? before->now_ns : 0);
	query_add_int(&q, before->now_ns);
	change->state = STATE_QUEUED;
	change->changes = (was_queued ? 0 : CHANGE_STATE) | (before->has_error ? CHANGE_ERROR : 0);
	int r = query_run(&q);
	if (!r) {
		r = retire_files(writer, before);
	}
	return r < 0 ? r : touch(writer, before);
}

int item_await(struct store *store, uint32_t row, int64_t until_ns, struct item_change *change)
{
	return change_item(store, row, until_ns, await, change);
}

static int expire(struct connection *writer, const struct before *before)
{
	struct item_change *change = before->change;

	/* In another state it is about other files already. */
	if (change->state != STATE_READY) {
		return 0;
	}
	struct query q = query_begin(writer, SQL_ITEM_EXPIRE);
	query_add_int(&q, change->row);
	query_add_int(&q, STATE_EXPIRED);
	query_add_int(&q, before->now_ns);
	change->state = STATE_EXPIRED;
	change->changes = CHANGE_STATE;
	int r = query_run(&q);
	if (!r) {
		r = retire_files(writer, before);
	}
	return r < 0 ? r : touch(writer, before);
}

int item_expire(struct store *store, uint32_t row, struct item_change *change)
{
	return change_item(store, row, 0, expire, change);
}

int item_set_trouble(struct store *store, uint32_t row, const char *words, bool *changed)
{
	struct connection *writer;
	int rows = 0;
	int r = writer_begin(store, &writer);

	*changed = false;
	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_ITEM_SET_TROUBLE);
	query_add_int(&q, row);
	query_add_text(&q, words);
	query_add_int(&q, clock_wall_ns());
	r = writer_end(store, query_change(&q, &rows));
	*changed = !r && rows > 0;
	return r;
}

int item_set_remembered(struct store *store, uint32_t row, const char *remembered)
{
	struct connection *writer;
	int rows;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_ITEM_SET_REMEMBERED);
	query_add_int(&q, row);
	query_add_text(&q, remembered);
	query_add_int(&q, clock_wall_ns());
	r = query_change(&q, &rows);
	return writer_end(store, !r && rows == 0 ? -ENOENT : r);
}
