/* Collections: what an item is, how items are listed and asked for, how often. */
#include <stdlib.h>
#include <string.h>

#include "provider/load.h"

enum {
	LIST_MS = 60 * 1000,
	ACTIVE_LEAST_MS = 3 * 1000,
	ACTIVE_MOST_MS = 60 * 1000,
	MANY_MOST = 100,
};

/* records: {order.json: list, export.json: export}: file names, each with the part of a row that
 * it shows, where `list` is the row itself. */
static void load_records(struct loader *l, const struct doc *item, struct collection *out)
{
	const struct doc *records = reader_object(&l->reader, item, "records");
	const struct doc *value;
	const char *name;

	for (size_t i = 0; doc_member(records, i, &name, &value); i++) {
		const char *source = reader_text(&l->reader, records, name);
		bool is_list = source && strcmp(source, "list") == 0;
		const char **slot = is_list ? &out->record : &out->part_record;

		if (*slot) {
			reader_complain(&l->reader, value, "'%s' shows that already", *slot);
		}
		*slot = name;
		if (source && !is_list && (!out->part || strcmp(source, out->part) != 0)) {
			reader_complain(&l->reader, value,
					"'%s' is nowhere given: a record shows 'list', or what "
					"'get' or 'get_many' calls by 'as'",
					source);
		}
	}
	if (!out->record) {
		reader_complain(&l->reader, records ? records : item,
				"'records' names the file for what the API says about an item: "
				"{order.json: list}");
	}
}

/* name: a path, or {global_id: path}. */
static void load_name(struct loader *l, const struct doc *item, struct item_spec *spec)
{
	static const char *const keys[] = {"global_id", NULL};
	const struct doc *name = doc_get(item, "name");

	if (doc_kind(name) != DOC_OBJECT) {
		spec->name = reader_path(&l->reader, item, "name");
		return;
	}
	reader_check_keys(&l->reader, name, keys);
	load_missing(l, name, "global_id", "the path to an id that is base64 of Type:number");
	spec->name = reader_path(&l->reader, name, "global_id");
	spec->name_global = true;
}

/* final: states in which an item stays; a list that may be empty. */
static void load_final(struct loader *l, const struct doc *item, struct collection *out)
{
	const struct doc *list = reader_list(&l->reader, item, "final");

	for (int i = 0; i < STATE_COUNT && !list; i++) {
		out->final[i] = state_is_final((enum state)i);
	}
	for (size_t i = 0; i < doc_count(list); i++) {
		const char *word = doc_text(doc_at(list, i), NULL);
		int state = word ? state_parse(word) : -1;

		if (state < 0 || state == STATE_UNKNOWN || state_is_active((enum state)state)) {
			reader_complain(&l->reader, doc_at(list, i),
					"'final' names states in which an item stays: none, ready, "
					"empty, failed or expired");
		} else if (out->final[state]) {
			reader_complain(&l->reader, doc_at(list, i), "'%s' is there twice", word);
		} else {
			out->final[state] = true;
		}
	}
}

static void load_item(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"id",    "name",  "version", "created", "updated",
					   "error", "word",  "records", "urls",    "states",
					   "final", "stale", NULL};
	const struct doc *item = reader_object(&l->reader, node, "item");
	struct item_spec *spec = out->item;

	load_missing(l, node, "item", "how a row is read");
	if (!item) {
		return;
	}
	reader_check_keys(&l->reader, item, keys);
	load_missing(l, item, "id", "the path to an item's id in a row");
	spec->id = reader_path(&l->reader, item, "id");
	load_name(l, item, spec);
	spec->version = reader_path(&l->reader, item, "version");
	spec->created = reader_path(&l->reader, item, "created");
	spec->updated = reader_path(&l->reader, item, "updated");
	spec->error = reader_path(&l->reader, item, "error");
	spec->word = reader_path(&l->reader, item, "word");
	spec->urls = load_words(l, doc_get(item, "urls"), "urls", &spec->url_count);
	load_records(l, item, out);
	load_states(l, item, spec);
	load_final(l, item, out);
	out->stale_ms = reader_duration(&l->reader, item, "stale", 0);
}

static void load_list(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"request",      "rows",    "row", "page",
					   "newest_first", "missing", NULL};
	const struct doc *list = reader_object(&l->reader, node, "list");

	load_missing(l, node, "list", "the request that lists the items");
	if (list) {
		reader_check_keys(&l->reader, list, keys);
		load_listing(l, list, &out->list);
	}
}

/* `as` of get and of get_many: when both are there, they give the same. */
static void load_part(struct loader *l, const struct doc *node, struct collection *out)
{
	const char *part = reader_text(&l->reader, node, "as");
	bool same = part && out->part ? strcmp(part, out->part) == 0 : part == out->part;

	if (out->get && out->many && !same) {
		reader_complain(&l->reader, node,
				"'get' and 'get_many' give the same: write the same 'as', or none");
	}
	if (part && strcmp(part, "list") == 0) {
		reader_complain(&l->reader, doc_get(node, "as"), "'list' means the row itself");
	}
	out->part = part;
}

