/* Good answers read: pages, rows, tokens. Pure; any thread. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "provider/spec.h"

/* A number, or a text that is one; -1 when it is neither. */
static double number_at(const struct doc *node, const char *path)
{
	const char *text = path ? doc_text(doc_path(node, path), NULL) : NULL;
	char *end;
	double value;

	if (!text || !isdigit((unsigned char)*text)) {
		return -1;
	}
	value = strtod(text, &end);
	return *end || !isfinite(value) ? -1 : value;
}

/* Some servers write an empty array as null: believed when they say that there are no rows. */
static bool is_empty_page(const struct collection *collection, const struct doc *answer,
			  const struct doc *rows)
{
	return doc_kind(rows) == DOC_NULL && number_at(answer, collection->page.total) == 0;
}

int page_read(const struct collection *collection, const struct doc *answer,
	      struct page_position *position, const struct doc **rows, struct problem *why)
{
	const struct page *page = &collection->page;
	const struct doc *found = doc_path(answer, collection->rows);
	double total = page->kind == PAGE_NONE ? 0 : number_at(answer, page->total);
	size_t count = doc_count(found);

	if (doc_kind(found) != DOC_ARRAY && !is_empty_page(collection, answer, found)) {
		return problem_set(why, -EBADMSG, "the answer has no list of %s at '%s'",
				   collection->name, collection->rows);
	}
	position->pages++;
	position->rows += (int)count;
	position->done = count == 0 || total <= position->rows;
	if (!position->done && position->pages >= page->cap) {
		position->done = true;
		position->cut = true;
	}
	*rows = found;
	return 0;
}

/* A copy of the text at a path, in *out; NULL where there is none. */
static int copy_text(const struct doc *node, const char *path, char **out)
{
	const struct doc *found = path ? doc_path(node, path) : NULL;
	const char *text = doc_text(found, NULL);

	*out = NULL;
	if (text && *text) {
		*out = strdup(text);
	} else if (doc_count(found)) {
		*out = doc_print(found, false); /* not a text, but something was said */
	} else {
		return 0;
	}
	return *out ? 0 : -ENOMEM;
}

static int64_t time_at(const struct doc *node, const char *path)
{
	return path ? clock_parse(doc_text(doc_path(node, path), NULL)) : 0;
}

static void list_files(const struct collection *collection, struct row *out)
{
	for (int i = 0; i < collection->file_count && out->file_count < ROW_FILES; i++) {
		if (collection->files[i].when == out->state) {
			out->files[out->file_count++] = collection->files[i].name;
		}
	}
}

/* The id must be one text without NUL bytes: it goes into names and URLs. */
static int read_id(const struct collection *collection, const struct doc *node, struct row *out,
		   struct problem *why)
{
	size_t length = 0;
	const char *id = doc_text(doc_path(node, collection->item->id), &length);

	if (!id || length == 0) {
		return problem_set(why, -EBADMSG, "a row of %s has no id at '%s'", collection->name,
				   collection->item->id);
	}
	if (strlen(id) != length) {
		return problem_set(why, -EBADMSG, "a row of %s has a NUL in its id",
				   collection->name);
	}
	out->id = strdup(id);
	return out->id ? 0 : -ENOMEM;
}

int row_read(const struct collection *collection, const struct doc *node, struct row *out,
	     struct problem *why)
{
	const struct item_spec *item = collection->item;
	int r;

	if (doc_kind(node) != DOC_OBJECT) {
		return problem_set(why, -EBADMSG, "a row of %s is no object", collection->name);
	}
	r = read_id(collection, node, out, why);
	if (r == 0) {
		r = copy_text(node, item->word, &out->word);
	}
	if (r == 0) {
		r = copy_text(node, item->error, &out->error);
	}
	if (r == 0) {
		out->record = doc_print(node, true);
		r = out->record ? 0 : -ENOMEM;
	}
	if (r < 0) {
		row_finish(out);
		return r;
	}
	out->state = states_match(item, node);
	out->created_ns = time_at(node, item->created);
	out->updated_ns = time_at(node, item->updated);
	list_files(collection, out);
	return 0;
}

void row_finish(struct row *row)
{
	free(row->id);
	free(row->word);
	free(row->error);
	free(row->record);
	*row = (struct row){0};
}

int token_read(const struct provider *provider, const struct doc *answer, char **token,
	       int64_t *expires_in_ms, struct problem *why)
{
	const struct token_spec *spec = provider->token;
	const char *text = doc_text(doc_path(answer, spec->value), NULL);
	const double longest_s = 10.0 * 365 * 24 * 3600;
	double seconds = number_at(answer, spec->expires);

	if (!text || !*text) {
		return problem_set(why, -EBADMSG, "the answer has no token at '%s'", spec->value);
	}
	*token = strdup(text);
	if (seconds > longest_s) {
		seconds = longest_s;
	}
	*expires_in_ms = seconds > 0 ? (int64_t)(seconds * 1000) : 0;
	return *token ? 0 : -ENOMEM;
}
