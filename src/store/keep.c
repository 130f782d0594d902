/* What is kept for good: deliveries and documents, in folders; see files_keep() in items.h. It is
 * durable because every commit of the writer syncs. */
#include "store/files.h"

#include "base/clock.h"
#include "store/fresh.h"
#include "store/pool.h"

#include <errno.h>
#include <string.h>

struct keeping {
	struct connection *writer;
	unsigned account;
	uint32_t item;
	int64_t now_ns;
	bool changed;
	/* The folder of the one before: most lie side by side. */
	const char *path; /* its first folder_length bytes */
	size_t folder_length;
	uint32_t folder;
};

/* An entry of the folder came or went. */
static int touch(struct keeping *k, uint32_t folder)
{
	k->changed = true;
	if (!folder && !k->item) {
		return 0;
	}
	struct query q = query_begin(k->writer, folder ? SQL_FILE_TOUCH : SQL_ITEM_TOUCH);
	query_add_int(&q, folder ? folder : k->item);
	query_add_int(&q, k->now_ns);
	return query_run(&q);
}

static int mark_brought(struct keeping *k, uint32_t row)
{
	struct query q = query_begin(k->writer, SQL_BROUGHT_ADD);

	query_add_int(&q, row);
	return query_run(&q);
}

/* Retires the file, or the folder with all in it, but for what was brought. */
static int retire_tree(struct keeping *k, uint32_t row)
{
	int r = 0;
	struct query q = query_begin(k->writer, SQL_FILE_RETIRE_TREE);

	query_add_int(&q, row);
	query_add_int(&q, k->account);
	query_add_int(&q, k->item);
	while (!r && query_next(&q)) {
		fresh_file_gone(k->writer, k->account, k->item, (uint32_t)query_int(&q, 1));
		r = touch(k, (uint32_t)query_int(&q, 0));
	}
	int ended = query_end(&q);
	return r < 0 ? r : ended;
}

static int find(struct keeping *k, uint32_t parent, const char *name, struct file *out)
{
	return file_find(k->writer, k->account, k->item, parent, name, out);
}

/* In the place of what has its name. */
static int add(struct keeping *k, const struct file *old, struct file *file, uint32_t *row)
{
	file->account = k->account;
	file->item = k->item;
	file->mtime_ns = k->now_ns;
	int r = old->row ? retire_tree(k, old->row) : 0;
	if (!r) {
		r = file_add(k->writer, file, row);
	}
	return r < 0 ? r : touch(k, file->parent);
}

/* The folder of that name, made where it is missing. */
static int enter(struct keeping *k, uint32_t parent, char *name, uint32_t *row)
{
	struct file folder = {.parent = parent, .kind = FILE_FOLDER, .name = name, .size = -1};
	struct file old;
	int r = find(k, parent, name, &old);

	*row = old.row;
	if (!r && (!old.row || old.kind != FILE_FOLDER)) {
		r = add(k, &old, &folder, row);
	}
	file_finish(&old);
	return r < 0 ? r : mark_brought(k, *row);
}

/* Copies a name that ends at '/' or at the end. */
static int take_name(const char *path, char out[NAME_BYTES])
{
	size_t length = strcspn(path, "/");

	if (length == 0 || length >= NAME_BYTES) {
		return length ? -ENAMETOOLONG : -EINVAL;
	}
	memcpy(out, path, length);
	out[length] = '\0';
	return 0;
}

