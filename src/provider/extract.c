/* Good answers read: values by their paths, and what an answer says of an act. Pure; any
 * thread. */
#include "provider/extract.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "provider/words.h"

enum { PROBLEMS_MOST = 3, WORDS_MOST = 300, CODE_MOST = 60 };

const char *extract_text(const struct doc *node, const char *path)
{
	const char *text = path ? doc_text(doc_path(node, path), NULL) : NULL;

	return text && *text ? text : NULL;
}

int extract_copy(const struct doc *node, const char *path, char **out)
{
	const struct doc *found = path ? doc_path(node, path) : NULL;
	const char *text = doc_text(found, NULL);

	*out = NULL;
	if (text && *text) {
		*out = strdup(text);
	} else if (doc_count(found)) {
		*out = doc_print(found, false); /* not a text, but something was said */
	} else {
		return 0;
	}
	return *out ? 0 : -ENOMEM;
}

double extract_number(const struct doc *node, const char *path)
{
	const char *text = extract_text(node, path);
	char *end;
	double value;

	if (!text || !isdigit((unsigned char)*text)) {
		return -1;
	}
	value = strtod(text, &end);
	return *end || !isfinite(value) ? -1 : value;
}

int64_t extract_time(const struct doc *node, const char *path)
{
	return clock_parse(extract_text(node, path));
}

/* `field: message (CODE)`, as far as it is there. */
static void add_problem(struct buf *out, const struct doc *problem)
{
	const char *field = extract_text(problem, "field");
	const char *code = extract_text(problem, "code");
	auto_free char *words = NULL;

	if (extract_copy(problem, "message ?? .", &words) < 0) {
		out->failed = true;
	}
	if (field) {
		words_add(out, field, strlen(field), CODE_MOST);
		buf_puts(out, ": ");
	}
	if (words) {
		words_add(out, words, strlen(words), WORDS_MOST);
	}
	if (code) {
		buf_puts(out, " (");
		words_add(out, code, strlen(code), CODE_MOST);
		buf_putc(out, ')');
	}
}

bool extract_problems(const struct doc *node, const char *path, struct buf *out)
{
	const struct doc *list = path ? doc_path(node, path) : NULL;
	size_t count = doc_count(list);

	if (doc_kind(list) != DOC_ARRAY) {
		count = count || extract_text(list, ".");
		if (count) {
			add_problem(out, list);
		}
		return count;
	}
	for (size_t i = 0; i < count && i < PROBLEMS_MOST; i++) {
		buf_puts(out, i ? "; " : "");
		add_problem(out, doc_at(list, i));
	}
	return count > 0;
}

int act_check(const struct act *act, const struct doc *answer, struct problem *why)
{
	auto_finish(buf_finish) struct buf words = {0};
	const struct doc *ok = act->ok ? doc_path(answer, act->ok) : NULL;

	if (extract_problems(answer, act->problems, &words)) {
		return buf_status(&words) < 0
			       ? -ENOMEM
			       : problem_set(why, -EINVAL, "the API refused: %s", words.data);
	}
	if (act->ok && (doc_kind(ok) != DOC_BOOLEAN || *doc_text(ok, NULL) != 't')) {
		return problem_set(why, -EINVAL,
				   "the API did not do it, and gives no reason ('%s' is not true)",
				   act->ok);
	}
	return 0;
}

bool detect_finds(const struct detect_spec *detect, const struct doc *answer, const char *word)
{
	const struct doc *list = doc_path(answer, detect->names);

	for (size_t i = 0; i < doc_count(list); i++) {
		const char *name = extract_text(doc_at(list, i), detect->name);

		if (name && strcmp(name, word) == 0) {
			return true;
		}
	}
	return false;
}

const char *file_url(const struct file_spec *spec, int element, const struct doc *node)
{
	if (spec->each && !spec->resolve) {
		node = doc_at(doc_path(node, spec->each), (size_t)element);
	}
	return extract_text(node, spec->url);
}
