/* A lane: when which of its jobs may go on the wire. The HTTP thread's alone, but for the
 * counters. It decides; http.c acts. */
#ifndef HTTP_LANE_H
#define HTTP_LANE_H

#include <stdatomic.h>

#include "http/bucket.h"
#include "http/job.h"

struct http_lane {
	/* Set by lane_create(), then read-only. */
	char *name;
	int parallel;
	struct http_lane *next; /* the engine's list of lanes, which only grows */

	/* Written by the HTTP thread, read by any. */
	atomic_uint_fast64_t requests, repeats, failures, bytes;

	/* The HTTP thread's. */
	struct bucket bucket;
	int under_way;
	int64_t paused_until_ms;
	struct job_list people, background;
	int64_t look_at_ms; /* nothing changes before; lane_plan() */
};

struct http_lane *lane_create(const char *name, const struct lane_limits *limits);
void lane_destroy(struct http_lane *lane);

/* In the order of arrival; what is repeated comes first. */
void lane_put(struct http_lane *lane, struct http_job *job);
void lane_remove(struct http_lane *lane, struct http_job *job);
/* The next queued job that may start, removed and its token taken; NULL for none. */
struct http_job *lane_next(struct http_lane *lane, int64_t now_ms);
/* A queued job whose deadline passed, or comes before its turn can, removed; NULL for none.
 * *error says what it waited for. */
struct http_job *lane_next_late(struct http_lane *lane, int64_t now_ms, int *error);
/* A queued job that was called off, removed; NULL for none. */
struct http_job *lane_next_called_off(struct http_lane *lane);
/* One went on the wire or came off it. */
void lane_enter(struct http_lane *lane);
void lane_leave(struct http_lane *lane);
/* The server asked for silence: nothing starts before that much time has passed. */
void lane_pause(struct http_lane *lane, int64_t now_ms, int64_t pause_ms);
/* Works out look_at_ms, after everything that may start has started. */
void lane_plan(struct http_lane *lane, int64_t now_ms);

#endif
