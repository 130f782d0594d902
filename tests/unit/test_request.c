/* Requests that differ each time: GraphQL bodies and their variables, values with a type, pages of
 * every kind, and many items at once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "descriptions.h"
#include "provider/spec.h"
#include "scarce.h"

static const struct value settings[] = {
	{"base_url", "https://api.example.org/v1"},
	{"url", "https://g.example.org/graphql"},
	{"key", "s3cret"},
	{"mail", "me@example.org"},
	{"token", "T"},
};
static const struct values scope = {settings, 5, NULL};

static void assert_built(const struct provider *p, const struct request_spec *spec, bool narrow,
			 const struct values *values, const char *url, const char *body)
{
	struct problem why = {0};
	struct request request;
	int r = request_build(p, spec, narrow, values, &request, &why);

	if (r < 0) {
		fail_msg("%s", problem_words(&why, r));
	}
	assert_string_equal(request.url, url);
	assert_string_equal(request.body, body);
	request_finish(&request);
}

static void graphql_has_a_document_and_its_variables(void **state)
{
	struct provider *p = load(graph_sample);
	struct request request;
	struct value id = {"id", "a\"b"};
	struct values values = {&id, 1, &scope};
	const struct act *act = &p->collections[0].act->acts[1];

	(void)state;
	assert_built(
		p, p->token->login.request, false, &scope, "https://g.example.org/graphql/",
		"{\"query\":\"mutation Login($mail: String!) { login(mail: $mail) { token next "
		"} }\",\"variables\":{\"mail\":\"me@example.org\"}}");
	assert_built(p, p->documents[0].list.request, false, &scope,
		     "https://g.example.org/graphql/", "{\"query\":\"{ me { id } }\"}");
	assert_built(p, act->request, false, &values, "https://g.example.org/graphql/",
		     "{\"query\":\"mutation Export($id: ID!) { exportOrder(id: $id) { ok errors } "
		     "}\",\"variables\":{\"id\":\"a\\\"b\"}}");
	assert_int_equal(request_build(p, act->request, false, &values, &request, NULL), 0);
	assert_true(request.once && request.credentials);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.headers[1].value, "application/json");
	assert_string_equal(request.headers[2].name, "Content-Type");
	assert_string_equal(request.headers[2].value, "application/json");
	request_finish(&request);
	provider_destroy(p);
}

static void a_url_has_one_slash_at_its_end_however_it_was_set(void **state)
{
	struct provider *p = load(graph_sample);
	struct value urls[] = {{"url", "https://g.example.org/graphql///"}};
	struct values values = {urls, 1, &scope};

	(void)state;
	assert_built(p, p->documents[0].list.request, false, &values,
		     "https://g.example.org/graphql/", "{\"query\":\"{ me { id } }\"}");
	provider_destroy(p);
}

static void a_login_misses_nothing(void **state)
{
	struct provider *p = load(graph_sample);
	struct values few = {settings, 2, NULL};
	struct problem why = {0};
	struct request request;

	(void)state;
	assert_int_equal(request_build(p, p->token->login.request, false, &few, &request, &why),
			 -EINVAL);
	assert_string_equal(why.words,
			    "the account has no 'mail', and logging in needs it; or set 'app'");
	problem_finish(&why);
	provider_destroy(p);
}

static void the_smaller_document_is_taken_where_there_is_one(void **state)
{
	struct provider *p = load(graph_sample);
	const struct listing *list = &p->collections[0].list;

	(void)state;
	assert_int_equal(p->fallback_count, 2);
	assert_true(request_fallback(list->request) != many_fallback(p->collections[0].many));
	assert_true(request_fallback(list->request) >= 0);
	assert_int_equal(request_fallback(p->documents[0].list.request), -1);
	assert_built(p, list->request, true, &scope, "https://g.example.org/graphql/",
		     "{\"query\":\"query Orders($first: Int!, $after: String) { orders(first: "
		     "$first, after: $after) { id } }\"}");
	assert_built(p, p->documents[0].list.request, true, &scope,
		     "https://g.example.org/graphql/", "{\"query\":\"{ me { id } }\"}");
	provider_destroy(p);
}

static void values_have_the_type_of_their_field(void **state)
{
	struct provider *p = load(rest_sample);
	const struct trigger *create = p->collections[0].create;
	static const char text[] = "filter=5 count=7 price=2.50 columns=b,a extra='{\"x\":[1.0]}' "
				   "whole=yes until=2026-07-31";
	struct command_text all = {0};
	struct command_text few = {0};

	(void)state;
	assert_int_equal(command_parse(create, text, strlen(text), &all, NULL), 0);
	assert_built(p, create->acts[0].request, false,
		     &(struct values){all.values, all.value_count, &scope},
		     "https://api.example.org/v1/jobs",
		     "{\"filter\":\"5\",\"kind\":\"k-csv\",\"count\":7,\"price\":2.50,"
		     "\"more\":[[\"b\",\"a\"],{\"x\":[1.0]},true,\"2026-07-31T23:59:59Z\"]}");
	assert_int_equal(command_parse(create, "filter=a", 8, &few, NULL), 0);
	assert_built(p, create->acts[0].request, false,
		     &(struct values){few.values, few.value_count, &scope},
		     "https://api.example.org/v1/jobs",
		     "{\"filter\":\"a\",\"kind\":\"k-csv\",\"price\":1.50,\"more\":[false]}");
	command_text_finish(&all);
	command_text_finish(&few);
	provider_destroy(p);
}

/* The body, or the URL, of the next page. */
static void assert_page(const struct provider *p, const struct listing *list,
			const struct page_position *position, const struct values *values,
			const char *part)
{
	struct problem why = {0};
	struct request request;
	int r = page_build(p, list, false, position, values, &request, &why);

	if (r < 0) {
		fail_msg("%s", problem_words(&why, r));
	}
	if (!strstr(request.body ? request.body : request.url, part)) {
		fail_msg("%s: no %s", request.body ? request.body : request.url, part);
	}
	request_finish(&request);
}

