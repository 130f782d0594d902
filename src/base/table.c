/* Open addressing, linear probing; removing moves back what probed past; see table.h. */
#include "base/table.h"

#include <stdlib.h>

struct table_slot {
	uint64_t key; /* 0: free */
	uint64_t value;
};

enum { LEAST = 64 };

/* Rows count up, and inode numbers differ in their middle: every bit has to matter. */
static size_t home(const struct table *table, uint64_t key)
{
	key ^= key >> 33;
	key *= UINT64_C(0xff51afd7ed558ccd);
	key ^= key >> 33;
	return (size_t)key & (table->capacity - 1);
}

/* Its slot, or the free one where it would be. */
static struct table_slot *slot_of(const struct table *table, uint64_t key)
{
	size_t at = home(table, key);

	while (table->slots[at].key && table->slots[at].key != key) {
		at = (at + 1) & (table->capacity - 1);
	}
	return &table->slots[at];
}

uint64_t *table_find(const struct table *table, uint64_t key)
{
	struct table_slot *slot = table->capacity ? slot_of(table, key) : NULL;

	return slot && slot->key ? &slot->value : NULL;
}

static bool resize(struct table *table, size_t capacity)
{
	struct table new = {.slots = calloc(capacity, sizeof(*new.slots)), .capacity = capacity};

	if (!new.slots) {
		return false;
	}
	for (size_t i = 0; i < table->capacity; i++) {
		if (table->slots[i].key) {
			*slot_of(&new, table->slots[i].key) = table->slots[i];
		}
	}
	free(table->slots);
	table->slots = new.slots;
	table->capacity = capacity;
	return true;
}

uint64_t *table_add(struct table *table, uint64_t key)
{
	uint64_t *found = table_find(table, key);

	if (found) {
		return found;
	}
	if (2 * (table->used + 1) > table->capacity &&
	    !resize(table, table->capacity ? 2 * table->capacity : LEAST)) {
		return NULL;
	}
	struct table_slot *slot = slot_of(table, key);
	*slot = (struct table_slot){.key = key};
	table->used++;
	return &slot->value;
}

/* What comes after a hole and probed past it moves into it. */
static void close_hole(struct table *table, size_t hole)
{
	size_t mask = table->capacity - 1;

	for (size_t at = (hole + 1) & mask; table->slots[at].key; at = (at + 1) & mask) {
		size_t wanted = home(table, table->slots[at].key);
		if (((at - wanted) & mask) >= ((at - hole) & mask)) {
			table->slots[hole] = table->slots[at];
			hole = at;
		}
	}
	table->slots[hole].key = 0;
}

uint64_t table_take(struct table *table, uint64_t key)
{
	struct table_slot *slot = table->capacity ? slot_of(table, key) : NULL;

	if (!slot || !slot->key) {
		return 0;
	}
	uint64_t value = slot->value;
	close_hole(table, (size_t)(slot - table->slots));
	table->used--;
	/* What a great listing left behind goes back to the system. */
	if (table->capacity > 16 * LEAST && 16 * table->used < table->capacity) {
		resize(table, table->capacity / 4);
	}
	return value;
}

bool table_remove(struct table *table, uint64_t key)
{
	size_t before = table->used;

	table_take(table, key);
	return table->used < before;
}

bool table_next(const struct table *table, size_t *at, uint64_t *key)
{
	while (*at < table->capacity) {
		*key = table->slots[(*at)++].key;
		if (*key) {
			return true;
		}
	}
	return false;
}

void table_finish(struct table *table)
{
	free(table->slots);
	*table = (struct table){0};
}
