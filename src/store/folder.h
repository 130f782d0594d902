/* Private to src/store: the state folder on disk. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "base/error.h"

/* Locks it against a second orderfs: *lock is a descriptor that holds the lock until it is closed.
 * -EBUSY with the other's pid. */
int folder_lock(const char *dir, int *lock, struct problem *why);
/* Makes an empty file (0600) unless there is one: SQLite gives its other files the same mode. */
int folder_touch(const char *path, struct problem *why);
/* Renames the database and what belongs to it to `path`.damaged-<UTC time>. Always a negative
 * errno, with words that say what became of it. */
int folder_set_aside(const char *path, struct problem *why);

#endif
