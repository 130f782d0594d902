/* Triggers: what writing to one can do. One act, or several that the value of one field tells
 * apart; of a collection (`create`) or of an item (`act`). */
#include <stdlib.h>
#include <string.h>

#include "provider/load.h"

enum { LINES_MOST = 1000, GRACE_MOST_MS = 24 * 3600 * 1000 };

/* Keys of acts, by where they may stand. */
static const char *const create_keys[] = {"effect",   "help",     "fields", "lines",   "request",
					  "ok",       "problems", "id",     "row",     "record",
					  "remember", "example",  "if",     "default", NULL};
static const char *const act_keys[] = {"effect", "help",     "fields",  "lines",   "request",
				       "ok",     "problems", "example", "when",    "then",
				       "grace",  "deliver",  "if",      "default", NULL};

static enum effect load_effect(struct loader *l, const struct doc *node)
{
	const char *effects[EFFECT_CANCEL + 2] = {NULL};
	int effect;

	for (int i = 0; i <= EFFECT_CANCEL; i++) {
		effects[i] = effect_word((enum effect)i);
	}
	load_missing(l, node, "effect", "what it costs: free, quota, money or cancel");
	effect = reader_choice(&l->reader, node, "effect", effects);
	return effect < 0 ? EFFECT_MONEY : (enum effect)effect;
}

static void load_lines(struct loader *l, const struct doc *node, struct act *act)
{
	static const char *const keys[] = {"most", "distinct", NULL};
	const struct doc *lines = reader_object(&l->reader, node, "lines");

	if (!lines) {
		return;
	}
	reader_check_keys(&l->reader, lines, keys);
	load_missing(l, lines, "most", "how many lines there may be");
	act->lines_most = reader_integer(&l->reader, lines, "most", 1, LINES_MOST, 1);
	act->lines_distinct = reader_text(&l->reader, lines, "distinct");
}

static void load_grace(struct loader *l, const struct doc *node, struct act *act)
{
	const struct doc *grace = doc_get(node, "grace");

	act->grace_ms = reader_duration(&l->reader, node, "grace", 0);
	if (act->then != THEN_QUEUED) {
		if (grace) {
			reader_complain(&l->reader, grace, "'grace' goes with then: queued");
		}
		return;
	}
	load_missing(l, node, "grace",
		     "how long the item is 'queued' at most while the API tells of nothing new, "
		     "such as 60s");
	if (grace && (act->grace_ms <= 0 || act->grace_ms > GRACE_MOST_MS)) {
		reader_complain(&l->reader, grace,
				"'grace' takes a time of more than 0 and at most 24h");
	}
}

/* When the act can be taken, and what follows. */
static void load_then(struct loader *l, const struct doc *node, struct act *act)
{
	static const char *const words[] = {"queued", "gone", NULL};
	static const enum then meanings[] = {THEN_QUEUED, THEN_GONE};
	int then = reader_choice(&l->reader, node, "then", words);

	act->has_when = doc_get(node, "when") != NULL;
	act->when = load_state(l, node, "when", STATE_READY);
	act->then = then < 0 ? THEN_NOTHING : meanings[then];
	load_grace(l, node, act);
}

static void load_one_act(struct loader *l, const struct doc *node, struct act *act)
{
	act->node = node;
	act->help = reader_text(&l->reader, node, "help");
	act->effect = load_effect(l, node);
	load_fields(l, node, act);
	load_lines(l, node, act);
	act->request = load_request(l, node, act);
	act->ok = reader_path(&l->reader, node, "ok");
	act->problems = reader_path(&l->reader, node, "problems");
	act->id = reader_path(&l->reader, node, "id");
	act->row = reader_path(&l->reader, node, "row");
	act->record = reader_path(&l->reader, node, "record");
	act->remember = load_words(l, doc_get(node, "remember"), "remember", &act->remember_count);
	act->example = reader_text(&l->reader, node, "example");
	act->needs = reader_text(&l->reader, node, "if");
	load_then(l, node, act);
	act->deliver = load_deliver(l, node);
}

