/* Values brought into the form of their fields: what a person may write in several ways is kept,
 * sent and compared in one. Pure; any thread. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "doc/scalar.h"
#include "provider/command.h"
#include "provider/words.h"

enum { QUOTED_MOST = 60 };

const char *command_quote(struct buf *keep, const char *text, size_t length)
{
	words_add(keep, text, length, QUOTED_MOST);
	return keep->length && !keep->failed ? keep->data : "";
}

void command_list(struct buf *out, const char *const *words, int count)
{
	for (int i = 0; i < count; i++) {
		buf_printf(out, "%s%s", i ? ", " : "", words[i]);
	}
}

void command_form(struct buf *out, const struct field *field)
{
	static const char *const forms[] = {
		[FIELD_TEXT] = "TEXT",      [FIELD_INTEGER] = "NUMBER", [FIELD_DECIMAL] = "NUMBER",
		[FIELD_BOOLEAN] = "yes|no", [FIELD_LIST] = "A,B,…",     [FIELD_JSON] = "JSON",
		[FIELD_TIME] = "TIME",
	};
	bool closed = field->choices && !field->open && field->type != FIELD_LIST;

	for (int i = 0; closed && i < field->choice_count; i++) {
		buf_printf(out, "%s%s", i ? "|" : "", field->choices[i]);
	}
	if (!closed) {
		buf_puts(out, forms[field->type]);
	}
}

/* `NAME takes WHAT, not 'VALUE'` */
static int fail(const struct reading *r, const struct field *field, const char *text,
		const char *what)
{
	auto_finish(buf_finish) struct buf quoted = {0};

	return problem_set(r->why, -EINVAL, "'%s' takes %s, not '%s'", field->name, what,
			   command_quote(&quoted, text, strlen(text)));
}

static int check_choice(const struct reading *r, const struct field *field, const char *value)
{
	auto_finish(buf_finish) struct buf list = {0};
	auto_finish(buf_finish) struct buf quoted = {0};

	for (int i = 0; i < field->choice_count; i++) {
		if (strcmp(field->choices[i], value) == 0) {
			return 0;
		}
	}
	if (!field->choices || field->open) {
		return 0;
	}
	command_list(&list, field->choices, field->choice_count);
	if (buf_status(&list) < 0) {
		return -ENOMEM;
	}
	return problem_set(r->why, -EINVAL, "%s=%s does not exist; write one of: %s", field->name,
			   command_quote(&quoted, value, strlen(value)), list.data);
}

static int type_integer(const struct reading *r, const struct field *field, const char *text,
			struct buf *out)
{
	auto_finish(buf_finish) struct buf range = {0};
	int64_t value;

	if (!scalar_integer(text, &value)) {
		return fail(r, field, text, "a whole number");
	}
	if (field->least != field->most && (value < field->least || value > field->most)) {
		if (field->most == INT64_MAX) {
			buf_printf(&range, "a number from %" PRId64, field->least);
		} else if (field->least == INT64_MIN) {
			buf_printf(&range, "a number up to %" PRId64, field->most);
		} else {
			buf_printf(&range, "a number from %" PRId64 " to %" PRId64, field->least,
				   field->most);
		}
		return range.failed ? -ENOMEM : fail(r, field, text, range.data);
	}
	buf_printf(out, "%" PRId64, value);
	return 0;
}

/* Its digits are kept as they are: 1.50 is a price. */
static int type_decimal(const struct reading *r, const struct field *field, const char *text,
			struct buf *out)
{
	const char *at = text + (*text == '-');
	size_t whole = strspn(at, "0123456789");
	size_t rest = at[whole] == '.' ? strspn(at + whole + 1, "0123456789") : 0;
	bool padded = whole > 1 && *at == '0';

	if (whole == 0 || padded || (at[whole] == '.' && rest == 0) ||
	    at[whole + (rest ? rest + 1 : 0)]) {
		return fail(r, field, text, "a number such as 12.34");
	}
	buf_puts(out, text);
	return 0;
}

static int type_boolean(const struct reading *r, const struct field *field, const char *text,
			struct buf *out)
{
	bool value;

	if (!scalar_flag(text, &value)) {
		return fail(r, field, text, "yes or no");
	}
	buf_puts(out, value ? "true" : "false");
	return 0;
}

static int type_json(const struct reading *r, const struct field *field, const struct said *said,
		     struct buf *out)
{
	struct doc *tree = NULL;
	auto_free char *printed = NULL;
	int s;

	s = doc_parse_json(said->text, strlen(said->text), 0, &tree, NULL);
	if (s == -EBADMSG) {
		return fail(r, field, said->text, "JSON such as {\"name\": \"value\"}");
	}
	printed = s == 0 ? doc_print(tree, false) : NULL;
	doc_destroy(tree);
	if (!printed) {
		return -ENOMEM;
	}
	buf_puts(out, printed);
	return 0;
}

