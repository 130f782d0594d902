/* The HTTP engine's thread; see engine.h.
 *
 *   http_submit() -> inbox -> lane's queue -> on the wire (active) -> job_end()
 *                                  ^                    |
 *                                  +---- repeated ------+---- redirected: at once
 *
 * It sleeps in curl_multi_poll() alone: until a socket is ready, somebody submits or calls off
 * a job, or the next deadline, back-off or token is due. */
#include "http/engine.h"

#include <errno.h>
#include <limits.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/target.h"

enum { REDIRECTS = 5 };

static void end(struct http_job *job, int error)
{
	if (error < 0) {
		atomic_fetch_add(&job->lane->failures, 1);
	}
	job_end(job, error);
}

static void start(struct http *http, struct http_job *job, int64_t now_ms)
{
	job_forget_answer(job);
	problem_finish(&job->why);
	int r = wire_put(http, job, now_ms);

	if (r < 0) {
		end(job, r);
	}
}

static void repeat(struct http_job *job, int64_t wait_ms, int64_t now_ms)
{
	char origin[ORIGIN_BYTES];

	log_debug("%s: attempt %d at %s came to nothing (status %d), next in %lld ms",
		  job->lane->name, job->attempt,
		  url_origin(job->request.url, origin, sizeof(origin)), job->answer.response.status,
		  (long long)wait_ms);
	atomic_fetch_add(&job->lane->repeats, 1);
	job->not_before_ms = now_ms + wait_ms;
	lane_put(job->lane, job);
}

static int redirect(struct http_job *job)
{
	char origin[ORIGIN_BYTES];

	if (++job->redirects > REDIRECTS) {
		return problem_set(&job->why, -EBADMSG, "%s: more than %d redirects",
				   url_origin(job->request.url, origin, sizeof(origin)), REDIRECTS);
	}
	return target_redirect(&job->request, &job->answer.response, &job->why);
}

/* An attempt brought an answer. */
static void answered(struct http *http, struct http_job *job, int64_t now_ms)
{
	struct answer *answer = &job->answer;

	answer->is_whole = true;
	if (answer->response.status == 429 && answer->after_ms > 0 &&
	    job->lane != http->unlimited) {
		lane_pause(job->lane, now_ms, answer->after_ms);
	}
	if (answer->wait_ms >= 0) {
		repeat(job, answer->wait_ms, now_ms);
	} else if (!target_is_redirect(&job->request, &answer->response)) {
		end(job, 0);
	} else {
		int r = redirect(job);

		if (r < 0) {
			end(job, r);
		} else {
			start(http, job, now_ms);
		}
	}
}

/* An attempt brought none. A sink that has the head cannot begin again. */
static void failed(struct http_job *job, int error, bool transient, int64_t now_ms)
{
	int64_t wait_ms = job->answer.is_given ? -1 : job_wait_ms(job, 0, transient);

	if (wait_ms < 0) {
		end(job, error);
	} else {
		repeat(job, wait_ms, now_ms);
	}
}

/* Looks what curl is done with. */
static void collect(struct http *http)
{
	int64_t now_ms = clock_ms();
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		CURLcode code = message->data.result;
		struct http_job *job = NULL;
		bool transient;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
		int r = easy_outcome(job->easy, job, code, &transient);
		wire_take(http, job);
		if (r < 0) {
			failed(job, r, transient, now_ms);
		} else {
			answered(http, job, now_ms);
		}
	}
}

static void give_up(struct http *http, struct http_job *job, int64_t now_ms)
{
	bool is_over = job->deadline_ms <= now_ms;
	const char *missing = http_job_was_sent(job) ? "answer from" : "connection to";
	char origin[ORIGIN_BYTES];

	url_origin(job->request.url, origin, sizeof(origin));
	if (is_over) {
		problem_set(&job->why, 0, "no %s %s within %lld ms", missing, origin,
			    (long long)job->options.total_ms);
	} else {
		problem_set(&job->why, 0, "%s sent nothing for %lld ms", origin,
			    (long long)job->options.stall_ms);
	}
	wire_take(http, job);
	failed(job, -ETIMEDOUT, !is_over, now_ms);
}

/* A queued job's time is over. When it was only to be repeated, it has an answer after all. */
static void end_late(struct http_job *job, int error)
{
	char origin[ORIGIN_BYTES];

	if (job->answer.is_whole && !job->options.sink) {
		end(job, 0);
		return;
	}
	url_origin(job->request.url, origin, sizeof(origin));
	if (error == -EAGAIN) {
		problem_set(&job->why, 0, "%s: rate limit: not over within the deadline", origin);
	} else {
		problem_set(&job->why, 0, "%s: too many requests under way within the deadline",
			    origin);
	}
	end(job, error);
}

