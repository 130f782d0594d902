/* One curl easy handle: request -> options, with all the safety options; CURLcode -> errno.
 * The HTTP thread's. */
#ifndef HTTP_EASY_H
#define HTTP_EASY_H

#include <stdbool.h>

#include "http/job.h"

#include <curl/curl.h>

struct easy {
	CURL *curl;
	struct curl_slist *headers;
	struct easy *next; /* in the pool of those not in use */
	bool is_reusable;  /* one that failed to connect keeps memory, and refuses options */
	char error[CURL_ERROR_SIZE];
};

/* NULL without memory. */
struct easy *easy_create(CURLSH *share);
void easy_destroy(struct easy *easy);
/* Makes the handle ready for one attempt, and it and the job known to each other. */
int easy_prepare(struct easy *easy, struct http_job *job, int64_t now_ms);
/* Forgets the request, whose text is about to go. The connection stays in curl's cache. */
void easy_clear(struct easy *easy);
/* The HTTP status of the head that is complete by now. */
int easy_status(const struct easy *easy);
/* What an attempt came to: 0 when there is an answer, whatever its status, else -errno with
 * the job's words; *transient when the reason may pass. */
int easy_outcome(struct easy *easy, struct http_job *job, CURLcode code, bool *transient);

#endif
