/* Commands: values of every type, several lines, and triggers that can do several things. */
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
#include "scarce.h"

/* The canonical command, or the words of what is wrong. */
static char *tell(const struct trigger *trigger, const char *text)
{
	struct command_text command = {0};
	struct problem why = {0};
	int r = command_parse(trigger, text, strlen(text), &command, &why);
	char *told = strdup(r < 0 ? problem_words(&why, r) : command.json);

	assert_true(r == 0 || r == -EINVAL);
	assert_true(r == 0 || !command.values);
	command_text_finish(&command);
	problem_finish(&why);
	return told;
}

static void assert_told(const struct trigger *trigger, const char *text, const char *expected)
{
	auto_free char *told = tell(trigger, text);

	if (strcmp(told, expected) != 0) {
		fail_msg("%s:\n%s\nnot\n%s", text, told, expected);
	}
}

/* What the field becomes: the canonical command is `"field":VALUE` and defaults. */
static void assert_value(const struct trigger *trigger, const char *field, const char *text,
			 const char *value)
{
	auto_free char *command = NULL;
	auto_free char *member = NULL;
	auto_free char *told = NULL;

	assert_true(asprintf(&command, "filter=a %s=%s", field, text) > 0);
	assert_true(asprintf(&member, "\"%s\":%s,", field, value) > 0);
	told = tell(trigger, command);
	if (!strstr(told, member)) {
		fail_msg("%s: no %s in %s", command, member, told);
	}
}

static void assert_refused(const struct trigger *trigger, const char *text, const char *words)
{
	auto_free char *command = NULL;
	auto_free char *told = NULL;

	assert_true(asprintf(&command, "filter=a %s", text) > 0);
	told = tell(trigger, command);
	if (strcmp(told, words) != 0) {
		fail_msg("%s:\n%s\nnot\n%s", command, told, words);
	}
}

static void numbers_are_checked(void **state)
{
	struct provider *p = load(rest_sample);
	const struct trigger *create = p->collections[0].create;

	(void)state;
	assert_value(create, "count", "9", "9");
	assert_value(create, "count", "007", "7");
	assert_refused(create, "count=0", "'count' takes a number from 1 to 9, not '0'");
	assert_refused(create, "count=10", "'count' takes a number from 1 to 9, not '10'");
	assert_refused(create, "count=", "'count' takes a whole number, not ''");
	assert_refused(create, "count=1.0", "'count' takes a whole number, not '1.0'");
	assert_refused(create, "count=99999999999999999999",
		       "'count' takes a whole number, not '99999999999999999999'");
	assert_value(create, "price", "12.30", "12.30");
	assert_value(create, "price", "-0.5", "-0.5");
	assert_value(create, "price", "0", "0");
	assert_value(create, "price", "123456789012345678901234567890.10",
		     "123456789012345678901234567890.10");
	static const char *const bad[] = {"",   "-",     ".5",  "5.", "1e5",
					  "01", "1.2.3", "1,5", "+1", " 1"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_free char *text = NULL;
		auto_free char *words = NULL;

		assert_true(asprintf(&text, "price='%s'", bad[i]) > 0);
		assert_true(asprintf(&words, "'price' takes a number such as 12.34, not '%s'",
				     bad[i][0] == ' ' ? bad[i] + 1 : bad[i]) > 0);
		assert_refused(create, text, words);
	}
	assert_value(create, "kind", "xlsx", "\"xlsx\"");
	provider_destroy(p);
}

static void lists_and_json_are_checked(void **state)
{
	struct provider *p = load(rest_sample);
	const struct trigger *create = p->collections[0].create;

	(void)state;
	assert_value(create, "columns", "b,a,b", "[\"b\",\"a\",\"b\"]");
	assert_value(create, "columns", "' a , b '", "[\"a\",\"b\"]");
	assert_value(create, "columns", "'[\"a\", \"b\"]'", "[\"a\",\"b\"]");
	assert_value(create, "columns", "", "[]");
	assert_refused(create, "columns=a,c", "columns=c does not exist; write one of: a, b");
	assert_refused(
		create, "columns=a,",
		"'columns' takes a list such as A,B with something around each comma, not ','");
	assert_refused(create, "columns=[\"a\"",
		       "'columns' takes a list such as A,B, not '[\"a\"'");
	assert_refused(create, "columns=[[]]", "'columns' takes a list of texts, not '[[]]'");
	assert_value(create, "extra", "'{\"a\": [1.50, null]}'", "{\"a\":[1.50,null]}");
	assert_value(create, "extra", "5", "5");
	assert_refused(create, "extra={a}",
		       "'extra' takes JSON such as {\"name\": \"value\"}, not '{a}'");
	assert_told(create, "filter=a whole=on",
		    "{\"filter\":\"a\",\"kind\":\"csv\",\"price\":1.50,\"whole\":true}");
	assert_refused(create, "whole=maybe", "'whole' takes yes or no, not 'maybe'");
	provider_destroy(p);
}

