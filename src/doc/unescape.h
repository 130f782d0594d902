/* Escapes in JSON texts. */
#ifndef DOC_UNESCAPE_H
#define DOC_UNESCAPE_H

#include <stddef.h>

#include "base/buf.h"

/* Adds what an escape stands for; text is behind its backslash. Returns how many bytes it took (two
 * escapes when they are a surrogate pair), 0 when it is no escape, and more than available when it
 * is cut. */
size_t unescape(const char *text, size_t available, struct buf *out);

#endif
