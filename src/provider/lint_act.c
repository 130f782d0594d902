/* Checks of triggers: that acts can be told apart, that what a person writes reaches the
 * request, that the examples work, and that what follows can follow. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "provider/lint.h"

/* A trigger being checked. */
struct trigger_lint {
	struct lint *lint;
	const struct trigger *trigger;
	const struct collection *collection;
	bool is_create;
};

static bool is_field(const struct act *act, const char *name)
{
	return template_field(act, &(struct piece){.text = name, .length = strlen(name)}) != NULL;
}

static void lint_remember(const struct trigger_lint *l, const struct act *act)
{
	const char *choose = l->trigger->choose;

	for (int i = 0; i < act->remember_count; i++) {
		if (!is_field(act, act->remember[i]) &&
		    !(choose && strcmp(choose, act->remember[i]) == 0)) {
			reader_complain(l->lint->reader, doc_get(act->node, "remember"),
					"'%s' is no field of this trigger", act->remember[i]);
		}
	}
}

static void lint_example(const struct trigger_lint *l, const struct act *act)
{
	struct reader *r = l->lint->reader;
	const struct doc *node = doc_get(act->node, "example");
	struct command_text command = {0};
	struct problem why = {0};
	int s = command_parse(l->trigger, act->example, strlen(act->example), &command, &why);

	if (s == -ENOMEM) {
		r->no_memory = true;
	} else if (s < 0) {
		reader_complain(r, node, "the example does not fit: %s", problem_words(&why, s));
	} else if (command.act != act && l->trigger->choose) {
		reader_complain(r, node, "the example is one of another act: write %s=%s in it",
				l->trigger->choose, act->word);
	}
	command_text_finish(&command);
	problem_finish(&why);
}

static void lint_lines(const struct trigger_lint *l, const struct act *act)
{
	const struct doc *lines = doc_get(act->node, "lines");

	if (act->lines_most == 0) {
		return;
	}
	if (act->field_count == 0) {
		reader_complain(l->lint->reader, lines,
				"'lines' are of fields, and there are none");
	}
	if (act->request && !visit_finds(act->request, "lines")) {
		reader_complain(l->lint->reader, lines,
				"the lines are used nowhere in the request: write \"{lines}\"");
	}
	if (act->lines_distinct && !is_field(act, act->lines_distinct)) {
		reader_complain(l->lint->reader, lines, "'%s' is no field of this trigger",
				act->lines_distinct);
	}
}

static void lint_deliver(const struct trigger_lint *l, const struct deliver_spec *deliver)
{
	const struct doc *archives = doc_get(deliver->node, "archives");
	const struct doc *files = doc_get(deliver->node, "inline");

	if (deliver->record) {
		lint_record_name(l->lint, doc_get(deliver->node, "record"), deliver->record);
	}
	if (deliver->archive_name) {
		lint_file_template(l->lint, doc_get(archives, "name"), deliver->archive_name, "n",
				   true);
	}
	if (deliver->inline_folder && !name_is_for_file(deliver->inline_folder)) {
		reader_complain(l->lint->reader, doc_get(files, "folder"),
				"a folder cannot be called '%s': take letters, digits, '.', '-' "
				"and '_'",
				deliver->inline_folder);
	}
}

static void lint_when(const struct trigger_lint *l, const struct act *act)
{
	if (act->has_when && !lint_has_rule(l->collection, act->when)) {
		reader_complain(l->lint->reader, doc_get(act->node, "when"),
				"no rule of 'states' says '%s', so this can never be done",
				state_word(act->when));
	}
}

static void lint_act(const struct trigger_lint *l, const struct act *act)
{
	int before = l->lint->reader->findings->count;

	lint_request(l->lint, act->request, (struct scope){.id = !l->is_create, .act = act});
	for (int i = 0; i < act->field_count; i++) {
		lint_field(l->lint, act, &act->fields[i]);
	}
	lint_lines(l, act);
	lint_remember(l, act);
	lint_when(l, act);
	if (act->deliver) {
		lint_deliver(l, act->deliver);
	}
	/* An example of what is broken already would only say it again. */
	if (act->example && before == l->lint->reader->findings->count) {
		lint_example(l, act);
	}
}

/* The word that chooses an act: written in a shell, and unlike the others. */
static void lint_word(const struct trigger_lint *l, int index)
{
	const struct act *act = &l->trigger->acts[index];

	if (!name_is_for_file(act->word)) {
		reader_complain(l->lint->reader, act->node,
				"'%s' is no word to choose by: take letters, digits, '-' and '_'",
				act->word);
	}
	for (int i = 0; i < index; i++) {
		if (strcasecmp(act->word, l->trigger->acts[i].word) == 0) {
			reader_complain(l->lint->reader, act->node,
					"'%s' and '%s' are the same word", l->trigger->acts[i].word,
					act->word);
		}
	}
	if (act->needs && !l->trigger->detect) {
		reader_complain(l->lint->reader, doc_get(act->node, "if"),
				"'if' goes with 'detect', which asks what the server has");
	}
}

static void lint_choose(const struct trigger_lint *l)
{
	const struct trigger *trigger = l->trigger;
	const struct doc *node = doc_get(trigger->node, "choose");
	bool needs = false;

	if (!lint_is_field_name(trigger->choose) || lint_find_setting(l->lint, trigger->choose)) {
		reader_complain(l->lint->reader, node, "a field cannot be called '%s'",
				trigger->choose);
	}
	for (int i = 0; i < trigger->act_count; i++) {
		lint_word(l, i);
		needs |= trigger->acts[i].needs != NULL;
		if (is_field(&trigger->acts[i], trigger->choose)) {
			reader_complain(l->lint->reader, trigger->acts[i].node,
					"'%s' tells the acts apart: it is no field of one",
					trigger->choose);
		}
	}
	if (trigger->detect && !needs) {
		reader_complain(l->lint->reader, doc_get(trigger->node, "detect"),
				"nothing depends on what 'detect' finds: write if: NAME in an act");
	}
}

void lint_trigger(struct lint *lint, const struct trigger *trigger,
		  const struct collection *collection, bool is_create)
{
	struct trigger_lint l = {lint, trigger, collection, is_create};

	if (trigger->choose) {
		lint_choose(&l);
	}
	if (trigger->detect) {
		lint_request(lint, trigger->detect->request, (struct scope){.reads = true});
	}
	for (int i = 0; i < trigger->act_count; i++) {
		lint_act(&l, &trigger->acts[i]);
	}
}
