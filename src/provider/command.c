/* What a person wrote to a trigger: key=value words or one JSON object, checked against the
 * fields before anything is sent. What is wrong is said together with what to write instead.
 * Pure; any thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "doc/reader.h"
#include "doc/scalar.h"
#include "provider/provider.h"
#include "provider/words.h"

enum { QUOTED_MOST = 60 };

/* A command being read. */
struct reading {
	const struct act *act;
	char **given; /* by field; NULL: not given */
	bool force;
	bool force_given;
	const char *open; /* the field whose value came last and had no quotes, or NULL */
	struct problem *why;
};

/* A piece of the person's text, fit for a sentence; the buffer keeps it. */
static const char *quote(struct buf *keep, const char *text, size_t length)
{
	words_add(keep, text, length, QUOTED_MOST);
	return keep->length && !keep->failed ? keep->data : "";
}

/* What a command looks like here, as the end of a sentence. */
static const char *pattern(struct buf *keep, const struct act *act)
{
	if (act->example) {
		buf_puts(keep, act->example);
	}
	for (int i = 0; i < act->field_count && !act->example; i++) {
		if (act->fields[i].required || act->field_count == 1) {
			buf_printf(keep, "%s%s=TEXT", keep->length ? " " : "", act->fields[i].name);
		}
	}
	if (!keep->length) {
		buf_puts(keep, "force=no");
	}
	return keep->failed ? "key=value" : keep->data;
}

static int fail_unknown(struct reading *r, const char *name)
{
	int count = r->act->field_count;
	auto_free const char **known = calloc((size_t)count + 2, sizeof(*known));
	auto_finish(buf_finish) struct buf list = {0};
	auto_finish(buf_finish) struct buf quoted = {0};
	const char *nearest;

	if (!known) {
		return -ENOMEM;
	}
	for (int i = 0; i < count; i++) {
		known[i] = r->act->fields[i].name;
		buf_printf(&list, "%s, ", known[i]);
	}
	known[count] = "force";
	buf_puts(&list, "force");
	nearest = reader_nearest(name, known);
	if (buf_status(&list) < 0) {
		return -ENOMEM;
	}
	name = quote(&quoted, name, strlen(name));
	if (nearest) {
		return problem_set(r->why, -EINVAL,
				   "unknown field '%s', did you mean '%s'? There are: %s", name,
				   nearest, list.data);
	}
	return problem_set(r->why, -EINVAL, "unknown field '%s'; there are: %s", name, list.data);
}

static int set_force(struct reading *r, const char *value)
{
	if (r->force_given) {
		return problem_set(r->why, -EINVAL, "'force' is there twice");
	}
	r->force_given = true;
	if (!scalar_flag(value, &r->force)) {
		return problem_set(r->why, -EINVAL, "write force=yes or force=no");
	}
	return 0;
}

static int fail_choice(struct reading *r, const struct field *field, const char *value)
{
	auto_finish(buf_finish) struct buf list = {0};
	auto_finish(buf_finish) struct buf quoted = {0};

	for (int i = 0; i < field->choice_count; i++) {
		buf_printf(&list, "%s%s", i ? ", " : "", field->choices[i]);
	}
	if (buf_status(&list) < 0) {
		return -ENOMEM;
	}
	return problem_set(r->why, -EINVAL, "%s=%s does not exist; write one of: %s", field->name,
			   quote(&quoted, value, strlen(value)), list.data);
}

static int check_choice(struct reading *r, const struct field *field, const char *value)
{
	for (int i = 0; i < field->choice_count; i++) {
		if (strcmp(field->choices[i], value) == 0) {
			return 0;
		}
	}
	return field->choices ? fail_choice(r, field, value) : 0;
}

/* Takes ownership of value. */
static int set_field(struct reading *r, const char *name, char *value)
{
	auto_free char *owned = value;

	if (!owned) {
		return -ENOMEM;
	}
	if (strcmp(name, "force") == 0) {
		return set_force(r, owned);
	}
	for (int i = 0; i < r->act->field_count; i++) {
		const struct field *field = &r->act->fields[i];

		if (strcmp(field->name, name) != 0) {
			continue;
		}
		if (r->given[i]) {
			return problem_set(r->why, -EINVAL, "'%s' is there twice", name);
		}
		r->given[i] = take_ptr(&owned);
		return check_choice(r, field, r->given[i]);
	}
	return fail_unknown(r, name);
}

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
				   "after the closing %c of '%s' comes a blank or the end", mark, name);
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
	return s < 0 ? s : set_field(r, name, buf_take(&value));
}

/* A word that is no key=value. */
static int fail_word(struct reading *r, const char *word, size_t length)
{
	auto_finish(buf_finish) struct buf quoted = {0};
	auto_finish(buf_finish) struct buf keep = {0};
	const char *text = quote(&quoted, word, length);

	if (r->open) {
		return problem_set(r->why, -EINVAL,
				   "'%s' belongs to no field; if it belongs to '%s', put the whole "
				   "value in quotes: %s='…'",
				   text, r->open, r->open);
	}
	return problem_set(r->why, -EINVAL, "'%s' is not key=value; write for example: %s", text,
			   pattern(&keep, r->act));
}

static size_t key_length(const char *word)
{
	return strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
}

