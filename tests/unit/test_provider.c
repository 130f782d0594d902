/* Descriptions at work: which requests they make, how answers and commands are read. The recorded
 * answers in tests/provider are tried against each shipped description. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/check.h"
#include "base/cleanup.h"
#include "config/file.h"
#include "provider/provider.h"
#include "scarce.h"

static struct provider *load_shipped(const char *name)
{
	struct findings findings = {0};
	struct provider *provider = NULL;
	auto_free char *path = NULL;
	auto_free char *text = NULL;
	size_t length = 0;

	assert_true(asprintf(&path, ORDERFS_PROVIDERS_SOURCE "/%s.yaml", name) > 0);
	assert_int_equal(file_read(path, 1 << 20, &text, &length, NULL), 0);
	if (provider_load(name, text, length, &findings, &provider) < 0) {
		for (int i = 0; i < findings.count; i++) {
			print_error("%s:%d: %s\n", findings.list[i].file, findings.list[i].line,
				    findings.list[i].words);
		}
		fail_msg("%s does not load", name);
	}
	return provider;
}

/* In one process with the sanitizers; what `orderfs check` says of them is tested elsewhere. */
static void recorded_answers_are_read_as_expected(void **state)
{
	static const char *const names[] = {"elasticpath", "eneba", "next", "saleor", "wock"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct provider *provider = load_shipped(names[i]);
		struct findings findings = {0};
		auto_free char *dir = NULL;
		int count = 0;

		assert_true(asprintf(&dir, ORDERFS_PROVIDERS_SOURCE "/../../../tests/provider/%s",
				     names[i]) > 0);
		if (check_answers(provider, dir, &findings, &count) < 0) {
			fail_msg("%s:%d: %s", names[i], findings.list[0].line,
				 findings.list[0].words);
		}
		assert_true(count > 20);
		findings_finish(&findings);
		provider_destroy(provider);
	}
}

/* A description with one of everything, to be changed a little by each test. */
static const char sample[] =
	"format: 1\n"
	"name: sample\n"
	"settings:\n"
	"  base_url: {default: 'https://api.example.org/v1/'}\n"
	"  key: {required: true, secret: true}\n"
	"  region: {help: where}\n"
	"auth:\n"
	"  token:\n"
	"    request: {post: '{base_url}/token', form: {key: '{key}', a b: '1&2'}}\n"
	"    value: t\n"
	"  headers: {Authorization: 'Bearer {token}', X-Region: '{region}'}\n"
	"errors: {message: m, id: i, rules: [{when: {status: 403}, say: ask for more}]}\n"
	"collections:\n"
	"  jobs:\n"
	"    item:\n"
	"      id: id\n"
	"      error: error\n"
	"      records: {job.json: list}\n"
	"      states:\n"
	"        - {is: empty, when: {s: failed, error: {contains: [nothing, none]}}}\n"
	"        - {is: ready, when: {s: [done, ok], 'n.count': 3}}\n"
	"        - {is: running, when: {s: done, flag: true}}\n"
	"        - {is: queued, when: {s: {null: yes}}}\n"
	"        - {is: failed, when: {s: failed}}\n"
	"    list:\n"
	"      request: {get: '{base_url}/jobs', query: {sort: -created}}\n"
	"      rows: data\n"
	"      page: {kind: offset, skip: 'page[offset]', take: limit, size: 50, total: total, cap: 3}\n"
	"    get: {request: {get: '{base_url}/jobs/{id}'}, row: data}\n"
	"    create:\n"
	"      effect: quota\n"
	"      fields:\n"
	"        filter: {required: true, help: what to take}\n"
	"        kind: {enum: [csv, xlsx], default: csv}\n"
	"        note: {}\n"
	"      example: filter=a\n"
	"      request:\n"
	"        post: '{base_url}/jobs'\n"
	"        headers: {X-Note: 'n {note}'}\n"
	"        query: {note: '{note}'}\n"
	"        json: {filter: '{filter}', kind: 'k-{kind}', n: 5, list: [true, '{note}'], note: '{note}'}\n"
	"      id: id\n"
	"      remember: [filter, note]\n"
	"    files:\n"
	"      - {name: out.csv, when: ready, resolve: {request: {get: '{base_url}/jobs/{id}/file'}, url: u}}\n"
	"    poll: {list: 30s, active: 2s..20s}\n"
	"    lifetime: 7d\n";

