/* One member of a zip, read by libzip from its start to its end; several at a time, each with a
 * libzip of its own (see single.c). */
#include "bundle/directory.h"
#include "bundle/single.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { LOCAL_EXTRA_MOST = 1024 };

struct bundle_member {
	struct single single;
	const struct node *node;
	zip_t *zip;
	zip_file_t *file;
	int64_t left; /* of what the directory promises */
	int err;      /* it has failed, and stays so */
	bool is_verified;
};

static const struct {
	uint16_t method;
	const char *name;
} methods[] = {
	{1, "shrink"},  {2, "reduce"},  {3, "reduce"},    {4, "reduce"},   {5, "reduce"},
	{6, "implode"}, {8, "deflate"}, {9, "deflate64"}, {10, "implode"}, {12, "bzip2"},
	{14, "lzma"},   {18, "terse"},  {19, "lz77"},     {20, "zstd"},    {93, "zstd"},
	{94, "mp3"},    {95, "xz"},     {96, "jpeg"},     {97, "wavpack"}, {98, "ppmd"},
};

static const char *method_name(uint16_t method)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (methods[i].method == method) {
			return methods[i].name;
		}
	}
	return "unknown";
}

/* Below the cipher. */
static uint16_t method_of(const struct node *node)
{
	return node->packed.aes_version ? node->packed.aes_method : node->packed.method;
}

static int check_method(const struct node *node, struct problem *why)
{
	uint16_t method = method_of(node);

	if (node->packed.flags & ZIP_STRONG) {
		return problem_set(why, -EOPNOTSUPP,
				   "\"%s\" is encrypted in a way that cannot be read here",
				   node->name);
	}
	if (!zip_compression_method_supported(method, 0)) {
		return problem_set(why, -EOPNOTSUPP,
				   "\"%s\" is packed by method %u (%s), which cannot be read here",
				   node->name, method, method_name(method));
	}
	return 0;
}

/* What libzip says has gone wrong, as an errno and words. */
static int failure(struct bundle_member *member, int code, struct problem *why)
{
	const struct node *node = member->node;

	if (member->single.err) {
		return member->single.err;
	}
	switch (code) {
	case ZIP_ER_MEMORY:
		return -ENOMEM;
	case ZIP_ER_NOPASSWD:
		return problem_set(why, -EACCES, "\"%s\" is encrypted, and there is no password",
				   node->name);
	case ZIP_ER_WRONGPASSWD:
		return problem_set(why, -EACCES, "\"%s\" is encrypted with another password",
				   node->name);
	case ZIP_ER_COMPNOTSUPP:
	case ZIP_ER_ENCRNOTSUPP:
		return problem_set(why, -EOPNOTSUPP,
				   "\"%s\" is packed in a way that cannot be read here",
				   node->name);
	default:
		break;
	}
	if (!node->entry.is_encrypted) {
		return problem_set(why, -EIO, "\"%s\" is damaged", node->name);
	}
	/* With AES one wrong password in 65,536 comes this far; with the old cipher one in 128. */
	return problem_set(why, node->packed.aes_version ? -EIO : -EACCES,
			   "\"%s\" is damaged, or encrypted with another password", node->name);
}

