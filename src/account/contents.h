/* The inside of a content, for the files that make it up: contents.c (the table), content.c
 * (reading), stream.c (its downloads), window.c (what to fetch next, and what to give up), late.c,
 * saver.c.
 *
 * Who holds a content: every open handle, every read that is not done with, every stream until it
 * has ended, the saver, and nobody else. One that is held by nobody stays in the table as long as
 * the cache's limit allows.
 *
 * Lock order: table, content, then the spool's, or that of the HTTP engine's job. None is held
 * across a wait. */
#ifndef ACCOUNT_CONTENTS_H
#define ACCOUNT_CONTENTS_H

#include "account/content.h"
#include "account/fetch.h"

enum {
	UNIT_BYTES = 128 * 1024,  /* the least that is fetched */
	NEAR_BYTES = 2048 * 1024, /* so far behind a running stream nobody asks again */
	BLUR_BYTES = 1024 * 1024, /* reads so near to each other are one reader's */
	LEAD_BYTES = 8192 * 1024, /* so far ahead of its readers a stream gets when room is short */
	MARKS = 16,
	PINS = 64,
	LATES = 16,
	STREAMS = 8,
};

/* A download under way. */
struct stream {
	struct stream *next;
	struct content *content;
	uint64_t number;          /* no other stream of the content ever has it */
	struct download download; /* the HTTP thread's */
	/* Under the content's mutex. */
	struct http_job *job;  /* NULL until it is known */
	struct waiter *waiter; /* of a thread that unpacks; NULL for a download */
	int64_t from;
	int64_t at;   /* its next byte */
	int64_t stop; /* INT64_MAX: not known */
	bool held;
	bool leaves;         /* it was told to make way for another */
	bool moves;          /* it has an answer */
	int64_t moved_ms;    /* when bytes last came */
	uint64_t url_number; /* of the URL it was started with */
};

/* Where somebody reads: the kernel's reads ahead come in any order, but near each other. */
struct mark {
	int64_t start; /* the first read's */
	int64_t end;   /* the furthest byte so far */
	int64_t run;   /* bytes in all; 0: none reads there */
	int64_t used_ms;
};

/* Bytes that did not come within a reader's patience. */
struct late {
	int64_t start, end;
	int64_t at_ms; /* when it ended; 0: never */
};

/* Bytes that somebody waits for, or was told are there and has not done with. */
struct pin {
	int64_t start, end; /* end 0: free */
};

struct content {
	/* Set at creation. */
	struct contents *table;
	struct account *account;
	struct file file;        /* but its size, when that was not known: under the mutex */
	struct archive *archive; /* file is the packed one, and this is unpacked; or NULL */
	uint32_t entry;          /* the member's number */
	bool is_small;           /* nothing of it is shown before all of it was found good */

	/* Under the table's mutex. */
	struct content *next;
	struct content *next_kept; /* in the saver's queue */
	int handles;
	int holds;   /* streams, the saver */
	bool listed; /* in the table: later opens find it */
	int64_t closed_ms;

	pthread_mutex_t mutex; /* protects: */
	struct spool *spool;   /* NULL before the first read; then the same for good */
	struct stream *streams;
	int stream_count;
	uint64_t stream_number;
	char *url;           /* for now; may hold a signature */
	uint64_t url_number; /* how many were refused before it */
	bool no_ranges;      /* the server answers ranges with the whole */
	int64_t furthest;    /* without ranges: how far a download ever came */
	int refusals;        /* in a row */
	int failures;        /* in a row, without progress */
	int64_t not_before_ms;
	int failed;         /* for good: what is not there does not come */
	struct problem why; /* of failed, or of the last failure */
	bool replaced;      /* the store was told that the content is another one */
	bool praised;       /* the store was told that it can be read */
	bool complete;
	bool verified;    /* is_small: it was found good */
	bool is_packed;   /* an archive: who unpacks it may stop anywhere … */
	int64_t until;    /* … and now wants nothing behind this */
	bool keep_going;  /* even when nobody has it open: its length is wanted */
	int64_t born_ms;  /* when the first stream began, or the first after a pause */
	int64_t quiet_ms; /* when the last one ended */
	int64_t received; /* bytes, since born_ms */
	struct mark marks[MARKS];
	struct late lates[LATES]; /* in a ring */
	int late_next;
	struct pin pins[PINS];
	int pinned;   /* reads in all … */
	int unpinned; /* … and those for which there was no pin left */
};

struct address_entry;
struct archive;
struct job;

