/* The HTTP engine against a server of our own (http_server.h), and its pure parts alone. */
#include "http/http.h"

#include "base/clock.h"
#include "http/bucket.h"
#include "http/retry.h"
#include "http/target.h"
#include "http_server.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PATIENCE_MS = 20000 };

/* One engine with one lane, started afresh for each test; s is started by the test. */
static struct server s;
static struct http *http;
static struct http_lane *lane;

static int set_up(void **state)
{
	static const struct lane_limits limits = {.parallel = 8};

	(void)state;
	assert_int_equal(http_create(&http), 0);
	assert_int_equal(http_lane_create(http, "test", &limits, &lane), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_destroy(http);
	http = NULL;
	server_stop(&s);
	return 0;
}

static struct http_options usual(void)
{
	return (struct http_options){.lane = lane, .total_ms = 15000, .allow_plain = true};
}

static struct http_job *submit(const char *method, const char *path, bool once,
			       const struct http_options *options)
{
	char url[200];
	struct request request = {.method = method, .url = url, .once = once};
	struct http_job *job;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", s.port, path);
	assert_int_equal(http_submit(http, &request, options, &job), 0);
	return job;
}

static void await(struct http_job *job)
{
	struct waiter waiter;

	waiter_init(&waiter, PATIENCE_MS);
	assert_int_equal(http_wait(job, &waiter), 0);
	waiter_finish(&waiter);
}

/* The job's status, or its error; consumes the reference. */
static int outcome(struct http_job *job)
{
	const struct response *response;

	await(job);
	int r = http_result(job, &response, NULL);
	r = r < 0 ? r : response->status;
	http_job_unref(job);
	return r;
}

static int get(const char *path)
{
	struct http_options options = usual();

	return outcome(submit("GET", path, false, &options));
}

/* As outcome(), and the words say this and nothing that is secret. */
static int outcome_saying(struct http_job *job, const char *words)
{
	struct problem why = {0};

	await(job);
	http_result(job, NULL, &why);
	if (!strstr(problem_words(&why, EIO), words)) {
		fail_msg("\"%s\" is not in \"%s\"", words, problem_words(&why, EIO));
	}
	assert_null(strstr(problem_words(&why, EIO), "secret"));
	problem_finish(&why);
	return outcome(job);
}

static bool answer_ok(struct exchange *x)
{
	say_ok(x->fd, "hello");
	return true;
}

static bool answer_held(struct exchange *x)
{
	server_hold(x->server);
	say_ok(x->fd, "hello");
	return true;
}

static void test_kept_connection(void **state)
{
	const struct response *response;
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_ok);
	assert_int_equal(get("/1"), 200);
	assert_int_equal(get("/2"), 200);
	struct http_job *job = submit("POST", "/3", false, &options);
	await(job);
	assert_int_equal(http_result(job, &response, NULL), 0);
	assert_string_equal(response->body, "hello");
	assert_int_equal(response->body_length, 5);
	assert_string_equal(response_header(response, "content-length"), "5");
	assert_true(http_job_was_sent(job));
	http_job_unref(job);
	assert_int_equal(s.connections, 1);
	assert_int_equal(s.requests, 3);
}

static bool answer_hints(struct exchange *x)
{
	say(x->fd, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
		   "HTTP/1.1 204 No Content\r\nX-Empty:\r\nX-One:  1 \r\n\r\n");
	return true;
}

static void test_head(void **state)
{
	struct http_options options = usual();
	const struct response *response;

	(void)state;
	server_start(&s, answer_hints);
	struct http_job *job = submit("GET", "/", false, &options);
	await(job);
	assert_int_equal(http_result(job, &response, NULL), 0);
	assert_int_equal(response->status, 204);
	assert_null(response_header(response, "Link"));
	assert_string_equal(response_header(response, "X-Empty"), "");
	assert_string_equal(response_header(response, "X-One"), "1");
	assert_string_equal(response->body, "");
	http_job_unref(job);
}

static bool answer_503_twice(struct exchange *x)
{
	if (x->number <= 2) {
		say(x->fd, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
	} else {
		say_ok(x->fd, "hello");
	}
	return true;
}

static void test_repeats(void **state)
{
	struct lane_counts counts;

	(void)state;
	server_start(&s, answer_503_twice);
	assert_int_equal(get("/"), 200);
	http_lane_counts(lane, &counts);
	assert_int_equal(counts.requests, 3);
	assert_int_equal(counts.repeats, 2);
	assert_int_equal(counts.failures, 0);
	assert_int_equal(counts.bytes, 4 + 4 + 5);
}

static bool answer_500(struct exchange *x)
{
	say(x->fd, "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\noh");
	return true;
}

static void test_repeats_end(void **state)
{
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_500);
	assert_int_equal(get("/"), 500);
	assert_int_equal(s.requests, 4);
	assert_int_equal(outcome(submit("POST", "/", false, &options)), 500);
	assert_int_equal(s.requests, 5);
	assert_int_equal(outcome(submit("GET", "/", true, &options)), 500);
	assert_int_equal(s.requests, 6);
}

