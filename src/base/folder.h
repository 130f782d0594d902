/* Folders of our own on disk. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/error.h"

/* Makes the folder (0700) and those above it when they are missing. what says in the words of a
 * failure whose it is: "state", "cache". */
int folder_make(const char *dir, const char *what, struct problem *why);

#endif
