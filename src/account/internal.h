/* The inside of an account, for the files of this floor. */
#ifndef ACCOUNT_INTERNAL_H
#define ACCOUNT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "account/account.h"
#include "account/flight.h"
#include "store/journal.h"

enum { COLLECTIONS_MAX = 15, FRESH_MS = 1000 };

/* So late an API may list, or know at all, what it made. */
#define YOUNG_NS (INT64_C(120) * 1000000000)

/* A collection at work. */
struct work {
	/* Set at creation. */
	const struct collection *spec;
	unsigned number;
	/* Under the account's mutex. */
	int64_t due_ms;    /* when to list next; clock_ms() time */
	int64_t active_ms; /* the interval while something is running */
	int failures;      /* listings that failed in a row */
	uint64_t wanted;   /* somebody waits for the listing of that number */
	uint64_t started;  /* listings so far, the one under way included */
	uint64_t finished;
	int64_t finished_ms;
	int64_t answer_ms; /* when the last good listing was asked for */
	bool listed;       /* at least once, now or in an earlier run */
	int result;        /* of the last one */
	char *words;
	int64_t failing_since_ns;
	char *command_trouble; /* the last command failed: "EINVAL since …: words" */
};

struct account {
	/* Set at creation. */
	const struct account_shared *shared;
	const struct account_config *config;
	const struct provider *provider;
	unsigned number;
	struct http_lane *lane;
	struct value *settings;
	struct values scope; /* the settings, outermost */
	struct work works[COLLECTIONS_MAX];
	int work_count;
	struct flights flights;

	pthread_mutex_t token_mutex; /* protects: */
	char *token;
	int64_t token_until_ms;

	pthread_mutex_t command_mutex; /* one check-and-note of a command at a time */

	pthread_mutex_t mutex;  /* protects: */
	pthread_cond_t changed; /* a listing ended, or one is wanted */
	bool stopping;
	struct waiter *listing; /* the sync thread's, while it waits for answers */
	int call_result;        /* of the last call that told how the API is */
	char *call_words;
	int64_t call_failing_since_ns;
	pthread_t thread;
	bool started;

	atomic_uint_fast64_t listings;
	atomic_uint_fast64_t listing_failures;
	atomic_uint_fast64_t triggers;
};

/* Keys of flights. */
enum flight_kind { FLIGHT_TOKEN = 1, FLIGHT_ITEM, FLIGHT_SIZE, FLIGHT_CONTENT };
static inline uint64_t flight_key(enum flight_kind kind, uint32_t row)
{
	return (uint64_t)kind << 32 | row;
}

/* ---- call.c: one operation of the description: build, send, read. */
struct operation {
	const struct request_spec *spec;
	/* A page of a listing instead of spec. */
	const struct collection *collection;
	const struct page_position *position;
	const struct values *values; /* inside the settings; or NULL */
	bool background;
	bool without_token;
};
/* Waits. Gets a token first where the API wants one, and one new one when it is refused (not for
 * what may be sent only once). With -EINTR and -ETIMEDOUT the call keeps its request: another
 * thread may go on. *sent, for what may be sent only once: whether bytes may have left. Such a
 * call is not kept. */
int call_run(struct account *account, struct call *call, const struct operation *operation,
	     struct waiter *waiter, struct doc **answer, bool *sent, struct problem *why);
/* Options as this account wants them. */
void call_options(const struct account *account, const struct waiter *waiter, bool background,
		  struct http_options *out);

/* ---- token.c */
/* *out is NULL where the API has no tokens; else the caller's, to be wiped. May wait. */
int token_get(struct account *account, struct waiter *waiter, bool background, char **out,
	      struct problem *why);
/* This one was refused: the next token_get() asks for another. */
void token_drop(struct account *account, const char *token);

/* ---- sync.c */
struct work *work_of(struct account *account, unsigned collection);
int sync_start(struct account *account);
void sync_stop(struct account *account);
/* Lists this collection soon: something was started there. */
void sync_soon(struct account *account, struct work *work);
/* … or at once: what a command did is to be found. */
void sync_now(struct account *account, struct work *work);

/* ---- pass.c */
/* One full listing into the store. Waits, in the account's thread; sets the waiter's deadline for
 * each page. */
int pass_run(struct account *account, struct work *work, struct waiter *waiter,
	     struct problem *why);

/* ---- ask.c */
/* Writes what the API said about one item; remembered may be NULL. */
int ask_merge(struct account *account, struct work *work, const struct doc *node,
	      const char *remembered, uint32_t *row, struct problem *why);

/* ---- resolve.c */
/* The URL a file is fetched from, now. The caller's, to be wiped: it may hold a signature. */
int resolve_url(struct account *account, struct call *call, const struct file *file,
		struct waiter *waiter, char **url, struct problem *why);
/* Keeps our words about the item's files where `error` shows them; NULL: all is well. */
void resolve_report(struct account *account, uint32_t item, const char *words);

/* ---- adopt.c */
/* After a full listing that began at since_ns: looks for what commands of unknown outcome made. */
void adopt_items(struct account *account, struct work *work, int64_t since_ns);

void account_report_changes(struct account *account, unsigned collection,
			    const struct item_change *changes, int count);

#endif
