/* The requests of a description, built for expect.yaml and told in its words: what would be sent,
 * with the settings, ids and commands that a case names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_case.h"
#include "base/cleanup.h"

void case_position(struct answers *a, const struct subject *subject, struct page_position *out)
{
	static const char *const keys[] = {"pages", "rows", "total", "next", NULL};
	const struct doc *from = reader_object(&a->reader, subject->node, "from");
	const char *next = reader_text(&a->reader, from, "next");

	reader_check_keys(&a->reader, from, keys);
	out->rows = reader_integer(&a->reader, from, "rows", 0, 1000000, 0);
	out->pages = reader_integer(&a->reader, from, "pages", 0, 1000000, from ? 1 : 0);
	out->total = reader_decimal(&a->reader, from, "total", 0);
	out->next = next ? strdup(next) : NULL;
	a->reader.no_memory |= next && !out->next;
}

static int build_page(struct answers *a, const struct subject *s, const struct values *values,
		      bool narrow, struct request *out, struct problem *why)
{
	struct page_position position = {0};

	case_position(a, s, &position);
	int r = page_build(a->provider, s->listing, narrow, &position, values, out, why);
	page_position_finish(&position);
	return r;
}

/* The request of an act, with the command that a person writes. */
static int build_act(struct answers *a, const struct subject *s, bool narrow,
		     const struct values *outer, struct request *out, struct problem *why)
{
	const char *command = reader_text(&a->reader, s->node, "command");
	struct command_text text = {0};
	int r = 0;

	command = command ? command : "";
	r = command_parse(s->trigger, command, strlen(command), &text, why);
	if (r == 0) {
		struct values values = {text.values, text.value_count, outer};
		r = request_build(a->provider, text.act->request, narrow, &values, out, why);
	}
	command_text_finish(&text);
	return r;
}

int case_build(struct answers *a, const struct subject *subject, struct request *out,
	       struct problem *why)
{
	const char *since = reader_text(&a->reader, subject->node, "since");
	bool narrow = reader_flag(&a->reader, subject->node, "fallback", false);
	struct value id = {"id", subject->ids[0]};
	struct value newest = {"since", since};
	bool of_item = subject->asked == ASKED_GET || subject->asked == ASKED_ACT ||
		       subject->asked == ASKED_FILE;
	struct values values = {of_item ? &id : &newest, of_item || since, &a->scope};

	if (subject->listing) {
		return build_page(a, subject, &values, narrow, out, why);
	}
	if (subject->asked == ASKED_CREATE || subject->asked == ASKED_ACT) {
		return build_act(a, subject, narrow, &values, out, why);
	}
	if (subject->asked == ASKED_GET && subject->collection->many) {
		return many_build(a->provider, subject->collection, narrow, subject->ids,
				  subject->id_count, &a->scope, out, why);
	}
	return request_build(a->provider, subject->request, narrow, &values, out, why);
}

/* A body of GraphQL is told by its two halves. */
static int tell_body(const struct request *request, struct doc *found)
{
	struct doc *body = NULL;
	int r = doc_parse_json(request->body, request->body_length, 0, &body, NULL);

	if (r == -EBADMSG) {
		doc_set_text(found, "body", request->body);
		return 0;
	}
	if (r < 0) {
		return r;
	}
	if (doc_get(body, "query")) {
		doc_set(found, "query", doc_get(body, "query"));
		doc_set(found, "variables", doc_get(body, "variables"));
	} else {
		doc_set(found, "json", body);
	}
	doc_destroy(body);
	return 0;
}

int case_tell_request(const struct request *request, struct doc *found)
{
	struct doc *headers = doc_object_create();

	doc_set_text(found, "method", request->method);
	doc_set_text(found, "url", request->url);
	for (size_t i = 0; i < request->header_count; i++) {
		doc_set_text(headers, request->headers[i].name, request->headers[i].value);
	}
	doc_set(found, "headers", headers);
	doc_destroy(headers);
	if (request->once) {
		doc_set_text(found, "once", "yes");
	}
	return request->body ? tell_body(request, found) : 0;
}
