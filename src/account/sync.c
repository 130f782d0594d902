/* The account's own thread: lists its collections and documents, now and then and when asked to,
 * polls what is on its way, and takes deliveries.
 *
 * One thread an account, so that a slow or failing API never delays another account. While
 * something is queued or running the interval is the description's `active`, growing; else it is
 * `list`. A listing that fails leaves what is known as it is. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	FIRST_RETRY_MS = 1000, /* after a failed listing; doubles up to the usual interval */
	FULL_MS = 30 * 60000,  /* where news come first, all is listed so often */
};

struct work *work_of(struct account *account, unsigned collection)
{
	for (int i = 0; i < account->work_count; i++) {
		if (account->works[i].spec && account->works[i].number == collection) {
			return &account->works[i];
		}
	}
	return NULL;
}

/* Items on their way are asked about by themselves where a listing does not reach all of them, or
 * where that is cheaper. */
static bool polls(const struct work *work)
{
	return work->spec &&
	       (work->spec->many || (work->spec->get && work->spec->list.newest_first));
}

static int64_t usual_interval(const struct work *work)
{
	return work->spec ? work->spec->poll_list_ms : work->document->every_ms;
}

/* The next interval of what is on its way; grows from call to call. */
static int64_t active_interval_locked(struct work *work)
{
	const struct collection *spec = work->spec;

	work->active_ms = work->active_ms ? work->active_ms * 3 / 2 : spec->poll_active_min_ms;
	if (work->active_ms > spec->poll_active_max_ms) {
		work->active_ms = spec->poll_active_max_ms;
	}
	return work->active_ms;
}

/* When to list again: sooner while something is running, later after each failure. */
static int64_t next_interval_locked(struct work *work, int active)
{
	int64_t wait = usual_interval(work);

	/* Who is refused knocks no louder: some APIs lock out whoever does. */
	if (work->failures > 0 && work->result == -EACCES) {
		return wait;
	}
	if (work->failures > 0) {
		int64_t retry = FIRST_RETRY_MS << (work->failures < 10 ? work->failures - 1 : 9);
		return retry < wait ? retry : wait;
	}
	if (active == 0) {
		work->active_ms = 0;
		work->poll_ms = 0;
		return wait;
	}
	if (polls(work)) {
		if (!work->poll_ms) {
			work->poll_ms = clock_ms() + active_interval_locked(work);
		}
		return wait;
	}
	int64_t active_ms = active_interval_locked(work);
	return active_ms < wait ? active_ms : wait;
}

/* What is worth listing often for: items on their way, and commands whose outcome is looked for. */
static int busy_count(struct account *account, struct work *work)
{
	struct store *store = account->shared->store;
	struct command *unknown = NULL;
	int unknown_count = 0;
	int active = 0;

	if (!work->spec) {
		return 0;
	}
	items_active(store, account->number, work->number, &active);
	journal_unknown(store, account->number, work->number, &unknown, &unknown_count);
	commands_finish(unknown, unknown_count);
	return active + unknown_count;
}

static void note_listing(struct account *account, struct work *work, int64_t asked_ms, bool full,
			 int r, const struct problem *why)
{
	int active = busy_count(account, work);

	atomic_fetch_add(r == 0 ? &account->listings : &account->listing_failures, 1);
	pthread_mutex_lock(&account->mutex);
	bool turned = r < 0 && work->result != r;
	if (turned) {
		work->failing_since_ns = clock_wall_ns();
	}
	work->failures = r < 0 ? work->failures + 1 : 0;
	work->result = r;
	free(work->words);
	work->words = r < 0 ? strdup(problem_words(why, r)) : NULL;
	work->finished_ms = clock_ms();
	if (r == 0) {
		work->listed = true;
		work->full_ms = full ? asked_ms : work->full_ms;
		work->answer_ms = full ? asked_ms : work->answer_ms;
	}
	work->due_ms = work->finished_ms + next_interval_locked(work, active);
	work->finished = work->started;
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	if (turned && r != -EINTR) {
		log_error(r, "%s: listing %s: %s: %s", account->config->name, work->name,
			  error_name(r), problem_words(why, r));
	}
}

/* A waiter for the account's thread, which stopping interrupts. */
static void begin_waiting(struct account *account, struct waiter *waiter)
{
	waiter_init(waiter, 0); /* every request has its own patience */
	pthread_mutex_lock(&account->mutex);
	account->listing = waiter;
	if (account->stopping) {
		waiter_interrupt(waiter);
	}
	pthread_mutex_unlock(&account->mutex);
}

static void end_waiting(struct account *account, struct waiter *waiter)
{
	pthread_mutex_lock(&account->mutex);
	account->listing = NULL;
	pthread_mutex_unlock(&account->mutex);
	waiter_finish(waiter);
}

/* True when everything is to be listed, not only news. */
static bool wants_full(const struct work *work, bool somebody_waits, int64_t now_ms)
{
	int64_t every = work->document ? work->document->full_ms : FULL_MS;
	bool has_news = work->document ? work->document->since != NULL
				       : work->spec->list.newest_first;

	return !has_news || somebody_waits || work->full_ms == 0 || now_ms - work->full_ms >= every;
}

