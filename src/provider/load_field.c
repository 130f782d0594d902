/* What a command can say: the fields of an act. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "provider/load.h"

static const char *const types[] = {[FIELD_TEXT] = "text",       [FIELD_INTEGER] = "integer",
				    [FIELD_DECIMAL] = "decimal", [FIELD_BOOLEAN] = "boolean",
				    [FIELD_LIST] = "list",       [FIELD_JSON] = "json",
				    [FIELD_TIME] = "time",       NULL};

/* One side alone leaves the other open. */
static void load_bounds(struct loader *l, const struct doc *node, struct field *out)
{
	bool least = doc_get(node, "least") != NULL;
	bool most = doc_get(node, "most") != NULL;

	if (!least && !most) {
		return;
	}
	out->least = least ? reader_integer(&l->reader, node, "least", INT_MIN, INT_MAX, 0)
			   : INT64_MIN;
	out->most = most ? reader_integer(&l->reader, node, "most", INT_MIN, INT_MAX, INT_MAX)
			 : INT64_MAX;
	if (out->type != FIELD_INTEGER) {
		reader_complain(&l->reader, node, "'least' and 'most' go with type: integer");
	} else if (out->least >= out->most) {
		reader_complain(&l->reader, node, "'least' must be less than 'most'");
	}
}

static void load_choices(struct loader *l, const struct doc *node, struct field *out)
{
	const char *key = doc_get(node, "suggest") ? "suggest" : "enum";

	if (doc_get(node, "suggest") && doc_get(node, "enum")) {
		reader_complain(&l->reader, doc_get(node, "suggest"),
				"a field has 'enum', or 'suggest' where others are taken too");
	}
	out->open = key[0] == 's';
	out->choices = load_words(l, doc_get(node, key), key, &out->choice_count);
}

static void load_field(struct loader *l, const struct doc *fields, const char *name,
		       const struct doc *node, struct field *out)
{
	static const char *const keys[] = {"type",  "required", "default", "enum", "suggest",
					   "least", "most",     "end",     "help", NULL};
	int type;

	out->name = name;
	if (!reader_object(&l->reader, fields, name)) {
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	type = reader_choice(&l->reader, node, "type", types);
	out->type = type < 0 ? FIELD_TEXT : (enum field_type)type;
	out->required = reader_flag(&l->reader, node, "required", false);
	out->fallback = reader_text(&l->reader, node, "default");
	out->help = reader_text(&l->reader, node, "help");
	out->end = reader_flag(&l->reader, node, "end", false);
	if (out->end && out->type != FIELD_TIME) {
		reader_complain(&l->reader, doc_get(node, "end"), "'end' goes with type: time");
	}
	load_bounds(l, node, out);
	load_choices(l, node, out);
}

void load_fields(struct loader *l, const struct doc *node, struct act *act)
{
	const struct doc *fields = reader_object(&l->reader, node, "fields");
	const struct doc *value;
	const char *name;

	act->fields = load_array(l, doc_count(fields), sizeof(*act->fields));
	for (size_t i = 0; act->fields && doc_member(fields, i, &name, &value); i++) {
		load_field(l, fields, name, value, &act->fields[act->field_count++]);
	}
}
