/* A tree as JSON text. json-c's own printer keeps its text inside the object it prints, which
 * two threads must not do at once, and prints numbers its own way. Any thread. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "doc/doc.h"
#include "doc/node.h"

struct printer {
	struct buf *out;
	bool pretty;
	struct doc_view view;
};

static void print_escaped(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = c ? strchr(from, c) : NULL;

	if (at) {
		buf_printf(out, "\\%c", to[at - from]);
	} else {
		buf_printf(out, "\\u%04x", c);
	}
}

/* What is not UTF-8 becomes U+FFFD, so that the result is JSON whatever was put in. */
static void print_string(struct buf *out, const char *text, size_t length)
{
	size_t done = 0;
	size_t i = 0;

	buf_putc(out, '"');
	while (i < length) {
		unsigned char c = (unsigned char)text[i];
		size_t sequence = c < 0x80 ? 1 : utf8_length(text + i, length - i);

		if (sequence && c >= ' ' && c != '"' && c != '\\') {
			i += sequence;
			continue;
		}
		buf_add(out, text + done, i - done);
		if (sequence) {
			print_escaped(out, c);
		} else {
			buf_puts(out, "\xef\xbf\xbd");
		}
		done = ++i;
	}
	buf_add(out, text + done, length - done);
	buf_putc(out, '"');
}

static void print_break(const struct printer *p, int depth)
{
	if (!p->pretty) {
		return;
	}
	buf_putc(p->out, '\n');
	for (int i = 0; i < depth; i++) {
		buf_puts(p->out, "  ");
	}
}

static void print_node(const struct printer *p, const struct doc *node, int depth);

static bool is_among(const char *word, const char *const *words, int count)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0) {
			return true;
		}
	}
	return false;
}

/* A member of the root that is shown up to its first '?'. */
static bool is_cut(const struct printer *p, const char *key, const struct doc *value, int depth)
{
	return depth == 1 && doc_kind(value) == DOC_TEXT &&
	       is_among(key, p->view.cut, p->view.cut_count);
}

static void print_member(const struct printer *p, const char *key, const struct doc *value,
			 int depth, bool first)
{
	if (!first) {
		buf_putc(p->out, ',');
	}
	print_break(p, depth);
	print_string(p->out, key, strlen(key));
	buf_puts(p->out, p->pretty ? ": " : ":");
	if (is_cut(p, key, value, depth)) {
		const char *text = doc_text(value, NULL);
		print_string(p->out, text, strcspn(text, "?"));
	} else {
		print_node(p, value, depth);
	}
}

static void print_object(const struct printer *p, const struct doc *node, int depth,
			 const char *extra_key, const struct doc *extra)
{
	bool first = true;

	buf_putc(p->out, '{');
	json_object_object_foreach(node_json(node), key, value)
	{
		if ((depth == 0 || !p->view.omit_top) &&
		    is_among(key, p->view.omit, p->view.omit_count)) {
			continue;
		}
		print_member(p, key, node_wrap(value), depth + 1, first);
		first = false;
	}
	if (extra && !doc_get(node, extra_key)) {
		print_member(p, extra_key, extra, depth + 1, first);
		first = false;
	}
	if (!first) {
		print_break(p, depth);
	}
	buf_putc(p->out, '}');
}

static void print_array(const struct printer *p, const struct doc *node, int depth)
{
	size_t count = doc_count(node);

	buf_putc(p->out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i) {
			buf_putc(p->out, ',');
		}
		print_break(p, depth + 1);
		print_node(p, doc_at(node, i), depth + 1);
	}
	if (count) {
		print_break(p, depth);
	}
	buf_putc(p->out, ']');
}

static void print_node(const struct printer *p, const struct doc *node, int depth)
{
	size_t length;
	const char *text = doc_text(node, &length);

	switch (doc_kind(node)) {
	case DOC_OBJECT:
		if (!doc_is_whole(node)) {
			p->out->failed = true;
		}
		print_object(p, node, depth, NULL, NULL);
		break;
	case DOC_ARRAY:
		print_array(p, node, depth);
		break;
	case DOC_TEXT:
		print_string(p->out, text, length);
		break;
	case DOC_NUMBER:
	case DOC_BOOLEAN:
		buf_puts(p->out, text);
		break;
	case DOC_NULL:
	case DOC_ABSENT:
		buf_puts(p->out, "null");
		break;
	}
}

static char *finish_print(struct buf *out, bool newline)
{
	if (newline) {
		buf_putc(out, '\n');
	}
	if (buf_status(out) < 0) {
		return NULL;
	}
	return buf_take(out);
}

char *doc_print(const struct doc *node, bool pretty)
{
	auto_finish(buf_finish) struct buf out = {0};
	struct printer p = {.out = &out, .pretty = pretty};

	print_node(&p, node, 0);
	return finish_print(&out, pretty);
}

char *doc_print_with(const struct doc *object, const char *extra_key, const struct doc *extra)
{
	auto_finish(buf_finish) struct buf out = {0};
	struct printer p = {.out = &out, .pretty = true};

	if (doc_kind(object) != DOC_OBJECT) {
		return doc_print(object, true);
	}
	if (!doc_is_whole(object)) {
		return NULL;
	}
	print_object(&p, object, 0, extra_key, extra);
	return finish_print(&out, true);
}

char *doc_print_view(const struct doc *node, const struct doc_view *view)
{
	auto_finish(buf_finish) struct buf out = {0};
	struct printer p = {.out = &out, .pretty = true, .view = *view};

	print_node(&p, node, 0);
	return finish_print(&out, true);
}
