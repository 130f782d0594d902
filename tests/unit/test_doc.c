/* Documents: what JSON and YAML become, what is refused and with which words, paths, printing,
 * and that a tree may be read by many threads at once. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "doc/doc.h"
#include "doc/reader.h"
#include "doc/scalar.h"
#include "scarce.h"

static struct doc *parse(const char *text)
{
	struct problem why = {0};
	struct doc *doc = NULL;
	int r = doc_parse_json(text, strlen(text), 0, &doc, &why);

	if (r < 0) {
		fail_msg("%s: %s", text, problem_words(&why, r));
	}
	return doc;
}

static void assert_refused(const char *text, size_t length, const char *words)
{
	struct problem why = {0};
	struct doc *doc = NULL;
	int r = doc_parse_json(text, length, 0, &doc, &why);

	if (r != -EBADMSG || !strstr(problem_words(&why, r), words)) {
		fail_msg("%s: %d, %s", text, r, problem_words(&why, r));
	}
	assert_null(doc);
	problem_finish(&why);
}

static void assert_printed(const char *text, const char *expected)
{
	struct doc *doc = parse(text);
	auto_free char *printed = doc_print(doc, false);

	assert_string_equal(printed, expected);
	doc_destroy(doc);
}

static void json_is_printed_as_it_was_written(void **state)
{
	(void)state;
	assert_printed(" {\"b\" : [1, -2.50, 1E5, true, false, null, {}], \"a\":\"\"} ",
		       "{\"b\":[1,-2.50,1E5,true,false,null,{}],\"a\":\"\"}");
	assert_printed("[0.10, 12345678901234567890.5]", "[0.10,12345678901234567890.5]");
	assert_printed("[9223372036854775807, -12, 18446744073709551614]",
		       "[9223372036854775807,-12,18446744073709551614]");
	assert_printed("null", "null");
	assert_printed("\"\"", "\"\"");
	assert_printed("\xef\xbb\xbf[]", "[]");
	assert_printed("\"a\\u0000\\u0007\\/\\\"\\\\\\n\\u00e9\\u20ac\\ud83d\\ude00\"",
		       "\"a\\u0000\\u0007/\\\"\\\\\\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

static void half_surrogates_become_the_replacement_character(void **state)
{
	(void)state;
	assert_printed("\"\\ud83d\"", "\"\xef\xbf\xbd\"");
	assert_printed("\"\\ude00x\"", "\"\xef\xbf\xbdx\"");
	assert_printed("\"\\ud83d\\u0041\"", "\"\xef\xbf\xbd"
					     "A\"");
	assert_printed("\"\\ud83d\\ud83d\\ude00\"", "\"\xef\xbf\xbd\xf0\x9f\x98\x80\"");
}

static void what_is_not_json_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} cases[] = {
		{"", "ends after 0 bytes"},
		{"  ", "ends after 2 bytes"},
		{"{\"a\":1", "ends after 6 bytes"},
		{"[1,", "ends after 3 bytes"},
		{"\"a", "ends after 2 bytes"},
		{"\"\\u00", "ends after 5 bytes"},
		{"{}x", "at byte 3"},
		{"{} {}", "at byte 4"},
		{"{\"a\" 1}", "not JSON"},
		{"{\"a\":1 \"b\":2}", "not JSON"},
		{"[1 2]", "not JSON"},
		{"[1.]", "not well formed"},
		{"[.5]", "not JSON"},
		{"[+1]", "not JSON"},
		{"[NaN]", "not well formed"},
		{"[-Infinity]", "not well formed"},
		{"[123456789012345678901234567890]", "number"},
		{"[-123456789012345678901234567890]", "number"},
		{"nul", "ends after 3 bytes"},
		{"truefalse", "not JSON"},
		{"\"\\x41\"", "not JSON"},
		{"\"\xff\"", "not UTF-8"},
		{"<html>", "not JSON"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_refused(cases[i].text, strlen(cases[i].text), cases[i].words);
	}
	assert_refused("{}\0{}", 5, "not JSON");
	assert_refused("[1,\0"
		       "2]",
		       6, "ends after 6 bytes");
}

static void depth_is_bounded(void **state)
{
	static const char deep[] = "[[[[{\"a\":[1]}]]]]";
	struct problem why = {0};
	struct doc *doc = NULL;
	char *text = malloc(1 << 20);

	(void)state;
	assert_int_equal(doc_parse_json(deep, strlen(deep), 6, &doc, &why), 0);
	doc_destroy(doc);
	assert_int_equal(doc_parse_json(deep, strlen(deep), 5, &doc, &why), -EBADMSG);
	assert_non_null(strstr(why.words, "nesting too deep"));
	memset(text, '[', 1 << 20);
	assert_int_equal(doc_parse_json(text, 1 << 20, 0, &doc, &why), -EBADMSG);
	problem_finish(&why);
	free(text);
}

static void null_is_not_absent(void **state)
{
	struct doc *doc = parse("{\"a\":null,\"b\":[null],\"c\":0}");
	const struct doc *value;
	const char *key;

	(void)state;
	assert_int_equal(doc_kind(doc_get(doc, "a")), DOC_NULL);
	assert_int_equal(doc_kind(doc_get(doc, "x")), DOC_ABSENT);
	assert_int_equal(doc_kind(doc_at(doc_get(doc, "b"), 0)), DOC_NULL);
	assert_int_equal(doc_kind(doc_at(doc_get(doc, "b"), 1)), DOC_ABSENT);
	assert_int_equal(doc_kind(doc_get(doc_get(doc, "a"), "b")), DOC_ABSENT);
	assert_null(doc_text(doc_get(doc, "a"), NULL));
	assert_null(doc_text(NULL, NULL));
	assert_int_equal(doc_count(NULL), 0);
	assert_int_equal(doc_count(doc), 3);
	assert_true(doc_member(doc, 2, &key, &value));
	assert_string_equal(key, "c");
	assert_string_equal(doc_text(value, NULL), "0");
	assert_false(doc_member(doc, 3, &key, &value));
	assert_false(doc_member(NULL, 0, &key, &value));
	doc_destroy(doc);
	doc_destroy(NULL);
	doc = parse("null");
	assert_int_equal(doc_kind(doc), DOC_NULL);
	doc_destroy(doc);
}

static void texts_keep_their_nul_bytes(void **state)
{
	struct doc *doc = parse("\"a\\u0000b\"");
	size_t length = 0;

	(void)state;
	assert_memory_equal(doc_text(doc, &length), "a\0b", 4);
	assert_int_equal(length, 3);
	doc_destroy(doc);
}

static const char *text_at(const struct doc *doc, const char *path)
{
	assert_null(doc_path_check(path));
	return doc_text(doc_path(doc, path), NULL);
}

static void paths_lead_to_values(void **state)
{
	struct doc *doc = parse("{\"a\":{\"b\":[{\"c\":\"x\"},7]},\"e\":\"\",\"n\":null,"
				"\"m\":[[1,2]],\"data\":[{\"id\":5}]}");

	(void)state;
	assert_string_equal(text_at(doc, "a.b[0].c"), "x");
	assert_string_equal(text_at(doc, "a.b[1]"), "7");
	assert_string_equal(text_at(doc, "m[0][1]"), "2");
	assert_null(text_at(doc, "a.b[2]"));
	assert_null(text_at(doc, "a[0]"));
	assert_null(text_at(doc, "m.x"));
	assert_string_equal(text_at(doc, "x ?? a.b[1]"), "7");
	assert_string_equal(text_at(doc, "e ?? n ?? x??a.b[0].c"), "x");
	assert_string_equal(text_at(doc, " a.b[1] ?? e "), "7");
	assert_string_equal(text_at(doc, "data.id ?? data[0].id"), "5");
	assert_int_equal(doc_kind(doc_path(doc, "data[0] ?? data")), DOC_OBJECT);
	assert_int_equal(doc_kind(doc_path(doc, "n ?? n")), DOC_NULL);
	assert_ptr_equal(doc_path(doc, "."), doc);
	assert_ptr_equal(doc_path(doc, "e ?? ."), doc);
	assert_string_equal(text_at(doc, "a.b[1] ?? ."), "7");
	assert_null(doc_path(NULL, "."));
	doc_destroy(doc);
	doc = parse("{\"data\":{\"id\":6}}");
	assert_int_equal(doc_kind(doc_path(doc, "data[0] ?? data")), DOC_OBJECT);
	assert_string_equal(text_at(doc, "data[0].id ?? data.id"), "6");
	doc_destroy(doc);
}

static void paths_are_checked(void **state)
{
	static const char *const bad[] = {
		"",     " ",     "..",        "a.",    ".a",         "a..b",  "a[",   "a[]",
		"a[x]", "a[-1]", "a[1",       "a[1]b", "a[1234567]", "a ? b", "a ??", "?? a",
		"a b",  "a?",    "a ?? ?? b", "[0]",   "a[*]",       ". .",   ".[0]", "a . b",
	};

	(void)state;
	assert_null(doc_path_check("."));
	assert_null(doc_path_check(" . ?? a"));
	assert_null(doc_path_check("a ?? ."));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!doc_path_check(bad[i])) {
			fail_msg("'%s' was taken for a path", bad[i]);
		}
	}
}

static void pretty_is_indented_and_takes_one_more_member(void **state)
{
	struct doc *doc = parse("{\"a\":[1,{}],\"b\":{\"c\":\"x\"},\"d\":[]}");
	struct doc *extra = doc_object_create();
	struct doc *empty = doc_object_create();
	char *printed = doc_print(doc, true);

	(void)state;
	assert_string_equal(printed, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n"
				     "    \"c\": \"x\"\n  },\n  \"d\": []\n}\n");
	free(printed);
	doc_set_text(extra, "f", "y\xff");
	printed = doc_print_with(empty, "own", extra);
	assert_string_equal(printed, "{\n  \"own\": {\n    \"f\": \"y\xef\xbf\xbd\"\n  }\n}\n");
	free(printed);
	printed = doc_print_with(doc, "d", extra);
	assert_null(strstr(printed, "\"f\""));
	free(printed);
	doc_set_text(extra, "f", "z");
	printed = doc_print(extra, false);
	assert_string_equal(printed, "{\"f\":\"z\"}");
	free(printed);
	doc_destroy(doc);
	doc_destroy(extra);
	doc_destroy(empty);
}

static void *read_often(void *context)
{
	const struct doc *doc = context;

	for (int i = 0; i < 200; i++) {
		char *printed = doc_print(doc, true);
		const char *number = doc_text(doc_path(doc, "a[1].n"), NULL);

		if (!printed || strcmp(number, "12.50") != 0 ||
		    strcmp(doc_text(doc_path(doc, "a[0]"), NULL), "7") != 0 ||
		    strcmp(doc_text(doc_path(doc, "t"), NULL), "text") != 0 ||
		    doc_count(doc) != 3) {
			abort();
		}
		free(printed);
	}
	return NULL;
}

static void many_threads_read_one_tree(void **state)
{
	struct doc *doc = parse("{\"a\":[7,{\"n\":12.50}],\"t\":\"text\",\"b\":true}");
	pthread_t threads[8];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, read_often, doc), 0);
	}
	for (size_t i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
	}
	doc_destroy(doc);
}

static struct doc *parse_yaml(const char *text)
{
	struct findings findings = {0};
	struct doc *doc = NULL;

	if (doc_parse_yaml("f.yaml", text, strlen(text), &findings, &doc) < 0) {
		fail_msg("line %d: %s", findings.list[0].line, findings.list[0].words);
	}
	assert_int_equal(findings.count, 0);
	return doc;
}

static void yaml_has_lines_and_texts(void **state)
{
	struct doc *doc = parse_yaml("# comment\n"
				     "a: 1\n"
				     "b:\n"
				     "  - yes\n"
				     "  - {c: \"x: y\", d: ~}\n"
				     "e: >-\n"
				     "  one\n"
				     "  two\n"
				     "f:\n");

	(void)state;
	assert_int_equal(doc_line(doc), 2);
	assert_int_equal(doc_line(doc_get(doc, "a")), 2);
	assert_int_equal(doc_line(doc_get(doc, "b")), 3);
	assert_int_equal(doc_line(doc_path(doc, "b[0]")), 4);
	assert_int_equal(doc_line(doc_path(doc, "b[1].c")), 5);
	assert_int_equal(doc_line(NULL), 0);
	assert_int_equal(doc_kind(doc_get(doc, "a")), DOC_TEXT);
	assert_string_equal(text_at(doc, "b[0]"), "yes");
	assert_string_equal(text_at(doc, "b[1].c"), "x: y");
	assert_string_equal(text_at(doc, "b[1].d"), "~");
	assert_string_equal(text_at(doc, "e"), "one two");
	assert_string_equal(doc_text(doc_get(doc, "f"), NULL), "");
	doc_destroy(doc);
}

static void assert_found(const char *text, int line, const char *words)
{
	struct findings findings = {0};
	struct doc *doc = NULL;

	assert_int_equal(doc_parse_yaml("f.yaml", text, strlen(text), &findings, &doc), -EINVAL);
	assert_null(doc);
	for (int i = 0; i < findings.count; i++) {
		const struct finding *f = &findings.list[i];

		assert_string_equal(f->file, "f.yaml");
		if (f->line == line && strstr(f->words, words)) {
			findings_finish(&findings);
			return;
		}
	}
	fail_msg("no '%s' in line %d of %s; first is %d: %s", words, line, text,
		 findings.list[0].line, findings.list[0].words);
}

static void yaml_that_is_too_clever_is_refused(void **state)
{
	char deep[200];

	(void)state;
	assert_null(parse_yaml(""));
	assert_null(parse_yaml("# only\n"));
	assert_found("a: 1\na: 2\n", 2, "there twice");
	assert_found("a: &x 1\n", 1, "anchors");
	assert_found("a: &x 1\nb: *x\n", 2, "aliases");
	assert_found("a: !!int 1\n", 1, "tags");
	assert_found("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "merge");
	assert_found("a: 1\n---\nb: 2\n", 2, "one document");
	assert_found("? [a]\n: 1\n", 1, "a key is a plain text");
	assert_found("a: \"\\0\"\n", 1, "NUL");
	assert_found("a: [1\nb: 2\n", 2, "not YAML");
	assert_found("a: 1\n\tb: 2\n", 2, "not YAML");
	assert_found("a: \xff\n", 1, "not YAML");
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	assert_found(deep, 1, "too deeply");
}

static void all_findings_are_found(void **state)
{
	static const char text[] = "a: 1\na: 2\nb: !x 3\nc: &y 4\nd: *y\n";
	struct findings findings = {0};
	struct doc *doc = NULL;

	(void)state;
	assert_int_equal(doc_parse_yaml("f", text, strlen(text), &findings, &doc), -EINVAL);
	assert_int_equal(findings.count, 4);
	findings_finish(&findings);
}

static int shout(void *context, const struct doc *text, struct buf *out)
{
	int *count = context;

	(*count)++;
	if (strcmp(doc_text(text, NULL), "omit") == 0) {
		return DOC_OMIT;
	}
	if (strcmp(doc_text(text, NULL), "fail") == 0) {
		return -EINVAL;
	}
	buf_printf(out, "%s\"!", doc_text(text, NULL));
	return 0;
}

static void copies_have_other_texts(void **state)
{
	struct doc *from = parse_yaml(
		"{a: [x, omit, 'omit'], b: {c: omit, d: {e: omit}}, k: {}, n: 5, m: '5', "
		"t: true, z: null}");
	struct doc *copy = NULL;
	char *printed;
	int count = 0;

	(void)state;
	assert_int_equal(doc_copy_replaced(from, shout, &count, &copy), 0);
	assert_int_equal(count, 6);
	printed = doc_print(copy, false);
	/* What held nothing else than what is left out is left out. */
	assert_string_equal(printed, "{\"a\":[\"x\\\"!\"],\"k\":{},\"n\":5,\"m\":\"5\\\"!\","
				     "\"t\":true,\"z\":null}");
	free(printed);
	doc_destroy(copy);
	doc_destroy(from);
	from = parse_yaml("{a: [x, {b: fail}]}");
	assert_int_equal(doc_copy_replaced(from, shout, &count, &copy), -EINVAL);
	doc_destroy(from);
	from = parse_yaml("{a: omit, b: {c: omit}}");
	assert_int_equal(doc_copy_replaced(from, shout, &count, &copy), DOC_OMIT);
	doc_destroy(from);
}

