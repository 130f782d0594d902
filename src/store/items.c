/* Items as readers see them, and the few changes that no listing makes; merge.c has the others. */
#include "store/items.h"

#include "base/clock.h"
#include "store/pool.h"

#include <errno.h>
#include <stdlib.h>

void item_finish(struct item *item)
{
	free(item->id);
	free(item->name);
	free(item->error);
	free(item->trouble);
	free(item->record);
	free(item->remembered);
	*item = (struct item){0};
}

/* Others rely on its length. */
static char *copy_name(struct query *q, int column)
{
	char name[NAME_BYTES];

	query_name(q, column, name);
	return query_copy(q, column);
}

/* In the order of ITEM_COLUMNS; false without a row. */
static bool read_item(struct query *q, struct item *out)
{
	*out = (struct item){0};
	if (!query_next(q)) {
		return false;
	}
	out->row = (uint32_t)query_int(q, 0);
	out->account = (unsigned)query_int(q, 1);
	out->collection = (unsigned)query_int(q, 2);
	out->id = query_copy(q, 3);
	out->name = copy_name(q, 4);
	out->state = (enum state)query_int(q, 5);
	out->created_ns = query_int(q, 6);
	out->updated_ns = query_int(q, 7);
	out->changed_ns = query_int(q, 8);
	out->state_ns = query_int(q, 9);
	out->record_ns = query_int(q, 10);
	out->error = query_copy(q, 11);
	out->trouble = query_copy(q, 12);
	out->error_ns = query_int(q, 13);
	out->record = query_copy(q, 14);
	out->remembered = query_copy(q, 15);
	return true;
}

/* What a lookup returns when its query ended with r. */
static int judge(int r, bool found, struct item *out)
{
	if (r < 0) {
		item_finish(out);
	}
	return r < 0 ? r : found ? 0 : -ENOENT;
}

static int item_by_text(struct store *store, enum sql sql, unsigned account, unsigned collection,
			const char *text, struct item *out)
{
	struct query q = read_begin(store, sql);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_text(&q, text);
	bool found = read_item(&q, out);
	return judge(read_end(store, &q), found, out);
}

int item_by_name(struct store *store, unsigned account, unsigned collection, const char *name,
		 struct item *out)
{
	return item_by_text(store, SQL_ITEM_BY_NAME, account, collection, name, out);
}

int item_by_id(struct store *store, unsigned account, unsigned collection, const char *id,
	       struct item *out)
{
	return item_by_text(store, SQL_ITEM_BY_ID, account, collection, id, out);
}

int item_by_row(struct store *store, uint32_t row, struct item *out)
{
	struct query q = read_begin(store, SQL_ITEM_BY_ROW);

	query_add_int(&q, row);
	bool found = read_item(&q, out);
	return judge(read_end(store, &q), found, out);
}

int items_list(struct store *store, unsigned account, unsigned collection, uint32_t after_row,
	       struct item_line *lines, int max)
{
	int count = 0;
	struct query q = read_begin(store, SQL_ITEM_LIST);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, after_row);
	query_add_int(&q, max);
	for (; query_next(&q); count++) {
		lines[count].row = (uint32_t)query_int(&q, 0);
		lines[count].changed_ns = query_int(&q, 1);
		query_name(&q, 2, lines[count].name);
	}
	int r = read_end(store, &q);
	return r < 0 ? r : count;
}

int items_active(struct store *store, unsigned account, unsigned collection, int *out)
{
	struct query q = read_begin(store, SQL_ITEM_ACTIVE);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	*out = query_next(&q) ? (int)query_int(&q, 0) : 0;
	return read_end(store, &q);
}

int items_unclaimed(struct store *store, unsigned account, unsigned collection,
		    int64_t first_since_ns, int64_t created_since_ns, uint32_t *rows, int max)
{
	struct query q = read_begin(store, SQL_ITEM_UNCLAIMED);
	int count = 0;

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, first_since_ns);
	query_add_int(&q, created_since_ns);
	query_add_int(&q, max);
	while (count < max && query_next(&q)) {
		rows[count++] = (uint32_t)query_int(&q, 0);
	}
	int r = read_end(store, &q);
	return r < 0 ? r : count;
}

int item_remove(struct store *store, uint32_t row, struct item_change *change)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	*change = (struct item_change){0};
	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_ITEM_REMOVE);
	query_add_int(&q, row);
	while (query_next(&q)) {
		change->row = row;
		change->changes = CHANGE_GONE;
		change->state = (enum state)query_int(&q, 0);
		query_name(&q, 1, change->name);
	}
	r = query_end(&q);
	return writer_end(store, !r && !change->row ? -ENOENT : r);
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
