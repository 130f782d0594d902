/* A job: one request on its way to an answer, with its repeats and redirects.
 *
 * Whoever submitted it holds references; the engine holds none but keeps an unfinished job
 * alive. The last reference of an unfinished job asks the engine to call it off; the engine then
 * destroys it. This header is for the files of this folder. */
#ifndef HTTP_JOB_H
#define HTTP_JOB_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "http/http.h"

struct easy;

/* What came back in one attempt. */
struct answer {
	struct response response; /* the body joins it at the job's end */
	struct buf body;
	size_t head_bytes;
	size_t dropped_bytes;
	bool has_head;    /* all of it */
	bool is_whole;    /* with the body: the answer stands if no other comes */
	bool is_given;    /* the sink has the head */
	bool is_dropped;  /* not the one that counts: its body is nobody's */
	bool is_cut;      /* and the rest of it was not worth waiting for */
	int64_t after_ms; /* the server's Retry-After, or -1 */
	int64_t wait_ms;  /* the request is repeated after that time; -1: this one counts */
	int error;        /* why a callback broke the transfer off */
};

struct http_job {
	/* Set by job_create(), then read-only. */
	struct http *http;
	struct http_lane *lane;
	struct http_options options; /* with the defaults filled in */
	struct http_sink sink;       /* options.sink points here */
	int64_t deadline_ms;         /* INT64_MAX: none */

	/* The HTTP thread's. */
	struct http_job *previous, *next; /* in one of its lists */
	struct request request;           /* as the last redirect left it */
	struct easy *easy;                /* while on the wire */
	int attempt;
	int redirects;
	int64_t not_before_ms;
	int64_t heard_ms; /* bytes came or went; until the connection stands, its time limit */
	struct answer answer;
	bool held; /* its sink wants no more for now */

	/* Any thread's. */
	atomic_bool sent;
	atomic_bool called_off;
	atomic_bool resumed;

	/* Under mutex. */
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	int refs;
	bool done;

	/* The HTTP thread's until done, then read-only. */
	int error;
	struct problem why;
};

struct job_list {
	struct http_job *first, *last;
};

void list_append(struct job_list *list, struct http_job *job);
void list_prepend(struct job_list *list, struct http_job *job);
void list_remove(struct job_list *list, struct http_job *job);

/* With one reference. */
int job_create(struct http *http, struct http_lane *lane, const struct request *request,
	       const struct http_options *options, struct http_job **out);
/* Before the engine knew of it. */
void job_destroy(struct http_job *job);
/* Forgets what the last attempt brought. */
void job_forget_answer(struct http_job *job);
/* How long to wait before the next attempt, or -1: the one that ended with this status (0: no
 * answer, for a reason that may pass or not) counts. */
int64_t job_wait_ms(const struct http_job *job, int status, bool transient);
/* True when the owner lost interest and the engine may still act on it. */
bool job_is_called_off(const struct http_job *job);
/* Gives the outcome to those who wait; the engine must not touch the job afterwards. */
void job_end(struct http_job *job, int error);

/* In http.c: makes the engine look for jobs that were called off. */
void http_notice(struct http *http);
/* … or for jobs that are to go on. */
void http_notice_resumed(struct http *http);

#endif