/* Reads one answer, which must go well, and gives the words that came with it. */
static char *read_page(const struct listing *list, const char *json, const char *link,
		       const char *url, struct page_position *position)
{
	struct response response = {.status = 200};
	struct problem why = {0};
	struct doc *answer = NULL;
	const struct doc *rows;
	char *words;
	int r;

	if (link) {
		assert_int_equal(response_add_header(&response, "link", 4, link, strlen(link)), 0);
	}
	assert_int_equal(doc_parse_json(json, strlen(json), 0, &answer, NULL), 0);
	r = page_read(list, answer, &response, url, position, &rows, &why);
	words = strdup(problem_words(&why, r));
	assert_true(r == 0 || r == -EBADMSG);
	problem_finish(&why);
	response_finish(&response);
	doc_destroy(answer);
	return words;
}

static void read_on(const struct listing *list, const char *json, struct page_position *position)
{
	free(read_page(list, json, NULL, "https://api.example.org/v1/jobs", position));
}

static void relay_pages_follow_their_cursor(void **state)
{
	struct provider *p = load(graph_sample);
	const struct listing *list = &p->collections[0].list;
	struct page_position position = {0};
	char *words;

	(void)state;
	assert_page(p, list, &position, &scope, "\"variables\":{\"first\":10}}");
	read_on(list,
		"{\"data\":{\"orders\":{\"nodes\":[{},{}],\"pageInfo\":{\"hasNextPage\":true,"
		"\"endCursor\":\"c1\"}}}}",
		&position);
	assert_false(position.done);
	assert_int_equal(position.rows, 2);
	assert_page(p, list, &position, &scope, "\"variables\":{\"first\":10,\"after\":\"c1\"}}");
	/* An empty page is no end while there is another cursor. */
	read_on(list,
		"{\"data\":{\"orders\":{\"nodes\":[],\"pageInfo\":{\"hasNextPage\":true,"
		"\"endCursor\":\"c2\"}}}}",
		&position);
	assert_false(position.done);
	words = read_page(
		list,
		"{\"data\":{\"orders\":{\"nodes\":[{}],\"pageInfo\":{\"hasNextPage\":true,"
		"\"endCursor\":\"c2\"}}}}",
		NULL, "https://g", &position);
	assert_true(position.done && position.cut);
	assert_string_equal(words,
			    "the listing ended before its end: the API leads to the page that "
			    "was just read");
	free(words);
	page_position_finish(&position);
	read_on(list,
		"{\"data\":{\"orders\":{\"nodes\":[{}],\"pageInfo\":{\"hasNextPage\":false,"
		"\"endCursor\":\"c2\"}}}}",
		&position);
	assert_true(position.done && !position.cut);
	page_position_finish(&position);
	read_on(list,
		"{\"data\":{\"orders\":{\"nodes\":[{}],\"pageInfo\":{\"hasNextPage\":true,"
		"\"endCursor\":null}}}}",
		&position);
	assert_true(position.done && position.cut);
	page_position_finish(&position);
	words = read_page(list, "{\"data\":{\"orders\":{}}}", NULL, "https://g", &position);
	assert_string_equal(words, "the answer has no list at 'data.orders.nodes'");
	free(words);
	page_position_finish(&position);
	provider_destroy(p);
}

