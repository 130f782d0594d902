/* Where the value of a setting comes from, when it is not written into the accounts file. */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include <stdbool.h>

#include "base/error.h"
#include "doc/reader.h"

/* The value of {file: …}, {command: …}, {env: …} or {credential: …}, the caller's; NULL with a
 * finding, and also, without one, when resolve is false: then only the shape is checked. Paths
 * begin at dir; is_secret asks that a file be nobody else's to read. A command may take ten
 * seconds. */
char *secret_read(struct reader *r, const char *dir, const struct doc *source, bool is_secret,
		  bool resolve);

/* ---- run.c */
enum { SECRET_BYTES = 64 * 1024 };
/* What /bin/sh -c command writes, the caller's. -EINVAL and others with words. */
int run_command(const char *command, int limit_ms, char **out, size_t *length, struct problem *why);

#endif
