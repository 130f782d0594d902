/* Little-endian numbers, and reads that must be whole. */
#ifndef BUNDLE_BYTES_H
#define BUNDLE_BYTES_H

#include <errno.h>
#include <stdint.h>

#include "bundle/bundle.h"

static inline uint16_t get_16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t get_32(const unsigned char *at)
{
	return (uint32_t)get_16(at) | (uint32_t)get_16(at + 2) << 16;
}

static inline uint64_t get_64(const unsigned char *at)
{
	return (uint64_t)get_32(at) | (uint64_t)get_32(at + 4) << 32;
}

static inline unsigned char *put_16(unsigned char *at, uint16_t value)
{
	at[0] = (unsigned char)value;
	at[1] = (unsigned char)(value >> 8);
	return at + 2;
}

static inline unsigned char *put_32(unsigned char *at, uint32_t value)
{
	return put_16(put_16(at, (uint16_t)value), (uint16_t)(value >> 16));
}

static inline unsigned char *put_64(unsigned char *at, uint64_t value)
{
	return put_32(put_32(at, (uint32_t)value), (uint32_t)(value >> 32));
}

/* 0, or -errno; -EIO when the source ends before. */
static inline int read_whole(const struct bundle_source *source, int64_t offset, void *out,
			     size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = source->read(source->context, offset + (int64_t)done,
					 (char *)out + done, length - done);

		if (n <= 0) {
			return n < 0 ? (int)n : -EIO;
		}
		done += (size_t)n;
	}
	return 0;
}

#endif
