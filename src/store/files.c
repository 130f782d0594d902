/* Files and their versions; see items.h. A row is one content for ever: only what is not known
 * of it is ever filled in. */
#include "store/merge.h"

#include "base/clock.h"
#include "store/pool.h"

#include <errno.h>
#include <stdlib.h>

void file_finish(struct file *file)
{
	free(file->name);
	free(file->etag);
	free(file->modified);
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
	out->account = (unsigned)query_int(q, 2);
	out->name = query_copy(q, 3);
	out->size = query_has(q, 4) ? query_int(q, 4) : -1;
	out->mtime_ns = query_int(q, 5);
	out->etag = query_copy(q, 6);
	out->modified = query_copy(q, 7);
	out->current = query_int(q, 8) != 0;
	return true;
}

/* What a lookup returns when its query ended with r. */
static int judge(int r, bool found, struct file *out)
{
	if (r < 0) {
		file_finish(out);
	}
	return r < 0 ? r : found ? 0 : -ENOENT;
}

int file_by_name(struct store *store, uint32_t item, const char *name, struct file *out)
{
	struct query q = read_begin(store, SQL_FILE_BY_NAME);

	query_add_int(&q, item);
	query_add_text(&q, name);
	bool found = read_file(&q, out);
	return judge(read_end(store, &q), found, out);
}

int file_by_row(struct store *store, uint32_t row, struct file *out)
{
	struct query q = read_begin(store, SQL_FILE_BY_ROW);

	query_add_int(&q, row);
	bool found = read_file(&q, out);
	return judge(read_end(store, &q), found, out);
}

int files_of_item(struct store *store, uint32_t item, struct file **list, int *count)
{
	struct file *files = NULL;
	int found = 0;
	int r = 0;
	struct file file;
	struct query q = read_begin(store, SQL_FILE_LIST);

	query_add_int(&q, item);
	while (!r && read_file(&q, &file)) {
		struct file *longer = reallocarray(files, (size_t)found + 1, sizeof(*files));
		if (longer) {
			files = longer;
			files[found++] = file;
		} else {
			file_finish(&file);
			r = -ENOMEM;
		}
	}
	int ended = read_end(store, &q);
	r = ended < 0 ? ended : r;
	if (r < 0) {
		files_finish(files, found);
		files = NULL;
		found = 0;
	}
	*list = files;
	*count = found;
	return r;
}

int file_learn(struct store *store, uint32_t row, int64_t size, const char *etag,
	       const char *modified)
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
	return writer_end(store, query_run(&q));
}

static int retire(struct connection *writer, uint32_t row)
{
	struct query q = query_begin(writer, SQL_FILE_RETIRE);

	query_add_int(&q, row);
	return query_run(&q);
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

static int add_version(struct connection *writer, uint32_t row, int64_t mtime_ns, uint32_t *new_row)
{
	struct query q = query_begin(writer, SQL_FILE_ADD_VERSION);

	query_add_int(&q, row);
	query_add_int(&q, mtime_ns);
	int r = query_insert(&q, new_row);
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
		r = retire(writer, row);
		if (!r) {
			r = add_version(writer, row, mtime_ns, new_row);
		}
	}
	return writer_end(store, r);
}

/* A current file whose name is not among these: its row, or 0 for none. */
static int find_gone(struct connection *writer, uint32_t item, const char *const *names, int count,
		     uint32_t *row)
{
	struct query q = query_begin(writer, SQL_FILE_NAMES);

	*row = 0;
	query_add_int(&q, item);
	while (!*row && query_next(&q)) {
		bool stays = false;
		for (int i = 0; i < count && !stays; i++) {
			stays = query_is(&q, 1, names[i]);
		}
		*row = stays ? 0 : (uint32_t)query_int(&q, 0);
	}
	return query_end(&q);
}

/* Adds it unless it is there. */
static int add(struct connection *writer, unsigned account, uint32_t item, const char *name,
	       int64_t mtime_ns, bool *changed)
{
	uint32_t row;
	struct query q = query_begin(writer, SQL_FILE_BY_NAME);

	query_add_int(&q, item);
	query_add_text(&q, name);
	bool is_there = query_next(&q);
	int r = query_end(&q);
	if (r < 0 || is_there) {
		return r;
	}
	*changed = true;
	q = query_begin(writer, SQL_FILE_ADD);
	query_add_int(&q, item);
	query_add_int(&q, account);
	query_add_text(&q, name);
	query_add_int(&q, mtime_ns);
	return query_insert(&q, &row);
}

int files_merge(struct connection *writer, unsigned account, uint32_t item,
		const char *const *names, int count, int64_t mtime_ns, bool *changed)
{
	uint32_t gone;
	int r;

	while (!(r = find_gone(writer, item, names, count, &gone)) && gone) {
		r = retire(writer, gone);
		if (r < 0) {
			return r;
		}
		*changed = true;
	}
	for (int i = 0; !r && i < count; i++) {
		r = add(writer, account, item, names[i], mtime_ns, changed);
	}
	return r;
}