/* Bytes of the path that are folders, the last '/' included. */
static size_t folders_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Goes to the folder that the first length bytes of path name. */
static int descend(struct keeping *k, const char *path, size_t length)
{
	char name[NAME_BYTES];
	uint32_t folder = 0;
	int r = 0;

	if (k->path && k->folder_length == length && memcmp(k->path, path, length) == 0) {
		return 0;
	}
	for (size_t at = 0; !r && at < length; at += strlen(name) + 1) {
		r = take_name(path + at, name);
		if (!r) {
			r = enter(k, folder, name, &folder);
		}
		if (r < 0) {
			return r;
		}
	}
	k->path = path;
	k->folder_length = length;
	k->folder = folder;
	return 0;
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* 1, 0 or -errno. */
static int is_same(struct keeping *k, const struct file *old, const struct keepsake *new)
{
	if (!old->row || !is_same_text(old->password, new->password)) {
		return 0;
	}
	if (new->kept) {
		return old->kind == FILE_KEPT && is_same_text(old->kept, new->kept);
	}
	if (old->kind != FILE_BODY || old->size != (int64_t) new->length) {
		return 0;
	}
	struct query q = query_begin(k->writer, SQL_BODY_IS);
	query_add_int(&q, old->row);
	query_add_bytes(&q, new->body, new->length);
	int same = query_next(&q) && query_int(&q, 0) != 0;
	int r = query_end(&q);
	return r < 0 ? r : same;
}

static int write_body(struct keeping *k, uint32_t row, const struct keepsake *keepsake)
{
	struct query q = query_begin(k->writer, SQL_BODY_ADD);

	query_add_int(&q, row);
	query_add_bytes(&q, keepsake->body, keepsake->length);
	return query_run(&q);
}

static int put(struct keeping *k, const struct file *old, char *name,
	       const struct keepsake *keepsake, uint32_t *row)
{
	struct file file = {
		.parent = k->folder,
		.kind = keepsake->kept ? FILE_KEPT : FILE_BODY,
		.name = name,
		.size = keepsake->kept ? keepsake->size : (int64_t)keepsake->length,
		.kept = (char *)keepsake->kept,
		.password = (char *)keepsake->password,
		.flat = old->flat,
		.sha256 = (char *)keepsake->sha256,
	};
	int r = add(k, old, &file, row);

	return r < 0 || keepsake->kept ? r : write_body(k, *row, keepsake);
}

static int keep_one(struct keeping *k, const struct keepsake *keepsake)
{
	size_t folders = folders_length(keepsake->path);
	struct file old = {0};
	char name[NAME_BYTES];
	int r = descend(k, keepsake->path, folders);

	if (!r) {
		r = take_name(keepsake->path + folders, name);
	}
	if (!r) {
		r = find(k, k->folder, name, &old);
	}
	if (r < 0) {
		return r;
	}
	uint32_t row = old.row;
	int same = is_same(k, &old, keepsake);
	r = same < 0 ? same : same ? 0 : put(k, &old, name, keepsake, &row);
	file_finish(&old);
	return r < 0 ? r : mark_brought(k, row);
}

/* That folder loses what was not brought. */
static int drop_others(struct keeping *k, const char *folder)
{
	int r = descend(k, folder, strlen(folder));

	return r < 0 ? r : retire_tree(k, k->folder);
}

static int demand_item(struct keeping *k)
{
	struct query q = query_begin(k->writer, SQL_ITEM_STATE);

	query_add_int(&q, k->item);
	bool is_there = !k->item || query_next(&q);
	int r = query_end(&q);
	return r < 0 ? r : is_there ? 0 : -ENOENT;
}

static int keep_all(struct keeping *k, const struct keepsake *list, int count, const char *whole)
{
	int r = demand_item(k);

	for (int i = 0; !r && i < count; i++) {
		r = keep_one(k, &list[i]);
	}
	if (!r && whole) {
		r = drop_others(k, whole);
	}
	if (!r) {
		struct query q = query_begin(k->writer, SQL_BROUGHT_FORGET);
		r = query_run(&q);
	}
	return r;
}

int files_keep(struct store *store, unsigned account, uint32_t item, const struct keepsake *list,
	       int count, const char *whole, bool *changed)
{
	struct keeping k = {.account = account, .item = item, .now_ns = clock_wall_ns()};
	int r = writer_begin(store, &k.writer);

	*changed = false;
	if (r < 0) {
		return r;
	}
	r = writer_end(store, keep_all(&k, list, count, whole));
	*changed = !r && k.changed;
	return r;
}
