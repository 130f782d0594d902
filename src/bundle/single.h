/* A member of a zip as a zip of its own, for libzip. */
#ifndef BUNDLE_SINGLE_H
#define BUNDLE_SINGLE_H

#include <zip.h>

#include "bundle/directory.h"
#include "bundle/tree.h"

enum { SINGLE_HEAD = 31, SINGLE_TAIL = 256, SINGLE_AHEAD = 64 * 1024 };

struct single {
	const struct bundle_source *source;
	int64_t data_at; /* in the source */
	int64_t data_bytes;
	int64_t position; /* in the zip that libzip sees */
	int64_t size;
	size_t tail_bytes;
	unsigned char head[SINGLE_HEAD];
	unsigned char tail[SINGLE_TAIL];
	unsigned char *ahead; /* SINGLE_AHEAD of the data that was read last */
	int64_t ahead_at;     /* offset in the data */
	size_t ahead_bytes;
	/* The second version of AES in zips has a seal over the data, and a zero where the CRC
	 * would be. Older libzips believe that only of members under 20 bytes, and compare it. So
	 * they are told of one byte; how many there are is counted by whoever reads. */
	bool has_sum;
	int err; /* of the source, the first one */
	zip_error_t error;
};

/* Reads the member's local header to know where its data begins. -EIO when that is not there. */
int single_init(struct single *single, const struct node *node, const struct bundle_source *source,
		struct problem *why);
void single_finish(struct single *single);
/* What libzip reads from; context is the struct single. */
zip_int64_t single_serve(void *context, void *data, zip_uint64_t length, zip_source_cmd_t command);

#endif
