/* What an act delivers, unpacked: names, bytes and folders; and documents of an account. */
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
#include "provider/base64.h"
#include "scarce.h"

static struct doc *parse(const char *json)
{
	struct doc *doc = NULL;

	if (doc_parse_json(json, strlen(json), 0, &doc, NULL) < 0) {
		fail_msg("%s is no JSON", json);
	}
	return doc;
}

/* {"data":{"take":JSON}} */
static struct doc *delivery(const char *json)
{
	struct buf text = {0};
	struct doc *doc;

	buf_printf(&text, "{\"data\":{\"take\":%s}}", json);
	doc = parse(text.data);
	buf_finish(&text);
	return doc;
}

static void tell_file(struct buf *out, const struct parcel_file *file)
{
	buf_printf(out, "%s", file->path);
	if (file->body) {
		buf_puts(out, "=");
		buf_add(out, file->body, file->length);
	} else {
		buf_printf(out, " at %s with %s", file->url, file->password ? file->password : "-");
	}
	buf_puts(out, "\n");
}

/* The parcel, a line for each file, or the words of what is wrong. */
static void assert_parcel(const char *json, const char *expected)
{
	struct provider *p = load(graph_sample);
	struct doc *doc = delivery(json);
	struct parcel parcel;
	struct problem why = {0};
	struct buf told = {0};
	int r = parcel_read(&p->collections[0].act->acts[0], doc, &parcel, &why);

	for (int i = 0; r == 0 && i < parcel.file_count; i++) {
		tell_file(&told, &parcel.files[i]);
	}
	if (r < 0) {
		assert_int_equal(r, -EBADMSG);
		buf_puts(&told, problem_words(&why, r));
		assert_null(parcel.files);
		assert_null(parcel.record);
	}
	assert_string_equal(told.data, expected);
	parcel_finish(&parcel);
	problem_finish(&why);
	buf_finish(&told);
	doc_destroy(doc);
	provider_destroy(p);
}

static void keys_and_archives_become_files(void **state)
{
	(void)state;
	assert_parcel("{\"archives\":[{\"link\":\"https://f/1?s\",\"password\":\"pw\"},"
		      "{\"link\":\"https://f/2\"}],"
		      "\"products\":[{\"name\":\"Game: One\",\"keys\":["
		      "{\"id\":\"k1\",\"key\":\"AAA-BBB\",\"mime\":\"text/plain; charset=utf-8\"},"
		      "{\"id\":\"k2\",\"key\":\"aGk=\",\"mime\":\"Image/PNG\"},"
		      "{\"id\":\"k3\",\"key\":\"raw\",\"mime\":\"application/x-odd\"},"
		      "{\"id\":\"k4\",\"key\":\"{}\",\"mime\":\"application/json\"},"
		      "{\"id\":\"k5\",\"key\":\"bare\"}]}]}",
		      "archive-1.zip at https://f/1?s with pw\n"
		      "archive-2.zip at https://f/2 with -\n"
		      "keys/Game: One/k1.txt=AAA-BBB\n"
		      "keys/Game: One/k2.png=hi\n"
		      "keys/Game: One/k3.bin=raw\n"
		      "keys/Game: One/k4.json={}\n"
		      "keys/Game: One/k5.txt=bare\n");
}

static void children_stand_in_a_folder_of_the_files_name(void **state)
{
	(void)state;
	assert_parcel(
		"{\"products\":[{\"name\":\"G\",\"keys\":[{\"id\":\"a\",\"key\":\"1\",\"more\":["
		"{\"id\":\"b\",\"key\":\"2\",\"more\":[{\"id\":\"c\",\"key\":\"3\",\"more\":"
		"[{\"id\":\"d\",\"key\":\"4\"}]}]}]},"
		"{\"id\":\"a\",\"key\":\"5\",\"more\":[{\"id\":\"b\",\"key\":\"6\"}]},"
		"{\"id\":\"e\",\"key\":\"\",\"more\":[{\"id\":\"f\",\"key\":\"7\"}]},"
		"{\"id\":\"g\",\"key\":\"\"}]}]}",
		"keys/G/a.txt=1\n"
		"keys/G/a/b.txt=2\n"
		"keys/G/a/b/c.txt=3\n" /* as deep as the description goes */
		"keys/G/a~2.txt=5\n"
		"keys/G/a~2/b.txt=6\n"
		"keys/G/e/f.txt=7\n"
		"keys/G/g.txt=\n");
}

