/* File names from foreign text; see name.h. */
#include "base/name.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

size_t utf8_length(const char *text, size_t available)
{
	const unsigned char *s = (const unsigned char *)text;
	/* By the first byte: length, and the lowest second byte, which rules out overlong forms. */
	size_t length;
	unsigned char low = 0x80;
	unsigned char high = 0xbf;

	if (available == 0) {
		return 0;
	} else if (s[0] < 0x80) {
		return 1;
	} else if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		length = 2;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		length = 3;
		low = s[0] == 0xe0 ? 0xa0 : 0x80;
		high = s[0] == 0xed ? 0x9f : 0xbf; /* no surrogates */
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		length = 4;
		low = s[0] == 0xf0 ? 0x90 : 0x80;
		high = s[0] == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (available < length || s[1] < low || s[1] > high) {
		return 0;
	}
	for (size_t i = 2; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	return length;
}

bool utf8_is_valid(const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t step = utf8_length(text + i, length - i);
		if (step == 0) {
			return false;
		}
		i += step;
	}
	return true;
}

/* FNV-1a, 64 bit: stable for ever, since names hang on it. */
static uint64_t hash(const char *data, size_t length)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++) {
		h = (h ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
	}
	return h;
}

/* How many bytes at s can stand in a name as they are; 0 when the first must be escaped. */
static size_t plain_length(const char *s, size_t available, bool first)
{
	unsigned char c = (unsigned char)s[0];

	if (c < 0x20 || c == 0x7f || c == '/' || c == '%' || (first && c == '.')) {
		return 0;
	}
	size_t length = utf8_length(s, available);
	/* U+0080 to U+009F are control characters too. */
	if (length == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0) {
		return 0;
	}
	return length;
}

enum { TAIL_BYTES = 17 }; /* '~' and 16 hex digits */

void name_safe(const char *id, size_t length, bool (*is_reserved)(const char *name),
	       char out[NAME_BYTES])
{
	size_t used = 0;
	size_t cut = 0; /* where a tail may start: the last whole step that leaves room for it */
	bool escape_first = false;

again:
	for (size_t i = 0; i < length;) {
		size_t plain = escape_first && i == 0 ? 0
						      : plain_length(id + i, length - i, i == 0);
		size_t step = plain ? plain : 3;

		if (used + step > NAME_BYTES - 1) {
			used = cut + (size_t)snprintf(out + cut, NAME_BYTES - cut, "~%016llx",
						      (unsigned long long)hash(id, length));
			break;
		}
		if (plain) {
			memcpy(out + used, id + i, plain);
		} else {
			snprintf(out + used, 4, "%%%02X", (unsigned char)id[i]);
		}
		i += plain ? plain : 1;
		used += step;
		if (used + TAIL_BYTES <= NAME_BYTES - 1) {
			cut = used;
		}
	}
	if (length == 0) {
		out[used++] = '%';
	}
	out[used] = '\0';
	if (!escape_first && is_reserved && is_reserved(out)) {
		escape_first = true;
		used = 0;
		cut = 0;
		goto again;
	}
}

enum { ENDING_BYTES = 12 };

/* From the last dot on, where letters and digits follow it; else the empty end. */
static const char *find_ending(const char *name)
{
	const char *end = name + strlen(name);
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name || end - dot > ENDING_BYTES) {
		return end;
	}
	for (const char *at = dot + 1; *at; at++) {
		if (!isalnum((unsigned char)*at)) {
			return end;
		}
	}
	return dot;
}

/* At most that many bytes, without a part of a character or of an escape at the end. */
static size_t whole_length(const char *name, size_t most)
{
	size_t length = most;

	while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80) {
		length--;
	}
	for (size_t back = 1; back <= 2 && back <= length; back++) {
		if (name[length - back] == '%') {
			return length - back;
		}
	}
	return length;
}

void name_fit(const char *safe, unsigned number, char out[NAME_BYTES])
{
	const char *ending = find_ending(safe);
	size_t stem = (size_t)(ending - safe);
	char mark[TAIL_BYTES + 16] = "";
	int used = 0;

	if (number > 1) {
		used = snprintf(mark, sizeof(mark), "~%u", number);
	}
	if (stem + (size_t)used + strlen(ending) > NAME_BYTES - 1) {
		snprintf(mark + used, sizeof(mark) - (size_t)used, "~%016llx",
			 (unsigned long long)hash(safe, strlen(safe)));
		stem = whole_length(safe, NAME_BYTES - 1 - strlen(mark) - strlen(ending));
	}
	snprintf(out, NAME_BYTES, "%.*s%s%s", (int)stem, safe, mark, ending);
}
