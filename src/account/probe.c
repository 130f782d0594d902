/* Trying an account out, for `orderfs check`: log in, ask for one page of each listing and for each
 * document, and say in one line how that went.
 *
 * The requests are those of the account's thread, so what works here works in a mount. Nothing is
 * merged into the store, and nothing is sent that changes anything. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum {
	CLOCK_OFF_MS = 2 * 60 * 1000,
	HOUR_MINUTES = 60,
	DAY_MINUTES = 24 * HOUR_MINUTES,
};

struct probe {
	struct account *account;
	struct waiter *waiter;
	struct buf *said;
	int documents;
};

static void separate(struct probe *probe)
{
	buf_puts(probe->said, probe->said->length ? ", " : "");
}

/* Which settings the address can come from. */
static void tell_addresses(struct probe *probe)
{
	const struct provider *provider = probe->account->provider;
	const char *before = "; there is nothing at that address, check ";

	for (int i = 0; i < provider->setting_count; i++) {
		const struct setting_spec *setting = &provider->settings[i];
		if (setting->url && account_setting(probe->account, setting->name)) {
			buf_printf(probe->said, "%s%s", before, setting->name);
			before = " and ";
		}
	}
}

/* What failed takes the place of what went well before. */
static int fail(struct probe *probe, int r, const char *doing, const char *what,
		const struct problem *why)
{
	buf_clear(probe->said);
	buf_printf(probe->said, "%s%s: %s", doing, what, problem_words(why, r));
	if (r == -ENOENT) {
		tell_addresses(probe);
		r = -EBADMSG;
	}
	return r;
}

static int run(struct probe *probe, const struct operation *operation, struct doc **answer,
	       struct problem *why)
{
	struct call call = {0};
	int r = call_run(probe->account, &call, operation, probe->waiter, answer, NULL, why);

	call_finish(&call);
	return r;
}

/* True when there is something to log in to: a token in the accounts file is none. */
static bool logs_in(const struct account *account)
{
	const struct token_spec *token = account->provider->token;

	return token && token->login.request && !account_setting(account, token->fixed);
}

static int log_in(struct probe *probe)
{
	struct problem why = {0};
	char *token = NULL;
	int r = token_get(probe->account, probe->waiter, false, &token, &why);

	if (r < 0) {
		r = fail(probe, r, "logging in", "", &why);
	} else if (logs_in(probe->account)) {
		buf_puts(probe->said, "logged in");
	}
	wipe_text(token);
	problem_finish(&why);
	return r;
}

/* 1,234,567 */
static void tell_number(struct buf *out, uint64_t number)
{
	if (number < 1000) {
		buf_printf(out, "%u", (unsigned)number);
		return;
	}
	tell_number(out, number / 1000);
	buf_printf(out, ",%03u", (unsigned)(number % 1000));
}

static void tell_page(struct probe *probe, const char *name, uint64_t count,
		      const struct page_position *position)
{
	separate(probe);
	tell_number(probe->said, count);
	if (!position->done && position->total > (double)count && position->total < 1e15) {
		buf_puts(probe->said, " of ");
		tell_number(probe->said, (uint64_t)position->total);
	}
	buf_printf(probe->said, " %s", name);
	buf_puts(probe->said, position->done ? "" : " in the first page");
}

/* The rows of a page, as far as they can be read. */
static int read_rows(struct probe *probe, const struct collection *collection,
		     const struct doc *rows, const struct page_position *position,
		     struct problem *why)
{
	uint64_t good = 0;
	uint64_t bad = 0;

	for (size_t i = 0; i < doc_count(rows); i++) {
		const struct doc *node = page_row(&collection->list, rows, i);
		struct row row = {0};
		int r = node ? row_read(collection, NULL, node, NULL, clock_wall_ns(), &row, why)
			     : 0;
		good += node && r == 0;
		bad += r < 0;
		row_finish(&row);
	}
	if (bad > 0 && good == 0) {
		return -EBADMSG;
	}
	tell_page(probe, collection->name, good, position);
	if (bad > 0) {
		buf_printf(probe->said, " (%llu more cannot be read: %s)", (unsigned long long)bad,
			   problem_words(why, -EBADMSG));
	}
	return 0;
}

static int list_page(struct probe *probe, const struct collection *collection)
{
	struct page_position position = {0};
	struct problem why = {0};
	struct doc *answer = NULL;
	const struct doc *rows = NULL;
	struct operation operation = {
		.listing = &collection->list,
		.position = &position,
		.rows = &rows,
		.partial = collection->list.rows,
	};

	int r = run(probe, &operation, &answer, &why);
	if (r == 0) {
		r = read_rows(probe, collection, rows, &position, &why);
	}
	if (r < 0) {
		r = fail(probe, r, "listing ", collection->name, &why);
	}
	doc_destroy(answer);
	page_position_finish(&position);
	problem_finish(&why);
	return r;
}

static int fetch_document(struct probe *probe, const struct document *document)
{
	struct page_position position = {0};
	struct problem why = {0};
	struct doc *answer = NULL;
	const struct doc *rows = NULL;
	auto_free char *text = NULL;
	struct operation one = {.spec = document->list.request};
	struct operation page = {
		.listing = &document->list,
		.position = &position,
		.rows = &rows,
		.partial = document->list.rows,
	};

	int r = run(probe, document->is_folder ? &page : &one, &answer, &why);
	if (r == 0 && !document->is_folder) {
		r = document_text(document, answer, &text, &why);
	}
	if (r < 0) {
		r = fail(probe, r, "asking for ", document->name, &why);
	}
	doc_destroy(answer);
	page_position_finish(&position);
	problem_finish(&why);
	probe->documents += r == 0;
	return r;
}

static int ask_all(struct probe *probe)
{
	const struct provider *provider = probe->account->provider;
	int r = log_in(probe);

	for (int i = 0; i < provider->collection_count && r == 0; i++) {
		r = list_page(probe, &provider->collections[i]);
	}
	for (int i = 0; i < provider->document_count && r == 0; i++) {
		r = fetch_document(probe, &provider->documents[i]);
	}
	if (r == 0 && probe->documents > 0) {
		separate(probe);
		buf_printf(probe->said, "%d document%s", probe->documents,
			   probe->documents == 1 ? "" : "s");
	}
	return r;
}

/* ---- the clock */

static void tell_clock(struct probe *probe)
{
	int64_t behind_ms = atomic_load(&probe->account->behind_ms);
	int64_t minutes = (llabs(behind_ms) + 30000) / 60000;
	const char *unit = "minutes";

	if (llabs(behind_ms) < CLOCK_OFF_MS) {
		return;
	}
	if (minutes >= 2 * DAY_MINUTES) {
		minutes /= DAY_MINUTES;
		unit = "days";
	} else if (minutes >= 2 * HOUR_MINUTES) {
		minutes /= HOUR_MINUTES;
		unit = "hours";
	}
	buf_printf(probe->said, "; this machine's clock is %lld %s %s the server's",
		   (long long)minutes, unit, behind_ms > 0 ? "behind" : "ahead of");
}

int account_probe(struct account *account, struct waiter *waiter, struct buf *said)
{
	struct probe probe = {.account = account, .waiter = waiter, .said = said};
	int r = ask_all(&probe);

	tell_clock(&probe);
	return buf_status(said) < 0 ? -ENOMEM : r;
}
