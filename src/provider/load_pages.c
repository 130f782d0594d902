/* Listings: how rows are asked for, and how one page of them leads to the next. */
#include <stdlib.h>

#include "provider/link.h"
#include "provider/load.h"

enum { PAGE_SIZE = 100, PAGE_SIZE_MOST = 100000, PAGES = 1000, PAGES_MOST = 1000000 };

static void load_offset(struct loader *l, const struct doc *node, struct page *page)
{
	load_missing(l, node, "skip", "the parameter for how many rows to skip");
	load_missing(l, node, "take", "the parameter for how many rows to send");
	load_missing(l, node, "total", "the path to how many rows there are");
	page->skip = reader_text(&l->reader, node, "skip");
	page->take = reader_text(&l->reader, node, "take");
	page->total = reader_path(&l->reader, node, "total");
}

static void load_relay(struct loader *l, const struct doc *node, struct page *page)
{
	load_missing(l, node, "first", "the parameter for how many rows to send");
	load_missing(l, node, "after", "the parameter for the cursor of the last row");
	load_missing(l, node, "info", "the path to pageInfo");
	page->take = reader_text(&l->reader, node, "first");
	page->cursor = reader_text(&l->reader, node, "after");
	page->info = reader_path(&l->reader, node, "info");
	page->total = reader_path(&l->reader, node, "total");
}

static void load_cursor(struct loader *l, const struct doc *node, struct page *page)
{
	load_missing(l, node, "parameter", "the parameter for the cursor");
	load_missing(l, node, "next", "the path to the next page's cursor");
	page->cursor = reader_text(&l->reader, node, "parameter");
	page->next = reader_path(&l->reader, node, "next");
}

static void load_next_url(struct loader *l, const struct doc *node, struct page *page)
{
	const char *next = reader_text(&l->reader, node, "next");

	load_missing(l, node, "next", "the path to the next page's address, or header:Link");
	if (next && link_is_header(next)) {
		page->next = next;
	} else if (next) {
		page->next = reader_path(&l->reader, node, "next");
	}
}

static void load_number(struct loader *l, const struct doc *node, struct page *page)
{
	load_missing(l, node, "parameter", "the parameter for the page's number");
	page->cursor = reader_text(&l->reader, node, "parameter");
	page->take = reader_text(&l->reader, node, "take");
	page->total = reader_path(&l->reader, node, "total");
}

static const char *const offset_keys[] = {"kind", "skip", "take", "size", "total", "cap", NULL};
static const char *const relay_keys[] = {"kind", "first", "after", "size",
					 "info", "total", "cap",   NULL};
static const char *const cursor_keys[] = {"kind", "parameter", "next", "cap", NULL};
static const char *const next_url_keys[] = {"kind", "next", "cap", NULL};
static const char *const number_keys[] = {"kind",  "parameter", "take", "size",
					  "total", "cap",       NULL};
static const char *const none_keys[] = {"kind", NULL};

static const struct {
	const char *word;
	const char *const *keys;
	void (*load)(struct loader *l, const struct doc *node, struct page *page);
} kinds[] = {
	[PAGE_NONE] = {"none", none_keys, NULL},
	[PAGE_OFFSET] = {"offset", offset_keys, load_offset},
	[PAGE_RELAY] = {"relay", relay_keys, load_relay},
	[PAGE_CURSOR] = {"cursor", cursor_keys, load_cursor},
	[PAGE_NEXT_URL] = {"next_url", next_url_keys, load_next_url},
	[PAGE_NUMBER] = {"page_number", number_keys, load_number},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void load_page(struct loader *l, const struct doc *list, struct page *page)
{
	const struct doc *node = reader_object(&l->reader, list, "page");
	const char *words[KINDS + 1] = {NULL};
	int kind;

	if (!node) {
		return;
	}
	for (int i = 0; i < KINDS; i++) {
		words[i] = kinds[i].word;
	}
	load_missing(l, node, "kind", "how one page leads to the next, such as offset");
	kind = reader_choice(&l->reader, node, "kind", words);
	if (kind < 0) {
		return;
	}
	page->kind = (enum page_kind)kind;
	page->cap = reader_integer(&l->reader, node, "cap", 1, PAGES_MOST, PAGES);
	page->size = reader_integer(&l->reader, node, "size", 1, PAGE_SIZE_MOST, PAGE_SIZE);
	reader_check_keys(&l->reader, node, kinds[kind].keys);
	if (kinds[kind].load) {
		kinds[kind].load(l, node, page);
	}
}

void load_listing(struct loader *l, const struct doc *node, struct listing *out)
{
	static const char *const missing[] = {"drop", "keep", NULL};

	load_missing(l, node, "rows", "the path to the array of rows in the answer");
	out->request = load_request(l, node, NULL);
	out->rows = reader_path(&l->reader, node, "rows");
	out->row = reader_path(&l->reader, node, "row");
	out->newest_first = reader_flag(&l->reader, node, "newest_first", false);
	out->keep_missing = reader_choice(&l->reader, node, "missing", missing) == 1;
	load_page(l, node, &out->page);
}

void listing_finish(struct listing *listing)
{
	request_spec_destroy(listing->request);
}