static void rows_stand_where_the_description_says(void **state)
{
	static const char json[] = "[{\"node\":{\"id\":1}},{\"node\":null},{},null]";
	struct provider *p = load(graph_sample);
	struct provider *rest = load(rest_sample);
	struct doc *rows = NULL;

	(void)state;
	assert_int_equal(doc_parse_json(json, strlen(json), 0, &rows, NULL), 0);
	assert_string_equal(doc_text(doc_get(page_row(&p->collections[0].list, rows, 0), "id"),
				     NULL),
			    "1");
	for (size_t i = 1; i < 5; i++) {
		assert_null(page_row(&p->collections[0].list, rows, i));
	}
	assert_int_equal(doc_count(page_row(&rest->collections[0].list, rows, 0)), 1);
	assert_null(page_row(&rest->collections[0].list, rows, 3));
	doc_destroy(rows);
	provider_destroy(p);
	provider_destroy(rest);
}

static void offsets_are_numbers_and_sizes_shrink(void **state)
{
	struct provider *p = load(graph_sample);
	const struct listing *list = &p->documents[1].list;
	struct value since = {"since", "2026-01-01"};
	struct values values = {&since, 1, &scope};
	struct page_position position = {0};

	(void)state;
	assert_page(p, list, &position, &scope, "\"variables\":{\"skip\":0,\"take\":100}}");
	assert_page(p, list, &position, &values,
		    "\"variables\":{\"since\":\"2026-01-01\",\"skip\":0,\"take\":100}}");
	assert_true(page_shrink(list, &position));
	assert_page(p, list, &position, &scope, "\"variables\":{\"skip\":0,\"take\":50}}");
	read_on(list, "{\"data\":{\"things\":[{},{}],\"total\":5}}", &position);
	assert_page(p, list, &position, &scope, "\"variables\":{\"skip\":2,\"take\":50}}");
	assert_false(position.shifted);
	read_on(list, "{\"data\":{\"things\":[{},{}],\"total\":4}}", &position);
	assert_true(position.done && position.shifted && !position.cut);
	position.size = 1;
	assert_false(page_shrink(list, &position));
	page_position_finish(&position);
	provider_destroy(p);
}

static struct provider *load_paged(const char *page)
{
	auto_free char *text = with(
		rest_sample,
		"{kind: offset, skip: 'page[offset]', take: limit, size: 50, total: total, cap: 3}",
		page);

	return load(text);
}

static void cursors_end_when_there_is_none(void **state)
{
	struct provider *p = load_paged(
		"{kind: cursor, parameter: after&, next: meta.next, cap: 3}");
	const struct listing *list = &p->collections[0].list;
	struct page_position position = {0};
	char *words;

	(void)state;
	assert_page(p, list, &position, &scope, "/v1/jobs?sort=-created");
	read_on(list, "{\"data\":[{}],\"meta\":{\"next\":\"x&y\"}}", &position);
	assert_page(p, list, &position, &scope, "/v1/jobs?sort=-created&after%26=x%26y");
	read_on(list, "{\"data\":[],\"meta\":{\"next\":17}}", &position);
	assert_page(p, list, &position, &scope, "&after%26=17");
	words = read_page(list, "{\"data\":[{}],\"meta\":{\"next\":\"z\"}}", NULL, "https://a",
			  &position);
	assert_true(position.done && position.cut);
	assert_string_equal(words,
			    "the listing ended before its end: more pages than the description "
			    "allows");
	free(words);
	page_position_finish(&position);
	read_on(list, "{\"data\":[{}],\"meta\":{\"next\":null}}", &position);
	assert_true(position.done && !position.cut);
	page_position_finish(&position);
	read_on(list, "{\"data\":[{}],\"meta\":{\"next\":\"\"}}", &position);
	assert_true(position.done && !position.cut);
	page_position_finish(&position);
	assert_false(page_shrink(list, &position));
	provider_destroy(p);
}