static bool answer_429_once(struct exchange *x)
{
	if (x->number == 1) {
		say(x->fd, "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
	} else {
		say_ok(x->fd, "hello");
	}
	return true;
}

static void test_retry_after(void **state)
{
	struct http_options options = usual();
	int64_t begin = clock_ms();

	(void)state;
	server_start(&s, answer_429_once);
	struct http_job *job = submit("GET", "/1", false, &options);
	server_await(&s, &s.requests, 1);
	assert_int_equal(outcome(job), 200);
	assert_true(clock_ms() - begin >= 1000);
	assert_true(clock_ms() - begin < 10000);
}

static bool answer_429_long(struct exchange *x)
{
	say(x->fd, "HTTP/1.1 429 Slow\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n");
	return true;
}

static void test_nobody_waits_in_vain(void **state)
{
	struct http_options options = usual();
	struct http_lane *other;
	const struct lane_limits limits = {0};
	int64_t begin = clock_ms();

	(void)state;
	server_start(&s, answer_429_long);
	assert_int_equal(get("/"), 429);
	/* The lane pauses for all, but only this lane. */
	struct http_job *job = submit("GET", "/secret", false, &options);
	assert_int_equal(outcome_saying(job, "rate limit: not over within the deadline"), -EAGAIN);
	assert_int_equal(s.requests, 1);
	assert_int_equal(http_lane_create(http, "other", &limits, &other), 0);
	options.lane = other;
	assert_int_equal(outcome(submit("GET", "/", false, &options)), 429);
	/* No lane is no lane of its own. */
	options.lane = NULL;
	assert_int_equal(outcome(submit("GET", "/", false, &options)), 429);
	assert_int_equal(outcome(submit("GET", "/", false, &options)), 429);
	assert_true(clock_ms() - begin < 10000);
}

static bool answer_by_closing(struct exchange *x)
{
	(void)x;
	return false;
}

static void test_once_is_once(void **state)
{
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_by_closing);
	struct http_job *job = submit("POST", "/secret?secret", true, &options);
	await(job);
	assert_true(http_job_was_sent(job));
	assert_int_equal(outcome_saying(job, "connection lost to http://127.0.0.1:"),
			 -EHOSTUNREACH);
	assert_int_equal(s.requests, 1);
	/* While others are repeated. */
	assert_int_equal(outcome(submit("POST", "/", false, &options)), -EHOSTUNREACH);
	assert_int_equal(s.requests, 5);
}

/* The first connection is kept open, and closed when a second request comes over it: curl begins
 * again by itself over another one, where that is allowed. */
static bool answer_first_once(struct exchange *x)
{
	if (x->connection == 1 && x->number > 1) {
		return false;
	}
	say_ok(x->fd, "hello");
	return true;
}

static void test_broken_kept_connection(void **state)
{
	(void)state;
	server_start(&s, answer_first_once);
	assert_int_equal(get("/"), 200);
	assert_int_equal(get("/"), 200);
	assert_int_equal(s.requests, 3);
	assert_int_equal(s.connections, 2);
}

static void test_once_on_a_fresh_connection(void **state)
{
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_first_once);
	assert_int_equal(get("/"), 200);
	assert_int_equal(outcome(submit("POST", "/", true, &options)), 200);
	assert_int_equal(s.requests, 2);
	assert_int_equal(s.connections, 2);
}

static bool answer_redirect(struct exchange *x)
{
	if (strstr(x->text, "GET /end")) {
		say_ok(x->fd, strstr(x->text, "X-Mine: 1\r\n") ? "with" : "without");
	} else if (strstr(x->text, "GET /round")) {
		say(x->fd, "HTTP/1.1 302 Go\r\nLocation: round\r\nContent-Length: 0\r\n\r\n");
	} else if (strstr(x->text, "/elsewhere")) {
		say(x->fd,
		    "HTTP/1.1 302 Go\r\nLocation: http://localhost:%d/end?secret\r\n"
		    "Content-Length: 0\r\n\r\n",
		    x->server->port);
	} else {
		say(x->fd, "HTTP/1.1 307 Go\r\nLocation: /end\r\nContent-Length: 2\r\n\r\ngo");
	}
	return true;
}

