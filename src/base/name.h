/* File names from foreign text. */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum { NAME_BYTES = 256 }; /* 255 bytes and the NUL */

/* A safe file name for an id, the same for the same id always: bytes that a name cannot
 * hold ('/', NUL, control bytes, what is not UTF-8), a leading dot, and '%' itself become %XX, so
 * that two ids never meet in one name. Longer ones than 255 bytes are cut and end in '~' and
 * 16 hex digits of a hash of the whole id. An empty id gives "%". A name for which
 * is_reserved() is true has its first byte escaped; is_reserved may be NULL. */
void name_safe(const char *id, size_t length, bool (*is_reserved)(const char *name),
	       char out[NAME_BYTES]);

/* Makes a name of one that is safe but for its length, as when safe names are joined. A number of 2
 * or more is put in as "~2"; what is too long is cut, with '~' and 16 hex digits of a hash of the
 * whole. Both stand before a short ending such as ".csv". */
void name_fit(const char *safe, unsigned number, char out[NAME_BYTES]);

/* The length in bytes of the UTF-8 sequence at text, or 0 when it is none. */
size_t utf8_length(const char *text, size_t available);
bool utf8_is_valid(const char *text, size_t length);

#endif
