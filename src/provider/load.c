/* The parts that many places of a description have: lists of words, objects of templates,
 * states. One thread, at start. */
#include "provider/load.h"

#include <stdlib.h>

void *load_array(struct loader *l, size_t count, size_t size)
{
	void *array = count ? calloc(count, size) : NULL;

	if (count && !array) {
		l->reader.no_memory = true;
	}
	return array;
}

void load_missing(struct loader *l, const struct doc *node, const char *key, const char *what)
{
	if (!doc_get(node, key)) {
		reader_complain(&l->reader, node, "'%s' is missing: %s", key, what);
	}
}

static const char *load_one_word(struct loader *l, const struct doc *node, const char *key)
{
	const char *text = doc_kind(node) == DOC_TEXT ? doc_text(node, NULL) : NULL;

	if (!text) {
		reader_complain(&l->reader, node,
				"'%s' takes a text or a list of texts: [one, two]", key);
	}
	return text;
}

const char **load_words(struct loader *l, const struct doc *node, const char *key, int *count)
{
	bool is_list = doc_kind(node) == DOC_ARRAY;
	size_t size = is_list ? doc_count(node) : node != NULL;
	const char **words = load_array(l, size, sizeof(*words));

	*count = 0;
	if (is_list && size == 0) {
		reader_complain(&l->reader, node, "'%s' is an empty list", key);
	}
	for (size_t i = 0; words && i < size; i++) {
		words[*count] = load_one_word(l, is_list ? doc_at(node, i) : node, key);
		*count += words[*count] != NULL;
	}
	return words;
}

const struct doc *load_templates(struct loader *l, const struct doc *node, const char *key)
{
	const struct doc *object = reader_object(&l->reader, node, key);
	const struct doc *value;
	const char *name;
	bool bad = false;

	for (size_t i = 0; doc_member(object, i, &name, &value); i++) {
		if (doc_kind(value) != DOC_TEXT) {
			reader_complain(&l->reader, value, "'%s' takes a text", name);
			bad = true;
		}
	}
	return bad ? NULL : object;
}

enum state load_state(struct loader *l, const struct doc *node, const char *key,
		      enum state fallback)
{
	const char *words[STATE_COUNT + 1] = {NULL};
	int found;

	for (int i = 0; i < STATE_COUNT; i++) {
		words[i] = state_word((enum state)i);
	}
	found = reader_choice(&l->reader, node, key, words);
	return found < 0 ? fallback : (enum state)found;
}
