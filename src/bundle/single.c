/* A member of a zip as a zip of its own, for libzip.
 *
 *	header | the member's data, where it lies | a gap of zeros | record | end record
 *
 * Given the whole archive, libzip would read its directory for every handle, and a handle is good
 * for one thread. Of one member it costs nothing, there is nothing to share, and no foreign header
 * or directory reaches libzip at all: what stands here was made from what has been checked. The gap
 * is as long as what libzip searches for the end record, so that it asks for no data while
 * doing so. */
#include "bundle/single.h"
#include "bundle/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { GAP_BYTES = 128 * 1024, METHOD_AES = 99, EXTRA_AES = 0x9901, NEEDS = 63 };

/* What both headers have in common, from the flags on to the name's length. */
static unsigned char *put_common(unsigned char *at, const struct node *node)
{
	const struct packed *packed = &node->packed;

	/* What the flags say about the name does not hold for "m". */
	at = put_16(at, packed->flags & (uint16_t)~ZIP_UTF8);
	at = put_16(at, packed->method);
	at = put_16(at, packed->time);
	at = put_16(at, packed->date);
	at = put_32(at, packed->crc);
	at = put_32(at, UINT32_MAX);
	at = put_32(at, UINT32_MAX);
	return put_16(at, 1);
}

static void put_head(struct single *single, const struct node *node)
{
	unsigned char *at = put_32(single->head, 0x04034b50);

	at = put_16(at, NEEDS);
	at = put_common(at, node);
	at = put_16(at, 0);
	*at = 'm';
}

static unsigned char *put_record(unsigned char *at, const struct node *node, bool has_sum)
{
	const struct packed *packed = &node->packed;
	bool is_aes = packed->aes_version != 0;

	at = put_32(at, 0x02014b50);
	at = put_16(at, NEEDS);
	at = put_16(at, NEEDS);
	at = put_common(at, node);
	at = put_16(at, (uint16_t)(20 + (is_aes ? 11 : 0)));
	memset(at, 0, 14); /* no comment, disk 0, no attributes, the header at 0 */
	at += 14;
	*at++ = 'm';
	at = put_16(at, 1); /* sizes in 64 bits, always */
	at = put_16(at, 16);
	at = put_64(at, has_sum ? (uint64_t)node->entry.size : 1);
	at = put_64(at, (uint64_t)packed->bytes);
	if (is_aes) {
		at = put_16(at, EXTRA_AES);
		at = put_16(at, 7);
		at = put_16(at, packed->aes_version);
		*at++ = 'A';
		*at++ = 'E';
		*at++ = packed->aes_strength;
		at = put_16(at, packed->aes_method);
	}
	return at;
}

/* The directory and its ends, in 64 bits as well. */
static void put_tail(struct single *single, const struct node *node)
{
	uint64_t directory = (uint64_t)(SINGLE_HEAD + single->data_bytes + GAP_BYTES);
	unsigned char *at = put_record(single->tail, node, single->has_sum);
	uint64_t bytes = (uint64_t)(at - single->tail);

	at = put_32(at, 0x06064b50);
	at = put_64(at, 44);
	at = put_16(at, NEEDS);
	at = put_16(at, NEEDS);
	at = put_64(at, 0); /* disks */
	at = put_64(at, 1);
	at = put_64(at, 1);
	at = put_64(at, bytes);
	at = put_64(at, directory);
	at = put_32(at, 0x07064b50);
	at = put_32(at, 0);
	at = put_64(at, directory + bytes);
	at = put_32(at, 1);
	at = put_32(at, 0x06054b50);
	at = put_32(at, 0);
	at = put_32(at, UINT32_MAX);
	at = put_32(at, UINT32_MAX);
	at = put_32(at, UINT32_MAX);
	at = put_16(at, 0);
	single->tail_bytes = (size_t)(at - single->tail);
	single->size = (int64_t)directory + (int64_t)single->tail_bytes;
}

/* The local header says only where the data begins; all else is taken from the directory. */
static int find_data(struct single *single, const struct node *node, struct problem *why)
{
	unsigned char local[LOCAL_BYTES];
	const struct packed *packed = &node->packed;
	int r = read_whole(single->source, packed->offset, local, sizeof(local));

	if (r < 0) {
		return r;
	}
	single->data_at = packed->offset + LOCAL_BYTES + get_16(local + 26) + get_16(local + 28);
	single->data_bytes = packed->bytes;
	if (memcmp(local, "PK\3\4", 4) != 0 || single->data_at > packed->until - packed->bytes) {
		return problem_set(why, -EIO, "\"%s\" is damaged: its header is elsewhere",
				   node->name);
	}
	return 0;
}

