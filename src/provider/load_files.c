/* The files of an item: what they are called, when there is something to read, and where. */
#include <stdlib.h>

#include "provider/load.h"

static void load_name(struct loader *l, const struct doc *node, struct file_spec *out)
{
	static const char *const keys[] = {"url", NULL};
	const struct doc *name = doc_get(node, "name");

	load_missing(l, node, "name", "what the file is called");
	if (doc_kind(name) != DOC_OBJECT) {
		out->name = reader_text(&l->reader, node, "name");
		return;
	}
	reader_check_keys(&l->reader, name, keys);
	load_missing(l, name, "url", "the path to a URL that ends in the file's name");
	out->name_url = reader_path(&l->reader, name, "url");
}

static void load_resolve(struct loader *l, const struct doc *node, struct file_spec *out)
{
	static const char *const keys[] = {"request", "url", "gone", NULL};
	static const char *const gone[] = {"expired", NULL};
	const struct doc *resolve = reader_object(&l->reader, node, "resolve");

	if ((doc_get(node, "url") != NULL) == (doc_get(node, "resolve") != NULL)) {
		reader_complain(&l->reader, node,
				"a file says where its URL is: 'url', a path in the row, or "
				"'resolve', a request and a path in its answer");
	}
	if (!resolve) {
		out->url = reader_path(&l->reader, node, "url");
		return;
	}
	reader_check_keys(&l->reader, resolve, keys);
	load_missing(l, resolve, "url", "the path to the URL in the answer");
	out->resolve = load_request(l, resolve, NULL);
	out->url = reader_path(&l->reader, resolve, "url");
	out->gone_expires = reader_choice(&l->reader, resolve, "gone", gone) == 0;
}

static void load_file(struct loader *l, const struct doc *node, struct file_spec *out)
{
	static const char *const keys[] = {"name", "each", "when",     "resolve", "url",
					   "host", "auth", "password", NULL};
	static const char *const auth[] = {"none", "same", NULL};

	if (doc_kind(node) != DOC_OBJECT) {
		reader_complain(&l->reader, node, "a file is a mapping: {name: …, when: ready, …}");
		return;
	}
	reader_check_keys(&l->reader, node, keys);
	load_missing(l, node, "when", "the state in which it can be read, such as ready");
	load_name(l, node, out);
	load_resolve(l, node, out);
	out->each = reader_path(&l->reader, node, "each");
	out->when = load_state(l, node, "when", STATE_READY);
	out->host = reader_text(&l->reader, node, "host");
	out->with_auth = reader_choice(&l->reader, node, "auth", auth) == 1;
	out->password = reader_text(&l->reader, node, "password");
}

/* A list, or {none: why there are none}. */
void load_files(struct loader *l, const struct doc *node, struct collection *out)
{
	static const char *const none_keys[] = {"none", NULL};
	const struct doc *files = doc_get(node, "files");
	size_t count;

	if (doc_kind(files) == DOC_OBJECT) {
		reader_check_keys(&l->reader, files, none_keys);
		load_missing(l, files, "none", "why there are no files");
		reader_text(&l->reader, files, "none");
		return;
	}
	files = reader_list(&l->reader, node, "files");
	count = doc_count(files);
	out->files = load_array(l, count, sizeof(*out->files));
	for (size_t i = 0; out->files && i < count; i++) {
		load_file(l, doc_at(files, i), &out->files[out->file_count++]);
	}
}
