/* What a request sends along: a form, JSON, or a GraphQL document with its variables. Values are
 * put into a tree and never into text, so none can break out of its place. Pure; any thread. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/build.h"

/* A field that stands for something other than a text. */
static bool is_typed(const struct expansion *e, const struct piece *name)
{
	const struct field *field = template_field(e->act, name);

	if (field) {
		return field->type != FIELD_TEXT && field->type != FIELD_TIME;
	}
	return e->act && e->act->lines_most > 0 && piece_is(name, "lines");
}

static int replace_text(void *context, const struct doc *node, struct buf *out)
{
	struct expansion *e = context;
	const char *text = doc_text(node, NULL);
	const char *json = NULL;
	struct piece name;
	int r;

	if (template_sole(text, &name) && is_typed(e, &name)) {
		r = template_value(e, &name, &json);
		if (r == 0) {
			buf_puts(out, json);
			return DOC_JSON;
		}
	} else {
		r = template_expand(e, text, PLACE_JSON, out);
	}
	return r == TEMPLATE_ABSENT ? DOC_OMIT : r;
}

/* *out is NULL when all of it was left out. */
static int expand_tree(struct expansion *e, const struct doc *from, struct doc **out)
{
	int r = doc_copy_replaced(from, replace_text, e, out);

	if (r == -EBADMSG) {
		return problem_set(e->why, -EINVAL,
				   "what stands for a number, a list or JSON is none");
	}
	return r == DOC_OMIT ? 0 : r;
}

static int build_json(struct expansion *e, const struct request_spec *spec, struct request *out)
{
	struct doc *tree = NULL;
	int r = expand_tree(e, spec->json, &tree);

	if (r == 0 && tree) {
		out->body = doc_print(tree, false);
		r = out->body ? 0 : -ENOMEM;
	}
	doc_destroy(tree);
	return r;
}

static int build_form(struct expansion *e, const struct request_spec *spec, struct request *out)
{
	auto_finish(buf_finish) struct buf form = {0};
	int r = build_params(e, spec->form, &form);

	if (r == 0) {
		out->body = buf_take(&form);
		r = out->body ? 0 : -ENOMEM;
	}
	return r;
}

static int build_variables(struct expansion *e, const struct request_spec *spec,
			   const struct extras *extras, struct doc **out)
{
	int r = spec->variables ? expand_tree(e, spec->variables, out) : 0;

	if (r == 0 && !*out && extras->count > 0) {
		*out = doc_object_create();
		r = *out ? 0 : -ENOMEM;
	}
	for (int i = 0; i < extras->count && r == 0; i++) {
		const struct extra *extra = &extras->list[i];
		if (extra->is_number) {
			doc_set_number(*out, extra->name, extra->text);
		} else {
			doc_set_text(*out, extra->name, extra->text);
		}
	}
	return r == 0 && *out && !doc_is_whole(*out) ? -ENOMEM : r;
}

static int build_graphql(struct expansion *e, const struct request_spec *spec, bool narrow,
			 const struct extras *extras, struct request *out)
{
	struct doc *object = doc_object_create();
	struct doc *variables = NULL;
	int r = object ? build_variables(e, spec, extras, &variables) : -ENOMEM;

	if (r == 0) {
		doc_set_text(object, "query",
			     narrow && spec->fallback ? spec->fallback : spec->graphql);
		doc_set(object, "variables", variables);
		out->body = doc_print(object, false);
		r = out->body ? 0 : -ENOMEM;
	}
	doc_destroy(variables);
	doc_destroy(object);
	return r;
}

int build_body(struct expansion *e, const struct request_spec *spec, bool narrow,
	       const struct extras *extras, struct request *out)
{
	if (spec->graphql) {
		return build_graphql(e, spec, narrow, extras, out);
	}
	if (spec->json) {
		return build_json(e, spec, out);
	}
	return spec->form ? build_form(e, spec, out) : 0;
}