/* A text stands for the JSON that it is. */
static int as_json(void *context, const struct doc *text, struct buf *out)
{
	(void)context;
	buf_puts(out, doc_text(text, NULL));
	return DOC_JSON;
}

static void texts_can_stand_for_json(void **state)
{
	struct doc *from = parse_yaml("{a: '12.50', b: ['[1,{\"c\":null}]', 'null'], d: '\"x\"'}");
	struct doc *copy = NULL;
	char *printed;

	(void)state;
	assert_int_equal(doc_copy_replaced(from, as_json, NULL, &copy), 0);
	printed = doc_print(copy, false);
	assert_string_equal(printed, "{\"a\":12.50,\"b\":[[1,{\"c\":null}],null],\"d\":\"x\"}");
	free(printed);
	doc_destroy(copy);
	doc_destroy(from);
	from = parse_yaml("{a: 'x'}");
	assert_int_equal(doc_copy_replaced(from, as_json, NULL, &copy), -EBADMSG);
	doc_destroy(from);
}

static void views_leave_out_and_cut(void **state)
{
	static const char *const omit[] = {"key", "link"};
	static const char *const cut[] = {"url", "n"};
	struct doc *doc = parse("{\"key\":1,\"a\":[{\"link\":\"x\",\"b\":\"q?r\"}],"
				"\"url\":\"h?s?t\",\"n\":5,\"o\":{\"url\":\"u?v\",\"key\":2}}");
	struct doc_view view = {.omit = omit, .omit_count = 2, .cut = cut, .cut_count = 2};
	char *printed = doc_print_view(doc, &view);

	(void)state;
	assert_string_equal(printed, "{\n  \"a\": [\n    {\n      \"b\": \"q?r\"\n    }\n  ],\n"
				     "  \"url\": \"h\",\n  \"n\": 5,\n  \"o\": {\n"
				     "    \"url\": \"u?v\"\n  }\n}\n");
	free(printed);
	view = (struct doc_view){.omit = omit, .omit_count = 1, .omit_top = true};
	printed = doc_print_view(doc, &view);
	assert_null(strstr(printed, "\"key\": 1"));
	assert_non_null(strstr(printed, "\"key\": 2"));
	assert_non_null(strstr(printed, "h?s?t"));
	free(printed);
	doc_destroy(doc);
	doc = parse("{\"key\":1}");
	printed = doc_print_view(doc, &view);
	assert_string_equal(printed, "{}\n");
	free(printed);
	doc_destroy(doc);
}

