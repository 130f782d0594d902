/* What was read, told in the words of expect.yaml; see check_answers.c. A member that the API's
 * answer gives no value for is left out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_case.h"
#include "base/cleanup.h"
#include "base/clock.h"

void tell_add(struct buf *list, const struct doc *node)
{
	auto_free char *text = doc_print(node, false);

	buf_puts(list, list->length ? "," : "[");
	if (text) {
		buf_puts(list, text);
	} else {
		list->failed = true;
	}
}

int tell_list(struct doc *object, const char *key, struct buf *list)
{
	struct doc *array = NULL;

	buf_puts(list, list->length ? "]" : "[]");
	int r = buf_status(list);
	if (r == 0) {
		r = doc_parse_json(list->data, list->length, 0, &array, NULL);
	}
	if (r == 0) {
		doc_set(object, key, array);
	}
	doc_destroy(array);
	return r;
}

static void tell_text(struct doc *object, const char *key, const char *text)
{
	if (text) {
		doc_set_text(object, key, text);
	}
}

void tell_json(struct doc *object, const char *key, const char *text)
{
	struct doc *tree = NULL;

	if (text && doc_parse_json(text, strlen(text), 0, &tree, NULL) == 0) {
		doc_set(object, key, tree);
	} else {
		tell_text(object, key, text);
	}
	doc_destroy(tree);
}

static void tell_time(struct doc *object, const char *key, int64_t ns)
{
	char text[CLOCK_TEXT_BYTES];

	if (ns) {
		doc_set_text(object, key, clock_print(ns, text));
	}
}

static void tell_names(struct doc *object, const struct row *row)
{
	auto_finish(buf_finish) struct buf list = {0};

	for (int i = 0; i < row->file_count; i++) {
		struct doc *file = doc_object_create();
		tell_text(file, "name", row->files[i].name);
		tell_add(&list, doc_get(file, "name"));
		doc_destroy(file);
	}
	if (row->file_count > 0) {
		tell_list(object, "files", &list);
	}
}

void tell_row(struct doc *object, const struct row *row)
{
	tell_text(object, "id", row->id);
	tell_text(object, "name", row->name);
	tell_text(object, "state", state_word(row->state));
	tell_text(object, "word", row->word);
	tell_text(object, "error", row->error);
	tell_time(object, "created", row->created_ns);
	tell_time(object, "updated", row->updated_ns);
	tell_text(object, "version", row->version);
	tell_names(object, row);
	tell_json(object, "shows", row->record);
	tell_json(object, "part", row->part);
}

int tell_parcel(struct doc *object, const struct parcel *parcel)
{
	auto_finish(buf_finish) struct buf list = {0};

	for (int i = 0; i < parcel->file_count; i++) {
		const struct parcel_file *file = &parcel->files[i];
		struct doc *one = doc_object_create();
		char size[24];
		snprintf(size, sizeof(size), "%zu", file->length);
		tell_text(one, "path", file->path);
		tell_text(one, "size", file->body ? size : NULL);
		tell_text(one, "url", file->url);
		tell_text(one, "password", file->password);
		tell_add(&list, one);
		doc_destroy(one);
	}
	tell_text(object, "record", parcel->record_name);
	tell_json(object, "shows", parcel->record);
	return tell_list(object, "files", &list);
}

static int as_it_is(void *context, const struct doc *text, struct buf *out)
{
	size_t length = 0;
	const char *bytes = doc_text(text, &length);

	(void)context;
	buf_add(out, bytes, length);
	return buf_status(out);
}

int tell_typed(const struct doc *yaml, struct doc **out)
{
	return doc_copy_replaced(yaml, as_it_is, NULL, out);
}
