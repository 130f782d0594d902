/* Errors: where an answer keeps its words, and rules that say what one means where its status
 * does not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "provider/load.h"

enum { MEANINGS = 9 };
static const struct {
	const char *word;
	int err;
	enum remedy remedy;
} meanings[MEANINGS] = {
	{"renew", -EACCES, REMEDY_TOKEN},        {"denied", -EACCES, REMEDY_NONE},
	{"forbidden", -EPERM, REMEDY_NONE},      {"refused", -EINVAL, REMEDY_NONE},
	{"gone", -ENOENT, REMEDY_NONE},          {"busy", -EAGAIN, REMEDY_NONE},
	{"broken", -EREMOTEIO, REMEDY_NONE},     {"schema", -EREMOTEIO, REMEDY_NARROW},
	{"smaller", -EREMOTEIO, REMEDY_SMALLER},
};

static void check_when(struct loader *l, const struct doc *when)
{
	static const char *const keys[] = {"status", "code", "message", "json", NULL};
	static const char *const yes_no[] = {"yes", "no", NULL};
	const struct provider_rest *rest = l->provider->rest;

	reader_check_keys(&l->reader, when, keys);
	reader_choice(&l->reader, when, "json", yes_no);
	if ((doc_get(when, "code") && !rest->error_code) ||
	    (doc_get(when, "message") && !rest->error_message)) {
		reader_complain(&l->reader, when,
				"'errors' does not say where an answer keeps that: "
				"write message: PATH or code: PATH");
	}
}

static void load_meaning(struct loader *l, const struct doc *node, struct error_rule *rule)
{
	const char *words[MEANINGS + 1] = {NULL};
	int is;

	for (int i = 0; i < MEANINGS; i++) {
		words[i] = meanings[i].word;
	}
	is = reader_choice(&l->reader, node, "is", words);
	if (is >= 0) {
		rule->err = meanings[is].err;
		rule->remedy = meanings[is].remedy;
	}
}

static void load_rule(struct loader *l, const struct doc *node, struct error_rule *rule)
{
	static const char *const keys[] = {"when", "is", "say", NULL};

	rule->match.node = node;
	if (doc_kind(node) != DOC_OBJECT) {
		reader_complain(&l->reader, node,
				"a rule is a mapping: {when: {status: 403}, say: what to do}");
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	load_missing(l, node, "when", "the conditions, such as {status: 403}");
	check_when(l, reader_object(&l->reader, node, "when"));
	load_when(l, node, &rule->match);
	rule->say = reader_text(&l->reader, node, "say");
	load_meaning(l, node, rule);
	if (!doc_get(node, "is") && !doc_get(node, "say")) {
		reader_complain(&l->reader, node,
				"a rule without 'is' and 'say' says nothing: is: busy, or "
				"say: \"the key needs another role\"");
	}
}

void load_errors(struct loader *l, const struct doc *root)
{
	static const char *const keys[] = {"message", "id", "code", "rules", NULL};
	const struct doc *node = reader_object(&l->reader, root, "errors");
	struct provider_rest *rest = l->provider->rest;
	const struct doc *rules;
	size_t count;

	reader_check_keys(&l->reader, node, keys);
	rest->error_message = reader_path(&l->reader, node, "message");
	rest->error_id = reader_path(&l->reader, node, "id");
	rest->error_code = reader_path(&l->reader, node, "code");
	rules = reader_list(&l->reader, node, "rules");
	count = doc_count(rules);
	rest->rules = load_array(l, count, sizeof(*rest->rules));
	for (size_t i = 0; rest->rules && i < count; i++) {
		load_rule(l, doc_at(rules, i), &rest->rules[rest->rule_count++]);
	}
}
