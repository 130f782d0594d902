/* Answers: what GraphQL errors and the rules of a description make of them, rows that come in two
 * parts, files and their names, tokens, and what an act is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "descriptions.h"
#include "provider/spec.h"
#include "scarce.h"

static struct doc *parse(const char *json)
{
	struct doc *doc = NULL;

	if (doc_parse_json(json, strlen(json), 0, &doc, NULL) < 0) {
		fail_msg("%s is no JSON", json);
	}
	return doc;
}

/* The graph with rules for errors. */
static struct provider *load_ruled(void)
{
	auto_free char *text =
		with(graph_sample, "documents:\n",
		     "errors:\n"
		     "  message: errors[0].message ?? error\n"
		     "  code: errors[0].code ?? error\n"
		     "  id: errors[0].id\n"
		     "  rules:\n"
		     "    - {when: {code: [OLD, WRONG]}, is: renew}\n"
		     "    - {when: {message: {contains: [cannot query]}}, is: schema}\n"
		     "    - {when: {code: BIG, status: 200}, is: smaller}\n"
		     "    - {when: {code: LATER}, is: busy, say: wait a little}\n"
		     "    - {when: {code: NO}, is: refused}\n"
		     "    - {when: {status: 403, json: no}, say: is the address listed?}\n"
		     "    - {when: {json: no}, is: broken, say: is it asleep?}\n"
		     "documents:\n");

	return load(text);
}

/* What one answer is taken for. */
struct taken {
	int err;
	enum remedy remedy;
	const char *words; /* or NULL: none */
};

static void assert_taken(const struct provider *p, struct question question, int status,
			 const char *body, struct taken expected)
{
	struct value secrets[] = {{"app", "app-secret"}, {"refresh", "refresh-secret"}};
	struct values values = {secrets, 2, NULL};
	struct response response = {.status = status,
				    .body = (char *)(uintptr_t)body,
				    .body_length = strlen(body)};
	enum remedy remedy = REMEDY_SMALLER;
	struct problem why = {0};
	struct doc *doc = NULL;

	question.values = &values;
	assert_int_equal(answer_read(p, &question, &response, &doc, &remedy, &why), expected.err);
	assert_int_equal(remedy, expected.remedy);
	if (expected.words) {
		assert_string_equal(why.words, expected.words);
	} else {
		assert_null(why.words);
	}
	assert_true((doc != NULL) == (expected.err == 0));
	problem_finish(&why);
	doc_destroy(doc);
}

static void errors_count_with_any_status(void **state)
{
	struct provider *p = load_ruled();
	struct question asks = {.request = p->documents[0].list.request};
	struct question does = {.request = asks.request, .writes = true};

	(void)state;
	assert_taken(p, asks, 200, "{\"data\":{}}", (struct taken){0});
	assert_taken(p, asks, 200, "{\"data\":{\"me\":1},\"errors\":[]}", (struct taken){0});
	assert_taken(p, asks, 200, "{\"data\":{\"me\":1},\"errors\":[{\"message\":\"no\"}]}",
		     (struct taken){-EREMOTEIO, REMEDY_NONE, "no"});
	assert_taken(p, does, 200, "{\"errors\":[{\"message\":\"no\\n\",\"code\":\"X\",\"id\":7}]}",
		     (struct taken){-EINVAL, REMEDY_NONE, "no (code X, request id 7)"});
	assert_taken(p, asks, 400, "{\"errors\":[{\"message\":\"no\"}]}",
		     (struct taken){-EINVAL, REMEDY_NONE, "HTTP 400: no"});
	assert_taken(p, asks, 200, "{}",
		     (struct taken){-EBADMSG, REMEDY_NONE,
				    "HTTP 200 with neither data nor errors"});
	assert_taken(p, asks, 200, "{\"data\":null}",
		     (struct taken){-EBADMSG, REMEDY_NONE,
				    "HTTP 200 with neither data nor errors"});
	assert_taken(p, asks, 401, "{\"error\":\"invalid_client\"}",
		     (struct taken){-EACCES, REMEDY_NONE, "HTTP 401: invalid_client"});
	assert_taken(p, asks, 200, "{\"errors\":[{\"message\":\"app-secret and refresh-secret\"}]}",
		     (struct taken){-EREMOTEIO, REMEDY_NONE, "*** and ***"});
	provider_destroy(p);
}

