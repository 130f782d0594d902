/* Paths into a tree: names and indexes, `a.b[0].c`, a lone `.` for where one stands, and what to
 * take instead when one leads to nothing, `p ?? q`. They are short and come from descriptions, so
 * they are read anew each time. */
#include <stdlib.h>
#include <string.h>

#include "doc/doc.h"
#include "doc/node.h"

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static size_t name_length(const char *at)
{
	return strcspn(at, ".[]? \t");
}

enum { INDEX_DIGITS = 6, NAME_MOST = 127 };

/* Checks `[123]`; the text after it in *at. */
static const char *check_index(const char **at)
{
	size_t digits = strspn(*at + 1, "0123456789");

	if (digits == 0) {
		return "a '[' is followed by a number, such as [0]";
	}
	if (digits > INDEX_DIGITS) {
		return "the number in '[…]' is too large";
	}
	if ((*at)[1 + digits] != ']') {
		return "the number after '[' ends with ']'";
	}
	*at += digits + 2;
	return NULL;
}

/* A dot with nothing around it: the node itself. */
static bool is_itself(const char *at)
{
	return at[0] == '.' && (!at[1] || strchr(" \t?", at[1]));
}

/* Checks one path; *at is where it ends: blanks, a '?' or the end. */
static const char *check_one(const char **at)
{
	if (is_itself(*at)) {
		(*at)++;
		return NULL;
	}
	for (;;) {
		size_t length = name_length(*at);
		const char *wrong = NULL;

		if (length == 0) {
			return "a name is missing; a path looks like a.b[0].c";
		}
		if (length > NAME_MOST) {
			return "a name is too long";
		}
		*at += length;
		while (**at == '[' && !wrong) {
			wrong = check_index(at);
		}
		if (wrong) {
			return wrong;
		}
		if (**at != '.') {
			return NULL;
		}
		(*at)++;
	}
}

const char *doc_path_check(const char *path)
{
	const char *at = path;

	for (;;) {
		const char *wrong;

		at = skip_blanks(at);
		wrong = check_one(&at);
		if (wrong) {
			return wrong;
		}
		at = skip_blanks(at);
		if (!*at) {
			return NULL;
		}
		if (strncmp(at, "??", 2) != 0) {
			return "only ' ?? ' and another path may follow a path";
		}
		at += 2;
	}
}

static const struct doc *get_named(const struct doc *node, const char *name, size_t length)
{
	char key[NAME_MOST + 1];

	if (length > NAME_MOST) {
		return NULL;
	}
	memcpy(key, name, length);
	key[length] = '\0';
	return doc_get(node, key);
}

static const struct doc *follow_one(const struct doc *node, const char *at, size_t length)
{
	const char *end = at + length;

	if (is_itself(at)) {
		return node;
	}
	while (node && at < end) {
		size_t name = name_length(at);

		if (*at == '[') {
			node = doc_at(node, strtoul(at + 1, NULL, 10));
			at = strchr(at, ']') + 1;
		} else {
			node = get_named(node, at, name);
			at += name;
		}
		if (*at == '.') {
			at++;
		}
	}
	return node;
}

static bool is_nothing(const struct doc *node)
{
	const char *text = doc_text(node, NULL);

	return !node || node_is_null(node) || (text && !*text);
}

const struct doc *doc_path(const struct doc *node, const char *path)
{
	const struct doc *found = NULL;
	const char *at = path;

	while (*at) {
		size_t length;

		at += strspn(at, " \t?");
		length = strcspn(at, " \t?");
		found = follow_one(node, at, length);
		if (!is_nothing(found)) {
			return found;
		}
		at += length;
	}
	return found;
}
