/* Copies of a tree: as it is, or with other texts in it, which is how a JSON body is made of its
 * template, so that no value can break out of the place it was put. Any thread. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "doc/doc.h"
#include "doc/node.h"

struct copy {
	doc_replace_fn replace; /* NULL: it is a copy as it is */
	void *context;
};

/* A scalar without quotes in YAML that JSON has a kind for: 1 when it is one. */
static int copy_plain(const struct doc *scalar, struct json_object **out)
{
	size_t length;
	const char *text = doc_text(scalar, &length);

	if (!(node_mark(scalar) & NODE_PLAIN)) {
		return 0;
	}
	if (strcmp(text, "null") == 0) {
		*out = NULL;
		return 1;
	}
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
		*out = json_object_new_boolean(text[0] == 't');
	} else if (length && node_number_length(text, length) == length) {
		*out = node_number(text);
	} else {
		return 0;
	}
	return *out ? 1 : -ENOMEM;
}

/* The JSON that stands for a text: -EBADMSG when it is none. */
static int copy_json(const struct buf *text, struct json_object **out)
{
	struct doc *tree = NULL;
	int r = doc_parse_json(text->length ? text->data : "", text->length, 0, &tree, NULL);

	if (r == 0) {
		*out = node_json(tree);
	}
	return r;
}

static int clone_scalar(const struct doc *from, struct json_object **out)
{
	size_t length;
	const char *text = doc_text(from, &length);

	switch (doc_kind(from)) {
	case DOC_TEXT:
		*out = json_object_new_string_len(text, (int)length);
		break;
	case DOC_NUMBER:
		*out = node_number(text);
		break;
	case DOC_BOOLEAN:
		*out = json_object_new_boolean(text[0] == 't');
		break;
	case DOC_NULL:
	case DOC_ABSENT:
	case DOC_ARRAY:
	case DOC_OBJECT:
		*out = NULL;
		return 0;
	}
	return *out ? 0 : -ENOMEM;
}

static int copy_scalar(const struct copy *copy, const struct doc *from, struct json_object **out)
{
	auto_finish(buf_finish) struct buf text = {0};
	int r;

	if (!copy->replace) {
		return clone_scalar(from, out);
	}
	r = copy_plain(from, out);
	if (r) {
		return r < 0 ? r : 0;
	}
	r = copy->replace(copy->context, from, &text);
	if (r < 0 || r == DOC_OMIT) {
		return r;
	}
	if (buf_status(&text) < 0) {
		return -ENOMEM;
	}
	if (r == DOC_JSON) {
		return copy_json(&text, out);
	}
	*out = json_object_new_string_len(text.length ? text.data : "", (int)text.length);
	return *out ? 0 : -ENOMEM;
}

static int copy_node(const struct copy *copy, const struct doc *from, struct json_object **out);

static int copy_object(const struct copy *copy, const struct doc *from, struct json_object *to)
{
	json_object_object_foreach(node_json(from), key, member)
	{
		struct json_object *value = NULL;
		int r = copy_node(copy, node_wrap(member), &value);

		if (r == DOC_OMIT) {
			continue;
		}
		if (r == 0) {
			r = node_add_member(to, key, value);
		}
		if (r < 0) {
			return r;
		}
	}
	/* What held nothing but what is left out means nothing any more. */
	return doc_count(from) && json_object_object_length(to) == 0 ? DOC_OMIT : 0;
}

static int copy_array(const struct copy *copy, const struct doc *from, struct json_object *to)
{
	for (size_t i = 0; i < doc_count(from); i++) {
		struct json_object *value = NULL;
		int r = copy_node(copy, doc_at(from, i), &value);

		if (r == DOC_OMIT) {
			continue;
		}
		if (r == 0) {
			r = node_add_element(to, value);
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int copy_node(const struct copy *copy, const struct doc *from, struct json_object **out)
{
	bool is_object = doc_kind(from) == DOC_OBJECT;
	struct json_object *to;
	int r;

	if (!is_object && doc_kind(from) != DOC_ARRAY) {
		return copy_scalar(copy, from, out);
	}
	to = is_object ? json_object_new_object() : json_object_new_array();
	if (!to) {
		return -ENOMEM;
	}
	r = is_object ? copy_object(copy, from, to) : copy_array(copy, from, to);
	if (r) {
		json_object_put(to);
	} else {
		*out = to;
	}
	return r;
}

int doc_copy_replaced(const struct doc *from, doc_replace_fn replace, void *context,
		      struct doc **out)
{
	struct copy copy = {.replace = replace, .context = context};
	struct json_object *json = NULL;
	int r = copy_node(&copy, from, &json);

	if (r == 0) {
		*out = (struct doc *)(uintptr_t)node_wrap(json);
	}
	return r;
}

int node_copy(const struct doc *from, struct json_object **out)
{
	return copy_node(&(struct copy){.replace = NULL}, from, out);
}
