/* Values out of answers, each by its path. */
#ifndef PROVIDER_EXTRACT_H
#define PROVIDER_EXTRACT_H

#include "provider/spec.h"

/* The text of the scalar that the path leads to; NULL when there is none, or an empty one. path may
 * be NULL. */
const char *extract_text(const struct doc *node, const char *path);
/* A copy of it in *out; what is no scalar is copied as JSON. NULL where there is nothing. */
int extract_copy(const struct doc *node, const char *path, char **out);
/* A number of at least 0, or a text that is one; -1 when it is neither. */
double extract_number(const struct doc *node, const char *path);
int64_t extract_time(const struct doc *node, const char *path);
/* What a list of problems says; false when it is empty, or there is none. */
bool extract_problems(const struct doc *node, const char *path, struct buf *out);

#endif