static void foreign_names_do_no_harm(void **state)
{
	(void)state;
	assert_parcel(
		"{\"products\":[{\"name\":\"../x\",\"keys\":[{\"id\":\"a/../b\",\"key\":\"1\"},"
		"{\"id\":\"..\",\"key\":\"2\"},{\"id\":\"n\\u0000\\n%\",\"key\":\"3\"},{\"key\":\"4\"}]},"
		"{\"name\":\"../x\",\"keys\":[{\"id\":\"a\",\"key\":\"5\"}]},"
		"{\"keys\":[{\"id\":\"a\",\"key\":\"6\"}]},{\"name\":\"empty\",\"keys\":[]}]}",
		"keys/%2E.%2Fx/a%2F..%2Fb.txt=1\n"
		"keys/%2E.%2Fx/%2E..txt=2\n"
		"keys/%2E.%2Fx/n.txt=3\n"
		"keys/%2E.%2Fx/4.txt=4\n"
		"keys/%2E.%2Fx~2/a.txt=5\n"
		"keys/3/a.txt=6\n");
}

static void what_makes_no_sense_is_not_kept(void **state)
{
	(void)state;
	assert_parcel("null", "the answer holds nothing at 'data.take'");
	assert_parcel("\"x\"", "the answer holds nothing at 'data.take'");
	assert_parcel("{}", "the answer holds no files yet");
	assert_parcel("{\"archives\":[],\"products\":[{\"name\":\"G\",\"keys\":[]}]}",
		      "the answer holds no files yet");
	assert_parcel("{\"archives\":[{\"password\":\"x\"}]}", "archive 1 has no address");
	assert_parcel("{\"products\":[{\"name\":\"G\",\"keys\":[{\"id\":\"a\",\"key\":\"SECRET!\","
		      "\"mime\":\"image/png\"}]}]}",
		      "keys/G/a.png is not whole: it is no base64");
	assert_parcel("{\"products\":[{\"name\":\"G\",\"keys\":[{\"id\":\"a\",\"key\":null}]}]}",
		      "keys/G/a has nothing in it");
	assert_parcel("{\"products\":[{\"name\":\"G\",\"keys\":[{\"id\":\"a\",\"key\":[1]}]}]}",
		      "keys/G/a has nothing in it");
}

static void the_record_is_without_what_is_secret(void **state)
{
	struct provider *p = load(graph_sample);
	struct doc *doc = delivery(
		"{\"status\":{\"ready\":true},\"archives\":[{\"link\":\"l\","
		"\"password\":\"pw\"}],\"products\":[{\"keys\":[{\"id\":\"a\","
		"\"key\":\"SECRET\",\"more\":[{\"id\":\"b\",\"key\":\"SECRET\"}]}]}]}");
	struct parcel parcel;

	(void)state;
	assert_int_equal(parcel_read(&p->collections[0].act->acts[0], doc, &parcel, NULL), 0);
	assert_string_equal(parcel.record_name, "delivery.json");
	assert_null(strstr(parcel.record, "SECRET"));
	assert_null(strstr(parcel.record, "link"));
	assert_non_null(strstr(parcel.record, "\"ready\": true"));
	assert_non_null(strstr(parcel.record, "\"id\": \"b\""));
	parcel_finish(&parcel);
	assert_int_equal(parcel.file_count, 0);
	doc_destroy(doc);
	provider_destroy(p);
}

