/* The bytes of an archive as libarchive takes them. */
#ifndef BUNDLE_FLOW_H
#define BUNDLE_FLOW_H

#include <archive.h>

#include "bundle/bundle.h"
#include "bundle/gunzip.h"

struct flow {
	enum bundle_kind kind;
	const struct bundle_source *source;
	struct gunzip *gunzip; /* NULL where libarchive unpacks */
	unsigned char *block;  /* what libarchive has in its hands */
	int64_t position;
	int64_t taken; /* bytes of the source so far */
	int err;       /* of the source */
	bool is_damaged;
};

/* -EBADMSG when the first bytes are not those of the kind. */
int flow_init(struct flow *flow, enum bundle_kind kind, const struct bundle_source *source,
	      struct problem *why);
void flow_finish(struct flow *flow);
/* Tells libarchive what to expect, and where from. */
int flow_open(struct flow *flow, struct archive *archive, struct problem *why);

#endif
