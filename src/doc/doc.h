/* A document: a tree of objects, arrays and scalars, out of JSON (an API's answer) or YAML (a
 * description, the accounts file). Immutable once made, so any thread may read it.
 *
 * From YAML every node has its line and every scalar is text. From JSON numbers keep the digits
 * they were written with. NULL is accepted as a node everywhere and means "absent". */
#ifndef DOC_DOC_H
#define DOC_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct doc;

enum doc_kind { DOC_ABSENT, DOC_NULL, DOC_TEXT, DOC_NUMBER, DOC_BOOLEAN, DOC_ARRAY, DOC_OBJECT };

/* -EBADMSG with words: not JSON, cut, not UTF-8, deeper than max_depth (0: 64), data after the
 * end. Of two members of the same name the last one counts. */
int doc_parse_json(const char *text, size_t length, int max_depth, struct doc **out,
		   struct problem *why);
/* Findings carry file:line; -EINVAL when there are any (duplicate keys, anchors, bad syntax). A
 * file of nothing but comments gives NULL. */
int doc_parse_yaml(const char *file, const char *text, size_t length, struct findings *findings,
		   struct doc **out);
/* The whole tree, given its root; NULL is fine. */
void doc_destroy(struct doc *doc);

enum doc_kind doc_kind(const struct doc *node);
/* The line of the node, or of its key when it is a member; 1 for the first, 0 when it has none. */
int doc_line(const struct doc *node);
/* Absent: NULL. */
const struct doc *doc_get(const struct doc *object, const char *key);
size_t doc_count(const struct doc *array_or_object);
const struct doc *doc_at(const struct doc *array, size_t index);
/* The index-th member of an object, in the order it was written; false past the end. */
bool doc_member(const struct doc *object, size_t index, const char **key, const struct doc **value);
/* Text of a scalar as it was written (true, 12.50, abc); NULL for null, absent, array, object.
 * Lives as long as the tree. Length may be NULL; text may hold NUL bytes. */
const char *doc_text(const struct doc *scalar, size_t *length);

/* Follows a path: `a.b[0].c`, or `.` for the node itself, with fallbacks `p ?? q`. A fallback is
 * taken when a path leads to nothing, null or an empty text. The path must have passed
 * doc_path_check(). */
const struct doc *doc_path(const struct doc *node, const char *path);
/* NULL when the path is well formed, else what is wrong with it (static text). */
const char *doc_path_check(const char *path);

/* JSON text, indented and ended with a newline when pretty; owned by the caller, NULL without
 * memory. Numbers as they were written. With extra, the object gets one more member at its end,
 * unless it has one of that name. */
char *doc_print(const struct doc *node, bool pretty);
char *doc_print_with(const struct doc *object, const char *extra_key, const struct doc *extra);
/* In one line of ASCII, as Python's json.dumps would; the caller's, NULL without memory. */
char *doc_print_ascii(const struct doc *node);

/* Pretty, without the members of these names, at any depth (or of the root alone), and with the
 * texts of the top-level members named in `cut` ended before their first '?'. Either may be NULL. */
struct doc_view {
	const char *const *omit;
	int omit_count;
	bool omit_top; /* of the root alone */
	const char *const *cut;
	int cut_count;
};
char *doc_print_view(const struct doc *node, const struct doc_view *view);

/* Building, for requests and answers of our own. Values are copied; a failure for want of memory is
 * remembered and doc_print() of the object is then NULL. */
struct doc *doc_object_create(void);
/* A copy to build on; NULL without memory. */
struct doc *doc_copy(const struct doc *object);
/* False when something could not be set. */
bool doc_is_whole(const struct doc *object);
void doc_set_text(struct doc *object, const char *key, const char *text);
/* digits: a JSON number. */
void doc_set_number(struct doc *object, const char *key, const char *digits);
void doc_set_boolean(struct doc *object, const char *key, bool value);
/* Copies the tree; an absent value sets nothing. */
void doc_set(struct doc *object, const char *key, const struct doc *value);

/* Writes what stands for a text into out (zero-initialised); DOC_OMIT leaves the member or
 * element out, DOC_JSON says that out holds JSON text: what it says takes the text's place; a
 * negative errno ends the copy. An object that loses all its members so is left out as well. */
enum { DOC_OMIT = 1, DOC_JSON = 2 };
typedef int (*doc_replace_fn)(void *context, const struct doc *text, struct buf *out);
/* A copy whose texts are what replace() makes of them. From YAML, what stands without quotes and
 * is a JSON number, true, false or null becomes that. 0, DOC_OMIT (of the root) or an errno. */
int doc_copy_replaced(const struct doc *from, doc_replace_fn replace, void *context,
		      struct doc **out);

#endif
