/* A gzip stream, unpacked from front to back. */
#ifndef BUNDLE_GUNZIP_H
#define BUNDLE_GUNZIP_H

#include <errno.h>

#include "bundle/bundle.h"

struct gunzip;

int gunzip_create(const struct bundle_source *source, struct gunzip **out);
/* Not to be mistaken for an error of the source. */
enum { GUNZIP_DAMAGED = -EILSEQ };
/* How many bytes; 0 at the end; damaged, which a stream that is cut is as well; or the source's
 * errno. */
ssize_t gunzip_read(struct gunzip *g, void *out, size_t length);
/* Of the source, so far. */
int64_t gunzip_taken(const struct gunzip *g);
void gunzip_destroy(struct gunzip *g);

#endif
