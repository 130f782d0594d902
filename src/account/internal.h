/* The inside of an account, for the files of this floor. */
#ifndef ACCOUNT_INTERNAL_H
#define ACCOUNT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "account/account.h"
#include "account/flight.h"
#include "account/hint.h"
#include "base/sha256.h"
#include "http/bucket.h"
#include "store/journal.h"

/* So long a page or an answer that nobody at a shell waits for may take. */
enum { PAGE_MS = 60000 };
enum { COLLECTIONS_MAX = 15, WORKS_MAX = 31, ACTS_MAX = 16, FRESH_MS = 1000 };

/* So late an API may list, or know at all, what it made. */
#define YOUNG_NS (INT64_C(120) * 1000000000)

/* A collection, or a document, at work. */
struct work {
	/* Set at creation. */
	const char *name;
	const struct collection *spec;   /* NULL: a document */
	const struct document *document; /* NULL: a collection */
	unsigned number;                 /* of a collection */
	unsigned settled;                /* states in which an item stays; 1 << state */
	/* Any thread's. */
	atomic_int many_most; /* items that the server takes in one request; 0: not learnt */
	/* The account's thread's. */
	int64_t full_ms;  /* when everything was last listed; 0: not in this run */
	int64_t named_ns; /* when the last good listing began, wall; 0: none in this run */
	char *since;      /* a document's newest date */
	int page_size;    /* that the server takes; 0: the description's */
	/* Under the account's mutex. */
	int64_t due_ms; /* when to list next; clock_ms() time */
	struct hints hints;
	int64_t poll_ms;   /* when to ask about active items next; 0: not apart from listings */
	int64_t active_ms; /* the interval while something is running */
	int failures;      /* listings that failed in a row */
	uint64_t wanted;   /* somebody waits for the listing of that number */
	uint64_t started;  /* listings so far, the one under way included */
	uint64_t finished;
	int64_t finished_ms;
	int64_t answer_ms; /* when the last good full listing was asked for */
	bool listed;       /* at least once, now or in an earlier run */
	int result;        /* of the last one */
	char *words;
	int64_t failing_since_ns;
	char *command_trouble;  /* the last command failed: "EINVAL since …: words" */
	int command_words;      /* where its words begin */
	int64_t command_row;    /* the command's, in the journal */
	bool detected;          /* offered is what the server said */
	bool offered[ACTS_MAX]; /* which acts of `create` there are */
};

/* Files whose sizes are to be learnt; see measure.c. */
struct measurer {
	struct measurer *next;
	struct waiter waiter;
};
struct measuring {
	pthread_mutex_t mutex; /* protects what follows */
	pthread_cond_t ended;
	struct wish *first;
	struct wish **last;
	struct measurer *measurers; /* those that wait for an answer */
	int running;
	bool stopping;
};

struct account {
	/* Set at creation. */
	const struct account_shared *shared;
	const struct account_config *config;
	const struct provider *provider;
	unsigned number;
	struct http_lane *lane;
	struct value *settings;
	struct values scope;          /* the settings, outermost */
	struct work works[WORKS_MAX]; /* collections first */
	int work_count;
	struct flights flights;
	struct measuring measuring; /* has a mutex of its own */

	pthread_mutex_t token_mutex; /* protects: */
	char *token;
	char *refresh; /* gets the next one; or NULL */
	int64_t token_until_ms;

	atomic_llong behind_ms; /* this machine's clock, by the last answer with a date */
	atomic_uint narrow;     /* requests for which the server needs the smaller document */

	struct hooked *hooked; /* set at creation; NULL: no webhook is taken */

	pthread_mutex_t command_mutex; /* one check-and-note of a command at a time */

	pthread_mutex_t mutex;  /* protects: */
	pthread_cond_t changed; /* a listing ended, or one is wanted */
	bool stopping;
	struct bucket looks;         /* at what was hinted */
	struct delivery *deliveries; /* to be taken, oldest first */
	struct waiter *listing;      /* the sync thread's, while it waits for answers */
	int call_result;             /* of the last call that told how the API is */
	char *call_words;
	int64_t call_failing_since_ns;
	char *aside; /* what the log was last told about an answer that will do */
	pthread_t thread;
	bool started;

	atomic_uint_fast64_t listings;
	atomic_uint_fast64_t listing_failures;
	atomic_uint_fast64_t triggers;
	atomic_uint_fast64_t hooks;
	atomic_uint_fast64_t hooks_refused;
	atomic_uint_fast64_t hooks_repeated;
	struct {
		atomic_uint_fast64_t begun;
		atomic_uint_fast64_t ended;
		atomic_uint_fast64_t failed;
		atomic_uint_fast64_t bytes;
	} downloads;
};

