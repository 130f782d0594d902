/* Checks of a collection: its requests, the names in an item's folder, and that states and
 * files agree. */
#include <stdlib.h>
#include <string.h>

#include "provider/lint.h"

/* A name in an item's folder that is known beforehand. */
struct known {
	const char *name;
	const struct doc *node;
};

static void add_known(struct known *list, int *count, const char *name, const struct doc *node)
{
	if (name) {
		list[(*count)++] = (struct known){name, node};
	}
}

static void list_delivered(const struct trigger *trigger, struct known *list, int *count)
{
	for (int i = 0; trigger && i < trigger->act_count; i++) {
		const struct deliver_spec *deliver = trigger->acts[i].deliver;

		if (deliver) {
			add_known(list, count, deliver->record, deliver->node);
			add_known(list, count, deliver->inline_folder,
				  doc_get(deliver->node, "inline"));
		}
	}
}

/* The caller's; NULL without memory. */
static struct known *list_known(const struct collection *collection, int *count)
{
	const struct doc *item = doc_get(collection->item->node, "item");
	const struct doc *files = doc_get(collection->item->node, "files");
	int acts = collection->act ? collection->act->act_count : 0;
	struct known *list = calloc((size_t)(collection->file_count + 2 * acts + 2), sizeof(*list));

	*count = 0;
	if (!list) {
		return NULL;
	}
	add_known(list, count, collection->record, doc_get(item, "records"));
	add_known(list, count, collection->part_record, doc_get(item, "records"));
	for (int i = 0; i < collection->file_count; i++) {
		const char *name = collection->files[i].name;

		if (name && !strpbrk(name, "{}")) {
			add_known(list, count, name, doc_at(files, (size_t)i));
		}
	}
	list_delivered(collection->act, list, count);
	return list;
}

static void lint_known(struct lint *lint, const struct known *list, int index)
{
	static const char *const reserved[] = {"status", "error", "trigger", NULL};
	const struct known *known = &list[index];

	if (!name_is_for_file(known->name) || word_is_among(known->name, reserved)) {
		reader_complain(lint->reader, known->node,
				"a file cannot be called '%s': take letters, digits, '.', '-' and "
				"'_', and not status, error or trigger",
				known->name);
	}
	for (int i = 0; i < index; i++) {
		if (strcmp(known->name, list[i].name) == 0) {
			reader_complain(lint->reader, known->node,
					"there is a file called '%s' already", known->name);
		}
	}
}

static void lint_folder(struct lint *lint, const struct collection *collection)
{
	int count;
	struct known *list = list_known(collection, &count);

	if (!list) {
		lint->reader->no_memory = true;
	}
	for (int i = 0; i < count; i++) {
		lint_known(lint, list, i);
	}
	free(list);
}

static void lint_file(struct lint *lint, const struct collection *collection, int index)
{
	const struct file_spec *file = &collection->files[index];
	const struct doc *node = doc_at(doc_get(collection->item->node, "files"), (size_t)index);
	struct setting_spec *host = NULL;

	if (file->name) {
		lint_file_template(lint, doc_get(node, "name"), file->name, NULL,
				   file->each != NULL);
	}
	if (file->host) {
		host = lint_setting_name(lint, doc_get(node, "host"), file->host);
	}
	if (host) {
		host->url = true;
	}
	if (file->with_auth && !lint->provider->rest->auth_headers) {
		reader_complain(lint->reader, doc_get(node, "auth"),
				"'same' means the headers of 'auth', and there are none");
	}
	if (file->password) {
		lint_settings_template(lint, doc_get(node, "password"), file->password);
	}
	lint_request(lint, file->resolve, (struct scope){.id = true, .reads = true});
}

bool lint_has_rule(const struct collection *collection, enum state state)
{
	for (int i = 0; i < collection->item->rule_count; i++) {
		if (collection->item->rules[i].is == state) {
			return true;
		}
	}
	return false;
}

/* Can something be read of an item that is ready? */
static bool has_content(const struct collection *collection)
{
	bool found = false;

	for (int i = 0; i < collection->file_count; i++) {
		found |= collection->files[i].when == STATE_READY;
	}
	for (int i = 0; collection->act && i < collection->act->act_count; i++) {
		found |= collection->act->acts[i].deliver != NULL;
	}
	return found;
}

static void lint_readiness(struct lint *lint, const struct collection *collection)
{
	const struct doc *files = doc_get(collection->item->node, "files");

	if (lint_has_rule(collection, STATE_READY) && !has_content(collection) &&
	    doc_kind(files) != DOC_OBJECT) {
		reader_complain(
			lint->reader, files ? files : collection->item->node,
			"'ready' means that a file can be read, and there is none: list it in "
			"'files', or write files: {none: \"why there is none\"}");
	}
	for (int i = 0; i < collection->file_count; i++) {
		if (!lint_has_rule(collection, collection->files[i].when)) {
			reader_complain(lint->reader, doc_at(files, (size_t)i),
					"no rule of 'states' says '%s', so this file never appears",
					state_word(collection->files[i].when));
		}
	}
	if (collection->stale_ms && !lint_has_rule(collection, STATE_QUEUED) &&
	    !lint_has_rule(collection, STATE_RUNNING)) {
		reader_complain(lint->reader,
				doc_get(doc_get(collection->item->node, "item"), "stale"),
				"'stale' is about items that are queued or running, and no rule of "
				"'states' says either");
	}
}

static void lint_item(struct lint *lint, const struct collection *collection)
{
	const struct doc *item = doc_get(collection->item->node, "item");

	if (collection->record) {
		lint_record_name(lint, doc_get(item, "records"), collection->record);
	}
	if (collection->part_record) {
		lint_record_name(lint, doc_get(item, "records"), collection->part_record);
	}
	for (int i = 0; i < collection->item->url_count; i++) {
		if (strpbrk(collection->item->urls[i], ".[]? ")) {
			reader_complain(lint->reader, doc_get(item, "urls"),
					"'urls' are members at the top of a row, not paths");
		}
	}
	rules_lint(lint->reader, collection->item->rules, sizeof(*collection->item->rules),
		   collection->item->rule_count);
}

void lint_items(struct lint *lint, const struct collection *collection)
{
	lint_listing(lint, &collection->list, (struct scope){0});
	lint_request(lint, collection->get, (struct scope){.id = true, .reads = true});
	if (collection->many) {
		lint_many(lint, collection->many);
	}
	lint_item(lint, collection);
	if (collection->create) {
		lint_trigger(lint, collection->create, collection, true);
	}
	if (collection->act) {
		lint_trigger(lint, collection->act, collection, false);
	}
	for (int i = 0; i < collection->file_count; i++) {
		lint_file(lint, collection, i);
	}
	lint_folder(lint, collection);
	lint_readiness(lint, collection);
}
