/* Listings that come in pages: the request for the next one, and what an answer says about where it
 * is. A listing that cannot go on although there is more is `cut`: what was not seen is not gone.
 * Pure; any thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/build.h"
#include "provider/extract.h"
#include "provider/link.h"

enum { DIGITS = 16, EXTRAS_MOST = 2 };

void page_position_finish(struct page_position *position)
{
	free(position->next);
	free(position->mark);
	*position = (struct page_position){0};
}

/* The extras of one page, and the digits they borrow. */
struct ask {
	struct extra list[EXTRAS_MOST];
	char digits[EXTRAS_MOST][DIGITS];
	int count;
};

static void ask_number(struct ask *ask, const char *name, int number)
{
	if (name) {
		snprintf(ask->digits[ask->count], DIGITS, "%d", number);
		ask->list[ask->count] = (struct extra){name, ask->digits[ask->count], true};
		ask->count++;
	}
}

static int size_of(const struct page *page, const struct page_position *position)
{
	return position->size > 0 ? position->size : page->size;
}

static void ask_offset(struct ask *ask, const struct listing *listing,
		       const struct page_position *position)
{
	/* A first page in a query is asked for as it comes, unless that was too large. */
	if (listing->request->graphql || position->pages > 0 || position->size > 0) {
		ask_number(ask, listing->page.skip, position->rows);
		ask_number(ask, listing->page.take, size_of(&listing->page, position));
	}
}

static void ask_cursor(struct ask *ask, const struct page *page,
		       const struct page_position *position)
{
	ask_number(ask, page->take, size_of(page, position));
	if (position->next) {
		ask->list[ask->count++] = (struct extra){.name = page->cursor,
							 .text = position->next};
	}
}

static void ask_page(struct ask *ask, const struct listing *listing,
		     const struct page_position *position)
{
	const struct page *page = &listing->page;

	switch (page->kind) {
	case PAGE_NONE:
	case PAGE_NEXT_URL:
		break;
	case PAGE_OFFSET:
		ask_offset(ask, listing, position);
		break;
	case PAGE_RELAY:
	case PAGE_CURSOR:
		ask_cursor(ask, page, position);
		break;
	case PAGE_NUMBER:
		ask_number(ask, page->cursor, position->pages + 1);
		ask_number(ask, page->take, size_of(page, position));
		break;
	}
}

int page_build(const struct provider *provider, const struct listing *listing, bool narrow,
	       const struct page_position *position, const struct values *values,
	       struct request *out, struct problem *why)
{
	struct ask ask = {0};
	int r;

	ask_page(&ask, listing, position);
	r = build_request(provider, listing->request, narrow, values,
			  &(struct extras){ask.list, ask.count}, out, why);
	if (r == 0 && listing->page.kind == PAGE_NEXT_URL && position->next) {
		free(out->url);
		out->url = strdup(position->next);
		if (!out->url) {
			request_finish(out);
			r = -ENOMEM;
		}
	}
	return r;
}

bool page_shrink(const struct listing *listing, struct page_position *position)
{
	const struct page *page = &listing->page;
	int size = size_of(page, position);
	/* There a size is part of where one stands. */
	bool counted = page->kind == PAGE_NUMBER;

	if (!page->take || size <= 1 || (counted && position->pages)) {
		return false;
	}
	position->size = size / 2;
	return true;
}

/* There is more, and no way to it. */
static int cut(struct page_position *position, struct problem *why, const char *words)
{
	position->done = true;
	position->cut = true;
	return problem_set(why, 0, "the listing ended before its end: %s", words);
}

/* Goes on at `next` (taken over, also when it fails; NULL: there is none). */
static int go_on(struct page_position *position, char *next, const char *used, struct problem *why)
{
	auto_free char *owned = next;

	if (!next) {
		position->done = true;
		return 0;
	}
	if (used && strcmp(next, used) == 0) {
		return cut(position, why, "the API leads to the page that was just read");
	}
	if (position->mark && strcmp(next, position->mark) == 0) {
		return cut(position, why, "the API leads back to a page that was read before");
	}
	/* Marked at every power of two, a circle of any length is noticed soon after its first
	 * round. */
	if ((position->pages & (position->pages - 1)) == 0) {
		free(position->mark);
		position->mark = strdup(next);
	}
	free(position->next);
	position->next = take_ptr(&owned);
	return position->mark ? 0 : -ENOMEM;
}

