/* One curl easy handle; see easy.h.
 *
 * Everything curl would do by itself beyond one request to one place is off or bounded here:
 * redirects, other protocols, user names in URLs, "Expect: 100-continue" (which curl answers to a
 * 417 by sending again), and sending again over another connection (stop_second()). */
#include "http/easy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "http/lane.h"
#include "http/receive.h"
#include "http/target.h"

enum { SINK_BUFFER_BYTES = 512 * 1024, MEMORY_BUFFER_BYTES = 64 * 1024 };

static const struct {
	CURLoption option;
	long value;
} fixed_options[] = {
	{CURLOPT_NOSIGNAL, 1},
	{CURLOPT_FOLLOWLOCATION, 0},
	{CURLOPT_SSL_VERIFYPEER, 1},
	{CURLOPT_SSL_VERIFYHOST, 2},
	{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
	{CURLOPT_HTTP09_ALLOWED, 0},
	{CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
	{CURLOPT_PATH_AS_IS, 1}, /* a path may be signed */
	{CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
	{CURLOPT_TCP_KEEPALIVE, 1},
	/* A name that is still being looked up when a job ends must not hold up the thread. */
	{CURLOPT_QUICK_EXIT, 1},
};

/* Each code that says more than "the connection failed". */
static const struct meaning {
	CURLcode code;
	int error;
	bool transient;
	const char *words; /* before the origin */
} meanings[] = {
	{CURLE_COULDNT_CONNECT, -EHOSTUNREACH, true, "no connection to"},
	{CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH, true, "no connection to"},
	{CURLE_COULDNT_RESOLVE_PROXY, -EHOSTUNREACH, true, "no connection to"},
	{CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT, true, "no connection to"},
	{CURLE_SSL_CONNECT_ERROR, -EHOSTUNREACH, true, "no connection to"},
	{CURLE_PEER_FAILED_VERIFICATION, -EHOSTUNREACH, false, "no connection to"},
	{CURLE_SSL_CACERT_BADFILE, -EHOSTUNREACH, false, "no connection to"},
	{CURLE_SSL_CIPHER, -EHOSTUNREACH, false, "no connection to"},
	{CURLE_SSL_ISSUER_ERROR, -EHOSTUNREACH, false, "no connection to"},
	{CURLE_PARTIAL_FILE, -EIO, true, "less than promised by"},
	{CURLE_WEIRD_SERVER_REPLY, -EBADMSG, false, "no HTTP answer from"},
	{CURLE_UNSUPPORTED_PROTOCOL, -EBADMSG, false, "no HTTP answer from"},
	{CURLE_BAD_CONTENT_ENCODING, -EBADMSG, false, "no readable answer from"},
	{CURLE_URL_MALFORMAT, -EBADMSG, false, "no request to"},
	{CURLE_OUT_OF_MEMORY, -ENOMEM, false, "no memory for"},
};
static const struct meaning broken = {.error = -EHOSTUNREACH,
				      .transient = true,
				      .words = "connection lost to"};

struct easy *easy_create(CURLSH *share)
{
	struct easy *easy = calloc(1, sizeof(*easy));
	CURL *curl = easy ? curl_easy_init() : NULL;

	if (!curl || curl_easy_setopt(curl, CURLOPT_SHARE, share)) {
		curl_easy_cleanup(curl);
		free(easy);
		return NULL;
	}
	easy->curl = curl;
	return easy;
}

void easy_destroy(struct easy *easy)
{
	if (easy) {
		curl_easy_cleanup(easy->curl);
		curl_slist_free_all(easy->headers);
		free(easy);
	}
}

void easy_clear(struct easy *easy)
{
	curl_easy_reset(easy->curl);
	curl_slist_free_all(easy->headers);
	easy->headers = NULL;
	easy->error[0] = '\0';
	easy->is_reusable = false;
}

static int append(struct easy *easy, const char *line)
{
	struct curl_slist *grown = curl_slist_append(easy->headers, line);

	if (!grown) {
		return -ENOMEM;
	}
	easy->headers = grown;
	return 0;
}

/* A line break in a value would begin a header, or a request, of somebody else's making. */
static int append_header(struct easy *easy, const struct header *header, struct problem *why)
{
	auto_finish(buf_finish) struct buf line = {0};

	if (strpbrk(header->name, "\r\n:") || strpbrk(header->value, "\r\n")) {
		return problem_set(why, -EBADMSG, "a header with a line break");
	}
	/* To curl, "Name:" means not to send it, and "Name;" to send it empty. */
	buf_puts(&line, header->name);
	buf_puts(&line, header->value[0] ? ": " : ";");
	buf_puts(&line, header->value);
	int r = buf_status(&line);
	r = r ? r : append(easy, line.data);
	if (line.data) {
		explicit_bzero(line.data, line.length);
	}
	return r;
}

static bool has_header(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (strcasecmp(request->headers[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

static int set_headers(struct easy *easy, struct http_job *job)
{
	const struct request *request = &job->request;
	int r = append(easy, "Expect:");

	if (r == 0 && job->options.sink) {
		r = append(easy, "Accept-Encoding: identity"); /* its bytes are counted */
	}
	if (r == 0 && !has_header(request, "Content-Type")) {
		r = append(easy, "Content-Type:"); /* curl would claim that it is a form */
	}
	for (size_t i = 0; i < request->header_count && r == 0; i++) {
		r = append_header(easy, &request->headers[i], &job->why);
	}
	if (r == 0 && curl_easy_setopt(easy->curl, CURLOPT_HTTPHEADER, easy->headers)) {
		r = -ENOMEM;
	}
	return r;
}

/* The connection stands and the request is about to go. One that was called off stays here.
 * Whatever made curl begin a second time (a kept connection that was closed, a stream that was
 * refused): `once` means once. */
static int stop_second(void *context, char *remote, char *local, int remote_port, int local_port)
{
	struct http_job *job = context;

	(void)remote, (void)local, (void)remote_port, (void)local_port;
	bool before = atomic_exchange(&job->sent, true);
	if (job->request.once && before) {
		return CURL_PREREQFUNC_ABORT;
	}
	/* After `sent` is set: of this and http_call_off(), which looks the other way round, one
	 * sees the other. */
	if (atomic_load(&job->called_off)) {
		atomic_store(&job->sent, before);
		return CURL_PREREQFUNC_ABORT;
	}
	atomic_fetch_add(&job->lane->requests, 1);
	job->heard_ms = clock_ms();
	return CURL_PREREQFUNC_OK;
}

static int set_target(CURL *curl, struct http_job *job)
{
	const struct request *request = &job->request;
	/* target_check() saw to it that this is our own machine: a proxy has no part in it. */
	bool is_plain = strncasecmp(request->url, "http:", 5) == 0;
	const char *body = request->body ? request->body : "";
	int bad = 0;

	bad |= curl_easy_setopt(curl, CURLOPT_URL, request->url);
	bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_plain ? "http" : "https");
	bad |= curl_easy_setopt(curl, CURLOPT_PROXY, is_plain ? "" : NULL);
	bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "orderfs/" ORDERFS_VERSION);
	/* Found closed only after it was sent over, a kept connection leaves a doubt. */
	bad |= curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request->once ? 1L : 0L);
	if (strcmp(request->method, "GET") != 0) {
		bad |= curl_easy_setopt(curl, CURLOPT_POST, 1L);
		bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)request->body_length);
	}
	return bad ? -ENOMEM : 0;
}

static int set_callbacks(struct easy *easy, struct http_job *job)
{
	CURL *curl = easy->curl;
	bool to_sink = job->options.sink;
	int bad = 0;

	bad |= curl_easy_setopt(curl, CURLOPT_PRIVATE, job);
	bad |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, easy->error);
	bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header);
	bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, job);
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_body);
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, job);
	bad |= curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, stop_second);
	bad |= curl_easy_setopt(curl, CURLOPT_PREREQDATA, job);
	bad |= curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, to_sink ? NULL : "");
	bad |= curl_easy_setopt(curl, CURLOPT_BUFFERSIZE,
				to_sink ? (long)SINK_BUFFER_BYTES : (long)MEMORY_BUFFER_BYTES);
	return bad ? -ENOMEM : 0;
}