/* text with the first `from` replaced. */
static char *with(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	struct buf out = {0};

	if (!at) {
		fail_msg("the sample has no '%s'", from);
		return NULL;
	}
	buf_add(&out, text, (size_t)(at - text));
	buf_puts(&out, to);
	buf_puts(&out, at + strlen(from));
	return buf_take(&out);
}

static struct provider *load(const char *text)
{
	struct findings findings = {0};
	struct provider *provider = NULL;

	if (provider_load("s.yaml", text, strlen(text), &findings, &provider) < 0) {
		fail_msg("line %d: %s", findings.list[0].line, findings.list[0].words);
	}
	return provider;
}

static const struct value settings[] = {
	{"base_url", "https://api.example.org/v1/"},
	{"key", "s3cret/&"},
};
static const struct values outer = {settings, 2, NULL};

static const char *header_of(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (strcmp(request->headers[i].name, name) == 0) {
			return request->headers[i].value;
		}
	}
	return NULL;
}

static void build(const struct provider *p, const struct request_spec *spec,
		  const struct value *list, int count, struct request *out)
{
	struct values inner = {list, count, &outer};
	struct problem why = {0};
	int r = request_build(p, spec, false, &inner, out, &why);

	if (r < 0) {
		fail_msg("%s", problem_words(&why, r));
	}
}

static void requests_are_built(void **state)
{
	struct provider *p = load(sample);
	const struct collection *jobs = &p->collections[0];
	struct value token = {"token", "T"};
	struct request request;

	(void)state;
	build(p, p->token->login.request, NULL, 0, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/v1/token");
	assert_string_equal(request.body, "key=s3cret%2F%26&a%20b=1%262");
	assert_int_equal(request.body_length, strlen(request.body));
	assert_string_equal(header_of(&request, "Content-Type"),
			    "application/x-www-form-urlencoded");
	assert_string_equal(header_of(&request, "Accept"), "application/json");
	assert_null(header_of(&request, "Authorization"));
	assert_true(request.credentials && !request.once);
	request_finish(&request);

	build(p, jobs->list.request, &token, 1, &request);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, "https://api.example.org/v1/jobs?sort=-created");
	assert_string_equal(header_of(&request, "Authorization"), "Bearer T");
	assert_null(header_of(&request, "X-Region"));
	assert_null(header_of(&request, "Content-Type"));
	assert_null(request.body);
	assert_true(request.credentials && !request.once);
	request_finish(&request);
	provider_destroy(p);
}

static void an_id_is_one_segment_whatever_it_holds(void **state)
{
	static const char *const cases[][2] = {
		{"7d7c", "7d7c"},
		{"a/b", "a%2Fb"},
		{"..", "%2E%2E"},
		{".", "%2E"},
		{"...", "..."},
		{"../../x", "..%2F..%2Fx"},
		{"100%", "100%25"},
		{"%2e%2e", "%252e%252e"},
		{"a?b#c", "a%3Fb%23c"},
		{"\xf0\x9f\x98\x80", "%F0%9F%98%80"},
		{"a b\r\nX: y", "a%20b%0D%0AX%3A%20y"},
		{"\\", "%5C"},
		{"{key}", "%7Bkey%7D"},
	};
	struct provider *p = load(sample);
	char id[301];
	char *url;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value values[] = {{"id", cases[i][0]}, {"token", "T"}};
		struct request request;

		build(p, p->collections[0].get, values, 2, &request);
		assert_true(asprintf(&url, "https://api.example.org/v1/jobs/%s", cases[i][1]) > 0);
		assert_string_equal(request.url, url);
		free(url);
		request_finish(&request);
	}
	memset(id, 'x', 300);
	id[300] = '\0';
	struct value values[] = {{"id", id}, {"token", "T"}};
	struct request request;
	build(p, p->collections[0].get, values, 2, &request);
	assert_int_equal(strlen(request.url), strlen("https://api.example.org/v1/jobs/") + 300);
	request_finish(&request);
	provider_destroy(p);
}

