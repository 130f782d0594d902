/* Escapes in JSON texts; see unescape.h. Pure. */
#include "doc/unescape.h"

#include <ctype.h>
#include <string.h>

enum {
	UNICODE_LENGTH = 5, /* u and four digits */
	PAIR_LENGTH = 11,   /* two of them, and the second's backslash */
	REPLACEMENT = 0xfffd,
};

static void add_code_point(struct buf *out, unsigned code)
{
	if (code < 0x80) {
		buf_putc(out, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_putc(out, (char)(0xc0 | code >> 6));
	} else if (code < 0x10000) {
		buf_putc(out, (char)(0xe0 | code >> 12));
	} else {
		buf_putc(out, (char)(0xf0 | code >> 18));
		buf_putc(out, (char)(0x80 | (code >> 12 & 0x3f)));
	}
	if (code >= 0x800) {
		buf_putc(out, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_putc(out, (char)(0x80 | (code & 0x3f)));
}

static bool is_high_half(unsigned code)
{
	return code >= 0xd800 && code < 0xdc00;
}

static bool is_low_half(unsigned code)
{
	return code >= 0xdc00 && code < 0xe000;
}

/* `uXXXX` at text: UNICODE_LENGTH, 0 when it is something else, more than available when cut. */
static size_t read_unicode(const char *text, size_t available, unsigned *code)
{
	*code = 0;
	for (size_t i = 0; i < UNICODE_LENGTH; i++) {
		unsigned char c = i < available ? (unsigned char)text[i] : 0;

		if (i == available) {
			return available + 1;
		}
		if (i == 0 ? c != 'u' : !isxdigit(c)) {
			return 0;
		}
		if (i > 0) {
			*code = *code * 16 +
				(unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		}
	}
	return UNICODE_LENGTH;
}

static size_t add_unicode(const char *text, size_t available, struct buf *out)
{
	unsigned code;
	unsigned low;
	size_t used = read_unicode(text, available, &code);

	if (used != UNICODE_LENGTH) {
		return used;
	}
	if (is_high_half(code) && available >= PAIR_LENGTH && text[UNICODE_LENGTH] == '\\' &&
	    read_unicode(text + UNICODE_LENGTH + 1, UNICODE_LENGTH, &low) == UNICODE_LENGTH &&
	    is_low_half(low)) {
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		used = PAIR_LENGTH;
	} else if (is_high_half(code) || is_low_half(code)) {
		code = REPLACEMENT;
	}
	add_code_point(out, code);
	return used;
}

size_t unescape(const char *text, size_t available, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (available == 0) {
		return 1;
	}
	if (*text == 'u') {
		return add_unicode(text, available, out);
	}
	found = *text ? strchr(from, *text) : NULL;
	if (!found) {
		return 0;
	}
	buf_putc(out, to[found - from]);
	return 1;
}
