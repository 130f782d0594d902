/* Templates: texts with {names} in them, `{{` and `}}` for braces. What stands for a name is
 * escaped for the place where it stands, never by who wrote the template, nor expanded again. */
#ifndef PROVIDER_TEMPLATE_H
#define PROVIDER_TEMPLATE_H

#include <string.h>

#include "base/buf.h"
#include "provider/provider.h"

/* A piece of a template: a run of plain text, or a name. */
struct piece {
	const char *text;
	size_t length;
	bool is_name;
};
static inline bool piece_is(const struct piece *piece, const char *name)
{
	return strncmp(piece->text, name, piece->length) == 0 && !name[piece->length];
}
/* The next piece; *at moves on. False at the end, and with *wrong (static text) set when
 * the template is not well formed. */
bool template_next(const char **at, struct piece *out, const char **wrong);
/* True when the text is one {name} and nothing else. */
bool template_sole(const char *text, struct piece *out);

enum place {
	PLACE_PATH,   /* the path of a URL: one segment, whatever the value holds */
	PLACE_PARAM,  /* name or value of a query or of a form */
	PLACE_JSON,   /* a text in a tree: as it is, but UTF-8 */
	PLACE_HEADER, /* as it is, but no control characters */
};

/* What expanding needs to know, and what it finds out. */
struct expansion {
	const struct provider *provider;
	const struct act *act; /* whose optional fields may be missing, or NULL */
	const struct values *values;
	struct problem *why;
	bool is_token; /* it logs in: nothing may be missing */
	bool secret;   /* a token or a secret setting was used */
};
enum { TEMPLATE_ABSENT = 1 };
/* Adds to out. TEMPLATE_ABSENT when an optional value was not given: then leave out the whole
 * thing. -EINVAL with words when a value is missing or cannot stand in the place. */
int template_expand(struct expansion *e, const char *text, enum place place, struct buf *out);
/* The same for one name; the beginning of URLs is built of it. */
int template_value(struct expansion *e, const struct piece *name, const char **out);
/* Adds text with everything percent-encoded but what RFC 3986 calls unreserved. */
void template_encode(struct buf *out, const char *text);

/* The field or the setting that the name means, or NULL. */
const struct field *template_field(const struct act *act, const struct piece *name);
struct setting_spec *template_setting(const struct provider *provider, const struct piece *name);
/* A field or a setting that nobody has to give and that has no default; and {since} before there
 * is a date. act may be NULL. */
bool template_is_optional(const struct provider *provider, const struct act *act,
			  const struct piece *name);
bool template_is_secret(const struct provider *provider, const struct piece *name);

#endif