static void bodies_hold_values_as_they_are(void **state)
{
	struct provider *p = load(sample);
	struct value all[] = {{"filter", "eq(a,\"}],{key}\n\xc3\xa9"},
			      {"kind", "csv"},
			      {"note", "x&y"},
			      {"token", "T"}};
	struct value few[] = {{"filter", "f"}, {"kind", "csv"}, {"token", "T"}};
	struct request request;

	(void)state;
	build(p, p->collections[0].create->acts[0].request, all, 4, &request);
	assert_string_equal(request.body,
			    "{\"filter\":\"eq(a,\\\"}],{key}\\n\xc3\xa9\",\"kind\":\"k-csv\","
			    "\"n\":5,\"list\":[true,\"x&y\"],\"note\":\"x&y\"}");
	assert_string_equal(request.url, "https://api.example.org/v1/jobs?note=x%26y");
	assert_string_equal(header_of(&request, "X-Note"), "n x&y");
	assert_string_equal(header_of(&request, "Content-Type"), "application/json");
	assert_true(request.once && request.credentials);
	request_finish(&request);

	build(p, p->collections[0].create->acts[0].request, few, 3, &request);
	assert_string_equal(request.body,
			    "{\"filter\":\"f\",\"kind\":\"k-csv\",\"n\":5,\"list\":[true]}");
	assert_string_equal(request.url, "https://api.example.org/v1/jobs");
	assert_null(header_of(&request, "X-Note"));
	request_finish(&request);
	provider_destroy(p);
}

static void assert_not_built(const struct provider *p, const struct request_spec *spec,
			     const struct value *list, int count, const char *words)
{
	struct values values = {list, count, NULL};
	struct problem why = {0};
	struct request request;

	assert_int_equal(request_build(p, spec, false, &values, &request, &why), -EINVAL);
	if (!strstr(why.words, words)) {
		fail_msg("%s", why.words);
	}
	problem_finish(&why);
}

static void requests_that_would_be_broken_are_not_built(void **state)
{
	struct provider *p = load(sample);
	const struct collection *jobs = &p->collections[0];
	struct value bad_token[] = {{"token", "T\r\nX: y"}, {"base_url", "https://a"}};
	struct value no_token[] = {{"base_url", "https://a"}};
	struct value no_id[] = {{"token", "T"}, {"base_url", "https://a"}, {"id", ""}};
	struct value not_utf8[] = {{"token", "T"},
				   {"base_url", "https://a"},
				   {"filter", "\xff"},
				   {"kind", "csv"}};
	static const char *const bad_urls[] = {
		"ftp://a",    "https://",    "https://a?b",  "https://a#b",      "https://u@a",
		"https:///a", "https://a b", "https://a\\b", "https://\xc3\xa9", "//a",
		"",           "https://:80",
	};

	(void)state;
	assert_not_built(p, jobs->list.request, bad_token, 2, "control character");
	assert_not_built(p, jobs->list.request, no_token, 1, "no value for 'token'");
	assert_not_built(p, jobs->list.request, bad_token, 1, "no value for 'base_url'");
	assert_not_built(p, jobs->get, no_id, 3, "id is empty");
	assert_not_built(p, jobs->get, no_id, 2, "no value for 'id'");
	assert_not_built(p, jobs->create->acts[0].request, not_utf8, 4, "filter is not UTF-8");
	for (size_t i = 0; i < sizeof(bad_urls) / sizeof(bad_urls[0]); i++) {
		struct value values[] = {{"token", "T"}, {"base_url", bad_urls[i]}};

		assert_not_built(p, jobs->list.request, values, 2, "base URL");
	}
	provider_destroy(p);
}

/* Reads a page of n rows out of total, from where the listing stands. */
static void read_page(const struct provider *p, struct page_position *position, int n, int total)
{
	struct buf text = {0};
	struct doc *answer = NULL;
	const struct doc *rows;

	buf_printf(&text, "{\"total\":\"%d\",\"data\":[", total);
	for (int i = 0; i < n; i++) {
		buf_puts(&text, i ? ",{}" : "{}");
	}
	buf_puts(&text, "]}");
	assert_int_equal(doc_parse_json(text.data, text.length, 0, &answer, NULL), 0);
	assert_int_equal(page_read(&p->collections[0].list, answer, NULL, NULL, position, &rows,
				   NULL),
			 0);
	assert_int_equal(doc_count(rows), n);
	doc_destroy(answer);
	buf_finish(&text);
}