static void json_members_have_their_own_types(void **state)
{
	struct provider *p = load(rest_sample);
	const struct trigger *create = p->collections[0].create;

	(void)state;
	assert_told(
		create,
		"{\"filter\":\"a\",\"count\":3,\"price\":1.10,\"columns\":[\"a\",\"b\"],"
		"\"extra\":{\"b\":[{\"c\":1}]},\"whole\":true,\"until\":\"2026-02-28\"}",
		"{\"columns\":[\"a\",\"b\"],\"count\":3,\"extra\":{\"b\":[{\"c\":1}]},\"filter\":"
		"\"a\",\"kind\":\"csv\",\"price\":1.10,\"until\":\"2026-02-28T23:59:59Z\","
		"\"whole\":true}");
	assert_told(create, "{\"filter\":\"a\",\"columns\":\"a,b\",\"count\":\"3\"}",
		    "{\"columns\":[\"a\",\"b\"],\"count\":3,\"filter\":\"a\",\"kind\":\"csv\","
		    "\"price\":1.50,\"whole\":false}");
	assert_told(create, "{\"filter\":[\"a\"]}",
		    "'filter' takes a text, a number, true or false");
	assert_told(create, "{\"filter\":\"a\",\"count\":[3]}",
		    "'count' takes a text, a number, true or false");
	assert_told(create, "{\"filter\":\"a\",\"columns\":{\"a\":1}}",
		    "'columns' takes a list such as A,B, not '{\"a\":1}'");
	assert_told(create, "{\"filter\":\"a\",\"columns\":[\"a\\u0000\"]}",
		    "'columns' takes a list of texts, not '[\"a\\u0000\"]'");
	assert_told(create, "{\"filter\":\"a\",\"extra\":{\"b\":1,\"b\":2}}",
		    "a field is there twice");
	assert_told(create, "[{\"filter\":\"a\"}]",
		    "one JSON object is one command; this takes one");
	assert_told(create, "[1]", "a command in JSON is an object, or an array of objects");
	provider_destroy(p);
}

static void moments_are_whole(void **state)
{
	static const char *const good[][2] = {
		{"2026-07-31", "2026-07-31T23:59:59Z"},
		{"2024-02-29", "2024-02-29T23:59:59Z"},
		{"2026-07-31T10:00:00Z", "2026-07-31T10:00:00Z"},
		{"2026-07-31T10:00:00.125+02:00", "2026-07-31T10:00:00.125+02:00"},
		{"2026-07-31T23:59:60-11:30", "2026-07-31T23:59:60-11:30"},
	};
	static const char *const bad[] = {
		"",
		"2026",
		"2026-7-31",
		"2026-02-30",
		"2026-13-01",
		"2026-00-10",
		"2026-02-00",
		"31.07.2026",
		"2026-07-31T",
		"2026-07-31T10:00",
		"2026-07-31T10:00:00",
		"2026-07-31T24:00:00Z",
		"2026-07-31T10:60:00Z",
		"2026-07-31T10:00:61Z",
		"2026-07-31T10:00:00.Z",
		"2026-07-31T10:00:00Zz",
		"2026-07-31T10:00:00+2",
		"2026-07-31T10:00:00+24:00",
		"2026-07-31T10:00:00+02:60",
		"2026-07-31T10:00:00+02:000",
		"2026-07-31t10:00:00Z",
		"2026-07-310",
		"yesterday",
	};
	struct provider *p = load(rest_sample);
	const struct trigger *create = p->collections[0].create;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		auto_free char *value = NULL;

		assert_true(asprintf(&value, "\"%s\"", good[i][1]) > 0);
		assert_value(create, "until", good[i][0], value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_free char *text = NULL;
		auto_free char *words = NULL;

		assert_true(asprintf(&text, "until=%s", bad[i]) > 0);
		assert_true(asprintf(&words,
				     "'until' takes a date such as 2026-07-31, or a moment such as "
				     "2026-07-31T10:00:00Z, not '%s'",
				     bad[i]) > 0);
		assert_refused(create, text, words);
	}
	provider_destroy(p);
}

