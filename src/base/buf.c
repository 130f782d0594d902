/* A growing text buffer; see buf.h. */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for length more bytes and a NUL. */
static bool reserve(struct buf *b, size_t length)
{
	if (b->failed || length > SIZE_MAX / 2 - b->length - 1) {
		b->failed = true;
		return false;
	}
	size_t need = b->length + length + 1;
	if (need <= b->capacity) {
		return true;
	}
	size_t capacity = b->capacity ? b->capacity : 64;
	while (capacity < need) {
		capacity *= 2;
	}
	char *data = realloc(b->data, capacity);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->capacity = capacity;
	return true;
}

void buf_add(struct buf *b, const void *data, size_t length)
{
	if (!reserve(b, length)) {
		return;
	}
	if (length > 0) {
		memcpy(b->data + b->length, data, length);
	}
	b->length += length;
	b->data[b->length] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0 || !reserve(b, (size_t)length)) {
		b->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(b->data + b->length, (size_t)length + 1, format, args);
	va_end(args);
	b->length += (size_t)length;
}

int buf_status(const struct buf *b)
{
	return b->failed ? -ENOMEM : 0;
}

char *buf_take(struct buf *b)
{
	buf_add(b, "", 0); /* an empty text is a text too */
	char *data = b->failed ? NULL : b->data;

	if (b->failed) {
		free(b->data);
	}
	*b = (struct buf){0};
	return data;
}

void buf_clear(struct buf *b)
{
	b->length = 0;
	b->failed = false;
	if (b->data) {
		b->data[0] = '\0';
	}
}

void buf_finish(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}
