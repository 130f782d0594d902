/* Bytes as curl hands them over -> head and body of an answer; see receive.h.
 *
 * At the end of the head it is known whether this answer counts, or is a redirect, or one
 * after which the request is repeated: only one that counts is handed to a sink. A callback
 * that has to break the transfer off leaves its reason in answer.error. */
#include "http/receive.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "http/easy.h"
#include "http/lane.h"
#include "http/retry.h"
#include "http/target.h"

enum { HEAD_MAX = 64 * 1024, DROPPED_MAX = 64 * 1024, KIB = 1024, MIB = 1024 * 1024 };

static int fail_size(struct http_job *job, const char *what, size_t limit)
{
	char origin[ORIGIN_BYTES];
	const char *unit = limit < KIB ? "bytes" : limit < MIB ? "KiB" : "MiB";
	size_t count = limit < KIB ? limit : limit < MIB ? limit / KIB : limit / MIB;

	return problem_set(&job->why, -EBADMSG, "%s: %s larger than %zu %s",
			   url_origin(job->request.url, origin, sizeof(origin)), what, count, unit);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* "Name: value\r\n"; a line without a colon is the status line, or nothing. */
static int add_header(struct response *response, const char *line, size_t length)
{
	while (length > 0 && is_blank(line[length - 1])) {
		length--;
	}
	const char *end = line + length;
	const char *colon = memchr(line, ':', length);

	if (!colon) {
		return 0;
	}
	const char *value = colon + 1;

	while (value < end && is_blank(*value)) {
		value++;
	}
	return response_add_header(response, line, (size_t)(colon - line), value,
				   (size_t)(end - value));
}

/* The empty line: an interim answer (1xx) is forgotten, of any other is known what it is for. */
static int end_head(struct http_job *job)
{
	struct answer *answer = &job->answer;
	struct response *response = &answer->response;
	int status = easy_status(job->easy);

	if (status < 200) {
		response_finish(response);
		return 0;
	}
	response->status = status;
	answer->has_head = true;
	answer->after_ms = retry_after_ms(response_header(response, "Retry-After"),
					  clock_wall_ns());
	answer->wait_ms = job_wait_ms(job, status, false);
	answer->is_dropped = answer->wait_ms >= 0 || target_is_redirect(&job->request, response);
	if (job->options.sink && !answer->is_dropped) {
		answer->is_given = true;
		return job->sink.head(job->sink.context, response);
	}
	return 0;
}

static int take_line(struct http_job *job, const char *line, size_t length)
{
	struct answer *answer = &job->answer;

	if (answer->has_head) {
		return 0; /* trailers */
	}
	answer->head_bytes += length;
	if (answer->head_bytes > HEAD_MAX) {
		return fail_size(job, "headers", HEAD_MAX);
	}
	if (line[0] == '\r' || line[0] == '\n') {
		return end_head(job);
	}
	return add_header(&answer->response, line, length);
}

size_t receive_header(char *data, size_t size, size_t count, void *context)
{
	struct http_job *job = context;
	size_t length = size * count;

	job->heard_ms = clock_ms();
	job->answer.error = take_line(job, data, length);
	return job->answer.error < 0 ? 0 : length;
}

static int keep_body(struct http_job *job, const char *data, size_t length)
{
	struct buf *body = &job->answer.body;

	if (length > job->options.body_max - body->length) {
		return fail_size(job, "answer", job->options.body_max);
	}
	buf_add(body, data, length);
	return buf_status(body);
}

size_t receive_body(char *data, size_t size, size_t count, void *context)
{
	struct http_job *job = context;
	struct answer *answer = &job->answer;
	size_t length = size * count;

	job->heard_ms = clock_ms();
	if (job->options.sink && !answer->is_dropped) {
		answer->error = job->sink.data(job->sink.context, data, length);
		job->held = answer->error == HTTP_HOLD;
		if (job->held) {
			return CURL_WRITEFUNC_PAUSE;
		}
	}
	atomic_fetch_add(&job->lane->bytes, length);
	if (!job->options.sink) {
		answer->error = keep_body(job, data, length);
	} else if (answer->is_dropped) {
		/* Worth reading to its end for the connection's sake, if the end is near. */
		answer->dropped_bytes += length;
		answer->is_cut = answer->dropped_bytes > DROPPED_MAX;
	}
	return answer->error < 0 || answer->is_cut ? 0 : length;
}