static void a_first_moment_is_the_begin_of_a_day(void **state)
{
	auto_free char *text = with(rest_sample, "{type: time, end: true}", "{type: time}");
	struct provider *p = load(text);

	(void)state;
	assert_value(p->collections[0].create, "until", "2026-07-31", "\"2026-07-31T00:00:00Z\"");
	provider_destroy(p);
}

static void suggestions_are_no_limits(void **state)
{
	struct provider *p = load(rest_sample);

	(void)state;
	assert_value(p->collections[0].create, "note", "other", "\"other\"");
	provider_destroy(p);
}

static void each_line_is_a_set_of_fields(void **state)
{
	struct provider *p = load(graph_sample);
	const struct trigger *create = p->collections[0].create;
	static const char two[] = "\n product=2 count=1\r\n\n  count=3 product=1\nforce=yes";
	struct command_text command = {0};

	(void)state;
	assert_int_equal(command_parse(create, two, strlen(two), &command, NULL), 0);
	assert_string_equal(command.json, "{\"lines\":[{\"count\":1,\"product\":2},{\"count\":3,"
					  "\"product\":1}]}");
	assert_int_equal(command.value_count, 1);
	assert_string_equal(command.values[0].name, "lines");
	assert_string_equal(command.values[0].text,
			    "[{\"count\":1,\"product\":2},{\"count\":3,\"product\":1}]");
	assert_true(command.force);
	assert_ptr_equal(command.act, &create->acts[0]);
	command_text_finish(&command);

	assert_told(create, "[{\"product\":2,\"count\":1},{\"product\":1,\"count\":\"3\"}]",
		    "{\"lines\":[{\"count\":1,\"product\":2},{\"count\":3,\"product\":1}]}");
	assert_told(create, "{\"product\":2,\"count\":1}",
		    "{\"lines\":[{\"count\":1,\"product\":2}]}");
	assert_told(create, "product=1 count=1\nproduct=2",
		    "line 2: 'count' is missing: write count=NUMBER");
	assert_told(create, "product=1 count=1\n\nproduct=01 count=2",
		    "line 3: product=1 is there already; each has one line");
	assert_told(create, "product=1 count=1 product=2 count=2",
		    "line 1: 'product' is there twice");
	assert_told(create, "[{\"product\":1,\"count\":1},{\"product\":2,\"count\":\"x\"}]",
		    "line 2: 'count' takes a whole number, not 'x'");
	assert_told(create, "[]", "no line was written; write for example: product=1 count=2");
	assert_told(create, "force=no",
		    "no line was written; write for example: product=1 count=2");
	assert_told(create, "[{\"product\":1,\"product\":2,\"count\":1}]",
		    "a field is there twice");
	provider_destroy(p);
}

static void lines_are_counted(void **state)
{
	struct provider *p = load(graph_sample);
	const struct trigger *create = p->collections[0].create;
	struct command_text command = {0};
	struct buf text = {0};
	struct problem why = {0};

	(void)state;
	for (int i = 1; i <= 100; i++) {
		buf_printf(&text, "product=%d count=1\n", i);
	}
	assert_int_equal(command_parse(create, text.data, text.length, &command, NULL), 0);
	command_text_finish(&command);
	buf_puts(&text, "product=101 count=1\n");
	assert_int_equal(command_parse(create, text.data, text.length, &command, &why), -EINVAL);
	assert_string_equal(why.words, "line 101: there can be 100 lines at most");
	problem_finish(&why);
	buf_finish(&text);
	provider_destroy(p);
}

static void one_field_chooses_what_is_done(void **state)
{
	struct provider *p = load(graph_sample);
	auto_free char *text = with(graph_sample, "          default: yes\n", "");
	struct provider *strict = load(text);
	const struct trigger *act = p->collections[0].act;
	struct command_text command = {0};

	(void)state;
	assert_int_equal(command_parse(act, "action=export force=yes", 23, &command, NULL), 0);
	assert_ptr_equal(command.act, &act->acts[1]);
	assert_string_equal(command.json, "{\"action\":\"export\"}");
	assert_int_equal(command.value_count, 1);
	assert_string_equal(command.values[0].name, "action");
	assert_string_equal(command.values[0].text, "export");
	assert_true(command.force);
	command_text_finish(&command);
	assert_told(act, "force=no", "{\"action\":\"fetch\"}");
	assert_told(act, "{\"action\":\"delete\"}", "{\"action\":\"delete\"}");
	assert_told(act, "action=", "action= does not exist; write one of: fetch, export, delete");
	assert_told(act, "action=burn",
		    "action=burn does not exist; write one of: fetch, export, delete");
	assert_told(act, "action=fetch action=fetch", "'action' is there twice");
	assert_told(act, "action=fetch x=y", "unknown field 'x'; there are: action, force");
	assert_told(act, "acton=fetch",
		    "unknown field 'acton', did you mean 'action'? There are: action, force");
	assert_told(act, "\n", "{\"action\":\"fetch\"}");
	assert_told(strict->collections[0].act, "\n",
		    "nothing was written; write for example: action=fetch");
	assert_told(strict->collections[0].act, "force=no",
		    "'action' is missing: write action= and one of: fetch, export, delete");
	provider_destroy(p);
	provider_destroy(strict);
}

