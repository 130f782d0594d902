/* Fetching from a file server, which is another host than the API's as a rule: requests without the
 * account's lane and credentials. A probe learns what there is (fetch.c), a download brings bytes
 * of it into a spool (download.c). */
#ifndef ACCOUNT_FETCH_H
#define ACCOUNT_FETCH_H

#include "account/account.h"
#include "spool/spool.h"

/* What a request to a file server carries besides: nothing as a rule, since a download's URL has its
 * own right in it, and file servers refuse a second kind. See badge_get(). */
struct badge {
	struct request headers; /* its headers alone */
	char *token;            /* that is in them; NULL: none */
};
void badge_finish(struct badge *badge); /* wipes */

struct fetch_facts {
	int status;     /* of the answer; 0: none */
	int64_t size;   /* -1: the server does not say */
	char *etag;     /* or NULL */
	char *modified; /* Last-Modified, or NULL */
};
void fetch_facts_finish(struct fetch_facts *facts);

/* Asks for the first bytes, and takes little more than the head. Waits. EACCES, ENOENT … for what
 * the server refuses; EBADMSG when what it has cannot be a file of that name. */
int fetch_probe(struct account *account, const char *url, const struct badge *badge,
		const char *name, struct waiter *waiter, struct fetch_facts *facts,
		struct problem *why);

/* One download: a GET of the whole file or of a range of it, into a spool. */
struct download {
	/* What is expected, and where it goes. */
	struct spool *spool;
	int64_t at;       /* the first byte that is wanted */
	int64_t stop;     /* the one behind the last; 0: to the end */
	int64_t size;     /* of the whole; -1: not known */
	char *etag;       /* NULL: not known */
	char *modified;   /* NULL: not known */
	const char *name; /* of the file, to know pages that are none; or NULL */
	/* All in the HTTP thread. The answer is good, and at and stop what it really brings: a
	 * server without ranges brings the whole. Negative: not wanted. May be NULL. */
	int (*begun)(void *context, struct download *download);
	/* The byte at `at` and those behind it have come: 0, or HTTP_HOLD; or -ECANCELED: no more
	 * is wanted. May be NULL. */
	int (*coming)(void *context, int64_t at);
	/* No more bytes come: 0 or the error, and words or NULL for it. */
	void (*ended)(void *context, int result, const char *words);
	void *context;
	/* For who looks in ended(). */
	struct problem why;
	int status;  /* of the answer; 0: none */
	int64_t got; /* bytes of content that it brought */
	bool broken; /* the connection did, or the answer was too short: it can be taken up again */
	/* Its own. */
	struct account *account;
	char *token; /* the badge's */
	struct spool_writer writer;
	int64_t limit;   /* the end of what the server promised; -1: not known */
	bool writing;    /* the writer has begun */
	bool ranged;     /* a range was asked for */
	bool has_length; /* the end of the answer is known before it comes */
	bool satisfied;  /* no more is wanted */
	bool judged;     /* an error of ours, with its words */
	int refusal;     /* the errno of a refusal, whose page is read for its words */
	char *page;
	size_t page_length;
	char last; /* the last byte, when whether more come is not known yet */
	bool has_last;
};
/* Starts it (badge NULL: it carries none); *job is the caller's reference: dropping it calls the
 * download off. download stays untouched and alive until ended() was called, which happens once,
 * unless this fails. After that problem_finish(&download->why). */
int fetch_start(struct account *account, const char *url, const struct badge *badge,
		struct download *download, struct http_job **job, struct problem *why);

/* A GET; badge, range and only_if may be NULL. */
int fetch_build(const char *url, const struct badge *badge, const char *range, const char *only_if,
		struct request *out);

#endif
