/* Whether a request is sent again; see retry.h.
 *
 * Exponential back-off with full jitter: any time between none and the bound is as likely
 * as the other, so that many who failed together do not come back together. What the server
 * asks for with Retry-After is kept to, or, where it does not fit, nobody waits in vain. */
#include "http/retry.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	ATTEMPTS = 4,
	FIRST_MS = 250,
	LONGEST_MS = 5000,
	/* Without a deadline, the longest Retry-After that somebody waits for. */
	PATIENCE_MS = 60 * 1000,
	AFTER_SECONDS = 365 * 24 * 60 * 60,
};

static bool may_pass(const struct retry_case *c)
{
	switch (c->status) {
	case 0:
		return c->transient;
	case 500:
		return c->is_get;
	case 429:
	case 502:
	case 503:
	case 504:
		return true;
	default:
		return false;
	}
}

static int64_t back_off_ms(const struct retry_case *c)
{
	int64_t bound = (int64_t)FIRST_MS << (c->attempt - 1);

	if (bound > LONGEST_MS) {
		bound = LONGEST_MS;
	}
	return c->chance % (bound + 1);
}

int64_t retry_wait_ms(const struct retry_case *c)
{
	if (c->once || c->attempt >= ATTEMPTS || !may_pass(c)) {
		return -1;
	}
	int64_t wait = c->after_ms >= 0 ? c->after_ms : back_off_ms(c);
	int64_t left = c->left_ms == INT64_MAX ? PATIENCE_MS : c->left_ms;

	return wait < left ? wait : -1;
}

int64_t retry_after_ms(const char *value, int64_t wall_ns)
{
	if (!value) {
		return -1;
	}
	size_t digits = strspn(value, "0123456789");

	if (digits > 0) {
		long seconds = strtol(value, NULL, 10);

		if (value[digits] != '\0') {
			return -1;
		}
		return (int64_t)(seconds < AFTER_SECONDS ? seconds : AFTER_SECONDS) * 1000;
	}
	int64_t date_ns = clock_parse_http(value);

	if (date_ns == 0) {
		return -1;
	}
	return date_ns > wall_ns ? (date_ns - wall_ns) / 1000000 : 0;
}
