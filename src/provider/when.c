/* Conditions: what a rule wants of the values at some paths. All conditions of a rule together
 * decide; text compares without case. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/load.h"

static void load_test(struct loader *l, const struct doc *tests, const char *key,
		      struct condition *out)
{
	out->node = doc_get(tests, key);
	if (strcmp(key, "contains") == 0) {
		out->kind = TEST_CONTAINS;
		out->words = load_words(l, out->node, key, &out->word_count);
		return;
	}
	out->kind = strcmp(key, "null") == 0 ? TEST_NULL : TEST_PRESENT;
	out->wanted = reader_flag(&l->reader, tests, key, true);
}

/* How many conditions the value of a path in `when` makes. */
static size_t count_conditions(const struct doc *value)
{
	return doc_kind(value) == DOC_OBJECT ? doc_count(value) : 1;
}

/* The conditions on one path; returns how many. */
static int load_conditions(struct loader *l, const char *path, const struct doc *value,
			   struct condition *out)
{
	static const char *const keys[] = {"contains", "null", "present", NULL};
	const char *wrong = doc_path_check(path);
	const struct doc *test;
	const char *key;
	int count = 0;

	if (wrong) {
		reader_complain(&l->reader, value, "'%s' is no path: %s", path, wrong);
		return 0;
	}
	if (doc_kind(value) != DOC_OBJECT) {
		*out = (struct condition){.path = path, .kind = TEST_WORDS, .node = value};
		out->words = load_words(l, value, path, &out->word_count);
		return 1;
	}
	reader_check_keys(&l->reader, value, keys);
	for (size_t i = 0; doc_member(value, i, &key, &test); i++) {
		out[count].path = path;
		load_test(l, value, key, &out[count++]);
	}
	return count;
}

void load_when(struct loader *l, const struct doc *parent, struct state_rule *rule)
{
	const struct doc *when = reader_object(&l->reader, parent, "when");
	const struct doc *value;
	const char *path;
	size_t count = 0;

	rule->node = parent;
	for (size_t i = 0; doc_member(when, i, &path, &value); i++) {
		count += count_conditions(value);
	}
	rule->conditions = load_array(l, count, sizeof(*rule->conditions));
	for (size_t i = 0; rule->conditions && doc_member(when, i, &path, &value); i++) {
		rule->condition_count += load_conditions(l, path, value,
							 rule->conditions + rule->condition_count);
	}
}

void rule_finish(struct state_rule *rule)
{
	for (int i = 0; i < rule->condition_count; i++) {
		free(rule->conditions[i].words);
	}
	free(rule->conditions);
}

/* Numbers are compared by value: 1 is 1.0. */
static bool is_equal(const struct doc *value, const char *word)
{
	const char *text = doc_text(value, NULL);
	char *end;

	if (!text || strcasecmp(text, word) == 0) {
		return text != NULL;
	}
	if (doc_kind(value) != DOC_NUMBER || !*word) {
		return false;
	}
	double wanted = strtod(word, &end);
	return !*end && strtod(text, NULL) == wanted;
}

static bool is_any(const struct condition *c, const struct doc *value)
{
	const char *text = doc_text(value, NULL);

	for (int i = 0; i < c->word_count; i++) {
		if (c->kind == TEST_CONTAINS ? text && strcasestr(text, c->words[i])
					     : is_equal(value, c->words[i])) {
			return true;
		}
	}
	return false;
}

static bool is_present(const struct doc *value)
{
	const char *text = doc_text(value, NULL);

	return doc_kind(value) != DOC_ABSENT && doc_kind(value) != DOC_NULL && !(text && !*text);
}

static bool holds(const struct condition *c, const struct doc *object)
{
	const struct doc *value = doc_path(object, c->path);

	switch (c->kind) {
	case TEST_WORDS:
	case TEST_CONTAINS:
		return is_any(c, value);
	case TEST_NULL:
		return c->wanted == (doc_kind(value) == DOC_ABSENT || doc_kind(value) == DOC_NULL);
	case TEST_PRESENT:
		return c->wanted == is_present(value);
	}
	return false;
}

bool rule_matches(const struct state_rule *rule, const struct doc *object)
{
	for (int i = 0; i < rule->condition_count; i++) {
		if (!holds(&rule->conditions[i], object)) {
			return false;
		}
	}
	return true;
}
