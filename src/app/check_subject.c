/* What a case of expect.yaml is about: the request, listing or act of the description that it
 * names. */
#include <string.h>

#include "app/check_case.h"

static const char *const asked_words[] = {
	[ASKED_TOKEN] = "token",     [ASKED_REFRESH] = "refresh", [ASKED_LIST] = "list",
	[ASKED_GET] = "get",         [ASKED_CREATE] = "create",   [ASKED_ACT] = "act",
	[ASKED_FILE] = "file",       [ASKED_DETECT] = "detect",   [ASKED_DOCUMENT] = "document",
	[ASKED_DOCUMENT + 1] = NULL,
};

/* Complains that the description has none; false, so that a failure is one return. */
static bool lacks(struct answers *a, const struct doc *node, const char *what)
{
	reader_complain(&a->reader, node, "the description has no %s", what);
	return false;
}

static bool find_collection(struct answers *a, struct subject *s)
{
	const char *name = reader_text(&a->reader, s->node, "collection");

	for (int i = 0; i < a->provider->collection_count && !s->collection; i++) {
		const struct collection *one = &a->provider->collections[i];
		s->collection = !name || strcmp(one->name, name) == 0 ? one : NULL;
	}
	return s->collection || lacks(a, s->node, "such collection");
}

static bool find_document(struct answers *a, struct subject *s)
{
	const char *name = reader_text(&a->reader, s->node, "document");

	for (int i = 0; i < a->provider->document_count && !s->document; i++) {
		const struct document *one = &a->provider->documents[i];
		s->document = !name || strcmp(one->name, name) == 0 ? one : NULL;
	}
	if (!s->document) {
		return lacks(a, s->node, "such document");
	}
	s->listing = s->document->is_folder ? &s->document->list : NULL;
	s->request = s->document->list.request;
	return true;
}

static bool find_token(struct answers *a, struct subject *s)
{
	const struct token_spec *token = a->provider->token;

	if (token) {
		s->request = s->asked == ASKED_TOKEN ? token->login.request
						     : token->refresh.request;
	}
	return s->request || lacks(a, s->node, "such request");
}

/* The act of a trigger, by its word where there are several. */
static bool find_act(struct answers *a, struct subject *s)
{
	const char *word = reader_text(&a->reader, s->node, "do");

	s->trigger = s->asked == ASKED_ACT ? s->collection->act : s->collection->create;
	for (int i = 0; s->trigger && i < s->trigger->act_count && !s->act; i++) {
		const struct act *one = &s->trigger->acts[i];
		s->act = !word || (one->word && strcmp(one->word, word) == 0) ? one : NULL;
	}
	s->request = s->act ? s->act->request : NULL;
	return s->act || lacks(a, s->node, "such act");
}

static bool find_detect(struct answers *a, struct subject *s)
{
	s->trigger = s->collection->create;
	if (!s->trigger || !s->trigger->detect) {
		return lacks(a, s->node, "detect");
	}
	s->request = s->trigger->detect->request;
	return true;
}

static bool find_file(struct answers *a, struct subject *s)
{
	for (int i = 0; i < s->collection->file_count && !s->request; i++) {
		s->file = &s->collection->files[i];
		s->request = s->file->resolve;
	}
	return s->request || lacks(a, s->node, "file that is asked for by a request");
}

static bool find_in_collection(struct answers *a, struct subject *s)
{
	if (!find_collection(a, s)) {
		return false;
	}
	switch (s->asked) {
	case ASKED_LIST:
		s->listing = &s->collection->list;
		return true;
	case ASKED_GET:
		s->request = s->collection->get;
		return s->request || s->collection->many || lacks(a, s->node, "get");
	case ASKED_FILE:
		return find_file(a, s);
	case ASKED_DETECT:
		return find_detect(a, s);
	case ASKED_CREATE:
	case ASKED_ACT:
	case ASKED_TOKEN:
	case ASKED_REFRESH:
	case ASKED_DOCUMENT:
	default:
		return find_act(a, s);
	}
}

static void find_ids(struct answers *a, struct subject *s)
{
	const struct doc *ids = reader_list(&a->reader, s->node, "ids");
	const char *id = reader_text(&a->reader, s->node, "id");
	int most = (int)(sizeof(s->ids) / sizeof(s->ids[0]));

	s->ids[0] = id ? id : "ID";
	s->id_count = 1;
	if (ids) {
		s->id_count = 0;
	}
	for (size_t i = 0; i < doc_count(ids) && s->id_count < most; i++) {
		const char *text = doc_text(doc_at(ids, i), NULL);
		s->ids[s->id_count++] = text ? text : "";
	}
}

bool case_find(struct answers *a, const char *key, struct subject *s)
{
	int asked = reader_choice(&a->reader, s->node, key, asked_words);

	if (asked < 0) {
		return false;
	}
	s->asked = (enum asked)asked;
	find_ids(a, s);
	if (s->asked == ASKED_TOKEN || s->asked == ASKED_REFRESH) {
		return find_token(a, s);
	}
	return s->asked == ASKED_DOCUMENT ? find_document(a, s) : find_in_collection(a, s);
}
