/* Texts that stand for something; see scalar.h. */
#include "doc/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool scalar_flag(const char *text, bool *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{"yes", true},    {"no", false}, {"true", true},
		{"false", false}, {"on", true},  {"off", false},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i].word, text) == 0) {
			*out = words[i].value;
			return true;
		}
	}
	return false;
}

/* The whole number at the start of text; NULL when there is none, else where it ends. */
static const char *read_number(const char *text, int64_t *out)
{
	char *end;
	long long value;

	if (!isdigit((unsigned char)text[text[0] == '-'])) {
		return NULL;
	}
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno) {
		return NULL;
	}
	*out = value;
	return end;
}

bool scalar_integer(const char *text, int64_t *out)
{
	int64_t value;
	const char *end = read_number(text, &value);

	if (!end || *end) {
		return false;
	}
	*out = value;
	return true;
}

bool scalar_decimal(const char *text, double *out)
{
	double value;
	char *end;

	if (!*text || text[strspn(text, "0123456789.")]) {
		return false;
	}
	value = strtod(text, &end);
	if (*end || !isfinite(value)) {
		return false;
	}
	*out = value;
	return true;
}

struct unit {
	const char *name;
	int64_t factor;
};

/* A number of at least 0 with a unit; the units end with a NULL name. */
static bool read_measure(const char *text, const struct unit *units, int64_t *out)
{
	int64_t number;
	const char *end = read_number(text, &number);

	if (!end || number < 0) {
		return false;
	}
	for (; units->name; units++) {
		if (strcasecmp(units->name, end) == 0) {
			break;
		}
	}
	if (!units->name || number > INT64_MAX / units->factor) {
		return false;
	}
	*out = number * units->factor;
	return true;
}

bool scalar_duration(const char *text, int64_t *out)
{
	static const struct unit units[] = {
		{"ms", 1},
		{"s", 1000},
		{"m", 60 * 1000},
		{"h", 3600 * 1000},
		{"d", 24 * 3600 * 1000},
		{NULL, 0},
	};

	if (strcmp(text, "0") == 0) {
		*out = 0;
		return true;
	}
	return read_measure(text, units, out);
}

bool scalar_bytes(const char *text, int64_t *out)
{
	static const struct unit units[] = {
		{"", 1},        {"K", 1 << 10},          {"M", 1 << 20},
		{"G", 1 << 30}, {"T", (int64_t)1 << 40}, {NULL, 0},
	};

	return read_measure(text, units, out);
}