static void load_detect(struct loader *l, const struct doc *node, struct trigger *trigger)
{
	static const char *const keys[] = {"request", "names", "name", NULL};
	const struct doc *detect = reader_object(&l->reader, node, "detect");
	struct detect_spec *spec = load_one(l, detect != NULL, sizeof(*spec));

	trigger->detect = spec;
	if (!spec) {
		return;
	}
	reader_check_keys(&l->reader, detect, keys);
	load_missing(l, detect, "names", "the path to an array in the answer");
	load_missing(l, detect, "name", "the path to a name in each of its elements");
	spec->request = load_request(l, detect, NULL);
	spec->names = reader_path(&l->reader, detect, "names");
	spec->name = reader_path(&l->reader, detect, "name");
}

static void load_default(struct loader *l, const struct doc *node, struct trigger *trigger)
{
	if (!reader_flag(&l->reader, node, "default", false)) {
		return;
	}
	if (trigger->fallback >= 0) {
		reader_complain(&l->reader, doc_get(node, "default"),
				"'%s' is the default already: there can be one",
				trigger->acts[trigger->fallback].word);
	}
	trigger->fallback = trigger->act_count - 1;
	if (trigger->acts[trigger->fallback].effect >= EFFECT_MONEY) {
		reader_complain(&l->reader, doc_get(node, "default"),
				"what spends money or cancels is asked for by its word: no default");
	}
}

/* {choose: FIELD, of: {WORD: act, …}} */
static void load_acts(struct loader *l, const struct doc *node, const char *const *act_words,
		      struct trigger *trigger)
{
	static const char *const keys[] = {"choose", "detect", "of", NULL};
	const struct doc *of = reader_object(&l->reader, node, "of");
	const struct doc *value;
	const char *word;

	reader_check_keys(&l->reader, node, keys);
	trigger->choose = reader_text(&l->reader, node, "choose");
	trigger->fallback = -1;
	load_detect(l, node, trigger);
	if (!doc_count(of)) {
		reader_complain(&l->reader, of ? of : node,
				"'of' is missing: what the trigger can do, each under the word "
				"that chooses it");
	}
	trigger->acts = load_array(l, doc_count(of), sizeof(*trigger->acts));
	for (size_t i = 0; trigger->acts && doc_member(of, i, &word, &value); i++) {
		struct act *act = &trigger->acts[trigger->act_count++];

		act->word = word;
		act->node = value;
		if (reader_object(&l->reader, of, word)) {
			reader_check_keys(&l->reader, value, act_words);
			load_one_act(l, value, act);
			load_default(l, value, trigger);
		}
	}
}

/* A trigger of one act; what tells acts apart means nothing there. */
static void load_single(struct loader *l, const struct doc *node, const char *const *keys,
			struct trigger *trigger)
{
	trigger->acts = load_one(l, true, sizeof(*trigger->acts));
	if (!trigger->acts) {
		return;
	}
	trigger->act_count = 1;
	reader_check_keys(&l->reader, node, keys);
	load_one_act(l, node, &trigger->acts[0]);
	if (doc_get(node, "if") || doc_get(node, "default")) {
		reader_complain(&l->reader, doc_get(node, doc_get(node, "if") ? "if" : "default"),
				"'if' and 'default' go with 'choose', where there are several");
	}
}

struct trigger *load_trigger(struct loader *l, const struct doc *parent, const char *key)
{
	const char *const *keys = strcmp(key, "create") == 0 ? create_keys : act_keys;
	const struct doc *node = reader_object(&l->reader, parent, key);
	struct trigger *trigger = load_one(l, node != NULL, sizeof(*trigger));

	if (!trigger) {
		return NULL;
	}
	trigger->node = node;
	if (doc_get(node, "choose") || doc_get(node, "of")) {
		load_missing(l, node, "choose", "the field that tells the acts apart");
		load_acts(l, node, keys, trigger);
	} else {
		load_single(l, node, keys, trigger);
	}
	return trigger;
}

static void act_finish(struct act *act)
{
	for (int i = 0; i < act->field_count; i++) {
		free(act->fields[i].choices);
	}
	free(act->fields);
	request_spec_destroy(act->request);
	free(act->remember);
	deliver_destroy(act->deliver);
}

void trigger_destroy(struct trigger *trigger)
{
	if (!trigger) {
		return;
	}
	for (int i = 0; i < trigger->act_count; i++) {
		act_finish(&trigger->acts[i]);
	}
	free(trigger->acts);
	if (trigger->detect) {
		request_spec_destroy(trigger->detect->request);
	}
	free(trigger->detect);
	free(trigger);
}
