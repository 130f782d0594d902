/* Listings of what may be many: a batch of entries is read ahead from the store, and read again
 * from any row on, so that a folder of any size needs as much memory as a small one. An entry's
 * row is where the listing goes on, whatever came or went in between. */
#include "view/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

/* Fill entries with what comes after that row; how many, or a negative errno. */
typedef int read_batch(const struct rows *rows, uint32_t after, struct entry *entries);

static int read_items(const struct rows *rows, uint32_t after, struct entry *entries)
{
	struct address a = rows->folder;
	struct item_line lines[BATCH];
	int n = items_list(rows->view->options.store, a.account, a.collection, after, lines, BATCH);

	for (int i = 0; i < n; i++) {
		strcpy(entries[i].name, lines[i].name);
		node_of_item(&entries[i].node, a.account, a.collection, lines[i].row,
			     lines[i].changed_ns);
		entries[i].next = lines[i].row;
	}
	return n;
}

static int read_files(const struct rows *rows, uint32_t after, struct entry *entries)
{
	unsigned account = rows->folder.account;
	struct flat_line lines[BATCH];
	int n = files_flat(rows->view->options.store, account, links_within(rows->view, account),
			   after, lines, BATCH);

	for (int i = 0; i < n; i++) {
		node_of_flat_line(&entries[i].node, account, &lines[i]);
		strcpy(entries[i].name, lines[i].name);
		entries[i].next = lines[i].row;
	}
	return n;
}

static int read_links(const struct rows *rows, uint32_t after, struct entry *entries)
{
	struct address a = rows->folder;
	struct linked items[BATCH];
	int n = linked_list(rows->view->options.store, a.account,
			    links_within(rows->view, a.account), a.collection, links_key(a), after,
			    items, BATCH);
	int r = n < 0 ? n : 0;

	for (int i = 0; i < n && r == 0; i++) {
		links_name(rows->view, a.account, items[i].collection, items[i].row, items[i].name,
			   entries[i].name);
		r = links_node(rows->view, a, &items[i], &entries[i].node);
		entries[i].next = items[i].row;
	}
	return r < 0 ? r : n;
}

/* The row of a state or month is its number, and one more where there is a 0. */
static void add_key(const struct rows *rows, unsigned key, const char *name, struct entry *out)
{
	struct address a = rows->folder;

	strcpy(out->name, name);
	links_node_of_folder(rows->view, links_key_folder(a.account, a.collection, key),
			     &out->node);
}

static int read_states(const struct rows *rows, uint32_t after, struct entry *entries)
{
	int n = 0;

	for (unsigned state = after; state < STATE_COUNT; state++) {
		add_key(rows, state, state_word((enum state)state), &entries[n]);
		entries[n++].next = state + 1;
	}
	return n;
}

static int read_months(const struct rows *rows, uint32_t after, struct entry *entries)
{
	unsigned account = rows->folder.account;
	unsigned within = links_within(rows->view, account);
	char name[NAME_BYTES];
	unsigned month;
	int r = 0;
	int n = 0;

	while (n < BATCH &&
	       !(r = linked_month(rows->view->options.store, account, within, after, &month))) {
		links_month_name(month, name);
		add_key(rows, month, name, &entries[n]);
		entries[n++].next = month;
		after = month;
	}
	return r < 0 && r != -ENOENT ? r : n;
}

/* NULL when there are none in that folder. */
static read_batch *reader_of(struct address folder)
{
	if (folder.kind == ADDRESS_ITEM) {
		return folder.row ? NULL : read_items;
	}
	if (folder.kind != ADDRESS_VIEW || folder.row) {
		return NULL;
	}
	if (folder.collection == VIEW_COMPLETED) {
		return read_files;
	}
	if (folder.leaf != LEAF_VIEW) {
		return read_links;
	}
	return folder.collection == VIEW_BY_STATUS ? read_states : read_months;
}

bool rows_are_in(struct address folder)
{
	return reader_of(folder) != NULL;
}

static int read_ahead(struct rows *rows, uint32_t after)
{
	if (!rows->entries) {
		rows->entries = malloc(BATCH * sizeof(*rows->entries));
	}
	if (!rows->entries) {
		return -ENOMEM;
	}
	rows->count = 0;
	int n = reader_of(rows->folder)(rows, after, rows->entries);
	if (n < 0) {
		return n;
	}
	rows->count = n;
	rows->after = after;
	rows->filled = true;
	return 0;
}

/* The first of those read ahead that comes after that row, or NULL. */
static const struct entry *entry_after(const struct rows *rows, uint32_t row)
{
	int low = 0;
	int high = rows->count;

	while (low < high) {
		int middle = (low + high) / 2;
		if (rows->entries[middle].next > (off_t)row) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return low < rows->count ? &rows->entries[low] : NULL;
}

static int next_entry(struct rows *rows, uint32_t after, struct entry *out)
{
	bool covered = rows->filled && after >= rows->after;
	const struct entry *entry = covered ? entry_after(rows, after) : NULL;

	if (!entry) {
		int r = read_ahead(rows, after);
		if (r < 0) {
			return r;
		}
		entry = entry_after(rows, after);
	}
	if (!entry) {
		return 0;
	}
	*out = *entry;
	return 1;
}

int rows_entry(struct rows *rows, uint32_t after, struct entry *out)
{
	int r = next_entry(rows, after, out);

	while (r == 1 && !node_is_shown(rows->view, address_pack(rows->folder), &out->node)) {
		r = next_entry(rows, (uint32_t)out->next, out);
	}
	return r;
}

void rows_finish(struct rows *rows)
{
	free(rows->entries);
	*rows = (struct rows){0};
}
