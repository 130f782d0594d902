/* Checks of a description as a whole, once all of its parts are there: names that collide, files
 * that can never appear, settings that do nothing. What a part can say of itself is checked as it
 * is loaded. */
#include "provider/lint.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "provider/visit.h"

enum { COLLECTIONS_MOST = 15 };

static bool is_among(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(word, *words) == 0) {
			return true;
		}
	}
	return false;
}

/* What {name} can name. */
static bool is_template_name(const char *name)
{
	size_t length = strlen(name);

	return length && !isdigit((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
		       length;
}

/* What can be a file or folder without surprise. */
static bool is_file_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > 100 || *name == '.' || *name == '-') {
		return false;
	}
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
	       length;
}

static const struct doc *node_of(const struct lint *lint, const char *key, const char *name)
{
	return doc_get(doc_get(lint->provider->rest->tree, key), name);
}

/* A default of a base URL is one. */
static void lint_fallback(struct lint *lint, const struct setting_spec *setting)
{
	const struct doc *node = node_of(lint, "settings", setting->name);
	struct problem why = {0};

	if (setting->fallback && (setting->secret || setting->required)) {
		reader_complain(lint->reader, node, "a %s setting has no default",
				setting->secret ? "secret" : "required");
	}
	if (setting->url && setting->fallback) {
		if (base_url_check(setting->fallback, &why) < 0) {
			reader_complain(lint->reader, node, "%s", problem_words(&why, 0));
		} else if (strncmp(setting->fallback, "https://", 8) != 0) {
			reader_complain(lint->reader, node, "a base URL begins with https://");
		}
	}
	problem_finish(&why);
}

static bool is_used(const struct provider *provider, const char *name)
{
	bool used = visit_finds_in(provider->rest->auth_headers, name) ||
		    visit_finds_in(provider->rest->auth_query, name) ||
		    (provider->token && visit_finds(provider->token->request, name));

	for (int i = 0; i < provider->collection_count && !used; i++) {
		const struct collection *collection = &provider->collections[i];

		used = visit_finds(collection->list, name) || visit_finds(collection->get, name) ||
		       (collection->create && visit_finds(collection->create->request, name));
		for (int j = 0; j < collection->file_count && !used; j++) {
			used = visit_finds(collection->files[j].resolve, name);
		}
	}
	return used;
}

static void lint_settings(struct lint *lint)
{
	static const char *const reserved[] = {"id",    "token",  "provider", "insecure", "keep",
					       "spend", "cancel", "limits",   NULL};
	const struct provider *provider = lint->provider;

	for (int i = 0; i < provider->setting_count; i++) {
		const struct setting_spec *setting = &provider->settings[i];
		const struct doc *node = node_of(lint, "settings", setting->name);

		if (!is_template_name(setting->name) || is_among(setting->name, reserved)) {
			reader_complain(lint->reader, node,
					"a setting cannot be called '%s': take letters, digits and "
					"'_', and no word that means something else",
					setting->name);
		} else if (!is_used(provider, setting->name)) {
			reader_complain(lint->reader, node, "the setting '%s' is used nowhere",
					setting->name);
		}
		lint_fallback(lint, setting);
	}
}

static void lint_choices(struct lint *lint, const struct doc *node, const struct field *field)
{
	bool found = !field->fallback || !field->choices;

	for (int i = 0; i < field->choice_count; i++) {
		found = found || strcmp(field->choices[i], field->fallback) == 0;
	}
	if (!found) {
		reader_complain(lint->reader, node, "the default '%s' is not in 'enum'",
				field->fallback);
	}
}

static void lint_field(struct lint *lint, const struct act *act, const struct field *field)
{
	static const char *const reserved[] = {"id", "token", "force", NULL};
	const struct doc *create = doc_get(act->node, "fields");
	const struct doc *node = doc_get(create, field->name);

	if (!is_template_name(field->name) || is_among(field->name, reserved)) {
		reader_complain(lint->reader, node,
				"a field cannot be called '%s': take letters, digits and '_', and "
				"not id, token or force",
				field->name);
	} else if (node_of(lint, "settings", field->name)) {
		reader_complain(lint->reader, node, "there is a setting called '%s' already",
				field->name);
	} else if (!visit_finds(act->request, field->name)) {
		reader_complain(lint->reader, node, "the field '%s' is used nowhere in the request",
				field->name);
	}
	if (field->required && field->fallback) {
		reader_complain(lint->reader, node, "a required field has no default");
	}
	lint_choices(lint, node, field);
}

static void lint_remember(struct lint *lint, const struct act *act)
{
	for (int i = 0; i < act->remember_count; i++) {
		if (!doc_get(doc_get(act->node, "fields"), act->remember[i])) {
			reader_complain(lint->reader, doc_get(act->node, "remember"),
					"'%s' is no field of this trigger", act->remember[i]);
		}
	}
}

