/* The inside of archives, for archive.c (the table), supply.c (their packed bytes) and unpack.c
 * (members' bytes).
 *
 * What is unpacked is a content as any other: a spool that readers wait for, and that goes when room
 * is short. What fills it is a thread here instead of a download. */
#ifndef ACCOUNT_UNPACK_H
#define ACCOUNT_UNPACK_H

#include "account/archive.h"
#include "account/contents.h"
#include "spool/spool.h"

/* Stands for all members of what only streams, one behind the other; no member has that number. */
#define ENTRY_WHOLE UINT32_C(0xffffffff)

/* Where a member of what only streams begins in the unpacked whole; or why it cannot be had. */
struct place {
	int64_t start;
	int err;
	char *words;
};
struct places {
	struct place *list; /* by the member's number */
	size_t count;
	int64_t total; /* bytes of all members */
};
void places_finish(struct places *places);

struct archive {
	/* Set at creation. */
	struct contents *table;
	struct account *account;
	struct file file; /* packed */
	enum bundle_kind kind;

	/* Under the table's mutex. */
	struct archive *next;
	int users; /* who opened it, and contents of members */
	int64_t used_ms;

	pthread_mutex_t mutex; /* protects: */
	/* Stays open, so that a download for one member goes on for the next; or NULL. */
	struct content *packed;
	/* Both set once, and read without the mutex by those who waited for them. */
	struct bundle *bundle;
	struct places places;
};
/* True when it is known what is in it. */
bool archive_is_known(struct archive *archive);
/* Says so; takes bundle and places, or frees them when another was quicker. places may be NULL. */
void archive_learn(struct archive *archive, struct bundle *bundle, struct places *places);
/* Closes what stays open in archives that nobody uses; with `all`, in every one. */
void archives_let_go(struct contents *table, bool all);
/* Frees them; nobody uses them any more. */
void archives_finish(struct contents *table);

/* ---- supply.c: an archive's packed bytes for libraries that read, with one waiter's patience. */
struct supply {
	struct archive *archive;
	struct content *content;
	struct waiter *waiter;
	int64_t patience_ms; /* for each read; 0: the waiter's own deadline holds for all */
	int err;             /* of the last read that failed, with its words */
	struct problem why;
	struct bundle_source source;
};
int supply_begin(struct supply *supply, struct archive *archive, struct waiter *waiter);
/* Has that range brought in by one request, as far as possible. */
int supply_fetch(struct supply *supply, int64_t offset, int64_t length);
/* r, with its words in why: where the bytes could not be had, the words that tell of that. */
int supply_end(struct supply *supply, int r, struct problem *why);

/* ---- member.c: what one thread unpacks, from the start to the end. */
struct job {
	struct job *next; /* in the table, of those that have a thread */
	struct content *content;
	struct archive *archive;
	struct waiter *waiter;
	bool paced;           /* stays near its readers, with patience of its own */
	bool skips;           /* the first time, what there is no room for is only counted */
	struct stream stream; /* paced: what readers know of it */
	struct waiter patience;
	struct supply supply;
	struct spool_writer writer;
	bool writing;
	int64_t at; /* bytes unpacked */
	struct places places;
	size_t capacity; /* of places */
	struct problem why;
};
int job_unpack_member(struct job *job, struct problem *why);
/* What is learnt on the way goes to the archive. */
int job_unpack_all(struct job *job, struct problem *why);
/* The error of what was gathered last. */
int job_end_writing(struct job *job);

/* ---- unpack.c */
/* Has [offset, end) of a small member in the content's spool, when all of the member was found good.
 * Waits; threads that want the same share the work. */
int unpack_small(struct content *c, int64_t offset, int64_t end, struct waiter *waiter,
		 struct problem *why);
/* Starts the thread that brings what is missing at offset, if it still is. */
int unpack_start(struct content *c, int64_t offset, int64_t end, struct problem *why);
/* Waits until the whole of what only streams has passed by once. */
int unpack_whole(struct archive *archive, struct waiter *waiter, struct problem *why);
/* Ends all threads; none begins any more. */
void unpack_stop(struct contents *table);

#endif
