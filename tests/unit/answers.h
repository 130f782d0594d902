/* Recorded answers against a description: every case of a folder's expect.yaml is read as the
 * description says and told again in the words of expect.yaml; the two must be the same text.
 *
 * Stands alone but for the description, the document reader and a way to read files, so that a
 * command for users can be made of it. */
#ifndef TEST_ANSWERS_H
#define TEST_ANSWERS_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "doc/reader.h"
#include "provider/provider.h"

struct answers {
	const char *dir;
	const struct provider *provider;
	const struct collection *collection;
	struct reader reader;
	int count; /* cases that were tried */
};

static char *answers_read_file(const char *dir, const char *name, size_t *length)
{
	auto_free char *path = NULL;
	auto_finish(buf_finish) struct buf text = {0};
	auto_file FILE *file = NULL;
	char chunk[4096];
	size_t n;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return NULL;
	}
	file = fopen(path, "re");
	if (!file) {
		return NULL;
	}
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		buf_add(&text, chunk, n);
	}
	*length = text.length;
	return buf_take(&text);
}

static void answers_tell_time(struct buf *out, const char *key, int64_t ns)
{
	char text[CLOCK_TEXT_BYTES];

	if (ns) {
		buf_printf(out, " %s=%s", key, clock_print(ns, text));
	}
}

static void answers_tell_row(struct buf *out, const struct row *row)
{
	buf_printf(out, " [id=%s state=%s", row->id, state_word(row->state));
	if (row->word) {
		buf_printf(out, " word=%s", row->word);
	}
	if (row->error) {
		buf_printf(out, " error=%s", row->error);
	}
	answers_tell_time(out, "created", row->created_ns);
	answers_tell_time(out, "updated", row->updated_ns);
	for (int i = 0; i < row->file_count; i++) {
		buf_printf(out, "%s%s", i ? "," : " files=", row->files[i]);
	}
	buf_puts(out, "]");
}

static int answers_read_row(const struct answers *a, const struct doc *node, struct buf *out,
			    struct problem *why)
{
	struct row row = {0};
	int r = row_read(a->collection, node, &row, why);

	if (r == 0) {
		answers_tell_row(out, &row);
	}
	row_finish(&row);
	return r;
}

static int answers_read_list(const struct answers *a, const struct doc *answer, struct buf *out,
			     struct problem *why)
{
	struct page_position position = {0};
	const struct doc *rows;
	int r = page_read(a->collection, answer, &position, &rows, why);

	for (size_t i = 0; r == 0 && i < doc_count(rows); i++) {
		r = answers_read_row(a, doc_at(rows, i), out, why);
	}
	if (r == 0 && !position.done) {
		buf_puts(out, " more");
	}
	return r;
}

static int answers_read_token(const struct answers *a, const struct doc *answer, struct buf *out,
			      struct problem *why)
{
	auto_free char *token = NULL;
	int64_t expires_in_ms;
	int r = token_read(a->provider, answer, &token, &expires_in_ms, why);

	if (r == 0) {
		buf_printf(out, " token=%s expires=%lldms", token, (long long)expires_in_ms);
	}
	return r;
}

static void answers_tell_text(struct buf *out, const char *key, const struct doc *node)
{
	const char *text = doc_text(node, NULL);

	buf_printf(out, " %s=%s", key, text ? text : "");
}

/* What the description makes of an answer, as a line of text. */
static int answers_tell(const struct answers *a, const char *read, const struct response *response,
			struct buf *out, struct problem *why)
{
	struct doc *answer = NULL;
	int r = answer_read(a->provider, response, NULL, &answer, why);

	if (r < 0) {
		return r;
	}
	if (strcmp(read, "list") == 0) {
		r = answers_read_list(a, answer, out, why);
	} else if (strcmp(read, "get") == 0) {
		r = answers_read_row(a, doc_path(answer, a->collection->row), out, why);
	} else if (strcmp(read, "create") == 0) {
		answers_tell_text(out, "id", doc_path(answer, a->collection->create->id));
	} else if (strcmp(read, "file") == 0) {
		answers_tell_text(out, "url", doc_path(answer, a->collection->files[0].url));
	} else {
		r = answers_read_token(a, answer, out, why);
	}
	doc_destroy(answer);
	return r;
}

