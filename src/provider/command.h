/* Inside the reading of commands: command.c checks what was said, command_read.c takes the text
 * apart. */
#ifndef PROVIDER_COMMAND_H
#define PROVIDER_COMMAND_H

#include "provider/provider.h"

/* A command being read. */
struct reading {
	const struct act *act;
	char **given; /* by field; NULL: not given */
	bool force;
	bool force_given;
	struct problem *why;
};

/* What a command looks like here, as the end of a sentence; keep holds it. */
const char *command_pattern(struct buf *keep, const struct act *act);
/* A piece of the person's text, fit for a sentence; keep (zero-initialised) holds it. */
const char *command_quote(struct buf *keep, const char *text, size_t length);
/* A field was given. Takes ownership of value, where NULL means that memory ran out. */
int command_set(struct reading *r, const char *name, char *value);

/* Takes the text apart and sets the fields. */
int command_read(struct reading *r, const char *text);

#endif
