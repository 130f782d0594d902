/* A request and its response, as plain data: a description builds the one and reads the
 * other without knowing who carries them. */
#ifndef ORDERFS_MESSAGE_H
#define ORDERFS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct header {
	char *name;
	char *value;
};

struct request {
	const char *method; /* a literal: "GET" or "POST" */
	char *url;          /* may hold a signature: never log it, see url_origin() */
	struct header *headers;
	size_t header_count;
	char *body; /* NULL for none */
	size_t body_length;
	/* Carries a token or a secret: answered with a redirect, it goes nowhere but to the
	 * same scheme, host and port. */
	bool credentials;
	/* Changes something at the other end: sent at most once, whatever happens. */
	bool once;
};

struct response {
	int status; /* the HTTP status; 0 when no answer came */
	struct header *headers;
	size_t header_count;
	char *body; /* NUL-terminated beyond body_length; NULL when it went to a sink */
	size_t body_length;
};

/* Both take ownership of nothing: name and value are copied. */
int request_add_header(struct request *request, const char *name, const char *value);
int response_add_header(struct response *response, const char *name, size_t name_length,
			const char *value, size_t value_length);
/* The last header of that name (compared without case), or NULL. */
const char *response_header(const struct response *response, const char *name);
int request_copy(const struct request *from, struct request *to);
void request_finish(struct request *request);
void response_finish(struct response *response);

/* Scheme, host and port of a URL: all of it that may be logged. Never fails; cut to fit. */
const char *url_origin(const char *url, char *buffer, size_t size);
/* The host alone, without user name and port. Never fails; cut to fit. */
const char *url_host(const char *url, char *buffer, size_t size);
/* True when scheme, host and port are the same, default ports spelled out or not. */
bool url_same_origin(const char *a, const char *b);
/* True when the host is this machine: 127.0.0.0/8, ::1 or localhost. */
bool url_is_loopback(const char *url);

#endif
