/* Checks of `webhook`: that a signature is made with something, and that a hint leads somewhere. */
#include <string.h>

#include "provider/lint.h"

#define HEADER_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~{}"

static void lint_secret(struct lint *lint, const struct signature_spec *signature)
{
	const struct doc *at = doc_get(signature->node, "secret");
	struct setting_spec *setting = lint_setting_name(lint, at, signature->secret);

	if (setting && !setting->secret) {
		reader_complain(lint->reader, at,
				"the setting '%s' is what others must not know: write secret: true",
				signature->secret);
	}
}

static void lint_keys(struct lint *lint, const struct signature_spec *signature)
{
	const struct doc *at = doc_get(signature->node, "keys");
	struct setting_spec *setting = lint_setting_name(lint, at, signature->keys);

	if (setting && setting->secret) {
		reader_complain(lint->reader, at,
				"the setting '%s' is the address of public keys, and no secret",
				signature->keys);
	} else if (setting) {
		setting->url = true;
	}
}

static void lint_signature(struct lint *lint, const struct signature_spec *signature)
{
	bool has_keys = signature->kind == SIGNATURE_JWS_RS256;

	if (signature->kind == SIGNATURE_COUNT) {
		return;
	}
	if (has_keys != (signature->keys != NULL) || has_keys == (signature->secret != NULL)) {
		reader_complain(lint->reader, signature->node,
				has_keys ? "'jws-rs256' takes 'keys': the setting with the address "
					   "of the public keys"
					 : "it takes 'secret': the setting with what both sides "
					   "know");
		return;
	}
	if (has_keys) {
		lint_keys(lint, signature);
	} else {
		lint_secret(lint, signature);
	}
	if (signature->rewritten && signature->kind != SIGNATURE_HMAC_SHA256_HEX) {
		reader_complain(lint->reader, signature->node,
				"'rewritten' is about a body that is signed with hmac-sha256-hex");
	}
}

static void lint_hint(struct lint *lint, struct hint_spec *hint)
{
	const struct provider *provider = lint->provider;
	const struct doc *node = hint->match.node;

	hint->index = -1;
	for (int i = 0; hint->collection && i < provider->collection_count; i++) {
		if (strcmp(provider->collections[i].name, hint->collection) == 0) {
			hint->index = i;
		}
	}
	for (int i = 0; hint->document && i < provider->document_count; i++) {
		if (strcmp(provider->documents[i].name, hint->document) == 0) {
			hint->index = i;
		}
	}
	if (doc_kind(node) != DOC_OBJECT) {
		return;
	}
	if (!hint->collection == !hint->document) {
		reader_complain(lint->reader, node,
				"a hint is about one of 'collection' and 'document'");
	} else if (hint->index < 0) {
		const char *name = hint->collection ? hint->collection : hint->document;
		reader_complain(lint->reader, node, "there is no %s '%s'",
				hint->collection ? "collection" : "document", name);
	} else if (hint->document && hint->id) {
		reader_complain(lint->reader, doc_get(node, "id"),
				"a document is asked for as a whole: it takes no 'id'");
	}
}

void lint_webhook(struct lint *lint)
{
	const struct webhook_spec *spec = lint->provider->webhook;

	if (!spec) {
		return;
	}
	if (spec->header) {
		const struct doc *at = doc_get(spec->node, "header");

		lint_settings_template(lint, at, spec->header);
		if (!*spec->header || spec->header[strspn(spec->header, HEADER_CHARACTERS)]) {
			reader_complain(lint->reader, at, "a header cannot be called '%s'",
					spec->header);
		}
	}
	for (int i = 0; i < spec->signature_count; i++) {
		lint_signature(lint, &spec->signatures[i]);
	}
	for (int i = 0; i < spec->hint_count; i++) {
		lint_hint(lint, &spec->hints[i]);
	}
	if (spec->hint_count) {
		rules_lint(lint->reader, &spec->hints->match, sizeof(*spec->hints),
			   spec->hint_count);
	}
}

bool lint_webhook_names(const struct provider *provider, const char *setting)
{
	const struct webhook_spec *spec = provider->webhook;
	bool found = spec && visit_finds_text(spec->header, setting);

	for (int i = 0; spec && i < spec->signature_count && !found; i++) {
		const struct signature_spec *signature = &spec->signatures[i];

		found = (signature->secret && strcmp(signature->secret, setting) == 0) ||
			(signature->keys && strcmp(signature->keys, setting) == 0);
	}
	return found;
}
