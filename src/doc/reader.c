/* Typed reading of a YAML document; see reader.h. */
#include "doc/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "doc/scalar.h"

void reader_complain(struct reader *r, const struct doc *node, const char *format, ...)
{
	auto_free char *words = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&words, format, args) < 0) {
		words = NULL;
	}
	va_end(args);
	r->found = true;
	if (!words || findings_add(r->findings, r->file, doc_line(node), "%s", words) == -ENOMEM) {
		r->no_memory = true;
	}
}

static const struct doc *get_kind(struct reader *r, const struct doc *object, const char *key,
				  enum doc_kind kind, const char *instead)
{
	const struct doc *node = doc_get(object, key);

	if (!node || doc_kind(node) == kind) {
		return node;
	}
	reader_complain(r, node, "'%s' takes %s", key, instead);
	return NULL;
}

const struct doc *reader_object(struct reader *r, const struct doc *object, const char *key)
{
	return get_kind(r, object, key, DOC_OBJECT, "a mapping: {key: value}");
}

const struct doc *reader_list(struct reader *r, const struct doc *object, const char *key)
{
	return get_kind(r, object, key, DOC_ARRAY, "a list: [one, two]");
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many characters must be changed, added, left out or swapped to make b of a. */
static size_t distance(const char *a, const char *b)
{
	enum { LONGEST = 63, ROWS = 3 };
	size_t rows[ROWS][LONGEST + 1];
	size_t columns = strlen(b);
	size_t lines = strlen(a);

	if (columns > LONGEST) {
		return LONGEST;
	}
	for (size_t i = 0; i <= lines; i++) {
		size_t *row = rows[i % ROWS];
		const size_t *above = rows[(i + 2) % ROWS];
		const size_t *higher = rows[(i + 1) % ROWS];

		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			if (i == 0) {
				row[j] = j;
				continue;
			}
			row[j] = least(above[j], row[j - 1]) + 1;
			row[j] = least(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
				row[j] = least(row[j], higher[j - 2] + 1);
			}
		}
	}
	return rows[lines % ROWS][columns];
}

const char *reader_nearest(const char *word, const char *const *words)
{
	size_t length = strlen(word);
	size_t best = length < 4 ? 1 : length < 8 ? 2 : 3;
	const char *nearest = NULL;

	for (; *words; words++) {
		size_t d = distance(word, *words);

		if (d < best || (d == best && !nearest)) {
			best = d;
			nearest = *words;
		}
	}
	return nearest;
}

static bool is_among(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(word, *words) == 0) {
			return true;
		}
	}
	return false;
}

/* "a, b or c". */
static void list_words(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		if (i) {
			buf_puts(out, words[i + 1] ? ", " : " or ");
		}
		buf_puts(out, words[i]);
	}
}

static void complain_unknown(struct reader *r, const struct doc *node, const char *what,
			     const char *word, const char *const *known)
{
	const char *nearest = reader_nearest(word, known);
	auto_finish(buf_finish) struct buf list = {0};

	list_words(&list, known);
	if (nearest) {
		reader_complain(r, node, "unknown %s '%s', did you mean '%s'?", what, word,
				nearest);
	} else if (buf_status(&list) == 0 && list.length) {
		reader_complain(r, node, "unknown %s '%s'; it can be %s", what, word, list.data);
	} else {
		reader_complain(r, node, "unknown %s '%s'", what, word);
	}
}

void reader_check_keys(struct reader *r, const struct doc *object, const char *const *known)
{
	const struct doc *value;
	const char *key;

	for (size_t i = 0; doc_member(object, i, &key, &value); i++) {
		if (!is_among(key, known)) {
			complain_unknown(r, value, "key", key, known);
		}
	}
}

const char *reader_text(struct reader *r, const struct doc *object, const char *key)
{
	return doc_text(get_kind(r, object, key, DOC_TEXT, "a text"), NULL);
}

