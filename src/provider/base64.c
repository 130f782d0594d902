/* Base64; see base64.h. Pure; any thread. */
#include "provider/base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z') {
		return c - 'A';
	}
	if (c >= 'a' && c <= 'z') {
		return c - 'a' + 26;
	}
	if (c >= '0' && c <= '9') {
		return c - '0' + 52;
	}
	if (c == '+' || c == '/') {
		return c == '+' ? 62 : 63;
	}
	return -1;
}

/* Adds the bytes of one group of which count characters are no padding; -1 when it is none. */
static int decode_group(const char *group, size_t count, unsigned char **out)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < count ? value_of(group[i]) : 0;
		if (value < 0) {
			return -1;
		}
		bits = bits << 6 | (uint32_t)value;
	}
	/* Bits that no byte holds must be zero: else two texts would mean the same. */
	if ((count == 2 && bits & 0xffff) || (count == 3 && bits & 0xff)) {
		return -1;
	}
	for (size_t i = 0; i + 1 < count; i++) {
		*(*out)++ = (unsigned char)(bits >> (16 - 8 * i));
	}
	return 0;
}

int base64_decode(const char *text, size_t length, void **out, size_t *out_length)
{
	unsigned char *bytes;
	unsigned char *end;

	if (length % 4) {
		return -EBADMSG;
	}
	bytes = end = malloc(length / 4 * 3 + 1);
	if (!bytes) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < length; i += 4) {
		size_t padding = i + 4 < length       ? 0
				 : text[i + 3] != '=' ? 0
				 : text[i + 2] != '=' ? 1
						      : 2;
		if (decode_group(text + i, 4 - padding, &end) < 0) {
			explicit_bzero(bytes, (size_t)(end - bytes));
			free(bytes);
			return -EBADMSG;
		}
	}
	*end = '\0';
	*out = bytes;
	*out_length = (size_t)(end - bytes);
	return 0;
}