static struct http_job *submit_redirected(const char *path, bool credentials)
{
	char url[200];
	struct request request = {.method = "GET", .url = url, .credentials = credentials};
	struct http_options options = usual();
	struct http_job *job;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", s.port, path);
	assert_int_equal(request_add_header(&request, "X-Mine", "1"), 0);
	assert_int_equal(http_submit(http, &request, &options, &job), 0);
	request.url = NULL;
	request_finish(&request);
	return job;
}

static void assert_body(struct http_job *job, const char *body)
{
	const struct response *response;

	await(job);
	assert_int_equal(http_result(job, &response, NULL), 0);
	assert_string_equal(response->body, body);
	http_job_unref(job);
}

static void test_redirects(void **state)
{
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_redirect);
	assert_body(submit_redirected("/go", true), "with");
	assert_body(submit_redirected("/go", false), "with");
	assert_body(submit_redirected("/elsewhere", false), "without");
	assert_int_equal(outcome_saying(submit_redirected("/elsewhere", true), "//localhost:"),
			 -EBADMSG);
	assert_int_equal(outcome_saying(submit_redirected("/round", false), "more than 5"),
			 -EBADMSG);
	assert_int_equal(outcome(submit("POST", "/go", false, &options)), 307);
	assert_int_equal(outcome(submit("GET", "/go", true, &options)), 307);
}

static int redirected(const char *from, const char *to, bool credentials, char url[200])
{
	struct request request = {.method = "GET", .url = strdup(from), .credentials = credentials};
	struct response answer = {.status = 302};
	struct problem why = {0};

	assert_int_equal(response_add_header(&answer, "location", 8, to, strlen(to)), 0);
	assert_int_equal(request_add_header(&request, "range", "bytes=0-0"), 0);
	assert_int_equal(request_add_header(&request, "Authorization", "secret"), 0);
	assert_int_equal(request_add_header(&request, "If-Range", "x"), 0);
	assert_true(target_is_redirect(&request, &answer));
	int r = target_redirect(&request, &answer, &why);
	assert_true((r < 0) == (why.words != NULL));
	snprintf(url, 200, "%s %zu", request.url, request.header_count);
	request_finish(&request);
	response_finish(&answer);
	problem_finish(&why);
	return r;
}

static void test_redirect_targets(void **state)
{
	char url[200];

	(void)state;
	assert_int_equal(redirected("https://a/b/c?d", "e?f=%2F&g=+", true, url), 0);
	assert_string_equal(url, "https://a/b/e?f=%2F&g=+ 3");
	assert_int_equal(redirected("https://a/b", "https://A:443/x//../y?%7e~", true, url), 0);
	assert_string_equal(url, "https://A:443/x//../y?%7e~ 3");
	assert_int_equal(redirected("https://a/b", "https://c/d", false, url), 0);
	assert_string_equal(url, "https://c/d 2");
	assert_int_equal(redirected("https://a/b", "https://a:444/d", true, url), -EBADMSG);
	assert_int_equal(redirected("https://a/b", "//c/d", true, url), -EBADMSG);
	assert_int_equal(redirected("https://a/b", "http://a/b", true, url), -EBADMSG);
	assert_int_equal(redirected("https://a/b", "http://localhost/b", false, url), -EBADMSG);
	assert_int_equal(redirected("https://a/b", "file:///etc/passwd", false, url), -EBADMSG);
	assert_int_equal(redirected("https://a/b", "https://a@c/d", false, url), -EBADMSG);
}

static void test_targets(void **state)
{
	(void)state;
	assert_int_equal(target_check("https://a/", false, NULL), 0);
	assert_int_equal(target_check("HTTPS://a/", false, NULL), 0);
	assert_int_equal(target_check("http://localhost:8080/", true, NULL), 0);
	assert_int_equal(target_check("http://[::1]:8080/", true, NULL), 0);
	assert_int_equal(target_check("http://127.1.2.3/", true, NULL), 0);
	assert_int_equal(target_check("http://localhost/", false, NULL), -EBADMSG);
	assert_int_equal(target_check("http://example.com/", true, NULL), -EBADMSG);
	assert_int_equal(target_check("http://localhost.example.com/", true, NULL), -EBADMSG);
	assert_int_equal(target_check("http://localhost@example.com/", true, NULL), -EBADMSG);
	assert_int_equal(target_check("http://example.com\\@localhost/", true, NULL), -EBADMSG);
	assert_int_equal(target_check("https://u:p@a/", true, NULL), -EBADMSG);
	assert_int_equal(target_check("ftp://a/", true, NULL), -EBADMSG);
	assert_int_equal(target_check("localhost/", true, NULL), -EBADMSG);
	assert_int_equal(target_check("", true, NULL), -EBADMSG);
}