static void rules_say_what_an_error_means(void **state)
{
	struct provider *p = load_ruled();
	struct question asks = {.request = p->documents[0].list.request};

	(void)state;
	assert_taken(p, asks, 200, "{\"errors\":[{\"code\":\"old\",\"message\":\"m\"}]}",
		     (struct taken){-EACCES, REMEDY_TOKEN, "m (code old)"});
	assert_taken(p, asks, 400, "{\"errors\":[{\"message\":\"Cannot query field x\"}]}",
		     (struct taken){-EREMOTEIO, REMEDY_NARROW, "HTTP 400: Cannot query field x"});
	assert_taken(p, asks, 200, "{\"errors\":[{\"code\":\"BIG\"}]}",
		     (struct taken){-EREMOTEIO, REMEDY_SMALLER,
				    "HTTP 200 with neither data nor errors (code BIG)"});
	assert_taken(p, asks, 400, "{\"errors\":[{\"code\":\"BIG\",\"message\":\"m\"}]}",
		     (struct taken){-EINVAL, REMEDY_NONE, "HTTP 400: m (code BIG)"});
	assert_taken(p, asks, 503, "{\"errors\":[{\"code\":\"LATER\",\"message\":\"m\"}]}",
		     (struct taken){-EAGAIN, REMEDY_NONE,
				    "HTTP 503: m (code LATER); wait a little"});
	assert_taken(p, asks, 500, "{\"errors\":[{\"code\":\"NO\",\"message\":\"m\"}]}",
		     (struct taken){-EINVAL, REMEDY_NONE, "HTTP 500: m (code NO)"});
	assert_taken(p, asks, 403, "<p>",
		     (struct taken){-EACCES, REMEDY_NONE,
				    "HTTP 403: not JSON: unexpected character, at byte 1; "
				    "is the address listed?"});
	assert_taken(p, asks, 200, "<p>",
		     (struct taken){-EREMOTEIO, REMEDY_NONE,
				    "HTTP 200: not JSON: unexpected character, at byte 1; "
				    "is it asleep?"});
	provider_destroy(p);
}

static void a_part_of_an_answer_may_be_enough(void **state)
{
	struct provider *p = load_ruled();
	struct question many = {.partial = "data"};
	struct question one = {.request = p->documents[0].list.request, .partial = "data.me"};
	static const char error[] = "\"errors\":[{\"message\":\"no\",\"code\":\"OLD\"}]}";
	auto_free char *some = NULL;
	auto_free char *none = NULL;
	auto_free char *whole = NULL;

	(void)state;
	assert_true(asprintf(&some, "{\"data\":{\"x0\":null,\"x1\":{}},%s", error) > 0);
	assert_true(asprintf(&none, "{\"data\":{\"x0\":null,\"x1\":null},%s", error) > 0);
	assert_true(asprintf(&whole, "{\"data\":null,%s", error) > 0);
	assert_taken(p, many, 200, some, (struct taken){0, REMEDY_NONE, "no (code OLD)"});
	assert_taken(p, many, 200, none, (struct taken){-EACCES, REMEDY_TOKEN, "no (code OLD)"});
	assert_taken(p, many, 200, whole, (struct taken){-EACCES, REMEDY_TOKEN, "no (code OLD)"});
	assert_taken(p, one, 200, some, (struct taken){-EACCES, REMEDY_TOKEN, "no (code OLD)"});
	provider_destroy(p);
}

static void assert_act(const struct act *act, const char *json, const char *words)
{
	struct doc *doc = parse(json);
	struct problem why = {0};

	assert_int_equal(act_check(act, doc, &why), words ? -EINVAL : 0);
	if (words) {
		assert_string_equal(why.words, words);
	}
	problem_finish(&why);
	doc_destroy(doc);
}

