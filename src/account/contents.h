/* The inside of a content, for contents.c and content.c.
 *
 * Who holds a content: every open handle, the download until it has ended, and nobody else. One
 * that is held by no handle stays in the table as long as the cache's limit allows. */
#ifndef ACCOUNT_CONTENTS_H
#define ACCOUNT_CONTENTS_H

#include "account/content.h"
#include "account/fetch.h"

struct content {
	/* Set at creation. */
	struct contents *table;
	struct account *account;
	struct file file;
	/* Under the table's mutex. */
	struct content *next;
	int handles;
	bool downloading;
	bool listed;     /* in the table: later opens find it */
	bool keep_going; /* even when nobody has it open: its length is wanted */
	int64_t closed_ms;
	int failed; /* how the download ended */
	struct problem why;
	bool replaced; /* the store was told that the content is another one */
	bool praised;  /* the store was told that it can be read */
	bool started;
	struct http_job *job;
	/* Set before `started`. */
	struct spool *spool;
	/* The HTTP thread's while downloading. */
	struct download download;
};

struct contents {
	const char *dir;
	int64_t most_bytes;
	pthread_mutex_t mutex; /* protects the list and what contents say of themselves */
	struct content *list;
};

/* True when nothing holds it any more and nobody can find it. */
bool content_is_loose_locked(const struct content *c);
/* Later opens do not find it any more. */
void content_unlist_locked(struct content *c);
void content_destroy(struct content *c);

#endif
