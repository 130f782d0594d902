/* Collections: what they hold, how they are listed, and what can be started there. */
#include <stdlib.h>
#include <string.h>

#include "provider/spec.h"

enum {
	LIST_MS = 60 * 1000,
	ACTIVE_LEAST_MS = 3 * 1000,
	ACTIVE_MOST_MS = 60 * 1000,
	PAGE_SIZE = 100,
	PAGE_SIZE_MOST = 100000,
	PAGES = 1000,
	PAGES_MOST = 1000000,
};

static void complain_missing(struct loader *l, const struct doc *node, const char *key,
			     const char *what)
{
	if (!doc_get(node, key)) {
		reader_complain(&l->reader, node, "'%s' is missing: %s", key, what);
	}
}

/* records: {job.json: list}, one file name and where it comes from. */
static const char *load_record(struct loader *l, const struct doc *item)
{
	static const char *const sources[] = {"list", NULL};
	const struct doc *records = reader_object(&l->reader, item, "records");
	const struct doc *value;
	const char *name = NULL;

	if (doc_count(records) != 1) {
		reader_complain(&l->reader, records ? records : item,
				"'records' names one file for what the API says about an item: "
				"{order.json: list}");
		return NULL;
	}
	doc_member(records, 0, &name, &value);
	reader_choice(&l->reader, records, name, sources);
	return name;
}

static void load_item(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"id",   "created", "updated", "error",
					   "word", "records", "states",  NULL};
	const struct doc *item = reader_object(&l->reader, node, "item");
	struct item_spec *spec = load_array(l, 1, sizeof(*spec));

	complain_missing(l, node, "item", "how a row is read");
	out->item = spec;
	if (!spec) {
		return;
	}
	spec->node = node;
	if (!item) {
		return;
	}
	reader_check_keys(&l->reader, item, keys);
	complain_missing(l, item, "id", "the path to an item's id in a row");
	spec->id = reader_path(&l->reader, item, "id");
	spec->created = reader_path(&l->reader, item, "created");
	spec->updated = reader_path(&l->reader, item, "updated");
	spec->error = reader_path(&l->reader, item, "error");
	spec->word = reader_path(&l->reader, item, "word");
	out->record = load_record(l, item);
	load_states(l, item, spec);
}

static void load_offset_page(struct loader *l, const struct doc *node, struct page *page)
{
	complain_missing(l, node, "skip", "the parameter for how many rows to skip");
	complain_missing(l, node, "take", "the parameter for how many rows to send");
	complain_missing(l, node, "total", "the path to how many rows there are");
	page->skip = reader_text(&l->reader, node, "skip");
	page->take = reader_text(&l->reader, node, "take");
	page->total = reader_path(&l->reader, node, "total");
	page->size = reader_integer(&l->reader, node, "size", 1, PAGE_SIZE_MOST, PAGE_SIZE);
}

static void load_page(struct loader *l, const struct doc *list, struct page *page)
{
	static const char *const kinds[] = {[PAGE_NONE] = "none", [PAGE_OFFSET] = "offset", NULL};
	static const char *const none_keys[] = {"kind", NULL};
	static const char *const offset_keys[] = {"kind",  "skip", "take", "size",
						  "total", "cap",  NULL};
	const struct doc *node = reader_object(&l->reader, list, "page");
	int kind;

	if (!node) {
		return;
	}
	complain_missing(l, node, "kind", "none or offset");
	kind = reader_choice(&l->reader, node, "kind", kinds);
	if (kind < 0) {
		return;
	}
	page->kind = (enum page_kind)kind;
	page->cap = reader_integer(&l->reader, node, "cap", 1, PAGES_MOST, PAGES);
	reader_check_keys(&l->reader, node, kind == PAGE_OFFSET ? offset_keys : none_keys);
	if (kind == PAGE_OFFSET) {
		load_offset_page(l, node, page);
	}
}

static void load_list(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"request", "rows", "page", NULL};
	const struct doc *list = reader_object(&l->reader, node, "list");

	complain_missing(l, node, "list", "the request that lists the items");
	if (!list) {
		return;
	}
	reader_check_keys(&l->reader, list, keys);
	complain_missing(l, list, "rows", "the path to the array of rows in the answer");
	out->list = load_request(l, list, NULL);
	out->rows = reader_path(&l->reader, list, "rows");
	load_page(l, list, &out->page);
}

static void load_get(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"request", "row", NULL};
	const struct doc *get = reader_object(&l->reader, node, "get");

	complain_missing(l, node, "get", "the request that asks for one item");
	if (!get) {
		return;
	}
	reader_check_keys(&l->reader, get, keys);
	complain_missing(l, get, "row", "the path to the row in the answer");
	out->get = load_request(l, get, NULL);
	out->row = reader_path(&l->reader, get, "row");
}

