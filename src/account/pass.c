/* A listing of one collection, page by page, into the store: what came, what changed, what is
 * missing. Runs in the account's thread.
 *
 * A full listing goes to the end. Where the API lists the newest first, one that looks for news
 * ends at the first page without any, and what it did not see is not missing. */
#include "account/internal.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

enum {
	LARGE_ROWS = 2000, /* after so many, memory goes back to the system */
	ROUNDS = 3,        /* a listing that shifts while it is paged is read again */
};

struct pass {
	struct account *account;
	struct work *work;
	struct waiter *waiter;
	int64_t number;
	bool full;
	struct page_position position;
};

int pass_call(struct account *account, const struct operation *operation, struct waiter *waiter,
	      struct doc **answer, struct problem *why)
{
	struct call call = {0};

	waiter->deadline_ms = clock_ms() + PAGE_MS;
	int r = call_run(account, &call, operation, waiter, answer, NULL, why);
	call_finish(&call);
	if (r == -ENOENT) {
		/* An item can be gone; that a whole listing is means that the address is wrong. */
		auto_free char *words = strdup(problem_words(why, r));
		r = problem_set(
			why, -EBADMSG,
			"%s: there is no such listing: check the address in the accounts file",
			words ? words : "");
	}
	return r;
}

static int list_page(struct pass *pass, struct problem *why)
{
	struct work *work = pass->work;
	struct doc *answer = NULL;
	const struct doc *rows = NULL;
	struct operation operation = {
		.listing = &work->spec->list,
		.position = &pass->position,
		.rows = &rows,
		.partial = work->spec->list.rows,
		.background = true,
	};
	bool news = false;

	int r = pass_call(pass->account, &operation, pass->waiter, &answer, why);
	if (r == 0) {
		r = merge_page(pass->account, work, pass->number, rows, pass->waiter, &news);
		problem_set(r < 0 ? why : NULL, r, "the state folder: %s", strerror(-r));
	}
	if (r == 0 && !pass->full && !news) {
		pass->position.done = true;
		pass->position.cut = true;
	}
	doc_destroy(answer);
	return r;
}

/* Every page from the first on. */
static int list_all(struct pass *pass, struct problem *why)
{
	int r = 0;

	page_position_finish(&pass->position);
	pass->position.size = pass->work->page_size;
	while (r == 0 && !pass->position.done) {
		r = list_page(pass, why);
	}
	pass->work->page_size = pass->position.size;
	return r;
}

/* What the listing did not name any more is gone. A listing of several pages can lose a row when it
 * shifts meanwhile: there it takes two in a row. One that was cut short misses nothing. */
static int drop_missing(struct pass *pass)
{
	const struct collection *spec = pass->work->spec;
	struct item_change *changes = NULL;
	int changed = 0;
	int64_t now = clock_wall_ns();
	int64_t expired = spec->lifetime_ms > 0 ? now - spec->lifetime_ms * 1000000 : 0;
	bool blind = pass->position.cut || spec->list.keep_missing;
	int at_misses = blind ? 0 : pass->position.pages > 1 ? 2 : 1;

	int r = items_pass_end(pass->account->shared->store, pass->account->number,
			       pass->work->number, pass->number, at_misses, expired, now - YOUNG_NS,
			       &changes, &changed);
	if (r == 0) {
		account_report_changes(pass->account, pass->work->number, changes, changed);
	}
	free(changes);
	return r;
}

int pass_run(struct account *account, struct work *work, bool full, struct waiter *waiter,
	     struct problem *why)
{
	struct store *store = account->shared->store;
	struct pass pass = {.account = account, .work = work, .waiter = waiter, .full = full};
	int64_t since_ns = clock_wall_ns();
	int rounds = 0;
	int r = items_pass_begin(store, account->number, work->number, &pass.number);

	do {
		r = r == 0 ? list_all(&pass, why) : r;
	} while (r == 0 && full && pass.position.shifted && ++rounds < ROUNDS);
	if (r == 0) {
		r = drop_missing(&pass);
	}
	if (r == 0) {
		work->named_ns = since_ns;
		adopt_items(account, work, since_ns);
	}
	if (pass.position.rows > LARGE_ROWS) {
		malloc_trim(0);
	}
	page_position_finish(&pass.position);
	return r;
}
