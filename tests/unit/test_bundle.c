/* Zips shown as folders: the corpus, archives that are cut or altered anywhere, sources that fail,
 * many members, many readers. */
#define CORPUS "zips"
#include "archives.h"
#include "scarce.h"

#include <dirent.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#include <zip.h>

/* The C library guards the time zone of mktime() by a lock that ThreadSanitizer does not see, and
 * newer libzips call it where none of ours can be held. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:libzip.so\n";
}

struct reading {
	const struct bundle *bundle;
	const struct bundle_source *source;
	const char *password;
};

static int64_t sum_of(void *context, const struct bundle_entry *entry)
{
	const struct reading *r = context;
	int64_t size;
	int64_t sum = member_sum(r->bundle, entry->number, r->source, r->password, &size);

	assert_true(size <= entry->size);
	assert_true(sum < 0 || size == entry->size);
	/* What failed never looks complete. */
	assert_true(sum >= 0 || size < entry->size || entry->size == 0);
	return sum;
}

/* What is to be seen of a zip; returns what opening it said. */
static int print_zip(struct buf *out, struct bytes *bytes, const char *password)
{
	struct bundle_source source = bytes_source(bytes);
	struct bundle *bundle = NULL;
	struct problem why = {0};
	int r = bundle_open(&source, NULL, &bundle, &why);

	if (r < 0) {
		assert_true(why.words || bytes->fail_at);
		buf_printf(out, "= %s\n", error_name(r));
	} else {
		struct reading reading = {bundle, &source, password};

		print_words(out, bundle);
		print_folder(out, bundle, 0, "", sum_of, &reading);
	}
	buf_puts(out, "");
	assert_int_equal(buf_status(out), 0);
	bundle_close(bundle);
	problem_finish(&why);
	return r;
}

static void check_wanted(const char *name)
{
	auto_free char *want_name = NULL;
	auto_free char *password = NULL;
	auto_finish(buf_finish) struct buf seen = {0};
	struct bytes archive;
	struct bytes want;

	assert_true(asprintf(&want_name, "%s.want", name) > 0);
	bytes_load(corpus, name, &archive);
	bytes_load(corpus, want_name, &want);
	const char *lines = (const char *)want.data;
	size_t length = want.size;

	if (length > 10 && memcmp(lines, "password: ", 10) == 0) {
		const char *end = memchr(lines, '\n', length);

		password = strndup(lines + 10, (size_t)(end - lines) - 10);
		length -= (size_t)(end + 1 - lines);
		lines = end + 1;
	}
	print_zip(&seen, &archive, password);
	if (seen.length != length || memcmp(seen.data, lines, length) != 0) {
		fail_msg("%s: wanted\n%.*sbut saw\n%s", name, (int)length, lines, seen.data);
	}
	free(archive.data);
	free(want.data);
}

static void every_archive_shows_what_it_should(void **state)
{
	int count = 0;
	DIR *dir = opendir(corpus);

	(void)state;
	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir));) {
		char *ending = strstr(d->d_name, ".zip.want");

		if (ending) {
			ending[4] = '\0';
			count++;
			if (strcmp(d->d_name, "lzma.zip") != 0 ||
			    zip_compression_method_supported(ZIP_CM_LZMA, 0)) {
				check_wanted(d->d_name);
			}
		}
	}
	closedir(dir);
	assert_true(count > 40);
}

static const char *const small_ones[] = {"plain.zip",   "sixtyfour.zip", "password.zip",
					 "methods.zip", "far-64.zip",    "times.zip"};
enum { SMALL_ONES = sizeof(small_ones) / sizeof(small_ones[0]) };

static void a_zip_that_is_cut_is_none(void **state)
{
	(void)state;
	for (int i = 0; i < SMALL_ONES - 2; i++) {
		struct bytes whole;

		bytes_load(corpus, small_ones[i], &whole);
		for (size_t size = 0; size < whole.size; size++) {
			struct bytes cut = {.data = malloc(size + 1), .size = size};
			auto_finish(buf_finish) struct buf seen = {0};

			memcpy(cut.data, whole.data, size);
			assert_int_equal(print_zip(&seen, &cut, NULL), -EBADMSG);
			free(cut.data);
		}
		free(whole.data);
	}
}