static void load_field(struct loader *l, const struct doc *fields, const char *name,
		       const struct doc *node, struct field *out)
{
	static const char *const keys[] = {"required", "default", "enum", "help", NULL};

	out->name = name;
	if (!reader_object(&l->reader, fields, name)) {
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	out->required = reader_flag(&l->reader, node, "required", false);
	out->fallback = reader_text(&l->reader, node, "default");
	out->help = reader_text(&l->reader, node, "help");
	out->choices = load_words(l, doc_get(node, "enum"), "enum", &out->choice_count);
}

static void load_fields(struct loader *l, const struct doc *node, struct act *act)
{
	const struct doc *fields = reader_object(&l->reader, node, "fields");
	const struct doc *value;
	const char *name;

	act->fields = load_array(l, doc_count(fields), sizeof(*act->fields));
	for (size_t i = 0; act->fields && doc_member(fields, i, &name, &value); i++) {
		load_field(l, fields, name, value, &act->fields[act->field_count++]);
	}
}

static void load_create(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const keys[] = {"effect", "fields",   "request", "id",
					   "row",    "remember", "example", NULL};
	const struct doc *create = reader_object(&l->reader, node, "create");
	const char *effects[EFFECT_CANCEL + 2] = {NULL};
	struct act *act = load_array(l, create != NULL, sizeof(*act));
	int effect;

	out->create = act;
	if (!act) {
		return;
	}
	for (int i = 0; i <= EFFECT_CANCEL; i++) {
		effects[i] = effect_word((enum effect)i);
	}
	act->node = create;
	reader_check_keys(&l->reader, create, keys);
	complain_missing(l, create, "effect", "what it costs: free, quota, money or cancel");
	effect = reader_choice(&l->reader, create, "effect", effects);
	act->effect = effect < 0 ? EFFECT_MONEY : (enum effect)effect;
	load_fields(l, create, act);
	act->request = load_request(l, create, act);
	act->id = reader_path(&l->reader, create, "id");
	act->row = reader_path(&l->reader, create, "row");
	act->example = reader_text(&l->reader, create, "example");
	act->remember = load_words(l, doc_get(create, "remember"), "remember",
				   &act->remember_count);
}

static void load_resolve(struct loader *l, const struct doc *node, struct file_spec *out)
{
	static const char *const keys[] = {"request", "url", NULL};
	const struct doc *resolve = reader_object(&l->reader, node, "resolve");

	if ((doc_get(node, "url") != NULL) == (doc_get(node, "resolve") != NULL)) {
		reader_complain(&l->reader, node,
				"a file says where its URL is: 'url', a path in the row, or "
				"'resolve', a request and a path in its answer");
	}
	if (!resolve) {
		out->url = reader_path(&l->reader, node, "url");
		return;
	}
	reader_check_keys(&l->reader, resolve, keys);
	complain_missing(l, resolve, "url", "the path to the URL in the answer");
	out->resolve = load_request(l, resolve, NULL);
	out->url = reader_path(&l->reader, resolve, "url");
}

static void load_file(struct loader *l, const struct doc *node, struct file_spec *out)
{
	static const char *const keys[] = {"name", "when", "resolve", "url", NULL};
	const char *states[STATE_COUNT + 1] = {NULL};
	int when;

	if (doc_kind(node) != DOC_OBJECT) {
		reader_complain(&l->reader, node, "a file is a mapping: {name: …, when: ready, …}");
		return;
	}
	for (int i = 0; i < STATE_COUNT; i++) {
		states[i] = state_word((enum state)i);
	}
	reader_check_keys(&l->reader, node, keys);
	complain_missing(l, node, "name", "what the file is called");
	complain_missing(l, node, "when", "the state in which it can be read, such as ready");
	out->name = reader_text(&l->reader, node, "name");
	when = reader_choice(&l->reader, node, "when", states);
	out->when = when < 0 ? STATE_READY : (enum state)when;
	load_resolve(l, node, out);
}

/* A list, or {none: why there are none}. */
static void load_files(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const none_keys[] = {"none", NULL};
	const struct doc *files = doc_get(node, "files");
	size_t count;

	if (doc_kind(files) == DOC_OBJECT) {
		reader_check_keys(&l->reader, files, none_keys);
		complain_missing(l, files, "none", "why there are no files");
		reader_text(&l->reader, files, "none");
		return;
	}
	files = reader_list(&l->reader, node, "files");
	count = doc_count(files);
	out->files = load_array(l, count, sizeof(*out->files));
	for (size_t i = 0; out->files && i < count; i++) {
		load_file(l, doc_at(files, i), &out->files[out->file_count++]);
	}
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
	static const char *const keys[] = {"item",  "list", "get",      "create",
					   "files", "poll", "lifetime", NULL};

	out->name = name;
	reader_check_keys(&l->reader, node, keys);
	load_item(l, node, out);
	load_list(l, node, out);
	load_get(l, node, out);
	load_create(l, node, out);
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

static void act_destroy(struct act *act)
{
	if (!act) {
		return;
	}
	for (int i = 0; i < act->field_count; i++) {
		free(act->fields[i].choices);
	}
	free(act->fields);
	free(act->request);
	free(act->remember);
	free(act);
}

void collection_finish(struct collection *collection)
{
	for (int i = 0; i < collection->file_count; i++) {
		free(collection->files[i].resolve);
	}
	if (collection->item) {
		states_finish(collection->item);
	}
	free(collection->item);
	free(collection->list);
	free(collection->get);
	free(collection->files);
	act_destroy(collection->create);
}
