/* Templates; see template.h. Pure. */
#include "provider/template.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/name.h"

static size_t name_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_' || (n && text[n] == '.')) {
		n++;
	}
	return n;
}

static bool next_brace(const char **at, struct piece *out, const char **wrong)
{
	const char *brace = *at;
	size_t length;

	if (brace[1] == brace[0]) {
		*out = (struct piece){.text = brace, .length = 1};
		*at += 2;
		return true;
	}
	if (*brace == '}') {
		*wrong = "a '}' without '{'; write '}}' for a brace";
		return false;
	}
	length = name_length(brace + 1);
	if (length == 0 || brace[1 + length] != '}') {
		*wrong = "a '{' is followed by a name and '}'; write '{{' for a brace";
		return false;
	}
	*out = (struct piece){.text = brace + 1, .length = length, .is_name = true};
	*at += length + 2;
	return true;
}

bool template_next(const char **at, struct piece *out, const char **wrong)
{
	*wrong = NULL;
	if (**at == '{' || **at == '}') {
		return next_brace(at, out, wrong);
	}
	*out = (struct piece){.text = *at, .length = strcspn(*at, "{}")};
	*at += out->length;
	return out->length > 0;
}

bool template_sole(const char *text, struct piece *out)
{
	const char *wrong;

	return template_next(&text, out, &wrong) && out->is_name && !*text;
}

static bool is_unreserved(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || (c && strchr("-._~", c)));
}

void template_encode(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (is_unreserved(c)) {
			buf_putc(out, *text);
		} else {
			buf_printf(out, "%%%02X", c);
		}
	}
}

/* Dots alone would be a step in the tree. Who carries the URL must leave it as it is, too: curl
 * wants CURLOPT_PATH_AS_IS for that. */
static int add_segment(struct expansion *e, const struct piece *name, const char *text,
		       struct buf *out)
{
	if (!*text) {
		return problem_set(e->why, -EINVAL, "%.*s is empty, and a URL needs it",
				   (int)name->length, name->text);
	}
	if (strcmp(text, ".") == 0) {
		buf_puts(out, "%2E");
	} else if (strcmp(text, "..") == 0) {
		buf_puts(out, "%2E%2E");
	} else {
		template_encode(out, text);
	}
	return 0;
}

static int add_header_text(struct expansion *e, const struct piece *name, const char *text,
			   struct buf *out)
{
	for (const char *c = text; *c; c++) {
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f) {
			return problem_set(e->why, -EINVAL,
					   "%.*s holds a control character, which no header can "
					   "carry",
					   (int)name->length, name->text);
		}
	}
	buf_puts(out, text);
	return 0;
}

static int add_value(struct expansion *e, const struct piece *name, const char *text,
		     enum place place, struct buf *out)
{
	switch (place) {
	case PLACE_PATH:
		return add_segment(e, name, text, out);
	case PLACE_HEADER:
		return add_header_text(e, name, text, out);
	case PLACE_PARAM:
		template_encode(out, text);
		break;
	case PLACE_JSON:
		if (!utf8_is_valid(text, strlen(text))) {
			return problem_set(e->why, -EINVAL, "%.*s is not UTF-8", (int)name->length,
					   name->text);
		}
		buf_puts(out, text);
		break;
	}
	return 0;
}

/* What the author of a description wrote: taken at its word in a URL, else as a value. */
static void add_literal(const struct piece *piece, enum place place, struct buf *out)
{
	for (size_t i = 0; i < piece->length; i++) {
		const char one[] = {piece->text[i], '\0'};

		if (place == PLACE_PARAM) {
			template_encode(out, one);
		} else {
			buf_putc(out, *one);
		}
	}
}

static const char *find_value(const struct values *values, const struct piece *name)
{
	for (; values; values = values->next) {
		for (int i = 0; i < values->count; i++) {
			if (piece_is(name, values->list[i].name)) {
				return values->list[i].text;
			}
		}
	}
	return NULL;
}

const struct field *template_field(const struct act *act, const struct piece *name)
{
	for (int i = 0; act && i < act->field_count; i++) {
		if (piece_is(name, act->fields[i].name)) {
			return &act->fields[i];
		}
	}
	return NULL;
}

struct setting_spec *template_setting(const struct provider *provider, const struct piece *name)
{
	for (int i = 0; i < provider->setting_count; i++) {
		if (piece_is(name, provider->settings[i].name)) {
			return &provider->settings[i];
		}
	}
	return NULL;
}

bool template_is_optional(const struct provider *provider, const struct act *act,
			  const struct piece *name)
{
	const struct field *field = template_field(act, name);
	const struct setting_spec *setting = template_setting(provider, name);

	if (field) {
		return !field->required && !field->fallback;
	}
	if (setting) {
		return !setting->required && !setting->fallback;
	}
	return piece_is(name, "since");
}

bool template_is_secret(const struct provider *provider, const struct piece *name)
{
	const struct setting_spec *setting = template_setting(provider, name);

	return piece_is(name, "token") || piece_is(name, "refresh") || (setting && setting->secret);
}

/* Who logs in says everything that logging in needs, or has the token already. */
static int miss_login(const struct expansion *e, const struct piece *name)
{
	const char *fixed = e->provider->token ? e->provider->token->fixed : NULL;

	return problem_set(e->why, -EINVAL,
			   "the account has no '%.*s', and logging in needs it%s%s%s",
			   (int)name->length, name->text, fixed ? "; or set '" : "",
			   fixed ? fixed : "", fixed ? "'" : "");
}

int template_value(struct expansion *e, const struct piece *name, const char **out)
{
	*out = find_value(e->values, name);
	if (!*out && template_is_optional(e->provider, e->act, name)) {
		if (e->is_token) {
			return miss_login(e, name);
		}
		return TEMPLATE_ABSENT;
	}
	if (!*out) {
		return problem_set(e->why, -EINVAL, "there is no value for '%.*s'",
				   (int)name->length, name->text);
	}
	e->secret |= template_is_secret(e->provider, name);
	return 0;
}

static int expand_name(struct expansion *e, const struct piece *name, enum place place,
		       struct buf *out)
{
	const char *text;
	int r = template_value(e, name, &text);

	return r ? r : add_value(e, name, text, place, out);
}

int template_expand(struct expansion *e, const char *text, enum place place, struct buf *out)
{
	struct piece piece;
	const char *wrong;

	while (template_next(&text, &piece, &wrong)) {
		int r = 0;

		if (piece.is_name) {
			r = expand_name(e, &piece, place, out);
		} else {
			add_literal(&piece, place, out);
		}
		if (r) {
			return r;
		}
	}
	return wrong ? problem_set(e->why, -EINVAL, "%s", wrong) : buf_status(out);
}
