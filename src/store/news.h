/* What is different in the store since the last look, in the order in which it was written, and
 * what of it nobody is shown yet.
 *
 * An item or a file that comes is hidden from the moment it is written until whoever listens says
 * that it is told: only then is it in a folder. That lives in memory: what a process that ended had
 * not told is simply there for the next one. Any thread; none of this waits but news_wait(). */
#ifndef STORE_NEWS_H
#define STORE_NEWS_H

#include "base/wait.h"
#include "store/items.h"

enum news_kind {
	NEWS_ITEM,      /* came, went or changed: see changes and leaves */
	NEWS_FILE,      /* came; changes is of enum file_news */
	NEWS_FILE_GONE, /* went; before its item, where that went too */
};
/* What became of an item's small files, as far as CHANGE_RECORD and CHANGE_ERROR do not say. */
enum leaf_news {
	LEAF_NEWS_RECORD = 1,
	LEAF_NEWS_PART = 2,
	LEAF_NEWS_PART_CAME = 4,
	LEAF_NEWS_PART_WENT = 8,
	LEAF_NEWS_ERROR_CAME = 16,
	LEAF_NEWS_ERROR_WENT = 32, /* also with the item */
	LEAF_NEWS_ENTRIES = 4 | 8 | 16 | 32,
};
enum file_news {
	FILE_NEWS_SHOWN = 1, /* takes the place of one that somebody looks for: it is not hidden */
	FILE_NEWS_LATE = 2,  /* was there before, as far as anybody knows: it is not measured */
};
struct news {
	enum news_kind kind;
	unsigned account;
	bool first; /* of a collection that was never listed to its end: nothing is hidden */
	uint32_t item;
	uint32_t file;       /* of a file: its row, which stays until the store is closed */
	unsigned collection; /* of an item, like what follows */
	unsigned changes;    /* of enum change */
	unsigned leaves;     /* of enum leaf_news */
	enum state state;    /* after it */
	enum state was;      /* before it, with CHANGE_STATE */
	unsigned month;      /* of its creation, see views.h; when it went */
	char *name;
};

/* Where there is a name that is told by itself; what comes is hidden in each until then. */
enum place {
	PLACE_OWN = 1,   /* in its collection; a file: in its item's folder, or one in that */
	PLACE_VIEW = 2,  /* in by-status, also after it has changed; a file: in completed */
	PLACE_MONTH = 4, /* in by-date; of a file: what is shown beside it for what is in it */
	PLACE_BESIDE = PLACE_MONTH,
	PLACES = 7,
};

/* From now on news are kept. Before other threads come. */
void news_listen(struct store *store);
/* All there are so far; *list is the caller's (news_finish). */
void news_take(struct store *store, struct news **list, int *count);
void news_finish(struct news *list, int count);

enum showing {
	SHOWING,        /* told, or there from the start */
	SHOWING_UNTOLD, /* in its folder, but nobody may keep the name */
	HIDDEN,
};
enum showing news_item_showing(struct store *store, uint32_t row, enum place place);
enum showing news_file_showing(struct store *store, uint32_t row, enum place place);
/* Shows it before it is told. places: of enum place. */
void news_show_item(struct store *store, uint32_t row, unsigned places);
void news_show_file(struct store *store, uint32_t row, unsigned places);
/* It is told, or there is nobody to tell. */
void news_told_item(struct store *store, uint32_t row, unsigned places);
void news_told_file(struct store *store, uint32_t row, unsigned places);

/* Waits until nothing of the account (item 0) or of the item is hidden that was written before
 * now. */
int news_wait(struct store *store, unsigned account, uint32_t item, struct waiter *waiter);

#endif
