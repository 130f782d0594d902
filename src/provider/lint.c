/* Checks of a description as a whole, once all of its parts are there: settings that do nothing,
 * names in the account's folder that collide. What a part can say of itself is checked as it is
 * loaded. */
#include "provider/lint.h"

#include <string.h>

enum { COLLECTIONS_MOST = 15, DOCUMENTS_MOST = 100 };

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

/* Some settings are named where no template stands. */
static bool is_named(const struct provider *provider, const char *name)
{
	bool found = provider->token && provider->token->fixed &&
		     strcmp(provider->token->fixed, name) == 0;

	found = found || lint_webhook_names(provider, name);
	for (int i = 0; i < provider->collection_count && !found; i++) {
		const struct collection *collection = &provider->collections[i];

		for (int j = 0; j < collection->file_count && !found; j++) {
			const char *host = collection->files[j].host;

			found = host && strcmp(host, name) == 0;
		}
	}
	return found;
}

static void lint_settings(struct lint *lint)
{
	static const char *const reserved[] = {"id",       "token",    "refresh", "since", "lines",
					       "provider", "insecure", "keep",    "spend", "cancel",
					       "limits",   "webhook",  NULL};
	const struct provider *provider = lint->provider;

	for (int i = 0; i < provider->setting_count; i++) {
		const struct setting_spec *setting = &provider->settings[i];
		const struct doc *node = node_of(lint, "settings", setting->name);

		if (!name_is_for_template(setting->name) ||
		    word_is_among(setting->name, reserved)) {
			reader_complain(lint->reader, node,
					"a setting cannot be called '%s': take letters, digits and "
					"'_', and no word that means something else",
					setting->name);
		} else if (!visit_finds_anywhere(provider, setting->name) &&
			   !is_named(provider, setting->name)) {
			reader_complain(lint->reader, node, "the setting '%s' is used nowhere",
					setting->name);
		}
		lint_fallback(lint, setting);
	}
}

/* What an account's folder shows of itself. */
static bool is_shown_name(const char *name)
{
	static const char *const reserved[] = {"status", "completed", "by-status", "by-date", NULL};

	return name_is_for_file(name) && !word_is_among(name, reserved);
}

static void lint_document(struct lint *lint, const struct document *document)
{
	const struct doc *node = node_of(lint, "documents", document->name);
	struct scope scope = {.reads = true, .since = document->since != NULL};

	if (!is_shown_name(document->name)) {
		reader_complain(lint->reader, node, "a document cannot be called '%s'",
				document->name);
	} else if (node_of(lint, "collections", document->name)) {
		reader_complain(lint->reader, node, "there is a collection called '%s' already",
				document->name);
	}
	if (!document->is_folder) {
		lint_request(lint, document->list.request, scope);
		return;
	}
	lint_listing(lint, &document->list, scope);
	if (document->row_name) {
		lint_file_template(lint, doc_get(node, "name"), document->row_name, NULL, true);
	}
	if (document->since && document->list.request &&
	    !visit_finds(document->list.request, "since")) {
		reader_complain(lint->reader, doc_get(node, "since"),
				"the request says nowhere since when: {since}");
	}
}

static void lint_collection(struct lint *lint, const struct collection *collection)
{
	if (!is_shown_name(collection->name)) {
		reader_complain(lint->reader, collection->item->node,
				"a collection cannot be called '%s'", collection->name);
	}
	lint_items(lint, collection);
}

void lint_provider(struct reader *r, struct provider *provider)
{
	struct lint lint = {.reader = r, .provider = provider};
	const struct doc *tree = provider->rest->tree;

	if (provider->name && !name_is_for_file(provider->name)) {
		reader_complain(r, doc_get(tree, "name"), "'%s' is no name for a file",
				provider->name);
	}
	if (provider->collection_count > COLLECTIONS_MOST) {
		reader_complain(r, doc_get(tree, "collections"), "there are at most %d collections",
				COLLECTIONS_MOST);
	}
	if (provider->document_count > DOCUMENTS_MOST) {
		reader_complain(r, doc_get(tree, "documents"), "there are at most %d documents",
				DOCUMENTS_MOST);
	}
	lint_auth(&lint);
	if (provider->rest->rule_count) {
		rules_lint(r, &provider->rest->rules->match, sizeof(*provider->rest->rules),
			   provider->rest->rule_count);
	}
	for (int i = 0; i < provider->document_count; i++) {
		lint_document(&lint, &provider->documents[i]);
	}
	for (int i = 0; i < provider->collection_count; i++) {
		lint_collection(&lint, &provider->collections[i]);
	}
	lint_webhook(&lint);
	lint_settings(&lint);
}
