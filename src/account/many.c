/* Asking about many items in one request, where the API can.
 *
 * Whoever reads a status reads the next one soon, as a shell's loop over all orders does. So the
 * request for one takes its neighbours along, in the order of names: they are fresh when they are
 * asked for. Requests of one collection go one after another, so that readers at the same time
 * share them. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

enum { MANY_MOST = 100, FILL_REQUESTS = 2, EACH_MOST = 8 };

static bool is_fresh(struct account *account, uint32_t row)
{
	return flight_is_fresh(&account->flights, flight_key(FLIGHT_ITEM, row));
}

static int most_of(struct work *work)
{
	int learnt = atomic_load(&work->many_most);
	int most = learnt > 0 ? learnt : work->spec->many_most;

	return most < MANY_MOST ? most : MANY_MOST;
}

/* Adds the item's id to what the call asks about. */
static int add_id(struct call *call, struct account *account, uint32_t row)
{
	struct item item = {0};
	int r = item_by_row(account->shared->store, row, &item);

	if (r == 0 && !call->ids) {
		call->ids = calloc(MANY_MOST, sizeof(*call->ids));
		r = call->ids ? 0 : -ENOMEM;
	}
	if (r == 0) {
		call->ids[call->id_count++] = take_ptr(&item.id);
	}
	item_finish(&item);
	return r == -ENOENT ? 0 : r;
}

static void drop_ids(struct call *call)
{
	for (int i = 0; i < call->id_count; i++) {
		free(call->ids[i]);
	}
	free(call->ids);
	call->ids = NULL;
	call->id_count = 0;
}

/* The item itself, and those after it that are worth asking about. */
static int choose_neighbours(struct account *account, struct work *work, const struct item *item,
			     struct call *call)
{
	struct item_line lines[MANY_MOST];
	int most = most_of(work);
	int r = add_id(call, account, item->row);
	int count = r < 0 ? r
			  : items_unsettled(account->shared->store, account->number, work->number,
					    work->settled, item->name, lines, most);

	for (int i = 0; i < count && r == 0 && call->id_count < most; i++) {
		if (lines[i].row != item->row && !is_fresh(account, lines[i].row)) {
			r = add_id(call, account, lines[i].row);
		}
	}
	return count < 0 ? count : r;
}

/* What the answer says of each. An item that it says nothing about stays as it is; only memory and
 * the disk can fail here. */
static int judge_all(struct account *account, struct work *work, const struct call *call,
		     const struct doc *answer)
{
	int r = 0;

	for (int i = 0; i < call->id_count && (r == 0 || r == -EBADMSG || r == -ENOENT); i++) {
		const struct doc *node = many_answer(answer, i);
		struct problem why = {0};
		struct item item = {0};

		r = doc_kind(node) == DOC_ABSENT
			    ? -ENOENT
			    : item_by_id(account->shared->store, account->number, work->number,
					 call->ids[i], &item);
		if (r == 0) {
			r = ask_judge(account, work, &item, node, &why);
		}
		if (r == -EBADMSG) {
			log_error(r, "%s: %s/%s: %s", account->config->name, work->name, item.name,
				  problem_words(&why, r));
		}
		problem_finish(&why);
		item_finish(&item);
	}
	return r == -EBADMSG || r == -ENOENT ? 0 : r;
}

/* Sends what the call holds and merges the answer. Where the server finds that too much, the next
 * requests are smaller: 1 asks the caller to choose again. */
static int run(struct account *account, struct work *work, struct call *call, bool background,
	       struct waiter *waiter, struct problem *why)
{
	struct doc *answer = NULL;
	bool too_many = false;
	struct operation operation = {
		.many = work->spec,
		.ids = (const char *const *)call->ids,
		.id_count = call->id_count,
		.too_many = &too_many,
		.partial = "data",
		.background = background,
	};

	int r = call_run(account, call, &operation, waiter, &answer, NULL, why);
	if (r < 0 && call->job) {
		return r; /* on its way still: whoever leads next asks for the same ids */
	}
	if (r == 0) {
		r = judge_all(account, work, call, answer);
	} else if (too_many && call->id_count > 1) {
		atomic_store(&work->many_most, (call->id_count + 1) / 2);
		log_info("%s: the server takes fewer than %d items in a request",
			 account->config->name, call->id_count);
		r = 1;
	}
	doc_destroy(answer);
	drop_ids(call);
	return r;
}

