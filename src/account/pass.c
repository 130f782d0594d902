/* A full listing of one collection, page by page, into the store: what came, what changed, what is
 * missing. Runs in the account's thread. */
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
	BATCH = 256,       /* rows a transaction */
	PAGE_MS = 60000,   /* patience for a page: nobody at a shell waits for it */
	LARGE_ROWS = 2000, /* after so many, memory goes back to the system */
};

struct pass {
	struct account *account;
	struct work *work;
	struct waiter *waiter;
	int64_t number;
	struct page_position position;
};

/* Rows [first, first+count) of a page in one transaction. One that cannot be read is left out,
 * said so in the log, and does no harm to the others. */
static int merge_batch(struct pass *pass, const struct doc *rows, size_t first, size_t count)
{
	struct row read[BATCH] = {0};
	struct fact facts[BATCH];
	struct item_change *changes = NULL;
	int good = 0;
	int changed = 0;

	for (size_t i = 0; i < count; i++) {
		struct problem why = {0};
		struct row *row = &read[good];
		int r = row_read(pass->work->spec, doc_at(rows, first + i), row, &why);
		if (r < 0) {
			log_error(r, "%s: %s: row %zu is left out: %s", pass->account->config->name,
				  pass->work->spec->name, first + i, problem_words(&why, r));
			row_finish(row);
		} else {
			facts[good++] = (struct fact){row->id,
						      row->state,
						      row->created_ns,
						      row->updated_ns,
						      row->error,
						      row->record,
						      NULL,
						      row->files,
						      row->file_count};
		}
		problem_finish(&why);
	}
	int r = items_merge_pass(pass->account->shared->store, pass->account->number,
				 pass->work->number, pass->number, facts, good, &changes, &changed);
	if (r == 0) {
		account_report_changes(pass->account, pass->work->number, changes, changed);
	}
	free(changes);
	for (int i = 0; i < good; i++) {
		row_finish(&read[i]);
	}
	return r;
}

static int list_page(struct pass *pass, struct problem *why)
{
	struct operation operation = {
		.collection = pass->work->spec,
		.position = &pass->position,
		.background = true,
	};
	struct call call = {0};
	struct doc *answer = NULL;
	const struct doc *rows = NULL;

	pass->waiter->deadline_ms = clock_ms() + PAGE_MS;
	int r = call_run(pass->account, &call, &operation, pass->waiter, &answer, NULL, why);
	if (r == -ENOENT) {
		/* An item can be gone; that a whole listing is means that the address is wrong. */
		auto_free char *words = strdup(problem_words(why, r));
		r = problem_set(
			why, -EBADMSG,
			"%s: there is no such listing; check the address in the accounts file",
			words ? words : "");
	}
	if (r == 0) {
		r = page_read(pass->work->spec, answer, &pass->position, &rows, why);
	}
	size_t count = r == 0 ? doc_count(rows) : 0;
	for (size_t i = 0; i < count && r == 0; i += BATCH) {
		r = merge_batch(pass, rows, i, count - i < BATCH ? count - i : BATCH);
		problem_set(r < 0 ? why : NULL, r, "the state folder: %s", strerror(-r));
		if (r == 0 && waiter_is_interrupted(pass->waiter)) {
			r = -EINTR; /* orderfs is ending */
		}
	}
	doc_destroy(answer);
	call_finish(&call);
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
	int at_misses = pass->position.cut ? INT_MAX : pass->position.pages > 1 ? 2 : 1;

	int r = items_pass_end(pass->account->shared->store, pass->account->number,
			       pass->work->number, pass->number, at_misses, expired, now - YOUNG_NS,
			       &changes, &changed);
	if (r == 0) {
		account_report_changes(pass->account, pass->work->number, changes, changed);
	}
	free(changes);
	return r;
}

int pass_run(struct account *account, struct work *work, struct waiter *waiter, struct problem *why)
{
	struct store *store = account->shared->store;
	struct pass pass = {.account = account, .work = work, .waiter = waiter};
	int64_t since_ns = clock_wall_ns();
	int r = items_pass_begin(store, account->number, work->number, &pass.number);

	while (r == 0 && !pass.position.done) {
		r = list_page(&pass, why);
	}
	if (r == 0) {
		r = drop_missing(&pass);
	}
	if (r == 0) {
		adopt_items(account, work, since_ns);
	}
	if (pass.position.rows > LARGE_ROWS) {
		malloc_trim(0);
	}
	return r;
}
