/* JSON (RFC 8259) to a tree, strictly. json-c's own reader takes NaN, 'names', raw control
 * characters and 1., bends numbers beyond 64 bits, keeps one of two members of the same name, and
 * differs between versions; an order's record must be what the API said, or an error.
 *
 * Two leniencies: a byte order mark in front, and half a surrogate pair, which is what cutting
 * a text in the wrong language leaves, becomes U+FFFD. Recursive; the depth is bounded. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "doc/doc.h"
#include "doc/node.h"
#include "doc/unescape.h"

struct parser {
	const char *start;
	const char *at;
	const char *end;
	int depth;       /* how much deeper it may go */
	struct buf text; /* of the string or number that was read last */
	struct problem *why;
};

static int parse_value(struct parser *p, struct json_object **out);

static int fail(struct parser *p, const char *words)
{
	if (p->at == p->end) {
		return problem_set(p->why, -EBADMSG, "not complete JSON: it ends after %zu bytes",
				   (size_t)(p->end - p->start));
	}
	return problem_set(p->why, -EBADMSG, "not JSON: %s, at byte %zu", words,
			   (size_t)(p->at - p->start) + 1);
}

static void skip_blanks(struct parser *p)
{
	while (p->at < p->end &&
	       (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')) {
		p->at++;
	}
}

static bool next_is(struct parser *p, char c)
{
	skip_blanks(p);
	return p->at < p->end && *p->at == c;
}

static bool accept(struct parser *p, char c)
{
	if (!next_is(p, c)) {
		return false;
	}
	p->at++;
	return true;
}

static size_t count_digits(const char *text, size_t available)
{
	size_t n = 0;

	while (n < available && text[n] >= '0' && text[n] <= '9') {
		n++;
	}
	return n;
}

size_t node_number_length(const char *text, size_t available)
{
	size_t at = available && text[0] == '-';
	size_t digits = count_digits(text + at, available - at);
	size_t more;

	if (digits == 0 || (digits > 1 && text[at] == '0')) {
		return 0;
	}
	at += digits;
	if (at < available && text[at] == '.') {
		more = count_digits(text + at + 1, available - at - 1);
		if (more == 0) {
			return 0;
		}
		at += 1 + more;
	}
	if (at < available && (text[at] == 'e' || text[at] == 'E')) {
		at++;
		at += at < available && (text[at] == '+' || text[at] == '-');
		more = count_digits(text + at, available - at);
		if (more == 0) {
			return 0;
		}
		at += more;
	}
	return at;
}

static int parse_number(struct parser *p, struct json_object **out)
{
	size_t length = node_number_length(p->at, (size_t)(p->end - p->at));

	if (length == 0) {
		return fail(p, "a number is not well formed");
	}
	buf_clear(&p->text);
	buf_add(&p->text, p->at, length);
	if (buf_status(&p->text) < 0) {
		return -ENOMEM;
	}
	p->at += length;
	*out = node_number(p->text.data);
	return *out ? 0 : -ENOMEM;
}

/* An escape in a text; the position is behind its backslash. */
static int parse_escape(struct parser *p)
{
	size_t available = (size_t)(p->end - p->at);
	size_t used = unescape(p->at, available, &p->text);

	if (used == 0) {
		return fail(p, "an unknown escape in a text");
	}
	p->at = used > available ? p->end : p->at + used;
	return used > available ? fail(p, "") : 0;
}

/* A text into p->text; the position is at its opening quote. */
static int parse_text(struct parser *p)
{
	buf_clear(&p->text);
	buf_add(&p->text, "", 0);
	for (p->at++; p->at < p->end && *p->at != '"';) {
		const char *run = p->at;
		int r;

		while (p->at < p->end && (unsigned char)*p->at >= ' ' && *p->at != '"' &&
		       *p->at != '\\') {
			p->at++;
		}
		buf_add(&p->text, run, (size_t)(p->at - run));
		if (p->at == p->end || *p->at == '"') {
			continue;
		}
		if (*p->at != '\\') {
			return fail(p, "a control character in a text");
		}
		p->at++;
		r = parse_escape(p);
		if (r < 0) {
			return r;
		}
	}
	if (p->at == p->end) {
		return fail(p, "");
	}
	p->at++;
	return buf_status(&p->text);
}

static int parse_string(struct parser *p, struct json_object **out)
{
	int r = parse_text(p);

	if (r < 0) {
		return r;
	}
	*out = json_object_new_string_len(p->text.length ? p->text.data : "", (int)p->text.length);
	return *out ? 0 : -ENOMEM;
}

static int parse_member(struct parser *p, struct json_object *object)
{
	auto_free char *key = NULL;
	struct json_object *value = NULL;
	int r;

	if (!next_is(p, '"')) {
		return fail(p, "a member's name in double quotes is missing");
	}
	r = parse_text(p);
	if (r < 0) {
		return r;
	}
	if (memchr(p->text.data, '\0', p->text.length)) {
		return fail(p, "a NUL in a member's name");
	}
	key = buf_take(&p->text);
	if (!key) {
		return -ENOMEM;
	}
	if (json_object_object_get_ex(object, key, NULL)) {
		return fail(p, "a member's name is there twice");
	}
	if (!accept(p, ':')) {
		return fail(p, "a ':' is missing");
	}
	r = parse_value(p, &value);
	return r < 0 ? r : node_add_member(object, key, value);
}

static int parse_object(struct parser *p, struct json_object *object)
{
	if (accept(p, '}')) {
		return 0;
	}
	do {
		int r = parse_member(p, object);

		if (r < 0) {
			return r;
		}
	} while (accept(p, ','));
	return accept(p, '}') ? 0 : fail(p, "a ',' or '}' is missing");
}

static int parse_array(struct parser *p, struct json_object *array)
{
	if (accept(p, ']')) {
		return 0;
	}
	do {
		struct json_object *value = NULL;
		int r = parse_value(p, &value);

		if (r == 0) {
			r = node_add_element(array, value);
		}
		if (r < 0) {
			return r;
		}
	} while (accept(p, ','));
	return accept(p, ']') ? 0 : fail(p, "a ',' or ']' is missing");
}

static int parse_nested(struct parser *p, struct json_object **out)
{
	bool is_object = *p->at == '{';
	struct json_object *json;
	int r;

	if (p->depth == 0) {
		return problem_set(p->why, -EBADMSG, "JSON that is nested too deeply, at byte %zu",
				   (size_t)(p->at - p->start) + 1);
	}
	json = is_object ? json_object_new_object() : json_object_new_array();
	if (!json) {
		return -ENOMEM;
	}
	p->at++;
	p->depth--;
	r = is_object ? parse_object(p, json) : parse_array(p, json);
	p->depth++;
	if (r < 0) {
		json_object_put(json);
	} else {
		*out = json;
	}
	return r;
}

static bool accept_word(struct parser *p, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0) {
		return false;
	}
	p->at += length;
	return true;
}

