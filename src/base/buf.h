/* A growing text buffer. Zero-initialise it; it owns its memory.
 *
 * An append that fails for want of memory sets `failed` and later appends do nothing, so a
 * writer checks once, at the end. data is NUL-terminated as soon as anything was appended. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t length;
	size_t capacity;
	bool failed;
};

void buf_add(struct buf *b, const void *data, size_t length);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* 0 or -ENOMEM when any append failed. */
int buf_status(const struct buf *b);
/* The text, owned by the caller (never NULL unless an append failed); the buffer is empty again. */
char *buf_take(struct buf *b);
/* Forgets the text, keeps the memory. */
void buf_clear(struct buf *b);
void buf_finish(struct buf *b);

#endif