static void acts_are_told_whether_they_worked(void **state)
{
	struct provider *graph = load(graph_sample);
	struct provider *rest = load(rest_sample);
	const struct act *act = &graph->collections[0].act->acts[1];
	const struct act *create = &rest->collections[0].create->acts[0];

	(void)state;
	assert_act(act, "{\"data\":{\"exportOrder\":{\"errors\":[]}}}", NULL);
	assert_act(act, "{\"data\":{\"exportOrder\":{\"errors\":null}}}", NULL);
	assert_act(act, "{}", NULL);
	assert_act(
		act,
		"{\"data\":{\"exportOrder\":{\"errors\":[{\"field\":\"ids\",\"message\":\"not\\n "
		"there\",\"code\":\"GONE\"},\"odd\",{\"x\":1},{\"message\":\"fourth\"}]}}}",
		"the API refused: ids: not there (GONE); odd; {\"x\":1}");
	assert_act(act, "{\"data\":{\"exportOrder\":{\"errors\":\"all wrong\"}}}",
		   "the API refused: all wrong");
	assert_act(create, "{\"fine\":true}", NULL);
	assert_act(create, "{\"fine\":false}",
		   "the API did not do it, and gives no reason ('fine' is not true)");
	assert_act(create, "{\"fine\":\"true\"}",
		   "the API did not do it, and gives no reason ('fine' is not true)");
	assert_act(create, "{}", "the API did not do it, and gives no reason ('fine' is not true)");
	provider_destroy(graph);
	provider_destroy(rest);
}

static void servers_tell_what_they_have(void **state)
{
	struct provider *p = load(graph_sample);
	const struct detect_spec *detect = p->collections[0].act->detect;
	struct doc *doc = parse(
		"{\"data\":{\"__schema\":{\"fields\":[{\"name\":\"a\"},{\"name\":\"b\"},{}]}}}");

	(void)state;
	assert_true(detect_finds(detect, doc, "b"));
	assert_false(detect_finds(detect, doc, "c"));
	assert_false(detect_finds(detect, NULL, "b"));
	doc_destroy(doc);
	provider_destroy(p);
}

static void assert_token(const struct provider *p, bool refreshing, const char *json, int err,
			 const char *told)
{
	struct doc *doc = parse(json);
	struct problem why = {0};
	auto_free char *token = NULL;
	auto_free char *refresh = NULL;
	auto_free char *line = NULL;
	int64_t life = 0;
	int r = token_read(p, refreshing, doc, &token, &refresh, &life, &why);

	assert_int_equal(r, err);
	assert_true(asprintf(&line, "%s %s %lld", token ? token : "-", refresh ? refresh : "-",
			     (long long)life) > 0);
	assert_string_equal(r < 0 ? why.words : line, told);
	problem_finish(&why);
	doc_destroy(doc);
}

static void tokens_come_with_another_to_refresh_them(void **state)
{
	struct provider *p = load(graph_sample);
	struct provider *rest = load(rest_sample);

	(void)state;
	assert_token(p, false,
		     "{\"data\":{\"login\":{\"token\":\"a\",\"next\":\"b\",\"errors\":[]}}}", 0,
		     "a b 0");
	assert_token(p, true, "{\"data\":{\"renew\":{\"token\":\"c\"}}}", 0, "c - 0");
	assert_token(p, false,
		     "{\"data\":{\"login\":{\"token\":null,\"errors\":[{\"message\":\"wrong "
		     "word\"}]}}}",
		     -EACCES, "the login was refused: wrong word");
	assert_token(p, true, "{\"data\":{\"login\":{\"token\":\"a\"}}}", -EBADMSG,
		     "the answer has no token at 'data.renew.token'");
	assert_token(rest, false, "{\"t\":\"a\",\"e\":\"90\"}", 0, "a - 90000");
	assert_token(rest, false, "{\"t\":\"a\",\"e\":1e99}", 0, "a - 315360000000");
	provider_destroy(p);
	provider_destroy(rest);
}