static int parse_word(struct parser *p, struct json_object **out)
{
	bool yes = accept_word(p, "true");

	*out = NULL;
	if (!yes && accept_word(p, "null")) {
		return 0;
	}
	if (!yes && !accept_word(p, "false")) {
		return fail(p, "a value is missing");
	}
	*out = json_object_new_boolean(yes);
	return *out ? 0 : -ENOMEM;
}

static int parse_value(struct parser *p, struct json_object **out)
{
	skip_blanks(p);
	if (p->at == p->end) {
		return fail(p, "");
	}
	if (*p->at == '{' || *p->at == '[') {
		return parse_nested(p, out);
	}
	if (*p->at == '"') {
		return parse_string(p, out);
	}
	if (*p->at == '-' || isdigit((unsigned char)*p->at)) {
		return parse_number(p, out);
	}
	return parse_word(p, out);
}

int doc_parse_json(const char *text, size_t length, int max_depth, struct doc **out,
		   struct problem *why)
{
	struct parser p = {.start = text, .at = text, .end = text + length, .why = why};
	struct json_object *json = NULL;
	int r;

	p.depth = max_depth > 0 ? max_depth : DOC_DEPTH;
	if (length > INT_MAX) {
		return problem_set(why, -EBADMSG, "JSON of more than 2 GiB");
	}
	if (!utf8_is_valid(text, length)) {
		return problem_set(why, -EBADMSG, "not JSON: it is not UTF-8");
	}
	accept_word(&p, "\xef\xbb\xbf");
	r = parse_value(&p, &json);
	buf_finish(&p.text);
	skip_blanks(&p);
	if (r == 0 && p.at < p.end) {
		r = fail(&p, "something follows after the end");
	}
	if (r < 0) {
		json_object_put(json);
	} else {
		*out = (struct doc *)(uintptr_t)node_wrap(json);
	}
	return r;
}
