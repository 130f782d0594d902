/* What a bundle answers: entries by number, by name and by folder, and what was left out. */
#include "bundle/bundle.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "bundle/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct bundle_entry *bundle_entry(const struct bundle *bundle, uint32_t number)
{
	const struct node *node = tree_node(bundle, number);

	return node && !node->is_dropped ? &node->entry : NULL;
}

/* The first place in the sorted list that does not come before the folder's name. */
static size_t place_of(const struct bundle *bundle, uint32_t parent, const char *name)
{
	size_t low = 0;
	size_t high = bundle->sorted_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct bundle_entry *entry = bundle->sorted[middle];

		if (entry->parent < parent ||
		    (entry->parent == parent && strcmp(entry->name, name) < 0)) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

const struct bundle_entry *bundle_find(const struct bundle *bundle, uint32_t parent,
				       const char *name)
{
	size_t place = place_of(bundle, parent, name);

	if (place == bundle->sorted_count) {
		return NULL;
	}
	const struct bundle_entry *entry = bundle->sorted[place];

	return entry->parent == parent && strcmp(entry->name, name) == 0 ? entry : NULL;
}

const struct bundle_entry *const *bundle_list(const struct bundle *bundle, uint32_t parent,
					      size_t *count)
{
	size_t first = place_of(bundle, parent, "");

	/* No name is empty, so that "" stands before a folder's first one. */
	*count = place_of(bundle, parent + 1, "") - first;
	return bundle->sorted + first;
}

const struct bundle_entry *const *bundle_all(const struct bundle *bundle, size_t *count)
{
	*count = bundle->sorted_count;
	return bundle->sorted;
}

const char *const *bundle_words(const struct bundle *bundle, size_t *count)
{
	*count = bundle->words_count;
	return (const char *const *)bundle->words;
}

enum { SHOWN_BYTES = 160 };

/* A foreign path for a sentence: without what a terminal would obey, and not endless. */
static void show(struct buf *b, const char *path, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t step = utf8_length(path + i, length - i);
		unsigned char c = (unsigned char)path[i];
		bool is_control = c < 0x20 || c == 0x7f ||
				  (step == 2 && c == 0xc2 && (unsigned char)path[i + 1] < 0xa0);

		if (i + step > SHOWN_BYTES) {
			buf_puts(b, "…");
			return;
		}
		if (step == 0 || is_control) {
			buf_putc(b, '?');
		} else {
			buf_add(b, path + i, step);
		}
		i += step ? step : 1;
	}
}

void tree_say(struct bundle *tree, const char *path, size_t length, const char *reason)
{
	auto_finish(buf_finish) struct buf b = {0};

	/* The last place counts those that there is no place for. */
	if (tree->words_count == WORDS_MOST) {
		tree->words_more++;
		buf_printf(&b, "and %zu more were left out", tree->words_more);
		if (buf_status(&b) == 0) {
			free(tree->words[WORDS_MOST - 1]);
			tree->words[WORDS_MOST - 1] = buf_take(&b);
		}
		return;
	}
	buf_puts(&b, "\"");
	show(&b, path, length);
	buf_printf(&b, "\" was left out: %s", reason);
	if (buf_status(&b) == 0) {
		tree->words[tree->words_count++] = buf_take(&b);
	}
	if (tree->words_count == WORDS_MOST) {
		tree->words_more = 1;
	}
}

static void add_path(const struct bundle *tree, const struct node *node, struct buf *b)
{
	/* Bounded by limits.depth. */
	if (node->entry.parent) {
		add_path(tree, tree_node(tree, node->entry.parent), b);
		buf_putc(b, '/');
	}
	buf_puts(b, node->name);
}

void tree_drop(struct bundle *tree, struct node *node, const char *reason)
{
	auto_finish(buf_finish) struct buf path = {0};

	node->is_dropped = true;
	tree->total -= node->entry.size;
	node->entry.size = 0;
	add_path(tree, node, &path);
	if (buf_status(&path) == 0) {
		tree_say(tree, path.data, path.length, reason);
	}
}
