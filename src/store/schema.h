/* Private to src/store: the shape of the database, version by version. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

enum { SCHEMA_VERSION = 6 };

/* schema_steps[n] turns a database of version n into one of version n + 1; an empty file has
 * version 0. A step that was released is never edited: a change is one more step. */
extern const char *const schema_steps[SCHEMA_VERSION];
/* After this step files are given their names in `completed`, which SQL cannot choose. */
enum { SCHEMA_NAMES_FILES = 3 };
/* What the writer keeps for itself, in memory or a nameless file, while it runs. */
extern const char schema_temporary[];

#endif
