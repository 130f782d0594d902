/* The few changes to an item that no listing makes; merge.c has the others. */
#include "store/merge.h"

#include "base/clock.h"
#include "store/files.h"
#include "store/fresh.h"
#include "store/pool.h"

#include <errno.h>

/* An item as it is before it is changed. */
struct before {
	struct item_change *change; /* what is to be told of it */
	unsigned account;
	unsigned collection;
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
		out->collection = (unsigned)query_int(&q, 5);
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

int item_delete(struct connection *writer, unsigned account, unsigned collection,
		struct item_change *change)
{
	int mark = fresh_mark(writer);
	bool removed = false;
	bool had_error = false;
	unsigned month = 0;
	int r = files_tell_gone(writer, account, change->row);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_ITEM_REMOVE);
	query_add_int(&q, change->row);
	while (query_next(&q)) {
		removed = true;
		had_error = query_int(&q, 2) != 0;
		month = (unsigned)query_int(&q, 3);
	}
	r = query_end(&q);
	if (r < 0 || !removed) {
		fresh_rewind(writer, mark);
		return r;
	}
	change->changes = CHANGE_GONE;
	fresh_item(writer, account, collection, change, had_error ? LEAF_NEWS_ERROR_WENT : 0,
		   month);
	return 1;
}

static int remove_it(struct connection *writer, const struct before *before)
{
	int r = item_delete(writer, before->account, before->collection, before->change);

	return r < 0 ? r : 0;
}

/* For the changes that follow: the item is still there. */
static void tell(struct connection *writer, const struct before *before)
{
	struct item_change *change = before->change;
	bool went = change->changes & CHANGE_ERROR && before->has_error && !before->has_trouble;

	fresh_item(writer, before->account, before->collection, change,
		   went ? LEAF_NEWS_ERROR_WENT : 0, 0);
}

int item_remove(struct store *store, uint32_t row, struct item_change *change)
{
	return change_item(store, row, 0, remove_it, change);
}

static int retire_files(struct connection *writer, const struct before *before)
{
	struct item_change *change = before->change;
	struct query q = query_begin(writer, SQL_FILE_RETIRE_REMOTE);

	query_add_int(&q, before->account);
	query_add_int(&q, change->row);
	while (query_next(&q)) {
		fresh_file_gone(writer, before->account, change->row, (uint32_t)query_int(&q, 0));
		change->changes |= CHANGE_FILES;
	}
	return query_end(&q);
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
	tell(writer, before);
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
	tell(writer, before);
	return r < 0 ? r : touch(writer, before);
}

int item_expire(struct store *store, uint32_t row, struct item_change *change)
{
	return change_item(store, row, 0, expire, change);
}

/* Whether the file `error`, which shows the API's words and ours, comes or goes with them. */
static unsigned leaves_of_trouble(const struct before *before, const char *words)
{
	if (before->has_error || before->has_trouble == (words != NULL)) {
		return 0;
	}
	return words ? LEAF_NEWS_ERROR_CAME : LEAF_NEWS_ERROR_WENT;
}

static int set_trouble(struct connection *writer, uint32_t row, const char *words, bool *changed)
{
	struct item_change change = {0};
	struct before before;
	int rows = 0;
	int r = look(writer, row, &change, &before);

	if (r < 0) {
		return r == -ENOENT ? 0 : r;
	}
	struct query q = query_begin(writer, SQL_ITEM_SET_TROUBLE);
	query_add_int(&q, row);
	query_add_text(&q, words);
	query_add_int(&q, before.now_ns);
	r = query_change(&q, &rows);
	*changed = !r && rows > 0;
	if (*changed) {
		change.changes = CHANGE_ERROR;
		fresh_item(writer, before.account, before.collection, &change,
			   leaves_of_trouble(&before, words), 0);
	}
	return r;
}

int item_set_trouble(struct store *store, uint32_t row, const char *words, bool *changed)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	*changed = false;
	if (r < 0) {
		return r;
	}
	r = writer_end(store, set_trouble(writer, row, words, changed));
	*changed = *changed && !r;
	return r;
}

static int set_remembered(struct connection *writer, uint32_t row, const char *remembered)
{
	struct item_change change = {0};
	struct before before;
	int rows;
	int r = look(writer, row, &change, &before);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_ITEM_SET_REMEMBERED);
	query_add_int(&q, row);
	query_add_text(&q, remembered);
	query_add_int(&q, before.now_ns);
	r = query_change(&q, &rows);
	change.changes = CHANGE_RECORD;
	fresh_item(writer, before.account, before.collection, &change, LEAF_NEWS_RECORD, 0);
	return r;
}

int item_set_remembered(struct store *store, uint32_t row, const char *remembered)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	return r < 0 ? r : writer_end(store, set_remembered(writer, row, remembered));
}

int item_place(struct store *store, uint32_t row, unsigned *collection, char name[NAME_BYTES])
{
	struct query q = read_begin(store, SQL_ITEM_PLACE);

	query_add_int(&q, row);
	bool found = query_next(&q);
	if (found) {
		*collection = (unsigned)query_int(&q, 0);
		query_name(&q, 1, name);
	}
	int r = read_end(store, &q);
	return r < 0 ? r : found ? 0 : -ENOENT;
}