static void test_plain_is_refused(void **state)
{
	struct request request = {.method = "GET", .url = (char *)"http://example.com/secret"};
	struct http_options options = usual();
	struct http_job *job;

	(void)state;
	server_start(&s, answer_ok);
	assert_int_equal(http_submit(http, &request, &options, &job), 0);
	assert_int_equal(outcome_saying(job, "http://example.com: only https"), -EBADMSG);
	options.allow_plain = false;
	assert_int_equal(outcome(submit("GET", "/", false, &options)), -EBADMSG);
	assert_int_equal(s.connections, 0);
}

static void test_limits(void **state)
{
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_ok);
	options.body_max = 5;
	assert_int_equal(outcome(submit("GET", "/", false, &options)), 200);
	options.body_max = 4;
	assert_int_equal(outcome_saying(submit("GET", "/", false, &options),
					"answer larger than 4 bytes"),
			 -EBADMSG);
}

static bool answer_many_headers(struct exchange *x)
{
	say(x->fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 700; i++) {
		say(x->fd, "X-%d: %090d\r\n", i, i);
	}
	say(x->fd, "Content-Length: 0\r\n\r\n");
	return true;
}

static void test_headers_are_bounded(void **state)
{
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_many_headers);
	assert_int_equal(outcome_saying(submit("GET", "/", false, &options),
					"headers larger than 64 KiB"),
			 -EBADMSG);
}

static void test_header_injection(void **state)
{
	char url[100];
	struct request request = {.method = "GET", .url = url};
	struct http_options options = usual();
	struct http_job *job;

	(void)state;
	server_start(&s, answer_ok);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", s.port);
	assert_int_equal(request_add_header(&request, "X", "1\r\nY: secret"), 0);
	assert_int_equal(http_submit(http, &request, &options, &job), 0);
	request.url = NULL;
	request_finish(&request);
	assert_int_equal(outcome_saying(job, "line break"), -EBADMSG);
	assert_int_equal(s.requests, 0);
}

static bool answer_partial(struct exchange *x)
{
	say(x->fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
	return false;
}

/* What a sink was told. */
struct seen {
	atomic_int heads, bytes, ends, result, status;
	int head_result, data_result;
};

static int see_head(void *context, const struct response *head)
{
	struct seen *seen = context;

	seen->heads++;
	seen->status = head->status;
	return seen->head_result;
}

static int see_data(void *context, const void *data, size_t length)
{
	struct seen *seen = context;

	(void)data;
	seen->bytes += (int)length;
	return seen->data_result;
}

static void see_end(void *context, int result)
{
	struct seen *seen = context;

	seen->result = result;
	seen->ends++;
}

static int get_into(struct seen *seen, const char *path)
{
	struct http_sink sink = {see_head, see_data, see_end, seen};
	struct http_options options = usual();

	options.sink = &sink;
	return outcome(submit("GET", path, false, &options));
}

static void test_partial(void **state)
{
	struct seen seen = {0};

	(void)state;
	server_start(&s, answer_partial);
	assert_int_equal(get("/"), -EIO);
	assert_int_equal(s.requests, 4);
	assert_int_equal(get_into(&seen, "/"), -EIO);
	assert_int_equal(s.requests, 5);
	assert_int_equal(seen.heads, 1);
	assert_int_equal(seen.bytes, 5);
	assert_int_equal(seen.ends, 1);
	assert_int_equal(seen.result, -EIO);
}

static void test_sink_repeats(void **state)
{
	struct seen seen = {0};

	(void)state;
	server_start(&s, answer_503_twice);
	assert_int_equal(get_into(&seen, "/"), 200);
	assert_int_equal(s.requests, 3);
	assert_int_equal(seen.heads, 1);
	assert_int_equal(seen.status, 200);
	assert_int_equal(seen.bytes, 5);
	assert_int_equal(seen.result, 0);
}

static void test_sink_redirects(void **state)
{
	struct seen seen = {0};

	(void)state;
	server_start(&s, answer_redirect);
	assert_int_equal(get_into(&seen, "/go"), 200);
	assert_int_equal(seen.heads, 1);
	assert_int_equal(seen.bytes, 7);
}

static void test_sink_stops(void **state)
{
	struct seen data = {.data_result = -ESTALE};
	struct seen head = {.head_result = -ENOSPC};

	(void)state;
	server_start(&s, answer_ok);
	assert_int_equal(get_into(&data, "/"), -ESTALE);
	assert_int_equal(data.ends, 1);
	assert_int_equal(data.result, -ESTALE);
	assert_int_equal(get_into(&head, "/"), -ENOSPC);
	assert_int_equal(head.bytes, 0);
	assert_int_equal(s.requests, 2);
}

/* A sink that wants nothing until it is told to. */
struct holding {
	struct seen seen; /* first: the other callbacks see only that */
	atomic_bool open;
	atomic_int holds;
};

static int hold_data(void *context, const void *data, size_t length)
{
	struct holding *holding = context;

	if (!atomic_load(&holding->open)) {
		holding->holds++;
		return HTTP_HOLD;
	}
	return see_data(&holding->seen, data, length);
}

static void test_sink_holds(void **state)
{
	struct holding holding = {0};
	struct http_sink sink = {see_head, hold_data, see_end, &holding};
	struct http_options options = usual();
	struct waiter brief;

	(void)state;
	server_start(&s, answer_ok);
	options.sink = &sink;
	options.stall_ms = 50;
	struct http_job *job = submit("GET", "/", false, &options);
	/* Longer than the server may be silent: it is not its fault. */
	waiter_init(&brief, 300);
	assert_int_equal(http_wait(job, &brief), -ETIMEDOUT);
	waiter_finish(&brief);
	assert_int_equal(holding.holds, 1);
	http_resume(job); /* it holds again */
	while (holding.holds < 2) {
		sched_yield();
	}
	atomic_store(&holding.open, true);
	http_resume(job);
	assert_int_equal(outcome(job), 200);
	assert_int_equal(holding.seen.bytes, 5);
	assert_int_equal(holding.seen.ends, 1);
}

static void test_sink_is_called_off_while_it_holds(void **state)
{
	struct holding holding = {0};
	struct http_sink sink = {see_head, hold_data, see_end, &holding};
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_ok);
	options.sink = &sink;
	struct http_job *job = submit("GET", "/", false, &options);
	while (holding.holds == 0) {
		sched_yield();
	}
	http_call_off(job);
	assert_int_equal(outcome(job), -ECANCELED);
	assert_int_equal(get("/"), 200); /* the handle it had is of use, or gone */
}

