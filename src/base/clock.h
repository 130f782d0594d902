/* Time: monotonic milliseconds for waiting, wall-clock nanoseconds for showing. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in ms: for deadlines and intervals. */
int64_t clock_ms(void);
/* CLOCK_REALTIME in ns since 1970. */
int64_t clock_wall_ns(void);
struct timespec clock_timespec(int64_t ns);

/* RFC 3339 ("2026-08-01T10:00:00.123456789Z", any offset, 0 to 9 decimals) or a plain date.
 * 0 for what is no time, and for the zero times some APIs use for "never" (year 1). */
int64_t clock_parse(const char *text);
/* An HTTP date (RFC 9110) or 0. */
int64_t clock_parse_http(const char *text);

enum { CLOCK_TEXT_BYTES = 32 };
/* "2026-08-01T10:00:00Z"; "-" for 0. Returns out. */
const char *clock_print(int64_t ns, char out[CLOCK_TEXT_BYTES]);

#endif
