/* Hints: somebody says that an item changed, or that there is one. What he says about it is not
 * believed: it is read from the API, in the account's thread.
 *
 * Hints about one item are one until it was looked at, and looks follow one another at a bounded
 * rate, so that a storm of hints is a few requests. An API may tell of a change before it shows it:
 * what is still on its way is looked at once more a second later, and then polled as usual. */
#include "account/hint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "base/clock.h"
#include "base/log.h"

enum {
	EACH_MOST = 8,    /* requests in one look */
	AGAIN_MS = 1000,  /* when to look once more */
	LOOKS_BURST = 16, /* looks at once; later each has to wait for the one before */
};
#define LOOKS_PER_SECOND 4.0

void hint_init(struct account *account)
{
	bucket_init(&account->looks, LOOKS_PER_SECOND, LOOKS_BURST, clock_ms());
}

static struct hint *find_locked(struct hints *hints, const char *id)
{
	for (int i = 0; i < hints->count; i++) {
		if (strcmp(hints->list[i].id, id) == 0) {
			return &hints->list[i];
		}
	}
	return NULL;
}

static void add_locked(struct hints *hints, const char *id, int64_t at_ms, bool again)
{
	struct hint *hint = id ? find_locked(hints, id) : NULL;
	char *copy = NULL;

	if (hint && again) {
		return; /* there is news of it meanwhile */
	}
	if (!hints->list) {
		hints->list = calloc(HINTS_MOST, sizeof(*hints->list));
	}
	if (id && !hint && hints->list && hints->count < HINTS_MOST && (copy = strdup(id))) {
		hint = &hints->list[hints->count++];
		hint->id = copy;
	}
	if (hint) {
		hint->at_ms = at_ms;
		hint->again = again;
	} else {
		hints->whole = true;
	}
}

static void add(struct account *account, struct work *work, const char *id, int64_t at_ms,
		bool again)
{
	pthread_mutex_lock(&account->mutex);
	add_locked(&work->hints, id, at_ms, again);
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
}

void hint_add(struct account *account, struct work *work, const char *id)
{
	add(account, work, id, 0, false);
}

int64_t hint_due_locked(const struct account *account, const struct work *work)
{
	int64_t due_ms = work->hints.whole ? 0 : -1;
	int64_t now_ms = clock_ms();

	for (int i = 0; i < work->hints.count; i++) {
		int64_t at_ms = work->hints.list[i].at_ms;
		due_ms = due_ms < 0 || at_ms < due_ms ? at_ms : due_ms;
	}
	if (due_ms < 0) {
		return -1;
	}
	int64_t ready_ms = bucket_ready_at(&account->looks, now_ms);
	due_ms = ready_ms > due_ms && ready_ms > now_ms ? ready_ms : due_ms;
	return due_ms <= now_ms ? 0 : due_ms;
}

/* Takes those that are due, EACH_MOST of them or as many as one request may ask for. */
static int take(struct account *account, struct work *work, struct hint *out, bool *whole)
{
	struct hints *hints = &work->hints;
	int most = work->spec && work->spec->many ? HINTS_MOST : EACH_MOST;
	int64_t now_ms = clock_ms();
	int taken = 0;
	int left = 0;

	pthread_mutex_lock(&account->mutex);
	bucket_take(&account->looks, now_ms);
	*whole = hints->whole;
	hints->whole = false;
	for (int i = 0; i < hints->count; i++) {
		if (taken < most && hints->list[i].at_ms <= now_ms) {
			out[taken++] = hints->list[i];
		} else {
			hints->list[left++] = hints->list[i];
		}
	}
	hints->count = left;
	pthread_mutex_unlock(&account->mutex);
	return taken;
}

/* Whether an item is to be looked at once more, or its collection to be polled soon. */
static void follow(struct account *account, struct work *work, const struct hint *hint, int r)
{
	struct item item = {0};
	int found = item_by_id(account->shared->store, account->number, work->number, hint->id,
			       &item);
	bool open = r < 0 && r != -ENOENT ? true : found == 0 && state_is_active(item.state);

	if (open && !hint->again) {
		add(account, work, hint->id, clock_ms() + AGAIN_MS, true);
	} else if (open && found == 0) {
		sync_soon(account, work);
	}
	item_finish(&item);
}

/* The rows of the items that are to be asked about. Those that nobody knows here are found by a
 * listing: true when there are any. */
static bool find_rows(struct account *account, struct work *work, const struct hint *hints,
		      int count, uint32_t *rows)
{
	int64_t after_ms = work->spec->part ? 0 : AGAIN_MS;
	bool unknown = false;

	for (int i = 0; i < count; i++) {
		struct item item = {0};
		int r = item_by_id(account->shared->store, account->number, work->number,
				   hints[i].id, &item);

		rows[i] = r == 0 ? item.row : 0;
		if (r == 0 && hints[i].again && !work->spec->part && !state_is_active(item.state)) {
			rows[i] = 0; /* nothing more is to be expected */
		} else if (r == -ENOENT) {
			unknown = true;
			if (!hints[i].again) {
				add(account, work, hints[i].id, clock_ms() + after_ms, true);
			}
		}
		item_finish(&item);
	}
	return unknown;
}

static void ask_rows(struct account *account, struct work *work, const struct hint *hints,
		     const uint32_t *rows, int count, struct waiter *waiter)
{
	struct problem why = {0};
	int r = 0;

	if (work->spec->many) {
		r = many_ask_rows(account, work, rows, count, waiter, &why);
	}
	for (int i = 0; i < count; i++) {
		if (!rows[i]) {
			continue;
		}
		if (!work->spec->many) {
			r = ask_again(account, work, rows[i], waiter, &why);
		}
		follow(account, work, &hints[i], r);
	}
	if (r < 0 && r != -EINTR && r != -ENOENT) {
		log_debug("%s: %s: %s", account->config->name, work->name, problem_words(&why, r));
	}
	problem_finish(&why);
}

bool hint_look(struct account *account, struct work *work, struct waiter *waiter)
{
	struct hint hints[HINTS_MOST];
	uint32_t rows[HINTS_MOST];
	bool list = false;
	int count = take(account, work, hints, &list);

	if (work->spec && count > 0) {
		list = find_rows(account, work, hints, count, rows) || list;
		ask_rows(account, work, hints, rows, count, waiter);
	}
	for (int i = 0; i < count; i++) {
		free(hints[i].id);
	}
	return list;
}

void hints_finish(struct hints *hints)
{
	for (int i = 0; i < hints->count; i++) {
		free(hints->list[i].id);
	}
	free(hints->list);
}
