/* Runs of bytes; see extents.h. */
#include "spool/extents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The first run that ends behind offset. */
static size_t find(const struct extents *e, int64_t offset)
{
	size_t low = 0;
	size_t high = e->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (e->list[middle].end <= offset) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* Room for `add` runs in place of those in [first, last), and those behind moved. */
static int make_place(struct extents *e, size_t first, size_t last, size_t add)
{
	size_t count = e->count - (last - first) + add;

	if (count > e->capacity) {
		size_t capacity = e->capacity ? 2 * e->capacity : 8;
		struct extent *list = reallocarray(e->list, capacity, sizeof(*list));
		if (!list) {
			return -ENOMEM;
		}
		e->list = list;
		e->capacity = capacity;
	}
	if (e->count > last) {
		memmove(e->list + first + add, e->list + last,
			(e->count - last) * sizeof(*e->list));
	}
	e->count = count;
	return 0;
}

int extents_add(struct extents *e, int64_t start, int64_t end)
{
	struct extent joined = {start, end};
	int64_t had = 0;

	if (start >= end) {
		return 0;
	}
	/* One that ends where this starts joins it too. */
	size_t first = start > 0 ? find(e, start - 1) : 0;
	size_t last = first;
	while (last < e->count && e->list[last].start <= end) {
		had += e->list[last].end - e->list[last].start;
		last++;
	}
	if (last > first) {
		joined.start = e->list[first].start < start ? e->list[first].start : start;
		joined.end = e->list[last - 1].end > end ? e->list[last - 1].end : end;
	}
	int r = make_place(e, first, last, 1);
	if (r == 0) {
		e->list[first] = joined;
		e->bytes += joined.end - joined.start - had;
	}
	return r;
}

int extents_remove(struct extents *e, int64_t start, int64_t end)
{
	struct extent kept[2];
	size_t count = 0;
	int64_t had = 0;

	if (start >= end) {
		return 0;
	}
	size_t first = find(e, start);
	size_t last = first;
	while (last < e->count && e->list[last].start < end) {
		had += e->list[last].end - e->list[last].start;
		last++;
	}
	if (last == first) {
		return 0;
	}
	if (e->list[first].start < start) {
		kept[count++] = (struct extent){e->list[first].start, start};
	}
	if (e->list[last - 1].end > end) {
		kept[count++] = (struct extent){end, e->list[last - 1].end};
	}
	int r = make_place(e, first, last, count);
	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < count; i++) {
		e->list[first + i] = kept[i];
		had -= kept[i].end - kept[i].start;
	}
	e->bytes -= had;
	return 0;
}

int64_t extents_reach(const struct extents *e, int64_t offset)
{
	size_t at = find(e, offset);

	return at < e->count && e->list[at].start <= offset ? e->list[at].end : offset;
}

struct extent extents_gap(const struct extents *e, int64_t offset, int64_t length)
{
	size_t at = find(e, offset);
	struct extent gap = {at > 0 ? e->list[at - 1].end : 0, INT64_MAX};

	while (at < e->count && e->list[at].end - e->list[at].start < length) {
		at++;
	}
	if (at < e->count) {
		gap.end = e->list[at].start;
	}
	return gap;
}

void extents_finish(struct extents *e)
{
	free(e->list);
	*e = (struct extents){0};
}
