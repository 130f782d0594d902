/* Jobs on the wire: a job and an easy handle come together, and part. Handles are used again,
 * so that a request on a kept connection sets up nothing. See engine.h. */
#include "http/engine.h"

#include <errno.h>

#include "http/target.h"

enum { SPARES = 16 };

static struct easy *get_easy(struct http *http)
{
	struct easy *easy = http->spares;

	if (!easy) {
		return easy_create(http->share);
	}
	http->spares = easy->next;
	http->spare_count--;
	return easy;
}

static void put_easy(struct http *http, struct easy *easy)
{
	if (!easy->is_reusable || http->spare_count == SPARES) {
		easy_destroy(easy);
		return;
	}
	easy_clear(easy);
	easy->next = http->spares;
	http->spares = easy;
	http->spare_count++;
}

void wire_resume(struct http_job *job, int64_t now_ms)
{
	if (job->held) {
		job->held = false;
		job->heard_ms = now_ms;
		curl_easy_pause(job->easy->curl, CURLPAUSE_CONT); /* may hold again at once */
	}
}

/* The first moment at which an active job is late, unless it hears something before. */
static int64_t late_at(const struct http_job *job)
{
	int64_t stalled_at = job->held ? INT64_MAX : job->heard_ms + job->options.stall_ms;

	return stalled_at < job->deadline_ms ? stalled_at : job->deadline_ms;
}

int wire_put(struct http *http, struct http_job *job, int64_t now_ms)
{
	int r = target_check(job->request.url, job->options.allow_plain, &job->why);

	if (r < 0) {
		return r;
	}
	struct easy *easy = get_easy(http);

	r = easy ? easy_prepare(easy, job, now_ms) : -ENOMEM;
	if (r == 0 && curl_multi_add_handle(http->multi, easy->curl)) {
		r = -ENOMEM;
	}
	if (r < 0) {
		easy_destroy(easy);
		return r;
	}
	job->easy = easy;
	lane_enter(job->lane);
	list_append(&http->active, job);
	int64_t soonest_ms = now_ms + job->options.stall_ms;

	soonest_ms = job->deadline_ms < soonest_ms ? job->deadline_ms : soonest_ms;
	http->check_at_ms = soonest_ms < http->check_at_ms ? soonest_ms : http->check_at_ms;
	return 0;
}

void wire_take(struct http *http, struct http_job *job)
{
	curl_multi_remove_handle(http->multi, job->easy->curl);
	job->easy->is_reusable &= !job->held;
	job->held = false;
	put_easy(http, job->easy);
	job->easy = NULL;
	list_remove(&http->active, job);
	lane_leave(job->lane);
}

struct http_job *wire_next_late(struct http *http, int64_t now_ms)
{
	int64_t soonest_ms = INT64_MAX;

	if (now_ms < http->check_at_ms) {
		return NULL;
	}
	for (struct http_job *job = http->active.first; job; job = job->next) {
		int64_t at_ms = late_at(job);

		if (at_ms <= now_ms) {
			return job;
		}
		soonest_ms = at_ms < soonest_ms ? at_ms : soonest_ms;
	}
	http->check_at_ms = soonest_ms;
	return NULL;
}
