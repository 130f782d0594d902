/* A lane: when which of its jobs may go on the wire; see lane.h.
 *
 * Three things hold a job back: the gate (a pause the server asked for, an empty bucket), the
 * bound on what is under way, and its own back-off. People come before the background,
 * and the background leaves one place free for them. */
#include "http/lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	PARALLEL = 4,
	/* A server that asks for a longer silence is asked again all the same. */
	PAUSE_MAX_MS = 15 * 60 * 1000,
};

struct http_lane *lane_create(const char *name, const struct lane_limits *limits)
{
	struct http_lane *lane = calloc(1, sizeof(*lane));

	if (!lane || !(lane->name = strdup(name))) {
		free(lane);
		return NULL;
	}
	lane->parallel = limits->parallel > 0 ? limits->parallel : PARALLEL;
	bucket_init(&lane->bucket, limits->per_second, limits->burst, clock_ms());
	lane->look_at_ms = INT64_MAX;
	return lane;
}

void lane_destroy(struct http_lane *lane)
{
	free(lane->name);
	free(lane);
}

static struct job_list *queue_of(struct http_lane *lane, const struct http_job *job)
{
	return job->options.background ? &lane->background : &lane->people;
}

void lane_put(struct http_lane *lane, struct http_job *job)
{
	if (job->attempt > 0) {
		list_prepend(queue_of(lane, job), job);
	} else {
		list_append(queue_of(lane, job), job);
	}
	lane->look_at_ms = 0;
}

void lane_remove(struct http_lane *lane, struct http_job *job)
{
	list_remove(queue_of(lane, job), job);
}

/* When the next request may pass, as far as rates go. */
static int64_t gate_ms(const struct http_lane *lane, int64_t now_ms)
{
	int64_t ready = bucket_ready_at(&lane->bucket, now_ms);

	return ready > lane->paused_until_ms ? ready : lane->paused_until_ms;
}

static bool has_place(const struct http_lane *lane, bool background)
{
	int places = lane->parallel - (background && lane->parallel > 1);

	return lane->under_way < places;
}

static struct http_job *first_due(const struct job_list *queue, int64_t now_ms)
{
	struct http_job *job = queue->first;

	while (job && job->not_before_ms > now_ms) {
		job = job->next;
	}
	return job;
}

struct http_job *lane_next(struct http_lane *lane, int64_t now_ms)
{
	struct http_job *job = NULL;

	if (gate_ms(lane, now_ms) > now_ms) {
		return NULL;
	}
	if (has_place(lane, false)) {
		job = first_due(&lane->people, now_ms);
	}
	if (!job && has_place(lane, true)) {
		job = first_due(&lane->background, now_ms);
	}
	if (job) {
		lane_remove(lane, job);
		bucket_take(&lane->bucket, now_ms);
	}
	return job;
}

static struct http_job *first_late(const struct job_list *queue, int64_t now_ms, int64_t gate)
{
	struct http_job *job = queue->first;

	while (job && job->deadline_ms > now_ms && job->deadline_ms >= gate) {
		job = job->next;
	}
	return job;
}

struct http_job *lane_next_late(struct http_lane *lane, int64_t now_ms, int *error)
{
	int64_t gate = gate_ms(lane, now_ms);
	struct http_job *job = first_late(&lane->people, now_ms, gate);

	job = job ? job : first_late(&lane->background, now_ms, gate);
	if (job) {
		bool by_rate = gate > now_ms || (lane->bucket.per_second > 0 &&
						 has_place(lane, job->options.background));
		*error = by_rate ? -EAGAIN : -ETIMEDOUT;
		lane_remove(lane, job);
	}
	return job;
}

static struct http_job *first_called_off(const struct job_list *queue)
{
	struct http_job *job = queue->first;

	while (job && !job_is_called_off(job)) {
		job = job->next;
	}
	return job;
}

struct http_job *lane_next_called_off(struct http_lane *lane)
{
	struct http_job *job = first_called_off(&lane->people);

	job = job ? job : first_called_off(&lane->background);
	if (job) {
		lane_remove(lane, job);
	}
	return job;
}

void lane_enter(struct http_lane *lane)
{
	lane->under_way++;
}

void lane_leave(struct http_lane *lane)
{
	lane->under_way--;
	if (lane->people.first || lane->background.first) {
		lane->look_at_ms = 0;
	}
}

void lane_pause(struct http_lane *lane, int64_t now_ms, int64_t pause_ms)
{
	int64_t until = now_ms + (pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS);

	if (until > lane->paused_until_ms) {
		log_info("%s: asked to wait %lld ms", lane->name, (long long)(until - now_ms));
		lane->paused_until_ms = until;
		lane->look_at_ms = 0;
	}
}

static int64_t earliest(const struct job_list *queue, int64_t gate, bool has_room, int64_t at)
{
	for (const struct http_job *job = queue->first; job; job = job->next) {
		int64_t start = job->not_before_ms > gate ? job->not_before_ms : gate;

		at = job->deadline_ms < at ? job->deadline_ms : at;
		at = has_room && start < at ? start : at;
	}
	return at;
}

void lane_plan(struct http_lane *lane, int64_t now_ms)
{
	int64_t gate = gate_ms(lane, now_ms);
	int64_t at = earliest(&lane->people, gate, has_place(lane, false), INT64_MAX);

	lane->look_at_ms = earliest(&lane->background, gate, has_place(lane, true), at);
}