static void trees_are_copied_into_objects(void **state)
{
	static const char text[] = "{\"a\":[1.50,null,true,\"x\\u0000y\",{\"b\":{}}]}";
	struct doc *from = parse(text);
	struct doc *to = doc_object_create();
	struct doc *copy = doc_copy(from);
	char *printed;

	(void)state;
	doc_set(to, "t", from);
	doc_set(to, "t", doc_path(from, "a[0]"));
	doc_set(to, "n", doc_path(from, "a[1]"));
	doc_set(to, "absent", NULL);
	doc_set_number(to, "d", "-0.10");
	doc_set_boolean(to, "b", true);
	doc_set(copy, "more", from);
	doc_destroy(from);
	printed = doc_print(to, false);
	assert_string_equal(printed, "{\"t\":1.50,\"n\":null,\"d\":-0.10,\"b\":true}");
	free(printed);
	printed = doc_print(copy, false);
	assert_string_equal(printed, "{\"a\":[1.50,null,true,\"x\\u0000y\",{\"b\":{}}],\"more\":"
				     "{\"a\":[1.50,null,true,\"x\\u0000y\",{\"b\":{}}]}}");
	free(printed);
	assert_true(doc_is_whole(to));
	doc_destroy(to);
	doc_destroy(copy);
}

