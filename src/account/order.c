/* Before a command is sent: whether it is allowed, whether its item is in a state for it, and
 * whether the same is on its way already. What passes is written to the journal. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

int order_check_allowed(const struct order *order, struct problem *why)
{
	const struct account_config *config = order->account->config;

	if (order->act->effect == EFFECT_MONEY && !config->spend) {
		return problem_set(why, -EPERM,
				   "this spends money: it needs `spend: yes` in the "
				   "account's configuration");
	}
	if (order->act->effect == EFFECT_CANCEL && !config->cancel) {
		return problem_set(why, -EPERM,
				   "this cancels: it needs `cancel: yes` in the "
				   "account's configuration");
	}
	if (!detect_allows(order->account, order->work, order->act)) {
		return problem_set(why, -EINVAL, "this server has no %s: its version lacks %s",
				   order->act->word, order->act->needs);
	}
	return 0;
}

/* -EALREADY when the item is on its way already, or was delivered. */
static int check_item(const struct order *order, struct problem *why)
{
	if (order->act->deliver && deliver_is_done(order)) {
		return problem_set(why, -EALREADY,
				   "%s/%s was delivered and is kept here; force=yes asks for it "
				   "again",
				   order->work->name, order->item.name);
	}
	if (order->act->then == THEN_QUEUED && state_is_active(order->item.state)) {
		return problem_set(why, -EALREADY, "%s/%s is already %s; force=yes starts another",
				   order->work->name, order->item.name,
				   state_word(order->item.state));
	}
	return 0;
}

/* One that broke off may be asked for again: the API hands out the same once more. */
static int check_delivery(const struct order *order, const struct command *same,
			  struct problem *why)
{
	if (same->outcome != OUTCOME_SENDING) {
		return 0;
	}
	return problem_set(why, -EALREADY,
			   "%s/%s is on its way: %s appears when all of it is here; force=yes "
			   "asks for it again",
			   order->work->name, order->item.name, parcel_record(order->act));
}

/* -EALREADY when what an earlier, equal command made is still on its way, as far as is known
 * here. */
static int check_same(const struct order *order, uint32_t *active_row, struct problem *why)
{
	struct store *store = order->account->shared->store;
	struct command same = {0};
	struct item item = {0};

	*active_row = 0;
	if (order->item.row) {
		int r = check_item(order, why);
		if (r < 0) {
			return r;
		}
	}
	int r = journal_same(store, order->account->number, order->work->number, order->item.row,
			     order->text.json, &same);
	if (r < 0) {
		return r == -ENOENT ? 0 : r;
	}
	if (order->act->deliver) {
		r = check_delivery(order, &same, why);
	} else if (same.outcome == OUTCOME_SENDING || same.outcome == OUTCOME_UNKNOWN) {
		r = problem_set(why, -EALREADY,
				"the same command was sent and its outcome is not "
				"known yet: it is looked for; force=yes sends it again");
	} else if (!order->item.row && same.id &&
		   item_by_id(store, order->account->number, order->work->number, same.id, &item) ==
			   0 &&
		   state_is_active(item.state)) {
		*active_row = item.row;
		r = problem_set(why, -EALREADY, "%s/%s is already %s; force=yes starts another",
				order->work->name, item.name, state_word(item.state));
	}
	item_finish(&item);
	command_finish(&same);
	return r;
}

/* Refuses a command that is on its way, else writes it down. What is known here may be old, so
 * the API is asked before a command is refused for it; what it says then decides. */
int order_begin(struct order *order, struct waiter *waiter, struct problem *why)
{
	struct account *account = order->account;
	uint32_t active = 0;
	int r = 0;

	if (!order->text.force && check_same(order, &active, NULL) == -EALREADY && active) {
		account_ask(account, active, waiter, NULL);
	}
	pthread_mutex_lock(&account->command_mutex);
	if (!order->text.force) {
		r = check_same(order, &active, why);
	}
	if (r == 0) {
		r = journal_begin(account->shared->store, account->number, order->work->number,
				  order->item.row, order->text.json, &order->journal_row);
		problem_set(r < 0 ? why : NULL, r,
			    "not sent, since it could not be written "
			    "to the state folder: %s",
			    strerror(-r));
	}
	pthread_mutex_unlock(&account->command_mutex);
	return r;
}

/* The item's words as they are now: an act may need a state, and its end is told by a change. */
int order_look(struct order *order, struct waiter *waiter, struct problem *why)
{
	struct account *account = order->account;
	const struct act *act = order->act;

	if (!order->item.row || (!act->has_when && act->then != THEN_QUEUED)) {
		return 0;
	}
	uint32_t row = order->item.row;
	int r = account_ask(account, row, waiter, why);
	if (r == 0) {
		item_finish(&order->item);
		r = item_by_row(account->shared->store, row, &order->item);
	}
	if (r == 0 && act->has_when && order->item.state != act->when) {
		bool later = state_is_active(order->item.state);
		r = problem_set(why, later ? -EAGAIN : -EINVAL,
				"%s/%s is %s: this takes one that is %s", order->work->name,
				order->item.name, state_word(order->item.state),
				state_word(act->when));
	}
	return r;
}
