/* Many items in one GraphQL request: its one field is repeated under the aliases x0, x1, …, with
 * the variables $id0, $id1, …. Pure; any thread. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/build.h"

enum { NAME_MOST = 16 };

/* Adds the field with $id as $id<index>; $ids and the like are other names. */
static void add_field(struct buf *out, const char *field, int index)
{
	const char *found;

	while ((found = strstr(field, "$id"))) {
		const char *after = found + 3;

		buf_add(out, field, (size_t)(after - field));
		if (!isalnum((unsigned char)*after) && *after != '_') {
			buf_printf(out, "%d", index);
		}
		field = after;
	}
	buf_puts(out, field);
}

/* query ($id0: ID!, $id1: ID!) { x0: thing(id: $id0) … x1: … } */
static char *compose(const struct many_spec *many, const char *field, int count)
{
	struct buf out = {0};

	buf_puts(&out, "query (");
	for (int i = 0; i < count; i++) {
		buf_printf(&out, "%s$id%d: %s", i ? ", " : "", i, many->id_type);
	}
	buf_puts(&out, ") {");
	for (int i = 0; i < count; i++) {
		buf_printf(&out, " x%d: ", i);
		add_field(&out, field, i);
	}
	buf_puts(&out, " }");
	return buf_take(&out);
}

int many_build(const struct provider *provider, const struct collection *collection, bool narrow,
	       const char *const *ids, int count, const struct values *values, struct request *out,
	       struct problem *why)
{
	const struct many_spec *many = collection->many;
	const struct request_spec *from = &many->request;
	auto_free struct extra *list = calloc((size_t)count + 1, sizeof(*list));
	auto_free char *names = calloc((size_t)count + 1, NAME_MOST);
	auto_free char *document =
		compose(many, narrow && from->fallback ? from->fallback : from->graphql, count);
	struct request_spec spec = *from;

	if (!list || !names || !document) {
		return -ENOMEM;
	}
	for (int i = 0; i < count; i++) {
		char *name = names + (size_t)i * NAME_MOST;
		snprintf(name, NAME_MOST, "id%d", i);
		list[i] = (struct extra){.name = name, .text = ids[i]};
	}
	spec.graphql = document;
	spec.fallback = NULL;
	return build_request(provider, &spec, false, values, &(struct extras){list, count}, out,
			     why);
}

int many_fallback(const struct many_spec *many)
{
	return request_fallback(&many->request);
}

/* True when one of the errors is about the alias: then null is no answer. */
static bool has_error(const struct doc *answer, const char *alias)
{
	const struct doc *errors = doc_get(answer, "errors");

	for (size_t i = 0; i < doc_count(errors); i++) {
		const struct doc *path = doc_get(doc_at(errors, i), "path");
		const char *first = doc_text(doc_at(path, 0), NULL);

		if (first && strcmp(first, alias) == 0) {
			return true;
		}
	}
	return false;
}

const struct doc *many_answer(const struct doc *answer, int index)
{
	char alias[NAME_MOST];
	const struct doc *node;

	snprintf(alias, sizeof(alias), "x%d", index);
	node = doc_get(doc_get(answer, "data"), alias);
	return doc_kind(node) == DOC_NULL && has_error(answer, alias) ? NULL : node;
}
