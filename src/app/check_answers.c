/* `orderfs check --answers DIR`: recorded answers, and what a description makes of them.
 *
 * DIR holds answers of an API, a file each, and expect.yaml:
 *
 *   now: 2026-08-21T10:00:00Z     when they are read; now, if not said
 *   settings: {base_url: …}       beside the defaults; {token} is TOKEN, {refresh} is REFRESH
 *   cases:
 *     - {answer: list.json, to: list, gives: {rows: [{id: a1, state: ready}]}}
 *     - {request: list, gives: {method: GET, url: …}}
 *
 * A case has an answer (the file with the body; with `status` if it is not 200, and `headers`)
 * and what it answers (`to`), or a `request` that is to be built, and then what comes of it
 * (`gives`).
 *
 * Asked can be: token, refresh, list, get (of `id`, or of `ids` where several are asked at once;
 * with `known`, the row that a part belongs to), create, act (with `do`, one of several; of
 * `id`), file, detect, document (with `document`, its name). `collection` names one, if it is not
 * the first. A later page is asked for `from: {rows, pages, total, next}`, what is new in a
 * document `since`; a request can have a `command`, and `fallback: yes` is the smaller document.
 *
 * What comes of it: rows (each with id, name, state, word, error, created, updated, version,
 * files) and next, the cursor or address of the next page, or yes; row of a get; token, refresh,
 * expires; ok, id, row of an act; record and files (path, and size or url and password) of a
 * delivery; url of a file; offers; name of a document; errno and remedy (token, fallback,
 * smaller); method, url, once, body, json, variables of a request. What is not named must not be
 * there, but for these, of which as much can be said as one wants: words (contained in what is
 * told of an error), query (contained), shows (members of the record), part, headers. beside is
 * for errors that come with good data. */
#include "app/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_case.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "config/file.h"

enum { ANSWER_BYTES = 64 * 1024 * 1024 };

static const char expect_name[] = "expect.yaml";

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name);

	return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

static int add_header(struct response *response, const char *name, const char *value)
{
	return response_add_header(response, name, strlen(name), value, strlen(value));
}

/* The answer as it would have come. */
static int load_answer(struct answers *a, const struct doc *node, const char *name,
		       struct response *out)
{
	const struct doc *headers = reader_object(&a->reader, node, "headers");
	auto_free char *path = file_join(a->dir, name);
	const struct doc *value;
	const char *key;
	int r = path ? file_read(path, ANSWER_BYTES, &out->body, &out->body_length, NULL) : -ENOMEM;

	if (r < 0) {
		reader_complain(&a->reader, node, "%s cannot be read: %s", name, strerror(-r));
		return r;
	}
	out->status = reader_integer(&a->reader, node, "status", 100, 599, 200);
	r = add_header(out, "Content-Type",
		       ends_in(name, ".html") ? "text/html; charset=utf-8" : "application/json");
	for (size_t i = 0; doc_member(headers, i, &key, &value) && r == 0; i++) {
		const char *text = reader_text(&a->reader, headers, key);
		r = text ? add_header(out, key, text) : 0;
	}
	a->reader.no_memory |= r == -ENOMEM;
	return r;
}

static int run_answer(struct answers *a, const struct subject *s, const char *name,
		      struct doc *found, struct problem *why, bool *ran)
{
	struct response response = {0};
	int r = load_answer(a, s->node, name, &response);

	*ran = r == 0;
	if (r == 0) {
		r = case_read(a, s, &response, found, why);
	}
	response_finish(&response);
	return r;
}

static int run_request(struct answers *a, const struct subject *s, struct doc *found,
		       struct problem *why)
{
	struct request request = {0};
	int r = case_build(a, s, &request, why);

	if (r == 0) {
		r = case_tell_request(&request, found);
	}
	request_finish(&request);
	return r;
}

/* One finding says it all: where it is, what comes first, and how much more there is. */
static void judge(struct answers *a, const struct subject *s, const char *name,
		  const struct doc *found)
{
	const struct doc *gives = doc_get(s->node, "gives");
	const char *err = doc_text(doc_get(found, "errno"), NULL);
	auto_free char *first = NULL;
	int count = case_compare(gives, found, &first);

	if (err && !doc_get(gives, "errno")) {
		reader_complain(&a->reader, s->node, "%s: expected no error, found %s: %s", name,
				err, doc_text(doc_get(found, "words"), NULL));
	} else if (count > 1) {
		reader_complain(&a->reader, s->node, "%s: %s (and %d more)", name,
				first ? first : "", count - 1);
	} else if (count == 1) {
		reader_complain(&a->reader, s->node, "%s: %s", name, first ? first : "");
	}
}

