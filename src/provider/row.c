/* One row read in the words of this project: its state by the rules, its times, its record, and
 * what its files are called. Pure; any thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "provider/base64.h"
#include "provider/extract.h"
#include "provider/row.h"

/* The row together with its part, for the paths of the description. What stands in the row itself
 * is newer than what was known. *owned is to be destroyed; NULL without memory. */
static const struct doc *join(const struct collection *collection, const struct doc *node,
			      const struct doc *part, struct doc **owned)
{
	*owned = NULL;
	if (!collection->part || !part || doc_get(node, collection->part)) {
		return node;
	}
	*owned = doc_copy(node);
	if (*owned) {
		doc_set(*owned, collection->part, part);
	}
	return *owned && doc_is_whole(*owned) ? *owned : NULL;
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

/* What stands after the colon in the base64 of "Type:rest"; NULL when it is no such thing. */
static int read_global(const char *text, char **out)
{
	auto_free char *plain = NULL;
	size_t length = 0;
	int r = base64_decode(text, strlen(text), (void **)&plain, &length);
	const char *colon = r == 0 ? memchr(plain, ':', length) : NULL;

	*out = NULL;
	if (!colon || memchr(plain, '\0', length) || !utf8_is_valid(plain, length) || !colon[1]) {
		return r == -ENOMEM ? r : 0;
	}
	*out = strdup(colon + 1);
	return *out ? 0 : -ENOMEM;
}

static int read_name(const struct item_spec *item, const struct doc *node, struct row *out)
{
	const char *text = extract_text(node, item->name);

	if (!text) {
		return 0;
	}
	if (item->name_global) {
		return read_global(text, &out->name);
	}
	out->name = strdup(text);
	return out->name ? 0 : -ENOMEM;
}

/* The row alone: a part that stands in it is shown apart. */
static int print_row(const struct collection *collection, const struct doc *node, struct row *out)
{
	const struct item_spec *item = collection->item;
	const struct doc_view view = {.omit = &collection->part,
				      .omit_count = collection->part != NULL,
				      .omit_top = true,
				      .cut = item->urls,
				      .cut_count = item->url_count};

	out->record = doc_print_view(node, &view);
	return out->record ? 0 : -ENOMEM;
}

static int print_part(const struct collection *collection, const struct doc *node, struct row *out)
{
	const struct doc *part = collection->part ? doc_get(node, collection->part) : NULL;

	if (part) {
		out->part = doc_print(part, true);
	}
	return part && !out->part ? -ENOMEM : 0;
}

static int read_words(const struct item_spec *item, const struct doc *node, struct row *out)
{
	int r = extract_copy(node, item->word, &out->word);

	r = r < 0 ? r : extract_copy(node, item->error, &out->error);
	return r < 0 ? r : extract_copy(node, item->version, &out->version);
}

static int hours_of(int64_t ms)
{
	return (int)(ms / (3600 * 1000));
}

/* Some APIs have no word for what broke: it stays on its way for ever. */
static int grow_stale(const struct collection *collection, int64_t now_ns, struct row *out)
{
	int64_t age_ms = (now_ns - out->created_ns) / 1000000;
	const char *word = out->word ? out->word : state_word(out->state);
	int64_t limit = collection->stale_ms;
	bool in_hours = limit % (3600 * 1000) == 0;

	if (limit <= 0 || !state_is_active(out->state) || !out->created_ns || age_ms <= limit) {
		return 0;
	}
	if (!out->error &&
	    asprintf(&out->error, "still %s after %d %s, and this API has no word for failed", word,
		     in_hours ? hours_of(limit) : (int)(limit / (60 * 1000)),
		     in_hours ? "h" : "min") < 0) {
		out->error = NULL;
		return -ENOMEM;
	}
	out->state = STATE_UNKNOWN;
	return 0;
}

/* node: the row with its part. */
static int read_joined(const struct collection *collection, const struct doc *node, int64_t now_ns,
		       struct row *out)
{
	const struct item_spec *item = collection->item;
	int r = read_name(item, node, out);

	if (r == 0) {
		r = read_words(item, node, out);
	}
	if (r == 0) {
		r = print_part(collection, node, out);
	}
	out->state = states_match(item, node);
	out->created_ns = extract_time(node, item->created);
	out->updated_ns = extract_time(node, item->updated);
	if (r == 0) {
		r = grow_stale(collection, now_ns, out);
	}
	return r < 0 ? r : row_list_files(collection, node, out);
}

int row_read(const struct collection *collection, const char *id, const struct doc *node,
	     const struct doc *part, int64_t now_ns, struct row *out, struct problem *why)
{
	struct doc *owned = NULL;
	const struct doc *joined;
	int r = 0;

	if (doc_kind(node) != DOC_OBJECT) {
		return problem_set(why, -EBADMSG, "a row of %s is no object", collection->name);
	}
	joined = join(collection, node, part, &owned);
	if (id) {
		out->id = strdup(id);
		r = out->id ? 0 : -ENOMEM;
	} else {
		r = read_id(collection, node, out, why);
	}
	if (r == 0) {
		r = print_row(collection, node, out);
	}
	if (r == 0) {
		r = joined ? read_joined(collection, joined, now_ns, out) : -ENOMEM;
	}
	doc_destroy(owned);
	if (r < 0) {
		row_finish(out);
	}
	return r;
}

void row_finish(struct row *row)
{
	for (int i = 0; i < row->file_count; i++) {
		free(row->files[i].name);
	}
	free(row->files);
	free(row->id);
	free(row->name);
	free(row->word);
	free(row->error);
	free(row->record);
	free(row->part);
	free(row->version);
	*row = (struct row){0};
}
