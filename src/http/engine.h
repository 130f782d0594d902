/* The engine inside: what its front (http.c: any thread), its thread (engine.c) and its wire
 * (wire.c: the jobs that curl is busy with) share. */
#ifndef HTTP_ENGINE_H
#define HTTP_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/easy.h"
#include "http/job.h"
#include "http/lane.h"

#include <curl/curl.h>

struct http {
	/* Set before the thread starts, then read-only. */
	CURLM *multi;
	CURLSH *share; /* of TLS sessions */
	pthread_t thread;
	struct http_lane *unlimited; /* for requests without a lane */

	/* Under mutex. */
	pthread_mutex_t mutex;
	struct job_list inbox;
	struct http_lane *lanes;
	bool stopping;

	/* Any thread's. */
	atomic_bool called_off; /* some job was */
	atomic_bool resumed;    /* some job is to be */

	/* The HTTP thread's. */
	struct http_lane *known_lanes; /* the lanes as of the last look */
	struct job_list active;
	struct easy *spares; /* ready to be used again */
	int spare_count;
	int64_t check_at_ms; /* no active job is late before */
};

/* The thread: runs until http->stopping, then ends every job. context is the engine. */
void *engine_run(void *context);

/* Sends the job's request, as far as it is up to us: 0, or -errno with the job's words. */
int wire_put(struct http *http, struct http_job *job, int64_t now_ms);
/* Takes it back, whatever curl was doing with it. */
void wire_take(struct http *http, struct http_job *job);
/* Lets it have what it was held back from. */
void wire_resume(struct http_job *job, int64_t now_ms);
/* The next job on the wire that is over its time; NULL for none. Cheap before that time. */
struct http_job *wire_next_late(struct http *http, int64_t now_ms);

#endif
