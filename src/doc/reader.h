/* Reading a YAML document whose shape is known: typed access to an object's members which says,
 * with file and line, what is wrong and what to write instead.
 *
 * Everything goes on after a finding, with a harmless value, so that one reading finds all there
 * is to find; `found` tells at the end. A member that is absent is never a finding here. One
 * thread. */
#ifndef DOC_READER_H
#define DOC_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "doc/doc.h"

struct reader {
	const char *file;
	struct findings *findings;
	bool found;     /* there was something to complain about */
	bool no_memory; /* what was read is not complete */
};

/* Adds a finding at the node's line. */
void reader_complain(struct reader *r, const struct doc *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The member if it is an object (a list); NULL when it is absent, or with a finding. */
const struct doc *reader_object(struct reader *r, const struct doc *object, const char *key);
const struct doc *reader_list(struct reader *r, const struct doc *object, const char *key);
/* Complains about every key that is not among known (which ends with NULL). */
void reader_check_keys(struct reader *r, const struct doc *object, const char *const *known);

/* Text, borrowed from the tree; NULL when absent, or with a finding. */
const char *reader_text(struct reader *r, const struct doc *object, const char *key);
/* As reader_text, and it must be a well-formed path. */
const char *reader_path(struct reader *r, const struct doc *object, const char *key);
bool reader_flag(struct reader *r, const struct doc *object, const char *key, bool fallback);
int reader_integer(struct reader *r, const struct doc *object, const char *key, int least, int most,
		   int fallback);
/* A number of at least 0, such as 0.5. */
double reader_decimal(struct reader *r, const struct doc *object, const char *key, double fallback);
/* 500ms, 30s, 5m, 2h, 7d; in ms. */
int64_t reader_duration(struct reader *r, const struct doc *object, const char *key,
			int64_t fallback_ms);
/* 5s..60s, or one duration for both ends. */
void reader_duration_range(struct reader *r, const struct doc *object, const char *key,
			   int64_t *least_ms, int64_t *most_ms);
/* 4096, 64K, 512M, 1G; in bytes. */
int64_t reader_bytes(struct reader *r, const struct doc *object, const char *key, int64_t fallback);
/* The index of the member's text among words (which end with NULL), or -1. */
int reader_choice(struct reader *r, const struct doc *object, const char *key,
		  const char *const *words);

/* The word that was probably meant, or NULL when none is near. Words end with NULL. */
const char *reader_nearest(const char *word, const char *const *words);

#endif
