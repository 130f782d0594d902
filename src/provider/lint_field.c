/* Checks of the fields of a trigger: names that mean one thing, choices and defaults that fit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/command.h"
#include "provider/lint.h"

/* Would a command take this for the field? */
static bool fits(struct lint *lint, const struct field *field, const char *text)
{
	const struct reading nobody = {0};
	auto_free char *copy = strdup(text);
	auto_free char *value = NULL;
	int s = copy ? command_type(&nobody, field, &(struct said){.text = copy, .kind = DOC_TEXT},
				    &value)
		     : -ENOMEM;

	lint->reader->no_memory |= s == -ENOMEM;
	return s != -EINVAL;
}

/* The same, apart from its choices. */
static bool fits_type(struct lint *lint, const struct field *field, const char *text)
{
	struct field alone = *field;

	alone.choices = NULL;
	alone.choice_count = 0;
	return fits(lint, &alone, text);
}

static void lint_default(struct lint *lint, const struct doc *node, const struct field *field)
{
	if (!field->fallback) {
		return;
	}
	if (field->required) {
		reader_complain(lint->reader, node, "a required field has no default");
	}
	if (!fits_type(lint, field, field->fallback)) {
		reader_complain(lint->reader, node,
				"the default '%s' is nothing for a field of "
				"that 'type'",
				field->fallback);
	} else if (!fits(lint, field, field->fallback)) {
		reader_complain(lint->reader, node, "the default '%s' is not in 'enum'",
				field->fallback);
	}
}

static void lint_choices(struct lint *lint, const struct doc *node, const struct field *field)
{
	bool takes = field->type != FIELD_BOOLEAN && field->type != FIELD_JSON &&
		     field->type != FIELD_TIME;

	if (field->choices && !takes) {
		reader_complain(lint->reader, node,
				"choices go with the types text, integer, decimal and list");
		return;
	}
	for (int i = 0; i < field->choice_count; i++) {
		const char *choice = field->choices[i];

		if (!fits_type(lint, field, choice)) {
			reader_complain(lint->reader, node,
					"the choice '%s' is nothing for a field of that 'type'",
					choice);
		}
		for (int j = 0; j < i; j++) {
			if (strcmp(choice, field->choices[j]) == 0) {
				reader_complain(lint->reader, node,
						"the choice '%s' is there twice", choice);
			}
		}
	}
}

bool lint_is_field_name(const char *name)
{
	static const char *const reserved[] = {"id",      "token", "force", "lines",
					       "refresh", "since", NULL};

	return name_is_for_template(name) && !word_is_among(name, reserved);
}

/* One by one in the request, unless all lines are there at once. */
static bool is_used(const struct act *act, const struct field *field)
{
	return act->lines_most > 0 || visit_finds(act->request, field->name);
}

void lint_field(struct lint *lint, const struct act *act, const struct field *field)
{
	const struct doc *node = doc_get(doc_get(act->node, "fields"), field->name);

	if (!lint_is_field_name(field->name)) {
		reader_complain(lint->reader, node,
				"a field cannot be called '%s': take letters, digits and '_', and "
				"not id, token, force, lines, refresh or since",
				field->name);
	} else if (lint_find_setting(lint, field->name)) {
		reader_complain(lint->reader, node, "there is a setting called '%s' already",
				field->name);
	} else if (!is_used(act, field)) {
		reader_complain(lint->reader, node, "the field '%s' is used nowhere in the request",
				field->name);
	}
	lint_default(lint, node, field);
	lint_choices(lint, node, field);
}