static void scalars_stand_for_things(void **state)
{
	int64_t number = -1;
	double decimal = -1;
	bool flag = false;

	(void)state;
	assert_true(scalar_flag("Yes", &flag) && flag);
	assert_true(scalar_flag("off", &flag) && !flag);
	assert_false(scalar_flag("y", &flag));
	assert_true(scalar_duration("500ms", &number) && number == 500);
	assert_true(scalar_duration("7d", &number) && number == 7 * 24 * 3600 * 1000LL);
	assert_true(scalar_duration("0", &number) && number == 0);
	assert_false(scalar_duration("5", &number));
	assert_false(scalar_duration("-5s", &number));
	assert_false(scalar_duration("5 s", &number));
	assert_false(scalar_duration("99999999999999999999d", &number));
	assert_false(scalar_duration("9223372036854775807d", &number));
	assert_true(scalar_bytes("512M", &number) && number == 512 << 20);
	assert_true(scalar_bytes("4096", &number) && number == 4096);
	assert_false(scalar_bytes("1X", &number));
	assert_true(scalar_decimal("0.5", &decimal) && decimal == 0.5);
	assert_false(scalar_decimal("1e3", &decimal));
	assert_false(scalar_decimal(".", &decimal));
	assert_false(scalar_decimal("nan", &decimal));
	assert_true(scalar_integer("-7", &number) && number == -7);
	assert_false(scalar_integer("7x", &number));
	assert_false(scalar_integer(" 7", &number));
}