/* Held while libzip reads the record that was made for it in memory, which takes microseconds and
 * waits for nothing. There it calls mktime(), which frees and copies the name of the time zone each
 * time, under a lock of the C library that thread checkers do not see. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static int open_zip(struct bundle_member *member, struct problem *why)
{
	zip_error_t error;

	zip_error_init(&error);
	zip_source_t *source = zip_source_function_create(single_serve, &member->single, &error);

	if (source) {
		pthread_mutex_lock(&opening);
		member->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
		pthread_mutex_unlock(&opening);
	}
	if (source && !member->zip) {
		zip_source_free(source);
	}
	int code = zip_error_code_zip(&error);

	zip_error_fini(&error);
	return member->zip ? 0 : failure(member, code, why);
}

static int open_file(struct bundle_member *member, const char *password, struct problem *why)
{
	member->file = member->node->entry.is_encrypted
			       ? zip_fopen_index_encrypted(member->zip, 0, 0, password)
			       : zip_fopen_index(member->zip, 0, 0);
	if (!member->file) {
		return failure(member, zip_error_code_zip(zip_get_error(member->zip)), why);
	}
	return 0;
}

int bundle_member_open(const struct bundle *bundle, uint32_t number,
		       const struct bundle_source *source, const char *password,
		       struct bundle_member **out, struct problem *why)
{
	const struct node *node = tree_node(bundle, number);

	if (!node || node->is_dropped || node->entry.is_folder) {
		return node && node->entry.is_folder ? -EISDIR : -ENOENT;
	}
	int r = check_method(node, why);

	if (r < 0) {
		return r;
	}
	struct bundle_member *member = calloc(1, sizeof(*member));

	if (!member) {
		return -ENOMEM;
	}
	member->node = node;
	member->left = node->entry.size;
	r = single_init(&member->single, node, source, why);
	if (r == 0) {
		r = open_zip(member, why);
	}
	if (r == 0) {
		/* libzip takes an empty one for none. */
		r = open_file(member, password && password[0] ? password : NULL, why);
	}
	if (r < 0) {
		bundle_member_close(member);
		return r;
	}
	*out = member;
	return 0;
}

/* libzip compares size and sum when it is asked for more than there is. */
static int verify(struct bundle_member *member, struct problem *why)
{
	char more;
	zip_int64_t n = zip_fread(member->file, &more, 1);

	if (n == 0) {
		member->is_verified = true;
		return 0;
	}
	if (n > 0) {
		return failure(member, ZIP_ER_INCONS, why);
	}
	int code = zip_error_code_zip(zip_file_get_error(member->file));

	if (code == ZIP_ER_INCONS && !member->single.has_sum) {
		/* Only the size that it was told differs; the seal has been found whole before. */
		member->is_verified = true;
		return 0;
	}
	return failure(member, code, why);
}

static ssize_t read_some(struct bundle_member *member, void *out, size_t length,
			 struct problem *why)
{
	size_t wanted = member->left < (int64_t)length ? (size_t)member->left : length;
	zip_int64_t n = wanted ? zip_fread(member->file, out, wanted) : 0;

	if (n < 0) {
		return failure(member, zip_error_code_zip(zip_file_get_error(member->file)), why);
	}
	if (wanted && n == 0) {
		return failure(member, ZIP_ER_INCONS, why);
	}
	member->left -= n;
	if (member->left == 0 && !member->is_verified) {
		int r = verify(member, why);

		return r < 0 ? r : n;
	}
	return n;
}

ssize_t bundle_member_read(struct bundle_member *member, void *out, size_t length,
			   struct problem *why)
{
	if (member->err) {
		return member->err;
	}
	ssize_t n = read_some(member, out, length, why);

	if (n < 0) {
		member->err = (int)n;
	}
	return n;
}

void bundle_member_close(struct bundle_member *member)
{
	if (!member) {
		return;
	}
	if (member->file) {
		zip_fclose(member->file);
	}
	if (member->zip) {
		zip_discard(member->zip);
	}
	single_finish(&member->single);
	free(member);
}

void bundle_range(const struct bundle *bundle, uint32_t number, int64_t *offset, int64_t *length)
{
	const struct node *node = tree_node(bundle, number);

	if (!node || node->is_dropped || node->entry.is_folder) {
		*offset = 0;
		*length = 0;
		return;
	}
	const struct packed *packed = &node->packed;
	int64_t until = packed->offset + LOCAL_BYTES + packed->bytes;

	/* How much name and extra fields the local header has is not known yet. */
	until = packed->until - until > LOCAL_EXTRA_MOST ? until + LOCAL_EXTRA_MOST : packed->until;
	*offset = packed->offset;
	*length = until - packed->offset;
}
