/* A zip's directory, record by record. */
#ifndef BUNDLE_DIRECTORY_H
#define BUNDLE_DIRECTORY_H

#include "bundle/ending.h"
#include "bundle/tree.h"

/* One record, as it lies in the archive. */
struct record {
	const unsigned char *fixed;
	const char *name;
	size_t name_length;
	const unsigned char *extra;
	size_t extra_length;
};

/* Adds the member of that record to the tree, or leaves it out with words. */
int record_add(struct bundle *tree, const struct record *record, int64_t shift,
	       struct problem *why);
/* Members that share bytes with others or with the directory are left out; the others learn how far
 * they may reach. */
int overlap_check(struct bundle *tree, const struct ending *ending);

enum {
	ZIP_ENCRYPTED = 1,
	ZIP_DESCRIPTOR = 8,
	ZIP_STRONG = 1 << 6,
	ZIP_UTF8 = 1 << 11,
	ZIP_MASKED = 1 << 13,
};
enum { LOCAL_BYTES = 30, CENTRAL_BYTES = 46 };

/* A member's name in UTF-8 (or the bytes that are there); owned by the caller, NULL without
 * memory. */
char *name_decode(const struct record *record, size_t *length);
/* The extra field of that kind, or NULL. */
const unsigned char *extra_find(const struct record *record, uint16_t kind, size_t *length);

#endif
