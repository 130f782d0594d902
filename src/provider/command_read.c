/* Takes the text of a command apart: words, lines, quotes, or one JSON object. Pure; any thread. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "provider/command.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A quoted value; *at is at its quote, then behind the closing one. In double quotes a
 * backslash takes the next character as it is. */
static int read_quoted(struct reading *r, const char *name, const char **at, struct buf *value)
{
	char mark = *(*at)++;

	for (; **at && **at != mark; (*at)++) {
		if (mark == '"' && **at == '\\' && (*at)[1]) {
			(*at)++;
		}
		buf_putc(value, **at);
	}
	if (!**at) {
		return problem_set(r->why, -EINVAL, "the value of '%s' lacks its closing %c", name,
				   mark);
	}
	(*at)++;
	if (**at && !is_blank(**at)) {
		return problem_set(r->why, -EINVAL,
				   "after the closing %c of '%s' comes a blank or the end", mark,
				   name);
	}
	return 0;
}

static int read_value(struct reading *r, const char *name, const char **at)
{
	auto_finish(buf_finish) struct buf value = {0};
	bool quoted = **at == '\'' || **at == '"';
	int s = quoted ? read_quoted(r, name, at, &value) : 0;

	while (!quoted && **at && !is_blank(**at)) {
		buf_putc(&value, *(*at)++);
	}
	return s < 0 ? s : command_set(r, name, buf_take(&value));
}

/* Where a value without quotes stands: what follows it may have been meant as part of it. */
struct loose {
	const char *name;
	size_t length; /* 0: there is none */
};

/* A word that is no key=value. */
static int fail_word(struct reading *r, const char *word, struct loose before)
{
	auto_finish(buf_finish) struct buf quoted = {0};
	auto_finish(buf_finish) struct buf keep = {0};
	const char *text = command_quote(&quoted, word, strcspn(word, " \t\r\n"));
	int length = (int)before.length;

	if (length) {
		return problem_set(r->why, -EINVAL,
				   "'%s' belongs to no field; if it belongs to '%.*s', put the "
				   "whole value in quotes: %.*s='…'",
				   text, length, before.name, length, before.name);
	}
	return problem_set(r->why, -EINVAL, "'%s' is not key=value; write for example: %s", text,
			   command_pattern(&keep, r->act));
}

/* Reads one key=value; *at is behind it afterwards. */
static int read_word(struct reading *r, const char **at, struct loose *before)
{
	size_t length = strspn(*at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.");
	auto_free char *name = NULL;

	if (length == 0 || (*at)[length] != '=') {
		return fail_word(r, *at, *before);
	}
	name = strndup(*at, length);
	if (!name) {
		return -ENOMEM;
	}
	*before = (struct loose){.name = *at, .length = length};
	*at += length + 1;
	if (**at == '\'' || **at == '"') {
		before->length = 0;
	}
	return read_value(r, name, at);
}

static const char *skip_blanks(const char *at)
{
	while (is_blank(*at)) {
		at++;
	}
	return at;
}

static int read_words(struct reading *r, const char *at)
{
	struct loose before = {0};
	int s = 0;

	while (s == 0 && *at) {
		s = read_word(r, &at, &before);
		at = skip_blanks(at);
	}
	return s;
}

static int read_member(struct reading *r, const char *name, const struct doc *value)
{
	auto_finish(buf_finish) struct buf quoted = {0};
	size_t length = 0;
	const char *text = doc_text(value, &length);

	if (!text) {
		return problem_set(r->why, -EINVAL, "'%s' takes a text, a number, true or false%s",
				   command_quote(&quoted, name, strlen(name)),
				   doc_kind(value) == DOC_NULL ? "; leave it out for nothing" : "");
	}
	if (strlen(text) != length) {
		return problem_set(r->why, -EINVAL, "'%s' holds a NUL",
				   command_quote(&quoted, name, strlen(name)));
	}
	return command_set(r, name, strdup(text));
}

/* How many members the text of a flat object has: colons outside of texts. */
static size_t count_members(const char *text)
{
	size_t count = 0;
	bool inside = false;

	for (; *text; text++) {
		if (inside && *text == '\\') {
			text++; /* it is well formed: something follows */
		} else if (*text == '"') {
			inside = !inside;
		} else if (!inside && *text == ':') {
			count++;
		}
	}
	return count;
}

static int read_object(struct reading *r, const char *text)
{
	struct problem parse = {0};
	struct doc *object = NULL;
	const struct doc *value;
	const char *name;
	int s = doc_parse_json(text, strlen(text), 0, &object, &parse);

	if (s == -EBADMSG) {
		s = problem_set(r->why, -EINVAL, "the command is %s", problem_words(&parse, s));
	}
	for (size_t i = 0; s == 0 && doc_member(object, i, &name, &value); i++) {
		s = read_member(r, name, value);
	}
	/* A tree has only one of two members of the same name, and which was meant is not for
	 * us. */
	if (s == 0 && doc_count(object) != count_members(text)) {
		s = problem_set(r->why, -EINVAL, "a field is there twice");
	}
	problem_finish(&parse);
	doc_destroy(object);
	return s;
}

int command_read(struct reading *r, const char *text)
{
	auto_finish(buf_finish) struct buf keep = {0};
	const char *at = skip_blanks(text);

	if (!*at) {
		return problem_set(r->why, -EINVAL, "nothing was written; write for example: %s",
				   command_pattern(&keep, r->act));
	}
	return *at == '{' ? read_object(r, text) : read_words(r, at);
}