static int set_times(CURL *curl, struct http_job *job, int64_t now_ms)
{
	int64_t connect_ms = job->options.connect_ms;
	int64_t left_ms = job->deadline_ms - now_ms;

	connect_ms = connect_ms < left_ms ? connect_ms : left_ms;
	connect_ms = connect_ms > 0 ? connect_ms : 1; /* 0 would be curl's own */
	job->heard_ms = now_ms + connect_ms;
	return curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms) ? -ENOMEM : 0;
}

int easy_prepare(struct easy *easy, struct http_job *job, int64_t now_ms)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(fixed_options) / sizeof(fixed_options[0]) && r == 0; i++) {
		if (curl_easy_setopt(easy->curl, fixed_options[i].option, fixed_options[i].value)) {
			r = -ENOMEM;
		}
	}
	r = r ? r : set_target(easy->curl, job);
	r = r ? r : set_headers(easy, job);
	r = r ? r : set_callbacks(easy, job);
	r = r ? r : set_times(easy->curl, job, now_ms);
	return r;
}

int easy_status(const struct easy *easy)
{
	long status = 0;

	curl_easy_getinfo(easy->curl, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

static const struct meaning *find_meaning(CURLcode code)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].code == code) {
			return &meanings[i];
		}
	}
	return &broken;
}

/* curl's own sentence only where it is about hosts and certificates: elsewhere it may quote
 * headers. */
static const char *cause(const struct easy *easy, CURLcode code, int os_error)
{
	if (code == CURLE_COULDNT_CONNECT && os_error) {
		return strerror(os_error);
	}
	bool is_tls = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR;

	return is_tls && easy->error[0] ? easy->error : curl_easy_strerror(code);
}

int easy_outcome(struct easy *easy, struct http_job *job, CURLcode code, bool *transient)
{
	const struct meaning *meaning = find_meaning(code);
	char origin[ORIGIN_BYTES];
	long os_error = 0;
	int error = meaning->error;

	*transient = false;
	easy->is_reusable = code == CURLE_OK;
	if (code == CURLE_OK || job->answer.is_cut) {
		return 0;
	}
	if (job->answer.error < 0) {
		return job->answer.error; /* a callback's, with its words */
	}
	*transient = meaning->transient;
	curl_easy_getinfo(easy->curl, CURLINFO_OS_ERRNO, &os_error);
	if (code == CURLE_COULDNT_CONNECT && os_error == ECONNREFUSED) {
		error = -ECONNREFUSED;
	} else if (meaning == &broken && job->answer.has_head) {
		error = -EIO; /* in the middle of the body */
	}
	return problem_set(&job->why, error, "%s %s: %s", meaning->words,
			   url_origin(job->request.url, origin, sizeof(origin)),
			   cause(easy, code, (int)os_error));
}
