/* JSON to a tree: json-c's reader, and what it leaves open closed.
 *
 * It keeps the digits of a number with a point, but takes one without for an integer of 64 bits;
 * here every number keeps its digits, and one that does not fit is refused rather than bent. It
 * takes NaN for a number, too. Of two members of the same name the last one counts, as elsewhere.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "doc/doc.h"
#include "doc/node.h"

static size_t count_digits(const char *text, size_t available)
{
	size_t n = 0;

	while (n < available && text[n] >= '0' && text[n] <= '9') {
		n++;
	}
	return n;
}

size_t node_number_length(const char *text, size_t available)
{
	size_t at = available && text[0] == '-';
	size_t digits = count_digits(text + at, available - at);
	size_t more;

	if (digits == 0 || (digits > 1 && text[at] == '0')) {
		return 0;
	}
	at += digits;
	if (at < available && text[at] == '.') {
		more = count_digits(text + at + 1, available - at - 1);
		if (more == 0) {
			return 0;
		}
		at += 1 + more;
	}
	if (at < available && (text[at] == 'e' || text[at] == 'E')) {
		at++;
		at += at < available && (text[at] == '+' || text[at] == '-');
		more = count_digits(text + at, available - at);
		if (more == 0) {
			return 0;
		}
		at += more;
	}
	return at;
}

/* The digits of an integer; NULL for what json-c may have bent to fit. */
static const char *print_integer(struct json_object *integer, char out[32])
{
	int64_t number = json_object_get_int64(integer);
	uint64_t large = json_object_get_uint64(integer);

	if (number == INT64_MIN || large == UINT64_MAX) {
		return NULL;
	}
	if (number < 0) {
		snprintf(out, 32, "%" PRId64, number);
	} else {
		snprintf(out, 32, "%" PRIu64, large);
	}
	return out;
}

/* What stands for a number in our trees, or NULL for what need not be replaced. */
static int replace_number(struct json_object *json, struct json_object **out, struct problem *why)
{
	char digits[32];

	*out = NULL;
	if (json_object_is_type(json, json_type_double)) {
		const char *text = json_object_get_userdata(json);
		size_t length = text ? strlen(text) : 0;
		return length && node_number_length(text, length) == length
			       ? 0
			       : problem_set(why, -EBADMSG,
					     "not JSON: a number is not well formed");
	}
	if (!json_object_is_type(json, json_type_int)) {
		return 0;
	}
	if (!print_integer(json, digits)) {
		return problem_set(why, -EBADMSG, "a number in it needs more than 64 bits");
	}
	*out = node_number(digits);
	return *out ? 0 : -ENOMEM;
}

/* Recursive; the reader has bounded the depth. */
static int keep_digits(struct json_object *json, struct problem *why)
{
	struct json_object *number = NULL;
	size_t count = json_object_is_type(json, json_type_array) ? json_object_array_length(json)
								  : 0;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct json_object *element = json_object_array_get_idx(json, i);
		r = replace_number(element, &number, why);
		if (number) {
			json_object_array_put_idx(json, i, number);
		} else if (r == 0) {
			r = keep_digits(element, why);
		}
	}
	if (!json_object_is_type(json, json_type_object)) {
		return r;
	}
	json_object_object_foreach(json, key, value)
	{
		r = r ? r : replace_number(value, &number, why);
		if (r == 0 && number) {
			json_object_object_add(json, key, number); /* in the old one's place */
		} else if (r == 0) {
			r = keep_digits(value, why);
		}
	}
	return r;
}

static size_t count_blanks(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && text[n] && strchr(" \t\r\n", text[n])) {
		n++;
	}
	return n;
}

static int complain(enum json_tokener_error error, size_t at, size_t length, struct problem *why)
{
	if (error == json_tokener_continue || error == json_tokener_error_parse_eof ||
	    at >= length) {
		return problem_set(why, -EBADMSG, "not complete JSON: it ends after %zu bytes",
				   length);
	}
	return problem_set(why, -EBADMSG, "not JSON: %s, at byte %zu",
			   json_tokener_error_desc(error), at + 1);
}

static int read_text(struct json_tokener *reader, const char *text, size_t length,
		     struct json_object **out, struct problem *why)
{
	*out = json_tokener_parse_ex(reader, text, (int)length);
	enum json_tokener_error error = json_tokener_get_error(reader);
	size_t at = json_tokener_get_parse_end(reader);

	if (error == json_tokener_continue) {
		/* A NUL is its sign for the end: a number may go on until then. */
		*out = json_tokener_parse_ex(reader, "", 1);
		error = json_tokener_get_error(reader);
		at = length;
	}
	at += count_blanks(text + at, length - at);
	if (error == json_tokener_success && at < length) {
		return problem_set(why, -EBADMSG,
				   "not JSON: something follows after the end, at byte "
				   "%zu",
				   at + 1);
	}
	return error == json_tokener_success ? 0 : complain(error, at, length, why);
}

int doc_parse_json(const char *text, size_t length, int max_depth, struct doc **out,
		   struct problem *why)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some put a byte order mark in front */
	struct json_object *json = NULL;
	struct json_object *number = NULL;
	size_t skip = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;

	if (length > INT_MAX) {
		return problem_set(why, -EBADMSG, "JSON of more than 2 GiB");
	}
	/* It counts scalars as a level. */
	int levels = (max_depth > 0 ? max_depth : DOC_DEPTH) + 1;
	/* json-c can look at this too, but its 0.18 then refuses everything that is not ASCII, and
	 * so it does when it is told to be strict. */
	if (!utf8_is_valid(text, length)) {
		return problem_set(why, -EBADMSG, "not JSON: it is not UTF-8");
	}
	struct json_tokener *reader = json_tokener_new_ex(levels);
	if (!reader) {
		return -ENOMEM;
	}
	int r = read_text(reader, text + skip, length - skip, &json, why);
	json_tokener_free(reader);
	if (r == 0) {
		r = replace_number(json, &number, why);
	}
	if (number) {
		json_object_put(json);
		json = number;
	} else if (r == 0) {
		r = keep_digits(json, why);
	}
	if (r < 0) {
		json_object_put(json);
	} else {
		*out = (struct doc *)(uintptr_t)node_wrap(json);
	}
	return r;
}
