/* The files of an item that are fetched when they are read, as the API offers them; see files.h. */
#include "store/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An offer, and what is there: in the order of names, as the query gives it. */
struct comparison {
	struct connection *writer;
	const struct offer *offer;
	struct file place; /* what all of them have in common */
	struct file *present;
	int count;
	bool *offered; /* of each that is present */
};

static int by_name(const void *name, const void *file)
{
	return strcmp(name, ((const struct file *)file)->name);
}

/* known: the version before it, or NULL. */
static int add(const struct comparison *c, const struct fact_file *offered,
	       const struct file *known)
{
	struct file file = c->place;
	uint32_t row;

	file.name = (char *)offered->name;
	file.spec = offered->spec;
	file.element = offered->element;
	file.flat = known ? known->flat : NULL;
	return file_add(c->writer, &file, &row);
}

static int respecify(const struct comparison *c, uint32_t row, const struct fact_file *offered)
{
	struct query q = query_begin(c->writer, SQL_FILE_RESPECIFY);

	query_add_int(&q, row);
	query_add_int(&q, offered->spec);
	query_add_int(&q, offered->element);
	return query_run(&q);
}

static int merge_one(const struct comparison *c, const struct fact_file *offered, bool *changed)
{
	struct file *known = c->count ? bsearch(offered->name, c->present, (size_t)c->count,
						sizeof(*known), by_name)
				      : NULL;
	int r = 0;

	if (!known) {
		*changed = true;
		return add(c, offered, NULL);
	}
	bool again = c->offered[known - c->present];
	c->offered[known - c->present] = true;
	/* What was delivered stays as it is; a download that was kept is one of its version. */
	if (again || (known->kind != FILE_REMOTE && !known->sha256)) {
		return 0;
	}
	if (c->offer->new_version) {
		*changed = true;
		r = file_retire(c->writer, known->row);
		return r < 0 ? r : add(c, offered, known);
	}
	if (known->spec != offered->spec || known->element != offered->element) {
		r = respecify(c, known->row, offered);
	}
	return r;
}

static int merge_all(const struct comparison *c, bool *changed)
{
	int r = 0;

	for (int i = 0; !r && i < c->offer->count; i++) {
		r = merge_one(c, &c->offer->files[i], changed);
	}
	for (int i = 0; !r && i < c->count; i++) {
		if (!c->offered[i] && c->present[i].kind == FILE_REMOTE) {
			*changed = true;
			r = file_retire(c->writer, c->present[i].row);
		}
	}
	return r;
}

int files_merge(struct connection *writer, unsigned account, uint32_t item,
		const struct offer *offer, bool *changed)
{
	struct comparison c = {
		.writer = writer,
		.offer = offer,
		.place = {.account = account,
			  .item = item,
			  .size = -1,
			  .mtime_ns = offer->mtime_ns},
	};
	struct query q = query_begin(writer, SQL_FILE_LIST);

	query_add_int(&q, account);
	query_add_int(&q, item);
	query_add_int(&q, 0);
	int r = files_read(&q, &c.present, &c.count);
	int ended = query_end(&q);
	r = r < 0 ? r : ended;
	c.offered = calloc((size_t)c.count + 1, sizeof(*c.offered));
	if (!r && !c.offered) {
		r = -ENOMEM;
	}
	if (!r) {
		r = merge_all(&c, changed);
	}
	free(c.offered);
	files_finish(c.present, c.count);
	return r;
}
