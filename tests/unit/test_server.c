/* What a file server's answers say: none of it is believed to be what was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/server.h"
#include "base/sha256.h"

static int64_t length_of(int status, const char *name, const char *value)
{
	struct response head = {.status = status};

	assert_int_equal(response_add_header(&head, name, strlen(name), value, strlen(value)), 0);
	int64_t length = server_whole_length(&head);
	response_finish(&head);
	return length;
}

static void test_lengths(void **state)
{
	(void)state;
	assert_int_equal(length_of(200, "Content-Length", "0"), 0);
	assert_true(length_of(200, "Content-Length", "4294967297") == INT64_C(4294967297));
	assert_int_equal(length_of(200, "Content-Length", "-5"), -1);
	assert_int_equal(length_of(200, "Content-Length", "12x"), -1);
	assert_int_equal(length_of(200, "Content-Length", "99999999999999999999"), -1);
	assert_int_equal(length_of(206, "Content-Length", "1"), -1);
	assert_int_equal(length_of(206, "Content-Range", "bytes 0-0/1234"), 1234);
	assert_int_equal(length_of(206, "Content-Range", "bytes 0-0/*"), -1);
	assert_int_equal(length_of(416, "Content-Range", "bytes */0"), 0);
}

static bool range_of(const char *value, int64_t *start, int64_t *end)
{
	struct response head = {.status = 206};

	response_add_header(&head, "Content-Range", 13, value, strlen(value));
	bool found = server_range(&head, start, end);
	response_finish(&head);
	return found;
}

static void test_ranges(void **state)
{
	static const char *const bad[] = {
		"",
		"bytes",
		"bytes */5",
		"bytes 5-4/9",
		"bytes 0-0",
		"lines 0-0/1",
		"bytes -1-0/1",
		"bytes 0-/1",
		"bytes 0--5/10",
		"bytes 1 - 2/3",
		"bytes 0-9223372036854775807/*",
	};
	int64_t start;
	int64_t end;

	(void)state;
	assert_true(range_of("bytes 10-19/100", &start, &end));
	assert_int_equal(start, 10);
	assert_int_equal(end, 20);
	assert_true(range_of("Bytes 0-0/*", &start, &end));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (range_of(bad[i], &start, &end)) {
			fail_msg("\"%s\" is no range", bad[i]);
		}
	}
}

static void check_words(const char *page, const char *expected)
{
	struct problem why = {0};
	/* Of exactly that size: nothing behind it is looked at. */
	size_t length = strlen(page);
	char *copy = malloc(length ? length : 1);

	memcpy(copy, page, length);
	assert_int_equal(server_quote(&why, -EACCES, 403, copy, length), -EACCES);
	assert_string_equal(problem_words(&why, -EACCES), expected);
	problem_finish(&why);
	free(copy);
}

static void test_refusals_are_quoted_with_care(void **state)
{
	static const char plain[] = "the file server answered HTTP 403";

	(void)state;
	check_words("<?xml version='1.0'?><Error><Code>AccessDenied</Code>"
		    "<Message>Request has expired</Message><X-Key>s3cr3t</X-Key></Error>",
		    "the file server answered HTTP 403: AccessDenied: Request has expired");
	check_words("<Error><Code>Denied</Code></Error>",
		    "the file server answered HTTP 403: Denied");
	check_words("", plain);
	check_words("<html><Code>x</Code>", plain);
	check_words("<Error><Code>a b", plain);
	check_words("<Error><Code>", plain);
	check_words("<Error><Code></Code>", plain);
	check_words("<Error><Code>a\nb</Code>", plain);
	check_words("<Error><Code>D</Code><Message>at http://host/?sig=1</Message></Error>",
		    "the file server answered HTTP 403: D");
	check_words("<Error><Code>D</Code><Message>0123456789abcdef0123456789abcdef</Message>",
		    "the file server answered HTTP 403: D");
}

static void test_names_and_first_bytes(void **state)
{
	(void)state;
	assert_true(server_fits_name("a.zip", 0, "PK\3\4", 4));
	assert_true(server_fits_name("a.ZIP", 0, "P", 1));
	assert_true(server_fits_name("a.zip", 1, "K", 1));
	assert_true(server_fits_name("a.zip", 2, "<html>", 6));
	assert_false(server_fits_name("a.zip", 1, "x", 1));
	assert_false(server_fits_name("a.xlsx", 0, "<?xml", 5));
	assert_false(server_fits_name("a.tar.gz", 0, "{}", 2));
	assert_true(server_fits_name("a.csv", 0, "<?xml", 5));
	assert_true(server_fits_name("zip", 0, "<?xml", 5));
	assert_true(server_fits_name("a.7z", 0, "7z\xbc\xaf\x27\x1c", 6));
}

static void test_sums(void **state)
{
	char text[SHA256_TEXT_BYTES];
	struct sha256 hash;

	(void)state;
	sha256_init(&hash);
	assert_string_equal(sha256_print(&hash, text),
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_init(&hash);
	for (int i = 0; i < 1000000; i++) {
		sha256_add(&hash, "a", 1);
	}
	assert_string_equal(sha256_print(&hash, text),
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_refusals_are_quoted_with_care),
		cmocka_unit_test(test_names_and_first_bytes),
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