static void long_names_keep_their_ending(void **state)
{
	struct provider *p = load(graph_sample);
	struct buf json = {0};
	char id[301];
	struct parcel parcel;
	struct doc *doc;

	(void)state;
	memset(id, 'x', 300);
	id[300] = '\0';
	buf_puts(&json, "{\"products\":[{\"name\":\"G\",\"keys\":[");
	for (int i = 0; i < 12; i++) {
		buf_printf(&json, "%s{\"id\":\"%s\",\"key\":\"k\"}", i ? "," : "", id);
	}
	buf_puts(&json, "]}]}");
	doc = delivery(json.data);
	assert_int_equal(parcel_read(&p->collections[0].act->acts[0], doc, &parcel, NULL), 0);
	assert_int_equal(parcel.file_count, 12);
	for (int i = 0; i < 12; i++) {
		const char *name = strrchr(parcel.files[i].path, '/') + 1;

		assert_true(strlen(name) <= 255);
		assert_string_equal(name + strlen(name) - 4, ".txt");
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(parcel.files[i].path, parcel.files[j].path);
		}
	}
	parcel_finish(&parcel);
	buf_finish(&json);
	doc_destroy(doc);
	provider_destroy(p);
}

/* 50 MB in 100,000 keys of which half have the same id: names that are sought one after another would
 * take hours. */
static void large_deliveries_take_no_time(void **state)
{
	enum { COUNT = 100000, BYTES = 500 };
	struct provider *p = load(graph_sample);
	struct buf json = {0};
	char key[BYTES + 1];
	struct parcel parcel;
	struct doc *doc;
	int64_t start;

	(void)state;
	memset(key, 'A', BYTES);
	key[BYTES] = '\0';
	buf_puts(&json, "{\"products\":[{\"name\":\"G\",\"keys\":[");
	for (int i = 0; i < COUNT; i++) {
		buf_printf(&json, "%s{\"id\":\"%d\",\"key\":\"%s\",\"mime\":\"%s\"}", i ? "," : "",
			   i % 2 ? i : 0, key, i % 3 ? "text/plain" : "image/png");
	}
	buf_puts(&json, "]}]}");
	doc = delivery(json.data);
	start = clock_ms();
	assert_int_equal(parcel_read(&p->collections[0].act->acts[0], doc, &parcel, NULL), 0);
	assert_true(clock_ms() - start < 10000);
	assert_int_equal(parcel.file_count, COUNT);
	assert_int_equal(parcel.files[0].length, BYTES / 4 * 3);
	assert_int_equal(parcel.files[1].length, BYTES);
	parcel_finish(&parcel);
	buf_finish(&json);
	doc_destroy(doc);
	provider_destroy(p);
}

static void assert_base64(const char *text, const char *expected)
{
	char *out = NULL;
	size_t length = 0;
	int r = base64_decode(text, strlen(text), (void **)&out, &length);

	assert_int_equal(r, expected ? 0 : -EBADMSG);
	if (expected) {
		assert_int_equal(length, strlen(expected));
		assert_string_equal(out, expected);
	}
	free(out);
}

static void base64_is_strict(void **state)
{
	static const char *const bad[] = {"a",        "ab",     "abc",  "ab=",      "a===",
					  "====",     "Zg=v",   "Zh==", "Zm9=",     "Zm 9v",
					  "Zm-v",     "Zm_v",   "=AAA", "Zg==Zg==", "Zm9v\n",
					  "Zm9v====", "Zm9\xc3"};

	(void)state;
	assert_base64("", "");
	assert_base64("Zg==", "f");
	assert_base64("Zm8=", "fo");
	assert_base64("Zm9v", "foo");
	assert_base64("Zm9vYg==", "foob");
	assert_base64("/+8B", "\xff\xef\x01");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_base64(bad[i], NULL);
	}
}

