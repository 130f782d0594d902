/* Requests, responses and the few facts about URLs that several floors need; see
 * orderfs/message.h. */
#include "orderfs/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

/* Takes ownership of both on success. */
static int add_header(struct header **list, size_t *count, char *name, char *value)
{
	struct header *grown = name && value ? realloc(*list, (*count + 1) * sizeof(**list)) : NULL;

	if (!grown) {
		free(name);
		free(value);
		return -ENOMEM;
	}
	grown[(*count)++] = (struct header){name, value};
	*list = grown;
	return 0;
}

int request_add_header(struct request *request, const char *name, const char *value)
{
	return add_header(&request->headers, &request->header_count, strdup(name), strdup(value));
}

int response_add_header(struct response *response, const char *name, size_t name_length,
			const char *value, size_t value_length)
{
	return add_header(&response->headers, &response->header_count, strndup(name, name_length),
			  strndup(value, value_length));
}

const char *response_header(const struct response *response, const char *name)
{
	for (size_t i = response->header_count; i-- > 0;) {
		if (strcasecmp(response->headers[i].name, name) == 0) {
			return response->headers[i].value;
		}
	}
	return NULL;
}

int request_copy(const struct request *from, struct request *to)
{
	int r = 0;

	*to = (struct request){
		.method = from->method,
		.url = strdup(from->url),
		.body_length = from->body_length,
		.credentials = from->credentials,
		.once = from->once,
	};
	if (from->body) {
		to->body = malloc(from->body_length + 1);
		if (to->body) {
			memcpy(to->body, from->body, from->body_length);
			to->body[from->body_length] = '\0';
		}
	}
	for (size_t i = 0; i < from->header_count && r == 0; i++) {
		r = request_add_header(to, from->headers[i].name, from->headers[i].value);
	}
	if (!to->url || (from->body && !to->body)) {
		r = -ENOMEM;
	}
	if (r < 0) {
		request_finish(to);
	}
	return r;
}

/* Headers carry tokens, and bodies passwords. */
static void finish_headers(struct header *headers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(headers[i].name);
		wipe_text(headers[i].value);
	}
	free(headers);
}

void request_finish(struct request *request)
{
	finish_headers(request->headers, request->header_count);
	wipe_text(request->url);
	wipe_bytes(request->body, request->body_length);
	*request = (struct request){0};
}

void response_finish(struct response *response)
{
	finish_headers(response->headers, response->header_count);
	free(response->body);
	*response = (struct response){0};
}

/* The parts of a URL that say where it goes; they point into it. */
struct origin {
	const char *scheme;
	size_t scheme_length;
	const char *host; /* with the brackets of an IPv6 address */
	size_t host_length;
	const char *port; /* "" when it is not spelled out */
	size_t port_length;
};

static bool split_origin(const char *url, struct origin *out)
{
	const char *colon = strstr(url, "://");

	if (!colon) {
		return false;
	}
	out->scheme = url;
	out->scheme_length = (size_t)(colon - url);
	const char *start = colon + 3;
	size_t length = strcspn(start, "/?#\\");
	const char *at = memrchr(start, '@', length);
	if (at) {
		length -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	const char *bracket = memrchr(start, ']', length);
	const char *port = memrchr(start, ':', length);
	if (port && bracket && port < bracket) {
		port = NULL;
	}
	out->host = start;
	out->host_length = port ? (size_t)(port - start) : length;
	out->port = port ? port + 1 : "";
	out->port_length = port ? length - out->host_length - 1 : 0;
	if (out->port_length == 0) {
		bool tls = out->scheme_length == 5 && strncasecmp(out->scheme, "https", 5) == 0;
		out->port = tls ? "443" : "80";
		out->port_length = strlen(out->port);
	}
	return out->host_length > 0;
}

const char *url_origin(const char *url, char *buffer, size_t size)
{
	struct origin o;

	if (size == 0) {
		return "";
	}
	if (!split_origin(url, &o)) {
		buffer[0] = '\0';
		return buffer;
	}
	bool spelled_out = o.host[o.host_length] == ':';
	snprintf(buffer, size, "%.*s://%.*s%s%.*s", (int)o.scheme_length, o.scheme,
		 (int)o.host_length, o.host, spelled_out ? ":" : "",
		 spelled_out ? (int)o.port_length : 0, o.port);
	return buffer;
}

const char *url_host(const char *url, char *buffer, size_t size)
{
	struct origin o;
	bool found = split_origin(url, &o);

	if (size == 0) {
		return "";
	}
	snprintf(buffer, size, "%.*s", found ? (int)o.host_length : 0, found ? o.host : "");
	return buffer;
}

static bool same_text(const char *a, size_t a_length, const char *b, size_t b_length)
{
	return a_length == b_length && strncasecmp(a, b, a_length) == 0;
}

bool url_same_origin(const char *a, const char *b)
{
	struct origin x;
	struct origin y;

	return split_origin(a, &x) && split_origin(b, &y) &&
	       same_text(x.scheme, x.scheme_length, y.scheme, y.scheme_length) &&
	       same_text(x.host, x.host_length, y.host, y.host_length) &&
	       same_text(x.port, x.port_length, y.port, y.port_length);
}

bool url_is_loopback(const char *url)
{
	struct origin o;

	if (!split_origin(url, &o)) {
		return false;
	}
	if (same_text(o.host, o.host_length, "localhost", 9) ||
	    same_text(o.host, o.host_length, "[::1]", 5)) {
		return true;
	}
	/* 127.0.0.0/8, written as four numbers: "127.evil.example" is a name. */
	size_t digits = strspn(o.host, "0123456789.");
	return digits >= o.host_length && o.host_length > 4 && strncmp(o.host, "127.", 4) == 0;
}
