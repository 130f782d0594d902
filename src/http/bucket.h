/* A token bucket: at most `burst` requests at once, `per_second` on average. Pure: the caller
 * tells the time. One thread at a time. */
#ifndef HTTP_BUCKET_H
#define HTTP_BUCKET_H

#include <stdint.h>

struct bucket {
	double per_second; /* 0: no limit */
	double burst;
	double tokens; /* there were that many at filled_ms */
	int64_t filled_ms;
};

/* Full. A burst under 1 is 1. */
void bucket_init(struct bucket *bucket, double per_second, int burst, int64_t now_ms);
/* When a token is there: now_ms itself, or later. */
int64_t bucket_ready_at(const struct bucket *bucket, int64_t now_ms);
/* Takes a token; the caller saw that one is there. */
void bucket_take(struct bucket *bucket, int64_t now_ms);

#endif
