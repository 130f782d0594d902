/* The account's own thread: lists its collections, now and then and when asked to.
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
	FORGIVEN_MS = 1000,    /* so long a failure answers for those who ask right after it */
};

struct work *work_of(struct account *account, unsigned collection)
{
	for (int i = 0; i < account->work_count; i++) {
		if (account->works[i].number == collection) {
			return &account->works[i];
		}
	}
	return NULL;
}

/* When to list again: sooner while something is running, later after each failure. */
static int64_t next_interval_locked(struct work *work, int active)
{
	const struct collection *spec = work->spec;
	int64_t wait = spec->poll_list_ms;

	if (work->failures > 0) {
		int64_t retry = FIRST_RETRY_MS << (work->failures < 10 ? work->failures - 1 : 9);
		return retry < wait ? retry : wait;
	}
	if (active == 0) {
		work->active_ms = 0;
		return wait;
	}
	work->active_ms = work->active_ms ? work->active_ms * 3 / 2 : spec->poll_active_min_ms;
	if (work->active_ms > spec->poll_active_max_ms) {
		work->active_ms = spec->poll_active_max_ms;
	}
	return work->active_ms < wait ? work->active_ms : wait;
}

/* What is worth listing often for: items on their way, and commands whose outcome is looked for. */
static int busy_count(struct account *account, struct work *work)
{
	struct store *store = account->shared->store;
	struct command *unknown = NULL;
	int unknown_count = 0;
	int active = 0;

	items_active(store, account->number, work->number, &active);
	journal_unknown(store, account->number, work->number, &unknown, &unknown_count);
	commands_finish(unknown, unknown_count);
	return active + unknown_count;
}

static void note_listing(struct account *account, struct work *work, int64_t asked_ms, int r,
			 const struct problem *why)
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
		work->answer_ms = asked_ms;
	}
	work->due_ms = work->finished_ms + next_interval_locked(work, active);
	work->finished = work->started;
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	if (turned && r != -EINTR) {
		log_error(r, "%s: listing %s: %s: %s", account->config->name, work->spec->name,
			  error_name(r), problem_words(why, r));
	}
}

static void list_now(struct account *account, struct work *work)
{
	struct problem why = {0};
	struct waiter waiter;
	int64_t asked_ms = clock_ms();

	waiter_init(&waiter, 0); /* every page has its own patience */
	pthread_mutex_lock(&account->mutex);
	account->listing = &waiter;
	work->started++;
	bool stopping = account->stopping;
	pthread_mutex_unlock(&account->mutex);
	int r = stopping ? -EINTR : pass_run(account, work, &waiter, &why);
	pthread_mutex_lock(&account->mutex);
	account->listing = NULL;
	pthread_mutex_unlock(&account->mutex);
	note_listing(account, work, asked_ms, r, &why);
	waiter_finish(&waiter);
	problem_finish(&why);
}

/* The collection to list next, and when: at once when somebody waits for it. */
static struct work *next_work_locked(struct account *account, int64_t *at_ms)
{
	struct work *next = NULL;

	for (int i = 0; i < account->work_count; i++) {
		struct work *work = &account->works[i];
		int64_t at = work->started < work->wanted ? 0 : work->due_ms;
		if (!next || at < *at_ms) {
			next = work;
			*at_ms = at;
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
		struct work *work = next_work_locked(account, &at_ms);
		if (clock_ms() < at_ms) {
			struct timespec until = clock_timespec(at_ms * 1000000);
			pthread_cond_timedwait(&account->changed, &account->mutex, &until);
			continue;
		}
		pthread_mutex_unlock(&account->mutex);
		list_now(account, work);
		pthread_mutex_lock(&account->mutex);
	}
	/* Whoever still waits for a listing hears that there will be none. */
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	return NULL;
}

int sync_start(struct account *account)
{
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
	pthread_mutex_lock(&account->mutex);
	work->active_ms = 0;
	if (clock_ms() + ms < work->due_ms) {
		work->due_ms = clock_ms() + ms;
		pthread_cond_broadcast(&account->changed);
	}
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

/* Waits for the end of a listing that starts after now, or of the one under way when `any`
 * will do. */
static int wait_listing(struct account *account, struct work *work, bool any, struct waiter *waiter,
			struct problem *why)
{
	int r = 0;

	wait_begin(waiter, &account->mutex, &account->changed);
	bool under_way = work->started > work->finished;
	uint64_t wanted = work->started + (any && under_way ? 0 : 1);
	if (work->wanted < wanted) {
		work->wanted = wanted;
		pthread_cond_broadcast(&account->changed);
	}
	while (work->finished < wanted && !account->stopping && r == 0) {
		r = wait_sleep(waiter);
	}
	if (r < 0) {
		problem_set(why, r, "%s", error_words(r));
	} else if (work->finished < wanted) {
		r = problem_set(why, -ECANCELED, "%s", error_words(ECANCELED));
	} else if (work->result < 0) {
		r = problem_set(why, work->result, "%s", work->words ? work->words : "");
	}
	wait_end(waiter);
	return r;
}

int account_refresh(struct account *account, struct waiter *waiter, struct problem *why)
{
	int result = 0;

	for (int i = 0; i < account->work_count; i++) {
		int r = wait_listing(account, &account->works[i], false, waiter, why);
		result = result ? result : r;
	}
	return result;
}

int account_list_first(struct account *account, unsigned collection, struct waiter *waiter,
		       struct problem *why)
{
	struct work *work = work_of(account, collection);
	int r = 1;

	if (!work) {
		return -ENOENT;
	}
	pthread_mutex_lock(&account->mutex);
	if (work->listed) {
		r = 0;
	} else if (work->result < 0 && work->started == work->finished &&
		   clock_ms() - work->finished_ms < FORGIVEN_MS) {
		r = problem_set(why, work->result, "%s", work->words ? work->words : "");
	}
	pthread_mutex_unlock(&account->mutex);
	return r == 1 ? wait_listing(account, work, true, waiter, why) : r;
}
