/* Requests: a URL, and what goes with it. */
#include <stdlib.h>
#include <string.h>

#include "provider/load.h"

static int count_bodies(const struct doc *node)
{
	return (doc_get(node, "form") != NULL) + (doc_get(node, "json") != NULL) +
	       (doc_get(node, "graphql") != NULL);
}

void load_fallback(struct loader *l, const struct doc *node, struct request_spec *spec)
{
	spec->fallback = reader_text(&l->reader, node, "fallback");
	spec->number = spec->fallback ? l->provider->fallback_count++ : -1;
}

static void load_body(struct loader *l, const struct doc *node, struct request_spec *spec)
{
	spec->form = load_templates(l, node, "form");
	spec->json = reader_object(&l->reader, node, "json");
	spec->graphql = reader_text(&l->reader, node, "graphql");
	spec->variables = reader_object(&l->reader, node, "variables");
	load_fallback(l, node, spec);
	if (count_bodies(node) > 1) {
		reader_complain(&l->reader, node,
				"a request has one body: 'form', 'json' or 'graphql'");
	}
	if (strcmp(spec->method, "GET") == 0 && count_bodies(node)) {
		reader_complain(&l->reader, node, "a 'get' has no body; use 'query' or 'post'");
	}
	if (!doc_get(node, "graphql") && (spec->variables || spec->fallback)) {
		reader_complain(&l->reader,
				doc_get(node, spec->variables ? "variables" : "fallback"),
				"'variables' and 'fallback' go with 'graphql', and there is none");
	}
}

static void load_url(struct loader *l, const struct doc *node, struct request_spec *spec)
{
	bool is_get = doc_get(node, "get") != NULL;

	if (is_get == (doc_get(node, "post") != NULL)) {
		reader_complain(&l->reader, node,
				"a request says one of 'get' and 'post', and a URL");
	}
	spec->node = doc_get(node, is_get ? "get" : "post");
	spec->method = is_get ? "GET" : "POST";
	spec->url = reader_text(&l->reader, node, is_get ? "get" : "post");
}

struct request_spec *load_request(struct loader *l, const struct doc *parent, const struct act *act)
{
	static const char *const keys[] = {"get",  "post",    "query",    "headers",   "form",
					   "json", "graphql", "fallback", "variables", NULL};
	const struct doc *node = reader_object(&l->reader, parent, "request");
	struct request_spec *spec = load_one(l, node != NULL, sizeof(*spec));

	load_missing(l, parent, "request", "such as {get: \"{base_url}/path\"}");
	if (!spec) {
		return NULL;
	}
	reader_check_keys(&l->reader, node, keys);
	spec->whole = node;
	spec->act = act;
	load_url(l, node, spec);
	spec->query = load_templates(l, node, "query");
	spec->headers = load_templates(l, node, "headers");
	load_body(l, node, spec);
	return spec;
}

void request_spec_destroy(struct request_spec *spec)
{
	free(spec);
}