static int type_time(const struct reading *r, const struct field *field, const char *text,
		     struct buf *out)
{
	return command_time(text, field->end, out)
		       ? 0
		       : fail(r, field, text,
			      "a date such as 2026-07-31, or a moment such as "
			      "2026-07-31T10:00:00Z");
}

/* Adds one element of a list as a JSON text. */
static int add_element(const struct reading *r, const struct field *field, const char *text,
		       struct buf *out)
{
	struct doc *object = doc_object_create();
	auto_free char *printed = NULL;
	int s = object ? check_choice(r, field, text) : -ENOMEM;

	if (s == 0) {
		doc_set_text(object, "", text);
		printed = doc_is_whole(object) ? doc_print(doc_get(object, ""), false) : NULL;
		s = printed ? 0 : -ENOMEM;
	}
	if (s == 0) {
		buf_printf(out, "%s%s", out->length > 1 ? "," : "", printed);
	}
	doc_destroy(object);
	return s;
}

static int list_array(const struct reading *r, const struct field *field, const struct doc *array,
		      const char *text, struct buf *out)
{
	int s = doc_kind(array) == DOC_ARRAY ? 0 : fail(r, field, text, "a list such as A,B");

	for (size_t i = 0; s == 0 && i < doc_count(array); i++) {
		size_t length = 0;
		const char *element = doc_text(doc_at(array, i), &length);

		if (!element || strlen(element) != length) {
			return fail(r, field, text, "a list of texts");
		}
		s = add_element(r, field, element, out);
	}
	return s;
}

/* One element between commas, without the blanks around it. */
static int add_word(const struct reading *r, const struct field *field, const char *text,
		    size_t length, struct buf *out)
{
	auto_free char *word = NULL;

	while (length && isspace((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length && isspace((unsigned char)text[length - 1])) {
		length--;
	}
	if (length == 0) {
		return fail(r, field, ",", "a list such as A,B with something around each comma");
	}
	word = strndup(text, length);
	return word ? add_element(r, field, word, out) : -ENOMEM;
}

/* a, b,c */
static int list_words(const struct reading *r, const struct field *field, const char *text,
		      struct buf *out)
{
	bool more = *text;
	int s = 0;

	while (s == 0 && more) {
		size_t length = strcspn(text, ",");

		s = add_word(r, field, text, length, out);
		more = text[length] == ',';
		text += length + more;
	}
	return s;
}

static int type_list(const struct reading *r, const struct field *field, const struct said *said,
		     struct buf *out)
{
	struct doc *array = NULL;
	bool is_json = said->kind == DOC_ARRAY || said->kind == DOC_OBJECT || *said->text == '[';
	int s = is_json ? doc_parse_json(said->text, strlen(said->text), 0, &array, NULL) : 0;

	buf_putc(out, '[');
	if (s == -EBADMSG) {
		s = fail(r, field, said->text, "a list such as A,B");
	} else if (s == 0) {
		s = is_json ? list_array(r, field, array, said->text, out)
			    : list_words(r, field, said->text, out);
	}
	buf_putc(out, ']');
	doc_destroy(array);
	return s;
}

static int type_scalar(const struct reading *r, const struct field *field, const char *text,
		       struct buf *out)
{
	switch (field->type) {
	case FIELD_INTEGER:
		return type_integer(r, field, text, out);
	case FIELD_DECIMAL:
		return type_decimal(r, field, text, out);
	case FIELD_BOOLEAN:
		return type_boolean(r, field, text, out);
	case FIELD_TIME:
		return type_time(r, field, text, out);
	case FIELD_TEXT:
	case FIELD_LIST:
	case FIELD_JSON:
		buf_puts(out, text);
		break;
	}
	return 0;
}

int command_type(const struct reading *r, const struct field *field, const struct said *said,
		 char **out)
{
	auto_finish(buf_finish) struct buf text = {0};
	int s;

	*out = NULL;
	if (field->type == FIELD_LIST) {
		s = type_list(r, field, said, &text);
	} else if (field->type == FIELD_JSON) {
		s = type_json(r, field, said, &text);
	} else if (said->kind == DOC_ARRAY || said->kind == DOC_OBJECT) {
		s = problem_set(r->why, -EINVAL, "'%s' takes a text, a number, true or false",
				field->name);
	} else {
		s = type_scalar(r, field, said->text, &text);
		s = s < 0 || text.failed ? s : check_choice(r, field, text.length ? text.data : "");
	}
	if (s < 0) {
		return s;
	}
	*out = buf_take(&text);
	return *out ? 0 : -ENOMEM;
}
