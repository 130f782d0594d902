/* One record of a zip's directory becomes an entry. */
#include "base/cleanup.h"
#include "bundle/bytes.h"
#include "bundle/directory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { EXTRA_64 = 0x0001, EXTRA_NTFS = 0x000a, EXTRA_TIME = 0x5455, EXTRA_AES = 0x9901 };
enum { MADE_BY_UNIX = 3, MADE_BY_MAC = 19, DOS_FOLDER = 0x10, METHOD_AES = 99 };

static const int64_t second_ns = INT64_C(1000000000);

const unsigned char *extra_find(const struct record *record, uint16_t kind, size_t *length)
{
	const unsigned char *at = record->extra;
	const unsigned char *end = at + record->extra_length;

	while (end - at >= 4) {
		*length = get_16(at + 2);
		if ((size_t)(end - at) - 4 < *length) {
			return NULL;
		}
		if (get_16(at) == kind) {
			return at + 4;
		}
		at += 4 + *length;
	}
	return NULL;
}

/* A 32-bit field, or where that is full the next of the 64-bit ones; -1 when it makes no sense. */
static int64_t wide(const unsigned char *field, const unsigned char **extra, size_t *left)
{
	uint64_t value = get_32(field);

	if (value == UINT32_MAX && *left >= 8) {
		value = get_64(*extra);
		*extra += 8;
		*left -= 8;
	}
	return value > INT64_MAX ? -1 : (int64_t)value;
}

/* Size unpacked, size packed, offset: in that order. */
static int64_t read_sizes(const struct record *record, int64_t shift, struct packed *packed)
{
	size_t left = 0;
	const unsigned char *extra = extra_find(record, EXTRA_64, &left);

	left = extra ? left : 0;
	int64_t size = wide(record->fixed + 24, &extra, &left);

	packed->bytes = wide(record->fixed + 20, &extra, &left);
	packed->offset = wide(record->fixed + 42, &extra, &left);
	if (packed->offset >= 0 && packed->offset <= INT64_MAX - shift) {
		packed->offset += shift;
	} else {
		packed->offset = -1;
	}
	return size;
}

/* In a zone that nobody wrote down. As UTC it is at least the same everywhere. */
static int64_t dos_time_ns(uint16_t date, uint16_t time)
{
	struct tm tm = {
		.tm_year = (date >> 9) + 80,
		.tm_mon = (date >> 5 & 15) - 1,
		.tm_mday = date & 31,
		.tm_hour = time >> 11,
		.tm_min = time >> 5 & 63,
		.tm_sec = (time & 31) * 2,
	};

	return tm.tm_mon < 0 || tm.tm_mday == 0 ? 0 : timegm(&tm) * second_ns;
}

static int64_t record_time_ns(const struct record *record)
{
	/* Times of NTFS are 100 ns since 1601. */
	const int64_t years_1601_to_1970 = INT64_C(11644473600);
	size_t length = 0;
	const unsigned char *extra = extra_find(record, EXTRA_TIME, &length);

	if (extra && length >= 5 && (extra[0] & 1)) {
		return (int32_t)get_32(extra + 1) * second_ns;
	}
	extra = extra_find(record, EXTRA_NTFS, &length);
	if (extra && length >= 16 && get_16(extra + 4) == 1) {
		int64_t ticks = (int64_t)(get_64(extra + 8) & INT64_MAX) -
				years_1601_to_1970 * 10000000;

		if (ticks > 0 && ticks < INT64_MAX / 100) {
			return ticks * 100;
		}
	}
	return dos_time_ns(get_16(record->fixed + 14), get_16(record->fixed + 12));
}

/* The file type of Unix, 0 where there is none. */
static uint32_t unix_type(const struct record *record)
{
	int made_by = record->fixed[5];

	return made_by == MADE_BY_UNIX || made_by == MADE_BY_MAC
		       ? get_32(record->fixed + 38) >> 16 & S_IFMT
		       : 0;
}

static bool is_folder(const struct record *record, const char *name, size_t length)
{
	uint32_t type = unix_type(record);

	if (length > 0 && name[length - 1] == '/') {
		return true;
	}
	return type ? type == S_IFDIR : (record->fixed[38] & DOS_FOLDER) != 0;
}

/* Why it is not for showing, or NULL. */
static const char *fault_of(const struct record *record, const struct packed *packed)
{
	uint32_t type = unix_type(record);

	if (type == S_IFLNK) {
		return "it is a link";
	}
	if (type && type != S_IFREG && type != S_IFDIR) {
		return "it is neither a file nor a folder";
	}
	if (get_16(record->fixed + 8) & ZIP_MASKED) {
		return "its record is encrypted";
	}
	return packed->offset < 0 || packed->bytes < 0 ? "its record is damaged" : NULL;
}

static void read_aes(const struct record *record, struct packed *packed)
{
	size_t length = 0;
	const unsigned char *extra = extra_find(record, EXTRA_AES, &length);

	if (packed->method == METHOD_AES && extra && length >= 7) {
		packed->aes_version = extra[0];
		packed->aes_strength = extra[4];
		packed->aes_method = get_16(extra + 5);
	}
}

static void set_node(struct bundle *tree, struct node *node, const struct record *record,
		     const struct packed *packed, int64_t size)
{
	node->entry.mtime_ns = record_time_ns(record);
	if (node->entry.is_folder) {
		return;
	}
	node->packed = *packed;
	node->entry.is_encrypted = packed->flags & ZIP_ENCRYPTED;
	tree_set_size(tree, node, size, packed->bytes);
}

int record_add(struct bundle *tree, const struct record *record, int64_t shift, struct problem *why)
{
	struct node *node = NULL;
	size_t length;
	auto_free char *name = name_decode(record, &length);
	struct packed packed = {
		.flags = get_16(record->fixed + 8),
		.method = get_16(record->fixed + 10),
		.time = get_16(record->fixed + 12),
		.date = get_16(record->fixed + 14),
		.crc = get_32(record->fixed + 16),
	};

	if (!name) {
		return -ENOMEM;
	}
	int64_t size = read_sizes(record, shift, &packed);
	const char *fault = fault_of(record, &packed);

	if (fault) {
		tree_say(tree, name, length, fault);
		return 0;
	}
	read_aes(record, &packed);
	int r = tree_add(tree, name, length, is_folder(record, name, length), &node, why);

	if (r == 0 && node) {
		set_node(tree, node, record, &packed, size);
	}
	return r;
}
