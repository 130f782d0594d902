/* Time; see clock.h. */
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NS_PER_S = 1000000000 };

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t); /* cannot fail for the two clocks below */
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_ms(void)
{
	return read_clock(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

struct timespec clock_timespec(int64_t ns)
{
	int64_t seconds = ns / NS_PER_S;
	int64_t rest = ns % NS_PER_S;

	if (rest < 0) {
		seconds--;
		rest += NS_PER_S;
	}
	return (struct timespec){.tv_sec = seconds, .tv_nsec = (long)rest};
}

/* ".123456789", any number of digits; moves *p behind them. */
static int64_t parse_fraction(const char **p)
{
	int64_t ns = 0;
	int64_t unit = NS_PER_S / 10;

	if (**p != '.' && **p != ',') {
		return 0;
	}
	for (++*p; isdigit((unsigned char)**p); ++*p) {
		ns += (**p - '0') * unit;
		unit /= 10;
	}
	return ns;
}

/* "Z", "+02:00", "+0200" or nothing (UTC). False when it is something else. */
static int parse_offset(const char *p, long *seconds)
{
	int hours = 0;
	int minutes = 0;
	char sign = *p;

	*seconds = 0;
	if (sign == '\0' || ((sign == 'Z' || sign == 'z') && p[1] == '\0')) {
		return 1;
	}
	if ((sign != '+' && sign != '-') || (sscanf(p + 1, "%2d:%2d", &hours, &minutes) != 2 &&
					     sscanf(p + 1, "%2d%2d", &hours, &minutes) != 2)) {
		return 0;
	}
	*seconds = (hours * 60L + minutes) * 60 * (sign == '-' ? -1 : 1);
	return 1;
}

int64_t clock_parse(const char *text)
{
	struct tm tm = {0};
	long offset = 0;
	int64_t fraction = 0;

	if (!text) {
		return 0;
	}
	const char *rest = strptime(text, "%Y-%m-%d", &tm);
	/* Year 1 and the like mean "never"; nothing here is older than the epoch. */
	if (!rest || tm.tm_year < 70 || tm.tm_year > 300) {
		return 0;
	}
	if (*rest == 'T' || *rest == 't' || *rest == ' ') {
		rest = strptime(rest + 1, "%H:%M:%S", &tm);
		if (!rest) {
			return 0;
		}
		fraction = parse_fraction(&rest);
		if (!parse_offset(rest, &offset)) {
			return 0;
		}
	} else if (*rest != '\0') {
		return 0;
	}
	return ((int64_t)timegm(&tm) - offset) * NS_PER_S + fraction;
}

int64_t clock_parse_http(const char *text)
{
	struct tm tm = {0};

	if (!text || !strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm)) {
		return 0;
	}
	return (int64_t)timegm(&tm) * NS_PER_S;
}

const char *clock_print(int64_t ns, char out[CLOCK_TEXT_BYTES])
{
	struct tm tm;
	struct timespec t = clock_timespec(ns);

	if (ns == 0 || !gmtime_r(&t.tv_sec, &tm) ||
	    strftime(out, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
		strcpy(out, "-");
	}
	return out;
}
