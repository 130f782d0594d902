/* Whether a request is sent again, and when. Pure: time and chance are arguments. */
#ifndef HTTP_RETRY_H
#define HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* One attempt that ended, and what is left. */
struct retry_case {
	int attempt;      /* 1 for the first */
	bool once;        /* the request must not be sent twice */
	bool is_get;      /* it changes nothing at the other end */
	bool transient;   /* no answer, for a reason that may pass */
	int status;       /* of the answer; 0 when there is none */
	int64_t after_ms; /* what the answer asked for (retry_after_ms()), or -1 */
	int64_t left_ms;  /* until the deadline; INT64_MAX when there is none */
	uint32_t chance;  /* any number, each as likely as the other */
};

/* How long to wait before the next attempt, or -1: this one counts. */
int64_t retry_wait_ms(const struct retry_case *c);
/* The value of a Retry-After header, seconds or an HTTP date; -1 for NULL and nonsense. */
int64_t retry_after_ms(const char *value, int64_t wall_ns);

#endif
