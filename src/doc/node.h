/* Inside this floor: a doc is a json-c object, except for null, which json-c has no object for.
 *
 * Numbers are objects of type double whose user data is the text they were written with; json-c
 * would bend what does not fit 64 bits. Everything that came from YAML has its line in its user
 * data. json-c caches printed text inside its objects, so nothing here ever lets it print: trees
 * are shared between threads. */
#ifndef DOC_NODE_H
#define DOC_NODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "doc/doc.h"

enum { DOC_DEPTH = 64 };

/* Stands for null; its address is all that counts. */
extern const char node_null;

static inline const struct doc *node_wrap(const struct json_object *json)
{
	return (const struct doc *)(json ? (const void *)json : &node_null);
}

static inline bool node_is_null(const struct doc *node)
{
	return (const void *)node == &node_null;
}

/* NULL for null and for absent. json-c's readers take a pointer that is not const. */
static inline struct json_object *node_json(const struct doc *node)
{
	return node_is_null(node) ? NULL : (struct json_object *)(uintptr_t)node;
}

/* The user data of what is no number: line << 2 and these. */
enum { NODE_PLAIN = 1, NODE_BROKEN = 2, NODE_LINE_SHIFT = 2 };

static inline uintptr_t node_mark(const struct doc *node)
{
	struct json_object *json = node_json(node);

	if (!json || json_object_is_type(json, json_type_double)) {
		return 0;
	}
	return (uintptr_t)json_object_get_userdata(json);
}

static inline void node_set_mark(struct json_object *json, uintptr_t mark)
{
	json_object_set_userdata(json, (void *)mark, NULL);
}

/* A number with its digits; NULL without memory. */
struct json_object *node_number(const char *digits);
/* The length of the JSON number at the start of text, or 0. */
size_t node_number_length(const char *text, size_t available);
/* Takes ownership of value, also when it fails. The key must be new. 0 or -ENOMEM. */
int node_add_member(struct json_object *object, const char *key, struct json_object *value);
int node_add_element(struct json_object *array, struct json_object *value);
/* A copy of the whole tree, without lines; *out is NULL for null. 0 or -ENOMEM. */
int node_copy(const struct doc *from, struct json_object **out);

#endif