static void run_case(struct answers *a, const struct doc *node)
{
	static const char *const keys[] = {"answer",   "to",   "request", "status",  "headers",
					   "known",    "id",   "ids",     "do",      "collection",
					   "document", "from", "since",   "command", "fallback",
					   "gives",    NULL};
	const char *name = reader_text(&a->reader, node, "answer");
	const char *request = reader_text(&a->reader, node, "request");
	struct subject s = {.node = node};
	struct problem why = {0};
	bool ran = true;

	reader_check_keys(&a->reader, node, keys);
	if (!name == !request || !reader_object(&a->reader, node, "gives")) {
		reader_complain(&a->reader, node,
				"a case has 'answer' and 'to', or 'request'; and 'gives'");
		return;
	}
	if (!case_find(a, name ? "to" : "request", &s)) {
		if (!doc_get(node, name ? "to" : "request")) {
			reader_complain(&a->reader, node, "'to' is missing: what was asked");
		}
		return;
	}
	struct doc *found = doc_object_create();
	int r = name ? run_answer(a, &s, name, found, &why, &ran) : run_request(a, &s, found, &why);
	if (r < 0) {
		doc_set_text(found, "errno", error_name(r));
		doc_set_text(found, "words", problem_words(&why, r));
	}
	if (ran) {
		judge(a, &s, name ? name : request, found);
	}
	doc_destroy(found);
	problem_finish(&why);
}

/* The defaults of the description, over them what the folder says, and tokens. */
static int load_scope(struct answers *a, const struct doc *root, struct value *list)
{
	const struct doc *settings = reader_object(&a->reader, root, "settings");
	const struct provider *provider = a->provider;
	int count = 0;

	list[count++] = (struct value){"token", "TOKEN"};
	list[count++] = (struct value){"refresh", "REFRESH"};
	for (int i = 0; i < provider->setting_count; i++) {
		const struct setting_spec *setting = &provider->settings[i];
		const char *said = reader_text(&a->reader, settings, setting->name);
		const char *text = said ? said : setting->fallback;
		if (text) {
			list[count++] = (struct value){setting->name, text};
		}
	}
	return count;
}

static void run_cases(struct answers *a, const struct doc *root, int *count)
{
	static const char *const keys[] = {"now", "settings", "cases", NULL};
	const struct doc *cases = reader_list(&a->reader, root, "cases");
	const char *now = reader_text(&a->reader, root, "now");
	auto_free struct value *list = calloc((size_t)a->provider->setting_count + 2,
					      sizeof(*list));

	if (!list) {
		a->reader.no_memory = true;
		return;
	}
	reader_check_keys(&a->reader, root, keys);
	a->now_ns = now ? clock_parse(now) : clock_wall_ns();
	a->scope = (struct values){list, load_scope(a, root, list), NULL};
	for (size_t i = 0; i < doc_count(cases); i++) {
		run_case(a, doc_at(cases, i));
	}
	*count = (int)doc_count(cases);
	if (*count == 0) {
		reader_complain(&a->reader, root, "'cases' is missing: what must come out");
	}
}

int check_answers(const struct provider *provider, const char *dir, struct findings *findings,
		  int *count)
{
	auto_free char *path = file_join(dir, expect_name);
	auto_free char *text = NULL;
	struct answers a = {.dir = dir, .provider = provider};
	struct doc *root = NULL;
	size_t length = 0;

	if (!path) {
		return -ENOMEM;
	}
	a.reader = (struct reader){.file = path, .findings = findings};
	int r = file_read(path, ANSWER_BYTES, &text, &length, NULL);
	if (r < 0) {
		return findings_add(findings, path, 0, "%s", strerror(-r));
	}
	r = doc_parse_yaml(path, text, length, findings, &root);
	if (r == 0) {
		run_cases(&a, root, count);
	}
	doc_destroy(root);
	r = a.reader.found ? -EINVAL : r;
	return a.reader.no_memory ? -ENOMEM : r;
}
