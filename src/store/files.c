/* Files and their versions; see items.h. A row is one content for ever: only what is not known
 * of it is ever filled in. */
#include "store/files.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "store/fresh.h"
#include "store/pool.h"

#include <errno.h>
#include <stdlib.h>

void file_finish(struct file *file)
{
	free(file->name);
	free(file->etag);
	free(file->modified);
	free(file->kept);
	free(file->sha256);
	free(file->flat);
	wipe_text(file->password);
	*file = (struct file){0};
}

void files_finish(struct file *list, int count)
{
	for (int i = 0; i < count; i++) {
		file_finish(&list[i]);
	}
	free(list);
}

/* In the order of FILE_COLUMNS; false without a row. */
static bool read_file(struct query *q, struct file *out)
{
	*out = (struct file){0};
	if (!query_next(q)) {
		return false;
	}
	out->row = (uint32_t)query_int(q, 0);
	out->item = (uint32_t)query_int(q, 1);
	out->parent = (uint32_t)query_int(q, 2);
	out->account = (unsigned)query_int(q, 3);
	out->kind = (enum file_kind)query_int(q, 4);
	out->spec = (int)query_int(q, 5);
	out->element = (int)query_int(q, 6);
	out->name = query_copy(q, 7);
	out->size = query_has(q, 8) ? query_int(q, 8) : -1;
	out->mtime_ns = query_int(q, 9);
	out->etag = query_copy(q, 10);
	out->modified = query_copy(q, 11);
	out->kept = query_copy(q, 12);
	out->password = query_copy(q, 13);
	out->current = query_int(q, 14) != 0;
	out->sha256 = query_copy(q, 15);
	out->flat = query_copy(q, 16);
	out->plain = query_has(q, 17) ? query_int(q, 17) : -1;
	return true;
}

int file_answer(struct store *store, struct query *q, struct file *out)
{
	bool found = read_file(q, out);
	int r = read_end(store, q);

	if (r < 0) {
		file_finish(out);
	}
	return r < 0 ? r : found ? 0 : -ENOENT;
}

static void add_place(struct query *q, unsigned account, uint32_t item, uint32_t parent)
{
	query_add_int(q, account);
	query_add_int(q, item);
	query_add_int(q, parent);
}

int file_by_name(struct store *store, unsigned account, uint32_t item, uint32_t parent,
		 const char *name, struct file *out)
{
	struct query q = read_begin(store, SQL_FILE_BY_NAME);

	add_place(&q, account, item, parent);
	query_add_text(&q, name);
	return file_answer(store, &q, out);
}

int file_find(struct connection *writer, unsigned account, uint32_t item, uint32_t parent,
	      const char *name, struct file *out)
{
	struct query q = query_begin(writer, SQL_FILE_BY_NAME);

	add_place(&q, account, item, parent);
	query_add_text(&q, name);
	read_file(&q, out);
	int r = query_end(&q);
	if (r < 0) {
		file_finish(out);
	}
	return r;
}

int file_by_row(struct store *store, uint32_t row, struct file *out)
{
	struct query q = read_begin(store, SQL_FILE_BY_ROW);

	query_add_int(&q, row);
	return file_answer(store, &q, out);
}

int files_read(struct query *q, struct file **list, int *count)
{
	struct file *files = NULL;
	int found = 0;
	int capacity = 0;
	struct file file;

	*list = NULL;
	*count = 0;
	while (read_file(q, &file)) {
		if (found == capacity) {
			capacity = capacity ? 2 * capacity : 4;
			struct file *longer = reallocarray(files, (size_t)capacity, sizeof(*files));
			if (!longer) {
				file_finish(&file);
				files_finish(files, found);
				return -ENOMEM;
			}
			files = longer;
		}
		files[found++] = file;
	}
	*list = files;
	*count = found;
	return 0;
}

static int end_list(struct store *store, struct query *q, struct file **list, int *count)
{
	int r = files_read(q, list, count);
	int ended = read_end(store, q);

	r = r < 0 ? r : ended;
	if (r < 0) {
		files_finish(*list, *count);
		*list = NULL;
		*count = 0;
	}
	return r;
}

int files_in(struct store *store, unsigned account, uint32_t item, uint32_t parent,
	     struct file **list, int *count)
{
	struct query q = read_begin(store, SQL_FILE_LIST);

	add_place(&q, account, item, parent);
	return end_list(store, &q, list, count);
}

int files_beside(struct store *store, unsigned account, uint32_t item, uint32_t parent,
		 const char *name, struct file **list, int *count)
{
	struct query q = read_begin(store, SQL_FILE_LIST_BESIDE);

	add_place(&q, account, item, parent);
	query_add_text(&q, name);
	return end_list(store, &q, list, count);
}

int files_former_names(struct store *store, unsigned account, uint32_t item,
		       struct former_name **list, int *count)
{
	struct former_name *names = NULL;
	int found = 0;
	int capacity = 0;
	int r = 0;
	struct query q = read_begin(store, SQL_FILE_FORMER_NAMES);

