/* For tests of archives: bytes in memory as a source, and what is to be seen of an archive as
 * lines (see tests/archives/make.py). */
#ifndef TEST_ARCHIVES_H
#define TEST_ARCHIVES_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "bundle/bundle.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* An archive in memory, and how it is read. */
struct bytes {
	unsigned char *data;
	size_t size;
	atomic_int reads;
	atomic_long read_bytes;
	int64_t lowest; /* that was read */
	int64_t highest;
	int fail_at;   /* that read fails, counted from 1 … */
	int fail_with; /* … with this */
};

static inline ssize_t bytes_read(void *context, int64_t offset, void *out, size_t length)
{
	struct bytes *b = context;

	assert_true(offset >= 0 && (size_t)offset <= b->size);
	size_t left = b->size - (size_t)offset;
	size_t n = length < left ? length : left;

	if (++b->reads == b->fail_at) {
		return b->fail_with;
	}
	b->read_bytes += (long)n;
	if (n > 0) {
		memcpy(out, b->data + offset, n);
	}
	return (ssize_t)n;
}

/* As bytes_read, and notes where; for one thread. */
static inline ssize_t bytes_read_noting(void *context, int64_t offset, void *out, size_t length)
{
	struct bytes *b = context;
	ssize_t n = bytes_read(b, offset, out, length);

	b->lowest = offset < b->lowest ? offset : b->lowest;
	b->highest = offset + n > b->highest ? offset + n : b->highest;
	return n;
}

static inline struct bundle_source bytes_source(struct bytes *b)
{
	return (struct bundle_source){.size = (int64_t)b->size, .read = bytes_read, .context = b};
}

static inline void bytes_load(const char *dir, const char *name, struct bytes *out)
{
	auto_free char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	auto_file FILE *f = fopen(path, "rb");

	assert_non_null(f);
	*out = (struct bytes){0};
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	out->size = (size_t)ftell(f);
	rewind(f);
	/* Just as long, so that the sanitizer sees who reads behind it. */
	out->data = malloc(out->size ? out->size : 1);
	assert_non_null(out->data);
	assert_int_equal(fread(out->data, 1, out->size, f), out->size);
}

static char *corpus; /* the folder it is in */

/* Before and after a group of tests; CORPUS is what it needs, "zips" or "streams". */
static inline int make_corpus(void **state)
{
	char dir[] = "/tmp/orderfs-archives-XXXXXX";
	auto_free char *command = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(asprintf(&command, "PYTHONDONTWRITEBYTECODE=1 python3 %s %s %s", TEST_ARCHIVES,
			     dir, CORPUS) > 0);
	assert_int_equal(system(command), 0);
	corpus = strdup(dir);
	return corpus ? 0 : -1;
}

static inline int remove_corpus(void **state)
{
	auto_free char *command = NULL;

	(void)state;
	assert_true(asprintf(&command, "rm -r %s", corpus) > 0);
	free(corpus);
	return system(command);
}

/* The CRC of a member's bytes, or -errno; *size is how many were had. */
static inline int64_t member_sum(const struct bundle *bundle, uint32_t number,
				 const struct bundle_source *source, const char *password,
				 int64_t *size)
{
	struct bundle_member *member = NULL;
	struct problem why = {0};
	char data[4096];
	uLong sum = 0;
	ssize_t n = bundle_member_open(bundle, number, source, password, &member, &why);

	*size = 0;
	if (n < 0) {
		problem_finish(&why);
		return n;
	}
	while ((n = bundle_member_read(member, data, sizeof(data), &why)) > 0) {
		sum = crc32(sum, (const Bytef *)data, (uInt)n);
		*size += n;
	}
	if (n < 0) {
		/* It stays so. */
		assert_int_equal(bundle_member_read(member, data, 1, NULL), n);
		/* There are words for all that the archive is to blame for. */
		assert_true(why.words || ((struct bytes *)source->context)->fail_at);
	}
	bundle_member_close(member);
	problem_finish(&why);
	return n < 0 ? n : (int64_t)sum;
}

static inline void print_entry(struct buf *out, const char *path, const struct bundle_entry *entry,
			       int64_t sum)
{
	if (entry->is_folder) {
		buf_printf(out, "%s/\n", path);
	} else if (sum < 0) {
		buf_printf(out, "%s %lld %s %lld\n", path, (long long)entry->size,
			   error_name((int)sum), (long long)(entry->mtime_ns / 1000000000));
	} else {
		buf_printf(out, "%s %lld %08llx %lld\n", path, (long long)entry->size,
			   (unsigned long long)sum, (long long)(entry->mtime_ns / 1000000000));
	}
}

/* What a folder has, and the folders in it. sum_of gives the CRC or -errno of a member. */
static inline void print_folder(struct buf *out, const struct bundle *bundle, uint32_t folder,
				const char *path,
				int64_t (*sum_of)(void *context, const struct bundle_entry *),
				void *context)
{
	size_t count;
	const struct bundle_entry *const *list = bundle_list(bundle, folder, &count);

	for (size_t i = 0; i < count; i++) {
		const struct bundle_entry *entry = list[i];
		auto_free char *inner = NULL;

		assert_true(asprintf(&inner, "%s%s%s", path, path[0] ? "/" : "", entry->name) > 0);
		assert_ptr_equal(bundle_find(bundle, folder, entry->name), entry);
		assert_ptr_equal(bundle_entry(bundle, entry->number), entry);
		assert_int_equal(entry->parent, folder);
		print_entry(out, inner, entry, entry->is_folder ? 0 : sum_of(context, entry));
		if (entry->is_folder) {
			print_folder(out, bundle, entry->number, inner, sum_of, context);
		}
	}
}

static inline void print_words(struct buf *out, const struct bundle *bundle)
{
	size_t count;
	const char *const *words = bundle_words(bundle, &count);

	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "! %s\n", words[i]);
	}
}

/* Deterministic noise (xorshift). */
static inline uint32_t noise(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif
