/* Checks of GraphQL documents: that each is whole and holds one operation of the kind that fits
 * its place, and that it declares, uses and is given the same variables. */
#include <stdio.h>
#include <string.h>

#include "provider/graphql.h"
#include "provider/lint.h"

/* A document, and what surrounds it. */
struct graphql_lint {
	struct lint *lint;
	const struct request_spec *spec;
	const struct scope *scope;
	const struct doc *node;
	struct graphql document;
};

static bool variable_is(const struct graphql_variable *variable, const char *name)
{
	return strncmp(variable->name, name, variable->length) == 0 && !name[variable->length];
}

/* The parameters that the page sets; ends with NULL. */
static void list_page(const struct page *page, const char *names[4])
{
	const char *all[] = {page->skip, page->take, page->cursor};
	int count = 0;

	for (int i = 0; i < 3; i++) {
		if (all[i]) {
			names[count++] = all[i];
		}
	}
	names[count] = NULL;
}

static bool is_of_page(const struct scope *scope, const struct graphql_variable *variable)
{
	const char *names[4] = {NULL};

	if (scope->page) {
		list_page(scope->page, names);
	}
	for (int i = 0; names[i]; i++) {
		if (variable_is(variable, names[i])) {
			return true;
		}
	}
	return false;
}

static bool is_given(const struct graphql_lint *l, const struct graphql_variable *variable)
{
	const struct doc *value;
	const char *name;

	for (size_t i = 0; doc_member(l->spec->variables, i, &name, &value); i++) {
		if (variable_is(variable, name)) {
			return true;
		}
	}
	return is_of_page(l->scope, variable);
}

/* graphql_declared() or graphql_used(). */
typedef bool (*next_fn)(const struct graphql *document, const char **at,
			struct graphql_variable *out);

static bool has(const struct graphql *document, next_fn next, const char *name, size_t length)
{
	struct graphql_variable variable;
	const char *at = NULL;

	while (next(document, &at, &variable)) {
		if (variable.length == length && memcmp(variable.name, name, length) == 0) {
			return true;
		}
	}
	return false;
}

static void lint_declared(const struct graphql_lint *l)
{
	struct reader *r = l->lint->reader;
	struct graphql_variable variable;
	const char *at = NULL;

	while (graphql_declared(&l->document, &at, &variable)) {
		if (!has(&l->document, graphql_used, variable.name, variable.length)) {
			reader_complain(r, l->node, "the variable $%.*s is declared and never used",
					(int)variable.length, variable.name);
		} else if (!variable.has_default && !is_given(l, &variable)) {
			reader_complain(r, l->node,
					"the variable $%.*s gets no value: write variables: "
					"{%.*s: …}%s",
					(int)variable.length, variable.name, (int)variable.length,
					variable.name,
					l->scope->page ? " or name it in 'page'" : "");
		}
	}
	at = NULL;
	while (graphql_used(&l->document, &at, &variable)) {
		if (!has(&l->document, graphql_declared, variable.name, variable.length)) {
			reader_complain(r, l->node,
					"the variable $%.*s is not declared: it belongs between "
					"the parentheses after the operation's name, with its type",
					(int)variable.length, variable.name);
		}
	}
}

/* What is given from outside must be declared. */
static void lint_given(const struct graphql_lint *l)
{
	const char *of_page[4] = {NULL};
	const struct doc *value;
	const char *name;

	for (size_t i = 0; doc_member(l->spec->variables, i, &name, &value); i++) {
		struct graphql_variable variable = {.name = name, .length = strlen(name)};

		if (!has(&l->document, graphql_declared, name, variable.length)) {
			reader_complain(l->lint->reader, value,
					"the document declares no variable $%s", name);
		} else if (is_of_page(l->scope, &variable)) {
			reader_complain(l->lint->reader, value, "'page' sets $%s already", name);
		}
	}
	if (l->scope->page) {
		list_page(l->scope->page, of_page);
	}
	for (int i = 0; of_page[i]; i++) {
		if (!has(&l->document, graphql_declared, of_page[i], strlen(of_page[i]))) {
			reader_complain(l->lint->reader, l->node,
					"the document declares no variable $%s, which 'page' sets",
					of_page[i]);
		}
	}
}

static void lint_kind(const struct graphql_lint *l)
{
	if (l->document.kind == GRAPHQL_SUBSCRIPTION) {
		reader_complain(l->lint->reader, l->node,
				"a subscription does not end; take a query");
	} else if (l->document.kind == GRAPHQL_MUTATION && l->scope->reads) {
		reader_complain(
			l->lint->reader, l->node,
			"what only reads is a query: a mutation here would be sent by 'ls'");
	}
}

/* Where in a document: as the end of a sentence. */
static void complain_broken(struct lint *lint, const struct doc *node, const char *wrong, int line)
{
	char place[40] = "";

	if (line > 1) {
		snprintf(place, sizeof(place), ", in the document's line %d", line);
	}
	reader_complain(lint->reader, node, "this is not GraphQL: %s%s", wrong, place);
}

static void lint_document(struct graphql_lint *l, const char *key, const char *text)
{
	const char *wrong = graphql_read(text, &l->document);

	l->node = doc_get(l->spec->whole, key);
	if (wrong) {
		complain_broken(l->lint, l->node, wrong, l->document.line);
		return;
	}
	lint_kind(l);
	lint_declared(l);
	lint_given(l);
}

void lint_graphql(struct lint *lint, const struct request_spec *spec, const struct scope *scope)
{
	struct graphql_lint l = {.lint = lint, .spec = spec, .scope = scope};

	lint_document(&l, "graphql", spec->graphql);
	if (spec->fallback) {
		lint_document(&l, "fallback", spec->fallback);
	}
}

/* A field of get_many, in which only $id means something. */
static void lint_many_field(struct lint *lint, const struct request_spec *spec, const char *key,
			    const char *text)
{
	const struct doc *node = doc_get(spec->whole, key);
	struct graphql document;
	struct graphql_variable variable;
	const char *wrong = graphql_read_field(text, &document);
	const char *at = NULL;
	bool found = false;

	if (wrong) {
		complain_broken(lint, node, wrong, document.line);
		return;
	}
	while (graphql_used(&document, &at, &variable)) {
		found |= variable_is(&variable, "id");
		if (!variable_is(&variable, "id")) {
			reader_complain(lint->reader, node,
					"the variable $%.*s means nothing here, but $id",
					(int)variable.length, variable.name);
		}
	}
	if (!found) {
		reader_complain(lint->reader, node,
				"$id, which stands for an item's id, is nowhere in the field");
	}
}

/* A name, with or without an exclamation mark: an id is one value. */
static void lint_type(struct lint *lint, const struct many_spec *many)
{
	const char *type = many->id_type ? many->id_type : "ID!";
	size_t length = strcspn(type, "!");

	if (length == 0 || (type[length] && type[length + 1]) || strpbrk(type, "[]{}()$:, ")) {
		reader_complain(lint->reader, doc_get(many->request.whole, "id"),
				"'%s' is no type of $id; it looks like ID!", type);
	}
}

void lint_many(struct lint *lint, const struct many_spec *many)
{
	const struct request_spec *spec = &many->request;

	lint_envelope(lint, spec, &(struct scope){.reads = true});
	if (spec->graphql) {
		lint_many_field(lint, spec, "field", spec->graphql);
	}
	if (spec->fallback) {
		lint_many_field(lint, spec, "fallback", spec->fallback);
	}
	lint_type(lint, many);
}
