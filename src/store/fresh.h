/* Private to src/store: news, from the transaction that makes them to whoever takes them. */
#ifndef STORE_FRESH_H
#define STORE_FRESH_H

#include "base/table.h"
#include "store/news.h"

struct news_list {
	struct news *list;
	int count;
	int capacity;
};

struct fresh {
	bool listening; /* set before other threads come */
	/* Under writing: of the transaction under way. */
	struct news_list now;
	bool first;  /* the collection was never listed */
	bool late;   /* files that come were there before */
	bool failed; /* without memory for one of them */

	pthread_mutex_t mutex; /* protects: */
	pthread_cond_t told;
	struct news_list log;
	struct table hidden; /* struct untold by row and kind */
	uint64_t number;     /* of the newest of those */
};

void fresh_init(struct fresh *fresh);
void fresh_finish(struct fresh *fresh);

/* In a transaction. Nothing is remembered where nobody listens. */
struct connection;
void fresh_item(struct connection *writer, unsigned account, unsigned collection,
		const struct item_change *change, unsigned leaves, unsigned month);
/* shown: it takes the place of one that somebody looks for. */
void fresh_file(struct connection *writer, unsigned account, uint32_t item, uint32_t row,
		bool shown);
void fresh_file_gone(struct connection *writer, unsigned account, uint32_t item, uint32_t row);

/* Whether what comes now comes with the first listing of its collection. */
void fresh_set_first(struct connection *writer, bool first);
/* Whether files that come now may have been there before. */
void fresh_set_late(struct connection *writer, bool late);
/* What was noted since the mark is not so. */
int fresh_mark(const struct connection *writer);
void fresh_rewind(struct connection *writer, int mark);

/* Around the commit, with the writer locked: what is new is hidden before anybody can see it, and
 * in the log when it is written; or nothing of it was. */
int fresh_hide(struct fresh *fresh);
void fresh_end(struct fresh *fresh, bool committed);

#endif