int single_init(struct single *single, const struct node *node, const struct bundle_source *source,
		struct problem *why)
{
	*single = (struct single){.source = source};
	zip_error_init(&single->error);
	single->ahead = malloc(SINGLE_AHEAD);
	if (!single->ahead) {
		return -ENOMEM;
	}
	int r = find_data(single, node, why);

	if (r == 0) {
		single->has_sum = node->packed.aes_version != 2 || node->packed.crc != 0;
		put_head(single, node);
		put_tail(single, node);
	}
	return r;
}

void single_finish(struct single *single)
{
	zip_error_fini(&single->error);
	free(single->ahead);
}

/* Some of the data at that offset of it: libzip asks for little at a time. */
static int64_t read_data(struct single *single, int64_t at, void *out, size_t length)
{
	if (at < single->ahead_at || at >= single->ahead_at + (int64_t)single->ahead_bytes) {
		int64_t left = single->data_bytes - at;
		size_t wanted = left < SINGLE_AHEAD ? (size_t)left : SINGLE_AHEAD;
		int r = read_whole(single->source, single->data_at + at, single->ahead, wanted);

		if (r < 0) {
			single->err = single->err ? single->err : r;
			single->ahead_bytes = 0;
			zip_error_set(&single->error, ZIP_ER_READ, -r);
			return -1;
		}
		single->ahead_at = at;
		single->ahead_bytes = wanted;
	}
	size_t skip = (size_t)(at - single->ahead_at);
	size_t n = single->ahead_bytes - skip < length ? single->ahead_bytes - skip : length;

	memcpy(out, single->ahead + skip, n);
	return (int64_t)n;
}

static int64_t copy(void *out, size_t length, const unsigned char *from, int64_t left)
{
	size_t n = (int64_t)length < left ? length : (size_t)left;

	memcpy(out, from, n);
	return (int64_t)n;
}

/* Some of the bytes at the position: those of the part that it lies in. */
static int64_t read_part(struct single *single, void *out, size_t length)
{
	int64_t at = single->position;

	if (at < SINGLE_HEAD) {
		return copy(out, length, single->head + at, SINGLE_HEAD - at);
	}
	at -= SINGLE_HEAD;
	if (at < single->data_bytes) {
		return read_data(single, at, out, length);
	}
	at -= single->data_bytes;
	if (at < GAP_BYTES) {
		size_t n = GAP_BYTES - at < (int64_t)length ? (size_t)(GAP_BYTES - at) : length;

		memset(out, 0, n);
		return (int64_t)n;
	}
	at -= GAP_BYTES;
	return copy(out, length, single->tail + at, (int64_t)single->tail_bytes - at);
}

static int64_t read_some(struct single *single, void *out, size_t length)
{
	size_t done = 0;

	while (done < length && single->position < single->size) {
		int64_t n = read_part(single, (char *)out + done, length - done);

		if (n < 0) {
			return n;
		}
		single->position += n;
		done += (size_t)n;
	}
	return (int64_t)done;
}

static int64_t seek(struct single *single, void *data, zip_uint64_t length)
{
	int64_t to = zip_source_seek_compute_offset((zip_uint64_t)single->position,
						    (zip_uint64_t)single->size, data, length,
						    &single->error);

	if (to < 0) {
		return -1;
	}
	single->position = to;
	return 0;
}

static int64_t tell_size(struct single *single, void *data)
{
	zip_stat_t *stat = data;

	zip_stat_init(stat);
	stat->valid = ZIP_STAT_SIZE;
	stat->size = (zip_uint64_t)single->size;
	return sizeof(*stat);
}

zip_int64_t single_serve(void *context, void *data, zip_uint64_t length, zip_source_cmd_t command)
{
	struct single *single = context;

	/* Newer libraries know more commands than the enum of the oldest: hence no switch over it. */
	switch ((int)command) {
	case ZIP_SOURCE_OPEN:
		single->position = 0;
		return 0;
	case ZIP_SOURCE_READ:
		return read_some(single, data, (size_t)length);
	case ZIP_SOURCE_CLOSE:
	case ZIP_SOURCE_FREE:
		return 0;
	case ZIP_SOURCE_STAT:
		return tell_size(single, data);
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&single->error, data, length);
	case ZIP_SOURCE_SEEK:
		return seek(single, data, length);
	case ZIP_SOURCE_TELL:
		return single->position;
	case ZIP_SOURCE_SUPPORTS:
		return ZIP_SOURCE_SUPPORTS_SEEKABLE;
	default:
		zip_error_set(&single->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
}
