/* All requests and their templates; see visit.h. */
#include "provider/visit.h"

#include "provider/template.h"

void visit_templates(const struct doc *object, enum part part, visit_fn visit, void *context)
{
	const struct doc *value;
	const char *name;

	for (size_t i = 0; doc_member(object, i, &name, &value); i++) {
		visit(context, part, value, doc_text(value, NULL));
	}
}

static void visit_tree(const struct doc *node, visit_fn visit, void *context)
{
	const struct doc *value;
	const char *name;

	if (doc_kind(node) == DOC_TEXT) {
		visit(context, PART_JSON, node, doc_text(node, NULL));
	}
	for (size_t i = 0; doc_member(node, i, &name, &value); i++) {
		visit_tree(value, visit, context);
	}
	for (size_t i = 0; doc_kind(node) == DOC_ARRAY && i < doc_count(node); i++) {
		visit_tree(doc_at(node, i), visit, context);
	}
}

void visit_request(const struct request_spec *spec, visit_fn visit, void *context)
{
	if (!spec) {
		return;
	}
	if (spec->url) {
		visit(context, PART_URL, spec->node, spec->url);
	}
	visit_templates(spec->query, PART_QUERY, visit, context);
	visit_templates(spec->headers, PART_HEADER, visit, context);
	visit_templates(spec->form, PART_FORM, visit, context);
	visit_tree(spec->json, visit, context);
	visit_tree(spec->variables, visit, context);
}

struct search {
	const char *name;
	bool found;
};

static void search_template(void *context, enum part part, const struct doc *node, const char *text)
{
	struct search *search = context;
	struct piece piece;
	const char *wrong;

	(void)part;
	(void)node;
	while (template_next(&text, &piece, &wrong)) {
		search->found |= piece.is_name && piece_is(&piece, search->name);
	}
}

bool visit_finds(const struct request_spec *spec, const char *name)
{
	struct search search = {.name = name};

	visit_request(spec, search_template, &search);
	return search.found;
}

bool visit_finds_in(const struct doc *object, const char *name)
{
	struct search search = {.name = name};

	visit_templates(object, PART_HEADER, search_template, &search);
	return search.found;
}

bool visit_finds_text(const char *text, const char *name)
{
	struct search search = {.name = name};

	if (text) {
		search_template(&search, PART_JSON, NULL, text);
	}
	return search.found;
}

static bool finds_in_auth(const struct provider *provider, const char *name)
{
	const struct token_spec *token = provider->token;

	return visit_finds_in(provider->rest->auth_headers, name) ||
	       visit_finds_in(provider->rest->auth_query, name) ||
	       (token && (visit_finds(token->login.request, name) ||
			  visit_finds(token->refresh.request, name)));
}

static bool finds_in_trigger(const struct trigger *trigger, const char *name)
{
	bool found = trigger && trigger->detect && visit_finds(trigger->detect->request, name);

	for (int i = 0; trigger && i < trigger->act_count && !found; i++) {
		found = visit_finds(trigger->acts[i].request, name);
	}
	return found;
}

static bool finds_in_collection(const struct collection *collection, const char *name)
{
	bool found = visit_finds(collection->list.request, name) ||
		     visit_finds(collection->get, name) ||
		     (collection->many && visit_finds(&collection->many->request, name)) ||
		     finds_in_trigger(collection->create, name) ||
		     finds_in_trigger(collection->act, name);

	for (int i = 0; i < collection->file_count && !found; i++) {
		found = visit_finds(collection->files[i].resolve, name) ||
			visit_finds_text(collection->files[i].password, name);
	}
	return found;
}

bool visit_finds_anywhere(const struct provider *provider, const char *name)
{
	bool found = finds_in_auth(provider, name);

	for (int i = 0; i < provider->document_count && !found; i++) {
		found = visit_finds(provider->documents[i].list.request, name);
	}
	for (int i = 0; i < provider->collection_count && !found; i++) {
		found = finds_in_collection(&provider->collections[i], name);
	}
	return found;
}