/* Reads a row of the first collection; the caller finishes it. */
static struct row read_row(const struct provider *p, const char *id, const char *json,
			   const char *part, int64_t now_ns)
{
	struct doc *doc = parse(json);
	struct doc *known = part ? parse(part) : NULL;
	struct problem why = {0};
	struct row row = {0};
	int r = row_read(&p->collections[0], id, doc, known, now_ns, &row, &why);

	if (r < 0) {
		fail_msg("%s", problem_words(&why, r));
	}
	doc_destroy(doc);
	doc_destroy(known);
	return row;
}

static void rows_come_in_two_parts(void **state)
{
	struct provider *p = load(graph_sample);
	struct row row = read_row(p, NULL, "{\"id\":\"a\",\"x\":1.50}", NULL, 0);

	(void)state;
	assert_int_equal(row.state, STATE_NONE);
	assert_null(row.part);
	assert_string_equal(row.record, "{\n  \"id\": \"a\",\n  \"x\": 1.50\n}\n");
	row_finish(&row);
	row = read_row(p, NULL, "{\"id\":\"a\"}",
		       "{\"id\":7,\"status\":\"DONE\",\"url\":\"https://f/x/b%20c.zip?s=1\"}", 0);
	assert_int_equal(row.state, STATE_READY);
	assert_string_equal(row.version, "7");
	assert_string_equal(row.record, "{\n  \"id\": \"a\"\n}\n");
	assert_non_null(strstr(row.part, "\"status\": \"DONE\""));
	assert_int_equal(row.file_count, 1);
	assert_string_equal(row.files[0].name, "b c.zip");
	row_finish(&row);
	/* What stands in the row is newer; the record is without it. */
	row = read_row(p, NULL, "{\"export\":{\"status\":\"DONE\",\"id\":8},\"id\":\"a\"}",
		       "{\"id\":7,\"status\":\"OLD\"}", 0);
	assert_int_equal(row.state, STATE_READY);
	assert_string_equal(row.version, "8");
	assert_string_equal(row.record, "{\n  \"id\": \"a\"\n}\n");
	assert_non_null(strstr(row.part, "\"id\": 8"));
	assert_int_equal(row.file_count, 0);
	row_finish(&row);
	row = read_row(p, NULL, "{\"id\":\"a\"}", "null", 0);
	assert_int_equal(row.state, STATE_NONE);
	assert_string_equal(row.part, "null\n");
	row_finish(&row);
	row = read_row(p, "known", "{\"other\":1}", NULL, 0);
	assert_string_equal(row.id, "known");
	assert_null(row.name);
	row_finish(&row);
	provider_destroy(p);
}

static void assert_name(const struct provider *p, const char *id, const char *name)
{
	auto_free char *json = NULL;
	struct row row;

	assert_true(asprintf(&json, "{\"id\":\"%s\"}", id) > 0);
	row = read_row(p, NULL, json, NULL, 0);
	assert_string_equal(row.id, id);
	if (name) {
		assert_string_equal(row.name, name);
	} else {
		assert_null(row.name);
	}
	row_finish(&row);
}

static void global_ids_are_called_by_their_number(void **state)
{
	struct provider *p = load(graph_sample);

	(void)state;
	assert_name(p, "RXhwb3J0RmlsZTo0Mg==", "42"); /* ExportFile:42 */
	assert_name(p, "QTphL2I6Yw==", "a/b:c");      /* A:a/b:c */
	assert_name(p, "RXhwb3J0RmlsZTo0Mg=", NULL);
	assert_name(p, "RXhwb3J0RmlsZTo0Mh==", NULL); /* bits that no byte holds */
	assert_name(p, "RXhw b3J0", NULL);
	assert_name(p, "QTo=", NULL); /* A: */
	assert_name(p, "QQ==", NULL); /* A */
	assert_name(p, "QToA", NULL); /* a NUL */
	assert_name(p, "QTr/", NULL); /* not UTF-8 */
	assert_name(p, "=QTo", NULL);
	assert_name(p, "Q=To", NULL);
	assert_name(p, "====", NULL);
	assert_name(p, "7d7c-77", NULL);
	provider_destroy(p);
}

