/* A hash table from numbers to numbers: counts and pointers by row or inode number. One thread at a
 * time, or under its user's lock. Zero-initialise it. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
	struct table_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t used;
};

/* The value of a key (not 0), or NULL; good until the table changes. */
uint64_t *table_find(const struct table *table, uint64_t key);
/* The same, added as 0 when it is not there; NULL without memory. */
uint64_t *table_add(struct table *table, uint64_t key);
/* False when it is not there. */
bool table_remove(struct table *table, uint64_t key);
/* The value that was there, removed; or 0. */
uint64_t table_take(struct table *table, uint64_t key);
/* Walks along all: true with the next one's key; *at begins as 0. It must not change meanwhile. */
bool table_next(const struct table *table, size_t *at, uint64_t *key);
void table_finish(struct table *table);

#endif