static void pages_are_asked_for_while_there_is_more(void **state)
{
	struct provider *p = load(sample);
	struct page_position position = {0};
	struct value token = {"token", "T"};
	struct values values = {&token, 1, &outer};
	struct request request;

	(void)state;
	assert_int_equal(page_build(p, &p->collections->list, false, &position, &values, &request,
				    NULL),
			 0);
	assert_string_equal(request.url, "https://api.example.org/v1/jobs?sort=-created");
	request_finish(&request);
	read_page(p, &position, 25, 60);
	assert_false(position.done);
	assert_int_equal(page_build(p, &p->collections->list, false, &position, &values, &request,
				    NULL),
			 0);
	assert_string_equal(request.url, "https://api.example.org/v1/jobs?sort=-created"
					 "&page%5Boffset%5D=25&limit=50");
	request_finish(&request);
	read_page(p, &position, 35, 60);
	assert_true(position.done && !position.cut);
	assert_int_equal(position.rows, 60);

	position = (struct page_position){0};
	read_page(p, &position, 10, 1000);
	read_page(p, &position, 0, 1000);
	assert_true(position.done && !position.cut);

	position = (struct page_position){0};
	read_page(p, &position, 10, 1000);
	read_page(p, &position, 10, 1000);
	assert_false(position.done);
	read_page(p, &position, 10, 1000);
	assert_true(position.done && position.cut);
	provider_destroy(p);
}

static void assert_state(const struct provider *p, const char *json, enum state expected)
{
	struct doc *doc = NULL;
	struct row row = {0};
	auto_free char *text = with(json, "{", "{\"id\":17,");

	assert_int_equal(doc_parse_json(text, strlen(text), 0, &doc, NULL), 0);
	assert_int_equal(row_read(&p->collections[0], NULL, doc, NULL, 0, &row, NULL), 0);
	assert_string_equal(row.id, "17");
	assert_string_equal(state_word(row.state), state_word(expected));
	row_finish(&row);
	doc_destroy(doc);
}

static void states_follow_from_rules(void **state)
{
	struct provider *p = load(sample);

	(void)state;
	assert_state(p, "{\"s\":\"FAILED\",\"error\":\"There is Nothing here\"}", STATE_EMPTY);
	assert_state(p, "{\"s\":\"failed\",\"error\":\"broken\"}", STATE_FAILED);
	assert_state(p, "{\"s\":\"failed\"}", STATE_FAILED);
	assert_state(p, "{\"s\":\"Ok\",\"n\":{\"count\":3}}", STATE_READY);
	assert_state(p, "{\"s\":\"ok\",\"n\":{\"count\":3.0}}", STATE_READY);
	assert_state(p, "{\"s\":\"ok\",\"n\":{\"count\":\"3\"}}", STATE_READY);
	assert_state(p, "{\"s\":\"ok\",\"n\":{\"count\":4}}", STATE_UNKNOWN);
	assert_state(p, "{\"s\":\"done\",\"flag\":true}", STATE_RUNNING);
	assert_state(p, "{\"s\":\"done\",\"flag\":false}", STATE_UNKNOWN);
	assert_state(p, "{\"s\":null}", STATE_QUEUED);
	assert_state(p, "{\"x\":1}", STATE_QUEUED);
	assert_state(p, "{\"s\":\"\"}", STATE_UNKNOWN);
	assert_state(p, "{\"s\":{\"a\":1}}", STATE_UNKNOWN);
	provider_destroy(p);
}

static void rows_keep_what_was_said(void **state)
{
	static const char json[] =
		"{\"id\":\"a/b\",\"s\":\"failed\",\"n\":1.50,\"error\":{\"code\":7}}";
	struct provider *p = load(sample);
	struct doc *doc = NULL;
	struct row row = {0};

	(void)state;
	assert_int_equal(doc_parse_json(json, strlen(json), 0, &doc, NULL), 0);
	assert_int_equal(row_read(&p->collections[0], NULL, doc, NULL, 0, &row, NULL), 0);
	assert_string_equal(row.id, "a/b");
	assert_string_equal(row.error, "{\"code\":7}");
	assert_string_equal(row.record,
			    "{\n  \"id\": \"a/b\",\n  \"s\": \"failed\",\n  \"n\": 1.50,\n"
			    "  \"error\": {\n    \"code\": 7\n  }\n}\n");
	assert_int_equal(row.created_ns, 0);
	row_finish(&row);
	doc_destroy(doc);
	assert_int_equal(doc_parse_json("{\"id\":\"a\\u0000\"}", 16, 0, &doc, NULL), 0);
	assert_int_equal(row_read(&p->collections[0], NULL, doc, NULL, 0, &row, NULL), -EBADMSG);
	doc_destroy(doc);
	provider_destroy(p);
}

