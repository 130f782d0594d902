/* Where a zip's directory lies. */
#ifndef BUNDLE_ENDING_H
#define BUNDLE_ENDING_H

#include "bundle/bundle.h"

struct ending {
	int64_t directory;
	int64_t directory_bytes;
	int64_t shift; /* what lies before the archive: added to every offset in it */
	uint64_t members;
	bool is_64; /* members is meant in full; else modulo 65536 */
};

/* -EBADMSG when there is none, with words; or the source's errno. */
int ending_find(const struct bundle_source *source, struct ending *out, struct problem *why);

#endif