/* The sums of what the members of small_ones hold: no other bytes may ever be given. */
struct truth {
	int64_t sums[32];
	int count;
};

static int64_t note_sum(void *context, const struct bundle_entry *entry)
{
	struct truth *truth = ((struct truth **)context)[0];
	struct reading *reading = ((struct reading **)context)[1];

	assert_true(truth->count < 32);
	truth->sums[truth->count++] = sum_of(reading, entry);
	return 0;
}

static int64_t compare_sum(void *context, const struct bundle_entry *entry)
{
	struct truth *truth = ((struct truth **)context)[0];
	struct reading *reading = ((struct reading **)context)[1];
	int64_t sum = sum_of(reading, entry);

	for (int i = 0; i < truth->count; i++) {
		if (sum < 0 || sum == truth->sums[i]) {
			return sum;
		}
	}
	fail_msg("\"%s\" gave other bytes", entry->name);
	return 0;
}

static void with_truth(struct bytes *bytes, struct truth *truth,
		       int64_t (*sum)(void *, const struct bundle_entry *))
{
	struct bundle_source source = bytes_source(bytes);
	struct bundle *bundle = NULL;
	auto_finish(buf_finish) struct buf seen = {0};
	auto_finish(problem_finish) struct problem why = {0};

	if (bundle_open(&source, NULL, &bundle, &why) == 0) {
		struct reading reading = {bundle, &source, "open sesame"};
		void *context[] = {truth, &reading};

		print_folder(&seen, bundle, 0, "", sum, context);
	}
	bundle_close(bundle);
}

static void an_altered_byte_gives_no_wrong_bytes(void **state)
{
	static const unsigned char changes[] = {0xff, 0x01, 0x80};

	(void)state;
	for (int i = 0; i < SMALL_ONES - 2; i++) {
		struct bytes bytes;
		struct truth truth = {0};

		bytes_load(corpus, small_ones[i], &bytes);
		with_truth(&bytes, &truth, note_sum);
		assert_true(truth.count > 0);
		for (size_t at = 0; at < bytes.size; at++) {
			for (size_t c = 0; c < sizeof(changes); c++) {
				bytes.data[at] ^= changes[c];
				with_truth(&bytes, &truth, compare_sum);
				bytes.data[at] ^= changes[c];
			}
		}
		free(bytes.data);
	}
}