static bool answer_encoding(struct exchange *x)
{
	bool identity = strstr(x->text, "\r\nAccept-Encoding: identity\r\n");
	bool gzip = strcasestr(x->text, "\r\nAccept-Encoding: ") && strstr(x->text, "gzip");

	assert(!strstr(x->text, "Expect:") && !strstr(x->text, "Content-Type:"));
	assert(strstr(x->text, "\r\nUser-Agent: orderfs/" ORDERFS_VERSION "\r\n"));
	say_ok(x->fd, identity ? "i" : gzip ? "gz" : "none");
	return true;
}

static void test_request_headers(void **state)
{
	struct seen seen = {0};
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_encoding);
	assert_int_equal(get_into(&seen, "/"), 200);
	assert_int_equal(seen.bytes, 1);
	assert_body(submit("POST", "/", true, &options), "gz");
}

static bool answer_half_and_hold(struct exchange *x)
{
	say(x->fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
	server_hold(x->server);
	return false;
}

static void test_stall(void **state)
{
	struct seen seen = {0};
	struct http_sink sink = {see_head, see_data, see_end, &seen};
	struct http_options options = usual();

	(void)state;
	server_start(&s, answer_half_and_hold);
	options.sink = &sink;
	options.stall_ms = 150;
	options.total_ms = 0;
	assert_int_equal(outcome_saying(submit("GET", "/secret", false, &options),
					"sent nothing for 150 ms"),
			 -ETIMEDOUT);
	assert_int_equal(s.requests, 1);
	assert_int_equal(seen.bytes, 5);
}

static void test_deadline(void **state)
{
	struct http_options options = usual();
	int64_t begin = clock_ms();

	(void)state;
	server_start(&s, answer_held);
	options.total_ms = 200;
	assert_int_equal(outcome_saying(submit("GET", "/secret", false, &options),
					"no answer from http://127.0.0.1:"),
			 -ETIMEDOUT);
	assert_true(clock_ms() - begin >= 200);
	assert_true(clock_ms() - begin < 5000);
}

static void test_refused(void **state)
{
	struct http_options options = usual();
	struct http_job *job;

	(void)state;
	server_start(&s, answer_ok);
	struct request request = {.method = "GET", .url = (char *)"http://127.0.0.1:1/secret"};
	assert_int_equal(http_submit(http, &request, &options, &job), 0);
	await(job);
	assert_false(http_job_was_sent(job));
	assert_int_equal(outcome_saying(job, "no connection to http://127.0.0.1:1: "
					     "Connection refused"),
			 -ECONNREFUSED);
}

static void test_no_such_host(void **state)
{
	struct request request = {.method = "GET", .url = (char *)"https://nothing.invalid/secret"};
	struct http_options options = usual();
	struct http_job *job;

	(void)state;
	server_start(&s, answer_ok);
	options.total_ms = 2000;
	assert_int_equal(http_submit(http, &request, &options, &job), 0);
	assert_true(outcome_saying(job, "https://nothing.invalid") < 0);
	assert_int_equal(get("/"), 200);
}

static void test_interrupt(void **state)
{
	struct http_options options = usual();
	struct waiter waiter;

	(void)state;
	server_start(&s, answer_held);
	struct http_job *job = submit("GET", "/", false, &options);
	waiter_init(&waiter, PATIENCE_MS);
	waiter_interrupt(&waiter);
	assert_int_equal(http_wait(job, &waiter), -EINTR);
	waiter_finish(&waiter);
	waiter_init(&waiter, 30);
	assert_int_equal(http_wait(job, &waiter), -ETIMEDOUT);
	waiter_finish(&waiter);
	server_let_go(&s);
	assert_int_equal(outcome(job), 200);
}

static struct http_options in_a_lane_of_one(double per_second)
{
	struct lane_limits one = {.per_second = per_second, .parallel = 1};
	struct http_options options = usual();

	assert_int_equal(http_lane_create(http, "one", &one, &options.lane), 0);
	return options;
}

static void test_called_off_in_queue(void **state)
{
	struct http_options options = in_a_lane_of_one(0);
	struct seen seen = {0};
	struct http_sink sink = {see_head, see_data, see_end, &seen};

	(void)state;
	server_start(&s, answer_held);
	struct http_job *first = submit("GET", "/a", false, &options);
	server_await(&s, &s.requests, 1);
	options.sink = &sink;
	struct http_job *second = submit("GET", "/b", true, &options);
	options.sink = NULL;
	struct http_job *third = submit("GET", "/c", false, &options);
	http_job_unref(second);
	server_let_go(&s);
	assert_int_equal(outcome(first), 200);
	assert_int_equal(outcome(third), 200);
	assert_true(server_saw(&s, "ac"));
	assert_int_equal(seen.ends, 1);
	assert_int_equal(seen.result, -ECANCELED);
}

static void test_called_off_on_the_wire(void **state)
{
	struct http_options options = in_a_lane_of_one(0);

	(void)state;
	server_start(&s, answer_half_and_hold);
	struct http_job *job = submit("GET", "/a", false, &options);
	server_await(&s, &s.requests, 1);
	http_job_ref(job);
	http_job_unref(job);
	http_job_unref(job);
	/* Its place in the lane is free for the next. */
	job = submit("GET", "/b", false, &options);
	server_await(&s, &s.requests, 2);
	http_job_unref(job);
}

static void test_sent_commands_go_on(void **state)
{
	struct http_options options = in_a_lane_of_one(0);
	struct seen seen = {0};
	struct http_sink sink = {see_head, see_data, see_end, &seen};

	(void)state;
	server_start(&s, answer_held);
	options.sink = &sink;
	struct http_job *job = submit("POST", "/a", true, &options);
	server_await(&s, &s.requests, 1);
	http_job_unref(job);
	server_let_go(&s);
	options.sink = NULL;
	assert_int_equal(outcome(submit("GET", "/b", false, &options)), 200);
	assert_int_equal(seen.ends, 1);
	assert_int_equal(seen.status, 200);
	assert_int_equal(seen.result, 0);
}

static void test_people_first(void **state)
{
	struct http_options person = in_a_lane_of_one(0);
	struct http_options background = person;
	struct http_job *jobs[5];

	(void)state;
	background.background = true;
	server_start(&s, answer_held);
	jobs[0] = submit("GET", "/a", false, &person);
	server_await(&s, &s.requests, 1);
	jobs[1] = submit("GET", "/b", false, &background);
	jobs[2] = submit("GET", "/c", false, &person);
	jobs[3] = submit("GET", "/d", false, &background);
	jobs[4] = submit("GET", "/e", false, &person);
	server_let_go(&s);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(outcome(jobs[i]), 200);
	}
	assert_true(server_saw(&s, "acebd"));
}

