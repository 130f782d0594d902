/* The hook: a small HTTP server for webhooks, for this machine alone.
 *
 * One thread of its own reads, hands each whole request to whoever judges it, and answers with the
 * status that it gives. Nothing here waits for anybody: a guest has so long from its connection to
 * its answer, bodies are bounded, and when too many are there the one that came first goes.
 *
 * Every connection carries one request: a POST to /NAME. */
#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/error.h"

struct hook;

/* A whole request. Borrowed, for the time of the call. */
struct hook_request {
	const char *body; /* not NUL-terminated */
	size_t length;
	/* The value of a header, or NULL. */
	const char *(*header)(const struct hook_request *request, const char *name);
	void *connection;
};

/* The statuses that a request can be answered with; those below 404 are the judge's. */
enum hook_status {
	HOOK_TAKEN = 200,
	HOOK_NONSENSE = 400, /* it is signed, and cannot be read */
	HOOK_REFUSED = 401,
	HOOK_UNKNOWN = 404,
	HOOK_NOT_POST = 405,
	HOOK_TOO_LARGE = 413,
	HOOK_FAILED = 500,
	HOOK_LATER = 503, /* it cannot be judged yet; the sender tries again */
};

/* Both are called in the hook's thread, and must not wait. */
struct hook_options {
	const char *listen; /* see hook_address() */
	/* Who gets what is sent to /NAME (percent-decoded); NULL: nobody. */
	void *(*find)(void *context, const char *name);
	enum hook_status (*take)(void *found, const struct hook_request *request);
	void *context;
};

/* Begins to listen and starts the thread: call it after the last fork. -EADDRINUSE and the like,
 * with words. */
int hook_create(const struct hook_options *options, struct hook **out, struct problem *why);
/* What stands between http:// and the path, such as 127.0.0.1:8787; the port is the real one where
 * 0 was asked for. */
const char *hook_origin(const struct hook *hook);
/* Ends the thread; nobody is called any more. NULL is fine. */
void hook_destroy(struct hook *hook);

/* ---- address.c */
/* 127.0.0.1:PORT or [::1]:PORT, another address in 127.0.0.0/8 too. -EINVAL with words. */
int hook_address(const char *text, struct sockaddr_storage *out, socklen_t *length,
		 struct problem *why);
/* The way back; the caller's, NULL without memory. */
char *hook_address_print(const struct sockaddr_storage *address);

#endif
