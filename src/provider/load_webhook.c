/* `webhook`: how the API tells of changes by itself, and how one knows that it was the API. */
#include <stdlib.h>

#include "provider/load.h"

static void load_signature(struct loader *l, const struct doc *node, struct signature_spec *out)
{
	static const char *const keys[] = {"kind", "secret", "keys", "rewritten", NULL};
	static const char *const kinds[] = {
		[SIGNATURE_EQUAL] = "equal",
		[SIGNATURE_HMAC_SHA256_HEX] = "hmac-sha256-hex",
		[SIGNATURE_JWS_RS256] = "jws-rs256",
		[SIGNATURE_COUNT] = NULL,
	};

	out->node = node;
	out->kind = SIGNATURE_COUNT;
	if (doc_kind(node) != DOC_OBJECT) {
		reader_complain(
			&l->reader, node,
			"a signature is a mapping: {kind: hmac-sha256-hex, secret: SETTING}");
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	load_missing(l, node, "kind", "equal, hmac-sha256-hex or jws-rs256");
	int kind = reader_choice(&l->reader, node, "kind", kinds);
	out->kind = kind < 0 ? SIGNATURE_COUNT : (enum signature_kind)kind;
	out->secret = reader_text(&l->reader, node, "secret");
	out->keys = reader_text(&l->reader, node, "keys");
	out->rewritten = reader_flag(&l->reader, node, "rewritten", false);
}

static void load_hint(struct loader *l, const struct doc *node, struct hint_spec *out)
{
	static const char *const keys[] = {"when", "collection", "document", "id", NULL};

	out->match.node = node;
	if (doc_kind(node) != DOC_OBJECT) {
		reader_complain(&l->reader, node,
				"a hint is a mapping: {collection: NAME, id: PATH}");
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	load_when(l, node, &out->match);
	out->collection = reader_text(&l->reader, node, "collection");
	out->document = reader_text(&l->reader, node, "document");
	out->id = reader_path(&l->reader, node, "id");
}

/* The list at key; a finding when it is missing or empty. */
static const struct doc *load_list(struct loader *l, const struct doc *node, const char *key,
				   const char *what)
{
	const struct doc *list = reader_list(&l->reader, node, key);

	if (!doc_count(list)) {
		reader_complain(&l->reader, list ? list : node, "'%s' is missing: a list of %s",
				key, what);
	}
	return list;
}

void load_webhook(struct loader *l, const struct doc *root)
{
	static const char *const keys[] = {"header", "signatures", "event", "hints", NULL};
	const struct doc *node = reader_object(&l->reader, root, "webhook");
	struct webhook_spec *spec = load_one(l, node != NULL, sizeof(*spec));

	l->provider->webhook = spec;
	if (!spec) {
		return;
	}
	spec->node = node;
	reader_check_keys(&l->reader, node, keys);
	load_missing(l, node, "header", "the header with the signature");
	spec->header = reader_text(&l->reader, node, "header");
	spec->event = reader_path(&l->reader, node, "event");
	const struct doc *signatures = load_list(l, node, "signatures",
						 "{kind: hmac-sha256-hex, secret: SETTING}");
	const struct doc *hints = load_list(l, node, "hints", "{collection: NAME, id: PATH}");
	spec->signatures = load_array(l, doc_count(signatures), sizeof(*spec->signatures));
	spec->hints = load_array(l, doc_count(hints), sizeof(*spec->hints));
	for (size_t i = 0; spec->signatures && i < doc_count(signatures); i++) {
		load_signature(l, doc_at(signatures, i),
			       &spec->signatures[spec->signature_count++]);
	}
	for (size_t i = 0; spec->hints && i < doc_count(hints); i++) {
		load_hint(l, doc_at(hints, i), &spec->hints[spec->hint_count++]);
	}
}

void webhook_destroy(struct webhook_spec *spec)
{
	for (int i = 0; spec && i < spec->hint_count; i++) {
		rule_finish(&spec->hints[i].match);
	}
	if (spec) {
		free(spec->hints);
		free(spec->signatures);
	}
	free(spec);
}
