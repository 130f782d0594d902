/* Archives that only stream: the corpus, those that are cut or altered anywhere, visitors and
 * sources that fail. */
#define CORPUS "streams"
#include "archives.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <time.h>
#include <unistd.h>

enum { MEMBERS_MOST = 64 };

/* What a walk said of each member, by number. */
struct visit {
	struct {
		uLong sum;
		int64_t size;
		int err;
		bool has_begun;
		bool has_ended;
	} members[MEMBERS_MOST];
	int calls;
	int fail_at; /* that call fails */
};

static int begin(void *context, const struct bundle_entry *entry)
{
	struct visit *v = context;

	assert_true(entry->number < MEMBERS_MOST && !entry->is_folder);
	assert_false(v->members[entry->number].has_begun);
	v->members[entry->number].has_begun = true;
	return ++v->calls == v->fail_at ? -ENOSPC : 0;
}

static int data(void *context, uint32_t number, const void *bytes, size_t length)
{
	struct visit *v = context;

	assert_true(v->members[number].has_begun && !v->members[number].has_ended);
	v->members[number].sum = crc32(v->members[number].sum, bytes, (uInt)length);
	v->members[number].size += (int64_t)length;
	return ++v->calls == v->fail_at ? -ENOSPC : 0;
}

static int end(void *context, uint32_t number, int err, const char *words)
{
	struct visit *v = context;

	assert_true(v->members[number].has_begun && !v->members[number].has_ended);
	assert_int_equal(err != 0, words != NULL);
	v->members[number].has_ended = true;
	v->members[number].err = err;
	return ++v->calls == v->fail_at ? -ENOSPC : 0;
}

static int64_t sum_of(void *context, const struct bundle_entry *entry)
{
	struct visit *v = context;

	assert_true(v->members[entry->number].has_ended);
	if (v->members[entry->number].err == 0) {
		assert_int_equal(v->members[entry->number].size, entry->size);
	}
	return v->members[entry->number].err ? v->members[entry->number].err
					     : (int64_t)v->members[entry->number].sum;
}

/* What is to be seen of an archive; returns what walking it said. */
static int print_walk(struct buf *out, const char *name, struct bytes *bytes, struct visit *visit)
{
	size_t stem;
	enum bundle_kind kind = bundle_kind_of(name, &stem);
	auto_free char *single = strndup(name, stem);
	struct bundle_source source = bytes_source(bytes);
	struct bundle_visitor visitor = {begin, data, end, visit};
	struct bundle *bundle = NULL;
	auto_finish(problem_finish) struct problem why = {0};
	int r = bundle_walk(kind, &source, NULL, single, &visitor, &bundle, &why);

	assert_true(kind != BUNDLE_NONE);
	if (r < 0) {
		assert_null(bundle);
		assert_true(why.words || bytes->fail_at || visit->fail_at);
		buf_printf(out, "= %s\n", error_name(r));
		return r;
	}
	print_words(out, bundle);
	print_folder(out, bundle, 0, "", sum_of, visit);
	buf_puts(out, "");
	bundle_close(bundle);
	return r;
}

static void check_wanted(const char *name)
{
	auto_free char *want_name = NULL;
	auto_finish(buf_finish) struct buf seen = {0};
	struct visit visit = {0};
	struct bytes archive;
	struct bytes want;

	assert_true(asprintf(&want_name, "%s.want", name) > 0);
	bytes_load(corpus, name, &archive);
	bytes_load(corpus, want_name, &want);
	print_walk(&seen, name, &archive, &visit);
	if (seen.length != want.size || memcmp(seen.data, want.data, want.size) != 0) {
		fail_msg("%s: wanted\n%.*sbut saw\n%s", name, (int)want.size, (char *)want.data,
			 seen.data);
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
		char *ending = strstr(d->d_name, ".want");

		if (ending) {
			*ending = '\0';
			check_wanted(d->d_name);
			count++;
		}
	}
	closedir(dir);
	assert_true(count > 25);
}

