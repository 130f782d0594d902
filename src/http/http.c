/* The front of the HTTP engine: its life, its lanes, and the way in. Any thread. See http.h;
 * what happens to a job then is engine.c. */
#include "http/http.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#include "http/engine.h"

enum { KEPT_CONNECTIONS = 64 };

/* Signals are for the threads that expect them. */
static int start_thread(struct http *http)
{
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = -pthread_create(&http->thread, NULL, engine_run, http);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void finish(struct http *http)
{
	while (http->spares) {
		struct easy *easy = http->spares;

		http->spares = easy->next;
		easy_destroy(easy);
	}
	while (http->lanes) {
		struct http_lane *lane = http->lanes;

		http->lanes = lane->next;
		lane_destroy(lane);
	}
	curl_multi_cleanup(http->multi);
	curl_share_cleanup(http->share);
	pthread_mutex_destroy(&http->mutex);
	free(http);
	curl_global_cleanup();
}

static int set_up(struct http *http)
{
	/* A bound on requests under way there is none either. */
	static const struct lane_limits none = {.parallel = INT_MAX};

	http->multi = curl_multi_init();
	http->share = curl_share_init();
	if (!http->multi || !http->share) {
		return -ENOMEM;
	}
	/* One thread uses it, so it needs no locks. */
	if (curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) ||
	    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS)) {
		return -ENOMEM;
	}
	int r = http_lane_create(http, "others", &none, &http->unlimited);

	return r ? r : start_thread(http);
}

int http_create(struct http **out)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(http);
		return -ENOMEM;
	}
	pthread_mutex_init(&http->mutex, NULL);
	http->check_at_ms = INT64_MAX;
	int r = set_up(http);

	if (r < 0) {
		finish(http);
		return r;
	}
	*out = http;
	return 0;
}

void http_destroy(struct http *http)
{
	if (!http) {
		return;
	}
	pthread_mutex_lock(&http->mutex);
	http->stopping = true;
	pthread_mutex_unlock(&http->mutex);
	curl_multi_wakeup(http->multi);
	pthread_join(http->thread, NULL);
	finish(http);
}

int http_lane_create(struct http *http, const char *name, const struct lane_limits *limits,
		     struct http_lane **out)
{
	struct http_lane *lane = lane_create(name, limits);

	if (!lane) {
		return -ENOMEM;
	}
	pthread_mutex_lock(&http->mutex);
	lane->next = http->lanes;
	http->lanes = lane;
	pthread_mutex_unlock(&http->mutex);
	*out = lane;
	return 0;
}

void http_lane_counts(const struct http_lane *lane, struct lane_counts *out)
{
	*out = (struct lane_counts){
		.requests = atomic_load(&lane->requests),
		.repeats = atomic_load(&lane->repeats),
		.failures = atomic_load(&lane->failures),
		.bytes = atomic_load(&lane->bytes),
	};
}

int http_submit(struct http *http, const struct request *request,
		const struct http_options *options, struct http_job **out)
{
	struct http_lane *lane = options->lane ? options->lane : http->unlimited;
	int r = job_create(http, lane, request, options, out);

	if (r < 0) {
		return r;
	}
	pthread_mutex_lock(&http->mutex);
	bool stopping = http->stopping;
	bool was_empty = !http->inbox.first;
	if (!stopping) {
		list_append(&http->inbox, *out);
	}
	pthread_mutex_unlock(&http->mutex);
	if (stopping) {
		job_destroy(*out);
		return -ECANCELED;
	}
	if (was_empty) {
		curl_multi_wakeup(http->multi);
	}
	return 0;
}

void http_notice(struct http *http)
{
	atomic_store(&http->called_off, true);
	curl_multi_wakeup(http->multi);
}

void http_notice_resumed(struct http *http)
{
	atomic_store(&http->resumed, true);
	curl_multi_wakeup(http->multi);
}
