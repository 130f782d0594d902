/* The bytes of an archive as libarchive takes them; see flow.h. */
#include "bundle/flow.h"
#include "bundle/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 128 * 1024 };

int flow_init(struct flow *flow, enum bundle_kind kind, const struct bundle_source *source,
	      struct problem *why)
{
	unsigned char head[BUNDLE_HEAD_BYTES];
	size_t length = source->size < BUNDLE_HEAD_BYTES ? (size_t)source->size : BUNDLE_HEAD_BYTES;
	int r = read_whole(source, 0, head, length);

	*flow = (struct flow){.kind = kind, .source = source};
	if (r < 0) {
		return r;
	}
	if (kind == BUNDLE_ZIP || !bundle_kind_fits(kind, head, length)) {
		return problem_set(why, -EBADMSG,
				   "this is no archive of the kind that its name says");
	}
	if (kind == BUNDLE_GZ || kind == BUNDLE_TAR_GZ) {
		r = gunzip_create(source, &flow->gunzip);
		if (r < 0) {
			return r;
		}
	}
	flow->block = malloc(BLOCK_BYTES);
	return flow->block ? 0 : -ENOMEM;
}

void flow_finish(struct flow *flow)
{
	gunzip_destroy(flow->gunzip);
	free(flow->block);
}

static ssize_t read_plain(struct flow *flow)
{
	int64_t left = flow->source->size - flow->position;
	size_t wanted = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;

	if (left <= 0) {
		return 0;
	}
	ssize_t n = flow->source->read(flow->source->context, flow->position, flow->block, wanted);

	/* The size is a promise. */
	if (n == 0) {
		return -EIO;
	}
	if (n > 0) {
		flow->position += n;
		flow->taken += n;
	}
	return n;
}

static la_ssize_t read_block(struct archive *archive, void *context, const void **out)
{
	struct flow *flow = context;
	ssize_t n;

	*out = flow->block;
	if (flow->gunzip) {
		n = gunzip_read(flow->gunzip, flow->block, BLOCK_BYTES);
		flow->taken = gunzip_taken(flow->gunzip);
	} else {
		n = read_plain(flow);
	}
	if (n < 0) {
		flow->is_damaged = n == GUNZIP_DAMAGED;
		flow->err = flow->is_damaged ? 0 : (int)n;
		archive_set_error(archive, (int)-n, "cannot be read");
		return ARCHIVE_FATAL;
	}
	return n;
}

static la_int64_t skip(struct archive *archive, void *context, la_int64_t request)
{
	struct flow *flow = context;
	int64_t left = flow->source->size - flow->position;

	(void)archive;
	if (flow->gunzip || request <= 0) {
		return 0;
	}
	request = request < left ? request : left;
	flow->position += request;
	flow->taken += request; /* it might have been */
	return request;
}

static la_int64_t seek(struct archive *archive, void *context, la_int64_t offset, int whence)
{
	struct flow *flow = context;
	int64_t base = whence == SEEK_SET   ? 0
		       : whence == SEEK_CUR ? flow->position
					    : flow->source->size;

	if (offset < -base || offset > flow->source->size - base) {
		archive_set_error(archive, EINVAL, "cannot seek there");
		return ARCHIVE_FATAL;
	}
	flow->position = base + offset;
	return flow->position;
}

/* The filter below a kind; libarchive counts "none" as one. */
static int filter_of(enum bundle_kind kind)
{
	if (kind == BUNDLE_XZ || kind == BUNDLE_TAR_XZ) {
		return ARCHIVE_FILTER_XZ;
	}
	if (kind == BUNDLE_ZST || kind == BUNDLE_TAR_ZST) {
		return ARCHIVE_FILTER_ZSTD;
	}
	return kind == BUNDLE_BZ2 || kind == BUNDLE_TAR_BZ2 ? ARCHIVE_FILTER_BZIP2
							    : ARCHIVE_FILTER_NONE;
}

static int support_format(struct archive *archive, enum bundle_kind kind)
{
	if (bundle_kind_is_single(kind)) {
		/* Not merely let in: what cannot be unpacked would then look empty to libarchive. */
		return archive_read_set_format(archive, ARCHIVE_FORMAT_RAW);
	}
	if (kind == BUNDLE_7Z) {
		return archive_read_support_format_7zip(archive);
	}
	int r = archive_read_support_format_tar(archive);

	/* The sum over what is packed stands at its end, behind what tar takes for the end. */
	return r != ARCHIVE_OK || kind == BUNDLE_TAR
		       ? r
		       : archive_read_set_format_option(archive, "tar",
							"read_concatenated_archives", "1");
}

int flow_open(struct flow *flow, struct archive *archive, struct problem *why)
{
	int filter = filter_of(flow->kind);
	int r = support_format(archive, flow->kind);

	/* A filter that is set is applied once; one that is only let in, as often as it fits. And a
	 * warning means that another program would be started for it. */
	if (r == ARCHIVE_OK && filter != ARCHIVE_FILTER_NONE) {
		r = archive_read_append_filter(archive, filter);
	}
	if (r != ARCHIVE_OK) {
		return problem_set(why, -EOPNOTSUPP, "archives of this kind cannot be read here");
	}
	archive_read_set_read_callback(archive, read_block);
	archive_read_set_skip_callback(archive, skip);
	if (flow->kind == BUNDLE_7Z) {
		archive_read_set_seek_callback(archive, seek);
	}
	archive_read_set_callback_data(archive, flow);
	r = archive_read_open1(archive);
	if (r == ARCHIVE_OK) {
		return 0;
	}
	return flow->err ? flow->err : problem_set(why, -EIO, "the archive is damaged");
}