static void numbered_pages_end_at_an_empty_one(void **state)
{
	struct provider *p = load_paged(
		"{kind: page_number, parameter: page, take: size, size: 20, total: pages}");
	const struct listing *list = &p->collections[0].list;
	struct page_position position = {0};

	(void)state;
	assert_page(p, list, &position, &scope, "&page=1&size=20");
	read_on(list, "{\"data\":[{}]}", &position);
	assert_page(p, list, &position, &scope, "&page=2&size=20");
	assert_false(page_shrink(list, &position));
	read_on(list, "{\"data\":[]}", &position);
	assert_true(position.done && !position.cut);
	page_position_finish(&position);
	assert_true(page_shrink(list, &position));
	read_on(list, "{\"data\":[{}],\"pages\":2}", &position);
	assert_false(position.done);
	read_on(list, "{\"data\":[{}],\"pages\":2}", &position);
	assert_true(position.done && !position.cut);
	page_position_finish(&position);
	provider_destroy(p);
}

static void assert_next(const struct listing *list, const char *next, const char *expected)
{
	struct page_position position = {0};
	struct buf json = {0};
	char *words;

	buf_printf(&json, "{\"data\":[{}],\"next\":\"%s\"}", next);
	words = read_page(list, json.data, NULL, "https://api.example.org/v1/jobs?page=1",
			  &position);
	if (strstr(expected, "://")) {
		assert_string_equal(position.next, expected);
		assert_false(position.done);
	} else {
		assert_null(position.next);
		assert_non_null(strstr(words, expected));
	}
	free(words);
	buf_finish(&json);
	page_position_finish(&position);
}

static void next_addresses_stay_at_their_host(void **state)
{
	struct provider *p = load_paged("{kind: next_url, next: next}");
	const struct listing *list = &p->collections[0].list;
	struct page_position position = {.pages = 1};

	(void)state;
	assert_next(list, "https://api.example.org/v1/jobs?page=2",
		    "https://api.example.org/v1/jobs?page=2");
	assert_next(list, "https://API.example.org:443/x", "https://API.example.org:443/x");
	assert_next(list, "/v2/x?a=b#c", "https://api.example.org/v2/x?a=b");
	assert_next(list, "?page=2", "https://api.example.org/v1/jobs?page=2");
	assert_next(list, "more?u=http://x", "https://api.example.org/v1/more?u=http://x");
	assert_next(list, "//api.example.org/y", "https://api.example.org/y");
	assert_next(list, "https://evil.example/v1", "leads to another host");
	assert_next(list, "//evil.example/v1", "leads to another host");
	assert_next(list, "http://api.example.org/v1/jobs?page=2", "leads to another host");
	assert_next(list, "https://api.example.org:8443/v1", "leads to another host");
	assert_next(list, "https://me:pw@api.example.org/v1", "leads to another host");
	assert_next(list, "file:///etc/passwd", "leads to another host");
	assert_next(list, "https://api.example.org\\\\@evil.example/", "address is none");
	assert_next(list, "/a b", "address is none");
	assert_next(list, "/a\\r\\nX: y", "address is none");
	assert_next(list, "https://api.example.org/v1/jobs?page=1", "was just read");
	position.next = strdup("https://api.example.org/v1/jobs?page=2");
	assert_page(p, list, &position, &scope, "https://api.example.org/v1/jobs?page=2");
	read_on(list, "{\"data\":[{}],\"next\":null}", &position);
	assert_true(position.done && !position.cut);
	page_position_finish(&position);
	provider_destroy(p);
}

static void assert_link(const struct listing *list, const char *link, const char *expected)
{
	struct page_position position = {0};

	free(read_page(list, "{\"data\":[{}]}", link, "https://a.example/x?p=1", &position));
	if (expected) {
		assert_string_equal(position.next, expected);
	} else {
		assert_null(position.next);
		assert_true(position.done && !position.cut);
	}
	page_position_finish(&position);
}

static void links_are_read_from_headers(void **state)
{
	struct provider *p = load_paged("{kind: next_url, next: header:Link}");
	const struct listing *list = &p->collections[0].list;

	(void)state;
	assert_link(list, NULL, NULL);
	assert_link(list, "<https://a.example/x?p=2>; rel=\"next\"", "https://a.example/x?p=2");
	assert_link(list, "</x?p=9>; rel=last, </x?p=2,3>; title=\"a, b; c\"; rel=next",
		    "https://a.example/x?p=2,3");
	assert_link(list, "</p>; rel=\"prev next\"", "https://a.example/p");
	assert_link(list, "</p>;REL = NEXT", "https://a.example/p");
	assert_link(list, "</p>; rel=prev", NULL);
	assert_link(list, "</p>; rel=nextish", NULL);
	assert_link(list, "</p>; relate=next", NULL);
	assert_link(list, "</p", NULL);
	assert_link(list, "</p>", NULL);
	assert_link(list, "<", NULL);
	assert_link(list, "", NULL);
	provider_destroy(p);
}

