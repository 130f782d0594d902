/* Where a request may go; see target.h. */
#include "http/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include <curl/curl.h>

static void finish_part(char **part)
{
	curl_free(*part);
}
#define auto_part auto_finish(finish_part)

static void finish_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static int status_of(CURLUcode c)
{
	return c == CURLUE_OK ? 0 : c == CURLUE_OUT_OF_MEMORY ? -ENOMEM : -EBADMSG;
}

/* A user name in a URL is refused: it serves to make one host look like another. */
static int parse(const char *url, CURLU **out)
{
	*out = curl_url();
	if (!*out) {
		return -ENOMEM;
	}
	return status_of(
		curl_url_set(*out, CURLUPART_URL, url, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS));
}

/* "scheme://host:port", without a default port. */
static int read_origin(const char *url, char **out)
{
	auto_finish(finish_url) CURLU *u = NULL;
	auto_part char *scheme = NULL;
	auto_part char *host = NULL;
	auto_part char *port = NULL;
	struct buf b = {0};
	int r = parse(url, &u);

	r = r ? r : status_of(curl_url_get(u, CURLUPART_SCHEME, &scheme, 0));
	r = r ? r : status_of(curl_url_get(u, CURLUPART_HOST, &host, 0));
	if (r < 0) {
		return r;
	}
	CURLUcode c = curl_url_get(u, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);

	if (c != CURLUE_OK && c != CURLUE_NO_PORT) {
		return status_of(c);
	}
	buf_printf(&b, "%s://%s%s%s", scheme, host, port ? ":" : "", port ? port : "");
	*out = buf_take(&b);
	return *out ? 0 : -ENOMEM;
}

int target_check(const char *url, bool allow_plain, struct problem *why)
{
	auto_free char *origin = NULL;
	int r = read_origin(url, &origin);

	if (r == -ENOMEM) {
		return r;
	}
	if (r < 0) {
		return problem_set(why, r, "a URL that cannot be read");
	}
	if (strncmp(origin, "https:", 6) == 0 ||
	    (allow_plain && strncmp(origin, "http:", 5) == 0 && url_is_loopback(origin))) {
		return 0;
	}
	char words[ORIGIN_BYTES];

	return problem_set(why, -EBADMSG, "%s: only https is asked",
			   url_origin(origin, words, sizeof(words)));
}

bool target_is_redirect(const struct request *request, const struct response *answer)
{
	switch (answer->status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return !request->once && strcmp(request->method, "GET") == 0 &&
		       response_header(answer, "Location");
	default:
		return false;
	}
}

/* The bytes of an absolute URL stay as they are, because they may be signed; only a
 * relative one is put together. */
static int resolve(const char *base, const char *location, char **out)
{
	auto_finish(finish_url) CURLU *u = NULL;
	auto_part char *url = NULL;

	if (strncasecmp(location, "https://", 8) == 0 || strncasecmp(location, "http://", 7) == 0) {
		*out = strdup(location);
		return *out ? 0 : -ENOMEM;
	}
	int r = parse(base, &u);

	r = r ? r
	      : status_of(curl_url_set(u, CURLUPART_URL, location,
				       CURLU_DISALLOW_USER | CURLU_PATH_AS_IS));
	r = r ? r : status_of(curl_url_get(u, CURLUPART_URL, &url, 0));
	if (r < 0) {
		return r;
	}
	*out = strdup(url);
	return *out ? 0 : -ENOMEM;
}

/* What describes the content that is asked for, and says nothing about who asks. */
static bool may_travel(const char *name)
{
	return strcasecmp(name, "Range") == 0 || strncasecmp(name, "Accept", 6) == 0 ||
	       strncasecmp(name, "If-", 3) == 0;
}

static void drop_headers(struct request *request)
{
	size_t kept = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		struct header header = request->headers[i];

		if (may_travel(header.name)) {
			request->headers[kept++] = header;
		} else {
			free(header.name);
			wipe_text(header.value);
		}
	}
	request->header_count = kept;
}

/* Judges the step from one origin to the other. */
static int judge(const struct request *request, const char *from, const char *to,
		 struct problem *why)
{
	char words[ORIGIN_BYTES];

	if (request->credentials && !url_same_origin(from, to)) {
		return problem_set(why, -EBADMSG,
				   "redirected to %s, where the credential must not go",
				   url_origin(to, words, sizeof(words)));
	}
	if (strncmp(from, "https:", 6) == 0 && strncmp(to, "https:", 6) != 0) {
		return problem_set(why, -EBADMSG, "redirected from https to %s",
				   url_origin(to, words, sizeof(words)));
	}
	return 0;
}

int target_redirect(struct request *request, const struct response *answer, struct problem *why)
{
	auto_free char *url = NULL;
	auto_free char *from = NULL;
	auto_free char *to = NULL;
	int r = resolve(request->url, response_header(answer, "Location"), &url);

	r = r ? r : read_origin(request->url, &from);
	r = r ? r : read_origin(url, &to);
	if (r < 0) {
		return problem_set(why, r, "a redirect that cannot be read");
	}
	r = judge(request, from, to, why);
	if (r < 0) {
		return r;
	}
	if (!url_same_origin(from, to)) {
		drop_headers(request);
	}
	free(request->url);
	request->url = take_ptr(&url);
	return 0;
}