static void kinds_are_known_by_name_and_first_bytes(void **state)
{
	size_t stem;

	(void)state;
	assert_int_equal(bundle_kind_of("a.tar.gz", &stem), BUNDLE_TAR_GZ);
	assert_int_equal(stem, 1);
	assert_int_equal(bundle_kind_of("A.B.TGZ", &stem), BUNDLE_TAR_GZ);
	assert_int_equal(stem, 3);
	assert_int_equal(bundle_kind_of("orders.csv.gz", &stem), BUNDLE_GZ);
	assert_int_equal(stem, 10);
	assert_int_equal(bundle_kind_of("keys.zip", &stem), BUNDLE_ZIP);
	assert_int_equal(bundle_kind_of(".zip", &stem), BUNDLE_NONE);
	assert_int_equal(bundle_kind_of("zip", &stem), BUNDLE_NONE);
	assert_int_equal(bundle_kind_of("orders.xlsx", &stem), BUNDLE_NONE);
	assert_true(bundle_kind_is_single(BUNDLE_ZST) && !bundle_kind_is_single(BUNDLE_TAR_ZST));
	assert_true(bundle_kind_fits(BUNDLE_ZIP, "PK\5\6", 4));
	assert_false(bundle_kind_fits(BUNDLE_ZIP, "<htm", 4));
	assert_false(bundle_kind_fits(BUNDLE_XZ,
				      "\xfd"
				      "7zX",
				      4));
}

/* Archives of kinds that Python does not write: by libarchive. */
static void make(struct bytes *out, int format, int filter)
{
	static const char text[] = "the key that the order is about\n";
	enum { ROOM = 64 * 1024, TIMES = 40 };
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	bool is_raw = format == ARCHIVE_FORMAT_RAW;

	*out = (struct bytes){.data = malloc(ROOM)};
	assert_int_equal(archive_write_set_format(a, format), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(a, out->data, ROOM, &out->size), ARCHIVE_OK);
	for (int i = 0; i < (is_raw ? 1 : 3); i++) {
		archive_entry_clear(entry);
		archive_entry_set_pathname(entry, i == 0 ? "a/one" : i == 1 ? "two" : "a/link");
		archive_entry_set_filetype(entry, i < 2 ? AE_IFREG : AE_IFLNK);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_mtime(entry, 1714979290, 0);
		archive_entry_set_size(entry, i < 2 ? TIMES * (sizeof(text) - 1) : 0);
		if (i == 2) {
			archive_entry_set_symlink(entry, "/etc/passwd");
		}
		assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
		for (int time = 0; i < 2 && time < TIMES; time++) {
			assert_int_equal(archive_write_data(a, text, sizeof(text) - 1),
					 sizeof(text) - 1);
		}
	}
	archive_entry_free(entry);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	out->data = realloc(out->data, out->size);
}