static void many_are_asked_for_at_once(void **state)
{
	static const char *const ids[] = {"a\"b", "c"};
	struct provider *p = load(graph_sample);
	const struct collection *orders = &p->collections[0];
	struct request request;

	(void)state;
	assert_int_equal(many_build(p, orders, false, ids, 2, &scope, &request, NULL), 0);
	assert_string_equal(
		request.body,
		"{\"query\":\"query ($id0: ID!, $id1: ID!) { x0: export(order: $id0) { id "
		"status } x1: export(order: $id1) { id status } }\",\"variables\":"
		"{\"id0\":\"a\\\"b\",\"id1\":\"c\"}}");
	assert_string_equal(request.url, "https://g.example.org/graphql/");
	assert_true(request.credentials && !request.once);
	request_finish(&request);
	assert_int_equal(many_build(p, orders, true, ids + 1, 1, &scope, &request, NULL), 0);
	assert_string_equal(request.body,
			    "{\"query\":\"query ($id0: ID!) { x0: export(order: $id0) { "
			    "status } }\",\"variables\":{\"id0\":\"c\"}}");
	request_finish(&request);
	provider_destroy(p);
}

static void each_of_many_has_its_answer(void **state)
{
	static const char json[] =
		"{\"data\":{\"x0\":{\"id\":1},\"x1\":null,\"x2\":null},\"errors\":[{\"path\":[\"x2\","
		"\"id\"],\"message\":\"no\"},{\"message\":\"whole\"}]}";
	struct doc *answer = NULL;

	(void)state;
	assert_int_equal(doc_parse_json(json, strlen(json), 0, &answer, NULL), 0);
	assert_int_equal(doc_kind(many_answer(answer, 0)), DOC_OBJECT);
	assert_int_equal(doc_kind(many_answer(answer, 1)), DOC_NULL);
	assert_int_equal(doc_kind(many_answer(answer, 2)), DOC_ABSENT);
	assert_int_equal(doc_kind(many_answer(answer, 3)), DOC_ABSENT);
	assert_int_equal(doc_kind(many_answer(NULL, 0)), DOC_ABSENT);
	doc_destroy(answer);
}

/* Builds everything once; the answer is read before, since json-c's reader does not survive a lack of
 * memory. */
static int do_all(const struct provider *p, const struct doc *answer)
{
	static const char *const ids[] = {"a", "b"};
	const struct collection *orders = &p->collections[0];
	struct page_position position = {0};
	struct request request = {0};
	const struct doc *rows;
	int r = many_build(p, orders, false, ids, 2, &scope, &request, NULL);

	request_finish(&request);
	if (r == 0) {
		r = page_read(&orders->list, answer, NULL, NULL, &position, &rows, NULL);
	}
	if (r == 0) {
		r = page_build(p, &orders->list, false, &position, &scope, &request, NULL);
		request_finish(&request);
	}
	page_position_finish(&position);
	return r;
}

static void running_out_of_memory_is_an_error(void **state)
{
	static const char json[] = "{\"data\":{\"orders\":{\"nodes\":[{}],\"pageInfo\":"
				   "{\"hasNextPage\":true,\"endCursor\":\"c1\"}}}}";
	struct provider *p = load(graph_sample);
	struct doc *answer = NULL;

	(void)state;
	assert_int_equal(doc_parse_json(json, strlen(json), 0, &answer, NULL), 0);
	ASSERT_SURVIVES(do_all(p, answer), false);
	doc_destroy(answer);
	provider_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(graphql_has_a_document_and_its_variables),
		cmocka_unit_test(a_url_has_one_slash_at_its_end_however_it_was_set),
		cmocka_unit_test(a_login_misses_nothing),
		cmocka_unit_test(the_smaller_document_is_taken_where_there_is_one),
		cmocka_unit_test(values_have_the_type_of_their_field),
		cmocka_unit_test(relay_pages_follow_their_cursor),
		cmocka_unit_test(rows_stand_where_the_description_says),
		cmocka_unit_test(offsets_are_numbers_and_sizes_shrink),
		cmocka_unit_test(cursors_end_when_there_is_none),
		cmocka_unit_test(numbered_pages_end_at_an_empty_one),
		cmocka_unit_test(next_addresses_stay_at_their_host),
		cmocka_unit_test(links_are_read_from_headers),
		cmocka_unit_test(many_are_asked_for_at_once),
		cmocka_unit_test(each_of_many_has_its_answer),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
