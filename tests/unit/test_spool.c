/* The spool: its map of bytes, its writers and its readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "spool/extents.h"
#include "spool/spool.h"

enum { PATIENCE_MS = 20000 };

/* ---- the map, against one that has a flag per byte */

enum { MODEL_BYTES = 200 };

static void compare(const struct extents *e, const bool *model)
{
	int64_t bytes = 0;

	for (int64_t at = 0; at < MODEL_BYTES; at++) {
		int64_t reach = at;
		while (reach < MODEL_BYTES && model[reach]) {
			reach++;
		}
		assert_int_equal(extents_reach(e, at), reach);
		bytes += model[at];
		if (!model[at]) {
			int64_t start = at;
			int64_t end = at;
			while (start > 0 && !model[start - 1]) {
				start--;
			}
			while (end < MODEL_BYTES && !model[end]) {
				end++;
			}
			struct extent gap = extents_gap(e, at, 1);
			assert_int_equal(gap.start, start);
			assert_true(gap.end == (end < MODEL_BYTES ? end : INT64_MAX));
		}
	}
	assert_int_equal(e->bytes, bytes);
	for (size_t i = 0; i < e->count; i++) {
		assert_true(e->list[i].start < e->list[i].end);
		assert_true(i == 0 || e->list[i - 1].end < e->list[i].start);
	}
}

static void test_map_is_what_was_done_to_it(void **state)
{
	unsigned chance = 4;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct extents e = {0};
		bool model[MODEL_BYTES] = {false};
		for (int step = 0; step < 40; step++) {
			int64_t start = rand_r(&chance) % MODEL_BYTES;
			int64_t end = start + rand_r(&chance) % 30;
			bool adds = rand_r(&chance) % 3 > 0;
			end = end < MODEL_BYTES ? end : MODEL_BYTES;
			assert_int_equal(adds ? extents_add(&e, start, end)
					      : extents_remove(&e, start, end),
					 0);
			for (int64_t at = start; at < end; at++) {
				model[at] = adds;
			}
			compare(&e, model);
		}
		extents_finish(&e);
	}
}

static void test_map_of_a_read_from_the_start_is_one_run(void **state)
{
	struct extents e = {0};

	(void)state;
	for (int64_t at = 0; at < 100000; at += 10) {
		assert_int_equal(extents_add(&e, at, at + 10), 0);
	}
	assert_int_equal(e.count, 1);
	assert_int_equal(extents_add(&e, INT64_MAX - 5, INT64_MAX), 0);
	assert_int_equal(extents_reach(&e, INT64_MAX - 3), INT64_MAX);
	extents_finish(&e);
}

static void test_gap_goes_over_short_runs(void **state)
{
	struct extents e = {0};

	(void)state;
	extents_add(&e, 0, 10);
	extents_add(&e, 20, 25);
	extents_add(&e, 40, 60);
	assert_int_equal(extents_gap(&e, 15, 1).end, 20);
	assert_int_equal(extents_gap(&e, 15, 6).end, 40);
	assert_true(extents_gap(&e, 15, 21).end == INT64_MAX);
	assert_int_equal(extents_gap(&e, 15, 6).start, 10);
	extents_finish(&e);
}

/* ---- the spool */

struct place {
	char dir[64];
	struct spool *spool;
	struct waiter waiter;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->dir, "/tmp/orderfs-spool.XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	assert_int_equal(spool_create(place->dir, &place->spool), 0);
	waiter_init(&place->waiter, PATIENCE_MS);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	spool_destroy(place->spool);
	waiter_finish(&place->waiter);
	assert_int_equal(rmdir(place->dir), 0); /* nothing is left there */
	free(place);
	return 0;
}

static char byte_at(int64_t offset)
{
	return (char)(offset * 7 + offset / 256 * 13 + offset / 65536);
}

static void fill(char *data, int64_t offset, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		data[i] = byte_at(offset + (int64_t)i);
	}
}

static int put(struct spool_writer *w, int64_t offset, size_t length)
{
	char *data = malloc(length ? length : 1);

	fill(data, offset, length);
	int r = spool_write(w, data, length);
	free(data);
	return r;
}

