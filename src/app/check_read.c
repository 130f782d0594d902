/* One recorded answer, read as the description says: the same steps as for an answer that comes
 * over the network, and what they give told in the words of expect.yaml. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_case.h"
#include "base/cleanup.h"

/* A row, or why it is left out, added to a list. */
static void add_row(struct answers *a, const struct subject *s, const struct doc *node,
		    struct buf *list)
{
	struct doc *one = doc_object_create();
	struct problem why = {0};
	struct row row = {0};
	int r = row_read(s->collection, NULL, node, NULL, a->now_ns, &row, &why);

	if (r == 0) {
		tell_row(one, &row);
	} else {
		doc_set_text(one, "errno", error_name(r));
		doc_set_text(one, "words", problem_words(&why, r));
	}
	tell_add(list, one);
	doc_destroy(one);
	row_finish(&row);
	problem_finish(&why);
}

static int add_document_row(const struct subject *s, const struct doc *node, struct buf *list,
			    struct problem *why)
{
	auto_free char *name = NULL;
	auto_free char *text = NULL;
	auto_free char *since = NULL;
	int r = document_row(s->document, node, &name, &text, &since, why);

	if (r == 0) {
		struct doc *one = doc_object_create();
		doc_set_text(one, "name", name);
		if (since) {
			doc_set_text(one, "since", since);
		}
		tell_json(one, "shows", text);
		tell_add(list, one);
		doc_destroy(one);
	}
	return r;
}

/* Where the listing goes on. */
static void tell_position(const struct page_position *position, struct doc *found)
{
	if (!position->done) {
		doc_set_text(found, "next", position->next ? position->next : "yes");
	}
	if (position->shifted) {
		doc_set_text(found, "shifted", "yes");
	}
	if (position->cut) {
		doc_set_text(found, "cut", "yes");
	}
}

static int read_listing(struct answers *a, const struct subject *s, const struct response *response,
			const struct doc *answer, struct doc *found, struct problem *why)
{
	auto_finish(buf_finish) struct buf list = {0};
	struct page_position position = {0};
	struct request request = {0};
	const struct doc *rows = NULL;

	case_position(a, s, &position);
	int r = case_build(a, s, &request, why);
	if (r == 0) {
		r = page_read(s->listing, answer, response, request.url, &position, &rows, why);
	}
	for (size_t i = 0; i < doc_count(rows) && r == 0; i++) {
		const struct doc *node = page_row(s->listing, rows, i);
		if (node && s->collection) {
			add_row(a, s, node, &list);
		} else if (node) {
			r = add_document_row(s, node, &list, why);
		}
	}
	if (r == 0) {
		r = tell_list(found, "rows", &list);
		tell_position(&position, found);
	}
	page_position_finish(&position);
	request_finish(&request);
	return r;
}

/* An item by its row, or by the part of one beside what the case says is known of the row. */
static int tell_item(struct answers *a, const struct subject *s, const char *id,
		     const struct doc *node, struct doc *out, struct problem *why)
{
	const struct doc *said = reader_object(&a->reader, s->node, "known");
	struct doc *known = NULL;
	struct row row = {0};
	int r = 0;

	if (!s->collection->part) {
		r = row_read(s->collection, NULL, node, NULL, a->now_ns, &row, why);
	} else {
		r = said ? tell_typed(said, &known) : 0;
		known = known ? known : doc_object_create();
		r = r == 0 ? row_read(s->collection, id, known, node, a->now_ns, &row, why) : r;
	}
	if (r == 0) {
		tell_row(out, &row);
	}
	row_finish(&row);
	doc_destroy(known);
	return r;
}

static int read_many(struct answers *a, const struct subject *s, const struct doc *answer,
		     struct doc *found, struct problem *why)
{
	auto_finish(buf_finish) struct buf list = {0};
	int r = 0;

	for (int i = 0; i < s->id_count && r == 0; i++) {
		const struct doc *node = many_answer(answer, i);
		struct doc *one = doc_object_create();
		if (doc_kind(node) == DOC_ABSENT) {
			doc_set_text(one, "missing", "yes");
		} else if (doc_kind(node) == DOC_NULL && !s->collection->part) {
			doc_set_text(one, "gone", "yes");
		} else {
			r = tell_item(a, s, s->ids[i], node, one, why);
		}
		tell_add(&list, one);
		doc_destroy(one);
	}
	return r == 0 ? tell_list(found, "rows", &list) : r;
}

static int read_get(struct answers *a, const struct subject *s, const struct doc *answer,
		    struct doc *found, struct problem *why)
{
	struct doc *row = NULL;
	int r;

	if (s->collection->many) {
		return read_many(a, s, answer, found, why);
	}
	row = doc_object_create();
	r = tell_item(a, s, s->ids[0], doc_path(answer, s->collection->row), row, why);
	if (r == 0) {
		doc_set(found, "row", row);
	}
	doc_destroy(row);
	return r;
}

static int read_token(struct answers *a, const struct subject *s, const struct doc *answer,
		      struct doc *found, struct problem *why)
{
	auto_free char *token = NULL;
	auto_free char *refresh = NULL;
	int64_t ms = 0;
	char text[32];
	int r = token_read(a->provider, s->asked == ASKED_REFRESH, answer, &token, &refresh, &ms,
			   why);

