/* Flights; see flight.h. */
#include "account/flight.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"

struct flight {
	struct flight *next;
	uint64_t key;
	int aboard;  /* threads that hold it */
	bool led;    /* one of them is working */
	bool landed; /* result and words are there */
	int result;
	struct problem why;
	int64_t fresh_until_ms; /* after that a success is asked for again */
	struct call call;       /* the leader's */
};

void call_finish(struct call *call)
{
	http_job_unref(call->job);
	wipe_text(call->token);
	wipe_text(call->url);
	for (int i = 0; i < call->id_count; i++) {
		free(call->ids[i]);
	}
	free(call->ids);
	*call = (struct call){0};
}

void flights_init(struct flights *flights)
{
	*flights = (struct flights){0};
	pthread_mutex_init(&flights->mutex, NULL);
	condition_init(&flights->moved);
}

static void destroy(struct flight *f)
{
	call_finish(&f->call);
	problem_finish(&f->why);
	free(f);
}

void flights_finish(struct flights *flights)
{
	while (flights->list) {
		struct flight *f = flights->list;
		flights->list = f->next;
		destroy(f);
	}
	pthread_cond_destroy(&flights->moved);
	pthread_mutex_destroy(&flights->mutex);
}

/* The flight to board for key, or NULL. On the way, those that are of no use any more leave the
 * list and are handed to *old: their requests are called off without the lock. */
static struct flight *find_locked(struct flights *flights, uint64_t key, struct flight **old)
{
	struct flight *found = NULL;
	int64_t now = clock_ms();

	for (struct flight **slot = &flights->list; *slot;) {
		struct flight *f = *slot;
		bool stale = f->landed && now >= f->fresh_until_ms;
		if (stale && f->aboard == 0) {
			*slot = f->next;
			f->next = *old;
			*old = f;
			continue;
		}
		if (f->key == key && !stale) {
			found = f;
		}
		slot = &f->next;
	}
	return found;
}

static void destroy_all(struct flight *list)
{
	while (list) {
		struct flight *next = list->next;
		destroy(list);
		list = next;
	}
}

static struct flight *add_locked(struct flights *flights, uint64_t key)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (f) {
		f->key = key;
		f->next = flights->list;
		flights->list = f;
	}
	return f;
}

static void remove_locked(struct flights *flights, struct flight *f)
{
	struct flight **slot = &flights->list;

	while (*slot != f) {
		slot = &(*slot)->next;
	}
	*slot = f->next;
	f->next = NULL;
}

/* Waits until the flight has landed or needs a leader. 1: lead it; 0: it landed; or the
 * waiter's error. */
static int wait_aboard(struct flights *flights, struct flight *f, struct waiter *waiter)
{
	int r = 0;

	wait_begin(waiter, &flights->mutex, &flights->moved);
	while (f->led && !f->landed && r == 0) {
		r = wait_sleep(waiter);
	}
	if (r == 0 && !f->landed) {
		f->led = true;
		r = 1;
	} else if (f->landed) {
		r = 0;
	}
	wait_end(waiter);
	return r;
}

/* The leader is back with r. An end of its own patience is not the flight's end while others
 * wait. */
static void step_down(struct flights *flights, struct flight *f, int r, bool gave_up,
		      const struct problem *why, int64_t fresh_ms)
{
	pthread_mutex_lock(&flights->mutex);
	f->led = false;
	if (!gave_up || f->aboard == 1) {
		f->landed = true;
		f->result = r;
		f->fresh_until_ms = r == 0 ? clock_ms() + fresh_ms : 0;
		if (why && why->words) {
			problem_set(&f->why, r, "%s", why->words);
		}
	}
	pthread_cond_broadcast(&flights->moved);
	pthread_mutex_unlock(&flights->mutex);
}

static void leave(struct flights *flights, struct flight *f)
{
	pthread_mutex_lock(&flights->mutex);
	bool last = --f->aboard == 0;
	bool done = last && !(f->landed && f->result == 0 && clock_ms() < f->fresh_until_ms);
	if (done) {
		remove_locked(flights, f);
	}
	pthread_mutex_unlock(&flights->mutex);
	if (done) {
		destroy(f);
	}
}

int flight_run(struct flights *flights, uint64_t key, int64_t fresh_ms, flight_work *work,
	       void *context, struct waiter *waiter, struct problem *why)
{
	struct flight *old = NULL;

	pthread_mutex_lock(&flights->mutex);
	struct flight *f = find_locked(flights, key, &old);
	if (!f) {
		f = add_locked(flights, key);
	}
	if (f) {
		f->aboard++;
	}
	pthread_mutex_unlock(&flights->mutex);
	destroy_all(old);
	if (!f) {
		return -ENOMEM;
	}
	int r = wait_aboard(flights, f, waiter);
	if (r == 1) {
		struct problem own = {0};
		r = work(context, &f->call, waiter, &own);
		bool gave_up = r == -EINTR || clock_ms() >= waiter->deadline_ms;
		step_down(flights, f, r, gave_up && r < 0, &own, fresh_ms);
		problem_set(r < 0 ? why : NULL, r, "%s", problem_words(&own, r));
		problem_finish(&own);
	} else if (r == 0) {
		/* Landed: nothing writes to it any more. */
		r = f->result;
		problem_set(r < 0 ? why : NULL, r, "%s", problem_words(&f->why, r));
	}
	leave(flights, f);
	return r;
}

bool flight_is_fresh(struct flights *flights, uint64_t key)
{
	bool fresh = false;
	int64_t now = clock_ms();

	pthread_mutex_lock(&flights->mutex);
	for (const struct flight *f = flights->list; f && !fresh; f = f->next) {
		fresh = f->key == key && f->landed && f->result == 0 && now < f->fresh_until_ms;
	}
	pthread_mutex_unlock(&flights->mutex);
	return fresh;
}

void flight_mark(struct flights *flights, uint64_t key, int64_t fresh_ms)
{
	struct flight *old = NULL;

	pthread_mutex_lock(&flights->mutex);
	struct flight *f = find_locked(flights, key, &old);
	if (!f) {
		f = add_locked(flights, key);
		if (f) {
			f->landed = true;
		}
	}
	/* One that is under way brings its own, later answer. */
	if (f && f->landed && f->result == 0) {
		f->fresh_until_ms = clock_ms() + fresh_ms;
	}
	pthread_mutex_unlock(&flights->mutex);
	destroy_all(old);
}
