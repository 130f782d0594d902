/* Checks of templates: that every {name} means something where it stands, and that no secret
 * stands in a URL. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/lint.h"

struct template_lint {
	struct lint *lint;
	struct scope scope;
};

/* Fields stand in the request one by one, or all lines of them at once. */
static bool has_fields(const struct act *act)
{
	return act && act->lines_most == 0;
}

enum { OWN_NAMES = 5 };

/* The names that mean something in the scope, besides settings and fields; ends with NULL. */
static void list_own_names(const struct scope *scope, const char *names[OWN_NAMES + 1])
{
	int count = 0;

	if (scope->id) {
		names[count++] = "id";
	}
	if (scope->token) {
		names[count++] = "token";
	}
	if (scope->refresh) {
		names[count++] = "refresh";
	}
	if (scope->since) {
		names[count++] = "since";
	}
	if (scope->act && scope->act->lines_most) {
		names[count++] = "lines";
	}
	names[count] = NULL;
}

static bool is_own_name(const struct scope *scope, const struct piece *name)
{
	const char *names[OWN_NAMES + 1];

	list_own_names(scope, names);
	for (int i = 0; names[i]; i++) {
		if (piece_is(name, names[i])) {
			return true;
		}
	}
	return false;
}

/* Every name that means something in the scope; the array ends with NULL. */
static const char **list_names(const struct template_lint *l)
{
	const struct provider *provider = l->lint->provider;
	const struct act *act = has_fields(l->scope.act) ? l->scope.act : NULL;
	size_t most = (size_t)provider->setting_count + (size_t)(act ? act->field_count : 0);
	const char **names = calloc(most + OWN_NAMES + 1, sizeof(*names));
	size_t count = 0;

	for (int i = 0; names && i < provider->setting_count; i++) {
		names[count++] = provider->settings[i].name;
	}
	for (int i = 0; names && act && i < act->field_count; i++) {
		names[count++] = act->fields[i].name;
	}
	if (names) {
		list_own_names(&l->scope, names + count);
	}
	return names;
}

static bool is_known(const struct template_lint *l, const struct piece *name)
{
	return is_own_name(&l->scope, name) || template_setting(l->lint->provider, name) ||
	       (has_fields(l->scope.act) && template_field(l->scope.act, name));
}

static void complain_unknown(const struct template_lint *l, const struct doc *node,
			     const struct piece *piece)
{
	struct reader *r = l->lint->reader;
	auto_free const char **names = list_names(l);
	auto_free char *name = strndup(piece->text, piece->length);
	const char *nearest = names && name ? reader_nearest(name, names) : NULL;

	if (piece_is(piece, "token")) {
		reader_complain(r, node,
				"'{token}' stands only in the headers of 'auth', and needs 'token' "
				"there");
	} else if (piece_is(piece, "refresh")) {
		reader_complain(r, node, "'{refresh}' stands only in the request of 'refresh'");
	} else if (piece_is(piece, "lines")) {
		reader_complain(r, node, "'{lines}' needs 'lines': {most: 100} beside 'fields'");
	} else if (template_field(l->scope.act, piece)) {
		reader_complain(r, node,
				"there may be several lines with a '%s' each: write \"{lines}\" "
				"for the list of them",
				name ? name : "field");
	} else if (nearest) {
		reader_complain(r, node, "'{%s}' means nothing here, did you mean '{%s}'?", name,
				nearest);
	} else {
		reader_complain(r, node, "'{%.*s}' means nothing here: it is no setting%s%s",
				(int)piece->length, piece->text,
				has_fields(l->scope.act) ? " and no field" : "",
				l->scope.id ? " and not {id}" : "");
	}
}

static void lint_name(const struct template_lint *l, enum part part, const struct doc *node,
		      const struct piece *name)
{
	if (!is_known(l, name)) {
		complain_unknown(l, node, name);
		return;
	}
	if (part <= PART_QUERY &&
	    (template_is_secret(l->lint->provider, name) || piece_is(name, "refresh"))) {
		reader_complain(
			l->lint->reader, node,
			"'{%.*s}' is a secret: it may stand in headers and bodies, never in "
			"a URL, which others log",
			(int)name->length, name->text);
	}
	if (part == PART_URL && template_is_optional(l->lint->provider, l->scope.act, name)) {
		reader_complain(l->lint->reader, node,
				"'{%.*s}' may be missing, and the URL needs it: give it "
				"'required: yes' or a 'default'",
				(int)name->length, name->text);
	}
}

static void lint_template(void *context, enum part part, const struct doc *node, const char *text)
{
	const struct template_lint *l = context;
	bool is_lines = strcmp(text, "{lines}") == 0 && part == PART_JSON;
	struct piece piece;
	const char *wrong;

	while (template_next(&text, &piece, &wrong)) {
		if (piece.is_name) {
			lint_name(l, part, node, &piece);
		}
		if (piece.is_name && piece_is(&piece, "lines") && !is_lines) {
			reader_complain(l->lint->reader, node,
					"{lines} is a list: it stands alone, in 'json' or "
					"'variables'");
		}
	}
	if (wrong) {
		reader_complain(l->lint->reader, node, "%s", wrong);
	}
}

void lint_templates(struct lint *lint, const struct request_spec *spec, const struct scope *scope)
{
	struct template_lint l = {.lint = lint, .scope = *scope};

	visit_request(spec, lint_template, &l);
}

void lint_texts(struct lint *lint, const struct doc *object, enum part part,
		const struct scope *scope)
{
	struct template_lint l = {.lint = lint, .scope = *scope};

	visit_templates(object, part, lint_template, &l);
}

void lint_settings_template(struct lint *lint, const struct doc *node, const char *text)
{
	struct template_lint l = {.lint = lint};

	lint_template(&l, PART_HEADER, node, text);
}