static void test_a_place_for_people(void **state)
{
	struct lane_limits two = {.parallel = 2};
	struct http_options person = usual();
	struct http_job *jobs[3];

	(void)state;
	assert_int_equal(http_lane_create(http, "two", &two, &person.lane), 0);
	struct http_options background = person;
	background.background = true;
	server_start(&s, answer_held);
	jobs[0] = submit("GET", "/a", false, &background);
	jobs[1] = submit("GET", "/b", false, &background);
	server_await(&s, &s.requests, 1);
	jobs[2] = submit("GET", "/c", false, &person);
	server_await(&s, &s.requests, 2);
	server_let_go(&s);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(outcome(jobs[i]), 200);
	}
	assert_true(server_saw(&s, "acb"));
}

static void test_late_in_queue(void **state)
{
	struct http_options options = in_a_lane_of_one(0);
	struct http_options rated = in_a_lane_of_one(0.01);

	(void)state;
	server_start(&s, answer_held);
	struct http_job *first = submit("GET", "/a", false, &options);
	server_await(&s, &s.requests, 1);
	options.total_ms = 100;
	assert_int_equal(outcome_saying(submit("GET", "/secret", false, &options),
					"too many requests"),
			 -ETIMEDOUT);
	server_let_go(&s);
	assert_int_equal(outcome(first), 200);
	assert_int_equal(outcome(submit("GET", "/a", false, &rated)), 200);
	assert_int_equal(outcome_saying(submit("GET", "/secret", false, &rated), "rate limit"),
			 -EAGAIN);
	assert_int_equal(s.requests, 2);
}

