/* Addresses in answers; see link.h. Pure; any thread. */
#include "provider/link.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"

bool link_is_header(const char *path)
{
	return strcmp(path, "header:Link") == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* True when the word is among those of a rel's value, which may be in quotes. */
static bool has_word(const char *value, size_t length, const char *word)
{
	size_t size = strlen(word);

	for (size_t i = 0; i + size <= length; i++) {
		bool starts = i == 0 || is_blank(value[i - 1]) || value[i - 1] == '"';
		bool ends = i + size == length || is_blank(value[i + size]) ||
			    value[i + size] == '"';

		if (starts && ends && strncasecmp(value + i, word, size) == 0) {
			return true;
		}
	}
	return false;
}

/* The end of a parameter: a ';' or ',' outside of quotes. */
static const char *parameter_end(const char *at)
{
	bool inside = false;

	for (; *at && (inside || (*at != ';' && *at != ',')); at++) {
		inside ^= *at == '"';
	}
	return at;
}

/* Reads the parameters after an address; *at is behind them. True when one is rel=next. */
static bool read_parameters(const char **at)
{
	bool is_next = false;

	while (**at && **at != ',') {
		const char *end = parameter_end(*at);
		const char *name = *at + strspn(*at, "; \t");
		const char *value = name + strcspn(name, "=;,");

		if (strncasecmp(name, "rel", 3) == 0 && value < end && *value == '=' &&
		    strspn(name + 3, " \t") == (size_t)(value - name - 3)) {
			is_next |= has_word(value + 1, (size_t)(end - value - 1), "next");
		}
		*at = end + (*end == ';');
	}
	return is_next;
}

/* The next address of one header. */
static char *next_in(const char *value)
{
	const char *at = value;

	while ((at = strchr(at, '<'))) {
		const char *end = strchr(at, '>');
		const char *rest = end ? end + 1 : NULL;

		if (!end) {
			return NULL;
		}
		if (read_parameters(&rest)) {
			return strndup(at + 1, (size_t)(end - at - 1));
		}
		at = rest;
	}
	return NULL;
}

char *link_next(const struct response *response)
{
	for (size_t i = 0; i < response->header_count; i++) {
		const struct header *header = &response->headers[i];
		char *found = strcasecmp(header->name, "Link") == 0 ? next_in(header->value) : NULL;

		if (found) {
			return found;
		}
	}
	return NULL;
}

static bool has_scheme(const char *text)
{
	return strstr(text, "://") && strcspn(text, "/?#") > strcspn(text, ":");
}

/* Where host and port begin in an absolute address. */
static const char *authority_of(const char *url)
{
	const char *at = strstr(url, "://");

	return at ? at + 3 : url;
}

/* How much of base stays in front of text. */
static size_t kept_length(const char *base, const char *text)
{
	const char *authority = authority_of(base);
	const char *path = authority + strcspn(authority, "/?#");
	const char *path_end = path + strcspn(path, "?#");
	const char *slash = memrchr(path, '/', (size_t)(path_end - path));

	if (has_scheme(text)) {
		return 0;
	}
	if (strncmp(text, "//", 2) == 0) {
		return (size_t)(authority - 2 - base);
	}
	if (text[0] == '/') {
		return (size_t)(path - base);
	}
	if (text[0] == '?') {
		return (size_t)(path_end - base);
	}
	return (size_t)(slash ? slash + 1 - base : path_end - base);
}

static bool is_clean(const char *url)
{
	for (; *url; url++) {
		if ((unsigned char)*url <= ' ' || (unsigned char)*url >= 0x7f || *url == '\\') {
			return false;
		}
	}
	return true;
}

int link_resolve(const char *base, const char *text, char **out, struct problem *why)
{
	auto_finish(buf_finish) struct buf url = {0};
	const char *authority;

	buf_add(&url, base, kept_length(base, text));
	buf_add(&url, text, strcspn(text, "#"));
	if (buf_status(&url) < 0) {
		return -ENOMEM;
	}
	if (!is_clean(url.data)) {
		return problem_set(why, -EBADMSG, "the next page's address is none");
	}
	authority = authority_of(url.data);
	if (!url_same_origin(base, url.data) || memchr(authority, '@', strcspn(authority, "/?#"))) {
		return problem_set(why, -EBADMSG, "the next page's address leads to another host");
	}
	*out = buf_take(&url);
	return *out ? 0 : -ENOMEM;
}