static void assert_answer(const struct provider *p, int status, const char *body, int err,
			  const char *words)
{
	struct response response = {.status = status,
				    .body = (char *)(uintptr_t)body,
				    .body_length = strlen(body)};
	struct value token = {"token", "tok-123"};
	struct values values = {&token, 1, &outer};
	struct question question = {.request = p->collections[0].list.request, .values = &values};
	enum remedy remedy;
	struct problem why = {0};
	struct doc *doc = NULL;

	assert_int_equal(answer_read(p, &question, &response, &doc, &remedy, &why), err);
	assert_null(doc);
	assert_string_equal(why.words, words);
	problem_finish(&why);
}

static void foreign_words_are_made_harmless(void **state)
{
	struct provider *p = load(sample);
	char body[2000];
	char words[400];

	(void)state;
	assert_answer(p, 403, "{\"m\":\"no\",\"i\":7}", -EACCES,
		      "HTTP 403: no (request id 7); ask for more");
	assert_answer(p, 400, "{\"m\":\"  a\\u001b[31m\\r\\n b\\u0085c\\u0000d  \"}", -EINVAL,
		      "HTTP 400: a [31m b c");
	assert_answer(p, 500, "{\"m\":\"token tok-123 and s3cret/& are wrong\",\"i\":\"tok-123\"}",
		      -EREMOTEIO, "HTTP 500: token *** and *** are wrong (request id ***)");
	assert_answer(p, 418, "[]", -EINVAL, "HTTP 418 without words");
	assert_answer(p, 408, "[]", -ETIMEDOUT, "HTTP 408 without words");
	assert_answer(p, 500, "<p>", -EREMOTEIO,
		      "HTTP 500: not JSON: unexpected character, at byte 1");
	assert_answer(p, 100, "{}", -EBADMSG, "HTTP 100 without words");
	/* 299 letters and a sign of three bytes: it is cut before the sign, not within. */
	memset(words, 'x', 299);
	strcpy(words + 299, "\xe2\x82\xac yz");
	snprintf(body, sizeof(body), "{\"m\":\"%s\"}", words);
	struct buf expected = {0};
	buf_printf(&expected, "HTTP 500: %.299s…", words);
	assert_answer(p, 500, body, -EREMOTEIO, expected.data);
	buf_finish(&expected);
	provider_destroy(p);
}

static void redirects_tell_no_more_than_the_host(void **state)
{
	struct provider *p = load(sample);
	struct response response = {.status = 302};
	struct question question = {.request = p->collections[0].list.request};
	enum remedy remedy;
	struct problem why = {0};
	struct doc *doc = NULL;
	static const char location[] = "https://other.example/x?sig=secret";

	(void)state;
	response_add_header(&response, "Location", 8, location, strlen(location));
	assert_int_equal(answer_read(p, &question, &response, &doc, &remedy, &why), -EBADMSG);
	assert_string_equal(why.words, "HTTP 302: an unexpected redirect to https://other.example");
	problem_finish(&why);
	response_finish(&response);
	provider_destroy(p);
}

static void assert_command(const struct trigger *trigger, const char *text, const char *json,
			   bool force)
{
	struct command_text command = {0};
	struct problem why = {0};
	int r = command_parse(trigger, text, strlen(text), &command, &why);

	if (r < 0) {
		fail_msg("%s: %s", text, problem_words(&why, r));
	}
	assert_string_equal(command.json, json);
	assert_int_equal(command.force, force);
	command_text_finish(&command);
}