static int read_relay(const struct page *page, const struct doc *answer,
		      struct page_position *position, struct problem *why)
{
	const struct doc *info = doc_path(answer, page->info);
	const char *more = doc_text(doc_get(info, "hasNextPage"), NULL);
	char *next = NULL;
	int r;

	if (!more || strcmp(more, "true") != 0) {
		position->done = true;
		return 0;
	}
	r = extract_copy(info, "endCursor", &next);
	if (r == 0 && !next) {
		return cut(position, why, "there is a next page, but no cursor for it");
	}
	return r < 0 ? r : go_on(position, next, position->next, why);
}

static int read_cursor(const struct page *page, const struct doc *answer,
		       struct page_position *position, struct problem *why)
{
	char *next = NULL;
	int r = extract_copy(answer, page->next, &next);

	return r < 0 ? r : go_on(position, next, position->next, why);
}

static int read_next_url(const struct page *page, const struct doc *answer,
			 const struct response *response, const char *url,
			 struct page_position *position, struct problem *why)
{
	bool in_header = link_is_header(page->next);
	auto_free char *found = in_header ? link_next(response) : NULL;
	const char *text = in_header ? found : extract_text(answer, page->next);
	char *next = NULL;
	int r = text ? link_resolve(url, text, &next, why) : 0;

	return r < 0 ? r : go_on(position, next, url, why);
}

/* Where the listing stands, by its kind; rows and pages are counted already. */
static int move(const struct listing *listing, const struct doc *answer,
		const struct response *response, const char *url, double total, size_t count,
		struct page_position *position, struct problem *why)
{
	const struct page *page = &listing->page;

	switch (page->kind) {
	case PAGE_NONE:
		position->done = true;
		break;
	case PAGE_OFFSET:
		position->done = count == 0 || total <= position->rows;
		break;
	case PAGE_RELAY:
		return read_relay(page, answer, position, why);
	case PAGE_CURSOR:
		return read_cursor(page, answer, position, why);
	case PAGE_NEXT_URL:
		return read_next_url(page, answer, response, url, position, why);
	case PAGE_NUMBER:
		position->done = count == 0 || (total >= 0 && position->pages >= total);
		break;
	}
	return 0;
}

static void note_total(struct page_position *position, double total)
{
	if (position->pages == 1 && total > 0) {
		position->total = total;
	} else if (position->total > 0 && total >= 0 && total != position->total) {
		position->shifted = true;
	}
}

int page_read(const struct listing *listing, const struct doc *answer,
	      const struct response *response, const char *url, struct page_position *position,
	      const struct doc **rows, struct problem *why)
{
	const struct page *page = &listing->page;
	const struct doc *found = doc_path(answer, listing->rows);
	double total = extract_number(answer, page->total);
	size_t count = doc_count(found);
	int r;

	/* Some servers write an empty array as null: believed when they say that there are no
	 * rows. */
	if (doc_kind(found) != DOC_ARRAY && !(doc_kind(found) == DOC_NULL && total == 0)) {
		return problem_set(why, -EBADMSG, "the answer has no list at '%s'", listing->rows);
	}
	position->pages++;
	position->rows += (int)count;
	note_total(position, total);
	r = move(listing, answer, response, url, total, count, position, why);
	if (r == 0 && !position->done && position->pages >= page->cap) {
		r = cut(position, why, "more pages than the description allows");
	}
	*rows = found;
	return r;
}

const struct doc *page_row(const struct listing *listing, const struct doc *rows, size_t index)
{
	const struct doc *row = doc_at(rows, index);

	row = listing->row ? doc_path(row, listing->row) : row;
	return doc_kind(row) == DOC_NULL ? NULL : row;
}