/* Anything may come of it but a crash, a hang, or more bytes than promised. */
static void noise_does_no_harm(void **state)
{
	static const unsigned char odd[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
	uint32_t seed = 20240506;
	time_t until = time(NULL) + 3;

	(void)state;
	for (int i = 0; time(NULL) < until; i = (i + 1) % SMALL_ONES) {
		struct bytes bytes;

		bytes_load(corpus, small_ones[i], &bytes);
		for (uint32_t n = noise(&seed) % 8 + 1; n > 0; n--) {
			/* Mostly near the end, where the structure is. */
			size_t span = noise(&seed) % 2 ? bytes.size : bytes.size % 600 + 1;
			size_t at = bytes.size - 1 - noise(&seed) % span % bytes.size;

			bytes.data[at] = noise(&seed) % 2 ? odd[noise(&seed) % sizeof(odd)]
							  : (unsigned char)noise(&seed);
		}
		auto_finish(buf_finish) struct buf seen = {0};

		print_zip(&seen, &bytes, "open sesame");
		free(bytes.data);
	}
}

static void an_error_of_the_source_is_passed_on(void **state)
{
	struct bytes bytes;
	bool more = true;

	(void)state;
	bytes_load(corpus, "plain.zip", &bytes);
	for (int at = 1; more; at++) {
		auto_finish(buf_finish) struct buf seen = {0};

		bytes.reads = 0;
		bytes.fail_at = at;
		bytes.fail_with = -ETIMEDOUT;
		print_zip(&seen, &bytes, NULL);
		more = bytes.reads >= at;
		assert_int_equal(strstr(seen.data, "ETIMEDOUT") != NULL, more);
		/* A source that ends too early. */
		buf_clear(&seen);
		bytes.reads = 0;
		bytes.fail_with = 0;
		print_zip(&seen, &bytes, NULL);
		assert_int_equal(strstr(seen.data, "EIO") != NULL, more);
	}
	free(bytes.data);
}

static const char aes_text[] = "the key that the order is about\n";

/* Made by libzip itself: a member for each strength of the newer cipher. */
static void make_aes(struct bytes *out)
{
	static const struct {
		const char *name;
		zip_uint16_t cipher;
	} members[] = {{"aes128", ZIP_EM_AES_128},
		       {"aes192", ZIP_EM_AES_192},
		       {"aes256", ZIP_EM_AES_256}};
	zip_error_t error;
	zip_stat_t stat;

	zip_error_init(&error);
	zip_source_t *made = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *zip = zip_open_from_source(made, ZIP_CREATE | ZIP_TRUNCATE, &error);

	assert_non_null(zip);
	zip_source_keep(made);
	for (size_t i = 0; i < 3; i++) {
		zip_source_t *text = zip_source_buffer(zip, aes_text, sizeof(aes_text), 0);
		zip_int64_t at = zip_file_add(zip, members[i].name, text, 0);

		assert_true(at >= 0);
		assert_int_equal(zip_file_set_encryption(zip, (zip_uint64_t)at, members[i].cipher,
							 "open sesame"),
				 0);
	}
	assert_int_equal(zip_close(zip), 0);
	assert_int_equal(zip_source_open(made), 0);
	assert_int_equal(zip_source_stat(made, &stat), 0);
	*out = (struct bytes){.size = stat.size, .data = malloc(stat.size)};
	assert_int_equal(zip_source_read(made, out->data, stat.size), stat.size);
	zip_source_close(made);
	zip_source_free(made);
	zip_error_fini(&error);
}

static int64_t aes_sum(struct bytes *bytes, const char *name, const char *password)
{
	struct bundle_source source = bytes_source(bytes);
	struct bundle *bundle = NULL;
	int64_t size;

	assert_int_equal(bundle_open(&source, NULL, &bundle, NULL), 0);
	const struct bundle_entry *entry = bundle_find(bundle, 0, name);

	assert_non_null(entry);
	assert_true(entry->is_encrypted && entry->is_small && entry->size == sizeof(aes_text));
	int64_t sum = member_sum(bundle, entry->number, &source, password, &size);

	bundle_close(bundle);
	return sum;
}

static void aes_needs_the_password(void **state)
{
	static const char *const names[] = {"aes128", "aes192", "aes256"};
	int64_t right = (int64_t)crc32(0, (const Bytef *)aes_text, sizeof(aes_text));
	struct bytes bytes;

	(void)state;
	make_aes(&bytes);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(aes_sum(&bytes, names[i], "open sesame"), right);
		assert_int_equal(aes_sum(&bytes, names[i], "wrong"), -EACCES);
		assert_int_equal(aes_sum(&bytes, names[i], ""), -EACCES);
		assert_int_equal(aes_sum(&bytes, names[i], NULL), -EACCES);
	}
	free(bytes.data);
}

/* Of the second version the directory says no CRC: its seal is what counts. */
static void aes_is_sealed(void **state)
{
	int64_t right = (int64_t)crc32(0, (const Bytef *)aes_text, sizeof(aes_text));
	struct bytes bytes;

	(void)state;
	make_aes(&bytes);
	unsigned char *record = memmem(bytes.data, bytes.size, "PK\1\2", 4);

	for (int round = 0; round < 2; round++) {
		/* Behind header, name and extra fields, the salt of eight and the two of the
		 * verifier. */
		size_t data = 30 + 6 + bytes.data[28] + 8 + 2;
		size_t packed = record[20];

		assert_int_equal(aes_sum(&bytes, "aes128", "open sesame"), right);
		for (size_t at = data; at < data + packed - 10; at++) {
			bytes.data[at] ^= 4;
			assert_int_equal(aes_sum(&bytes, "aes128", "open sesame"), -EIO);
			bytes.data[at] ^= 4;
		}
		memset(record + 16, 0, 4);
	}
	free(bytes.data);
}

/* 100,000 members are listed from few reads of the directory alone; one member is read from its
 * own bytes alone. */