static bool answer_503(struct exchange *x)
{
	say(x->fd, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
	return true;
}

/* The repeat fits by the clock but not into the rate: the answer there was is the answer. */
static void test_late_repeat(void **state)
{
	struct http_options options = in_a_lane_of_one(0.01);
	struct seen seen = {0};
	struct http_sink sink = {see_head, see_data, see_end, &seen};

	(void)state;
	server_start(&s, answer_503);
	assert_body(submit("GET", "/", false, &options), "busy");
	options = in_a_lane_of_one(0.01);
	options.sink = &sink;
	assert_int_equal(outcome(submit("GET", "/", false, &options)), -EAGAIN);
	assert_int_equal(seen.heads + seen.bytes, 0);
	assert_int_equal(s.requests, 2);
}

static void test_destroy(void **state)
{
	struct http_options options = in_a_lane_of_one(0);
	struct seen seen = {0};
	struct http_sink sink = {see_head, see_data, see_end, &seen};

	(void)state;
	server_start(&s, answer_held);
	options.sink = &sink;
	struct http_job *active = submit("POST", "/a", true, &options);
	server_await(&s, &s.requests, 1);
	struct http_job *queued = submit("GET", "/b", false, &options);
	http_destroy(http);
	http = NULL;
	assert_int_equal(outcome(active), -ECANCELED);
	assert_int_equal(outcome(queued), -ECANCELED);
	assert_int_equal(seen.ends, 2);
	assert_int_equal(seen.result, -ECANCELED);
}

static void *hammer(void *context)
{
	for (int i = 0; i < 50; i++) {
		struct http_options options = usual();
		struct http_job *job = submit("GET", "/x", false, &options);

		if (i % 3 == 0) {
			http_job_unref(job);
		} else if (outcome(job) != 200) {
			*(atomic_int *)context += 1;
		}
	}
	return NULL;
}

static void test_many_threads(void **state)
{
	pthread_t threads[8];
	atomic_int wrong = 0;

	(void)state;
	server_start(&s, answer_ok);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, &wrong), 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
	}
	assert_int_equal(wrong, 0);
}

static void test_bucket(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 10, 2, 1000);
	bucket_take(&b, 1000);
	assert_int_equal(bucket_ready_at(&b, 1000), 1000);
	bucket_take(&b, 1000);
	assert_in_range(bucket_ready_at(&b, 1000), 1100, 1101);
	assert_in_range(bucket_ready_at(&b, 1060), 1100, 1101);
	assert_int_equal(bucket_ready_at(&b, 1101), 1101);
	/* It never holds more than the burst. */
	bucket_take(&b, 99000);
	bucket_take(&b, 99000);
	assert_true(bucket_ready_at(&b, 99000) > 99000);
	/* On average the rate is exact: 100 tokens at 10 a second. */
	int64_t now = 99000;
	for (int i = 0; i < 100; i++) {
		now = bucket_ready_at(&b, now);
		bucket_take(&b, now);
	}
	assert_in_range(now, 109000, 109010);
	bucket_init(&b, 0, 0, 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(bucket_ready_at(&b, 5), 5);
		bucket_take(&b, 5);
	}
}

static struct retry_case usual_case(int status)
{
	return (struct retry_case){.attempt = 1,
				   .is_get = true,
				   .status = status,
				   .after_ms = -1,
				   .left_ms = 100000,
				   .chance = 250};
}

