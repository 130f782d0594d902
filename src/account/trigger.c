/* Carrying out a command: what stands behind a write to `trigger`.
 *
 * On disk before it is sent, sent at most once, and its outcome on disk afterwards. What cannot be
 * known is written down as not known, and left to adopt.c. order.c checks, send.c sends. */
#include "account/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void order_finish(struct order *order)
{
	command_text_finish(&order->text);
	item_finish(&order->item);
	free(order->id);
}

/* So much of a command that cannot be read is kept. */
enum { WRITTEN_BYTES = 1024 };

/* {"path": "jobs/…", "id": "…", "state": "queued"} */
static int print_answer(const struct order *order, char **answer)
{
	struct doc *object = doc_object_create();
	struct item item = {0};
	auto_free char *path = NULL;

	int r = item_by_row(order->account->shared->store, order->row, &item);
	if (r == -ENOENT && order->act->then == THEN_GONE) {
		doc_set_text(object, "id", order->id);
		doc_set_text(object, "state", "gone");
		*answer = doc_print(object, false);
		doc_destroy(object);
		return *answer ? 0 : -ENOMEM;
	}
	if (r == 0 && asprintf(&path, "%s/%s", order->work->name, item.name) < 0) {
		path = NULL;
		r = -ENOMEM;
	}
	if (r == 0) {
		doc_set_text(object, "path", path);
		doc_set_text(object, "id", item.id);
		doc_set_text(object, "state", state_word(item.state));
		*answer = doc_print(object, false);
		r = *answer ? 0 : -ENOMEM;
	}
	item_finish(&item);
	doc_destroy(object);
	return r;
}

/* A command that was not sent is written down too: as it was read, or, when nobody could read it,
 * as it was written. */
static void note_refused(const struct order *order, const char *text, size_t length, int r,
			 const struct problem *why)
{
	struct account *account = order->account;
	struct doc *object = order->text.json ? NULL : doc_object_create();
	auto_free char *start = strndup(text, length < WRITTEN_BYTES ? length : WRITTEN_BYTES);
	auto_free char *written = NULL;

	if (object && start) {
		doc_set_text(object, "text", start);
		written = doc_print(object, false);
	}
	journal_note(account->shared->store, account->number, order->work->number, order->item.row,
		     order->text.json ? order->text.json
		     : written        ? written
				      : "{}",
		     -r, problem_words(why, r));
	doc_destroy(object);
}

/* From the text to a command that may be sent, written down. */
static int prepare(struct order *order, const struct trigger *trigger, const char *text,
		   size_t length, struct waiter *waiter, struct problem *why)
{
	int r = command_parse(trigger, text, length, &order->text, why);

	if (r == 0) {
		order->act = order->text.act;
		r = order_check_allowed(order, why);
	}
	if (r == 0) {
		r = order_look(order, waiter, why);
	}
	return r == 0 ? order_begin(order, waiter, why) : r;
}

int account_trigger(struct account *account, unsigned collection, uint32_t item, const char *text,
		    size_t length, struct waiter *waiter, char **answer, struct problem *why)
{
	struct order order = {.account = account, .work = work_of(account, collection)};
	const struct trigger *trigger = NULL;

	if (order.work) {
		trigger = item ? order.work->spec->act : order.work->spec->create;
	}
	if (!trigger) {
		return -EPERM;
	}
	int r = item ? item_by_row(account->shared->store, item, &order.item) : 0;
	if (r < 0) {
		return r;
	}
	atomic_fetch_add(&account->triggers, 1);
	r = prepare(&order, trigger, text, length, waiter, why);
	if (r < 0) {
		note_refused(&order, text, length, r, why);
		trouble_note(&order, r, why);
	} else if (order.act->deliver) {
		r = deliver_order(&order, waiter, why);
	} else {
		r = order_send(&order, waiter, why);
		r = order_end(&order, r, why);
	}
	if (r == 0) {
		r = print_answer(&order, answer);
	}
	order_finish(&order);
	return r;
}
