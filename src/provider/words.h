/* Foreign words made fit for a sentence of ours. */
#ifndef PROVIDER_WORDS_H
#define PROVIDER_WORDS_H

#include <stddef.h>

#include "base/buf.h"

/* Adds text in one line: control characters and runs of blanks become one blank, what is not UTF-8
 * is left out, and what is longer than most bytes is cut at a character and ends in "…". */
void words_add(struct buf *out, const char *text, size_t length, size_t most);
/* A copy of the text in which every occurrence of the secret is ***; NULL without memory. */
char *words_mask(const char *text, const char *secret);

#endif
