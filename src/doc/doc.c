/* The tree: asking it and building it. Any thread may ask; who builds is alone with what it
 * builds. */
#include "doc/doc.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "doc/node.h"

const char node_null = 0;

struct json_object *node_number(const char *digits)
{
	return json_object_new_double_s(0, digits);
}

int node_add_member(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_KEY_IS_NEW) == 0) {
		return 0;
	}
	json_object_put(value);
	return -ENOMEM;
}

int node_add_element(struct json_object *array, struct json_object *value)
{
	if (json_object_array_add(array, value) == 0) {
		return 0;
	}
	json_object_put(value);
	return -ENOMEM;
}

void doc_destroy(struct doc *doc)
{
	json_object_put(node_json(doc));
}

enum doc_kind doc_kind(const struct doc *node)
{
	if (!node) {
		return DOC_ABSENT;
	}
	switch (json_object_get_type(node_json(node))) {
	case json_type_null:
		return DOC_NULL;
	case json_type_boolean:
		return DOC_BOOLEAN;
	case json_type_double:
	case json_type_int:
		return DOC_NUMBER;
	case json_type_object:
		return DOC_OBJECT;
	case json_type_array:
		return DOC_ARRAY;
	case json_type_string:
		return DOC_TEXT;
	}
	return DOC_ABSENT;
}

int doc_line(const struct doc *node)
{
	return (int)(node_mark(node) >> NODE_LINE_SHIFT);
}

const struct doc *doc_get(const struct doc *object, const char *key)
{
	struct json_object *value;

	if (doc_kind(object) != DOC_OBJECT) {
		return NULL;
	}
	if (!json_object_object_get_ex(node_json(object), key, &value)) {
		return NULL;
	}
	return node_wrap(value);
}

size_t doc_count(const struct doc *node)
{
	switch (doc_kind(node)) {
	case DOC_ARRAY:
		return json_object_array_length(node_json(node));
	case DOC_OBJECT:
		return (size_t)json_object_object_length(node_json(node));
	case DOC_ABSENT:
	case DOC_NULL:
	case DOC_TEXT:
	case DOC_NUMBER:
	case DOC_BOOLEAN:
		break;
	}
	return 0;
}

const struct doc *doc_at(const struct doc *array, size_t index)
{
	if (doc_kind(array) != DOC_ARRAY || index >= doc_count(array)) {
		return NULL;
	}
	return node_wrap(json_object_array_get_idx(node_json(array), index));
}

bool doc_member(const struct doc *object, size_t index, const char **key, const struct doc **value)
{
	if (doc_kind(object) != DOC_OBJECT) {
		return false;
	}
	json_object_object_foreach(node_json(object), name, member)
	{
		if (index--) {
			continue;
		}
		*key = name;
		*value = node_wrap(member);
		return true;
	}
	return false;
}

const char *doc_text(const struct doc *scalar, size_t *length)
{
	struct json_object *json = node_json(scalar);
	enum doc_kind kind = doc_kind(scalar);
	const char *text = NULL;

	if (kind == DOC_TEXT) {
		text = json_object_get_string(json);
	} else if (kind == DOC_NUMBER) {
		text = json_object_get_userdata(json);
	} else if (kind == DOC_BOOLEAN) {
		text = json_object_get_boolean(json) ? "true" : "false";
	}
	if (length && kind == DOC_TEXT) {
		*length = (size_t)json_object_get_string_len(json);
	} else if (length) {
		*length = text ? strlen(text) : 0;
	}
	return text;
}

struct doc *doc_object_create(void)
{
	return (struct doc *)json_object_new_object();
}

struct doc *doc_copy(const struct doc *object)
{
	struct json_object *copy = NULL;

	return node_copy(object, &copy) == 0 ? (struct doc *)copy : NULL;
}

bool doc_is_whole(const struct doc *object)
{
	return !(node_mark(object) & NODE_BROKEN);
}

/* From here on the object says that something is missing: doc_print() gives NULL. */
static void set_broken(struct json_object *object)
{
	node_set_mark(object, NODE_BROKEN);
}

/* Takes ownership of value, where NULL is null. */
static void set_member(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value) < 0) {
		json_object_put(value);
		set_broken(object);
	}
}

/* As set_member(), where NULL is a lack of memory. */
static void set_scalar(struct json_object *object, const char *key, struct json_object *value)
{
	if (value) {
		set_member(object, key, value);
	} else {
		set_broken(object);
	}
}

void doc_set_text(struct doc *object, const char *key, const char *text)
{
	if (object) {
		set_scalar(node_json(object), key, json_object_new_string(text));
	}
}

void doc_set_number(struct doc *object, const char *key, const char *digits)
{
	if (object) {
		set_scalar(node_json(object), key, node_number(digits));
	}
}

void doc_set_boolean(struct doc *object, const char *key, bool value)
{
	if (object) {
		set_scalar(node_json(object), key, json_object_new_boolean(value));
	}
}

void doc_set(struct doc *object, const char *key, const struct doc *value)
{
	struct json_object *copy = NULL;

	if (!object || !value) {
		return;
	}
	if (node_copy(value, &copy) == 0) {
		set_member(node_json(object), key, copy);
	} else {
		set_broken(node_json(object));
	}
}