static void many_members_cost_little(void **state)
{
	struct bytes bytes;
	struct bundle *bundle = NULL;
	int64_t offset;
	int64_t length;
	int64_t size;
	size_t count;

	(void)state;
	bytes_load(corpus, "many.zip", &bytes);
	struct bundle_source source = bytes_source(&bytes);
	clock_t begun = clock();

	assert_int_equal(bundle_open(&source, NULL, &bundle, NULL), 0);
	print_message("100,000 members: %.2f s, %d reads, %ld bytes of %zu\n",
		      (double)(clock() - begun) / CLOCKS_PER_SEC, bytes.reads, bytes.read_bytes,
		      bytes.size);
	bundle_all(bundle, &count);
	assert_int_equal(count, 100000 + 100);
	assert_true(bytes.reads < 12 && (size_t)bytes.read_bytes < bytes.size * 2 / 3);
	const struct bundle_entry *folder = bundle_find(bundle, 0, "77");
	const struct bundle_entry *entry = bundle_find(bundle, folder->number, "77777");

	assert_int_equal(bundle_list(bundle, folder->number, &count)[0]->parent, folder->number);
	assert_int_equal(count, 1000);
	bundle_range(bundle, entry->number, &offset, &length);
	bytes.lowest = INT64_MAX;
	source.read = bytes_read_noting;
	assert_int_equal(member_sum(bundle, entry->number, &source, NULL, &size),
			 crc32(0, (const Bytef *)"77777", 5));
	assert_true(bytes.lowest >= offset && bytes.highest <= offset + length);
	bundle_close(bundle);
	free(bytes.data);
}

static void limits_hold(void **state)
{
	struct bundle_limits limits = bundle_default_limits;
	struct bytes bytes;
	struct bundle *bundle = NULL;
	struct problem why = {0};
	size_t count;

	(void)state;
	bytes_load(corpus, "plain.zip", &bytes);
	struct bundle_source source = bytes_source(&bytes);

	limits.members = 3;
	assert_int_equal(bundle_open(&source, &limits, &bundle, &why), -EIO);
	assert_string_equal(why.words, "the archive has more than 3 members");
	problem_finish(&why);
	limits = bundle_default_limits;
	limits.total_bytes = 730;
	assert_int_equal(bundle_open(&source, &limits, &bundle, NULL), 0);
	assert_string_equal(bundle_words(bundle, &count)[0],
			    "\"readme\" was left out: the archive is too large with it");
	assert_null(bundle_find(bundle, 0, "readme"));
	bundle_close(bundle);
	limits = bundle_default_limits;
	limits.member_bytes = 100;
	limits.depth = 1;
	assert_int_equal(bundle_open(&source, &limits, &bundle, NULL), 0);
	bundle_words(bundle, &count);
	assert_int_equal(count, 2);
	bundle_close(bundle);
	free(bytes.data);
}

/* A zip whose only member holds more zeros than 32 bits can count; its directory is in memory. */
struct large {
	int64_t data_bytes;
	struct bytes head; /* the local header */
	struct bytes tail; /* the directory and its ends */
};

static ssize_t large_read(void *context, int64_t offset, void *out, size_t length)
{
	struct large *l = context;
	int64_t tail_at = (int64_t)l->head.size + l->data_bytes;

	if (offset < (int64_t)l->head.size) {
		size_t left = l->head.size - (size_t)offset;

		return bytes_read(&l->head, offset, out, length < left ? length : left);
	}
	if (offset >= tail_at) {
		return bytes_read(&l->tail, offset - tail_at, out, length);
	}
	length = (int64_t)length < tail_at - offset ? length : (size_t)(tail_at - offset);
	memset(out, 0, length);
	return (ssize_t)length;
}