static void answers_expect_row(struct buf *out, const struct doc *row)
{
	static const char *const keys[] = {"id", "state", "word", "error", "created", "updated"};
	const struct doc *files = doc_get(row, "files");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = doc_text(doc_get(row, keys[i]), NULL);

		if (text) {
			buf_printf(out, "%s%s=%s", i ? " " : " [", keys[i], text);
		}
	}
	for (size_t i = 0; i < doc_count(files); i++) {
		buf_printf(out, "%s%s", i ? "," : " files=", doc_text(doc_at(files, i), NULL));
	}
	buf_puts(out, "]");
}

/* The same line out of expect.yaml. */
static void answers_expect(struct answers *a, const struct doc *node, struct buf *out)
{
	static const char *const keys[] = {"id", "url", "token"};
	const struct doc *rows = doc_get(node, "rows");

	for (size_t i = 0; i < doc_count(rows); i++) {
		answers_expect_row(out, doc_at(rows, i));
	}
	if (doc_get(node, "row")) {
		answers_expect_row(out, doc_get(node, "row"));
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (doc_get(node, keys[i])) {
			answers_tell_text(out, keys[i], doc_get(node, keys[i]));
		}
	}
	if (doc_get(node, "expires")) {
		buf_printf(out, " expires=%lldms",
			   (long long)reader_duration(&a->reader, node, "expires", 0));
	}
	if (reader_flag(&a->reader, node, "more", false)) {
		buf_puts(out, " more");
	}
	if (doc_get(node, "errno")) {
		buf_printf(out, " %s: %s", doc_text(doc_get(node, "errno"), NULL),
			   doc_text(doc_get(node, "words"), NULL));
	}
}

static void answers_check(struct answers *a, const struct doc *node)
{
	static const char *const reads[] = {"list", "get", "create", "file", "token", NULL};
	static const char *const keys[] = {"answer",  "read",  "status", "type", "rows",
					   "row",     "more",  "id",     "url",  "token",
					   "expires", "errno", "words",  NULL};
	auto_finish(buf_finish) struct buf told = {0};
	auto_finish(buf_finish) struct buf expected = {0};
	const char *name = reader_text(&a->reader, node, "answer");
	const char *type = reader_text(&a->reader, node, "type");
	int read = reader_choice(&a->reader, node, "read", reads);
	struct response response = {
		.status = reader_integer(&a->reader, node, "status", 100, 599, 200)};
	struct problem why = {0};
	int r;

	reader_check_keys(&a->reader, node, keys);
	response.body = name ? answers_read_file(a->dir, name, &response.body_length) : NULL;
	if (!response.body || read < 0) {
		reader_complain(&a->reader, node, "no such answer, or 'read' is missing");
		response_finish(&response);
		return;
	}
	type = type ? type : "application/json";
	response_add_header(&response, "Content-Type", 12, type, strlen(type));
	r = answers_tell(a, reads[read], &response, &told, &why);
	if (r < 0) {
		buf_clear(&told);
		buf_printf(&told, " %s: %s", error_name(r), problem_words(&why, r));
	}
	answers_expect(a, node, &expected);
	a->count++;
	if (strcmp(told.data ? told.data : "", expected.data ? expected.data : "") != 0) {
		reader_complain(&a->reader, node, "%s is read as%s, not as%s", name,
				told.data ? told.data : " nothing",
				expected.data ? expected.data : " nothing");
	}
	response_finish(&response);
	problem_finish(&why);
}

/* Checks every case in dir/expect.yaml; the findings tell what is not as expected. Returns how many
 * cases there were, or a negative errno. */
static int answers_check_all(const struct provider *provider, const char *dir,
			     struct findings *findings)
{
	static const char name[] = "expect.yaml";
	struct answers a = {.dir = dir,
			    .provider = provider,
			    .collection = &provider->collections[0],
			    .reader = {.file = name, .findings = findings}};
	struct doc *cases = NULL;
	size_t length = 0;
	auto_free char *text = answers_read_file(dir, name, &length);
	int r = text ? doc_parse_yaml(name, text, length, findings, &cases) : -ENOENT;

	for (size_t i = 0; r == 0 && i < doc_count(cases); i++) {
		answers_check(&a, doc_at(cases, i));
	}
	doc_destroy(cases);
	return r < 0 ? r : a.count;
}

#endif