const char *reader_path(struct reader *r, const struct doc *object, const char *key)
{
	const char *path = reader_text(r, object, key);
	const char *wrong = path ? doc_path_check(path) : NULL;

	if (!wrong) {
		return path;
	}
	reader_complain(r, doc_get(object, key), "'%s' is no path: %s", key, wrong);
	return NULL;
}

static void complain_value(struct reader *r, const struct doc *object, const char *key,
			   const char *text, const char *instead)
{
	reader_complain(r, doc_get(object, key), "'%s' takes %s, not '%s'", key, instead, text);
}

bool reader_flag(struct reader *r, const struct doc *object, const char *key, bool fallback)
{
	const char *text = reader_text(r, object, key);
	bool value = fallback;

	if (text && !scalar_flag(text, &value)) {
		complain_value(r, object, key, text, "yes or no");
	}
	return value;
}

int reader_integer(struct reader *r, const struct doc *object, const char *key, int least, int most,
		   int fallback)
{
	const char *text = reader_text(r, object, key);
	int64_t value;

	if (!text) {
		return fallback;
	}
	if (scalar_integer(text, &value) && value >= least && value <= most) {
		return (int)value;
	}
	reader_complain(r, doc_get(object, key),
			"'%s' takes a whole number from %d to %d, not '%s'", key, least, most,
			text);
	return fallback;
}

double reader_decimal(struct reader *r, const struct doc *object, const char *key, double fallback)
{
	const char *text = reader_text(r, object, key);
	double value = fallback;

	if (text && !scalar_decimal(text, &value)) {
		complain_value(r, object, key, text, "a number such as 20 or 0.5");
	}
	return value;
}

int64_t reader_duration(struct reader *r, const struct doc *object, const char *key,
			int64_t fallback_ms)
{
	const char *text = reader_text(r, object, key);
	int64_t value = fallback_ms;

	if (text && !scalar_duration(text, &value)) {
		complain_value(r, object, key, text, "a time such as 500ms, 30s, 5m, 2h or 7d");
	}
	return value;
}

/* `5s..60s`, or `5s` for both ends. */
static bool read_range(const char *text, int64_t *least_ms, int64_t *most_ms)
{
	const char *dots = strstr(text, "..");
	char first[32];

	if (!dots) {
		return scalar_duration(text, least_ms) && scalar_duration(text, most_ms);
	}
	if ((size_t)(dots - text) >= sizeof(first)) {
		return false;
	}
	memcpy(first, text, (size_t)(dots - text));
	first[dots - text] = '\0';
	return scalar_duration(first, least_ms) && scalar_duration(dots + 2, most_ms) &&
	       *least_ms <= *most_ms;
}

void reader_duration_range(struct reader *r, const struct doc *object, const char *key,
			   int64_t *least_ms, int64_t *most_ms)
{
	const char *text = reader_text(r, object, key);
	int64_t from;
	int64_t to;

	if (text && read_range(text, &from, &to)) {
		*least_ms = from;
		*most_ms = to;
	} else if (text) {
		complain_value(r, object, key, text, "a range of times such as 5s..60s");
	}
}

int64_t reader_bytes(struct reader *r, const struct doc *object, const char *key, int64_t fallback)
{
	const char *text = reader_text(r, object, key);
	int64_t value = fallback;

	if (text && !scalar_bytes(text, &value)) {
		complain_value(r, object, key, text, "a size such as 512M or 1G");
	}
	return value;
}

int reader_choice(struct reader *r, const struct doc *object, const char *key,
		  const char *const *words)
{
	const char *text = reader_text(r, object, key);
	auto_finish(buf_finish) struct buf what = {0};

	if (!text) {
		return -1;
	}
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			return i;
		}
	}
	buf_printf(&what, "value of '%s':", key);
	complain_unknown(r, doc_get(object, key), buf_status(&what) ? "value" : what.data, text,
			 words);
	return -1;
}