static void what_never_ends_is_unknown(void **state)
{
	auto_free char *text = with(rest_sample, "      id: id\n",
				    "      id: id\n      created: at\n      word: s\n");
	static const char json[] = "{\"id\":1,\"s\":\"done\",\"flag\":true,\"at\":\"2026-01-01\"}";
	static const char told[] =
		"{\"id\":1,\"s\":\"done\",\"flag\":true,\"at\":\"2026-01-01\",\"error\":\"x\"}";
	static const char ready[] =
		"{\"id\":1,\"s\":\"done\",\"n\":{\"count\":3},\"at\":\"2026-01-01\"}";
	struct provider *p = load(text);
	int64_t later = clock_parse("2026-01-01T02:00:00Z");
	struct row row = read_row(p, NULL, json, NULL, later);

	(void)state;
	assert_int_equal(row.state, STATE_RUNNING);
	assert_null(row.error);
	row_finish(&row);
	row = read_row(p, NULL, json, NULL, later + 1000000000);
	assert_int_equal(row.state, STATE_UNKNOWN);
	assert_string_equal(row.error, "still done after 2 h, and this API has no word for failed");
	row_finish(&row);
	row = read_row(p, NULL, told, NULL, later + 1000000000);
	assert_int_equal(row.state, STATE_UNKNOWN);
	assert_string_equal(row.error, "x");
	row_finish(&row);
	row = read_row(p, NULL, ready, NULL, later + 1000000000);
	assert_int_equal(row.state, STATE_READY);
	row_finish(&row);
	row = read_row(p, NULL, "{\"id\":1,\"s\":\"done\",\"flag\":true}", NULL, later * 2);
	assert_int_equal(row.state, STATE_RUNNING);
	row_finish(&row);
	provider_destroy(p);
}

/* The names of a row's files, with what each is made of. */
static void assert_files(const char *name, const char *json, const char *expected)
{
	auto_free char *line = NULL;
	auto_free char *text = NULL;
	struct provider *p;
	struct row row;
	struct buf told = {0};

	assert_true(asprintf(&line, "{name: %s, each: parts", name) > 0);
	text = with(rest_sample, "{name: 'part-{n}.zip', each: parts", line);
	p = load(text);
	row = read_row(p, NULL, json, NULL, 0);
	for (int i = 0; i < row.file_count; i++) {
		buf_printf(&told, "%s(%d,%d) ", row.files[i].name, row.files[i].spec,
			   row.files[i].element);
	}
	assert_string_equal(told.length ? told.data : "", expected);
	buf_finish(&told);
	row_finish(&row);
	provider_destroy(p);
}

static void files_are_named_by_their_row(void **state)
{
	static const char ready[] =
		"{\"id\":1,\"s\":\"ok\",\"n\":{\"count\":3},\"t\":\"csv\","
		"\"parts\":[{\"u\":\"https://f/a%2Fb.txt?x\",\"t\":\"one\"},"
		"{\"u\":\"https://f/\",\"out\":\"out\"},{\"u\":\"https://f/a%2Fb.txt\",\"t\":\"one\"}]}";

	(void)state;
	assert_files("'part-{n}.zip'", ready,
		     "out.csv(0,0) part-1.zip(1,0) part-2.zip(1,1) part-3.zip(1,2) ");
	assert_files("'{t}.x'", ready, "out.csv(0,0) one.x(1,0) csv.x(1,1) one~2.x(1,2) ");
	assert_files("'{n.count}-{id}'", ready, "out.csv(0,0) 3-1(1,0) 3-1~2(1,1) 3-1~3(1,2) ");
	assert_files("'{missing}.csv'", ready, "out.csv(0,0) ");
	assert_files("'{out}.csv'", ready, "out.csv(0,0) out~2.csv(1,1) ");
	assert_files("{url: u}", ready, "out.csv(0,0) a%2Fb.txt(1,0) a%2Fb~2.txt(1,2) ");
	assert_files("'{n}'", "{\"id\":1,\"s\":\"failed\",\"parts\":[{}]}", "");
	assert_files("'{n}'", "{\"id\":1,\"s\":\"ok\",\"n\":{\"count\":3},\"parts\":null}",
		     "out.csv(0,0) ");
}

