/* Jobs as their owners see them: waiting, results, references. Any thread. See job.h. */
#include "http/job.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/retry.h"

enum { CONNECT_MS = 5000, STALL_MS = 30000, BODY_MAX = 64 * 1024 * 1024 };

void list_append(struct job_list *list, struct http_job *job)
{
	job->previous = list->last;
	job->next = NULL;
	*(list->last ? &list->last->next : &list->first) = job;
	list->last = job;
}

void list_prepend(struct job_list *list, struct http_job *job)
{
	job->previous = NULL;
	job->next = list->first;
	*(list->first ? &list->first->previous : &list->last) = job;
	list->first = job;
}

void list_remove(struct job_list *list, struct http_job *job)
{
	*(job->previous ? &job->previous->next : &list->first) = job->next;
	*(job->next ? &job->next->previous : &list->last) = job->previous;
	job->previous = NULL;
	job->next = NULL;
}

static void fill_options(struct http_job *job, const struct http_options *options)
{
	struct http_options *o = &job->options;

	*o = *options;
	o->connect_ms = o->connect_ms > 0 ? o->connect_ms : CONNECT_MS;
	o->stall_ms = o->stall_ms > 0 ? o->stall_ms : STALL_MS;
	o->body_max = o->body_max > 0 ? o->body_max : BODY_MAX;
	if (o->sink) {
		job->sink = *o->sink;
		o->sink = &job->sink;
	}
	job->deadline_ms = o->total_ms > 0 ? clock_ms() + o->total_ms : INT64_MAX;
}

int job_create(struct http *http, struct http_lane *lane, const struct request *request,
	       const struct http_options *options, struct http_job **out)
{
	struct http_job *job = calloc(1, sizeof(*job));

	if (!job || request_copy(request, &job->request) < 0) {
		free(job);
		return -ENOMEM;
	}
	job->http = http;
	job->lane = lane;
	job->refs = 1;
	fill_options(job, options);
	pthread_mutex_init(&job->mutex, NULL);
	condition_init(&job->ended);
	*out = job;
	return 0;
}

void job_destroy(struct http_job *job)
{
	job_forget_answer(job);
	request_finish(&job->request);
	problem_finish(&job->why);
	pthread_cond_destroy(&job->ended);
	pthread_mutex_destroy(&job->mutex);
	free(job);
}

void job_forget_answer(struct http_job *job)
{
	response_finish(&job->answer.response);
	buf_finish(&job->answer.body);
	job->answer = (struct answer){.after_ms = -1, .wait_ms = -1};
}

int64_t job_wait_ms(const struct http_job *job, int status, bool transient)
{
	bool is_bounded = job->deadline_ms != INT64_MAX;
	struct retry_case c = {
		.attempt = job->attempt,
		.once = job->request.once,
		.is_get = strcmp(job->request.method, "GET") == 0,
		.transient = transient,
		.status = status,
		.after_ms = status ? job->answer.after_ms : -1,
		.left_ms = is_bounded ? job->deadline_ms - clock_ms() : INT64_MAX,
		.chance = (uint32_t)clock_wall_ns(), /* its last digits are anybody's guess */
	};

	return retry_wait_ms(&c);
}

bool job_is_called_off(const struct http_job *job)
{
	return atomic_load(&job->called_off) && !(job->request.once && atomic_load(&job->sent));
}

/* The body becomes part of the response. */
static int close_answer(struct http_job *job, int error)
{
	struct answer *answer = &job->answer;

	if (error < 0) {
		job_forget_answer(job);
		return error;
	}
	if (job->options.sink) {
		return 0;
	}
	answer->response.body_length = answer->body.length;
	answer->response.body = buf_take(&answer->body);
	return answer->response.body ? 0 : -ENOMEM;
}

int http_wait(struct http_job *job, struct waiter *waiter)
{
	int r = 0;

	wait_begin(waiter, &job->mutex, &job->ended);
	while (!job->done && r == 0) {
		r = wait_sleep(waiter);
	}
	r = job->done ? 0 : r;
	wait_end(waiter);
	return r;
}

int http_result(struct http_job *job, const struct response **response, struct problem *why)
{
	pthread_mutex_lock(&job->mutex);
	assert(job->done);
	pthread_mutex_unlock(&job->mutex);
	if (response) {
		*response = &job->answer.response;
	}
	if (job->error < 0) {
		return problem_set(why, job->error, "%s", problem_words(&job->why, job->error));
	}
	return 0;
}

bool http_job_was_sent(const struct http_job *job)
{
	return atomic_load(&job->sent);
}

bool http_call_off(struct http_job *job)
{
	pthread_mutex_lock(&job->mutex);
	if (!job->done) {
		atomic_store(&job->called_off, true);
		http_notice(job->http);
	}
	pthread_mutex_unlock(&job->mutex);
	return http_job_was_sent(job);
}

void http_resume(struct http_job *job)
{
	if (!job) {
		return;
	}
	pthread_mutex_lock(&job->mutex);
	if (!job->done) {
		atomic_store(&job->resumed, true);
		http_notice_resumed(job->http);
	}
	pthread_mutex_unlock(&job->mutex);
}

void http_job_ref(struct http_job *job)
{
	pthread_mutex_lock(&job->mutex);
	job->refs++;
	pthread_mutex_unlock(&job->mutex);
}

void http_job_unref(struct http_job *job)
{
	if (!job) {
		return;
	}
	pthread_mutex_lock(&job->mutex);
	bool last = --job->refs == 0;
	bool done = job->done;
	if (last && !done) {
		/* Under the mutex: the job cannot end meanwhile, so the engine is still there. */
		atomic_store(&job->called_off, true);
		http_notice(job->http);
	}
	pthread_mutex_unlock(&job->mutex);
	if (last && done) {
		job_destroy(job);
	}
}

void job_end(struct http_job *job, int error)
{
	job->error = close_answer(job, error);
	if (job->sink.end) {
		job->sink.end(job->sink.context, job->error);
	}
	pthread_mutex_lock(&job->mutex);
	job->done = true;
	job->refs++;
	pthread_mutex_unlock(&job->mutex);
	/* Outside, so that who wakes does not run into the mutex; the reference is ours. */
	pthread_cond_broadcast(&job->ended);
	http_job_unref(job);
}