static void list_now(struct account *account, struct work *work)
{
	struct problem why = {0};
	struct waiter waiter;
	int64_t asked_ms = clock_ms();

	begin_waiting(account, &waiter);
	pthread_mutex_lock(&account->mutex);
	bool full = wants_full(work, work->started < work->wanted, asked_ms);
	work->started++;
	pthread_mutex_unlock(&account->mutex);
	int r = work->document ? papers_fetch(account, work, full, &waiter, &why)
			       : pass_run(account, work, full, &waiter, &why);
	note_listing(account, work, asked_ms, full, r, &why);
	problem_finish(&why);
	if (r == 0 && work->spec) {
		detect_run(account, work, &waiter);
	}
	if (r == 0 && work->spec && work->spec->part) {
		many_fill(account, work, &waiter, NULL);
	}
	end_waiting(account, &waiter);
}

/* What is on its way is asked about. */
static void poll_now(struct account *account, struct work *work)
{
	struct problem why = {0};
	struct waiter waiter;
	int64_t since_ns = clock_wall_ns();

	begin_waiting(account, &waiter);
	int r = many_poll(account, work, &waiter, &why);
	if (r < 0 && r != -EINTR) {
		log_debug("%s: %s: %s", account->config->name, work->name, problem_words(&why, r));
	}
	adopt_items(account, work, r < 0 ? 0 : since_ns);
	int active = busy_count(account, work);
	pthread_mutex_lock(&account->mutex);
	work->poll_ms = active > 0 ? clock_ms() + active_interval_locked(work) : 0;
	pthread_mutex_unlock(&account->mutex);
	problem_finish(&why);
	end_waiting(account, &waiter);
}

/* What somebody told of is looked at. */
static void look_now(struct account *account, struct work *work)
{
	struct waiter waiter;

	begin_waiting(account, &waiter);
	bool list = hint_look(account, work, &waiter);
	end_waiting(account, &waiter);
	if (list) {
		list_now(account, work);
	}
}

static bool take_delivery(struct account *account)
{
	struct waiter waiter;

	begin_waiting(account, &waiter);
	bool taken = deliver_next(account, &waiter);
	end_waiting(account, &waiter);
	return taken;
}

/* What to do next, and when: at once when somebody waits for it. */
enum task { TASK_LIST, TASK_POLL, TASK_LOOK };
static struct work *next_work_locked(struct account *account, int64_t *at_ms, enum task *task)
{
	struct work *next = NULL;

	for (int i = 0; i < account->work_count; i++) {
		struct work *work = &account->works[i];
		int64_t at = work->started < work->wanted ? 0 : work->due_ms;
		int64_t look = hint_due_locked(account, work);
		enum task best = TASK_LIST;
		if (work->poll_ms && work->poll_ms < at) {
			at = work->poll_ms;
			best = TASK_POLL;
		}
		if (look >= 0 && look < at) {
			at = look;
			best = TASK_LOOK;
		}
		if (!next || at < *at_ms) {
			next = work;
			*at_ms = at;
			*task = best;
		}
	}
	return next;
}

static void *sync_main(void *context)
{
	struct account *account = context;

	pthread_mutex_lock(&account->mutex);
	while (!account->stopping) {
		int64_t at_ms = 0;
		enum task task = TASK_LIST;
		struct work *work = next_work_locked(account, &at_ms, &task);
		if (!account->deliveries && clock_ms() < at_ms) {
			struct timespec until = clock_timespec(at_ms * 1000000);
			pthread_cond_timedwait(&account->changed, &account->mutex, &until);
			continue;
		}
		pthread_mutex_unlock(&account->mutex);
		if (take_delivery(account)) {
			/* people wait for those */
		} else if (task == TASK_LOOK) {
			look_now(account, work);
		} else if (task == TASK_POLL) {
			poll_now(account, work);
		} else {
			list_now(account, work);
		}
		pthread_mutex_lock(&account->mutex);
	}
	/* Whoever still waits for a listing hears that there will be none. */
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	deliver_drop_all(account);
	return NULL;
}

int sync_start(struct account *account)
{
	for (int i = 0; i < account->work_count; i++) {
		if (account->works[i].spec) {
			adopt_expect(account, &account->works[i]);
		}
	}
	int r = pthread_create(&account->thread, NULL, sync_main, account);
	account->started = r == 0;
	return -r;
}

void sync_stop(struct account *account)
{
	pthread_mutex_lock(&account->mutex);
	account->stopping = true;
	/* Under the mutex: the waiter cannot go away meanwhile. */
	if (account->listing) {
		waiter_interrupt(account->listing);
	}
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	if (account->started) {
		pthread_join(account->thread, NULL);
		account->started = false;
	}
}

static void list_in(struct account *account, struct work *work, int64_t ms)
{
	int64_t at = clock_ms() + ms;

	pthread_mutex_lock(&account->mutex);
	work->active_ms = 0;
	if (polls(work) && (!work->poll_ms || at < work->poll_ms)) {
		work->poll_ms = at;
	}
	if (!polls(work) && at < work->due_ms) {
		work->due_ms = at;
	}
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
}

void sync_soon(struct account *account, struct work *work)
{
	list_in(account, work, work->spec->poll_active_min_ms);
}

void sync_now(struct account *account, struct work *work)
{
	list_in(account, work, 0);
}

void sync_want(struct account *account, struct work *work)
{
	pthread_mutex_lock(&account->mutex);
	work->due_ms = 0;
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
}
