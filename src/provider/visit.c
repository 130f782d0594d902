/* All templates of a request; see visit.h. */
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
		visit(context, PART_BODY, node, doc_text(node, NULL));
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
	visit_templates(spec->form, PART_BODY, visit, context);
	visit_tree(spec->json, visit, context);
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
