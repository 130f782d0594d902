/* Taking delivery: an act whose answer is kept for good.
 *
 * The API may count the asking as delivery, so what came is on disk before anybody sees a name of
 * it, and it is asked for once. The account's thread carries it out: whoever wrote the command may
 * be interrupted, or run out of patience, and nothing is lost. The record is written last: where it
 * stands, everything does. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

enum { ANSWER_BYTES = 256 * 1024 * 1024 };

/* Held by the thread that waits and by the account's; under the account's mutex. */
struct delivery {
	struct delivery *next;
	int holders;
	bool ending; /* what became of it is being written down */
	bool done;
	int result;
	struct problem why;
	struct order order;
};

static void put_delivery(struct account *account, struct delivery *d)
{
	pthread_mutex_lock(&account->mutex);
	bool last = --d->holders == 0;
	pthread_mutex_unlock(&account->mutex);
	if (last) {
		order_finish(&d->order);
		problem_finish(&d->why);
		free(d);
	}
}

bool deliver_is_done(const struct order *order)
{
	struct file file = {0};
	int r = file_by_name(order->account->shared->store, order->account->number, order->item.row,
			     0, parcel_record(order->act), &file);

	file_finish(&file);
	return r == 0;
}

/* ---- what the account's thread does */

static int take(struct order *order, struct waiter *waiter, struct problem *why)
{
	struct value id = {"id", order->item.id};
	struct values of_item = {&id, 1, NULL};
	struct values values = {order->text.values, order->text.value_count, &of_item};
	struct operation operation = {
		.spec = order->act->request,
		.act = order->act,
		.values = &values,
		.body_max = ANSWER_BYTES,
	};
	struct parcel parcel = {0};
	struct call call = {0};
	struct doc *answer = NULL;

	waiter->deadline_ms = clock_ms() + PAGE_MS;
	int r = call_run(order->account, &call, &operation, waiter, &answer, &order->sent, why);
	call_finish(&call);
	if (r == 0) {
		order->sent = false; /* it answered: whatever fails now is no open question */
		r = act_check(order->act, answer, why);
	}
	if (r == 0) {
		r = parcel_read(order->act, answer, &parcel, why);
	}
	doc_destroy(answer);
	if (r == 0) {
		r = keep_parcel(order, &parcel, waiter, why);
	}
	parcel_finish(&parcel);
	/* It may have been hundreds of megabytes, and the next is days away. */
	malloc_trim(0);
	if (r == 0) {
		order->id = strdup(order->item.id);
		r = order->id ? 0 : -ENOMEM;
	}
	return r;
}

static struct delivery *pop(struct account *account)
{
	pthread_mutex_lock(&account->mutex);
	struct delivery *d = account->deliveries;
	if (d) {
		account->deliveries = d->next;
	}
	pthread_mutex_unlock(&account->mutex);
	return d;
}

static void deliver_end(struct account *account, struct delivery *d, int r, struct problem *why)
{
	pthread_mutex_lock(&account->mutex);
	d->ending = true;
	pthread_mutex_unlock(&account->mutex);
	r = order_end(&d->order, r, why);
	report_file(account, d->order.item.row, NULL, r < 0 ? problem_words(why, r) : NULL);
	pthread_mutex_lock(&account->mutex);
	d->done = true;
	d->result = r;
	problem_set(&d->why, r, "%s", problem_words(why, r));
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	put_delivery(account, d);
}

bool deliver_next(struct account *account, struct waiter *waiter)
{
	struct delivery *d = pop(account);
	struct problem why = {0};

	if (!d) {
		return false;
	}
	int r = take(&d->order, waiter, &why);
	deliver_end(account, d, r, &why);
	problem_finish(&why);
	return true;
}

void deliver_drop_all(struct account *account)
{
	struct delivery *d;

	while ((d = pop(account))) {
		struct problem why = {0};
		deliver_end(account, d, problem_set(&why, -ECANCELED, "%s", error_words(ECANCELED)),
			    &why);
		problem_finish(&why);
	}
}

/* ---- what the thread does that wrote the command */

static int wait_for(struct account *account, struct delivery *d, struct waiter *waiter,
		    struct problem *why)
{
	bool goes_on = false;
	int r = 0;

	wait_begin(waiter, &account->mutex, &account->changed);
	while (!d->done && r == 0) {
		r = wait_sleep(waiter);
	}
	if (d->done) {
		r = d->result;
		problem_set(why, r, "%s", problem_words(&d->why, r));
	} else {
		problem_set(why, r, "it goes on: %s/%s/%s appears when all of it is here",
			    d->order.work->name, d->order.item.name, parcel_record(d->order.act));
		goes_on = !d->ending;
		if (goes_on) {
			trouble_put_locked(&d->order, r, why);
		}
	}
	wait_end(waiter);
	if (goes_on) {
		trouble_log(&d->order, r, why);
	}
	return r;
}

int deliver_order(struct order *order, struct waiter *waiter, struct problem *why)
{
	struct account *account = order->account;
	struct delivery *d = calloc(1, sizeof(*d));
	struct item item = {0};

	int r = d ? item_by_row(account->shared->store, order->item.row, &item) : -ENOMEM;
	if (r < 0) {
		free(d);
		return order_end(order, r, why);
	}
	/* The text goes with it; the item's name is wanted by both. */
	d->order = *order;
	d->order.item = item;
	order->text = (struct command_text){0};
	order->row = order->item.row;
	d->holders = 2;
	pthread_mutex_lock(&account->mutex);
	struct delivery **last = &account->deliveries;
	while (*last) {
		last = &(*last)->next;
	}
	*last = d;
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	r = wait_for(account, d, waiter, why);
	put_delivery(account, d);
	return r;
}