static void check_bytes(struct spool *spool, int64_t offset, size_t length)
{
	char *seen = malloc(length);
	char *expected = malloc(length);

	fill(expected, offset, length);
	assert_int_equal(pread(spool_fd(spool), seen, length, offset), length);
	assert_memory_equal(seen, expected, length);
	free(seen);
	free(expected);
}

static int look(struct place *place, int64_t offset, size_t length)
{
	uint64_t news = spool_news(place->spool);

	return spool_wait(place->spool, offset, length, &news, 0, &place->waiter);
}

static void test_gathered_bytes_can_be_read(void **state)
{
	struct place *place = *state;
	struct spool_writer w;

	spool_write_begin(&w, place->spool, 1000);
	assert_int_equal(put(&w, 1000, 100), 0);
	assert_int_equal(look(place, 1000, 100), 1);
	assert_int_equal(look(place, 1000, 101), 0);
	assert_int_equal(look(place, 999, 10), 0);
	check_bytes(place->spool, 1000, 100);
	assert_int_equal(put(&w, 1100, 300000), 0);
	assert_int_equal(look(place, 1000, 300100), 1);
	assert_int_equal(spool_write_end(&w), 0);
	assert_int_equal(spool_bytes(place->spool), 300100);
	check_bytes(place->spool, 1000, 300100);
}

static void test_what_is_there_is_passed_over(void **state)
{
	struct place *place = *state;
	struct spool_writer first;
	struct spool_writer second;

	spool_write_begin(&first, place->spool, 500);
	assert_int_equal(put(&first, 500, 500), 0);
	assert_int_equal(spool_write_end(&first), 0);
	spool_write_begin(&second, place->spool, 0);
	for (int64_t at = 0; at < 1500; at += 100) {
		assert_int_equal(put(&second, at, 100), 0);
	}
	assert_int_equal(spool_write_end(&second), 0);
	assert_int_equal(spool_reach(place->spool, 0), 1500);
	check_bytes(place->spool, 0, 1500);
}

static void test_waiting_ends_with_news_patience_and_interrupts(void **state)
{
	struct place *place = *state;
	struct waiter brief;
	uint64_t news = spool_news(place->spool);

	spool_tell(place->spool);
	assert_int_equal(spool_wait(place->spool, 0, 1, &news, INT64_MAX, &place->waiter), 0);
	assert_int_equal(news, spool_news(place->spool));
	assert_int_equal(spool_wait(place->spool, 0, 1, &news, clock_ms() + 10, &place->waiter), 0);
	waiter_init(&brief, 10);
	assert_int_equal(spool_wait(place->spool, 0, 1, &news, INT64_MAX, &brief), -ETIMEDOUT);
	waiter_interrupt(&brief);
	assert_int_equal(spool_wait(place->spool, 0, 1, &news, INT64_MAX, &brief), -EINTR);
	waiter_finish(&brief);
}

static void test_punched_bytes_are_gone_and_counted(void **state)
{
	struct place *place = *state;
	enum { MIB = 1024 * 1024 };
	static atomic_llong meter;
	struct spool_writer w;
	struct stat before;
	struct stat after;

	atomic_store(&meter, 0);
	spool_count(place->spool, &meter);
	spool_write_begin(&w, place->spool, 0);
	assert_int_equal(put(&w, 0, 4 * MIB), 0);
	assert_int_equal(spool_write_end(&w), 0);
	assert_int_equal(atomic_load(&meter), 4 * MIB);
	fstat(spool_fd(place->spool), &before);
	int r = spool_punch(place->spool, 1, 2 * MIB + 1);
	if (r == -EOPNOTSUPP) {
		skip();
	}
	assert_int_equal(r, 0);
	fstat(spool_fd(place->spool), &after);
	assert_true(after.st_blocks < before.st_blocks);
	assert_int_equal(look(place, 0, 65536), 1);
	assert_int_equal(look(place, 65536, 1), 0);
	assert_int_equal(look(place, 2 * MIB, 2 * MIB), 1);
	assert_int_equal(atomic_load(&meter), spool_bytes(place->spool));
	spool_write_begin(&w, place->spool, 65536);
	assert_int_equal(put(&w, 65536, 2 * MIB), 0);
	assert_int_equal(spool_write_end(&w), 0);
	check_bytes(place->spool, 0, 4 * MIB);
	assert_int_equal(atomic_load(&meter), 4 * MIB);
}

