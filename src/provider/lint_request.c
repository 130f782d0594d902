/* Checks of requests: that every {name} means something where it stands, that URLs are well
 * formed, https and free of secrets, and that only triggers change anything. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "provider/lint.h"
#include "provider/template.h"
#include "provider/visit.h"

struct request_lint {
	struct lint *lint;
	struct scope scope;
};

static const struct field *find_field(const struct act *act, const struct piece *name)
{
	for (int i = 0; act && i < act->field_count; i++) {
		if (piece_is(name, act->fields[i].name)) {
			return &act->fields[i];
		}
	}
	return NULL;
}

static struct setting_spec *find_setting(const struct provider *provider, const struct piece *name)
{
	for (int i = 0; i < provider->setting_count; i++) {
		if (piece_is(name, provider->settings[i].name)) {
			return &provider->settings[i];
		}
	}
	return NULL;
}

/* Every name that means something in the scope; the array ends with NULL. */
static const char **list_names(const struct request_lint *l)
{
	const struct provider *provider = l->lint->provider;
	const struct act *act = l->scope.act;
	size_t most = (size_t)provider->setting_count + (size_t)(act ? act->field_count : 0) + 3;
	const char **names = calloc(most, sizeof(*names));
	size_t count = 0;

	for (int i = 0; names && i < provider->setting_count; i++) {
		names[count++] = provider->settings[i].name;
	}
	for (int i = 0; names && act && i < act->field_count; i++) {
		names[count++] = act->fields[i].name;
	}
	if (names && l->scope.id) {
		names[count++] = "id";
	}
	if (names && l->scope.token) {
		names[count++] = "token";
	}
	return names;
}

static bool is_known(const struct request_lint *l, const struct piece *name)
{
	if (piece_is(name, "id")) {
		return l->scope.id;
	}
	if (piece_is(name, "token")) {
		return l->scope.token;
	}
	return find_setting(l->lint->provider, name) || find_field(l->scope.act, name);
}

static void complain_unknown(const struct request_lint *l, const struct doc *node,
			     const struct piece *piece)
{
	auto_free const char **names = list_names(l);
	auto_free char *name = strndup(piece->text, piece->length);
	const char *nearest = names && name ? reader_nearest(name, names) : NULL;

	if (piece_is(piece, "token")) {
		reader_complain(l->lint->reader, node,
				"'{token}' stands only in the headers of 'auth', and needs 'token' "
				"there");
	} else if (nearest) {
		reader_complain(l->lint->reader, node,
				"'{%s}' means nothing here, did you mean '{%s}'?", name, nearest);
	} else {
		reader_complain(l->lint->reader, node,
				"'{%.*s}' means nothing here: it is no setting%s%s",
				(int)piece->length, piece->text,
				l->scope.act ? " and no field" : "",
				l->scope.id ? " and not {id}" : "");
	}
}

static void lint_name(const struct request_lint *l, enum part part, const struct doc *node,
		      const struct piece *name)
{
	const struct field *field = find_field(l->scope.act, name);
	const struct setting_spec *setting = find_setting(l->lint->provider, name);
	bool optional = field ? !field->required && !field->fallback
			      : setting && !setting->required && !setting->fallback;

	if (!is_known(l, name)) {
		complain_unknown(l, node, name);
		return;
	}
	if (part <= PART_QUERY && template_is_secret(l->lint->provider, name)) {
		reader_complain(
			l->lint->reader, node,
			"'{%.*s}' is a secret: it may stand in headers and bodies, never in "
			"a URL, which others log",
			(int)name->length, name->text);
	}
	if (part == PART_URL && optional) {
		reader_complain(l->lint->reader, node,
				"'{%.*s}' may be missing, and the URL needs it: give it "
				"'required: yes' or a 'default'",
				(int)name->length, name->text);
	}
}

