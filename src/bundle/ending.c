/* Where a zip's directory lies: the record at the end says, behind which only a comment may come.
 *
 *	members … | directory | zip64 record | its locator | end record | comment
 *
 * A comment, or a zip stored in the zip, can hold what looks like an end record. So the first one
 * whose comment reaches just to the end of the archive, and where there is a directory at the place
 * that it names, is taken; only when there is none, one with something else behind it. */
#include "bundle/ending.h"
#include "base/cleanup.h"
#include "bundle/bytes.h"

#include <stdlib.h>
#include <string.h>

enum {
	END_BYTES = 22,
	COMMENT_MOST = 65535,
	LOCATOR_BYTES = 20,
	RECORD_BYTES = 56, /* zip64 */
	TAIL_BYTES = COMMENT_MOST + END_BYTES + LOCATOR_BYTES + RECORD_BYTES,
	/* A place that an end record names is looked at; a hostile comment could name 3,000. */
	LOOKS_MOST = 32,
};

struct tail {
	const struct bundle_source *source;
	unsigned char *data;
	int64_t start;
	size_t length;
	int looks;
};

/* A few bytes from anywhere; out of the tail where it has them. 1 when there are that many. */
static int look(struct tail *tail, int64_t offset, unsigned char *out, size_t length)
{
	const struct bundle_source *source = tail->source;

	if (offset < 0 || offset > source->size - (int64_t)length) {
		return 0;
	}
	if (offset >= tail->start) {
		memcpy(out, tail->data + (offset - tail->start), length);
		return 1;
	}
	if (++tail->looks > LOOKS_MOST) {
		return 0;
	}
	int r = read_whole(source, offset, out, length);

	return r < 0 ? r : 1;
}

static int is_directory(struct tail *tail, const struct ending *e, int64_t at, int64_t limit)
{
	unsigned char sign[4];

	if (e->directory_bytes == 0) {
		return at >= 0 && at <= limit && e->members == 0;
	}
	if (at < 0 || at > limit - e->directory_bytes) {
		return 0;
	}
	int r = look(tail, at, sign, sizeof(sign));

	return r <= 0 ? r : memcmp(sign, "PK\1\2", 4) == 0;
}

/* Replaces what the end record said, when there is a zip64 record. 1 unless that is amiss. */
static int read_64(struct tail *tail, int64_t end, struct ending *e, int64_t *limit)
{
	unsigned char locator[LOCATOR_BYTES];
	unsigned char record[RECORD_BYTES];
	int64_t adjacent = end - LOCATOR_BYTES - RECORD_BYTES;
	int r = look(tail, end - LOCATOR_BYTES, locator, sizeof(locator));

	if (r <= 0 || memcmp(locator, "PK\6\7", 4) != 0) {
		return r < 0 ? r : 1;
	}
	/* With something before the archive the place is not what the locator says. */
	int64_t at = (int64_t)(get_64(locator + 8) & INT64_MAX);

	r = look(tail, at, record, sizeof(record));
	if (r < 0) {
		return r;
	}
	if (r == 0 || memcmp(record, "PK\6\6", 4) != 0) {
		at = adjacent;
		r = look(tail, at, record, sizeof(record));
	}
	if (r <= 0 || memcmp(record, "PK\6\6", 4) != 0) {
		return r < 0 ? r : 0;
	}
	if (get_32(record + 16) != get_32(record + 20) || at > end - LOCATOR_BYTES - RECORD_BYTES) {
		return 0;
	}
	*limit = at;
	e->is_64 = true;
	e->members = get_64(record + 32);
	e->directory_bytes = (int64_t)(get_64(record + 40) & INT64_MAX);
	e->directory = (int64_t)(get_64(record + 48) & INT64_MAX);
	return 1;
}

/* Whether the end record at that place has a directory. */
static int read_end(struct tail *tail, size_t place, struct ending *out)
{
	const unsigned char *at = tail->data + place;
	int64_t end = tail->start + (int64_t)place;
	int64_t limit = end;
	struct ending e = {
		.members = get_16(at + 10),
		.directory_bytes = get_32(at + 12),
		.directory = get_32(at + 16),
	};
	/* Several disks: what is here is only a part. */
	bool is_part = get_16(at + 4) != get_16(at + 6) || get_16(at + 8) != get_16(at + 10);
	int r = is_part ? 0 : read_64(tail, end, &e, &limit);

	if (r <= 0) {
		return r;
	}
	r = is_directory(tail, &e, e.directory, limit);
	if (r == 0 && e.directory_bytes > 0 && limit - e.directory_bytes > e.directory) {
		e.shift = limit - e.directory_bytes - e.directory;
		e.directory += e.shift;
		r = is_directory(tail, &e, e.directory, limit);
	}
	*out = e;
	return r;
}

static int search(struct tail *tail, bool exact, struct ending *out)
{
	for (size_t i = 0; i + END_BYTES <= tail->length; i++) {
		const unsigned char *at = tail->data + i;

		if (memcmp(at, "PK\5\6", 4) != 0) {
			continue;
		}
		if (exact != (i + END_BYTES + get_16(at + 20) == tail->length)) {
			continue;
		}
		int r = read_end(tail, i, out);

		if (r != 0) {
			return r;
		}
	}
	return 0;
}

int ending_find(const struct bundle_source *source, struct ending *out, struct problem *why)
{
	struct tail tail = {.source = source};

	tail.length = source->size < TAIL_BYTES ? (size_t)source->size : TAIL_BYTES;
	tail.start = source->size - (int64_t)tail.length;
	auto_free unsigned char *data = malloc(tail.length + 1);
	tail.data = data;
	if (!data) {
		return -ENOMEM;
	}
	int r = read_whole(source, tail.start, data, tail.length);

	if (r == 0) {
		r = search(&tail, true, out);
	}
	if (r == 0) {
		r = search(&tail, false, out);
	}
	if (r == 0) {
		return problem_set(why, -EBADMSG, "this is no zip archive, or its end is missing");
	}
	return r < 0 ? r : 0;
}
