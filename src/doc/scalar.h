/* Texts that stand for something: yes, 0.5, 30s, 512M. Each is false, and leaves *out alone, when
 * the text is not such a thing as a whole. Pure. */
#ifndef DOC_SCALAR_H
#define DOC_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

/* yes, no, true, false, on, off; without case. */
bool scalar_flag(const char *text, bool *out);
/* A whole number, with a sign or without. */
bool scalar_integer(const char *text, int64_t *out);
/* A number of at least 0. */
bool scalar_decimal(const char *text, double *out);
/* 500ms, 30s, 5m, 2h, 7d, or 0; in ms. */
bool scalar_duration(const char *text, int64_t *out);
/* 4096, 64K, 512M, 1G, 2T; in bytes. */
bool scalar_bytes(const char *text, int64_t *out);

#endif
