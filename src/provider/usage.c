/* What reading a trigger says about it: what can be written, of which types, with an example. Pure;
 * any thread. */
#include <inttypes.h>
#include <string.h>

#include "provider/command.h"

enum { LEAST_WIDTH = 9, MOST_WIDTH = 40 };

static const char *effect_sentence(enum effect effect)
{
	switch (effect) {
	case EFFECT_FREE:
		break;
	case EFFECT_QUOTA:
		return "It starts a job, which uses the account's quota.";
	case EFFECT_MONEY:
		return "It spends money. The account's configuration must say spend: yes.";
	case EFFECT_CANCEL:
		return "It cancels an order. The account's configuration must say cancel: yes.";
	}
	return "It costs nothing.";
}

/* `filter=TEXT` or `kind=a|b`: what stands left. */
static void add_form(struct buf *out, const struct field *field)
{
	buf_printf(out, "%s=", field->name);
	command_form(out, field);
}

/* In characters: none of our own take more than one place. */
static int form_width(const struct field *field)
{
	struct buf form = {0};
	int width = 0;

	add_form(&form, field);
	for (size_t i = 0; i < form.length; i++) {
		width += ((unsigned char)form.data[i] & 0xc0) != 0x80;
	}
	buf_finish(&form);
	return width;
}

/* What the form alone does not say. */
static void add_type(struct buf *out, const struct field *field)
{
	if (field->choices && (field->open || field->type == FIELD_LIST)) {
		buf_puts(out, field->open ? "; such as " : "; of ");
		command_list(out, field->choices, field->choice_count);
	}
	if (field->type == FIELD_INTEGER && field->least != field->most) {
		if (field->least != INT64_MIN) {
			buf_printf(out, "; from %" PRId64, field->least);
		}
		if (field->most != INT64_MAX) {
			buf_printf(out, "%s %" PRId64,
				   field->least == INT64_MIN ? "; up to" : " to", field->most);
		}
	}
	if (field->type == FIELD_TIME) {
		buf_puts(out, "; 2026-07-31 or 2026-07-31T10:00:00Z");
	}
}

static void add_line(struct buf *out, const struct field *field, int width)
{
	buf_puts(out, "  ");
	add_form(out, field);
	buf_printf(out, "%*s  ", width > form_width(field) ? width - form_width(field) : 0, "");
	if (field->required) {
		buf_puts(out, "required");
	} else if (field->fallback) {
		buf_printf(out, "default %s", field->fallback);
	} else {
		buf_puts(out, "optional");
	}
	if (field->help) {
		buf_printf(out, "; %s", field->help);
	}
	add_type(out, field);
	buf_putc(out, '\n');
}

static void add_example(struct buf *out, const struct trigger *trigger, const struct act *act)
{
	char quote = act->example && strchr(act->example, '\'') ? '"' : '\'';
	const char *gap = "";

	buf_printf(out, "Example: echo %c%s", quote, act->example ? act->example : "");
	if (!act->example && act->word) {
		buf_printf(out, "%s=%s", trigger->choose, act->word);
		gap = " ";
	}
	for (int i = 0; i < act->field_count && !act->example; i++) {
		if (act->fields[i].required) {
			buf_printf(out, "%s%s=…", gap, act->fields[i].name);
			gap = " ";
		}
	}
	buf_printf(out, "%c > trigger\n", quote);
}

static int width_of(const struct act *act)
{
	int width = LEAST_WIDTH;

	for (int i = 0; i < act->field_count; i++) {
		int own = form_width(&act->fields[i]);

		width = own > width && own <= MOST_WIDTH ? own : width;
	}
	return width;
}

static void add_fields(struct buf *out, const struct act *act)
{
	int width = width_of(act);

	for (int i = 0; i < act->field_count; i++) {
		add_line(out, &act->fields[i], width);
	}
	buf_printf(out, "  %-*s  start it again although the same one is on its way\n", width,
		   "force=yes");
	if (act->lines_most > 0) {
		buf_printf(
			out,
			"Each line is one set of fields, and so is each object of a JSON array; %d "
			"at most.\nOne write is one command, and bash's echo writes line by line: "
			"write several by `cat > trigger`.\n",
			act->lines_most);
	}
	if (act->lines_distinct) {
		buf_printf(out, "Each has another %s.\n", act->lines_distinct);
	}
	buf_printf(out, "%s\n", effect_sentence(act->effect));
}

/* One of several acts. */
static void add_block(struct buf *out, const struct trigger *trigger, int index, bool offered)
{
	const struct act *act = &trigger->acts[index];

	buf_printf(out, "\n%s=%s%s%s%s\n", trigger->choose, act->word,
		   index == trigger->fallback ? " (or without it)" : "", act->help ? ": " : "",
		   act->help ? act->help : "");
	if (!offered) {
		buf_puts(out, "  This server does not have it.\n");
		return;
	}
	add_fields(out, act);
	add_example(out, trigger, act);
}

char *command_usage(const struct trigger *trigger, const bool *offered)
{
	const struct act *only = trigger->choose ? NULL : &trigger->acts[0];
	struct buf out = {0};

	if (only && only->lines_most > 0) {
		buf_puts(&out, "Write lines of key=value words, or JSON:\n");
	} else {
		buf_puts(
			&out,
			"Write one command on one line, as key=value words or as one JSON object:\n");
	}
	if (only) {
		add_fields(&out, only);
		add_example(&out, trigger, only);
	}
	for (int i = 0; !only && i < trigger->act_count; i++) {
		add_block(&out, trigger, i, !offered || offered[i]);
	}
	return buf_take(&out);
}