static void commands_are_read(void **state)
{
	struct provider *p = load(sample);
	const struct trigger *trigger = p->collections[0].create;

	(void)state;
	assert_command(
		trigger, "filter=gt(created_at,2026-01-01):eq(payment,paid)\n",
		"{\"filter\":\"gt(created_at,2026-01-01):eq(payment,paid)\",\"kind\":\"csv\"}",
		false);
	assert_command(trigger, "note=n\r\nkind=xlsx\r\n  filter=a=b\tforce=yes\r\n",
		       "{\"filter\":\"a=b\",\"kind\":\"xlsx\",\"note\":\"n\"}", true);
	assert_command(
		trigger, "filter='eq(name,A \"B\")' note=\"it's \\\"x\\\" \\\\ y\"",
		"{\"filter\":\"eq(name,A \\\"B\\\")\",\"kind\":\"csv\",\"note\":\"it's \\\"x\\\" \\\\ y\"}",
		false);
	assert_command(trigger, "filter='a\nb'", "{\"filter\":\"a\\nb\",\"kind\":\"csv\"}", false);
	assert_command(trigger, " {\"note\": 1.50, \"filter\": \"a b\", \"force\": true}\n",
		       "{\"filter\":\"a b\",\"kind\":\"csv\",\"note\":\"1.50\"}", true);
	assert_command(trigger, "{\"filter\":\"a:\\\"b:c\",\"note\":\":\"}",
		       "{\"filter\":\"a:\\\"b:c\",\"kind\":\"csv\",\"note\":\":\"}", false);
	assert_command(trigger, "filter=\xc3\xa9 force=no",
		       "{\"filter\":\"\xc3\xa9\",\"kind\":\"csv\"}", false);
	provider_destroy(p);
}

static void assert_no_command(const struct trigger *trigger, const char *text, size_t length,
			      const char *words)
{
	struct command_text command = {0};
	struct problem why = {0};
	int r = command_parse(trigger, text, length, &command, &why);

	assert_int_equal(r, -EINVAL);
	if (strcmp(problem_words(&why, r), words) != 0) {
		fail_msg("%s: '%s', not '%s'", text, problem_words(&why, r), words);
	}
	assert_null(command.json);
	assert_null(command.values);
	problem_finish(&why);
}

static void commands_that_do_not_fit_say_what_to_write(void **state)
{
	static const char *const cases[][2] = {
		{"", "nothing was written; write for example: filter=a"},
		{" \r\n", "nothing was written; write for example: filter=a"},
		{"go", "'go' is not key=value; write for example: filter=a"},
		{"=x", "'=x' is not key=value; write for example: filter=a"},
		{"filter=eq(name,A B)",
		 "'B)' belongs to no field; if it belongs to 'filter', put the whole value in quotes: filter='…'"},
		{"filter='a' b", "'b' is not key=value; write for example: filter=a"},
		{"filtr=a",
		 "unknown field 'filtr', did you mean 'filter'? There are: filter, kind, note, force"},
		{"zzzzzz=a", "unknown field 'zzzzzz'; there are: filter, kind, note, force"},
		{"note=a", "'filter' is missing: write filter=TEXT, what to take"},
		{"filter=", "'filter' is missing: write filter=TEXT, what to take"},
		{"filter=a filter=a", "'filter' is there twice"},
		{"filter=a force=yes force=yes", "'force' is there twice"},
		{"{\"filter\":\"a\",\"filter\":\"b\"}", "a field is there twice"},
		{"{\"filter\":\"a\\\":b\",\"note\":1,\"note\":1}", "a field is there twice"},
		{"filter=a force=perhaps", "write force=yes or force=no"},
		{"filter=a kind=pdf", "kind=pdf does not exist; write one of: csv, xlsx"},
		{"filter='a", "the value of 'filter' lacks its closing '"},
		{"filter=\"a\\\"", "the value of 'filter' lacks its closing \""},
		{"filter='a'b", "after the closing ' of 'filter' comes a blank or the end"},
		{"{\"filter\":\"a\"", "the command is not complete JSON: it ends after 13 bytes"},
		{"{\"filter\":\"a\"} x",
		 "the command is not JSON: something follows after the end, at byte 16"},
		{"{\"filter\":{}}", "'filter' takes a text, a number, true or false"},
		{"{\"filter\":null}",
		 "'filter' takes a text, a number, true or false; leave it out for nothing"},
		{"{\"filter\":\"a\\u0000\"}", "'filter' holds a NUL"},
		{"{\"fil\\u001b\":1}", "unknown field 'fil'; there are: filter, kind, note, force"},
		{"filter=\xff", "a command is text in UTF-8"},
	};
	struct provider *p = load(sample);
	const struct trigger *trigger = p->collections[0].create;
	char *large = malloc(COMMAND_BYTES + 2);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_no_command(trigger, cases[i][0], strlen(cases[i][0]), cases[i][1]);
	}
	assert_no_command(trigger, "filter=a\0", 9, "a command is text in UTF-8");
	assert_non_null(large);
	memset(large, 'x', COMMAND_BYTES + 1);
	memcpy(large, "filter=", 7);
	large[COMMAND_BYTES + 1] = '\0';
	assert_no_command(trigger, large, COMMAND_BYTES + 1, "a command has at most 64 KiB");
	large[COMMAND_BYTES] = '\0';
	struct command_text command = {0};
	assert_int_equal(command_parse(trigger, large, COMMAND_BYTES, &command, NULL), 0);
	command_text_finish(&command);
	free(large);
	provider_destroy(p);
}

