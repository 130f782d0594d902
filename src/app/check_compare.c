/* What must come out of an answer, compared with what does. Both are trees; the one from
 * expect.yaml holds texts only.
 *
 * A member that is there and was not named is a difference, but for those that hold more than
 * anybody wants to repeat. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_case.h"
#include "base/cleanup.h"

enum { SHOWN_BYTES = 200 };

enum how {
	EXACT,
	CONTAINS, /* each of these texts is in it */
	SUBSET,   /* what is named; null: it is not there */
	TYPED,    /* as JSON: 5 is not "5" */
};

static const struct {
	const char *key;
	enum how how;
	bool optional;
} manners[] = {
	{"words", CONTAINS, true}, {"beside", CONTAINS, false}, {"query", CONTAINS, true},
	{"shows", SUBSET, true},   {"part", SUBSET, true},      {"headers", SUBSET, true},
	{"json", TYPED, false},    {"variables", TYPED, false},
};
enum { MANNERS = sizeof(manners) / sizeof(manners[0]) };

struct comparison {
	struct buf path;
	struct buf first;
	int count;
};

static void show(struct buf *out, const struct doc *node)
{
	auto_free char *text = NULL;
	enum doc_kind kind = doc_kind(node);

	if (kind == DOC_ABSENT) {
		buf_puts(out, "nothing");
		return;
	}
	text = kind == DOC_TEXT ? strdup(doc_text(node, NULL)) : doc_print(node, false);
	if (!text) {
		out->failed = true;
	} else if (strlen(text) > SHOWN_BYTES) {
		buf_add(out, text, SHOWN_BYTES);
		buf_puts(out, "…");
	} else {
		buf_puts(out, *text ? text : "an empty text");
	}
}

static void differ(struct comparison *c, const struct doc *expected, const struct doc *found)
{
	if (c->count++ > 0) {
		return;
	}
	buf_printf(&c->first, "%s: expected ", c->path.data ? c->path.data : "gives");
	show(&c->first, expected);
	buf_puts(&c->first, ", found ");
	show(&c->first, found);
}

static const char *text_of(const struct doc *node)
{
	const char *text = doc_text(node, NULL);

	return text ? text : "null";
}

static void compare(struct comparison *c, const struct doc *expected, const struct doc *found,
		    enum how how);

/* Compares a member, with its name in the path meanwhile. */
static void enter(struct comparison *c, const char *key, size_t index, const struct doc *expected,
		  const struct doc *found, enum how how)
{
	size_t length = c->path.length;

	if (key) {
		buf_printf(&c->path, "%s%s", length ? "." : "", key);
	} else {
		buf_printf(&c->path, "[%zu]", index);
	}
	compare(c, expected, found, how);
	c->path.length = length;
	if (c->path.data) {
		c->path.data[length] = '\0';
	}
}

static int manner_of(const char *key)
{
	for (int i = 0; i < MANNERS; i++) {
		if (strcmp(manners[i].key, key) == 0) {
			return i;
		}
	}
	return -1;
}

static void compare_objects(struct comparison *c, const struct doc *expected,
			    const struct doc *found, enum how how)
{
	const struct doc *value;
	const char *key;

	for (size_t i = 0; doc_member(expected, i, &key, &value); i++) {
		int m = how == EXACT ? manner_of(key) : -1;
		enter(c, key, 0, value, doc_get(found, key), m >= 0 ? manners[m].how : how);
	}
	for (size_t i = 0; how == EXACT && doc_member(found, i, &key, &value); i++) {
		int m = manner_of(key);
		if (!doc_get(expected, key) && (m < 0 || !manners[m].optional)) {
			enter(c, key, 0, NULL, value, EXACT);
		}
	}
}

static void compare_arrays(struct comparison *c, const struct doc *expected,
			   const struct doc *found, enum how how)
{
	size_t count = doc_count(expected) > doc_count(found) ? doc_count(expected)
							      : doc_count(found);

	for (size_t i = 0; i < count; i++) {
		enter(c, NULL, i, doc_at(expected, i), doc_at(found, i), how);
	}
}

static void compare_words(struct comparison *c, const struct doc *expected, const struct doc *found)
{
	const char *text = text_of(found);

	if (doc_kind(expected) == DOC_ARRAY) {
		for (size_t i = 0; i < doc_count(expected); i++) {
			compare_words(c, doc_at(expected, i), found);
		}
	} else if (!strstr(text, text_of(expected))) {
		differ(c, expected, found);
	}
}

static void compare_typed(struct comparison *c, const struct doc *expected, const struct doc *found)
{
	struct doc *typed = NULL;
	int r = tell_typed(expected, &typed);
	auto_free char *left = doc_print(typed, false);
	auto_free char *right = doc_print(found, false);

	if (r < 0 || !left || !right || strcmp(left, right) != 0) {
		differ(c, r < 0 ? expected : typed, found);
	}
	doc_destroy(typed);
}

static void compare(struct comparison *c, const struct doc *expected, const struct doc *found,
		    enum how how)
{
	enum doc_kind kind = doc_kind(expected);

	if (how == CONTAINS) {
		compare_words(c, expected, found);
	} else if (how == TYPED) {
		compare_typed(c, expected, found);
	} else if (kind == DOC_OBJECT && doc_kind(found) == DOC_OBJECT) {
		compare_objects(c, expected, found, how);
	} else if (kind == DOC_ARRAY && doc_kind(found) == DOC_ARRAY) {
		compare_arrays(c, expected, found, how);
	} else if (doc_kind(found) == DOC_ABSENT && how == SUBSET && kind == DOC_TEXT &&
		   strcmp(text_of(expected), "null") == 0) {
		return;
	} else if (kind != DOC_TEXT || doc_kind(found) == DOC_ABSENT ||
		   doc_kind(found) == DOC_OBJECT || doc_kind(found) == DOC_ARRAY ||
		   strcmp(text_of(expected), text_of(found)) != 0) {
		differ(c, expected, found);
	}
}

int case_compare(const struct doc *expected, const struct doc *found, char **first)
{
	struct comparison c = {0};

	compare(&c, expected, found, EXACT);
	*first = buf_take(&c.first);
	buf_finish(&c.path);
	return c.count;
}