struct ask {
	struct account *account;
	struct work *work;
	const struct item *item;
	bool led;
};

static int ask_batch(void *context, struct call *call, struct waiter *waiter, struct problem *why)
{
	struct ask *ask = context;
	int r;

	do {
		r = 0;
		if (!call->ids) {
			ask->led = true;
			r = choose_neighbours(ask->account, ask->work, ask->item, call);
		}
		if (r == 0) {
			r = run(ask->account, ask->work, call, false, waiter, why);
		}
	} while (r == 1);
	return r;
}

int many_ask(struct account *account, struct work *work, const struct item *item,
	     struct waiter *waiter, struct problem *why)
{
	struct ask ask = {account, work, item, false};
	int r = 0;

	while (r == 0 && !is_fresh(account, item->row)) {
		if (ask.led) {
			struct item now = {0};
			r = item_by_row(account->shared->store, item->row, &now);
			item_finish(&now);
			return r == -ENOENT ? problem_set(why, r,
							  "%s is gone: the API does not know it "
							  "any more",
							  item->name)
					    : problem_set(why, -EBADMSG,
							  "the API does not say how %s stands",
							  item->name);
		}
		r = flight_run(&account->flights, flight_key(FLIGHT_MANY, work->number), 0,
			       ask_batch, &ask, waiter, why);
	}
	return r;
}

/* In the account's thread: one request about these. */
static int poll_rows(struct account *account, struct work *work, const uint32_t *rows, int count,
		     struct waiter *waiter, struct problem *why)
{
	struct call call = {0};
	int r = 0;

	for (int i = 0; i < count && r == 0; i++) {
		r = add_id(&call, account, rows[i]);
	}
	if (r == 0 && call.id_count > 0) {
		r = run(account, work, &call, true, waiter, why);
	}
	call_finish(&call);
	return r == 1 ? 0 : r;
}

int many_ask_rows(struct account *account, struct work *work, const uint32_t *rows, int count,
		  struct waiter *waiter, struct problem *why)
{
	uint32_t some[MANY_MOST];
	int r = 0;

	for (int done = 0; done < count && r == 0;) {
		int taken = 0;
		for (; done < count && taken < most_of(work); done++) {
			some[taken] = rows[done];
			taken += rows[done] != 0;
		}
		waiter->deadline_ms = clock_ms() + PAGE_MS;
		r = poll_rows(account, work, some, taken, waiter, why);
	}
	return r;
}

/* Without a request for many, each is asked about by itself: a few, since the next listing tells
 * about the others. */
static int poll_each(struct account *account, const uint32_t *rows, int count,
		     struct waiter *waiter, struct problem *why)
{
	int r = 0;

	for (int i = 0; i < count && i < EACH_MOST && (r == 0 || r == -ENOENT); i++) {
		waiter->deadline_ms = clock_ms() + PAGE_MS;
		r = account_ask(account, rows[i], waiter, why);
	}
	return r;
}

int many_poll(struct account *account, struct work *work, struct waiter *waiter,
	      struct problem *why)
{
	uint32_t rows[MANY_MOST];
	uint32_t after = 0;
	int most = work->spec->many ? most_of(work) : MANY_MOST;
	int count;
	int r = 0;

	do {
		count = items_active_rows(account->shared->store, account->number, work->number,
					  after, rows, most);
		if (count <= 0) {
			break;
		}
		after = rows[count - 1];
		if (!work->spec->many) {
			return poll_each(account, rows, count, waiter, why);
		}
		waiter->deadline_ms = clock_ms() + PAGE_MS;
		r = poll_rows(account, work, rows, count, waiter, why);
	} while (r == 0);
	return count < 0 ? count : r;
}

/* Rows come without their part. A few of the newest are asked about after each listing, so that in
 * time all are, and no listing turns into a flood. */
int many_fill(struct account *account, struct work *work, struct waiter *waiter,
	      struct problem *why)
{
	uint32_t rows[MANY_MOST];
	int r = 0;

	for (int i = 0; i < FILL_REQUESTS && r == 0; i++) {
		int count = items_without_part(account->shared->store, account->number,
					       work->number, rows, most_of(work));
		if (count <= 0) {
			return count;
		}
		waiter->deadline_ms = clock_ms() + PAGE_MS;
		r = poll_rows(account, work, rows, count, waiter, why);
	}
	return r;
}
