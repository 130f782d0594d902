/* What an act brings home: a record, archives to fetch, and files that stand in the answer. */
#include <stdlib.h>

#include "provider/load.h"

enum { DEPTH_MOST = 8 };

static void load_archives(struct loader *l, const struct doc *node, struct deliver_spec *out)
{
	static const char *const keys[] = {"each", "name", "url", "password", NULL};
	const struct doc *archives = reader_object(&l->reader, node, "archives");

	if (!archives) {
		return;
	}
	reader_check_keys(&l->reader, archives, keys);
	load_missing(l, archives, "each", "the path to the list of archives");
	load_missing(l, archives, "name", "what they are called, such as \"archive-{n}.zip\"");
	load_missing(l, archives, "url", "the path to an archive's address");
	out->archive_each = reader_path(&l->reader, archives, "each");
	out->archive_name = reader_text(&l->reader, archives, "name");
	out->archive_url = reader_path(&l->reader, archives, "url");
	out->archive_password = reader_path(&l->reader, archives, "password");
}

static void load_inline(struct loader *l, const struct doc *node, struct deliver_spec *out)
{
	static const char *const keys[] = {"folder", "each",   "group",    "files", "name", "body",
					   "type",   "base64", "children", "depth", NULL};
	const struct doc *files = reader_object(&l->reader, node, "inline");

	if (!files) {
		return;
	}
	reader_check_keys(&l->reader, files, keys);
	load_missing(l, files, "folder", "the folder that they stand in");
	load_missing(l, files, "each", "the path to the list of groups");
	load_missing(l, files, "group", "the path to a group's name, which is a folder's");
	load_missing(l, files, "files", "the path to the list of files in a group");
	load_missing(l, files, "name", "the path to a file's name");
	load_missing(l, files, "body", "the path to what a file holds");
	out->inline_folder = reader_text(&l->reader, files, "folder");
	out->inline_each = reader_path(&l->reader, files, "each");
	out->inline_group = reader_path(&l->reader, files, "group");
	out->inline_files = reader_path(&l->reader, files, "files");
	out->inline_name = reader_path(&l->reader, files, "name");
	out->inline_body = reader_path(&l->reader, files, "body");
	out->inline_type = reader_path(&l->reader, files, "type");
	out->base64 = load_words(l, doc_get(files, "base64"), "base64", &out->base64_count);
	out->children = reader_path(&l->reader, files, "children");
	out->depth = reader_integer(&l->reader, files, "depth", 1, DEPTH_MOST, 1);
	if (out->base64 && !doc_get(files, "type")) {
		load_missing(l, files, "type",
			     "the path to the media type that 'base64' speaks of");
	}
	if ((out->depth > 1) != (doc_get(files, "children") != NULL)) {
		reader_complain(&l->reader, files,
				"'children' and a 'depth' of more than 1 go together");
	}
}

struct deliver_spec *load_deliver(struct loader *l, const struct doc *node)
{
	static const char *const keys[] = {"from", "record", "omit", "archives", "inline", NULL};
	const struct doc *deliver = reader_object(&l->reader, node, "deliver");
	struct deliver_spec *spec = load_one(l, deliver != NULL, sizeof(*spec));

	if (!spec) {
		return NULL;
	}
	spec->node = deliver;
	reader_check_keys(&l->reader, deliver, keys);
	load_missing(l, deliver, "from", "the path to what was delivered in the answer");
	load_missing(l, deliver, "record",
		     "the file that shows the delivery, such as delivery.json");
	spec->from = reader_path(&l->reader, deliver, "from");
	spec->record = reader_text(&l->reader, deliver, "record");
	spec->omit = load_words(l, doc_get(deliver, "omit"), "omit", &spec->omit_count);
	load_archives(l, deliver, spec);
	load_inline(l, deliver, spec);
	return spec;
}

void deliver_destroy(struct deliver_spec *spec)
{
	if (!spec) {
		return;
	}
	free(spec->omit);
	free(spec->base64);
	free(spec);
}