static void load_get(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"request", "row", "as", NULL};
	const struct doc *get = reader_object(&l->reader, node, "get");

	if (!get) {
		return;
	}
	reader_check_keys(&l->reader, get, keys);
	out->get = load_request(l, get, NULL);
	out->row = reader_path(&l->reader, get, "row");
	if (!out->row) {
		out->row = ".";
	}
	load_part(l, get, out);
}

static void load_many(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"post", "headers", "field", "fallback",
					   "id",   "most",    "as",    NULL};
	const struct doc *many = reader_object(&l->reader, node, "get_many");
	struct many_spec *spec = load_one(l, many != NULL, sizeof(*spec));

	if (!spec) {
		return;
	}
	reader_check_keys(&l->reader, many, keys);
	load_missing(l, many, "post", "the server's URL");
	load_missing(l, many, "field", "a field of a query, such as \"order(id: $id) { id }\"");
	load_missing(l, many, "id", "the type of $id, such as ID!");
	load_missing(l, many, "most", "how many items one request may ask for");
	spec->request = (struct request_spec){
		.method = "POST",
		.url = reader_text(&l->reader, many, "post"),
		.headers = load_templates(l, many, "headers"),
		.graphql = reader_text(&l->reader, many, "field"),
		.node = doc_get(many, "post"),
		.whole = many,
	};
	load_fallback(l, many, &spec->request);
	spec->id_type = reader_text(&l->reader, many, "id");
	out->many = spec;
	out->many_most = reader_integer(&l->reader, many, "most", 1, MANY_MOST, 1);
	load_part(l, many, out);
}

static void load_poll(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"list", "active", NULL};
	const struct doc *poll = reader_object(&l->reader, node, "poll");

	out->poll_active_min_ms = ACTIVE_LEAST_MS;
	out->poll_active_max_ms = ACTIVE_MOST_MS;
	reader_check_keys(&l->reader, poll, keys);
	out->poll_list_ms = reader_duration(&l->reader, poll, "list", LIST_MS);
	reader_duration_range(&l->reader, poll, "active", &out->poll_active_min_ms,
			      &out->poll_active_max_ms);
	if (out->poll_list_ms < 1000 || out->poll_active_min_ms < 1000) {
		reader_complain(&l->reader, poll, "nothing is polled more often than every second");
	}
	out->lifetime_ms = reader_duration(&l->reader, node, "lifetime", 0);
}

static void load_collection(struct loader *l, const char *name, const struct doc *node,
			    struct collection *out)
{
	static const char *const keys[] = {"item", "list",  "get",  "get_many", "create",
					   "act",  "files", "poll", "lifetime", NULL};

	out->name = name;
	out->item = load_one(l, true, sizeof(*out->item));
	if (!out->item) {
		return;
	}
	out->item->node = node;
	reader_check_keys(&l->reader, node, keys);
	load_list(l, node, out);
	load_get(l, node, out);
	load_many(l, node, out);
	if (!doc_get(node, "get") && !doc_get(node, "get_many")) {
		load_missing(l, node, "get", "the request that asks for one item; or 'get_many'");
	}
	load_item(l, node, out);
	out->create = load_trigger(l, node, "create");
	out->act = load_trigger(l, node, "act");
	load_files(l, node, out);
	load_poll(l, node, out);
}

void load_collections(struct loader *l, const struct doc *root)
{
	const struct doc *collections = reader_object(&l->reader, root, "collections");
	struct provider *provider = l->provider;
	const struct doc *node;
	const char *name;

	provider->collections = load_array(l, doc_count(collections),
					   sizeof(*provider->collections));
	for (size_t i = 0; provider->collections && doc_member(collections, i, &name, &node); i++) {
		if (reader_object(&l->reader, collections, name)) {
			load_collection(l, name, node,
					&provider->collections[provider->collection_count++]);
		}
	}
	if (!doc_count(collections)) {
		reader_complain(&l->reader, collections ? collections : root,
				"'collections' is missing: what the account's folder shows");
	}
}

void collection_finish(struct collection *collection)
{
	for (int i = 0; i < collection->file_count; i++) {
		request_spec_destroy(collection->files[i].resolve);
	}
	free(collection->files);
	if (collection->item) {
		states_finish(collection->item);
		free(collection->item->urls);
	}
	free(collection->item);
	listing_finish(&collection->list);
	request_spec_destroy(collection->get);
	free(collection->many);
	trigger_destroy(collection->create);
	trigger_destroy(collection->act);
}