static void readers_say_what_to_write_instead(void **state)
{
	static const char *const keys[] = {"collections", "limits", "n", "d", "r",
					   "b",           "l",      "p", NULL};
	static const char *const words[] = {"none", "offset", NULL};
	static const char *const expected[] = {
		"unknown key 'collectoins', did you mean 'collections'?",
		"unknown key 'zzz'; it can be collections, limits, n, d, r, b, l or p",
		"'n' takes a whole number from 1 to 9, not '10'",
		"'d' takes a time such as 500ms, 30s, 5m, 2h or 7d, not 'soon'",
		"'r' takes a range of times such as 5s..60s, not '60s..5s'",
		"'b' takes yes or no, not 'maybe'",
		"'l' takes a list: [one, two]",
		"'p' is no path: a name is missing; a path looks like a.b[0].c",
		"unknown value of 'limits': 'ofset', did you mean 'offset'?",
	};
	struct doc *doc = parse_yaml("{collectoins: 1, zzz: 2, limits: ofset, n: 10, d: soon, "
				     "r: 60s..5s, b: maybe, l: 3, p: a.}");
	struct findings findings = {0};
	struct reader r = {.file = "f", .findings = &findings};
	int64_t least = 1;
	int64_t most = 2;

	(void)state;
	reader_check_keys(&r, doc, keys);
	assert_int_equal(reader_integer(&r, doc, "n", 1, 9, 4), 4);
	assert_int_equal(reader_duration(&r, doc, "d", 5), 5);
	reader_duration_range(&r, doc, "r", &least, &most);
	assert_true(least == 1 && most == 2);
	assert_true(reader_flag(&r, doc, "b", true));
	assert_null(reader_list(&r, doc, "l"));
	assert_null(reader_path(&r, doc, "p"));
	assert_int_equal(reader_choice(&r, doc, "limits", words), -1);
	assert_true(r.found);
	assert_int_equal(findings.count, 9);
	for (int i = 0; i < 9; i++) {
		assert_string_equal(findings.list[i].words, expected[i]);
	}
	r.found = false;
	assert_int_equal(reader_choice(&r, doc, "absent", words), -1);
	assert_null(reader_object(&r, doc, "absent"));
	assert_null(reader_text(&r, NULL, "absent"));
	assert_false(r.found);
	findings_finish(&findings);
	doc_destroy(doc);
}

