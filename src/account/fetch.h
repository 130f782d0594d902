/* Fetching from a file server, which is another host than the API's as a rule: requests without the
 * account's lane and credentials, and what their answers say about the content. */
#ifndef ACCOUNT_FETCH_H
#define ACCOUNT_FETCH_H

#include "account/account.h"
#include "spool/spool.h"

struct fetch_facts {
	int64_t size;   /* -1: the server does not say */
	char *etag;     /* or NULL */
	char *modified; /* Last-Modified, or NULL */
};
void fetch_facts_finish(struct fetch_facts *facts);
/* Frees a URL that may hold a signature. NULL is fine. */
void fetch_wipe(char *url);

/* Asks for one byte, and takes the head alone. Waits. EACCES, ENOENT … for what the server
 * refuses. */
int fetch_probe(struct account *account, const char *url, struct waiter *waiter,
		struct fetch_facts *facts, struct problem *why);

/* One download: what is expected of it, and where its bytes go. */
struct download {
	struct spool *spool;
	int64_t size;   /* expected; -1: not known */
	char *etag;     /* expected; NULL: not known */
	char *modified; /* expected; NULL: not known */
	/* In the HTTP thread, when no more bytes come: 0 or the error, and words or NULL for it. */
	void (*ended)(void *context, int result, const char *words);
	void *context;
	struct problem why;
	int64_t got;
};
/* Starts it; *job is the caller's reference: dropping it calls the download off. download stays
 * untouched and alive until ended() was called, which happens once, unless this fails. */
int fetch_start(struct account *account, const char *url, struct download *download,
		struct http_job **job, struct problem *why);

#endif
