/* A zip's directory, read once from its start to its end through a buffer that holds a few records:
 * however many members there are, only the entries made of them stay in memory. */
#include "bundle/directory.h"
#include "base/cleanup.h"
#include "bundle/bytes.h"

#include <stdlib.h>
#include <string.h>

enum {
	WINDOW_BYTES = 1024 * 1024, /* more than the longest record, and few reads */
	SIGN_BYTES = 4,
};

struct window {
	const struct bundle_source *source;
	unsigned char *data;
	size_t used;   /* of data, behind which what is next begins */
	size_t filled; /* of data */
	int64_t next;  /* where in the source what is behind data begins */
	int64_t left;  /* of the directory, behind data */
};

/* Makes at least that many bytes stand at data + used, unless the directory ends before. */
static int fill(struct window *w, size_t wanted)
{
	if (w->filled - w->used >= wanted || w->left == 0) {
		return 0;
	}
	memmove(w->data, w->data + w->used, w->filled - w->used);
	w->filled -= w->used;
	w->used = 0;
	size_t room = WINDOW_BYTES - w->filled;
	size_t length = w->left < (int64_t)room ? (size_t)w->left : room;
	int r = read_whole(w->source, w->next, w->data + w->filled, length);

	if (r == 0) {
		w->filled += length;
		w->next += (int64_t)length;
		w->left -= (int64_t)length;
	}
	return r;
}

static int damaged(struct problem *why)
{
	return problem_set(why, -EIO, "the archive's directory is damaged");
}

/* The next record; 0 at the end of the directory, 1 when there was one. */
static int next_record(struct window *w, struct record *record, struct problem *why)
{
	int r = fill(w, CENTRAL_BYTES);
	const unsigned char *at = w->data + w->used;

	if (r < 0) {
		return r;
	}
	/* A signature may follow the last record. */
	if (w->filled == w->used ||
	    (w->filled - w->used >= SIGN_BYTES && memcmp(at, "PK\5\5", SIGN_BYTES) == 0)) {
		return 0;
	}
	if (w->filled - w->used < CENTRAL_BYTES || memcmp(at, "PK\1\2", SIGN_BYTES) != 0) {
		return damaged(why);
	}
	record->name_length = get_16(at + 28);
	record->extra_length = get_16(at + 30);
	size_t length = CENTRAL_BYTES + record->name_length + record->extra_length +
			get_16(at + 32);

	r = fill(w, length);
	if (r < 0) {
		return r;
	}
	if (w->filled - w->used < length) {
		return damaged(why);
	}
	record->fixed = w->data + w->used;
	record->name = (const char *)record->fixed + CENTRAL_BYTES;
	record->extra = record->fixed + CENTRAL_BYTES + record->name_length;
	w->used += length;
	return 1;
}

static int add_records(struct bundle *tree, struct window *w, const struct ending *ending,
		       struct problem *why)
{
	uint64_t count = 0;
	struct record record;
	int r;

	while ((r = next_record(w, &record, why)) > 0) {
		/* Also those that are left out cost time. */
		if (++count > (uint64_t)tree->limits.members) {
			return problem_set(why, -EIO, "the archive has more than %d members",
					   tree->limits.members);
		}
		r = record_add(tree, &record, ending->shift, why);
		if (r < 0) {
			return r;
		}
	}
	if (r == 0 && ending->members != (ending->is_64 ? count : (count & UINT16_MAX))) {
		return damaged(why);
	}
	return r;
}

static int read_directory(struct bundle *tree, const struct bundle_source *source,
			  struct problem *why)
{
	struct ending ending = {0};
	int r = ending_find(source, &ending, why);
	auto_free unsigned char *data = r < 0 ? NULL : malloc(WINDOW_BYTES);

	if (r < 0) {
		return r;
	}
	if (!data) {
		return -ENOMEM;
	}
	struct window window = {
		.source = source,
		.data = data,
		.next = ending.directory,
		.left = ending.directory_bytes,
	};

	r = add_records(tree, &window, &ending, why);
	if (r == 0) {
		r = overlap_check(tree, &ending);
	}
	return r < 0 ? r : tree_complete(tree);
}

int bundle_open(const struct bundle_source *source, const struct bundle_limits *limits,
		struct bundle **out, struct problem *why)
{
	struct bundle *tree = tree_create(limits);
	int r = tree ? read_directory(tree, source, why) : -ENOMEM;

	if (r < 0) {
		bundle_close(tree);
		return r;
	}
	*out = tree;
	return 0;
}