static void test_kept_ones_have_a_name(void **state)
{
	struct place *place = *state;
	struct spool *again = NULL;
	struct spool_writer w;
	struct stat st;
	char path[128];

	spool_write_begin(&w, place->spool, 0);
	assert_int_equal(put(&w, 0, 70000), 0);
	assert_int_equal(spool_write_end(&w), 0);
	spool_end(place->spool, 0);
	assert_int_equal(spool_wait_end(place->spool, &place->waiter), 70000);
	assert_int_equal(spool_keep(place->spool, place->dir, "kept"), 0);
	assert_int_equal(spool_keep(place->spool, place->dir, "kept"), -EEXIST);
	snprintf(path, sizeof(path), "%s/kept", place->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(spool_open(place->dir, "kept", &again), 0);
	assert_int_equal(spool_reach(again, 0), 70000);
	check_bytes(again, 0, 70000);
	spool_destroy(again);
	unlink(path);
	assert_int_equal(spool_open(place->dir, "kept", &again), -ENOENT);
}

/* ---- many at a time */

enum { PART = 1 << 20, PARTS = 6, READERS = 8 };

struct writing {
	struct spool *spool;
	int64_t from;
	int result;
};

static void *write_part(void *context)
{
	struct writing *writing = context;
	struct spool_writer w;

	spool_write_begin(&w, writing->spool, writing->from);
	for (int64_t at = 0; at < PART && writing->result == 0; at += 16384) {
		writing->result = put(&w, writing->from + at, 16384);
	}
	int r = spool_write_end(&w);
	writing->result = writing->result ? writing->result : r;
	spool_tell(writing->spool);
	return NULL;
}

struct reading {
	struct spool *spool;
	unsigned chance;
	int wrong;
};

static void *read_pieces(void *context)
{
	struct reading *reading = context;
	struct waiter waiter;

	waiter_init(&waiter, PATIENCE_MS);
	for (int i = 0; i < 200; i++) {
		int64_t at = rand_r(&reading->chance) % (PART * PARTS - 5000);
		uint64_t news = spool_news(reading->spool);
		int r = 0;
		while (r == 0) {
			r = spool_wait(reading->spool, at, 5000, &news, INT64_MAX, &waiter);
		}
		char seen[5000];
		char expected[5000];
		fill(expected, at, sizeof(expected));
		reading->wrong += r != 1 ||
				  pread(spool_fd(reading->spool), seen, 5000, at) != 5000 ||
				  memcmp(seen, expected, 5000) != 0;
	}
	waiter_finish(&waiter);
	return NULL;
}

static void test_many_write_and_many_read(void **state)
{
	struct place *place = *state;
	pthread_t threads[PARTS + READERS];
	struct writing writings[PARTS];
	struct reading readings[READERS];

	for (unsigned i = 0; i < READERS; i++) {
		readings[i] = (struct reading){place->spool, i + 1, 0};
		pthread_create(&threads[PARTS + i], NULL, read_pieces, &readings[i]);
	}
	for (int i = 0; i < PARTS; i++) {
		writings[i] = (struct writing){place->spool, (int64_t)i * PART, 0};
		pthread_create(&threads[i], NULL, write_part, &writings[i]);
	}
	for (int i = 0; i < PARTS + READERS; i++) {
		pthread_join(threads[i], NULL);
	}
	for (int i = 0; i < PARTS; i++) {
		assert_int_equal(writings[i].result, 0);
	}
	for (int i = 0; i < READERS; i++) {
		assert_int_equal(readings[i].wrong, 0);
	}
	assert_int_equal(spool_reach(place->spool, 0), PART * PARTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_is_what_was_done_to_it),
		cmocka_unit_test(test_map_of_a_read_from_the_start_is_one_run),
		cmocka_unit_test(test_gap_goes_over_short_runs),
		cmocka_unit_test_setup_teardown(test_gathered_bytes_can_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_there_is_passed_over, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_waiting_ends_with_news_patience_and_interrupts,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_punched_bytes_are_gone_and_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_kept_ones_have_a_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_write_and_many_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