static void run_lane(struct http *http, struct http_lane *lane, int64_t now_ms)
{
	struct http_job *job;
	int error;

	while ((job = lane_next_late(lane, now_ms, &error))) {
		end_late(job, error);
	}
	while ((job = lane_next(lane, now_ms))) {
		job->attempt++;
		start(http, job, now_ms);
	}
	lane_plan(lane, now_ms);
}

static void run_lanes(struct http *http, int64_t now_ms)
{
	for (struct http_lane *lane = http->known_lanes; lane; lane = lane->next) {
		if (lane->look_at_ms <= now_ms) {
			run_lane(http, lane, now_ms);
		}
	}
}

static void call_off(struct http *http)
{
	struct http_job *job;
	struct http_job *next;

	for (struct http_lane *lane = http->known_lanes; lane; lane = lane->next) {
		while ((job = lane_next_called_off(lane))) {
			job_end(job, -ECANCELED);
		}
	}
	for (job = http->active.first; job; job = next) {
		next = job->next;
		if (job_is_called_off(job)) {
			wire_take(http, job);
			job_end(job, -ECANCELED);
		}
	}
}

static void resume(struct http *http, int64_t now_ms)
{
	for (struct http_job *job = http->active.first; job; job = job->next) {
		if (atomic_exchange(&job->resumed, false)) {
			wire_resume(job, now_ms);
		}
	}
	http->check_at_ms = now_ms; /* what was held has a time limit again */
}

/* False when the engine is to end. */
static bool take_inbox(struct http *http)
{
	pthread_mutex_lock(&http->mutex);
	struct job_list inbox = http->inbox;
	bool stopping = http->stopping;
	http->inbox = (struct job_list){0};
	http->known_lanes = http->lanes;
	pthread_mutex_unlock(&http->mutex);
	while (inbox.first) {
		struct http_job *job = inbox.first;

		list_remove(&inbox, job);
		lane_put(job->lane, job);
	}
	return !stopping;
}

static void end_active(struct http *http, int error, const char *words)
{
	while (http->active.first) {
		struct http_job *job = http->active.first;

		wire_take(http, job);
		end(job, problem_set(&job->why, error, "%s", words));
	}
}

static void end_queue(struct job_list *queue)
{
	while (queue->first) {
		struct http_job *job = queue->first;

		list_remove(queue, job);
		job_end(job, -ECANCELED);
	}
}

/* How long nothing can happen but on sockets. */
static int sleep_ms(const struct http *http)
{
	int64_t at_ms = http->check_at_ms;

	for (const struct http_lane *lane = http->known_lanes; lane; lane = lane->next) {
		at_ms = lane->look_at_ms < at_ms ? lane->look_at_ms : at_ms;
	}
	if (at_ms == INT64_MAX) {
		return INT_MAX;
	}
	int64_t ms = at_ms - clock_ms();

	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

/* One turn, up to the sleep; false when the engine is to end. */
static bool turn(struct http *http)
{
	/* Before the inbox is taken: a job that is found called off is then in a lane. */
	bool has_called_off = atomic_exchange(&http->called_off, false);

	if (!take_inbox(http)) {
		return false;
	}
	int64_t now_ms = clock_ms();
	struct http_job *job;

	if (has_called_off) {
		call_off(http);
	}
	if (atomic_exchange(&http->resumed, false)) {
		resume(http, now_ms);
	}
	while ((job = wire_next_late(http, now_ms))) {
		give_up(http, job, now_ms);
	}
	run_lanes(http, now_ms);
	return true;
}

void *engine_run(void *context)
{
	struct http *http = context;

	while (turn(http)) {
		int running;
		CURLMcode code = curl_multi_perform(http->multi, &running);

		collect(http);
		if (code == CURLM_OK) {
			code = curl_multi_poll(http->multi, NULL, 0, sleep_ms(http), NULL);
		}
		if (code != CURLM_OK) {
			end_active(http, -ENOMEM, curl_multi_strerror(code));
		}
	}
	end_active(http, -ECANCELED, "orderfs is ending");
	for (struct http_lane *lane = http->known_lanes; lane; lane = lane->next) {
		end_queue(&lane->people);
		end_queue(&lane->background);
	}
	return NULL;
}
