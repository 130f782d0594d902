/* Takes the text of a command apart: words, lines, quotes, or JSON. Pure; any thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "provider/command.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes ownership of text, where NULL means that memory ran out. */
static int add_said(struct reading *r, const char *name, char *text, enum doc_kind kind, int line)
{
	size_t count = (size_t)r->count;
	auto_free char *owned = text;
	auto_free char *copy = text ? strdup(name) : NULL;

	/* Doubled at every power of two. */
	if (copy && (count & (count - 1)) == 0) {
		struct said *list = realloc(r->said, (count ? count * 2 : 1) * sizeof(*list));
		if (!list) {
			return -ENOMEM;
		}
		r->said = list;
	}
	if (!copy) {
		return -ENOMEM;
	}
	r->said[r->count++] = (struct said){take_ptr(&copy), take_ptr(&owned), kind, line};
	return 0;
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

static int read_value(struct reading *r, const char *name, const char **at, int line)
{
	auto_finish(buf_finish) struct buf value = {0};
	bool quoted = **at == '\'' || **at == '"';
	int s = quoted ? read_quoted(r, name, at, &value) : 0;

	while (!quoted && **at && !is_blank(**at)) {
		buf_putc(&value, *(*at)++);
	}
	return s < 0 ? s : add_said(r, name, buf_take(&value), DOC_TEXT, line);
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
			   command_pattern(&keep, r->trigger));
}

/* Reads one key=value; *at is behind it afterwards. */
static int read_word(struct reading *r, const char **at, struct loose *before, int line)
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
	return read_value(r, name, at, line);
}

static const char *skip_blanks(const char *at, int *line)
{
	for (; is_blank(*at); at++) {
		*line += *at == '\n';
	}
	return at;
}

static int read_words(struct reading *r, const char *at)
{
	struct loose before = {0};
	int line = 1;
	int s = 0;

	at = skip_blanks(at, &line);
	while (s == 0 && *at) {
		s = read_word(r, &at, &before, line);
		at = skip_blanks(at, &line);
	}
	return s;
}

static int read_member(struct reading *r, const char *name, const struct doc *value, int line)
{
	auto_finish(buf_finish) struct buf quoted = {0};
	size_t length = 0;
	const char *text = doc_text(value, &length);

	if (doc_kind(value) == DOC_NULL) {
		return problem_set(r->why, -EINVAL,
				   "'%s' takes a text, a number, true or false; leave it out for "
				   "nothing",
				   command_quote(&quoted, name, strlen(name)));
	}
	if (text && strlen(text) != length) {
		return problem_set(r->why, -EINVAL, "'%s' holds a NUL",
				   command_quote(&quoted, name, strlen(name)));
	}
	return add_said(r, name, text ? strdup(text) : doc_print(value, false), doc_kind(value),
			line);
}

static int read_members(struct reading *r, const struct doc *object, int line)
{
	const struct doc *value;
	const char *name;
	int s = 0;

	if (doc_kind(object) != DOC_OBJECT) {
		return problem_set(r->why, -EINVAL,
				   "a command in JSON is an object, or an array of objects");
	}
	for (size_t i = 0; s == 0 && doc_member(object, i, &name, &value); i++) {
		s = read_member(r, name, value, line);
	}
	return s;
}

/* How many members the text of JSON has: colons outside of texts. */
static size_t count_colons(const char *text)
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

static size_t count_members(const struct doc *node)
{
	const struct doc *value;
	const char *name;
	size_t count = doc_kind(node) == DOC_OBJECT ? doc_count(node) : 0;

	for (size_t i = 0; doc_member(node, i, &name, &value); i++) {
		count += count_members(value);
	}
	for (size_t i = 0; doc_kind(node) == DOC_ARRAY && i < doc_count(node); i++) {
		count += count_members(doc_at(node, i));
	}
	return count;
}

static int read_tree(struct reading *r, const struct doc *tree, const char *text)
{
	int s = 0;

	r->several = doc_kind(tree) == DOC_ARRAY;
	if (!r->several) {
		s = read_members(r, tree, 1);
	}
	for (size_t i = 0; r->several && s == 0 && i < doc_count(tree); i++) {
		s = read_members(r, doc_at(tree, i), (int)i + 1);
	}
	/* A tree has only one of two members of the same name, and which was meant is not for
	 * us. */
	if (s == 0 && count_members(tree) != count_colons(text)) {
		s = problem_set(r->why, -EINVAL, "a field is there twice");
	}
	return s;
}

static int read_json(struct reading *r, const char *text)
{
	struct problem parse = {0};
	struct doc *tree = NULL;
	int s = doc_parse_json(text, strlen(text), 0, &tree, &parse);

	if (s == -EBADMSG) {
		s = problem_set(r->why, -EINVAL, "the command is %s", problem_words(&parse, s));
	}
	if (s == 0) {
		s = read_tree(r, tree, text);
	}
	problem_finish(&parse);
	doc_destroy(tree);
	return s;
}

/* True when there is an act that nothing has to be said for: then an empty line is the command. */
static bool is_plain(const struct trigger *trigger)
{
	int index = trigger->choose ? trigger->fallback : 0;
	const struct act *act = index >= 0 ? &trigger->acts[index] : NULL;
	bool plain = act && act->lines_most == 0;

	for (int i = 0; plain && i < act->field_count; i++) {
		plain = !act->fields[i].required;
	}
	return plain;
}

int command_read(struct reading *r, const char *text)
{
	auto_finish(buf_finish) struct buf keep = {0};
	const char *at = text + strspn(text, " \t\r\n");

	if (!*at && is_plain(r->trigger)) {
		return 0;
	}
	if (!*at) {
		return problem_set(r->why, -EINVAL, "nothing was written; write for example: %s",
				   command_pattern(&keep, r->trigger));
	}
	return *at == '{' || *at == '[' ? read_json(r, text) : read_words(r, text);
}
