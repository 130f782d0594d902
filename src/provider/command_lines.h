/* Commands of several lines, each a set of fields. */
#ifndef PROVIDER_COMMAND_LINES_H
#define PROVIDER_COMMAND_LINES_H

#include "provider/command.h"

/* The lines as a JSON array, and the whole as an object; both the caller's. */
int command_lines(const struct reading *r, char **lines, char **json);

#endif
