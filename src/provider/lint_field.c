/* Checks of the fields of a trigger: names that mean one thing, choices and defaults that fit. */
#include <string.h>

#include "base/clock.h"
#include "doc/scalar.h"
#include "provider/lint.h"

static bool is_json(const char *text)
{
	struct doc *tree = NULL;
	bool fits = doc_parse_json(text, strlen(text), 0, &tree, NULL) == 0;

	doc_destroy(tree);
	return fits;
}

static bool is_integer(const struct field *field, const char *text)
{
	int64_t value;

	return scalar_integer(text, &value) &&
	       (field->least == field->most || (value >= field->least && value <= field->most));
}

static bool is_decimal(const char *text)
{
	size_t digits;

	text += *text == '-';
	digits = strspn(text, "0123456789");
	text += digits;
	if (digits && *text == '.') {
		digits = strspn(text + 1, "0123456789");
		text += digits + 1;
	}
	return digits && !*text;
}

/* Could somebody write this for the field, apart from its choices? */
static bool fits_type(const struct field *field, const char *text)
{
	bool flag;

	switch (field->type) {
	case FIELD_INTEGER:
		return is_integer(field, text);
	case FIELD_DECIMAL:
		return is_decimal(text);
	case FIELD_BOOLEAN:
		return scalar_flag(text, &flag);
	case FIELD_JSON:
		return is_json(text);
	case FIELD_TIME:
		return clock_parse(text) != 0;
	case FIELD_TEXT:
	case FIELD_LIST:
		break;
	}
	return true;
}

static bool is_choice(const struct field *field, const char *text, size_t length)
{
	for (int i = 0; i < field->choice_count; i++) {
		if (strncmp(field->choices[i], text, length) == 0 && !field->choices[i][length]) {
			return true;
		}
	}
	return false;
}

/* Of a list every element is one. */
static bool are_choices(const struct field *field, const char *text)
{
	bool all = true;

	if (field->type != FIELD_LIST) {
		return is_choice(field, text, strlen(text));
	}
	while (*text && all) {
		size_t length = strcspn(text, ",");

		all = is_choice(field, text, length);
		text += length + (text[length] == ',');
	}
	return all;
}

static void lint_default(struct lint *lint, const struct doc *node, const struct field *field)
{
	if (!field->fallback) {
		return;
	}
	if (field->required) {
		reader_complain(lint->reader, node, "a required field has no default");
	}
	if (!fits_type(field, field->fallback)) {
		reader_complain(lint->reader, node,
				"the default '%s' is nothing for a field of "
				"that 'type'",
				field->fallback);
	} else if (field->choices && !field->open && !are_choices(field, field->fallback)) {
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

		if (!fits_type(field, choice)) {
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
