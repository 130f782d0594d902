/* A gzip stream, unpacked from front to back.
 *
 * By zlib, because libarchive compares neither the sum nor the length at the end: a damaged stream
 * that unpacks all the same would go unnoticed. Several streams one behind the other are one, as
 * for gzip itself; zeros may follow. */
#include "bundle/gunzip.h"

#include <stdlib.h>
#include <zlib.h>

enum { INPUT_BYTES = 128 * 1024, GZIP_ONLY = 16 + MAX_WBITS };

struct gunzip {
	const struct bundle_source *source;
	int64_t position; /* in the source */
	z_stream stream;
	bool is_between; /* one stream has ended and no other has begun */
	unsigned char input[INPUT_BYTES];
};

int gunzip_create(const struct bundle_source *source, struct gunzip **out)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (!g) {
		return -ENOMEM;
	}
	g->source = source;
	if (inflateInit2(&g->stream, GZIP_ONLY) != Z_OK) {
		free(g);
		return -ENOMEM;
	}
	*out = g;
	return 0;
}

void gunzip_destroy(struct gunzip *g)
{
	if (g) {
		inflateEnd(&g->stream);
		free(g);
	}
}

int64_t gunzip_taken(const struct gunzip *g)
{
	return g->position;
}

/* 1 with input, 0 at the end of the source. */
static int refill(struct gunzip *g)
{
	int64_t left = g->source->size - g->position;

	if (g->stream.avail_in > 0 || left <= 0) {
		return g->stream.avail_in > 0;
	}
	size_t wanted = left < INPUT_BYTES ? (size_t)left : INPUT_BYTES;
	ssize_t n = g->source->read(g->source->context, g->position, g->input, wanted);

	if (n <= 0) {
		return n < 0 ? (int)n : -EIO;
	}
	g->position += n;
	g->stream.next_in = g->input;
	g->stream.avail_in = (uInt)n;
	return 1;
}

/* Passes zeros and begins the next stream: 1, or 0 at the end. */
static int enter(struct gunzip *g)
{
	int r;

	while ((r = refill(g)) > 0 && *g->stream.next_in == 0) {
		g->stream.next_in++;
		g->stream.avail_in--;
	}
	if (r > 0) {
		g->is_between = false;
		inflateReset(&g->stream);
	}
	return r;
}

static int step(struct gunzip *g)
{
	int r = refill(g);

	if (r <= 0) {
		return r < 0 ? r : GUNZIP_DAMAGED;
	}
	switch (inflate(&g->stream, Z_NO_FLUSH)) {
	case Z_STREAM_END:
		g->is_between = true;
		return 0;
	case Z_OK:
	case Z_BUF_ERROR: /* it wants more input */
		return 0;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		return GUNZIP_DAMAGED;
	}
}

ssize_t gunzip_read(struct gunzip *g, void *out, size_t length)
{
	g->stream.next_out = out;
	g->stream.avail_out = (uInt)length;
	while (g->stream.avail_out == (uInt)length) {
		int r = g->is_between ? enter(g) : 1;

		if (r > 0) {
			r = step(g);
		} else if (r == 0) {
			break;
		}
		if (r < 0) {
			return r;
		}
	}
	return (ssize_t)(length - g->stream.avail_out);
}