/* Keys of flights. */
enum flight_kind {
	FLIGHT_TOKEN = 1,
	FLIGHT_ITEM,
	FLIGHT_MANY,
	FLIGHT_SIZE,
	FLIGHT_CONTENT,
	FLIGHT_ARCHIVE,
	FLIGHT_MEMBER,
};
static inline uint64_t flight_key(enum flight_kind kind, uint32_t row)
{
	return (uint64_t)kind << 56 | (uint64_t)row << 24;
}
/* Of a member of an archive; entry has 24 bits. */
static inline uint64_t flight_key_of_entry(enum flight_kind kind, uint32_t row, uint32_t entry)
{
	return flight_key(kind, row) | entry;
}

/* ---- call.c: one operation of the description: build, send, read. */
struct operation {
	/* One of: a request, the next page of a listing, many items. */
	const struct request_spec *spec;
	const struct listing *listing;
	struct page_position *position; /* moves on */
	const struct doc **rows;        /* of the page, in the answer */
	const struct collection *many;
	const char *const *ids;
	int id_count;
	bool *too_many; /* set when the server wants fewer ids */

	const struct act *act;       /* it is this one's */
	const char *partial;         /* see struct question */
	const struct values *values; /* one scope or two, inside the settings; or NULL */
	size_t body_max;             /* 0: as configured */
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
/* This one was refused: the next token_get() asks for another. False when there is no other. */
bool token_drop(struct account *account, const char *token);

/* ---- sync.c */
struct work *work_of(struct account *account, unsigned collection);
int sync_start(struct account *account);
void sync_stop(struct account *account);
/* Lists this collection soon: something was started there. */
void sync_soon(struct account *account, struct work *work);
/* … or at once: what a command did is to be found. */
void sync_now(struct account *account, struct work *work);

/* … or lists it at once, also where asking about what is on its way would do. */
void sync_want(struct account *account, struct work *work);

/* ---- measure.c */
void measuring_init(struct measuring *measuring);
void measuring_finish(struct measuring *measuring);
/* Ends its threads. */
void measuring_stop(struct account *account);

/* ---- pass.c */
/* A listing into the store: of everything, or of what is new. Waits, in the account's thread; sets
 * the waiter's deadline for each page. */
int pass_run(struct account *account, struct work *work, bool full, struct waiter *waiter,
	     struct problem *why);
/* Runs an operation of the account's thread with a page's patience. */
int pass_call(struct account *account, const struct operation *operation, struct waiter *waiter,
	      struct doc **answer, struct problem *why);

/* ---- merge.c: what the API said, into the store. */
enum { MERGE_BATCH = 256 };
/* Rows of a page in transactions; those that cannot be read are left out, and the log says so.
 * pass 0: none. *news: whether anything is different. */
int merge_page(struct account *account, struct work *work, int64_t pass, const struct doc *rows,
	       struct waiter *waiter, bool *news);
/* One row. remembered may be NULL. */
int merge_row(struct account *account, struct work *work, const struct doc *node,
	      const char *remembered, uint32_t *row, struct problem *why);
/* The part of a known item. */
int merge_part(struct account *account, struct work *work, const struct item *item,
	       const struct doc *part, struct problem *why);
/* Only its id is known, and perhaps what its record shows until it is listed. */
int merge_id(struct account *account, struct work *work, const char *id, const char *record,
	     const char *remembered, uint32_t *row);

/* ---- ask.c */
/* An answer about the item, by its row or part; NULL or null: the API does not know it. */
int ask_judge(struct account *account, struct work *work, const struct item *item,
	      const struct doc *node, struct problem *why);

/* In the account's thread: asks about the item, whatever is known of it. -ENOENT when it is gone. */
int ask_again(struct account *account, struct work *work, uint32_t row, struct waiter *waiter,
	      struct problem *why);

/* ---- hint.c, see hint.h */
void hint_init(struct account *account);

/* ---- many.c */
/* Brings one item up to date, and with the same request others that will be asked for next. */
int many_ask(struct account *account, struct work *work, const struct item *item,
	     struct waiter *waiter, struct problem *why);
/* In the account's thread: what is active, then a few that were never asked about. */
int many_poll(struct account *account, struct work *work, struct waiter *waiter,
	      struct problem *why);
/* These, whatever is known of them; rows that are 0 are left out. */
int many_ask_rows(struct account *account, struct work *work, const uint32_t *rows, int count,
		  struct waiter *waiter, struct problem *why);
int many_fill(struct account *account, struct work *work, struct waiter *waiter,
	      struct problem *why);

/* ---- papers.c: documents. In the account's thread. */
int papers_fetch(struct account *account, struct work *work, bool full, struct waiter *waiter,
		 struct problem *why);

/* ---- detect.c */
void detect_run(struct account *account, struct work *work, struct waiter *waiter);
/* False when the server is known to lack the act. */
bool detect_allows(struct account *account, struct work *work, const struct act *act);

/* ---- deliver.c */
/* One command under way; see trigger.c. */
struct order {
	struct account *account;
	struct work *work;
	struct item item; /* of an item's trigger; row 0: a collection's */
	const struct act *act;
	struct command_text text;
	int64_t journal_row;
	bool sent;
	char *id; /* of what was made */
	uint32_t row;
};
/* Takes ownership of the order: the account's thread carries it out to its end, and ends it in the
 * journal. Waits for that; who goes before only does not see the end. */
int deliver_order(struct order *order, struct waiter *waiter, struct problem *why);
bool deliver_is_done(const struct order *order);
/* In the account's thread: the oldest, if there is one. */
bool deliver_next(struct account *account, struct waiter *waiter);
/* Those that will not be carried out. */
void deliver_drop_all(struct account *account);

/* ---- saver.c */
/* The checksum of the first size bytes; all of them must be there. */
int saver_hash(int fd, int64_t size, char text[SHA256_TEXT_BYTES]);

/* ---- keep.c */
/* Everything of it on disk, then its names, the record last. Waits; the account's thread's. */
int keep_parcel(const struct order *order, const struct parcel *parcel, struct waiter *waiter,
		struct problem *why);

/* ---- order.c */
int order_check_allowed(const struct order *order, struct problem *why);
/* The item as it is now, where the act needs to know: one state, or what its end will be told by. */
int order_look(struct order *order, struct waiter *waiter, struct problem *why);
/* Refuses a command that is on its way, else writes it down. */
int order_begin(struct order *order, struct waiter *waiter, struct problem *why);

/* ---- send.c */
int order_send(struct order *order, struct waiter *waiter, struct problem *why);
/* Writes down how it went; returns r, with better words where the outcome is not known. */
int order_end(struct order *order, int r, struct problem *why);
/* trigger.c */
void order_finish(struct order *order);

/* ---- trouble.c: what went wrong with a command, in the account's status. */
/* How it ended, there and in the log; 0: it went well, and all is well again. */
void trouble_note(const struct order *order, int r, const struct problem *why);
void trouble_put_locked(const struct order *order, int r, const struct problem *why);
void trouble_log(const struct order *order, int r, const struct problem *why);
/* What became of the command of that row later: words, or NULL: it went well after all. Nothing
 * when the status speaks of another one by now. */
void trouble_settle(struct account *account, struct work *work, int64_t journal_row,
		    const char *words);

/* ---- resolve.c */
/* The URL a file is fetched from, now. The caller's, to be wiped: it may hold a signature. */
int resolve_url(struct account *account, struct call *call, const struct file *file,
		struct waiter *waiter, char **url, struct problem *why);
/* What the request for that URL carries, where its description says `auth: same`: the headers of
 * every request to the API, if it is one. May wait for a token. badge_finish() after. */
struct badge;
int badge_get(struct account *account, const struct file *file, const char *url,
	      struct waiter *waiter, struct badge *out, struct problem *why);
/* The URL with the origin of the setting, when it is set. Replaces *url. */
int resolve_rebase(struct account *account, const char *setting, char **url);

/* ---- report.c */
/* Puts our words about that file of the item where `error` shows them, in place of what was said of
 * it before, with lines about what it lacks if it is an archive; words NULL: all else is well. name
 * NULL: about all its files. */
void report_file(struct account *account, uint32_t item, const char *name, const char *words);
/* That member of the archive could be read: all is well but for what was said of others. */
void report_member_good(struct account *account, uint32_t item, const char *name,
			const char *member);

/* ---- adopt.c */
/* Looks for what commands of unknown outcome made, after items were listed or asked about from
 * since_ns on; 0: in vain. */
void adopt_items(struct account *account, struct work *work, int64_t since_ns);
/* At start, before anything is asked: items whose acts a crash cut off are as if those had been
 * taken. */
void adopt_expect(struct account *account, struct work *work);

void account_report_changes(struct account *account, unsigned collection,
			    const struct item_change *changes, int count);
/* That of an item the store was told of with no word about what it changed. */
void account_report_item(struct account *account, const struct item *item, unsigned changes);

/* ---- account.c */
/* The setting's text; NULL when it is not set. */
const char *account_setting(const struct account *account, const char *name);

#endif
