/* Kinds of archives, by name and by their first bytes. */
#include "bundle/bundle.h"

#include <string.h>
#include <strings.h>

struct ending {
	const char *text;
	enum bundle_kind kind;
};

/* Longer endings come before those that they end in. */
static const struct ending endings[] = {
	{".tar.gz", BUNDLE_TAR_GZ},   {".tar.xz", BUNDLE_TAR_XZ}, {".tar.zst", BUNDLE_TAR_ZST},
	{".tar.bz2", BUNDLE_TAR_BZ2}, {".tgz", BUNDLE_TAR_GZ},    {".txz", BUNDLE_TAR_XZ},
	{".tzst", BUNDLE_TAR_ZST},    {".tbz2", BUNDLE_TAR_BZ2},  {".tar", BUNDLE_TAR},
	{".zip", BUNDLE_ZIP},         {".7z", BUNDLE_7Z},         {".gz", BUNDLE_GZ},
	{".xz", BUNDLE_XZ},           {".zst", BUNDLE_ZST},       {".bz2", BUNDLE_BZ2},
};

enum bundle_kind bundle_kind_of(const char *name, size_t *stem)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t ending = strlen(endings[i].text);

		if (length > ending && strcasecmp(name + length - ending, endings[i].text) == 0) {
			*stem = length - ending;
			return endings[i].kind;
		}
	}
	*stem = length;
	return BUNDLE_NONE;
}

bool bundle_kind_is_single(enum bundle_kind kind)
{
	return kind == BUNDLE_GZ || kind == BUNDLE_XZ || kind == BUNDLE_ZST || kind == BUNDLE_BZ2;
}

static bool begins(const void *head, size_t length, const char *magic, size_t magic_length)
{
	return length >= magic_length && memcmp(head, magic, magic_length) == 0;
}

enum { TAR_BLOCK = 512, TAR_SUM_AT = 148, TAR_SUM_BYTES = 8 };

/* The sum over the header, its own field counted as spaces, is written there in octal. An archive
 * without members begins with zeros. */
static bool is_tar(const unsigned char *head, size_t length)
{
	unsigned long sum = 0;
	unsigned long written = 0;
	bool zeros = true;

	if (length < TAR_BLOCK) {
		return false;
	}
	for (int i = 0; i < TAR_BLOCK; i++) {
		bool own = i >= TAR_SUM_AT && i < TAR_SUM_AT + TAR_SUM_BYTES;

		sum += own ? ' ' : head[i];
		zeros = zeros && head[i] == 0;
		if (own && head[i] >= '0' && head[i] <= '7') {
			written = written * 8 + (unsigned long)(head[i] - '0');
		}
	}
	return zeros || sum == written;
}

/* A digit, and then a block or the end: both have signs of their own. */
static bool is_bzip2(const unsigned char *head, size_t length)
{
	enum { SHORTEST = 14 };

	return length >= SHORTEST && memcmp(head, "BZh", 3) == 0 &&
	       (memcmp(head + 4, "1AY&SY", 6) == 0 ||
		memcmp(head + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

bool bundle_kind_fits(enum bundle_kind kind, const void *head, size_t length)
{
	switch (kind) {
	case BUNDLE_NONE:
		return false;
	case BUNDLE_ZIP:
		return begins(head, length, "PK\3\4", 4) || begins(head, length, "PK\5\6", 4);
	case BUNDLE_TAR:
		return is_tar(head, length);
	case BUNDLE_7Z:
		return begins(head, length, "7z\xbc\xaf\x27\x1c", 6);
	case BUNDLE_TAR_GZ:
	case BUNDLE_GZ:
		return begins(head, length, "\x1f\x8b\x08", 3);
	case BUNDLE_TAR_XZ:
	case BUNDLE_XZ:
		return begins(head, length, "\xfd\x37zXZ\0", 6);
	case BUNDLE_TAR_ZST:
	case BUNDLE_ZST:
		return begins(head, length, "\x28\xb5\x2f\xfd", 4);
	case BUNDLE_TAR_BZ2:
	case BUNDLE_BZ2:
		return is_bzip2(head, length);
	}
	return false;
}
