/* The files of a row: one for each description that fits its state, or one for each element of an
 * array. Pure; any thread. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/extract.h"
#include "provider/member.h"
#include "provider/row.h"

/* The row whose files are named, and the names so far. */
struct naming {
	const struct collection *collection;
	const struct doc *row;
	struct row *out;
	struct taken taken;
};

static int name_file(const struct naming *naming, const struct file_spec *spec,
		     const struct doc *element, int number, char **out)
{
	const struct doc *node = element ? element : naming->row;
	const char *url = extract_text(node, spec->name_url);

	*out = NULL;
	if (spec->name_url) {
		return url ? member_url_name(url, out) : 0;
	}
	return member_expand(spec->name, node, naming->row, number, out);
}

/* No file takes the place of what every item's folder has or may have. */
static int take_own_names(struct naming *naming)
{
	const struct collection *collection = naming->collection;
	const char *const own[] = {"status", "error", "trigger", collection->record,
				   collection->part_record};
	int r = 0;

	for (size_t i = 0; i < sizeof(own) / sizeof(*own) && r == 0; i++) {
		auto_free char *name = own[i] ? taken_add(&naming->taken, NULL, own[i], "") : NULL;
		r = own[i] && !name ? -ENOMEM : 0;
	}
	return r;
}

static int add_file(struct naming *naming, const struct file_spec *spec, const struct doc *element,
		    int index)
{
	struct row *out = naming->out;
	auto_free char *name = NULL;
	struct row_file *list;
	int r = name_file(naming, spec, element, element ? index + 1 : 0, &name);

	if (r < 0 || !name || out->file_count == INT_MAX) {
		return r;
	}
	r = naming->taken.count ? 0 : take_own_names(naming);
	if (r < 0) {
		return r;
	}
	/* Doubled at every power of two. */
	if ((out->file_count & (out->file_count - 1)) == 0) {
		size_t room = out->file_count ? (size_t)out->file_count * 2 : 1;
		list = realloc(out->files, room * sizeof(*list));
		if (!list) {
			return -ENOMEM;
		}
		out->files = list;
	}
	out->files[out->file_count] = (struct row_file){
		.name = taken_add_foreign(&naming->taken, name),
		.spec = (int)(spec - naming->collection->files),
		.element = index,
	};
	return out->files[out->file_count++].name ? 0 : -ENOMEM;
}

static int add_files(struct naming *naming, const struct file_spec *spec)
{
	const struct doc *list = spec->each ? doc_path(naming->row, spec->each) : NULL;
	int count = doc_kind(list) == DOC_ARRAY ? (int)doc_count(list) : 0;
	int r = 0;

	if (!spec->each) {
		return add_file(naming, spec, NULL, 0);
	}
	for (int i = 0; i < count && r == 0; i++) {
		r = add_file(naming, spec, doc_at(list, (size_t)i), i);
	}
	return r;
}

int row_list_files(const struct collection *collection, const struct doc *node, struct row *out)
{
	struct naming naming = {.collection = collection, .row = node, .out = out};
	int r = 0;

	for (int i = 0; i < collection->file_count && r == 0; i++) {
		if (collection->files[i].when == out->state) {
			r = add_files(&naming, &collection->files[i]);
		}
	}
	taken_finish(&naming.taken);
	return r;
}
