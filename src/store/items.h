/* Items (orders, jobs, exports) and their files in the store. */
#ifndef STORE_ITEMS_H
#define STORE_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "orderfs/state.h"
#include "store/store.h"

struct item {
	uint32_t row;
	unsigned account;
	unsigned collection;
	char *id;   /* as the API says it */
	char *name; /* as the folder is called */
	enum state state;
	int64_t created_ns; /* by the API; 0 when it does not say */
	int64_t updated_ns; /* by the API; 0 when it does not say */
	int64_t changed_ns; /* the folder's mtime: created, then whenever it changed here */
	int64_t state_ns;   /* mtime of status: when that state was first seen */
	int64_t record_ns;  /* mtime of the record */
	char *error;        /* the API's own words, or NULL */
	char *trouble;      /* ours, about its files: a sentence or NULL */
	int64_t error_ns;   /* when error or trouble last changed */
	char *record;       /* what the API said: JSON text with newline, or NULL */
	char *remembered;   /* JSON object: the fields of the command that made it, or NULL */
};
void item_finish(struct item *item);

int item_by_name(struct store *store, unsigned account, unsigned collection, const char *name,
		 struct item *out);
int item_by_row(struct store *store, uint32_t row, struct item *out);
int item_by_id(struct store *store, unsigned account, unsigned collection, const char *id,
	       struct item *out);

/* The listing of a collection in the order of rows, from after_row on. Names are copied. */
struct item_line {
	uint32_t row;
	int64_t changed_ns;
	char name[NAME_BYTES];
};
/* Fills at most max lines; returns how many (0: the end) or a negative errno. */
int items_list(struct store *store, unsigned account, unsigned collection, uint32_t after_row,
	       struct item_line *lines, int max);

/* How many items of the collection are queued or running. */
int items_active(struct store *store, unsigned account, unsigned collection, int *out);

/* Items that were first seen here since first_since_ns, were created since created_since_ns (or
 * at a time that the API does not tell), and that no command in the journal is known to have
 * made, oldest first. None while a command is on its way. Fills at most max rows; returns how
 * many, or a negative errno. */
int items_unclaimed(struct store *store, unsigned account, unsigned collection,
		    int64_t first_since_ns, int64_t created_since_ns, uint32_t *rows, int max);

/* What the API said about one item. All text is borrowed. */
struct fact {
	const char *id;
	enum state state;
	int64_t created_ns;
	int64_t updated_ns;
	const char *error;        /* NULL: none */
	const char *record;       /* JSON text with newline; NULL: keep what is there */
	const char *remembered;   /* NULL: keep what is there */
	const char *const *files; /* names of the files that can be read now */
	int file_count;
};

enum change {
	CHANGE_NEW = 1, /* the item; with CHANGE_ERROR and CHANGE_FILES when it has some */
	CHANGE_STATE = 2,
	CHANGE_RECORD = 4,
	CHANGE_ERROR = 8,  /* the error file came, went or changed */
	CHANGE_FILES = 16, /* a file came, went or was replaced */
	CHANGE_GONE = 32,  /* the item */
};
struct item_change {
	uint32_t row;
	unsigned changes; /* of enum change */
	enum state state; /* after it */
	char name[NAME_BYTES];
};

/* Writes what the API said in one transaction. Names come from name_safe() with "trigger" reserved;
 * an id whose name another one has already gets "~2" and so on at its end.
 * An id that is there twice counts once, the last one wins. *changes (owned by the caller, free())
 * tells what is different now, in the order of facts; NULL when the caller does not care. */
int items_merge(struct store *store, unsigned account, unsigned collection,
		const struct fact *facts, int count, struct item_change **changes, int *changed);

/* A full listing is one generation: begin gives its number, merges with that number mark the
 * items that were seen, end tells which were missing, in one transaction: those get one more
 * miss, and are removed when they have at_misses of them or are past expired_before_ns (created),
 * unless they were first seen after young_ns (wall ns; an API may list late what it made). Sets
 * listed_at. A pass is over when it has ended or another one of the collection begins: after
 * that its merges and its end are -ESTALE. */
int items_pass_begin(struct store *store, unsigned account, unsigned collection, int64_t *pass);
int items_merge_pass(struct store *store, unsigned account, unsigned collection, int64_t pass,
		     const struct fact *facts, int count, struct item_change **changes,
		     int *changed);
int items_pass_end(struct store *store, unsigned account, unsigned collection, int64_t pass,
		   int at_misses, int64_t expired_before_ns, int64_t young_ns,
		   struct item_change **changes, int *changed);

/* The API says it is gone: removes it and its files' names. */
int item_remove(struct store *store, uint32_t row, struct item_change *change);
/* Our own words about an item's files; NULL clears. *changed: whether they differ now (false when
 * the item is gone). */
int item_set_trouble(struct store *store, uint32_t row, const char *words, bool *changed);
/* Sets what is remembered of the command that made it (JSON object). */
int item_set_remembered(struct store *store, uint32_t row, const char *remembered);

/* A version of a file. The name in a folder is that of its current version; a replaced
 * one keeps its row, for the handles that are open on it. */
struct file {
	uint32_t row;
	uint32_t item;
	unsigned account;
	char *name;
	int64_t size; /* -1: not known yet */
	int64_t mtime_ns;
	char *etag;     /* as the server gave it, or NULL */
	char *modified; /* Last-Modified as the server gave it, or NULL */
	bool current;
};
void file_finish(struct file *file);

int file_by_name(struct store *store, uint32_t item, const char *name, struct file *out);
int file_by_row(struct store *store, uint32_t row, struct file *out);
/* The current files of an item in the order of names; *list is the caller's (files_finish). */
int files_of_item(struct store *store, uint32_t item, struct file **list, int *count);
void files_finish(struct file *list, int count);
/* What was learnt of a file whose size was not known. A size that is known stays: what differs
 * is another content, see file_replace(). */
int file_learn(struct store *store, uint32_t row, int64_t size, const char *etag,
	       const char *modified);
/* The content at the other end is another one now: the name moves to a new row of unknown size
 * with that mtime. When another caller was quicker, new_row is his. -ENOENT: the name is gone. */
int file_replace(struct store *store, uint32_t row, int64_t mtime_ns, uint32_t *new_row);

#endif
