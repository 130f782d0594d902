/* Commands of several lines; see command_lines.h. Pure; any thread. */
#include "provider/command_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* The lines so far. */
struct gathering {
	const struct reading *r;
	struct buf array;
	char **keys; /* what must be distinct, by line */
	int count;
};

/* Says in which line it went wrong. */
static int fail_line(const struct gathering *g, int line, int s)
{
	auto_free char *words = NULL;

	if (s != -EINVAL || !g->r->why) {
		return s;
	}
	words = strdup(problem_words(g->r->why, s));
	return words ? problem_set(g->r->why, s, "line %d: %s", line, words) : -ENOMEM;
}

static const char *key_of(const struct reading *r, char *const *given)
{
	for (int i = 0; r->act->lines_distinct && i < r->act->field_count; i++) {
		if (strcmp(r->act->fields[i].name, r->act->lines_distinct) == 0) {
			return given[i];
		}
	}
	return NULL;
}

static int check_distinct(struct gathering *g, char *const *given)
{
	const char *key = key_of(g->r, given);
	auto_finish(buf_finish) struct buf quoted = {0};

	for (int i = 0; key && i < g->count; i++) {
		if (g->keys[i] && strcmp(g->keys[i], key) == 0) {
			return problem_set(g->r->why, -EINVAL,
					   "%s=%s is there already; each has one line",
					   g->r->act->lines_distinct,
					   command_quote(&quoted, key, strlen(key)));
		}
	}
	if (key) {
		g->keys[g->count] = strdup(key);
		return g->keys[g->count] ? 0 : -ENOMEM;
	}
	return 0;
}

static int add_object(struct gathering *g, char *const *given)
{
	struct doc *object = command_object(g->r, given, false);
	auto_free char *text = object ? doc_print(object, false) : NULL;

	doc_destroy(object);
	if (!text) {
		return -ENOMEM;
	}
	buf_printf(&g->array, "%s%s", g->count ? "," : "", text);
	return 0;
}

static int add_line(struct gathering *g, int line)
{
	const struct reading *r = g->r;
	auto_free char **given = calloc((size_t)r->act->field_count + 1, sizeof(*given));
	int s = given ? command_set(r, line, given) : -ENOMEM;

	if (s == 0 && g->count == r->act->lines_most) {
		s = problem_set(r->why, -EINVAL, "there can be %d lines at most",
				r->act->lines_most);
	}
	if (s == 0) {
		s = check_distinct(g, given);
	}
	if (s == 0) {
		s = add_object(g, given);
	}
	for (int i = 0; given && i < r->act->field_count; i++) {
		free(given[i]);
	}
	g->count += s == 0;
	return fail_line(g, line, s);
}

static int add_lines(struct gathering *g)
{
	const struct reading *r = g->r;
	int s = 0;

	/* What was said is in the order of lines. */
	for (int i = 0; i < r->count && s == 0; i++) {
		if (i == 0 || r->said[i].line != r->said[i - 1].line) {
			s = add_line(g, r->said[i].line);
		}
	}
	if (s == 0 && g->count == 0) {
		auto_finish(buf_finish) struct buf keep = {0};
		s = problem_set(r->why, -EINVAL, "no line was written; write for example: %s",
				command_pattern(&keep, r->trigger));
	}
	return s;
}

/* {"kind":"word","lines":[…]} */
static char *print_whole(const struct reading *r, const char *lines)
{
	struct doc *object = doc_object_create();
	auto_free char *head = NULL;
	struct buf whole = {0};

	if (object && r->act->word) {
		doc_set_text(object, r->trigger->choose, r->act->word);
	}
	head = object ? doc_print(object, false) : NULL;
	doc_destroy(object);
	if (!head) {
		return NULL;
	}
	buf_add(&whole, head, strlen(head) - 1);
	buf_printf(&whole, "%s\"lines\":%s}", r->act->word ? "," : "", lines);
	return buf_take(&whole);
}

int command_lines(const struct reading *r, char **lines, char **json)
{
	struct gathering g = {.r = r};
	int s;

	*lines = *json = NULL;
	g.keys = calloc((size_t)r->act->lines_most, sizeof(*g.keys));
	buf_putc(&g.array, '[');
	s = g.keys ? add_lines(&g) : -ENOMEM;
	buf_putc(&g.array, ']');
	if (s == 0) {
		*lines = buf_take(&g.array);
		*json = *lines ? print_whole(r, *lines) : NULL;
		s = *json ? 0 : -ENOMEM;
	}
	for (int i = 0; g.keys && i < r->act->lines_most; i++) {
		free(g.keys[i]);
	}
	free(g.keys);
	buf_finish(&g.array);
	if (s < 0) {
		free(*lines);
		*lines = NULL;
	}
	return s;
}