	if (r < 0) {
		return r;
	}
	doc_set_text(found, "token", token);
	if (refresh) {
		doc_set_text(found, "refresh", refresh);
	}
	if (ms > 0) {
		snprintf(text, sizeof(text), "%lld%s", (long long)(ms % 1000 ? ms : ms / 1000),
			 ms % 1000 ? "ms" : "s");
		doc_set_text(found, "expires", text);
	}
	return 0;
}

static int read_made(struct answers *a, const struct subject *s, const struct doc *answer,
		     struct doc *found, struct problem *why)
{
	const struct act *act = s->act;
	const struct doc *node = act->row ? doc_path(answer, act->row) : NULL;
	const struct doc *record = act->record ? doc_path(answer, act->record) : NULL;
	const char *id = act->id ? doc_text(doc_path(answer, act->id), NULL) : NULL;
	int r = 0;

	if (id) {
		doc_set_text(found, "id", id);
	}
	if (node) {
		struct doc *row = doc_object_create();
		r = tell_item(a, s, id, node, row, why);
		doc_set(found, "row", row);
		doc_destroy(row);
	}
	if (doc_kind(record) == DOC_OBJECT) {
		doc_set(found, "shows", record);
	}
	return r;
}

static int read_act(struct answers *a, const struct subject *s, const struct doc *answer,
		    struct doc *found, struct problem *why)
{
	struct parcel parcel = {0};
	int r = act_check(s->act, answer, why);

	if (r < 0) {
		return r;
	}
	if (s->act->deliver) {
		r = parcel_read(s->act, answer, &parcel, why);
		r = r == 0 ? tell_parcel(found, &parcel) : r;
		parcel_finish(&parcel);
	} else if (s->asked == ASKED_CREATE) {
		r = read_made(a, s, answer, found, why);
	}
	if (r == 0) {
		doc_set_text(found, "ok", "yes");
	}
	return r;
}

static int read_detect(const struct subject *s, const struct doc *answer, struct doc *found)
{
	auto_finish(buf_finish) struct buf list = {0};
	const struct trigger *trigger = s->trigger;

	for (int i = 0; i < trigger->act_count; i++) {
		const struct act *act = &trigger->acts[i];
		struct doc *one = doc_object_create();
		doc_set_text(one, "word", act->word ? act->word : "");
		if (!act->needs || detect_finds(trigger->detect, answer, act->needs)) {
			tell_add(&list, doc_get(one, "word"));
		}
		doc_destroy(one);
	}
	return tell_list(found, "offers", &list);
}

static int read_document(const struct subject *s, const struct doc *answer, struct doc *found,
			 struct problem *why)
{
	auto_free char *text = NULL;
	int r = document_text(s->document, answer, &text, why);

	if (r == 0) {
		doc_set_text(found, "name", s->document->name);
		tell_json(found, "shows", text);
	}
	return r;
}

static int read_good(struct answers *a, const struct subject *s, const struct response *response,
		     const struct doc *answer, struct doc *found, struct problem *why)
{
	const char *url;

	if (s->listing) {
		return read_listing(a, s, response, answer, found, why);
	}
	switch (s->asked) {
	case ASKED_TOKEN:
	case ASKED_REFRESH:
		return read_token(a, s, answer, found, why);
	case ASKED_CREATE:
	case ASKED_ACT:
		return read_act(a, s, answer, found, why);
	case ASKED_FILE:
		url = file_url(s->file, 0, answer);
		doc_set_text(found, "url", url ? url : "none");
		return 0;
	case ASKED_DETECT:
		return read_detect(s, answer, found);
	case ASKED_DOCUMENT:
		return read_document(s, answer, found, why);
	case ASKED_LIST:
	case ASKED_GET:
	default:
		return read_get(a, s, answer, found, why);
	}
}

static void tell_remedy(enum remedy remedy, struct doc *found)
{
	static const char *const words[] = {
		[REMEDY_TOKEN] = "token",
		[REMEDY_NARROW] = "fallback",
		[REMEDY_SMALLER] = "smaller",
	};

	if (remedy != REMEDY_NONE) {
		doc_set_text(found, "remedy", words[remedy]);
	}
}

/* What must be there for errors beside it to be only told. */
static const char *partial_of(const struct subject *s)
{
	if (s->listing) {
		return s->listing->rows;
	}
	return s->asked == ASKED_GET && s->collection->many ? "data" : NULL;
}

int case_read(struct answers *a, const struct subject *subject, const struct response *response,
	      struct doc *found, struct problem *why)
{
	struct question question = {
		.request = subject->listing ? subject->listing->request : subject->request,
		.partial = partial_of(subject),
		.writes = subject->act && !subject->act->deliver,
		.values = &a->scope,
	};
	enum remedy remedy = REMEDY_NONE;
	struct doc *answer = NULL;
	int r = answer_read(a->provider, &question, response, &answer, &remedy, why);

	tell_remedy(remedy, found);
	if (r == 0 && why->words) {
		doc_set_text(found, "beside", why->words);
	}
	if (r == 0) {
		r = read_good(a, subject, response, answer, found, why);
	}
	doc_destroy(answer);
	return r;
}