static void assert_remembered(const struct trigger *trigger, const char *json, const char *expected)
{
	auto_free char *out = NULL;

	assert_int_equal(command_remembered(trigger, json, &out), 0);
	if (expected) {
		assert_string_equal(out, expected);
	} else {
		assert_null(out);
	}
}

static void what_a_command_remembers_keeps_its_type(void **state)
{
	auto_free char *text = with(rest_sample, "remember: [filter, note]",
				    "remember: [price, columns, filter]");
	struct provider *p = load(text);
	const struct trigger *create = p->collections[0].create;
	auto_free char *command = tell(create, "filter=x columns=a,b note=n");

	(void)state;
	assert_remembered(create, command,
			  "{\"price\":1.50,\"columns\":[\"a\",\"b\"],\"filter\":\"x\"}");
	assert_remembered(create, "{\"note\":\"n\"}", NULL);
	assert_remembered(create, "[]", NULL);
	provider_destroy(p);
}

static void what_is_remembered_depends_on_the_act(void **state)
{
	auto_free char *create = with(
		graph_sample, "      effect: money\n",
		"      choose: kind\n"
		"      of:\n"
		"        gift:\n"
		"          effect: free\n"
		"          fields: {to: {}}\n"
		"          request: {post: '{url}/', graphql: 'mutation G($t: T) { g(t: $t) { id } }', variables: {t: '{to}'}}\n"
		"          id: data.g.id\n"
		"          remember: [kind, to]\n"
		"        loan:\n"
		"          effect: free\n"
		"          request: {post: '{url}/', graphql: 'mutation L { l { id } }'}\n"
		"          id: data.l.id\n"
		"    files: {none: none here}\n"
		"    poll: {list: 60s}\n"
		"    lifetime: 7d\n"
		"  more:\n"
		"    create:\n"
		"      effect: money\n");
	char *end = strstr(create, "  more:\n");
	struct provider *p;
	const struct trigger *trigger;

	(void)state;
	*end = '\0';
	p = load(create);
	trigger = p->collections[0].create;
	assert_remembered(trigger, "{\"kind\":\"gift\",\"to\":\"me\"}",
			  "{\"kind\":\"gift\",\"to\":\"me\"}");
	assert_remembered(trigger, "{\"kind\":\"loan\",\"to\":\"me\"}", NULL);
	assert_remembered(trigger, "{\"kind\":\"other\",\"to\":\"me\"}", NULL);
	assert_remembered(trigger, "{\"to\":\"me\"}", NULL);
	provider_destroy(p);
}

static void usage_names_every_act(void **state)
{
	static const bool offered[] = {true, false, true};
	struct provider *p = load(graph_sample);
	auto_free char *usage = command_usage(p->collections[0].act, offered);
	auto_free char *lines = command_usage(p->collections[0].create, NULL);

	(void)state;
	assert_string_equal(
		usage, "Write one command on one line, as key=value words or as one JSON object:\n"
		       "\naction=fetch (or without it): takes it home\n"
		       "  force=yes  start it again although the same one is on its way\n"
		       "It costs nothing.\n"
		       "Example: echo 'action=fetch' > trigger\n"
		       "\naction=export\n"
		       "  This server does not have it.\n"
		       "\naction=delete\n"
		       "  force=yes  start it again although the same one is on its way\n"
		       "It cancels an order. The account's configuration must say cancel: yes.\n"
		       "Example: echo 'action=delete' > trigger\n");
	assert_string_equal(
		lines,
		"Write lines of key=value words, or JSON:\n"
		"  product=NUMBER  required\n"
		"  count=NUMBER    required\n"
		"  force=yes       start it again although the same one is on its way\n"
		"Each line is one set of fields, and so is each object of a JSON array; 100 at "
		"most.\n"
		"One write is one command, and bash's echo writes line by line: write several by "
		"`cat > trigger`.\n"
		"Each has another product.\n"
		"It spends money. The account's configuration must say spend: yes.\n"
		"Example: echo 'product=1 count=2' > trigger\n");
	provider_destroy(p);
}

