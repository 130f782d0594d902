/* The table against a plain array: whatever comes and goes, it says the same. */
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KEYS = 3000, STEPS = 200000 };

static void test_it_says_what_an_array_says(void **state)
{
	static uint64_t expected[KEYS]; /* 0: not there */
	struct table table = {0};
	unsigned random = 1;
	size_t there = 0;

	(void)state;
	for (int i = 0; i < STEPS; i++) {
		random = random * 1103515245 + 12345;
		/* It grows, and shrinks to nothing again. */
		unsigned number = (random >> 8) % (i < STEPS / 2 ? KEYS : 100 + KEYS / 10);
		uint64_t key = ((uint64_t)number << 16) + 1;
		if (random >> 31) {
			there += expected[number] == 0;
			expected[number] = (uint64_t)i + 1;
			*table_add(&table, key) = (uint64_t)i + 1;
		} else {
			there -= expected[number] != 0;
			assert_int_equal(table_take(&table, key), expected[number]);
			expected[number] = 0;
		}
		assert_int_equal(table.used, there);
	}
	uint64_t key;
	size_t at = 0;
	while (table_next(&table, &at, &key)) {
		assert_int_equal(*table_find(&table, key), expected[(key - 1) >> 16]);
		there--;
	}
	assert_int_equal(there, 0);
	assert_null(table_find(&table, 2));
	assert_false(table_remove(&table, 2));
	table_finish(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_says_what_an_array_says)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