static void commands_are_remembered(void **state)
{
	struct provider *p = load(sample);
	const struct trigger *trigger = p->collections[0].create;
	char *remembered = NULL;

	(void)state;
	assert_int_equal(command_remembered(trigger,
					    "{\"filter\":\"a\",\"kind\":\"csv\",\"note\":\"n\"}",
					    &remembered),
			 0);
	assert_string_equal(remembered, "{\"filter\":\"a\",\"note\":\"n\"}");
	free(remembered);
	assert_int_equal(command_remembered(trigger, "{\"kind\":\"csv\"}", &remembered), 0);
	assert_null(remembered);
	assert_int_equal(command_remembered(trigger, "{", &remembered), -EBADMSG);
	provider_destroy(p);
}

static void triggers_explain_themselves(void **state)
{
	auto_free char *changed = with(sample, "effect: quota", "effect: money");
	struct provider *p = load(sample);
	char *usage = command_usage(p->collections[0].create, NULL);

	(void)state;
	assert_string_equal(
		usage, "Write one command on one line, as key=value words or as one JSON object:\n"
		       "  filter=TEXT    required; what to take\n"
		       "  kind=csv|xlsx  default csv\n"
		       "  note=TEXT      optional\n"
		       "  force=yes      start it again although the same one is on its way\n"
		       "It starts a job, which uses the account's quota.\n"
		       "Example: echo 'filter=a' > trigger\n");
	free(usage);
	provider_destroy(p);
	p = load(changed);
	usage = command_usage(p->collections[0].create, NULL);
	assert_non_null(
		strstr(usage,
		       "It spends money. The account's configuration must say spend: yes.\n"));
	free(usage);
	provider_destroy(p);
}

static uint32_t random_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Bytes of the sample changed, lost and doubled: it loads or says why not. */
static void damaged_descriptions_do_no_harm(void **state)
{
	uint32_t seed = 88172645;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct findings findings = {0};
		struct provider *provider = NULL;
		auto_free char *text = strdup(sample);
		int r;

		for (uint32_t n = 1 + random_next(&seed) % 4; n; n--) {
			size_t at = random_next(&seed) % (sizeof(sample) - 1);
			size_t from = random_next(&seed) % (sizeof(sample) - 1);
			text[at] = random_next(&seed) % 2 ? sample[from] : (char)random_next(&seed);
		}
		r = provider_load("s.yaml", text, sizeof(sample) - 1, &findings, &provider);
		assert_true(r == 0 ? findings.count == 0 : r == -EINVAL && findings.count > 0);
		provider_destroy(provider);
		findings_finish(&findings);
	}
}

