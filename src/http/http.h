/* The HTTP engine: one thread owns curl; any thread sends it requests and waits.
 *
 * A request belongs to a lane, one per account: a token bucket, a bound on what is under way
 * at once, and two queues, people before the background (which leaves them one place). What may
 * be repeated is repeated here, with jittered back-off and Retry-After, until the deadline; a
 * request marked `once` never is. Redirects of a GET are followed where that is harmless.
 * Statuses are not judged here: any HTTP answer is success to this engine.
 *
 * Errors: -ECONNREFUSED, -EHOSTUNREACH (no connection, a name that does not resolve, TLS that
 * does not verify, a connection that broke), -ETIMEDOUT, -EBADMSG (not HTTP, larger than
 * body_max, a redirect that is not harmless, a URL that is neither https nor allowed), -EIO (less
 * than promised), -EAGAIN (the lane's rate limit is not over within the deadline), -ENOMEM, what
 * a sink returned; -ECANCELED at shutdown and when called off. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/wait.h"
#include "orderfs/message.h"

struct http;
struct http_lane;
struct http_job;

/* Starts the thread. Call it after the last fork. */
int http_create(struct http **out);
/* Ends every job with -ECANCELED, then the thread. Lanes go with it. */
void http_destroy(struct http *http);

struct lane_limits {
	double per_second; /* 0: no limit */
	int burst;
	int parallel; /* requests under way at once; 0: 4 */
};

/* Counters since start, for metrics; read without a lock's worth of consistency. */
struct lane_counts {
	uint64_t requests; /* sent, repeats included */
	uint64_t repeats;
	uint64_t failures; /* jobs that ended without an HTTP answer */
	uint64_t bytes;    /* of bodies received */
};

/* Lanes live as long as the engine. name is copied, for the log. */
int http_lane_create(struct http *http, const char *name, const struct lane_limits *limits,
		     struct http_lane **out);
void http_lane_counts(const struct http_lane *lane, struct lane_counts *out);

/* Where a body goes as it arrives, instead of into memory. Called in the HTTP thread: short,
 * never waiting. A negative return ends the job with that error. With a sink a request is
 * repeated only while no head was handed over. */
struct http_sink {
	/* Once: status and headers, no body. */
	int (*head)(void *context, const struct response *head);
	/* HTTP_HOLD: not now; the same bytes come again after http_resume(). */
	int (*data)(void *context, const void *data, size_t length);
	/* Exactly once for every job that was queued, when it is over, called off or not: result
	 * is 0 or the error. After it the context is not touched again. May be NULL. */
	void (*end)(void *context, int result);
	void *context;
};

/* See http_sink.data: the server is let wait, and is not blamed for its silence meanwhile. */
enum { HTTP_HOLD = 1 };

struct http_options {
	struct http_lane *lane;
	int64_t total_ms;             /* the whole job with its repeats; 0: no bound (downloads) */
	int64_t connect_ms;           /* 0: 5000 */
	int64_t stall_ms;             /* less than a byte a second for that long; 0: 30000 */
	size_t body_max;              /* of a body in memory; 0: 64 MiB. Not for sinks */
	bool background;              /* not for a person: after people's */
	bool allow_plain;             /* http: to loopback hosts as well as https: */
	const struct http_sink *sink; /* copied; NULL: the body into memory */
};

/* Queues a job. Copies the request. The caller holds one reference. -ECANCELED at shutdown. */
int http_submit(struct http *http, const struct request *request,
		const struct http_options *options, struct http_job **out);
/* Waits until the job ended. 0 when it did, whatever its result; what wait_sleep() says when the
 * waiter ended first: the job goes on. Several threads may wait for one job. */
int http_wait(struct http_job *job, struct waiter *waiter);
/* After http_wait() returned 0: 0 or the error; *response (empty with an error) is the job's,
 * until the last unref. */
int http_result(struct http_job *job, const struct response **response, struct problem *why);
/* True once bytes of a request may have left: a command after this has an unknown outcome. */
bool http_job_was_sent(const struct http_job *job);
/* Nobody wants it any more: it ends as soon as it can, or, when it is `once` and was sent, goes on
 * unobserved. Returns http_job_was_sent(), which from now on stays what it is. */
bool http_call_off(struct http_job *job);
/* A sink that said HTTP_HOLD is ready for more. Any thread; NULL and a job that holds nothing are
 * fine. */
void http_resume(struct http_job *job);
void http_job_ref(struct http_job *job);
/* The last reference of an unfinished job calls it off, except when the request is `once` and was
 * sent: that goes on to its end, unobserved. NULL is fine. */
void http_job_unref(struct http_job *job);

#endif
