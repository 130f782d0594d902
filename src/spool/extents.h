/* Which bytes of a file are there: runs in order, that neither touch nor overlap.
 *
 * Runs and not blocks: what has arrived ends where it ends, a file read from its start is one run
 * however large it is, and a size that somebody made up costs nothing. */
#ifndef SPOOL_EXTENTS_H
#define SPOOL_EXTENTS_H

#include <stddef.h>
#include <stdint.h>

struct extent {
	int64_t start, end; /* end: the first byte behind it */
};

/* Zero-initialise it; it owns its memory. */
struct extents {
	struct extent *list;
	size_t count, capacity;
	int64_t bytes; /* in all of them */
};

/* -ENOMEM leaves it as it was. */
int extents_add(struct extents *extents, int64_t start, int64_t end);
int extents_remove(struct extents *extents, int64_t start, int64_t end);
/* Where the run that holds offset ends; offset itself when it is not there. */
int64_t extents_reach(const struct extents *extents, int64_t offset);
/* The gap that offset, which is not there, lies in: from the end of the run before (or 0) to the
 * start of the next run of at least that length (or INT64_MAX). */
struct extent extents_gap(const struct extents *extents, int64_t offset, int64_t length);
void extents_finish(struct extents *extents);

#endif