/* The same on every run. */
static uint32_t random_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Pieces that parsers trip over. */
static size_t make_noise(uint32_t *seed, char *text, size_t size)
{
	static const char *const pieces[] = {
		"{",    "}",    "[",    "]",  ":",   ",",  "\"",   "\\",       "\\u",
		"d83d", "null", "true", "-",  "1e",  "0",  ".",    " ",        "\n",
		"a",    "- ",   "? ",   ": ", "&a ", "*a", "!t ",  "<<",       "---\n",
		"|\n",  ">",    "'",    "#",  "%",   "\t", "\xff", "\xc3\xa9", "\xed\xa0",
	};
	size_t length = 0;
	size_t wanted = random_next(seed) % size;

	while (length < wanted) {
		const char *piece =
			pieces[random_next(seed) % (sizeof(pieces) / sizeof(pieces[0]))];
		size_t n = strlen(piece);

		if (length + n >= size) {
			break;
		}
		memcpy(text + length, piece, n);
		length += n;
		if (random_next(seed) % 16 == 0) {
			text[length - 1] = (char)random_next(seed);
		}
	}
	return length;
}

static void noise_does_no_harm(void **state)
{
	uint32_t seed = 2463534242;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct findings findings = {0};
		struct problem why = {0};
		struct doc *doc = NULL;
		char text[200];
		size_t length = make_noise(&seed, text, sizeof(text) - 1);
		int r = doc_parse_json(text, length, 10, &doc, &why);

		assert_true(r == 0 || r == -EBADMSG);
		doc_destroy(doc);
		doc = NULL;
		r = doc_parse_yaml("noise", text, length, &findings, &doc);
		assert_true(r == 0 ? findings.count == 0 : r == -EINVAL && findings.count > 0);
		doc_destroy(doc);
		text[length] = '\0';
		doc_path_check(text);
		findings_finish(&findings);
		problem_finish(&why);
	}
}

