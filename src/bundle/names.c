/* Names in a zip's directory: which of the encodings it is, and which bytes part its folders. */
#include "base/buf.h"
#include "base/name.h"
#include "bundle/bytes.h"
#include "bundle/directory.h"

#include <string.h>
#include <zlib.h>

enum { UNICODE_PATH = 0x7075, UNICODE_PATH_HEAD = 5 };
enum { MADE_BY_FAT = 0, MADE_BY_NTFS = 10, MADE_BY_VFAT = 14 };

/* Code page 437, its upper half: what a name is in that is not marked and is not UTF-8. */
static const uint16_t upper_437[128] = {
	0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8,
	0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2,
	0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1,
	0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd,
	0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562,
	0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534,
	0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560,
	0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
	0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393,
	0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6,
	0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248, 0x00b0,
	0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

/* All of them are below U+FFFF, and none is below U+0080. */
static void add_437(struct buf *b, unsigned char c)
{
	uint16_t code = upper_437[c - 0x80];

	if (code >= 0x800) {
		buf_putc(b, (char)(0xe0 | code >> 12));
		buf_putc(b, (char)(0x80 | (code >> 6 & 0x3f)));
	} else {
		buf_putc(b, (char)(0xc0 | code >> 6));
	}
	buf_putc(b, (char)(0x80 | (code & 0x3f)));
}

/* The name in UTF-8 that some programs put beside the other; its sum says which it belongs to. */
static const char *beside(const struct record *record, size_t *length)
{
	size_t extra_length;
	const unsigned char *extra = extra_find(record, UNICODE_PATH, &extra_length);

	if (!extra || extra_length <= UNICODE_PATH_HEAD || extra[0] != 1) {
		return NULL;
	}
	uLong sum = crc32(0, (const Bytef *)record->name, (uInt)record->name_length);

	*length = extra_length - UNICODE_PATH_HEAD;
	const char *name = (const char *)extra + UNICODE_PATH_HEAD;

	return get_32(extra + 1) == sum && utf8_is_valid(name, *length) ? name : NULL;
}

/* Programs of DOS and Windows may part folders with a backslash; elsewhere it is a character. */
static bool parts_with_backslash(const struct record *record)
{
	int made_by = record->fixed[5];

	return (made_by == MADE_BY_FAT || made_by == MADE_BY_NTFS || made_by == MADE_BY_VFAT) &&
	       !memchr(record->name, '/', record->name_length);
}

char *name_decode(const struct record *record, size_t *length)
{
	struct buf b = {0};
	bool is_utf8 = get_16(record->fixed + 8) & ZIP_UTF8;
	const char *name = is_utf8 ? NULL : beside(record, length);

	if (name) {
		is_utf8 = true;
	} else {
		name = record->name;
		*length = record->name_length;
		is_utf8 = is_utf8 || utf8_is_valid(name, *length);
	}
	bool backslash = parts_with_backslash(record);

	for (size_t i = 0; i < *length; i++) {
		if ((unsigned char)name[i] >= 0x80 && !is_utf8) {
			add_437(&b, (unsigned char)name[i]);
		} else {
			buf_putc(&b, name[i] == '\\' && backslash ? '/' : name[i]);
		}
	}
	if (buf_status(&b) < 0) {
		buf_finish(&b);
		return NULL;
	}
	*length = b.length;
	return buf_take(&b);
}
