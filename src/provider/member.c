/* Names of files out of foreign text; see member.h. Pure; any thread. */
#include "provider/member.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/extract.h"
#include "provider/template.h"

static int add_member(struct buf *out, const struct piece *piece, const struct doc *node,
		      const struct doc *outer, int number)
{
	auto_free char *path = strndup(piece->text, piece->length);
	const char *text;

	if (!path) {
		return -ENOMEM;
	}
	if (number > 0 && strcmp(path, "n") == 0) {
		buf_printf(out, "%d", number);
		return 0;
	}
	if (doc_path_check(path)) {
		return TEMPLATE_ABSENT;
	}
	text = extract_text(node, path);
	text = text ? text : extract_text(outer, path);
	buf_puts(out, text ? text : "");
	return text ? 0 : TEMPLATE_ABSENT;
}

int member_expand(const char *template, const struct doc *node, const struct doc *outer, int number,
		  char **out)
{
	auto_finish(buf_finish) struct buf name = {0};
	struct piece piece;
	const char *wrong;
	int r = 0;

	*out = NULL;
	while (r == 0 && template_next(&template, &piece, &wrong)) {
		if (piece.is_name) {
			r = add_member(&name, &piece, node, outer, number);
		} else {
			buf_add(&name, piece.text, piece.length);
		}
	}
	if (r == 0 && buf_status(&name) < 0) {
		r = -ENOMEM;
	}
	if (r == 0 && name.length) {
		*out = buf_take(&name);
	}
	return r == TEMPLATE_ABSENT ? 0 : r;
}

static int hex_digit(char c)
{
	if (!isxdigit((unsigned char)c)) {
		return -1;
	}
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

int member_url_name(const char *url, char **out)
{
	const char *path = strstr(url, "://");
	const char *end;
	const char *at;
	struct buf name = {0};

	*out = NULL;
	path = path ? path + 3 : url;
	end = path + strcspn(path, "?#");
	at = memrchr(path, '/', (size_t)(end - path));
	if (!at || at + 1 == end) {
		return 0;
	}
	for (at++; at < end; at++) {
		int high = *at == '%' ? hex_digit(at[1]) : -1;
		int low = high < 0 ? -1 : hex_digit(at[2]);

		if (high * 16 + low > 0 && low >= 0) {
			buf_putc(&name, (char)(high * 16 + low));
			at += 2;
		} else {
			buf_putc(&name, *at);
		}
	}
	*out = buf_take(&name);
	return *out ? 0 : -ENOMEM;
}
