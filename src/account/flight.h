/* Flights: one piece of work that several threads ask for at once is done once.
 *
 * There is no thread for it: the first who asks leads, the others wait. A leader who is
 * interrupted, or whose patience ends first, hands over to one of those who wait; the request on
 * the wire stays with the flight, so it is not sent again. What has landed is shared for
 * `fresh_ms` by whoever comes later. */
#ifndef ACCOUNT_FLIGHT_H
#define ACCOUNT_FLIGHT_H

#include <stdint.h>

#include "base/error.h"
#include "base/wait.h"
#include "http/http.h"

/* A request on the wire that a leader may leave to the next. */
struct call {
	struct http_job *job;
	char *token;  /* the one it was sent with */
	bool renewed; /* a new token was already tried */
	bool once;    /* may not be sent again, not even with a better token */
	char *url;    /* of the request; may hold a secret */
	char **ids;   /* the items it asks about, when they are several; owned */
	int id_count;
	char origin[128]; /* where it goes, for words */
};
void call_finish(struct call *call);

struct flights {
	pthread_mutex_t mutex; /* protects the list and the fields of flights but `call` */
	pthread_cond_t moved;
	struct flight *list;
};

void flights_init(struct flights *flights);
void flights_finish(struct flights *flights);

/* Does work(context, call, waiter, why), or waits for the thread that does it for the same key. A
 * success is shared for fresh_ms after it landed; failures are shared only by those who waited. */
typedef int flight_work(void *context, struct call *call, struct waiter *waiter,
			struct problem *why);
int flight_run(struct flights *flights, uint64_t key, int64_t fresh_ms, flight_work *work,
	       void *context, struct waiter *waiter, struct problem *why);
/* True while the last success for that key is shared. */
bool flight_is_fresh(struct flights *flights, uint64_t key);
/* As if work for that key had just succeeded: its answer came by another way. */
void flight_mark(struct flights *flights, uint64_t key, int64_t fresh_ms);

#endif