static void test_retry(void **state)
{
	static const int repeated[] = {429, 500, 502, 503, 504};
	static const int final[] = {200, 206, 301, 400, 401, 404, 408, 501, 505};

	(void)state;
	for (size_t i = 0; i < sizeof(repeated) / sizeof(*repeated); i++) {
		struct retry_case c = usual_case(repeated[i]);

		assert_int_equal(retry_wait_ms(&c), 250);
		c.once = true;
		assert_int_equal(retry_wait_ms(&c), -1);
	}
	for (size_t i = 0; i < sizeof(final) / sizeof(*final); i++) {
		struct retry_case c = usual_case(final[i]);

		assert_int_equal(retry_wait_ms(&c), -1);
	}
	struct retry_case c = usual_case(500);
	c.is_get = false;
	assert_int_equal(retry_wait_ms(&c), -1);
	c = usual_case(0);
	assert_int_equal(retry_wait_ms(&c), -1);
	c.transient = true;
	assert_int_equal(retry_wait_ms(&c), 250);
	c.chance = 251;
	assert_int_equal(retry_wait_ms(&c), 0);
	for (c.attempt = 1; c.attempt < 4; c.attempt++) {
		for (c.chance = 0; c.chance < 6000; c.chance++) {
			assert_in_range(retry_wait_ms(&c), 0, 250 << (c.attempt - 1));
		}
	}
	assert_int_equal(retry_wait_ms(&c), -1);
}

static void test_retry_deadline(void **state)
{
	struct retry_case c = usual_case(429);

	(void)state;
	c.after_ms = 99999;
	assert_int_equal(retry_wait_ms(&c), 99999);
	c.after_ms = 100000;
	assert_int_equal(retry_wait_ms(&c), -1);
	c.after_ms = 0;
	c.left_ms = 0;
	assert_int_equal(retry_wait_ms(&c), -1);
	c.left_ms = INT64_MAX;
	c.after_ms = 59000;
	assert_int_equal(retry_wait_ms(&c), 59000);
	c.after_ms = 61000;
	assert_int_equal(retry_wait_ms(&c), -1);
}

static void test_retry_after_value(void **state)
{
	int64_t wall_ns = clock_parse("2026-08-01T10:00:00.500Z");

	(void)state;
	assert_int_equal(retry_after_ms("120", wall_ns), 120000);
	assert_int_equal(retry_after_ms("0", wall_ns), 0);
	assert_int_equal(retry_after_ms("99999999999999999999", wall_ns), 31536000000);
	assert_int_equal(retry_after_ms("Sat, 01 Aug 2026 10:00:03 GMT", wall_ns), 2500);
	assert_int_equal(retry_after_ms("Sat, 01 Aug 2026 09:00:00 GMT", wall_ns), 0);
	assert_int_equal(retry_after_ms(NULL, wall_ns), -1);
	assert_int_equal(retry_after_ms("", wall_ns), -1);
	assert_int_equal(retry_after_ms("-1", wall_ns), -1);
	assert_int_equal(retry_after_ms("1.5", wall_ns), -1);
	assert_int_equal(retry_after_ms("soon", wall_ns), -1);
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_retry_deadline),
		cmocka_unit_test(test_retry_after_value),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_redirect_targets),
		with_server(test_kept_connection),
		with_server(test_head),
		with_server(test_request_headers),
		with_server(test_header_injection),
		with_server(test_repeats),
		with_server(test_repeats_end),
		with_server(test_retry_after),
		with_server(test_nobody_waits_in_vain),
		with_server(test_once_is_once),
		with_server(test_once_on_a_fresh_connection),
		with_server(test_broken_kept_connection),
		with_server(test_redirects),
		with_server(test_plain_is_refused),
		with_server(test_limits),
		with_server(test_headers_are_bounded),
		with_server(test_partial),
		with_server(test_sink_repeats),
		with_server(test_sink_redirects),
		with_server(test_sink_stops),
		with_server(test_sink_holds),
		with_server(test_sink_is_called_off_while_it_holds),
		with_server(test_stall),
		with_server(test_deadline),
		with_server(test_refused),
		with_server(test_no_such_host),
		with_server(test_interrupt),
		with_server(test_called_off_in_queue),
		with_server(test_called_off_on_the_wire),
		with_server(test_sent_commands_go_on),
		with_server(test_people_first),
		with_server(test_a_place_for_people),
		with_server(test_late_in_queue),
		with_server(test_late_repeat),
		with_server(test_destroy),
		with_server(test_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