static const struct {
	const char *name;
	int format;
	int filter;
} made[] = {
	{"made.7z", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE},
	{"made.tar.zst", ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_ZSTD},
	{"made.zst", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD},
	{"made.tar", ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE},
	{"made.gz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP},
	{"made.xz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_XZ},
	{"made.bz2", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_BZIP2},
};
enum { MADE = sizeof(made) / sizeof(made[0]) };
static const char made_want[] = "! \"a/link\" was left out: it is a link\n"
				"a/\na/one 1280 aecbbf0f 1714979290\n"
				"two 1280 aecbbf0f 1714979290\n";
static const char made_single_want[] = "made 1280 aecbbf0f 0\n";

static const char *want_of(int i)
{
	return made[i].format == ARCHIVE_FORMAT_RAW ? made_single_want : made_want;
}

static void other_kinds_show_what_they_should(void **state)
{
	(void)state;
	for (int i = 0; i < MADE; i++) {
		auto_finish(buf_finish) struct buf seen = {0};
		struct visit visit = {0};
		struct bytes bytes;

		make(&bytes, made[i].format, made[i].filter);
		assert_int_equal(print_walk(&seen, made[i].name, &bytes, &visit), 0);
		assert_string_equal(seen.data, want_of(i));
		free(bytes.data);
	}
}

/* A tar has no sum over its data; all others must either fail or give what they held. */
static void a_cut_archive_fails(void **state)
{
	(void)state;
	for (int i = 0; i < MADE; i++) {
		struct bytes whole;

		make(&whole, made[i].format, made[i].filter);
		for (size_t size = 0; size < whole.size; size++) {
			auto_finish(buf_finish) struct buf seen = {0};
			struct visit visit = {0};
			struct bytes cut = {.data = malloc(size + 1), .size = size};

			memcpy(cut.data, whole.data, size);
			int r = print_walk(&seen, made[i].name, &cut, &visit);

			if (r == 0 && made[i].format != ARCHIVE_FORMAT_TAR_PAX_RESTRICTED) {
				fail_msg("%s cut to %zu of %zu: %s", made[i].name, size, whole.size,
					 seen.data);
			}
			free(cut.data);
		}
		free(whole.data);
	}
}

/* Those with a sum over all that they hold give just that or fail. */
static void check_altered(const char *name, struct bytes *bytes, const char *want)
{
	static const unsigned char changes[] = {0xff, 0x01, 0x80};

	for (size_t at = 0; at < bytes->size * sizeof(changes); at++) {
		auto_finish(buf_finish) struct buf seen = {0};
		struct visit visit = {0};
		unsigned char change = changes[at % sizeof(changes)];

		bytes->data[at / sizeof(changes)] ^= change;
		int r = print_walk(&seen, name, bytes, &visit);

		bytes->data[at / sizeof(changes)] ^= change;
		if (r == 0 && want && strcmp(seen.data, want) != 0) {
			fail_msg("%s altered at %zu: %s", name, at / sizeof(changes), seen.data);
		}
	}
}

static void an_altered_byte_does_no_harm(void **state)
{
	struct bytes bytes;

	(void)state;
	for (int i = 0; i < MADE; i++) {
		/* libarchive writes .zst without a sum. */
		bool has_sum = made[i].format == ARCHIVE_FORMAT_RAW &&
			       made[i].filter != ARCHIVE_FILTER_ZSTD;

		make(&bytes, made[i].format, made[i].filter);
		check_altered(made[i].name, &bytes, has_sum ? made_single_want : NULL);
		free(bytes.data);
	}
	bytes_load(corpus, "text.zst", &bytes);
	check_altered("text.zst", &bytes, "text 720 c203f7bb 0\n");
	free(bytes.data);
}

static void noise_does_no_harm(void **state)
{
	uint32_t seed = 20240507;
	time_t until = time(NULL) + 3;

	(void)state;
	for (int i = 0; time(NULL) < until; i = (i + 1) % MADE) {
		struct bytes bytes;

		make(&bytes, made[i].format, made[i].filter);
		for (int round = 0; round < 50; round++) {
			auto_finish(buf_finish) struct buf seen = {0};
			struct visit visit = {0};

			bytes.data[noise(&seed) % bytes.size] = (unsigned char)noise(&seed);
			print_walk(&seen, made[i].name, &bytes, &visit);
		}
		free(bytes.data);
	}
}

static void errors_of_others_are_passed_on(void **state)
{
	(void)state;
	for (int i = 0; i < MADE; i++) {
		struct bytes bytes;
		bool more = true;

		make(&bytes, made[i].format, made[i].filter);
		for (int at = 1; more; at++) {
			auto_finish(buf_finish) struct buf seen = {0};
			struct visit visit = {0};

			bytes.reads = 0;
			bytes.fail_at = at;
			bytes.fail_with = -EINTR;
			int r = print_walk(&seen, made[i].name, &bytes, &visit);

			more = bytes.reads >= at;
			assert_int_equal(r, more ? -EINTR : 0);
		}
		bytes.fail_at = 0;
		more = true;
		for (int at = 1; more; at++) {
			auto_finish(buf_finish) struct buf seen = {0};
			struct visit visit = {.fail_at = at};
			int r = print_walk(&seen, made[i].name, &bytes, &visit);

			more = visit.calls >= at;
			assert_int_equal(r, more ? -ENOSPC : 0);
		}
		free(bytes.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_archive_shows_what_it_should),
		cmocka_unit_test(kinds_are_known_by_name_and_first_bytes),
		cmocka_unit_test(other_kinds_show_what_they_should),
		cmocka_unit_test(a_cut_archive_fails),
		cmocka_unit_test(an_altered_byte_does_no_harm),
		cmocka_unit_test(noise_does_no_harm),
		cmocka_unit_test(errors_of_others_are_passed_on),
	};

	return cmocka_run_group_tests(tests, make_corpus, remove_corpus);
}
