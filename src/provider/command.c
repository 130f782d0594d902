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
#include "provider/command.h"
#include "provider/words.h"

enum { QUOTED_MOST = 60 };

const char *command_quote(struct buf *keep, const char *text, size_t length)
{
	words_add(keep, text, length, QUOTED_MOST);
	return keep->length && !keep->failed ? keep->data : "";
}

const char *command_pattern(struct buf *keep, const struct act *act)
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
	name = command_quote(&quoted, name, strlen(name));
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
			   command_quote(&quoted, value, strlen(value)), list.data);
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

int command_set(struct reading *r, const char *name, char *value)
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
			out->values[out->value_count++] = (struct value){r->act->fields[i].name,
									 take_ptr(&r->given[i])};
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

static int check_text(const char *text, size_t length, struct problem *why)
{
	if (length > COMMAND_BYTES) {
		return problem_set(why, -EINVAL, "a command has at most %d KiB",
				   COMMAND_BYTES / 1024);
	}
	if (memchr(text, '\0', length) || !utf8_is_valid(text, length)) {
		return problem_set(why, -EINVAL, "a command is text in UTF-8");
	}
	return 0;
}

/* Reads a text that ends with a NUL. */
static int parse_text(struct reading *r, const char *text, struct command_text *out)
{
	int s = command_read(r, text);

	if (s == 0) {
		s = complete(r);
	}
	if (s == 0) {
		s = take_given(r, out);
	}
	for (int i = 0; i < r->act->field_count; i++) {
		free(r->given[i]);
	}
	return s;
}

int command_parse(const struct act *act, const char *text, size_t length, struct command_text *out,
		  struct problem *why)
{
	struct reading r = {.act = act, .why = why};
	auto_free char *copy = NULL;
	int s = check_text(text, length, why);

	if (s < 0) {
		return s;
	}
	copy = strndup(text, length);
	r.given = calloc((size_t)act->field_count + 1, sizeof(*r.given));
	s = copy && r.given ? parse_text(&r, copy, out) : -ENOMEM;
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
