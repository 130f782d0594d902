/* A tree as one line of ASCII: the form in which Python's json.dumps writes, which some services
 * sign in place of what they send. Numbers stay as they were written. */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "doc/doc.h"
#include "doc/node.h"

static void print_unit(struct buf *out, uint32_t unit)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = unit && unit < 0x80 ? strchr(from, (int)unit) : NULL;

	if (at) {
		buf_printf(out, "\\%c", to[at - from]);
	} else if (unit < ' ' || unit > '~') {
		buf_printf(out, "\\u%04x", unit);
	} else {
		buf_putc(out, (char)unit);
	}
}

/* The code point of a sequence that is known to be UTF-8. */
static uint32_t code_point(const char *text, size_t length)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (unsigned char)text[0] & masks[length];

	for (size_t i = 1; i < length; i++) {
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	return code;
}

static void print_string(struct buf *out, const char *text, size_t length)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < length;) {
		size_t sequence = (unsigned char)text[i] < 0x80 ? 1
								: utf8_length(text + i, length - i);
		uint32_t code = sequence ? code_point(text + i, sequence) : 0xfffd;

		if (code > 0xffff) {
			print_unit(out, 0xd800 + ((code - 0x10000) >> 10));
			print_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
		} else {
			print_unit(out, code);
		}
		i += sequence ? sequence : 1;
	}
	buf_putc(out, '"');
}

static void print_node(struct buf *out, const struct doc *node);

static void print_object(struct buf *out, const struct doc *node)
{
	const char *between = "";

	buf_putc(out, '{');
	json_object_object_foreach(node_json(node), key, value)
	{
		buf_puts(out, between);
		print_string(out, key, strlen(key));
		buf_puts(out, ": ");
		print_node(out, node_wrap(value));
		between = ", ";
	}
	buf_putc(out, '}');
}

static void print_array(struct buf *out, const struct doc *node)
{
	size_t count = doc_count(node);

	buf_putc(out, '[');
	for (size_t i = 0; i < count; i++) {
		buf_puts(out, i ? ", " : "");
		print_node(out, doc_at(node, i));
	}
	buf_putc(out, ']');
}

static void print_node(struct buf *out, const struct doc *node)
{
	size_t length = 0;
	const char *text = doc_text(node, &length);

	if (doc_kind(node) == DOC_OBJECT) {
		print_object(out, node);
	} else if (doc_kind(node) == DOC_ARRAY) {
		print_array(out, node);
	} else if (doc_kind(node) == DOC_TEXT) {
		print_string(out, text, length);
	} else {
		buf_puts(out, text ? text : "null");
	}
}

char *doc_print_ascii(const struct doc *node)
{
	auto_finish(buf_finish) struct buf out = {0};

	print_node(&out, node);
	return buf_status(&out) < 0 ? NULL : buf_take(&out);
}
