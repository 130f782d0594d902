/* One thread's patience; see wait.h. */
#include "base/wait.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

void waiter_init(struct waiter *w, int64_t patience_ms)
{
	*w = (struct waiter){.deadline_ms = clock_ms() + patience_ms};
	pthread_mutex_init(&w->lock, NULL);
}

void waiter_finish(struct waiter *w)
{
	pthread_mutex_destroy(&w->lock);
}

void waiter_interrupt(struct waiter *w)
{
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->interrupted, true);
	if (w->mutex) {
		/* The sleeper holds its mutex from its look at `interrupted` until it sleeps:
		 * taking the mutex here means that it cannot miss the broadcast. */
		pthread_mutex_lock(w->mutex);
		pthread_cond_broadcast(w->condition);
		pthread_mutex_unlock(w->mutex);
	}
	pthread_mutex_unlock(&w->lock);
}

bool waiter_is_interrupted(const struct waiter *w)
{
	return atomic_load(&w->interrupted);
}

void wait_begin(struct waiter *w, pthread_mutex_t *mutex, pthread_cond_t *condition)
{
	pthread_mutex_lock(&w->lock);
	w->mutex = mutex;
	w->condition = condition;
	pthread_mutex_unlock(&w->lock);
	pthread_mutex_lock(mutex);
}

/* Sleeps until a broadcast or that time; what woke it is for the caller to find out. */
static void sleep_until(struct waiter *w, int64_t ms)
{
	struct timespec t = clock_timespec(ms * 1000000);

	/* wait_begin() set both, in this thread: no lock is needed to read them. */
	pthread_cond_timedwait(w->condition, w->mutex, &t);
}

/* Takes a place at the gate, once for all the sleeps until wait_end(). */
static bool enter_gate(struct waiter *w)
{
	if (!w->gate || w->inside) {
		return true;
	}
	if (atomic_fetch_sub(&w->gate->places, 1) <= 0) {
		atomic_fetch_add(&w->gate->places, 1);
		return false;
	}
	w->inside = true;
	return true;
}

int wait_sleep_until(struct waiter *w, int64_t until_ms)
{
	if (waiter_is_interrupted(w)) {
		return -EINTR;
	}
	if (!enter_gate(w)) {
		return -EAGAIN;
	}
	int64_t now = clock_ms();
	if (now >= w->deadline_ms) {
		return -ETIMEDOUT;
	}
	if (now < until_ms) {
		sleep_until(w, until_ms < w->deadline_ms ? until_ms : w->deadline_ms);
	}
	return waiter_is_interrupted(w) ? -EINTR : 0;
}

int wait_sleep(struct waiter *w)
{
	return wait_sleep_until(w, INT64_MAX);
}

void wait_end(struct waiter *w)
{
	pthread_mutex_unlock(w->mutex);
	if (w->inside) {
		w->inside = false;
		atomic_fetch_add(&w->gate->places, 1);
	}
	pthread_mutex_lock(&w->lock);
	w->mutex = NULL;
	w->condition = NULL;
	pthread_mutex_unlock(&w->lock);
}

void condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}
