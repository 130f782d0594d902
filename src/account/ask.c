/* Asking the API about one item: what stands behind `cat status`. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* The API does not know it any more. Past its lifetime that is how things go, and the word for it
 * is `expired` until a listing drops it; else it is gone. */
static int item_vanished(struct account *account, struct work *work, const struct item *item,
			 struct problem *why)
{
	auto_free struct item_change *changes = NULL;
	int64_t life_ns = work->spec->lifetime_ms * 1000000;
	struct item_change change = {0};
	int changed = 0;

	if (life_ns > 0 && item->created_ns > 0 && clock_wall_ns() - item->created_ns >= life_ns) {
		struct fact fact = {.id = item->id,
				    .state = STATE_EXPIRED,
				    .created_ns = item->created_ns,
				    .updated_ns = item->updated_ns,
				    .record = item->record};
		int r = items_merge(account->shared->store, account->number, work->number, &fact, 1,
				    &changes, &changed);
		account_report_changes(account, work->number, changes, changed);
		return r;
	}
	if (clock_wall_ns() - item->created_ns < YOUNG_NS) {
		return problem_set(why, -ENOENT, "the API does not know %s yet", item->name);
	}
	int r = item_remove(account->shared->store, item->row, &change);
	if (r == 0) {
		account_report_changes(account, work->number, &change, 1);
	}
	return problem_set(why, -ENOENT, "%s is gone: the API does not know it any more",
			   item->name);
}

int ask_judge(struct account *account, struct work *work, const struct item *item,
	      const struct doc *node, struct problem *why)
{
	uint32_t row = 0;

	if (work->spec->part) {
		return merge_part(account, work, item, node, why);
	}
	/* Null is what GraphQL says of an object that there is not. */
	if (work->spec->many && doc_kind(node) == DOC_NULL) {
		return item_vanished(account, work, item, why);
	}
	int r = merge_row(account, work, node, NULL, &row, why);
	if (r == 0 && row != item->row) {
		r = problem_set(why, -EBADMSG, "the API answered with another item than %s",
				item->name);
	}
	return r;
}

struct ask {
	struct account *account;
	struct work *work;
	const struct item *item;
	bool background;
};

static int ask_item(void *context, struct call *call, struct waiter *waiter, struct problem *why)
{
	const struct ask *ask = context;
	struct value id = {"id", ask->item->id};
	struct values values = {&id, 1, NULL};
	struct operation operation = {.spec = ask->work->spec->get,
				      .values = &values,
				      .background = ask->background};
	struct doc *answer = NULL;

	int r = call_run(ask->account, call, &operation, waiter, &answer, NULL, why);
	if (r == -ENOENT) {
		r = item_vanished(ask->account, ask->work, ask->item, why);
	} else if (r == 0) {
		r = ask_judge(ask->account, ask->work, ask->item,
			      doc_path(answer, ask->work->spec->row), why);
	}
	doc_destroy(answer);
	return r;
}

int ask_again(struct account *account, struct work *work, uint32_t row, struct waiter *waiter,
	      struct problem *why)
{
	struct item item = {0};
	struct call call = {0};
	int r = item_by_row(account->shared->store, row, &item);

	if (r == 0) {
		struct ask ask = {account, work, &item, true};
		waiter->deadline_ms = clock_ms() + PAGE_MS;
		r = ask_item(&ask, &call, waiter, why);
	}
	if (r == 0) {
		flight_mark(&account->flights, flight_key(FLIGHT_ITEM, row), FRESH_MS);
	}
	call_finish(&call);
	item_finish(&item);
	return r;
}

/* The last listing told about it too. */
static bool listed_just_now(struct account *account, struct work *work)
{
	pthread_mutex_lock(&account->mutex);
	bool fresh = work->answer_ms > 0 && clock_ms() - work->answer_ms < FRESH_MS;
	pthread_mutex_unlock(&account->mutex);
	return fresh && !work->spec->part;
}

/* Nothing that the API could say would change the word. Of a row that came without its part no word
 * is the last one. */
static bool is_settled(const struct work *work, const struct item *item)
{
	return work->settled & 1u << item->state && (!work->spec->part || item->part);
}

int account_ask(struct account *account, uint32_t row, struct waiter *waiter, struct problem *why)
{
	struct item item = {0};
	int r = item_by_row(account->shared->store, row, &item);
	struct work *work = r == 0 ? work_of(account, item.collection) : NULL;

	if (!work || is_settled(work, &item) || listed_just_now(account, work)) {
		item_finish(&item);
		return r;
	}
	if (work->spec->many) {
		r = many_ask(account, work, &item, waiter, why);
	} else {
		struct ask ask = {account, work, &item, false};
		r = flight_run(&account->flights, flight_key(FLIGHT_ITEM, row), FRESH_MS, ask_item,
			       &ask, waiter, why);
	}
	item_finish(&item);
	return r;
}
