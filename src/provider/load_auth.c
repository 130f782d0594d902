/* What makes requests welcome: headers and parameters of them all, and how a token is got, kept
 * and refreshed. */
#include "provider/load.h"

enum { MARGIN_MS = 60 * 1000 };

static void load_auth(struct loader *l, const struct doc *auth)
{
	static const char *const keys[] = {"headers", "query", "token", NULL};
	struct provider_rest *rest = l->provider->rest;

	reader_check_keys(&l->reader, auth, keys);
	rest->auth_headers = load_templates(l, auth, "headers");
	rest->auth_query = load_templates(l, auth, "query");
}

static void load_source(struct loader *l, const struct doc *node, struct token_source *out)
{
	load_missing(l, node, "value", "the path to the token in the answer");
	out->request = load_request(l, node, NULL);
	out->value = reader_path(&l->reader, node, "value");
	out->problems = reader_path(&l->reader, node, "problems");
	if (out->request) {
		out->request->is_token = true;
	}
}

static void load_refresh(struct loader *l, const struct doc *node, struct token_spec *token)
{
	static const char *const keys[] = {"token", "request", "value", "problems", NULL};
	const struct doc *refresh = reader_object(&l->reader, node, "refresh");

	if (!refresh) {
		return;
	}
	reader_check_keys(&l->reader, refresh, keys);
	load_missing(l, refresh, "token",
		     "the path, in the login's answer, to what {refresh} stands for");
	token->refresh_token = reader_path(&l->reader, refresh, "token");
	load_source(l, refresh, &token->refresh);
}

static void load_life(struct loader *l, const struct doc *node, struct token_spec *token)
{
	token->expires = reader_path(&l->reader, node, "expires");
	token->ttl_ms = reader_duration(&l->reader, node, "ttl", 0);
	token->ttl_cap_ms = reader_duration(&l->reader, node, "ttl_cap", 0);
	token->margin_ms = reader_duration(&l->reader, node, "margin", MARGIN_MS);
}

/* What only a token that is asked for can have. */
static void check_fixed(struct loader *l, const struct doc *node)
{
	static const char *const keys[] = {"value",   "problems", "expires", "ttl",
					   "ttl_cap", "margin",   "refresh", NULL};

	for (int i = 0; keys[i]; i++) {
		if (doc_get(node, keys[i])) {
			reader_complain(&l->reader, doc_get(node, keys[i]),
					"'%s' is about a token that is asked for, and there is no "
					"'request'",
					keys[i]);
		}
	}
}

static void load_token(struct loader *l, const struct doc *auth)
{
	static const char *const keys[] = {"static", "request", "value",  "problems", "expires",
					   "ttl",    "ttl_cap", "margin", "refresh",  NULL};
	const struct doc *node = reader_object(&l->reader, auth, "token");
	struct token_spec *token = load_one(l, node != NULL, sizeof(*token));

	l->provider->token = token;
	if (!token) {
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	token->fixed = reader_text(&l->reader, node, "static");
	if (doc_get(node, "static") && !doc_get(node, "request")) {
		check_fixed(l, node);
		return;
	}
	load_source(l, node, &token->login);
	load_life(l, node, token);
	load_refresh(l, node, token);
}

void load_credentials(struct loader *l, const struct doc *root)
{
	const struct doc *auth = reader_object(&l->reader, root, "auth");

	if (auth) {
		load_auth(l, auth);
		load_token(l, auth);
	}
}
