/* Moments as a person writes them. Pure; any thread. */
#include <ctype.h>
#include <string.h>
#include <time.h>

#include "provider/command.h"

/* Digits (9) and marks as in the pattern, from the start of text. */
static bool fits(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++) {
		bool digit = isdigit((unsigned char)*text);

		if (*pattern == '9' ? !digit : *text != *pattern) {
			return false;
		}
	}
	return true;
}

static int two(const char *digits)
{
	return (digits[0] - '0') * 10 + digits[1] - '0';
}

/* 2026-02-30 is no day. */
static bool is_day(const char *text)
{
	struct tm day = {.tm_year = two(text) * 100 + two(text + 2) - 1900,
			 .tm_mon = two(text + 5) - 1,
			 .tm_mday = two(text + 8),
			 .tm_hour = 12};
	struct tm given = day;

	timegm(&day);
	return day.tm_mday == given.tm_mday && day.tm_mon == given.tm_mon;
}

/* Z, or an offset of less than a day. */
static bool is_offset(const char *text)
{
	if (strcmp(text, "Z") == 0) {
		return true;
	}
	return (fits(text, "+99:99") || fits(text, "-99:99")) && !text[6] && two(text + 1) < 24 &&
	       two(text + 4) < 60;
}

bool command_time(const char *text, bool end, struct buf *out)
{
	const char *clock = text + 11;

	if (!fits(text, "9999-99-99") || !is_day(text)) {
		return false;
	}
	if (!text[10]) {
		buf_printf(out, "%s%s", text, end ? "T23:59:59Z" : "T00:00:00Z");
		return true;
	}
	if (text[10] != 'T' || !fits(clock, "99:99:99") || two(clock) > 23 || two(clock + 3) > 59 ||
	    two(clock + 6) > 60) {
		return false;
	}
	clock += 8;
	if (*clock == '.') {
		size_t digits = strspn(clock + 1, "0123456789");
		if (digits == 0) {
			return false;
		}
		clock += 1 + digits;
	}
	if (!is_offset(clock)) {
		return false;
	}
	buf_puts(out, text);
	return true;
}
