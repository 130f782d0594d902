/* What reading a trigger says about it, and what is kept of a command. Pure; any thread. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "provider/spec.h"

int command_remembered(const struct act *act, const char *json, char **out)
{
	struct doc *object = doc_object_create();
	struct doc *command = NULL;
	int count = 0;
	int r = doc_parse_json(json, strlen(json), 0, &command, NULL);

	*out = NULL;
	for (int i = 0; r == 0 && i < act->remember_count; i++) {
		const char *text = doc_text(doc_get(command, act->remember[i]), NULL);

		if (text) {
			doc_set_text(object, act->remember[i], text);
			count++;
		}
	}
	if (r == 0 && count) {
		*out = doc_print(object, false);
		r = object && *out ? 0 : -ENOMEM;
	}
	doc_destroy(command);
	doc_destroy(object);
	return r;
}

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
	for (int i = 0; i < field->choice_count; i++) {
		buf_printf(out, "%s%s", i ? "|" : "", field->choices[i]);
	}
	if (!field->choices) {
		buf_puts(out, "TEXT");
	}
}

static int form_width(const struct field *field)
{
	struct buf form = {0};
	int width;

	add_form(&form, field);
	width = (int)form.length;
	buf_finish(&form);
	return width;
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
	buf_putc(out, '\n');
}

static void add_example(struct buf *out, const struct act *act)
{
	bool first = true;
	char quote = act->example && strchr(act->example, '\'') ? '"' : '\'';

	buf_printf(out, "Example: echo %c%s", quote, act->example ? act->example : "");
	for (int i = 0; i < act->field_count && !act->example; i++) {
		if (act->fields[i].required) {
			buf_printf(out, "%s%s=…", first ? "" : " ", act->fields[i].name);
			first = false;
		}
	}
	buf_printf(out, "%c > trigger\n", quote);
}

char *command_usage(const struct act *act)
{
	enum { LEAST = 9, MOST = 40 };
	struct buf out = {0};
	int width = LEAST;

	for (int i = 0; i < act->field_count; i++) {
		int own = form_width(&act->fields[i]);

		width = own > width && own <= MOST ? own : width;
	}
	buf_puts(&out, "Write one command on one line, as key=value words or as one JSON object:\n");
	for (int i = 0; i < act->field_count; i++) {
		add_line(&out, &act->fields[i], width);
	}
	buf_printf(&out, "  %-*s  start it again although the same one is on its way\n", width,
		   "force=yes");
	buf_printf(&out, "%s\n", effect_sentence(act->effect));
	add_example(&out, act);
	return buf_take(&out);
}