static void files_have_addresses(void **state)
{
	struct provider *p = load(rest_sample);
	const struct file_spec *files = p->collections[0].files;
	struct doc *row = parse("{\"parts\":[{\"link\":\"a\"},{\"link\":\"\"},{}],\"u\":\"b\"}");

	(void)state;
	assert_string_equal(file_url(&files[0], 0, row), "b");
	assert_string_equal(file_url(&files[1], 0, row), "a");
	assert_null(file_url(&files[1], 1, row));
	assert_null(file_url(&files[1], 2, row));
	assert_null(file_url(&files[1], 3, row));
	assert_null(file_url(&files[0], 0, NULL));
	doc_destroy(row);
	provider_destroy(p);
}

static void records_show_no_signatures(void **state)
{
	struct provider *p = load(rest_sample);
	struct row row =
		read_row(p, NULL,
			 "{\"id\":1,\"link\":\"https://f/x?sig=1\",\"a\":{\"link\":\"y?z\"}}", NULL,
			 0);

	(void)state;
	assert_string_equal(row.record, "{\n  \"id\": 1,\n  \"link\": \"https://f/x\",\n"
					"  \"a\": {\n    \"link\": \"y?z\"\n  }\n}\n");
	row_finish(&row);
	provider_destroy(p);
}

static int do_all(const struct provider *graph, const struct provider *rest, const struct doc *row,
		  const struct doc *part, const struct doc *many)
{
	struct problem why = {0};
	struct row one = {0};
	struct row two = {0};
	char *token = NULL;
	char *refresh = NULL;
	int64_t life;
	int r = row_read(&graph->collections[0], NULL, row, part, 0, &one, &why);

	if (r == 0) {
		r = row_read(&rest->collections[0], NULL, many, NULL, 0, &two, &why);
	}
	if (r == 0) {
		r = token_read(rest, false, many, &token, &refresh, &life, &why);
	}
	free(token);
	free(refresh);
	row_finish(&one);
	row_finish(&two);
	problem_finish(&why);
	return r;
}

static void running_out_of_memory_is_an_error(void **state)
{
	struct provider *graph = load(graph_sample);
	struct provider *rest = load(rest_sample);
	struct doc *row = parse("{\"id\":\"RXhwb3J0RmlsZTo0Mg==\",\"x\":[1,{}]}");
	struct doc *part = parse("{\"id\":7,\"status\":\"DONE\",\"url\":\"https://f/b\"}");
	struct doc *many = parse(
		"{\"id\":1,\"s\":\"ok\",\"n\":{\"count\":3},\"t\":\"a\",\"error\":{\"a\":1},"
		"\"parts\":[{},{},{}]}");

	(void)state;
	ASSERT_SURVIVES(do_all(graph, rest, row, part, many), false);
	doc_destroy(row);
	doc_destroy(part);
	doc_destroy(many);
	provider_destroy(graph);
	provider_destroy(rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_count_with_any_status),
		cmocka_unit_test(rules_say_what_an_error_means),
		cmocka_unit_test(a_part_of_an_answer_may_be_enough),
		cmocka_unit_test(acts_are_told_whether_they_worked),
		cmocka_unit_test(servers_tell_what_they_have),
		cmocka_unit_test(tokens_come_with_another_to_refresh_them),
		cmocka_unit_test(rows_come_in_two_parts),
		cmocka_unit_test(global_ids_are_called_by_their_number),
		cmocka_unit_test(what_never_ends_is_unknown),
		cmocka_unit_test(files_are_named_by_their_row),
		cmocka_unit_test(files_have_addresses),
		cmocka_unit_test(records_show_no_signatures),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
