/* One thread's patience: until when it waits, and whether somebody called it off.
 *
 * Whoever waits for the network, a download or a listing carries a waiter down the floors. The
 * FUSE floor calls waiter_interrupt() from another thread when the person pressed ^C; the thread
 * then leaves whatever condition it sleeps on with -EINTR.
 *
 *	wait_begin(w, &thing->mutex, &thing->changed);        locks the mutex
 *	while (!thing->done && !r)
 *		r = wait_sleep(w);                            0, -EINTR, -ETIMEDOUT, -EAGAIN
 *	wait_end(w);                                          unlocks the mutex
 *
 * The waiter knows mutex and condition before the mutex is locked, so that an interrupter can
 * lock it and broadcast: no wake-up is lost and nobody polls. Lock order: waiter, then thing.
 *
 * A gate bounds how many threads of a kind may sleep at a time, so that the others are always
 * there for answers that need no waiting. */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct wait_gate {
	atomic_int places; /* how many more may sleep */
};

struct waiter {
	int64_t deadline_ms;    /* clock_ms() time */
	struct wait_gate *gate; /* or NULL; set after waiter_init() */
	bool background;        /* nobody at a shell waits: requests of people go first */
	bool inside;            /* has a place; the waiter's own thread alone looks */
	atomic_bool interrupted;
	pthread_mutex_t lock; /* protects what follows */
	pthread_mutex_t *mutex;
	pthread_cond_t *condition;
};

/* Waits at most patience_ms from now on. */
void waiter_init(struct waiter *w, int64_t patience_ms);
void waiter_finish(struct waiter *w);
/* From any thread; wakes the waiter for good: everything it begins later ends with -EINTR. */
void waiter_interrupt(struct waiter *w);
bool waiter_is_interrupted(const struct waiter *w);

void wait_begin(struct waiter *w, pthread_mutex_t *mutex, pthread_cond_t *condition);
/* -EAGAIN when the gate has no place left. */
int wait_sleep(struct waiter *w);
/* As wait_sleep, but also 0 at until_ms: the caller looks again. */
int wait_sleep_until(struct waiter *w, int64_t until_ms);
void wait_end(struct waiter *w);

/* A condition whose timed waits use CLOCK_MONOTONIC, as wait_sleep() needs. */
void condition_init(pthread_cond_t *condition);

#endif
