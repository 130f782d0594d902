/* Names in `completed`: "<item>-<file>", with the folders in between where there are some. All
 * parts are safe names, so what is left to see to is their length, and that no two are the same:
 * "a-b" has a file "c", and "a" has one called "b-c". The second gets "~2" before its ending, and
 * keeps it from version to version. */
#include "store/files.h"

#include "base/cleanup.h"

#include <string.h>

/* Nothing is added when there is no such item. */
static int add_item(struct connection *writer, uint32_t item, struct buf *out)
{
	struct query q = query_begin(writer, SQL_FLAT_ITEM);

	query_add_int(&q, item);
	if (query_next(&q)) {
		query_bytes(&q, 0, out);
		buf_putc(out, '-');
	}
	return query_end(&q);
}

/* The outermost first. */
static int add_folders(struct connection *writer, uint32_t folder, struct buf *out)
{
	char name[NAME_BYTES] = "";
	uint32_t parent = 0;

	if (!folder) {
		return 0;
	}
	struct query q = query_begin(writer, SQL_FLAT_FOLDER);
	query_add_int(&q, folder);
	if (query_next(&q)) {
		parent = (uint32_t)query_int(&q, 0);
		query_name(&q, 1, name);
	}
	int r = query_end(&q);
	/* A folder is younger than the one that it is in. */
	if (!r && parent < folder) {
		r = add_folders(writer, parent, out);
	}
	buf_printf(out, "%s-", name);
	return r;
}

/* 1, 0 or -errno. */
static int is_taken(struct connection *writer, unsigned account, const char *name)
{
	struct query q = query_begin(writer, SQL_FLAT_TAKEN);

	query_add_int(&q, account);
	query_add_text(&q, name);
	bool taken = query_next(&q);
	int r = query_end(&q);
	return r < 0 ? r : taken;
}

int flat_choose(struct connection *writer, const struct file *file, char out[NAME_BYTES])
{
	auto_finish(buf_finish) struct buf whole = {0};

	*out = '\0';
	if (!file->item || file->kind == FILE_FOLDER) {
		return 0;
	}
	if (file->flat) {
		name_fit(file->flat, 1, out);
		return 0;
	}
	int r = add_item(writer, file->item, &whole);
	if (r < 0 || !whole.length) {
		return r;
	}
	r = add_folders(writer, file->parent, &whole);
	buf_puts(&whole, file->name);
	if (!r) {
		r = buf_status(&whole);
	}
	for (unsigned number = 1; !r; number++) {
		name_fit(whole.data, number, out);
		int taken = is_taken(writer, file->account, out);
		if (taken <= 0) {
			return taken;
		}
	}
	return r;
}

/* The first one after that row; its row is 0 when there is none. */
static int find_nameless(struct connection *writer, uint32_t after, struct file *out)
{
	struct query q = query_begin(writer, SQL_FLAT_NEXT);

	*out = (struct file){0};
	query_add_int(&q, after);
	if (query_next(&q)) {
		out->row = (uint32_t)query_int(&q, 0);
		out->account = (unsigned)query_int(&q, 1);
		out->item = (uint32_t)query_int(&q, 2);
		out->parent = (uint32_t)query_int(&q, 3);
		out->name = query_copy(&q, 4);
	}
	return query_end(&q);
}

static int give_name(struct connection *writer, const struct file *file)
{
	char name[NAME_BYTES];
	int r = flat_choose(writer, file, name);

	if (r < 0 || !*name) {
		return r;
	}
	struct query q = query_begin(writer, SQL_FLAT_SET);
	query_add_int(&q, file->row);
	query_add_text(&q, name);
	return query_run(&q);
}

int flat_name_all(struct connection *writer)
{
	struct file file = {0};
	uint32_t after = 0;
	int r;

	while (!(r = find_nameless(writer, after, &file)) && file.row) {
		after = file.row;
		r = give_name(writer, &file);
		file_finish(&file);
		if (r < 0) {
			return r;
		}
	}
	file_finish(&file);
	return r;
}