struct contents {
	const char *dir;
	int64_t most_bytes;
	atomic_llong bytes;    /* in spools, now */
	pthread_mutex_t full;  /* held by who finds room on a full disk; taken before the others */
	pthread_mutex_t mutex; /* protects the list and what contents say of themselves */
	struct content *list;
	struct address_entry *addresses;
	struct archive *archives;
	/* Threads that unpack. */
	struct job *jobs;
	bool unpack_ends;
	pthread_cond_t unpacked; /* one ended */
	/* The saver's: its queue, oldest first. */
	pthread_cond_t keep_wanted;
	struct content *to_keep;
	bool saver_runs;
	bool stopping;
	pthread_t saver;
};

/* ---- contents.c */
/* True when nothing holds it any more and nobody can find it. */
bool content_is_loose_locked(struct content *c);
/* Later opens do not find it any more. */
void content_unlist_locked(struct content *c);
void content_destroy(struct content *c);
/* Of the unpacked member of an archive; see content_open(). */
int content_open_entry(struct archive *archive, uint32_t entry, int64_t size, struct content **out);
/* Nobody has had it open for so long. */
bool content_is_idle(struct content *c, int64_t for_ms);
/* It is in use, by none that has it open. The last to leave takes a loose one away. */
void content_hold(struct content *c);
void content_leave(struct content *c);
/* Somebody has it open, reads it, or sees to it. */
bool content_is_in_use_locked(struct content *c);
bool contents_are_full(const struct contents *table);
/* It is, or will be, kept for good: no limit is for it. */
bool content_is_kept(const struct content *c);

/* ---- room.c */
/* Drops what nobody has open until the cache has room. */
void contents_make_room(struct contents *table);
/* The disk is full: drops all that nobody has open. True when there is room now, so that it is worth
 * while to try again. */
bool content_find_room(struct content *c);

/* ---- content.c */
/* Gives it its spool. */
int content_prepare(struct content *c, struct problem *why);
/* Room for what is about to come, where it is short. */
void content_make_room(struct content *c);

/* ---- addresses.c: what contents_remember() was told, for one use. */
/* The caller's, to be wiped; NULL: none. */
char *addresses_take(struct contents *table, uint32_t row);
void addresses_finish(struct contents *table);

/* ---- window.c */
struct range {
	int64_t from;
	int64_t stop; /* INT64_MAX: to the end, which is not known */
};
/* A read is about to be done: notes where. */
void window_note_locked(struct content *c, int64_t offset, int64_t end);
void window_pin_locked(struct content *c, int64_t offset, int64_t end);
void window_unpin_locked(struct content *c, int64_t offset, int64_t end);
/* Whether the stream is to stop for now. */
bool window_holds_locked(struct content *c, const struct stream *stream);
/* Whether one that unpacks is far enough ahead of its readers. */
bool window_leads_locked(const struct content *c, const struct stream *stream);
/* Lets go those that have waited for their readers long enough. */
void window_resume_locked(struct content *c);
/* The stream that brings the byte soon, or the only one that can; or NULL. */
struct stream *window_find_coming_locked(struct content *c, int64_t offset);
/* What a reader who misses the byte at offset, and wants all up to end, needs: true: this range;
 * false: it is on its way. Streams that are held and are needed now are let go. */
bool window_plan_locked(struct content *c, int64_t offset, int64_t end, struct range *out);
/* Gives room back: bytes behind all readers first. */
void window_shrink_locked(struct content *c);

/* ---- late.c: who waited behind somebody whose patience ended. */
/* A read ended with r: remembered when it was the end of its patience. */
void late_note(struct content *c, int64_t offset, int64_t end, int r, const struct waiter *waiter);

/* ---- stream.c */
/* Starts what the reader at offset needs, if it still does. May wait for the URL. */
int stream_start(struct content *c, int64_t offset, int64_t end, struct waiter *waiter,
		 struct problem *why);
/* The job of the stream that is to bring that byte, when it has been silent for that long: dropping
 * it calls the download off, and makes way for another. NULL: none such. */
struct http_job *stream_take_silent_locked(struct content *c, int64_t offset, int64_t silent_ms);
/* Takes the jobs out of all streams: dropping them calls the downloads off. */
struct http_job **streams_take_locked(struct content *c);
void streams_drop(struct http_job **jobs);

/* ---- saver.c */
/* It is complete: to be kept for good, where the account says so. */
void saver_want(struct content *c);
/* Ends the thread, when all that is complete is kept. */
void saver_stop(struct contents *table);

#endif
