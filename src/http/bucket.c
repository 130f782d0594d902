/* A token bucket; see bucket.h.
 *
 * Nothing ticks: the tokens of a moment follow from those of the last one and the time
 * between. What a rounding to whole milliseconds adds to a wait stays in the bucket as a
 * fraction of a token, so the average rate is exact. */
#include "http/bucket.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static double tokens_at(const struct bucket *bucket, int64_t now_ms)
{
	double elapsed_ms = (double)(now_ms - bucket->filled_ms);
	double tokens = bucket->tokens + elapsed_ms * bucket->per_second / 1000;

	return tokens < bucket->burst ? tokens : bucket->burst;
}

void bucket_init(struct bucket *bucket, double per_second, int burst, int64_t now_ms)
{
	double size = burst < 1 ? 1 : burst;

	*bucket = (struct bucket){
		.per_second = per_second > 0 ? per_second : 0,
		.burst = size,
		.tokens = size,
		.filled_ms = now_ms,
	};
}

int64_t bucket_ready_at(const struct bucket *bucket, int64_t now_ms)
{
	double missing = 1 - tokens_at(bucket, now_ms);

	if (bucket->per_second == 0 || missing <= 0) {
		return now_ms;
	}
	double wait_ms = missing * 1000 / bucket->per_second;

	return now_ms + (wait_ms < DAY_MS ? (int64_t)wait_ms + 1 : DAY_MS);
}

void bucket_take(struct bucket *bucket, int64_t now_ms)
{
	bucket->tokens = tokens_at(bucket, now_ms) - 1;
	bucket->filled_ms = now_ms;
}