static void documents_are_shown_as_json(void **state)
{
	struct provider *p = load(graph_sample);
	struct doc *doc = parse("{\"data\":{\"me\":{\"id\":1.50}}}");
	struct doc *nothing = parse("{\"data\":{\"me\":null}}");
	struct problem why = {0};
	char *text;

	(void)state;
	assert_int_equal(document_text(&p->documents[0], doc, &text, NULL), 0);
	assert_string_equal(text, "{\n  \"id\": 1.50\n}\n");
	free(text);
	assert_int_equal(document_text(&p->documents[0], nothing, &text, &why), -EBADMSG);
	assert_string_equal(why.words, "the answer has nothing at 'data.me' for me.json");
	assert_null(text);
	problem_finish(&why);
	doc_destroy(doc);
	doc_destroy(nothing);
	provider_destroy(p);
}

static void documents_have_a_file_for_each_row(void **state)
{
	struct provider *p = load(graph_sample);
	struct doc *row = parse("{\"id\":\"a/b\",\"changed\":\"2026-01-01T00:00:00Z\"}");
	struct doc *bare = parse("{\"id\":7}");
	struct doc *odd = parse("{\"name\":7}");
	struct problem why = {0};
	char *name;
	char *text;
	char *since;

	(void)state;
	assert_int_equal(document_row(&p->documents[1], row, &name, &text, &since, NULL), 0);
	assert_string_equal(name, "a/b.json");
	assert_non_null(strstr(text, "\"id\": \"a/b\""));
	assert_string_equal(since, "2026-01-01T00:00:00Z");
	free(name);
	free(text);
	free(since);
	assert_int_equal(document_row(&p->documents[1], bare, &name, &text, &since, NULL), 0);
	assert_string_equal(name, "7.json");
	assert_null(since);
	free(name);
	free(text);
	assert_int_equal(document_row(&p->documents[1], odd, &name, &text, &since, &why), -EBADMSG);
	assert_string_equal(why.words,
			    "a row of things lacks what its file is named by: {id}.json");
	problem_finish(&why);
	doc_destroy(row);
	doc_destroy(bare);
	doc_destroy(odd);
	provider_destroy(p);
}

static int do_all(const struct provider *p, const struct doc *answer, const struct doc *row)
{
	struct problem why = {0};
	struct parcel parcel = {0};
	char *name = NULL;
	char *text = NULL;
	char *since = NULL;
	int r = parcel_read(&p->collections[0].act->acts[0], answer, &parcel, &why);

	if (r == 0) {
		r = document_row(&p->documents[1], row, &name, &text, &since, &why);
	}
	free(name);
	free(text);
	free(since);
	parcel_finish(&parcel);
	problem_finish(&why);
	return r;
}

static void running_out_of_memory_is_an_error(void **state)
{
	struct provider *p = load(graph_sample);
	struct doc *row = parse("{\"id\":\"a\",\"changed\":\"b\"}");
	struct buf json = {0};
	struct doc *answer;

	(void)state;
	buf_puts(&json,
		 "{\"archives\":[{\"link\":\"l\",\"password\":\"pw\"}],\"products\":[{\"name\":"
		 "\"G\",\"keys\":[{\"id\":\"x\",\"key\":\"aGk=\",\"mime\":\"image/png\",\"more\":["
		 "{\"id\":\"y\",\"key\":\"k\"}]}");
	for (int i = 0; i < 70; i++) {
		buf_printf(&json, ",{\"id\":\"%d\",\"key\":\"k\"}", i % 50);
	}
	buf_puts(&json, "]}]}");
	answer = delivery(json.data);
	ASSERT_SURVIVES(do_all(p, answer, row), false);
	buf_finish(&json);
	doc_destroy(answer);
	doc_destroy(row);
	provider_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_archives_become_files),
		cmocka_unit_test(children_stand_in_a_folder_of_the_files_name),
		cmocka_unit_test(foreign_names_do_no_harm),
		cmocka_unit_test(what_makes_no_sense_is_not_kept),
		cmocka_unit_test(the_record_is_without_what_is_secret),
		cmocka_unit_test(long_names_keep_their_ending),
		cmocka_unit_test(large_deliveries_take_no_time),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(documents_are_shown_as_json),
		cmocka_unit_test(documents_have_a_file_for_each_row),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
