/* What is kept of a command because the API does not give it back. Pure; any thread. */
#include <errno.h>
#include <string.h>

#include "provider/command.h"

static char *print_remembered(const struct act *act, const struct doc *command)
{
	struct doc *object = doc_object_create();
	char *text = NULL;

	for (int i = 0; object && i < act->remember_count; i++) {
		doc_set(object, act->remember[i], doc_get(command, act->remember[i]));
	}
	if (object) {
		text = doc_print(object, false);
	}
	doc_destroy(object);
	return text;
}

static bool has_any(const struct act *act, const struct doc *command)
{
	for (int i = 0; act && i < act->remember_count; i++) {
		if (doc_get(command, act->remember[i])) {
			return true;
		}
	}
	return false;
}

int command_remembered(const struct trigger *trigger, const char *json, char **out)
{
	struct doc *command = NULL;
	const struct act *act;
	const char *word;
	int r = doc_parse_json(json, strlen(json), 0, &command, NULL);

	*out = NULL;
	word = trigger->choose ? doc_text(doc_get(command, trigger->choose), NULL) : NULL;
	act = r == 0 ? command_act(trigger, word) : NULL;
	if (has_any(act, command)) {
		*out = print_remembered(act, command);
		r = *out ? 0 : -ENOMEM;
	}
	doc_destroy(command);
	return r;
}
