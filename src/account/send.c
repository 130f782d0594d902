/* Sending a command, once, and what its answer does here. An outcome that is not known is written
 * down as that, and looked for. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* The new item: its row when the answer holds one, else as little as its id. */
static int adopt_answer(struct order *order, const struct doc *answer, struct problem *why)
{
	const struct act *act = order->act;
	auto_free char *remembered = NULL;
	auto_free char *record = NULL;
	const char *id = act->id ? doc_text(doc_path(answer, act->id), NULL) : NULL;
	const struct doc *node = act->row ? doc_path(answer, act->row) : NULL;

	if (!id || !*id) {
		return problem_set(why, -EBADMSG,
				   "the API took the command, but its answer names "
				   "nothing that it made");
	}
	order->id = strdup(id);
	int r = order->id ? command_remembered(order->work->spec->create, order->text.json,
					       &remembered)
			  : -ENOMEM;
	if (r < 0) {
		return r;
	}
	if (node &&
	    merge_row(order->account, order->work, node, remembered, &order->row, why) == 0) {
		return 0;
	}
	if (act->record && doc_kind(doc_path(answer, act->record)) == DOC_OBJECT) {
		record = doc_print(doc_path(answer, act->record), true);
	}
	return merge_id(order->account, order->work, id, record, remembered, &order->row);
}

/* What an act does to its item. */
static int change_item(struct order *order)
{
	struct store *store = order->account->shared->store;
	struct item_change change = {0};
	int r = 0;

	order->id = strdup(order->item.id);
	order->row = order->item.row;
	if (!order->id) {
		return -ENOMEM;
	}
	if (order->act->then == THEN_QUEUED) {
		r = item_await(store, order->item.row,
			       clock_wall_ns() + order->act->grace_ms * 1000000, &change);
	} else if (order->act->then == THEN_GONE) {
		r = item_remove(store, order->item.row, &change);
	}
	if (r == 0 && change.changes) {
		account_report_changes(order->account, order->work->number, &change, 1);
	}
	return r;
}

int order_send(struct order *order, struct waiter *waiter, struct problem *why)
{
	struct value id = {"id", order->item.id};
	struct values of_item = {&id, order->item.row ? 1 : 0, NULL};
	struct values values = {order->text.values, order->text.value_count, &of_item};
	struct operation operation = {
		.spec = order->act->request,
		.act = order->act,
		.values = &values,
	};
	struct call call = {0};
	struct doc *answer = NULL;

	int r = call_run(order->account, &call, &operation, waiter, &answer, &order->sent, why);
	if (r == 0) {
		r = act_check(order->act, answer, why);
		order->sent = order->sent && r == 0; /* an answer that says no is an answer */
	}
	if (r == 0) {
		r = order->item.row ? change_item(order) : adopt_answer(order, answer, why);
	}
	doc_destroy(answer);
	/* One that was sent goes on to its end, even when nobody waits for it any more. */
	call_finish(&call);
	return r;
}

/* True for failures that leave open whether the API acted. A status is an answer: it refused. */
static bool is_open(const struct order *order, int r)
{
	return order->sent && !order->id &&
	       (r == -EINTR || r == -ETIMEDOUT || r == -EHOSTUNREACH || r == -ECONNREFUSED ||
		r == -EIO || r == -EBADMSG || r == -ECANCELED || r == -EREMOTEIO || r == -ENOMEM);
}

/* What is not known is looked for: the item as if its act had been taken. */
static void expect_outcome(struct order *order)
{
	struct item_change change = {0};

	if (order->item.row && order->act->then == THEN_QUEUED &&
	    item_await(order->account->shared->store, order->item.row,
		       clock_wall_ns() + order->act->grace_ms * 1000000, &change) == 0) {
		account_report_changes(order->account, order->work->number, &change, 1);
	}
	sync_now(order->account, order->work);
	if (!order->item.row) {
		sync_want(order->account, order->work);
	}
}

int order_end(struct order *order, int r, struct problem *why)
{
	enum outcome outcome = order->id ? OUTCOME_DONE : OUTCOME_REFUSED;

	if (is_open(order, r)) {
		outcome = OUTCOME_UNKNOWN;
		auto_free char *cause = strdup(problem_words(why, r));
		problem_set(why, r,
			    "the command was sent, but its outcome is not known (%s): it is "
			    "looked for in the next listings, and not sent again",
			    cause ? cause : error_words(r));
	}
	/* Before the journal knows: a listing that is quick takes it back. */
	trouble_note(order, r, why);
	journal_end(order->account->shared->store, order->journal_row, outcome, r < 0 ? -r : 0,
		    r < 0 ? problem_words(why, r) : NULL, order->id);
	/* After the journal knows: a listing that is quick looks there. */
	if (outcome == OUTCOME_UNKNOWN) {
		expect_outcome(order);
	} else if (outcome == OUTCOME_DONE) {
		sync_soon(order->account, order->work);
	}
	return r;
}
