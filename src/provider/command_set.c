/* One set of fields of a command: everything that was said belongs to one of them, none is there
 * twice, none that is required is missing. Pure; any thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "doc/reader.h"
#include "provider/command.h"

static int fail_unknown(const struct reading *r, const char *name)
{
	int count = r->act->field_count;
	auto_free const char **known = calloc((size_t)count + 3, sizeof(*known));
	auto_finish(buf_finish) struct buf list = {0};
	auto_finish(buf_finish) struct buf quoted = {0};
	const char *nearest;
	int used = 0;

	if (!known) {
		return -ENOMEM;
	}
	if (r->trigger->choose) {
		known[used++] = r->trigger->choose;
	}
	for (int i = 0; i < count; i++) {
		known[used++] = r->act->fields[i].name;
	}
	known[used++] = "force";
	command_list(&list, known, used);
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

static int set_field(const struct reading *r, const struct said *said, char **given)
{
	for (int i = 0; i < r->act->field_count; i++) {
		const struct field *field = &r->act->fields[i];

		if (strcmp(field->name, said->name) != 0) {
			continue;
		}
		if (given[i]) {
			return problem_set(r->why, -EINVAL, "'%s' is there twice", field->name);
		}
		return command_type(r, field, said, &given[i]);
	}
	return fail_unknown(r, said->name);
}

static bool is_empty(const struct field *field, const char *text)
{
	return !text || !*text || (field->type == FIELD_LIST && strcmp(text, "[]") == 0);
}

static int fail_missing(const struct reading *r, const struct field *field)
{
	auto_finish(buf_finish) struct buf form = {0};

	command_form(&form, field);
	if (buf_status(&form) < 0) {
		return -ENOMEM;
	}
	return problem_set(r->why, -EINVAL, "'%s' is missing: write %s=%s%s%s", field->name,
			   field->name, form.data, field->help ? ", " : "",
			   field->help ? field->help : "");
}

/* Fills in defaults, and misses what is required. */
static int complete(const struct reading *r, char **given)
{
	int s = 0;

	for (int i = 0; i < r->act->field_count && s == 0; i++) {
		const struct field *field = &r->act->fields[i];
		struct said said = {.text = (char *)(uintptr_t)field->fallback, .kind = DOC_TEXT};

		if (field->required && is_empty(field, given[i])) {
			return fail_missing(r, field);
		}
		if (!given[i] && field->fallback) {
			s = command_type(r, field, &said, &given[i]);
		}
	}
	return s;
}

int command_set(const struct reading *r, int line, char **given)
{
	int s = 0;

	for (int i = 0; i < r->count && s == 0; i++) {
		if (line == 0 || r->said[i].line == line) {
			s = set_field(r, &r->said[i], given);
		}
	}
	return s < 0 ? s : complete(r, given);
}

static int set_json(struct doc *object, const char *name, const char *text)
{
	struct doc *value = NULL;
	int r = doc_parse_json(text, strlen(text), 0, &value, NULL);

	if (r == 0) {
		doc_set(object, name, value);
	}
	doc_destroy(value);
	return r;
}

/* A member of the object; field is NULL for the word that chose the act. */
static int set_member(struct doc *object, const char *name, const struct field *field,
		      const char *text)
{
	switch (field ? field->type : FIELD_TEXT) {
	case FIELD_TEXT:
	case FIELD_TIME:
		doc_set_text(object, name, text);
		break;
	case FIELD_INTEGER:
	case FIELD_DECIMAL:
		doc_set_number(object, name, text);
		break;
	case FIELD_BOOLEAN:
		doc_set_boolean(object, name, text[0] == 't');
		break;
	case FIELD_LIST:
	case FIELD_JSON:
		return set_json(object, name, text);
	}
	return 0;
}

/* A member to be, for sorting. */
struct member {
	const char *name;
	const struct field *field;
	const char *text;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

struct doc *command_object(const struct reading *r, char *const *given, bool with_word)
{
	int most = r->act->field_count + 1;
	auto_free struct member *members = calloc((size_t)most, sizeof(*members));
	struct doc *object = doc_object_create();
	bool failed = !members || !object;
	int count = 0;

	for (int i = 0; !failed && i < r->act->field_count; i++) {
		const struct field *field = &r->act->fields[i];
		if (given[i]) {
			members[count++] = (struct member){field->name, field, given[i]};
		}
	}
	if (!failed && with_word && r->act->word) {
		members[count++] = (struct member){r->trigger->choose, NULL, r->act->word};
	}
	if (!failed) {
		qsort(members, (size_t)count, sizeof(*members), compare_names);
	}
	for (int i = 0; i < count && !failed; i++) {
		failed = set_member(object, members[i].name, members[i].field, members[i].text) < 0;
	}
	if (failed || !doc_is_whole(object)) {
		doc_destroy(object);
		return NULL;
	}
	return object;
}