static void lint_template(void *context, enum part part, const struct doc *node, const char *text)
{
	const struct request_lint *l = context;
	struct piece piece;
	const char *wrong;

	while (template_next(&text, &piece, &wrong)) {
		if (piece.is_name) {
			lint_name(l, part, node, &piece);
		}
	}
	if (wrong) {
		reader_complain(l->lint->reader, node, "%s", wrong);
	}
}

/* A URL begins with https:// or with a setting that holds a base URL. */
static void lint_url_begin(struct lint *lint, const struct request_spec *spec)
{
	const char *at = spec->url;
	struct piece piece;
	const char *wrong;
	struct setting_spec *setting = NULL;

	if (strncmp(at, "https://", 8) == 0 && isalnum((unsigned char)at[8])) {
		return;
	}
	if (template_next(&at, &piece, &wrong) && piece.is_name) {
		setting = find_setting(lint->provider, &piece);
	}
	if (setting && (*at == '\0' || *at == '/')) {
		setting->url = true;
	} else if (setting) {
		reader_complain(lint->reader, spec->node, "a base URL is followed by '/'");
	} else {
		reader_complain(lint->reader, spec->node,
				"a URL begins with https:// or with a setting such as {base_url}");
	}
}

static void lint_url(struct lint *lint, const struct request_spec *spec)
{
	if (!spec->url) {
		return;
	}
	lint_url_begin(lint, spec);
	for (const char *c = spec->url; *c; c++) {
		if (*c == '?' || *c == '#') {
			reader_complain(lint->reader, spec->node,
					"a URL ends before any '%c'; write query: {name: value}",
					*c);
			return;
		}
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    strchr("\"<>\\^`|", *c)) {
			reader_complain(
				lint->reader, spec->node,
				"a URL holds no blanks and no such characters; write them as "
				"%%20 and so on");
			return;
		}
	}
}

static bool is_header_name(const char *name)
{
	if (!*name) {
		return false;
	}
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("-_", *name)) {
			return false;
		}
	}
	return true;
}

static void lint_headers(struct lint *lint, const struct doc *headers)
{
	const struct doc *value;
	const char *name;

	for (size_t i = 0; doc_member(headers, i, &name, &value); i++) {
		if (!is_header_name(name)) {
			reader_complain(lint->reader, value, "'%s' is no header's name", name);
		}
		if (strcasecmp(name, "Content-Type") == 0) {
			reader_complain(lint->reader, value,
					"leave out Content-Type: 'json' and 'form' set it");
		}
	}
}

void lint_request(struct lint *lint, const struct request_spec *spec, struct scope scope)
{
	struct request_lint l = {.lint = lint, .scope = scope};

	if (!spec) {
		return;
	}
	lint_url(lint, spec);
	lint_headers(lint, spec->headers);
	visit_request(spec, lint_template, &l);
	if (scope.reads && strcmp(spec->method, "POST") == 0) {
		reader_complain(lint->reader, spec->node,
				"what only reads is a 'get': a 'post' here would be sent by 'ls'");
	}
	if (scope.act && strcmp(spec->method, "GET") == 0) {
		reader_complain(lint->reader, spec->node,
				"a trigger changes something: use 'post'");
	}
}

void lint_auth(struct lint *lint)
{
	const struct provider *provider = lint->provider;
	struct request_lint l = {.lint = lint, .scope = {.token = provider->token != NULL}};

	lint_headers(lint, provider->rest->auth_headers);
	visit_templates(provider->rest->auth_headers, PART_HEADER, lint_template, &l);
	visit_templates(provider->rest->auth_query, PART_QUERY, lint_template, &l);
	if (provider->token) {
		lint_request(lint, provider->token->request, (struct scope){0});
	}
	if (provider->token && !visit_finds_in(provider->rest->auth_headers, "token")) {
		reader_complain(lint->reader, doc_get(provider->rest->tree, "auth"),
				"the token is used nowhere: "
				"headers: {Authorization: \"Bearer {token}\"}");
	}
}
