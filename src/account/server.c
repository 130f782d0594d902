/* What a file server's answers say; see server.h. */
#include "account/server.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CODE_MAX = 64, MESSAGE_MAX = 160 };

/* Digits alone: no sign, no blank. */
static bool read_number(const char **text, int64_t *out)
{
	char *end = NULL;

	if (**text < '0' || **text > '9') {
		return false;
	}
	errno = 0;
	*out = strtoll(*text, &end, 10);
	*text = end;
	return errno == 0;
}

/* "bytes 0-0/1234" and "bytes * /0" give the whole length; so does a 200's own length, unless the
 * body is packed for the way. */
int64_t server_whole_length(const struct response *head)
{
	const char *text = NULL;
	int64_t length;

	if (head->status == 206 || head->status == 416) {
		text = response_header(head, "Content-Range");
		text = text ? strchr(text, '/') : NULL;
		text = text ? text + 1 : NULL;
	} else if (!response_header(head, "Content-Encoding")) {
		text = response_header(head, "Content-Length");
	}
	return text && read_number(&text, &length) && *text == '\0' ? length : -1;
}

bool server_range(const struct response *head, int64_t *start, int64_t *end)
{
	const char *text = response_header(head, "Content-Range");
	int64_t last;

	if (!text || strncasecmp(text, "bytes ", 6) != 0) {
		return false;
	}
	text += 6;
	if (!read_number(&text, start) || *text++ != '-' || !read_number(&text, &last) ||
	    *text != '/' || last < *start || last == INT64_MAX) {
		return false;
	}
	*end = last + 1;
	return true;
}

int server_judge(int status)
{
	switch (status) {
	case 200:
	case 206:
		return 0;
	case 401:
	case 403:
		return -EACCES;
	case 404:
	case 410:
		return -ENOENT;
	case 429:
		return -EAGAIN;
	default:
		return status >= 500 ? -EREMOTEIO : -EBADMSG;
	}
}

/* The text of the element, which is short and on one line, or NULL. */
static const char *find_element(const char *page, const char *end, const char *tag, size_t most,
				size_t *length)
{
	size_t tag_length = strlen(tag);
	const char *open = memmem(page, (size_t)(end - page), tag, tag_length);

	if (!open) {
		return NULL;
	}
	const char *text = open + tag_length;
	const char *close = memchr(text, '<', (size_t)(end - text));
	*length = close ? (size_t)(close - text) : 0;
	return *length > 0 && *length <= most ? text : NULL;
}

static bool is_harmless(const char *text, size_t length, const char *beyond)
{
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr(beyond, text[i])) {
			return false;
		}
	}
	return true;
}

/* No word of a sentence is that long: it may be a key or a signature. */
static bool has_long_word(const char *text, size_t length)
{
	size_t run = 0;

	for (size_t i = 0; i < length; i++) {
		run = text[i] == ' ' ? 0 : run + 1;
		if (run > 24) {
			return true;
		}
	}
	return false;
}

int server_quote(struct problem *why, int err, int status, const char *page, size_t length)
{
	const char *end = page + length;
	size_t code_length = 0;
	size_t message_length = 0;
	const char *code = NULL;
	const char *message = NULL;

	if (length > 0 && memmem(page, length, "<Error>", 7)) {
		code = find_element(page, end, "<Code>", CODE_MAX, &code_length);
		message = find_element(page, end, "<Message>", MESSAGE_MAX, &message_length);
	}
	if (!code || !is_harmless(code, code_length, "._-")) {
		return problem_set(why, err, "the file server answered HTTP %d", status);
	}
	if (!message || !is_harmless(message, message_length, " .,;:'()_-") ||
	    has_long_word(message, message_length)) {
		message_length = 0;
	}
	return problem_set(why, err, "the file server answered HTTP %d: %.*s%s%.*s", status,
			   (int)code_length, code, message_length ? ": " : "", (int)message_length,
			   message_length ? message : "");
}

/* Beginnings of files, by the ends of their names. */
static const struct beginning {
	const char *suffix;
	const char *bytes;
	size_t length;
} beginnings[] = {
	{".zip", "PK", 2},
	{".xlsx", "PK", 2},
	{".docx", "PK", 2},
	{".ods", "PK", 2},
	{".gz", "\x1f\x8b", 2},
	{".tgz", "\x1f\x8b", 2},
	{".7z", "7z\xbc\xaf\x27\x1c", 6},
	{".zst", "\x28\xb5\x2f\xfd", 4},
	{".xz", "\xfd\x37zXZ\0", 6},
	{".bz2", "BZh", 3},
};

bool server_fits_name(const char *name, int64_t offset, const void *data, size_t length)
{
	const char *suffix = strrchr(name, '.');

	for (size_t i = 0; suffix && i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		const struct beginning *b = &beginnings[i];
		if (strcasecmp(suffix, b->suffix) != 0 || offset >= (int64_t)b->length) {
			continue;
		}
		size_t n = b->length - (size_t)offset;
		return memcmp(b->bytes + offset, data, n < length ? n : length) == 0;
	}
	return true;
}