	query_add_int(&q, account);
	query_add_int(&q, item);
	while (!r && query_next(&q)) {
		if (found == capacity) {
			capacity = capacity ? 2 * capacity : 16;
			struct former_name *longer = reallocarray(names, (size_t)capacity,
								  sizeof(*names));
			r = longer ? 0 : -ENOMEM;
			names = longer ? longer : names;
		}
		if (!r) {
			names[found].parent = (uint32_t)query_int(&q, 0);
			query_name(&q, 1, names[found].name);
			query_name(&q, 2, names[found++].flat);
		}
	}
	int ended = read_end(store, &q);
	r = r < 0 ? r : ended;
	if (r < 0) {
		free(names);
	}
	*list = r < 0 ? NULL : names;
	*count = r < 0 ? 0 : found;
	return r;
}

int file_body(struct store *store, uint32_t row, struct buf *out)
{
	struct query q = read_begin(store, SQL_BODY);

	query_add_int(&q, row);
	bool found = query_next(&q);
	if (found) {
		query_bytes(&q, 0, out);
	}
	int r = read_end(store, &q);
	return r < 0 ? r : found ? 0 : -ENOENT;
}

int file_add(struct connection *writer, const struct file *file, uint32_t *row)
{
	char flat[NAME_BYTES];
	int r = flat_choose(writer, file, flat);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_FILE_ADD);
	add_place(&q, file->account, file->item, file->parent);
	query_add_int(&q, file->kind);
	query_add_int(&q, file->spec);
	query_add_int(&q, file->element);
	query_add_text(&q, file->name);
	if (file->size < 0) {
		query_add_text(&q, NULL);
	} else {
		query_add_int(&q, file->size);
	}
	query_add_int(&q, file->mtime_ns);
	query_add_text(&q, file->kept);
	query_add_text(&q, file->password);
	query_add_text(&q, *flat ? flat : NULL);
	query_add_text(&q, file->sha256);
	r = query_insert(&q, row);
	/* What is said twice inserts nothing. */
	if (!r && sqlite3_changes(writer->db) > 0) {
		fresh_file(writer, file->account, file->item, *row, false);
	}
	return r < 0 || !*flat ? r : view_file_came(writer, file->account);
}

int file_retire(struct connection *writer, uint32_t row)
{
	struct query q = query_begin(writer, SQL_FILE_RETIRE);

	query_add_int(&q, row);
	while (query_next(&q)) {
		fresh_file_gone(writer, (unsigned)query_int(&q, 0), (uint32_t)query_int(&q, 1),
				row);
	}
	return query_end(&q);
}

int files_tell_gone(struct connection *writer, unsigned account, uint32_t item)
{
	struct query q = query_begin(writer, SQL_FILE_ROWS);

	query_add_int(&q, account);
	query_add_int(&q, item);
	while (query_next(&q)) {
		fresh_file_gone(writer, account, item, (uint32_t)query_int(&q, 0));
	}
	return query_end(&q);
}

int file_learn(struct store *store, uint32_t row, int64_t size, const char *etag,
	       const char *modified, const char *host)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_FILE_LEARN);
	query_add_int(&q, row);
	query_add_int(&q, size);
	query_add_text(&q, etag);
	query_add_text(&q, modified);
	query_add_text(&q, host);
	return writer_end(store, query_run(&q));
}

int file_set_plain(struct store *store, uint32_t row, int64_t size)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_FILE_SET_PLAIN);
	query_add_int(&q, row);
	query_add_int(&q, size);
	return writer_end(store, query_run(&q));
}

int file_set_kept(struct store *store, uint32_t row, const char *kept, const char *sha256)
{
	struct connection *writer;
	int changes = 0;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_FILE_SET_KEPT);
	query_add_int(&q, row);
	query_add_text(&q, kept);
	query_add_text(&q, sha256);
	r = query_change(&q, &changes);
	return writer_end(store, r < 0 ? r : changes > 0 ? 0 : -ENOENT);
}

/* The row that has the name now. */
static int find_current(struct connection *writer, uint32_t row, uint32_t *current)
{
	struct query q = query_begin(writer, SQL_FILE_CURRENT);

	query_add_int(&q, row);
	*current = query_next(&q) ? (uint32_t)query_int(&q, 0) : 0;
	int r = query_end(&q);
	return r < 0 ? r : *current ? 0 : -ENOENT;
}

/* The new version is for whoever was just told that the old one is no more. */
static int tell_version(struct connection *writer, uint32_t row)
{
	struct query q = query_begin(writer, SQL_FILE_BY_ROW);
	struct file file;

	query_add_int(&q, row);
	if (read_file(&q, &file)) {
		fresh_file(writer, file.account, file.item, row, true);
	}
	file_finish(&file);
	return query_end(&q);
}

static int add_version(struct connection *writer, uint32_t row, int64_t mtime_ns, uint32_t *new_row)
{
	struct query q = query_begin(writer, SQL_FILE_ADD_VERSION);

	query_add_int(&q, row);
	query_add_int(&q, mtime_ns);
	int r = query_insert(&q, new_row);
	if (!r) {
		r = tell_version(writer, *new_row);
	}
	if (r < 0) {
		return r;
	}
	q = query_begin(writer, SQL_FILE_TOUCH_ITEM);
	query_add_int(&q, row);
	query_add_int(&q, clock_wall_ns());
	return query_run(&q);
}

int file_replace(struct store *store, uint32_t row, int64_t mtime_ns, uint32_t *new_row)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	r = find_current(writer, row, new_row);
	if (!r && *new_row == row) {
		r = file_retire(writer, row);
		if (!r) {
			r = add_version(writer, row, mtime_ns, new_row);
		}
	}
	return writer_end(store, r);
}
