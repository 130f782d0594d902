/* What an account shows beside its collections: files of one answer each, and folders of files,
 * one for each row of a listing. */
#include <stdlib.h>

#include "provider/load.h"

enum { EVERY_MS = 10 * 60 * 1000, FULL_MS = 24 * 3600 * 1000, LEAST_MS = 1000 };

static void load_since(struct loader *l, const struct doc *node, struct document *out)
{
	static const char *const keys[] = {"path", "full", NULL};
	const struct doc *since = reader_object(&l->reader, node, "since");

	if (!since) {
		return;
	}
	reader_check_keys(&l->reader, since, keys);
	load_missing(l, since, "path", "the path to a row's date");
	out->since = reader_path(&l->reader, since, "path");
	out->full_ms = reader_duration(&l->reader, since, "full", FULL_MS);
}

static void load_folder(struct loader *l, const struct doc *node, struct document *out)
{
	static const char *const keys[] = {"request", "rows",  "row",   "name",
					   "page",    "since", "every", NULL};

	reader_check_keys(&l->reader, node, keys);
	load_missing(l, node, "name", "what a row's file is called, such as \"{id}.json\"");
	load_listing(l, node, &out->list);
	out->row_name = reader_text(&l->reader, node, "name");
	load_since(l, node, out);
}

static void load_file(struct loader *l, const struct doc *node, struct document *out)
{
	static const char *const keys[] = {"request", "show", "every", NULL};

	reader_check_keys(&l->reader, node, keys);
	out->list.request = load_request(l, node, NULL);
	out->show = reader_path(&l->reader, node, "show");
}

/* Keys that only folders have make it one, so that what else is missing can be told. */
static bool is_folder(const struct doc *node)
{
	return doc_get(node, "rows") || doc_get(node, "name") || doc_get(node, "page");
}

static void load_document(struct loader *l, const char *name, const struct doc *node,
			  struct document *out)
{
	out->name = name;
	out->is_folder = is_folder(node);
	if (out->is_folder) {
		load_folder(l, node, out);
	} else {
		load_file(l, node, out);
	}
	out->every_ms = reader_duration(&l->reader, node, "every", EVERY_MS);
	if (out->every_ms < LEAST_MS) {
		reader_complain(&l->reader, doc_get(node, "every"),
				"nothing is asked for more often than every second");
	}
}

void load_documents(struct loader *l, const struct doc *root)
{
	const struct doc *documents = reader_object(&l->reader, root, "documents");
	struct provider *provider = l->provider;
	const struct doc *node;
	const char *name;

	provider->documents = load_array(l, doc_count(documents), sizeof(*provider->documents));
	for (size_t i = 0; provider->documents && doc_member(documents, i, &name, &node); i++) {
		if (reader_object(&l->reader, documents, name)) {
			load_document(l, name, node,
				      &provider->documents[provider->document_count++]);
		}
	}
}
