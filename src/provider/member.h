/* Names of files that foreign text makes: templates of members of a row, last segments of URLs,
 * and what keeps two of them apart in one folder. */
#ifndef PROVIDER_MEMBER_H
#define PROVIDER_MEMBER_H

#include <stddef.h>

#include "doc/doc.h"

/* The template with the members of node, or else of outer (or NULL): {a.b} is a path, {n} is the
 * number (0: there is none). *out is the caller's, NULL when a member is missing or empty. */
int member_expand(const char *template, const struct doc *node, const struct doc *outer, int number,
		  char **out);
/* The last segment of a URL's path, decoded; NULL when it has none, or in *out the caller's. */
int member_url_name(const char *url, char **out);

/* The paths that are taken. Zero-initialise; taken_finish after. */
struct taken {
	struct taken_path *slots;
	size_t count;
	size_t size;
};
/* folder/stem+suffix (folder may be NULL), or with ~2, ~3, … after the stem when that is taken; of
 * at most 255 bytes behind the last slash. The caller's; NULL without memory. */
char *taken_add(struct taken *taken, const char *folder, const char *stem, const char *suffix);
/* The same for a foreign name: made safe, and told apart before its ending: a.csv, a~2.csv. */
char *taken_add_foreign(struct taken *taken, const char *name);
void taken_finish(struct taken *taken);

#endif