/* Whatever is cut off at the end is noticed. */
static void cut_json_is_never_whole(void **state)
{
	static const char whole[] = "{\"data\":[{\"id\":\"a\\u00e9\",\"n\":[1.5,null,true]}]}";

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct doc *doc = NULL;

		assert_int_equal(doc_parse_json(whole, n, 0, &doc, NULL), -EBADMSG);
	}
}

static const char json[] = "{\"data\":[{\"id\":\"a\\u00e9\",\"n\":[1.5,null,true]}]}";

/* What can be done with documents once they are read (json-c's reader does not survive a lack of memory
 * itself), from the first allocation to the last. */
static int do_all(struct doc *doc)
{
	static const char yaml[] = "a: [x, 'y', 5, true]\nb: {c: d}\n";
	struct findings findings = {0};
	struct doc *other = NULL;
	struct doc *copy = NULL;
	struct doc *made = NULL;
	char *printed = NULL;
	int count = 0;
	int r;

	made = doc_object_create();
	doc_set_text(made, "a", "b");
	doc_set(made, "c", doc);
	printed = doc_print_with(doc, "own", made);
	r = made && doc_is_whole(made) && printed ? 0 : -ENOMEM;
	if (r == 0) {
		r = doc_parse_yaml("f", yaml, strlen(yaml), &findings, &other);
	}
	if (r == 0) {
		r = doc_copy_replaced(other, shout, &count, &copy);
	}
	free(printed);
	doc_destroy(other);
	doc_destroy(copy);
	doc_destroy(made);
	findings_finish(&findings);
	return r;
}

static void running_out_of_memory_is_an_error(void **state)
{
	struct doc *doc = NULL;
	int failures = 0;

	(void)state;
	assert_int_equal(doc_parse_json(json, strlen(json), 0, &doc, NULL), 0);
	for (long n = 1; SCARCE; n++) {
		long before = scarce_blocks();
		int r;

		scarce_at(n);
		r = do_all(doc);
		if (!scarce_happened()) {
			scarce_at(0);
			assert_int_equal(r, 0);
			assert_true(failures > 20);
			break;
		}
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(scarce_blocks(), before);
		failures++;
	}
	doc_destroy(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_printed_as_it_was_written),
		cmocka_unit_test(half_surrogates_become_the_replacement_character),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(null_is_not_absent),
		cmocka_unit_test(texts_keep_their_nul_bytes),
		cmocka_unit_test(paths_lead_to_values),
		cmocka_unit_test(paths_are_checked),
		cmocka_unit_test(pretty_is_indented_and_takes_one_more_member),
		cmocka_unit_test(many_threads_read_one_tree),
		cmocka_unit_test(yaml_has_lines_and_texts),
		cmocka_unit_test(yaml_that_is_too_clever_is_refused),
		cmocka_unit_test(all_findings_are_found),
		cmocka_unit_test(copies_have_other_texts),
		cmocka_unit_test(texts_can_stand_for_json),
		cmocka_unit_test(views_leave_out_and_cut),
		cmocka_unit_test(trees_are_copied_into_objects),
		cmocka_unit_test(scalars_stand_for_things),
		cmocka_unit_test(readers_say_what_to_write_instead),
		cmocka_unit_test(noise_does_no_harm),
		cmocka_unit_test(cut_json_is_never_whole),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