static int read_words(struct reading *r, const char *at)
{
	for (;;) {
		auto_free char *name = NULL;
		const char *word;
		size_t length;
		int s;

		while (is_blank(*at)) {
			at++;
		}
		if (!*at) {
			return 0;
		}
		word = at;
		length = key_length(word);
		if (length == 0 || word[length] != '=') {
			return fail_word(r, word, strcspn(word, " \t\r\n"));
		}
		name = strndup(word, length);
		at += length + 1;
		s = name ? read_value(r, name, &at) : -ENOMEM;
		if (s < 0) {
			return s;
		}
		r->open = NULL;
		for (int i = 0; i < r->act->field_count && word[length + 1] != '"' &&
				word[length + 1] != '\''; i++) {
			if (strcmp(r->act->fields[i].name, name) == 0) {
				r->open = r->act->fields[i].name;
			}
		}
	}
}

static int read_member(struct reading *r, const char *name, const struct doc *value)
{
	auto_finish(buf_finish) struct buf quoted = {0};
	size_t length = 0;
	const char *text = doc_text(value, &length);

	if (!text) {
		return problem_set(r->why, -EINVAL,
				   "'%s' takes a text, a number, true or false%s",
				   quote(&quoted, name, strlen(name)),
				   doc_kind(value) == DOC_NULL ? "; leave it out for nothing" : "");
	}
	if (strlen(text) != length) {
		return problem_set(r->why, -EINVAL, "'%s' holds a NUL",
				   quote(&quoted, name, strlen(name)));
	}
	return set_field(r, name, strdup(text));
}

static int read_object(struct reading *r, const char *text, size_t length)
{
	struct problem parse = {0};
	struct doc *object = NULL;
	const struct doc *value;
	const char *name;
	int s = doc_parse_json(text, length, 0, &object, &parse);

	if (s == -EBADMSG) {
		s = problem_set(r->why, -EINVAL, "the command is %s", problem_words(&parse, s));
	}
	for (size_t i = 0; s == 0 && doc_member(object, i, &name, &value); i++) {
		s = read_member(r, name, value);
	}
	problem_finish(&parse);
	doc_destroy(object);
	return s;
}

static int read_text(struct reading *r, const char *text, size_t length)
{
	auto_finish(buf_finish) struct buf keep = {0};
	const char *at = text;

	if (length > COMMAND_BYTES) {
		return problem_set(r->why, -EINVAL, "a command has at most 64 KiB");
	}
	if (memchr(text, '\0', length) || !utf8_is_valid(text, length)) {
		return problem_set(r->why, -EINVAL, "a command is text in UTF-8");
	}
	while (is_blank(*at)) {
		at++;
	}
	if (!*at) {
		return problem_set(r->why, -EINVAL, "nothing was written; write for example: %s",
				   pattern(&keep, r->act));
	}
	return *at == '{' ? read_object(r, text, length) : read_words(r, at);
}

/* Fills in defaults, and misses what is required. */
static int complete(struct reading *r)
{
	for (int i = 0; i < r->act->field_count; i++) {
		const struct field *field = &r->act->fields[i];

		if (field->required && (!r->given[i] || !*r->given[i])) {
			return problem_set(r->why, -EINVAL, "'%s' is missing: write %s=TEXT%s%s",
					   field->name, field->name, field->help ? ", " : "",
					   field->help ? field->help : "");
		}
		if (!r->given[i] && field->fallback) {
			r->given[i] = strdup(field->fallback);
			if (!r->given[i]) {
				return -ENOMEM;
			}
		}
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct value *)a)->name, ((const struct value *)b)->name);
}

/* Moves what was given into out, sorted by name. */
static int take_given(struct reading *r, struct command_text *out)
{
	struct doc *object = doc_object_create();

	out->values = calloc((size_t)r->act->field_count + 1, sizeof(*out->values));
	for (int i = 0; out->values && i < r->act->field_count; i++) {
		if (r->given[i]) {
			out->values[out->value_count++] = (struct value){
				r->act->fields[i].name, take_ptr(&r->given[i])};
		}
	}
	if (out->values && object) {
		qsort(out->values, (size_t)out->value_count, sizeof(*out->values), compare_names);
		for (int i = 0; i < out->value_count; i++) {
			doc_set_text(object, out->values[i].name, out->values[i].text);
		}
		out->json = doc_print(object, false);
	}
	doc_destroy(object);
	out->force = r->force;
	return out->json ? 0 : -ENOMEM;
}

int command_parse(const struct act *act, const char *text, size_t length,
		  struct command_text *out, struct problem *why)
{
	struct reading r = {.act = act, .why = why};
	/* What is written has no NUL at its end. */
	auto_free char *copy = strndup(text, length);
	int s = -ENOMEM;

	r.given = calloc((size_t)act->field_count + 1, sizeof(*r.given));
	if (copy && r.given) {
		s = memchr(text, '\0', length) ? read_text(&r, text, length)
					       : read_text(&r, copy, length);
	}
	if (s == 0) {
		s = complete(&r);
	}
	if (s == 0) {
		s = take_given(&r, out);
	}
	for (int i = 0; r.given && i < act->field_count; i++) {
		free(r.given[i]);
	}
	free(r.given);
	if (s < 0) {
		command_text_finish(out);
	}
	return s;
}

void command_text_finish(struct command_text *text)
{
	for (int i = 0; i < text->value_count; i++) {
		free((char *)text->values[i].text); /* owned here, borrowed wherever it is shown */
	}
	free(text->values);
	free(text->json);
	*text = (struct command_text){0};
}
