/* State rules: which of our eight words a row of an API means. Ordered; the first rule whose
 * conditions all hold wins, and what no rule fits is unknown. */
#include <stdlib.h>

#include "provider/load.h"

static void load_rule(struct loader *l, const struct doc *node, struct state_rule *rule)
{
	static const char *const keys[] = {"is", "when", NULL};

	rule->node = node;
	if (doc_kind(node) != DOC_OBJECT) {
		reader_complain(&l->reader, node,
				"a rule is a mapping: {is: ready, when: {status: done}}");
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	load_when(l, node, rule);
	rule->is = load_state(l, node, "is", STATE_UNKNOWN);
	if (!doc_get(node, "is")) {
		reader_complain(&l->reader, node,
				"a rule says which state it is: {is: ready, when: …}");
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
		rule_finish(&spec->rules[i]);
	}
	free(spec->rules);
}

enum state states_match(const struct item_spec *spec, const struct doc *row)
{
	for (int i = 0; i < spec->rule_count; i++) {
		if (rule_matches(&spec->rules[i], row)) {
			return spec->rules[i].is;
		}
	}
	return STATE_UNKNOWN;
}
