/* Files and items as an account's other folders show them; see views.h. All of it is read from
 * indexes as it is asked for: nothing is kept in memory. */
#include "store/views.h"

#include "store/files.h"
#include "store/pool.h"

#include <errno.h>

int file_by_flat(struct store *store, unsigned account, unsigned within, const char *name,
		 struct file *out)
{
	struct query q = read_begin(store, SQL_FLAT_FIND);

	query_add_int(&q, account);
	query_add_int(&q, within);
	query_add_text(&q, name);
	return file_answer(store, &q, out);
}

int files_flat(struct store *store, unsigned account, unsigned within, uint32_t after_row,
	       struct flat_line *lines, int max)
{
	struct query q = read_begin(store, SQL_FLAT_LIST);
	int count = 0;

	query_add_int(&q, account);
	query_add_int(&q, within);
	query_add_int(&q, after_row);
	query_add_int(&q, max);
	for (; count < max && query_next(&q); count++) {
		lines[count].row = (uint32_t)query_int(&q, 0);
		lines[count].size = query_has(&q, 1) ? query_int(&q, 1) : -1;
		lines[count].mtime_ns = query_int(&q, 2);
		query_name(&q, 3, lines[count].name);
	}
	int r = read_end(store, &q);
	return r < 0 ? r : count;
}

/* In the order of VIEW_COLUMNS; false without a row. */
static bool read_linked(struct query *q, struct linked *out)
{
	if (!query_next(q)) {
		return false;
	}
	out->row = (uint32_t)query_int(q, 0);
	out->account = (unsigned)query_int(q, 1);
	out->collection = (unsigned)query_int(q, 2);
	query_name(q, 3, out->name);
	out->state = (enum state)query_int(q, 4);
	out->month = (unsigned)query_int(q, 5);
	out->state_ns = query_int(q, 6);
	out->created_ns = query_int(q, 7);
	return true;
}

static int answer(struct store *store, struct query *q, struct linked *out)
{
	bool found = read_linked(q, out);
	int r = read_end(store, q);

	return r < 0 ? r : found ? 0 : -ENOENT;
}

int linked_by_name(struct store *store, unsigned account, unsigned collection, const char *name,
		   struct linked *out)
{
	struct query q = read_begin(store, SQL_VIEW_BY_NAME);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_text(&q, name);
	return answer(store, &q, out);
}

int linked_by_row(struct store *store, uint32_t row, struct linked *out)
{
	struct query q = read_begin(store, SQL_VIEW_BY_ROW);

	query_add_int(&q, row);
	return answer(store, &q, out);
}

int linked_list(struct store *store, unsigned account, unsigned within, enum address_view view,
		unsigned key, uint32_t after_row, struct linked *list, int max)
{
	struct query q = read_begin(store,
				    view == VIEW_BY_STATUS ? SQL_VIEW_BY_STATE : SQL_VIEW_BY_MONTH);
	int count = 0;

	query_add_int(&q, account);
	query_add_int(&q, within);
	query_add_int(&q, key);
	query_add_int(&q, after_row);
	query_add_int(&q, max);
	while (count < max && read_linked(&q, &list[count])) {
		count++;
	}
	int r = read_end(store, &q);
	return r < 0 ? r : count;
}

int linked_month(struct store *store, unsigned account, unsigned within, unsigned after,
		 unsigned *month)
{
	struct query q = read_begin(store, SQL_VIEW_MONTH);

	query_add_int(&q, account);
	query_add_int(&q, within);
	query_add_int(&q, after);
	bool found = query_next(&q);
	*month = found ? (unsigned)query_int(&q, 0) : 0;
	int r = read_end(store, &q);
	return r < 0 ? r : found ? 0 : -ENOENT;
}

int view_touched(struct store *store, unsigned account, enum address_view view, unsigned first,
		 unsigned last, int64_t *ns)
{
	struct query q = read_begin(store, SQL_VIEW_TOUCHED);

	query_add_int(&q, account);
	query_add_int(&q, view);
	query_add_int(&q, first);
	query_add_int(&q, last);
	if (query_next(&q) && query_has(&q, 0)) {
		*ns = query_int(&q, 0);
	}
	return read_end(store, &q);
}

int view_item_came(struct connection *writer, uint32_t item)
{
	struct query q = query_begin(writer, SQL_VIEW_ITEM_CAME);

	query_add_int(&q, item);
	return query_run(&q);
}

int view_file_came(struct connection *writer, unsigned account)
{
	struct query q = query_begin(writer, SQL_VIEW_FILE_CAME);

	query_add_int(&q, account);
	return query_run(&q);
}
