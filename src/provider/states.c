/* State rules: which of our eight words a row of an API means. Ordered; the first rule whose
 * conditions all hold wins, and what no rule fits is unknown. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/spec.h"

static const char *const rule_keys[] = {"is", "when", NULL};
static const char *const test_keys[] = {"contains", "null", "present", NULL};

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
	reader_check_keys(&l->reader, value, test_keys);
	for (size_t i = 0; doc_member(value, i, &key, &test); i++) {
		out[count].path = path;
		load_test(l, value, key, &out[count++]);
	}
	return count;
}

static enum state load_word(struct loader *l, const struct doc *node)
{
	const char *words[STATE_COUNT + 1] = {NULL};
	int is;

	for (int i = 0; i < STATE_COUNT; i++) {
		words[i] = state_word((enum state)i);
	}
	if (!doc_get(node, "is")) {
		reader_complain(&l->reader, node,
				"a rule says which state it is: {is: ready, when: …}");
	}
	is = reader_choice(&l->reader, node, "is", words);
	return is < 0 ? STATE_UNKNOWN : (enum state)is;
}

static void load_rule(struct loader *l, const struct doc *node, struct state_rule *rule)
{
	const struct doc *when;
	const struct doc *value;
	const char *path;
	size_t count = 0;

	rule->node = node;
	if (doc_kind(node) != DOC_OBJECT) {
		reader_complain(&l->reader, node,
				"a rule is a mapping: {is: ready, when: {status: done}}");
		return;
	}
	reader_check_keys(&l->reader, node, rule_keys);
	rule->is = load_word(l, node);
	when = reader_object(&l->reader, node, "when");
	for (size_t i = 0; doc_member(when, i, &path, &value); i++) {
		count += count_conditions(value);
	}
	rule->conditions = load_array(l, count, sizeof(*rule->conditions));
	for (size_t i = 0; rule->conditions && doc_member(when, i, &path, &value); i++) {
		rule->condition_count += load_conditions(l, path, value,
							 rule->conditions + rule->condition_count);
	}
}

void load_states(struct loader *l, const struct doc *item, struct item_spec *spec)
{
	const struct doc *list = reader_list(&l->reader, item, "states");
	size_t count = doc_count(list);

	if (count == 0) {
		reader_complain(&l->reader, list ? list : item,
				"'states' is missing: a list of rules such as "
				"{is: ready, when: {status: done}}");
		return;
	}
	spec->rules = load_array(l, count, sizeof(*spec->rules));
	for (size_t i = 0; spec->rules && i < count; i++) {
		load_rule(l, doc_at(list, i), &spec->rules[spec->rule_count++]);
	}
}

void states_finish(struct item_spec *spec)
{
	for (int i = 0; i < spec->rule_count; i++) {
		for (int j = 0; j < spec->rules[i].condition_count; j++) {
			free(spec->rules[i].conditions[j].words);
		}
		free(spec->rules[i].conditions);
	}
	free(spec->rules);
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

static bool holds(const struct condition *c, const struct doc *row)
{
	const struct doc *value = doc_path(row, c->path);

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

enum state states_match(const struct item_spec *spec, const struct doc *row)
{
	for (int i = 0; i < spec->rule_count; i++) {
		const struct state_rule *rule = &spec->rules[i];
		int met = 0;

		while (met < rule->condition_count && holds(&rule->conditions[met], row)) {
			met++;
		}
		if (met == rule->condition_count) {
			return rule->is;
		}
	}
	return STATE_UNKNOWN;
}
