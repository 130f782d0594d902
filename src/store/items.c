/* Items as readers see them; see items.h. */
#include "store/items.h"

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
	free(item->part);
	free(item->version);
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
	out->part = query_copy(q, 16);
	out->version = query_copy(q, 17);
	out->part_ns = query_int(q, 18);
	out->heard_ns = query_int(q, 19);
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

/* In lines of row, changed_ns and name. */
static int read_lines(struct store *store, struct query *q, struct item_line *lines, int max)
{
	int count = 0;

	for (; count < max && query_next(q); count++) {
		lines[count].row = (uint32_t)query_int(q, 0);
		lines[count].changed_ns = query_int(q, 1);
		query_name(q, 2, lines[count].name);
	}
	int r = read_end(store, q);
	return r < 0 ? r : count;
}

int items_list(struct store *store, unsigned account, unsigned collection, uint32_t after_row,
	       struct item_line *lines, int max)
{
	struct query q = read_begin(store, SQL_ITEM_LIST);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, after_row);
	query_add_int(&q, max);
	return read_lines(store, &q, lines, max);
}

int items_unsettled(struct store *store, unsigned account, unsigned collection, unsigned settled,
		    const char *after_name, struct item_line *lines, int max)
{
	struct query q = read_begin(store, SQL_ITEM_UNSETTLED);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_text(&q, after_name);
	query_add_int(&q, settled);
	query_add_int(&q, max);
	return read_lines(store, &q, lines, max);
}

int items_active(struct store *store, unsigned account, unsigned collection, int *out)
{
	struct query q = read_begin(store, SQL_ITEM_ACTIVE);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	*out = query_next(&q) ? (int)query_int(&q, 0) : 0;
	return read_end(store, &q);
}

static int read_rows(struct store *store, struct query *q, uint32_t *rows, int max)
{
	int count = 0;

	while (count < max && query_next(q)) {
		rows[count++] = (uint32_t)query_int(q, 0);
	}
	int r = read_end(store, q);
	return r < 0 ? r : count;
}

int items_active_rows(struct store *store, unsigned account, unsigned collection,
		      uint32_t after_row, uint32_t *rows, int max)
{
	struct query q = read_begin(store, SQL_ITEM_ACTIVE_ROWS);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, after_row);
	query_add_int(&q, max);
	return read_rows(store, &q, rows, max);
}

int items_without_part(struct store *store, unsigned account, unsigned collection, uint32_t *rows,
		       int max)
{
	struct query q = read_begin(store, SQL_ITEM_WITHOUT_PART);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, max);
	return read_rows(store, &q, rows, max);
}

int items_unclaimed(struct store *store, unsigned account, unsigned collection,
		    int64_t first_since_ns, int64_t created_since_ns, uint32_t *rows, int max)
{
	struct query q = read_begin(store, SQL_ITEM_UNCLAIMED);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, first_since_ns);
	query_add_int(&q, created_since_ns);
	query_add_int(&q, max);
	return read_rows(store, &q, rows, max);
}
