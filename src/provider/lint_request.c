/* Checks of requests: that URLs are well formed, https and free of secrets, that headers are
 * headers, and that only triggers change anything. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "provider/lint.h"

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
		setting = template_setting(lint->provider, &piece);
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

void lint_headers(struct lint *lint, const struct doc *headers)
{
	const struct doc *value;
	const char *name;

	for (size_t i = 0; doc_member(headers, i, &name, &value); i++) {
		if (!is_header_name(name)) {
			reader_complain(lint->reader, value, "'%s' is no header's name", name);
		}
		if (strcasecmp(name, "Content-Type") == 0) {
			reader_complain(lint->reader, value,
					"leave out Content-Type: the body brings its own");
		}
	}
}

void lint_envelope(struct lint *lint, const struct request_spec *spec, const struct scope *scope)
{
	lint_url(lint, spec);
	lint_headers(lint, spec->headers);
	lint_templates(lint, spec, scope);
}

void lint_request(struct lint *lint, const struct request_spec *spec, struct scope scope)
{
	if (!spec) {
		return;
	}
	lint_envelope(lint, spec, &scope);
	if (spec->graphql) {
		lint_graphql(lint, spec, &scope);
	} else if (scope.reads && strcmp(spec->method, "POST") == 0) {
		reader_complain(lint->reader, spec->node,
				"what only reads is a 'get' or a GraphQL query: any other 'post' "
				"here would be sent by 'ls'");
	}
	if (scope.act && strcmp(spec->method, "GET") == 0) {
		reader_complain(lint->reader, spec->node,
				"a trigger changes something: use 'post'");
	}
}

void lint_listing(struct lint *lint, const struct listing *listing, struct scope scope)
{
	const struct request_spec *spec = listing->request;

	scope.reads = true;
	scope.page = &listing->page;
	lint_request(lint, spec, scope);
	if (spec && spec->graphql && listing->page.kind == PAGE_NEXT_URL) {
		reader_complain(lint->reader, spec->node,
				"GraphQL pages are all at one address: take kind: relay, offset or "
				"cursor");
	}
}
