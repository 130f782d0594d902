/* Listings that somebody waits for: asked of the account's thread, and waited for here. */
#include <errno.h>

#include "account/internal.h"
#include "base/clock.h"

/* So long a failure answers for those who ask right after it. */
enum { FORGIVEN_MS = 1000 };

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