static void lint_example(struct lint *lint, const struct act *act)
{
	struct command_text command = {0};
	struct problem why = {0};

	if (act->example &&
	    command_parse(act, act->example, strlen(act->example), &command, &why) == -EINVAL) {
		reader_complain(lint->reader, doc_get(act->node, "example"),
				"the example does not fit: %s", problem_words(&why, 0));
	}
	command_text_finish(&command);
	problem_finish(&why);
}

static void lint_create(struct lint *lint, const struct act *act)
{
	bool found = lint->reader->found;

	lint_request(lint, act->request, (struct scope){.act = act});
	for (int i = 0; i < act->field_count; i++) {
		lint_field(lint, act, &act->fields[i]);
	}
	lint_remember(lint, act);
	if (found == lint->reader->found) {
		lint_example(lint, act);
	}
}

static void lint_file(struct lint *lint, const struct collection *collection, int index)
{
	static const char *const reserved[] = {"status", "error", "trigger", NULL};
	const struct file_spec *file = &collection->files[index];
	const struct doc *node = doc_at(doc_get(collection->item->node, "files"), (size_t)index);
	bool twice = collection->record && file->name &&
		     strcmp(file->name, collection->record) == 0;

	for (int i = 0; i < index && file->name; i++) {
		const char *other = collection->files[i].name;

		twice |= other && strcmp(file->name, other) == 0;
	}
	if (twice) {
		reader_complain(lint->reader, node, "there is a file called '%s' already",
				file->name);
	} else if (file->name && (!is_file_name(file->name) || is_among(file->name, reserved))) {
		reader_complain(lint->reader, node,
				"a file cannot be called '%s': take letters, digits, '.', '-' and "
				"'_', and not status, error or trigger",
				file->name);
	}
	lint_request(lint, file->resolve, (struct scope){.id = true, .reads = true});
}

static bool has_rule(const struct collection *collection, enum state state)
{
	for (int i = 0; i < collection->item->rule_count; i++) {
		if (collection->item->rules[i].is == state) {
			return true;
		}
	}
	return false;
}

static bool has_file(const struct collection *collection, enum state state)
{
	for (int i = 0; i < collection->file_count; i++) {
		if (collection->files[i].when == state) {
			return true;
		}
	}
	return false;
}

/* States and files agree. */
static void lint_readiness(struct lint *lint, const struct collection *collection)
{
	const struct doc *files = doc_get(collection->item->node, "files");

	if (has_rule(collection, STATE_READY) && !has_file(collection, STATE_READY) &&
	    doc_kind(files) != DOC_OBJECT) {
		reader_complain(
			lint->reader, files ? files : collection->item->node,
			"'ready' means that a file can be read, and there is none: list it in "
			"'files', or write files: {none: \"why there is none\"}");
	}
	for (int i = 0; i < collection->file_count; i++) {
		if (!has_rule(collection, collection->files[i].when)) {
			reader_complain(lint->reader, doc_at(files, (size_t)i),
					"no rule of 'states' says '%s', so this file never appears",
					state_word(collection->files[i].when));
		}
	}
	if (collection->file_count > ROW_FILES) {
		reader_complain(lint->reader, files, "an item has at most %d files", ROW_FILES);
	}
}

static void lint_record(struct lint *lint, const struct collection *collection)
{
	const char *name = collection->record;
	size_t length = name ? strlen(name) : 0;

	if (name &&
	    (!is_file_name(name) || length < 6 || strcmp(name + length - 5, ".json") != 0)) {
		reader_complain(lint->reader,
				doc_get(doc_get(collection->item->node, "item"), "records"),
				"a record is called like order.json, not '%s'", name);
	}
}

static void lint_collection(struct lint *lint, const struct collection *collection)
{
	static const char *const reserved[] = {"status", "completed", "by-status", "by-date", NULL};

	if (!is_file_name(collection->name) || is_among(collection->name, reserved)) {
		reader_complain(lint->reader, collection->item->node,
				"a collection cannot be called '%s'", collection->name);
	}
	lint_record(lint, collection);
	lint_request(lint, collection->list, (struct scope){.reads = true});
	lint_request(lint, collection->get, (struct scope){.id = true, .reads = true});
	if (collection->create) {
		lint_create(lint, collection->create);
	}
	for (int i = 0; i < collection->file_count; i++) {
		lint_file(lint, collection, i);
	}
	states_lint(lint->reader, collection->item);
	lint_readiness(lint, collection);
}

void lint_provider(struct reader *r, struct provider *provider)
{
	struct lint lint = {.reader = r, .provider = provider};
	const struct doc *tree = provider->rest->tree;

	if (provider->name && !is_file_name(provider->name)) {
		reader_complain(r, doc_get(tree, "name"), "'%s' is no name for a file",
				provider->name);
	}
	if (provider->collection_count > COLLECTIONS_MOST) {
		reader_complain(r, doc_get(tree, "collections"), "there are at most %d collections",
				COLLECTIONS_MOST);
	}
	lint_auth(&lint);
	for (int i = 0; i < provider->collection_count; i++) {
		lint_collection(&lint, &provider->collections[i]);
	}
	lint_settings(&lint);
}
