/* What `orderfs wait` waits for, and where. */
#ifndef APP_WAIT_H
#define APP_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"

struct wait_for {
	unsigned states;    /* a bit for each state that will do */
	int64_t timeout_ms; /* -1: as long as it takes */
};
/* Of the command line, whose mistakes it prints: an exit code. */
int wait_for_parse(const struct cli *cli, struct wait_for *out);

struct wait_item {
	const char *path; /* as it was given */
	int place;        /* the `status` itself, not open for reading; -1 */
	int status;       /* open; -1 */
	bool fresh;       /* nothing was read of it since it was opened */
	int state;        /* as it was last read; -1 */
};
/* Sets the place; -errno, and the words of what is wrong with the path itself in *why. */
int wait_item_find(struct wait_item *item, const char **why);
/* Reads the word, and opens the status before that when it is not open. -EILSEQ: it is not an
 * item's. */
int wait_item_look(struct wait_item *item);
void wait_item_close(struct wait_item *item);
/* The first line of a file in the item's folder, or of one by a path from there; "" when there is
 * none. */
void wait_item_line(const struct wait_item *item, const char *name, char *out, size_t size);

#endif
