/* What a person wrote to a trigger, checked against the fields before anything is sent. What is
 * wrong is said together with what to write instead. Pure; any thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "doc/scalar.h"
#include "provider/command.h"
#include "provider/command_lines.h"

const char *command_pattern(struct buf *keep, const struct trigger *trigger)
{
	const struct act *act = &trigger->acts[trigger->fallback > 0 ? trigger->fallback : 0];

	if (act->example) {
		buf_puts(keep, act->example);
	} else if (act->word) {
		buf_printf(keep, "%s=%s", trigger->choose, act->word);
	}
	for (int i = 0; i < act->field_count && !act->example; i++) {
		if (act->fields[i].required || (act->field_count == 1 && !act->word)) {
			buf_printf(keep, "%s%s=", keep->length ? " " : "", act->fields[i].name);
			command_form(keep, &act->fields[i]);
		}
	}
	if (!keep->length) {
		buf_puts(keep, "force=no");
	}
	return keep->failed ? "key=value" : keep->data;
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

static int set_word(struct reading *r, struct said *said)
{
	if (r->word) {
		return problem_set(r->why, -EINVAL, "'%s' is there twice", said->name);
	}
	r->word = take_ptr(&said->text);
	return 0;
}

static void drop_said(struct said *said)
{
	free(said->name);
	free(said->text);
}

/* Takes out what is about the command as a whole. */
static int take_general(struct reading *r)
{
	const char *choose = r->trigger->choose;
	int kept = 0;
	int s = 0;

	for (int i = 0; i < r->count; i++) {
		struct said *said = &r->said[i];

		if (s == 0 && strcmp(said->name, "force") == 0) {
			s = set_force(r, said->text);
		} else if (s == 0 && choose && strcmp(said->name, choose) == 0) {
			s = set_word(r, said);
		} else {
			r->said[kept++] = *said;
			continue;
		}
		drop_said(said);
	}
	r->count = kept;
	return s;
}

static int fail_act(const struct reading *r)
{
	auto_finish(buf_finish) struct buf list = {0};
	auto_finish(buf_finish) struct buf quoted = {0};
	const struct trigger *trigger = r->trigger;

	for (int i = 0; i < trigger->act_count; i++) {
		buf_printf(&list, "%s%s", i ? ", " : "", trigger->acts[i].word);
	}
	if (buf_status(&list) < 0) {
		return -ENOMEM;
	}
	if (!r->word) {
		return problem_set(r->why, -EINVAL, "'%s' is missing: write %s= and one of: %s",
				   trigger->choose, trigger->choose, list.data);
	}
	return problem_set(r->why, -EINVAL, "%s=%s does not exist; write one of: %s",
			   trigger->choose, command_quote(&quoted, r->word, strlen(r->word)),
			   list.data);
}

const struct act *command_act(const struct trigger *trigger, const char *word)
{
	if (!trigger->choose) {
		return &trigger->acts[0];
	}
	for (int i = 0; word && i < trigger->act_count; i++) {
		if (strcmp(trigger->acts[i].word, word) == 0) {
			return &trigger->acts[i];
		}
	}
	return NULL;
}

static int choose_act(struct reading *r)
{
	const struct trigger *trigger = r->trigger;

	r->act = command_act(trigger, r->word);
	if (!r->act && !r->word && trigger->fallback >= 0) {
		r->act = &trigger->acts[trigger->fallback];
	}
	if (!r->act) {
		return fail_act(r);
	}
	if (r->several && r->act->lines_most == 0) {
		return problem_set(r->why, -EINVAL,
				   "one JSON object is one command; this takes one");
	}
	return 0;
}

/* Takes over text. */
static int add_value(struct command_text *out, const char *name, char *text)
{
	if (!text) {
		return -ENOMEM;
	}
	out->values[out->value_count++] = (struct value){name, text};
	return 0;
}

static int take_values(const struct reading *r, char **given, struct command_text *out)
{
	int s = 0;

	for (int i = 0; i < r->act->field_count && s == 0; i++) {
		if (given[i]) {
			s = add_value(out, r->act->fields[i].name, take_ptr(&given[i]));
		}
	}
	return s;
}

static int take_one(const struct reading *r, struct command_text *out)
{
	auto_free char **given = calloc((size_t)r->act->field_count + 1, sizeof(*given));
	struct doc *object = NULL;
	int s = given ? command_set(r, 0, given) : -ENOMEM;

	if (s == 0) {
		object = command_object(r, given, true);
		out->json = object ? doc_print(object, false) : NULL;
		s = out->json ? take_values(r, given, out) : -ENOMEM;
	}
	for (int i = 0; given && i < r->act->field_count; i++) {
		free(given[i]);
	}
	doc_destroy(object);
	return s;
}

static int take_lines(const struct reading *r, struct command_text *out)
{
	char *lines = NULL;
	int s = command_lines(r, &lines, &out->json);

	return s < 0 ? s : add_value(out, "lines", lines);
}

static int take_all(const struct reading *r, struct command_text *out)
{
	int s;

	out->act = r->act;
	out->force = r->force;
	out->values = calloc((size_t)r->act->field_count + 2, sizeof(*out->values));
	if (!out->values) {
		return -ENOMEM;
	}
	s = r->act->lines_most > 0 ? take_lines(r, out) : take_one(r, out);
	if (s == 0 && r->act->word) {
		s = add_value(out, r->trigger->choose, strdup(r->act->word));
	}
	return s;
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

int command_parse(const struct trigger *trigger, const char *text, size_t length,
		  struct command_text *out, struct problem *why)
{
	struct reading r = {.trigger = trigger, .why = why};
	auto_free char *copy = NULL;
	int s = check_text(text, length, why);

	if (s < 0) {
		return s;
	}
	copy = strndup(text, length);
	s = copy ? command_read(&r, copy) : -ENOMEM;
	if (s == 0) {
		s = take_general(&r);
	}
	if (s == 0) {
		s = choose_act(&r);
	}
	if (s == 0) {
		s = take_all(&r, out);
	}
	for (int i = 0; i < r.count; i++) {
		drop_said(&r.said[i]);
	}
	free(r.said);
	free(r.word);
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