static void a_member_may_have_more_than_4_gib(void **state)
{
	struct large l = {.data_bytes = (INT64_C(5) << 30) + 1};
	struct bundle *bundle = NULL;
	struct bundle_member *member = NULL;
	char data[8192];

	(void)state;
	bytes_load(corpus, "large.head", &l.head);
	bytes_load(corpus, "large.tail", &l.tail);
	struct bundle_source source = {
		.size = (int64_t)l.head.size + l.data_bytes + (int64_t)l.tail.size,
		.read = large_read,
		.context = &l,
	};

	assert_int_equal(bundle_open(&source, NULL, &bundle, NULL), 0);
	const struct bundle_entry *entry = bundle_find(bundle, 0, "zeros");

	assert_true(entry->size == l.data_bytes && !entry->is_small);
	assert_int_equal(bundle_member_open(bundle, entry->number, &source, NULL, &member, NULL),
			 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(bundle_member_read(member, data, sizeof(data), NULL),
				 sizeof(data));
	}
	bundle_member_close(member);
	bundle_close(bundle);
	free(l.head.data);
	free(l.tail.data);
}

static void a_lack_of_memory_is_an_error(void **state)
{
	struct bytes bytes;
	bool more = SCARCE;

	(void)state;
	bytes_load(corpus, "names.zip", &bytes);
	struct bundle_source source = bytes_source(&bytes);

	for (long at = 1; more; at++) {
		long blocks = scarce_blocks();
		struct bundle *bundle = NULL;

		scarce_at(at);
		int r = bundle_open(&source, NULL, &bundle, NULL);

		more = scarce_happened();
		scarce_at(0);
		/* Sentences may be lacking then. */
		assert_true(r == -ENOMEM || (r == 0 && bundle));
		bundle_close(bundle);
		assert_int_equal(scarce_blocks(), blocks);
	}
	free(bytes.data);
}

/* As far as libzip is able: it loses a block here and there. */
static void a_lack_of_memory_ends_no_reader(void **state)
{
	struct bytes bytes;
	struct bundle *bundle = NULL;
	bool more = SCARCE;

	(void)state;
	bytes_load(corpus, "password.zip", &bytes);
	struct bundle_source source = bytes_source(&bytes);

	assert_int_equal(bundle_open(&source, NULL, &bundle, NULL), 0);
	for (long at = 1; more; at++) {
		int64_t size;

		scarce_at(at);
		for (uint32_t number = 1; bundle_entry(bundle, number); number++) {
			int64_t sum = member_sum(bundle, number, &source, "open sesame", &size);

			assert_true(sum >= 0 || scarce_happened());
		}
		more = scarce_happened();
		scarce_at(0);
	}
	bundle_close(bundle);
	free(bytes.data);
}

enum { READERS = 4, ROUNDS = 50 };

static void *read_all(void *context)
{
	struct reading *reading = context;
	size_t count;
	const struct bundle_entry *const *all = bundle_all(reading->bundle, &count);
	int64_t size;

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < count; i++) {
			int64_t sum = member_sum(reading->bundle, all[i]->number, reading->source,
						 reading->password, &size);
			assert_true(all[i]->is_folder ? sum == -EISDIR : sum >= 0);
		}
	}
	return NULL;
}

static void members_are_read_side_by_side(void **state)
{
	struct bytes bytes;
	struct bundle *bundle = NULL;
	pthread_t threads[READERS];

	(void)state;
	bytes_load(corpus, "password.zip", &bytes);
	struct bundle_source source = bytes_source(&bytes);

	assert_int_equal(bundle_open(&source, NULL, &bundle, NULL), 0);
	struct reading reading = {bundle, &source, "open sesame"};

	for (int i = 0; i < READERS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, &reading), 0);
	}
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
	}
	bundle_close(bundle);
	free(bytes.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_archive_shows_what_it_should),
		cmocka_unit_test(a_zip_that_is_cut_is_none),
		cmocka_unit_test(an_altered_byte_gives_no_wrong_bytes),
		cmocka_unit_test(noise_does_no_harm),
		cmocka_unit_test(an_error_of_the_source_is_passed_on),
		cmocka_unit_test(aes_needs_the_password),
		cmocka_unit_test(aes_is_sealed),
		cmocka_unit_test(many_members_cost_little),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_member_may_have_more_than_4_gib),
		cmocka_unit_test(a_lack_of_memory_is_an_error),
		cmocka_unit_test(a_lack_of_memory_ends_no_reader),
		cmocka_unit_test(members_are_read_side_by_side),
	};

	return cmocka_run_group_tests(tests, make_corpus, remove_corpus);
}
