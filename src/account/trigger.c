/* Carrying out a command: what stands behind a write to `trigger`.
 *
 * On disk before it is sent, sent at most once, and its outcome on disk afterwards. What cannot be
 * known is written down as not known, and left to adopt.c. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

/* So much of a command that cannot be read is kept. */
enum { WRITTEN_BYTES = 1024 };

/* One command under way. */
struct order {
	struct account *account;
	struct work *work;
	const struct act *act;
	struct command_text text;
	int64_t journal_row;
	bool sent;
	char *id; /* of what was made */
	uint32_t row;
};

static void order_finish(struct order *order)
{
	command_text_finish(&order->text);
	free(order->id);
}

static int check_allowed(const struct order *order, struct problem *why)
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
	return 0;
}

/* -EALREADY when what an earlier, equal command made is still on its way, as far as is known
 * here. */
static int check_same(const struct order *order, uint32_t *active_row, struct problem *why)
{
	struct store *store = order->account->shared->store;
	struct command same = {0};
	struct item item = {0};

	*active_row = 0;
	int r = journal_same(store, order->account->number, order->work->number, 0,
			     order->text.json, &same);
	if (r < 0) {
		return r == -ENOENT ? 0 : r;
	}
	if (same.outcome == OUTCOME_SENDING || same.outcome == OUTCOME_UNKNOWN) {
		r = problem_set(why, -EALREADY,
				"the same command was sent and its outcome is not "
				"known yet: it is looked for; force=yes sends it again");
	} else if (same.id &&
		   item_by_id(store, order->account->number, order->work->number, same.id, &item) ==
			   0 &&
		   state_is_active(item.state)) {
		*active_row = item.row;
		r = problem_set(why, -EALREADY, "%s/%s is already %s; force=yes starts another",
				order->work->spec->name, item.name, state_word(item.state));
	}
	item_finish(&item);
	command_finish(&same);
	return r;
}

/* Refuses a command that is on its way, else writes it down. What is known here may be old, so
 * the API is asked before a command is refused for it; what it says then decides. */
static int begin(struct order *order, struct waiter *waiter, struct problem *why)
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
		r = journal_begin(account->shared->store, account->number, order->work->number, 0,
				  order->text.json, &order->journal_row);
		problem_set(r < 0 ? why : NULL, r,
			    "not sent, since it could not be written "
			    "to the state folder: %s",
			    strerror(-r));
	}
	pthread_mutex_unlock(&account->command_mutex);
	return r;
}

/* The new item: its row when the answer holds one, else as little as its id. */
static int adopt_answer(struct order *order, const struct doc *answer, struct problem *why)
{
	const struct act *act = order->act;
	auto_free char *remembered = NULL;
	const char *id = act->id ? doc_text(doc_path(answer, act->id), NULL) : NULL;
	const struct doc *node = act->row ? doc_path(answer, act->row) : NULL;

	if (!id || !*id) {
		return problem_set(why, -EBADMSG,
				   "the API took the command, but its answer names "
				   "nothing that it made");
	}
	order->id = strdup(id);
	int r = order->id ? command_remembered(act, order->text.json, &remembered) : -ENOMEM;
	if (r < 0) {
		return r;
	}
	if (node &&
	    ask_merge(order->account, order->work, node, remembered, &order->row, why) == 0) {
		return 0;
	}
	struct fact fact = {.id = id,
			    .state = STATE_QUEUED,
			    .record = "{}\n",
			    .remembered = remembered};
	auto_free struct item_change *changes = NULL;
	int count = 0;
	r = items_merge(order->account->shared->store, order->account->number, order->work->number,
			&fact, 1, &changes, &count);
	if (r == 0 && count > 0) {
		order->row = changes[0].row;
	}
	account_report_changes(order->account, order->work->number, changes, count);
	return r;
}

static int send(struct order *order, struct waiter *waiter, struct problem *why)
{
	struct values values = {order->text.values, order->text.value_count, NULL};
	struct operation operation = {.spec = order->act->request, .values = &values};
	struct call call = {0};
	struct doc *answer = NULL;

	int r = call_run(order->account, &call, &operation, waiter, &answer, &order->sent, why);
	if (r == 0) {
		r = adopt_answer(order, answer, why);
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

/* A failure stays in the account's status until the next command goes well. */
static void note_outcome(struct order *order, int r, const struct problem *why)
{
	struct account *account = order->account;
	struct work *work = order->work;
	char when[CLOCK_TEXT_BYTES];
	char *words = NULL;

	if (r < 0 && asprintf(&words, "%s since %s: %s/trigger: %s", error_name(r),
			      clock_print(clock_wall_ns(), when), work->spec->name,
			      problem_words(why, r)) < 0) {
		words = NULL;
	}
	pthread_mutex_lock(&account->mutex);
	free(work->command_trouble);
	work->command_trouble = words;
	pthread_mutex_unlock(&account->mutex);
	if (r < 0) {
		log_error(r, "%s: %s/trigger: %s: %s", account->config->name, work->spec->name,
			  error_name(r), problem_words(why, r));
	}
}

static int finish(struct order *order, int r, struct problem *why)
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
	journal_end(order->account->shared->store, order->journal_row, outcome, r < 0 ? -r : 0,
		    r < 0 ? problem_words(why, r) : NULL, order->id);
	/* After the journal knows: a listing that is quick looks there. */
	if (outcome == OUTCOME_UNKNOWN) {
		sync_now(order->account, order->work);
	} else if (outcome == OUTCOME_DONE) {
		sync_soon(order->account, order->work);
	}
	return r;
}

/* {"path": "jobs/…", "id": "…", "state": "queued"} */
static int print_answer(const struct order *order, char **answer)
{
	struct doc *object = doc_object_create();
	struct item item = {0};
	auto_free char *path = NULL;

	int r = item_by_row(order->account->shared->store, order->row, &item);
	if (r == 0 && asprintf(&path, "%s/%s", order->work->spec->name, item.name) < 0) {
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
	journal_note(account->shared->store, account->number, order->work->number, 0,
		     order->text.json ? order->text.json
		     : written        ? written
				      : "{}",
		     -r, problem_words(why, r));
	doc_destroy(object);
}

int account_trigger(struct account *account, unsigned collection, const char *text, size_t length,
		    struct waiter *waiter, char **answer, struct problem *why)
{
	struct order order = {.account = account, .work = work_of(account, collection)};

	if (!order.work || !order.work->spec->create) {
		return -EPERM;
	}
	order.act = order.work->spec->create;
	atomic_fetch_add(&account->triggers, 1);
	int r = command_parse(order.act, text, length, &order.text, why);
	if (r == 0) {
		r = check_allowed(&order, why);
	}
	if (r == 0) {
		r = begin(&order, waiter, why);
	}
	if (r < 0) {
		note_refused(&order, text, length, r, why);
	} else {
		r = send(&order, waiter, why);
		r = finish(&order, r, why);
	}
	note_outcome(&order, r, why);
	if (r == 0) {
		r = print_answer(&order, answer);
	}
	order_finish(&order);
	return r;
}