static void usage_names_types_and_limits(void **state)
{
	struct provider *p = load(rest_sample);
	auto_free char *usage = command_usage(p->collections[0].create, NULL);

	(void)state;
	assert_string_equal(
		usage, "Write one command on one line, as key=value words or as one JSON object:\n"
		       "  filter=TEXT    required; what to take\n"
		       "  kind=csv|xlsx  default csv\n"
		       "  note=TEXT      optional; such as new, old\n"
		       "  count=NUMBER   optional; from 1 to 9\n"
		       "  price=NUMBER   default 1.50\n"
		       "  columns=A,B,…  optional; of a, b\n"
		       "  extra=JSON     optional\n"
		       "  whole=yes|no   default no\n"
		       "  until=TIME     optional; 2026-07-31 or 2026-07-31T10:00:00Z\n"
		       "  force=yes      start it again although the same one is on its way\n"
		       "It starts a job, which uses the account's quota.\n"
		       "Example: echo 'filter=a' > trigger\n");
	provider_destroy(p);
}

/* Commands of random pieces: read or refused, and what is read reads the same again. */
static void noise_does_no_harm(void **state)
{
	static const char *const pieces[] =
		{"filter=",     "columns=", "extra=", "price=", "[",
		 "]",           "{",        "}",      "\"",     "'",
		 ",",           ":",        "a",      "1",      "0.5",
		 " ",           "\n",       "=",      "\\",     "until=2026-01-01",
		 "\"filter\":", "product=", "count="};
	struct provider *rest = load(rest_sample);
	struct provider *graph = load(graph_sample);
	uint32_t seed = 88172645;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct trigger *trigger = i % 2 ? rest->collections[0].create
						      : graph->collections[0].create;
		struct command_text command = {0};
		struct buf text = {0};

		for (int n = 0; n < 12; n++) {
			seed ^= seed << 13;
			seed ^= seed >> 17;
			seed ^= seed << 5;
			buf_puts(&text, pieces[seed % (sizeof(pieces) / sizeof(pieces[0]))]);
		}
		if (command_parse(trigger, text.data, text.length, &command, NULL) == 0 && i % 2) {
			assert_told(trigger, command.json, command.json);
		}
		command_text_finish(&command);
		buf_finish(&text);
	}
	provider_destroy(rest);
	provider_destroy(graph);
}

static int do_all(const struct provider *rest, const struct provider *graph)
{
	static const char words[] = "filter=a count=3 until=2026-01-01 note=x";
	static const char lines[] = "product=1 count=2\nproduct=2 count=2";
	struct command_text one = {0};
	struct command_text two = {0};
	struct command_text three = {0};
	struct problem why = {0};
	int r = command_parse(rest->collections[0].create, words, strlen(words), &one, &why);

	if (r == 0) {
		r = command_parse(graph->collections[0].act, "action=export", 13, &two, &why);
	}
	if (r == 0) {
		char *usage = command_usage(graph->collections[0].act, NULL);
		r = usage ? 0 : -ENOMEM;
		free(usage);
	}
	if (r == 0) {
		r = command_parse(graph->collections[0].create, lines, strlen(lines), &three, &why);
	}
	command_text_finish(&one);
	command_text_finish(&two);
	command_text_finish(&three);
	problem_finish(&why);
	return r;
}

/* Without lists and JSON: json-c's reader does not survive a lack of memory. */
static void running_out_of_memory_is_an_error(void **state)
{
	struct provider *rest = load(rest_sample);
	struct provider *graph = load(graph_sample);

	(void)state;
	ASSERT_SURVIVES(do_all(rest, graph), false);
	provider_destroy(rest);
	provider_destroy(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(lists_and_json_are_checked),
		cmocka_unit_test(json_members_have_their_own_types),
		cmocka_unit_test(moments_are_whole),
		cmocka_unit_test(a_first_moment_is_the_begin_of_a_day),
		cmocka_unit_test(suggestions_are_no_limits),
		cmocka_unit_test(each_line_is_a_set_of_fields),
		cmocka_unit_test(lines_are_counted),
		cmocka_unit_test(one_field_chooses_what_is_done),
		cmocka_unit_test(what_a_command_remembers_keeps_its_type),
		cmocka_unit_test(what_is_remembered_depends_on_the_act),
		cmocka_unit_test(usage_names_every_act),
		cmocka_unit_test(usage_names_types_and_limits),
		cmocka_unit_test(noise_does_no_harm),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