/* Values and commands of random bytes: no request with anything in it that it must not hold. */
static void noise_does_not_break_requests(void **state)
{
	struct provider *p = load(sample);
	uint32_t seed = 521288629;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		char noise[33];
		size_t length = random_next(&seed) % (sizeof(noise) - 1);
		struct command_text command = {0};
		struct request request;

		for (size_t j = 0; j < length; j++) {
			noise[j] = (char)(random_next(&seed) % 3 ? random_next(&seed) % 95 + 32
								 : random_next(&seed));
		}
		noise[length] = '\0';
		command_parse(p->collections[0].create, noise, length, &command, NULL);
		command_text_finish(&command);
		struct value list[] = {{"id", noise},
				       {"token", noise},
				       {"filter", noise},
				       {"kind", noise}};
		struct values values = {list, 4, &outer};
		if (request_build(p, p->collections[0].get, false, &values, &request, NULL) == 0) {
			const char *id = request.url + strlen("https://api.example.org/v1/jobs/");
			assert_int_equal(
				strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789-._~%"),
				strlen(id));
			assert_null(strpbrk(header_of(&request, "Authorization"), "\r\n"));
			request_finish(&request);
		}
		if (request_build(p, p->collections[0].create->acts[0].request, false, &values,
				  &request, NULL) == 0) {
			struct doc *body = NULL;
			assert_int_equal(doc_parse_json(request.body, request.body_length, 0, &body,
							NULL),
					 0);
			assert_string_equal(doc_text(doc_get(body, "filter"), NULL), noise);
			doc_destroy(body);
			request_finish(&request);
		}
	}
	provider_destroy(p);
}

/* Loads, builds, reads a row and writes a command; 0 or the first error. The tree is read before: json-c's
 * reader does not survive a lack of memory. */
static int do_all(const struct doc *doc)
{
	struct value list[] = {{"id", "1"}, {"token", "T"}, {"filter", "f"}, {"kind", "csv"}};
	struct values values = {list, 4, &outer};
	struct findings findings = {0};
	struct problem why = {0};
	struct provider *p = NULL;
	struct command_text command = {0};
	struct request request = {0};
	struct page_position position = {0};
	const struct doc *rows;
	struct row row = {0};
	char *usage = NULL;
	int r = provider_load("s.yaml", sample, sizeof(sample) - 1, &findings, &p);

	if (r == 0) {
		r = request_build(p, p->collections[0].create->acts[0].request, false, &values,
				  &request, &why);
		request_finish(&request);
	}
	if (r == 0) {
		r = page_read(&p->collections->list, doc, NULL, NULL, &position, &rows, &why);
	}
	if (r == 0) {
		r = page_build(p, &p->collections->list, false, &position, &values, &request, &why);
		request_finish(&request);
	}
	if (r == 0) {
		r = row_read(p->collections, NULL, doc_at(rows, 0), NULL, 0, &row, &why);
	}
	if (r == 0) {
		r = command_parse(p->collections[0].create, "filter=a", 8, &command, &why);
	}
	if (r == 0) {
		usage = command_usage(p->collections[0].create, NULL);
		r = usage ? 0 : -ENOMEM;
	}
	free(usage);
	command_text_finish(&command);
	row_finish(&row);
	provider_destroy(p);
	findings_finish(&findings);
	problem_finish(&why);
	return r;
}

static void running_out_of_memory_is_an_error(void **state)
{
	static const char answer[] =
		"{\"data\":[{\"id\":1,\"s\":\"failed\",\"error\":\"x\"}],\"m\":\"no\"}";
	struct doc *doc = NULL;

	(void)state;
	assert_int_equal(doc_parse_json(answer, sizeof(answer) - 1, 0, &doc, NULL), 0);
	ASSERT_SURVIVES(do_all(doc), true);
	doc_destroy(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_answers_are_read_as_expected),
		cmocka_unit_test(requests_are_built),
		cmocka_unit_test(an_id_is_one_segment_whatever_it_holds),
		cmocka_unit_test(bodies_hold_values_as_they_are),
		cmocka_unit_test(requests_that_would_be_broken_are_not_built),
		cmocka_unit_test(pages_are_asked_for_while_there_is_more),
		cmocka_unit_test(states_follow_from_rules),
		cmocka_unit_test(rows_keep_what_was_said),
		cmocka_unit_test(foreign_words_are_made_harmless),
		cmocka_unit_test(redirects_tell_no_more_than_the_host),
		cmocka_unit_test(commands_are_read),
		cmocka_unit_test(commands_that_do_not_fit_say_what_to_write),
		cmocka_unit_test(commands_are_remembered),
		cmocka_unit_test(triggers_explain_themselves),
		cmocka_unit_test(damaged_descriptions_do_no_harm),
		cmocka_unit_test(noise_does_not_break_requests),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
