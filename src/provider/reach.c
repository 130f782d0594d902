/* Whether every rule of a list can be reached, where the first that fits is the one that counts: a
 * rule behind one that takes all it could take says something that will never happen, which its
 * author wants to know. */
#include <string.h>
#include <strings.h>

#include "provider/spec.h"

/* Does text being the whole value (or a part of it) make condition c true? */
static bool word_meets(const struct condition *c, const char *text, bool is_whole)
{
	for (int i = 0; i < c->word_count; i++) {
		if (c->kind == TEST_CONTAINS && strcasestr(text, c->words[i])) {
			return true;
		}
		if (c->kind == TEST_WORDS && is_whole && strcasecmp(text, c->words[i]) == 0) {
			return true;
		}
	}
	if (c->kind == TEST_NULL) {
		return !c->wanted;
	}
	return c->kind == TEST_PRESENT && c->wanted && *text;
}

/* Is b true only where a is true? With word, b's value is that one word. */
static bool implies(const struct condition *b, const char *word, const struct condition *a)
{
	if (strcmp(a->path, b->path) != 0) {
		return false;
	}
	if (word) {
		return word_meets(a, word, true);
	}
	if (b->kind == TEST_NULL || b->kind == TEST_PRESENT) {
		bool same = a->kind == b->kind && a->wanted == b->wanted;
		bool null_is_absent = b->kind == TEST_NULL && b->wanted &&
				      a->kind == TEST_PRESENT && !a->wanted;
		bool present_is_set = b->kind == TEST_PRESENT && b->wanted &&
				      a->kind == TEST_NULL && !a->wanted;
		return same || null_is_absent || present_is_set;
	}
	for (int i = 0; i < b->word_count; i++) {
		if (!word_meets(a, b->words[i], b->kind == TEST_WORDS)) {
			return false;
		}
	}
	return b->word_count > 0;
}

/* Is rule a true wherever rule b is, where b's condition `at` stands for its one word? */
static bool covers(const struct state_rule *a, const struct state_rule *b, int at, const char *word)
{
	for (int i = 0; i < a->condition_count; i++) {
		bool implied = false;

		for (int j = 0; j < b->condition_count && !implied; j++) {
			implied = implies(&b->conditions[j], j == at ? word : NULL,
					  &a->conditions[i]);
		}
		if (!implied) {
			return false;
		}
	}
	return true;
}

/* Rules that stand in structs of this size. */
struct rules {
	const char *first;
	size_t stride;
};

static const struct state_rule *rule_at(const struct rules *rules, int index)
{
	return (const void *)(rules->first + (size_t)index * rules->stride);
}

static const struct state_rule *find_cover(const struct rules *rules, int before, int at,
					   const char *word)
{
	for (int i = 0; i < before; i++) {
		if (covers(rule_at(rules, i), rule_at(rules, before), at, word)) {
			return rule_at(rules, i);
		}
	}
	return NULL;
}

/* Complains about the words of a condition that earlier rules take. */
static void lint_words(struct reader *r, const struct rules *rules, int rule, int at)
{
	const struct condition *c = &rule_at(rules, rule)->conditions[at];

	for (int i = 0; i < c->word_count && c->kind == TEST_WORDS; i++) {
		const struct state_rule *cover = find_cover(rules, rule, at, c->words[i]);

		if (cover) {
			reader_complain(r, c->node, "'%s' is taken by the rule in line %d already",
					c->words[i], doc_line(cover->node));
		}
		for (int j = 0; j < i; j++) {
			if (strcasecmp(c->words[i], c->words[j]) == 0) {
				reader_complain(r, c->node, "'%s' is there twice", c->words[i]);
			}
		}
	}
}

void rules_lint(struct reader *r, const struct state_rule *first, size_t stride, int count)
{
	struct rules rules = {(const char *)first, stride};

	for (int i = 0; i < count; i++) {
		const struct state_rule *rule = rule_at(&rules, i);
		const struct state_rule *cover = find_cover(&rules, i, -1, NULL);

		if (cover) {
			reader_complain(r, rule->node,
					"this rule is never reached: the one in line %d takes all "
					"it could take",
					doc_line(cover->node));
			continue;
		}
		for (int j = 0; j < rule->condition_count; j++) {
			lint_words(r, &rules, i, j);
		}
	}
}
