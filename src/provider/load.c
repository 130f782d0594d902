/* The parts that several places of a description have: lists of words and requests. */
#include <stdlib.h>
#include <string.h>

#include "provider/spec.h"

void *load_array(struct loader *l, size_t count, size_t size)
{
	void *array = count ? calloc(count, size) : NULL;

	if (count && !array) {
		l->reader.no_memory = true;
	}
	return array;
}

static const char *load_one_word(struct loader *l, const struct doc *node, const char *key)
{
	const char *text = doc_kind(node) == DOC_TEXT ? doc_text(node, NULL) : NULL;

	if (!text) {
		reader_complain(&l->reader, node,
				"'%s' takes a text or a list of texts: [one, two]", key);
	}
	return text;
}

const char **load_words(struct loader *l, const struct doc *node, const char *key, int *count)
{
	bool is_list = doc_kind(node) == DOC_ARRAY;
	size_t size = is_list ? doc_count(node) : node != NULL;
	const char **words = load_array(l, size, sizeof(*words));

	*count = 0;
	if (is_list && size == 0) {
		reader_complain(&l->reader, node, "'%s' is an empty list", key);
	}
	for (size_t i = 0; words && i < size; i++) {
		words[*count] = load_one_word(l, is_list ? doc_at(node, i) : node, key);
		*count += words[*count] != NULL;
	}
	return words;
}

/* An object whose members are all texts: templates of parameters or headers. */
static const struct doc *load_templates(struct loader *l, const struct doc *node, const char *key)
{
	const struct doc *object = reader_object(&l->reader, node, key);
	const struct doc *value;
	const char *name;
	bool bad = false;

	for (size_t i = 0; doc_member(object, i, &name, &value); i++) {
		if (doc_kind(value) != DOC_TEXT) {
			reader_complain(&l->reader, value, "'%s' takes a text", name);
			bad = true;
		}
	}
	return bad ? NULL : object;
}

static void load_auth(struct loader *l, const struct doc *auth)
{
	static const char *const keys[] = {"headers", "query", "token", NULL};
	struct provider_rest *rest = l->provider->rest;

	reader_check_keys(&l->reader, auth, keys);
	rest->auth_headers = load_templates(l, auth, "headers");
	rest->auth_query = load_templates(l, auth, "query");
}

static void load_token(struct loader *l, const struct doc *auth)
{
	static const char *const keys[] = {"request", "value", "expires", "margin", NULL};
	const struct doc *node = reader_object(&l->reader, auth, "token");
	struct token_spec *token = load_array(l, node != NULL, sizeof(*token));

	l->provider->token = token;
	if (!token) {
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	token->request = load_request(l, node, NULL);
	token->value = reader_path(&l->reader, node, "value");
	token->expires = reader_path(&l->reader, node, "expires");
	token->margin_ms = reader_duration(&l->reader, node, "margin", 60 * 1000);
	if (token->request) {
		token->request->is_token = true;
	}
	if (!doc_get(node, "value")) {
		reader_complain(&l->reader, node,
				"'value' is missing: the path to the token in the answer");
	}
}

void load_credentials(struct loader *l, const struct doc *root)
{
	const struct doc *auth = reader_object(&l->reader, root, "auth");

	if (auth) {
		load_auth(l, auth);
		load_token(l, auth);
	}
}

static void load_body(struct loader *l, const struct doc *node, struct request_spec *spec)
{
	spec->form = load_templates(l, node, "form");
	spec->json = reader_object(&l->reader, node, "json");
	if (doc_get(node, "form") && doc_get(node, "json")) {
		reader_complain(&l->reader, node, "a request has one body: 'form' or 'json'");
	}
	if (strcmp(spec->method, "GET") == 0 && (spec->form || spec->json)) {
		reader_complain(&l->reader, node, "a 'get' has no body; use 'query' or 'post'");
	}
}

struct request_spec *load_request(struct loader *l, const struct doc *parent, const struct act *act)
{
	static const char *const keys[] = {"get", "post", "query", "headers", "form", "json", NULL};
	const struct doc *node = reader_object(&l->reader, parent, "request");
	struct request_spec *spec = load_array(l, node != NULL, sizeof(*spec));
	bool is_get = doc_get(node, "get") != NULL;

	if (!doc_get(parent, "request")) {
		reader_complain(&l->reader, parent,
				"'request' is missing, such as {get: \"{base_url}/path\"}");
	}
	if (!spec) {
		return NULL;
	}
	reader_check_keys(&l->reader, node, keys);
	if (is_get == (doc_get(node, "post") != NULL)) {
		reader_complain(&l->reader, node,
				"a request says one of 'get' and 'post', and a URL");
	}
	spec->node = doc_get(node, is_get ? "get" : "post");
	spec->act = act;
	spec->method = is_get ? "GET" : "POST";
	spec->url = reader_text(&l->reader, node, is_get ? "get" : "post");
	spec->query = load_templates(l, node, "query");
	spec->headers = load_templates(l, node, "headers");
	load_body(l, node, spec);
	return spec;
}
