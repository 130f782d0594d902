/* Items (orders, jobs, exports) and their files in the store. */
#ifndef STORE_ITEMS_H
#define STORE_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
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
	int64_t part_ns;    /* mtime of the part's record; 0 when there is none */
	char *error;        /* the API's own words, or NULL */
	char *trouble;      /* ours, about its files: a sentence or NULL */
	int64_t heard_ns;   /* when the news came that item_await() waited for; 0: never */
	int64_t error_ns;   /* when error or trouble last changed */
	char *record;       /* what the API said: JSON text with newline, or NULL */
	char *part;         /* what it said of the item's part, apart from the record; or NULL */
	char *version;      /* of its files, as the API names it, or NULL */
	char *remembered;   /* JSON object: the fields of the command that made it, or NULL */
};
void item_finish(struct item *item);

int item_by_name(struct store *store, unsigned account, unsigned collection, const char *name,
		 struct item *out);
int item_by_row(struct store *store, uint32_t row, struct item *out);
int item_by_id(struct store *store, unsigned account, unsigned collection, const char *id,
	       struct item *out);

/* Which collection it is in, and its name there. */
int item_place(struct store *store, uint32_t row, unsigned *collection, char name[NAME_BYTES]);

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

/* The names of items that are not in one of the states in `settled` (a mask: 1 << state), in the
 * order of names, from the one called after_name on (it included). Fills at most max lines; how
 * many, or a negative errno. */
int items_unsettled(struct store *store, unsigned account, unsigned collection, unsigned settled,
		    const char *after_name, struct item_line *lines, int max);
/* Rows of items that are queued or running (oldest rows first, after after_row), and of the newest
 * items whose part was never heard of. How many, or a negative errno. */
int items_active_rows(struct store *store, unsigned account, unsigned collection,
		      uint32_t after_row, uint32_t *rows, int max);
int items_without_part(struct store *store, unsigned account, unsigned collection, uint32_t *rows,
		       int max);

/* A file of a fact that is fetched when it is read. */
struct fact_file {
	const char *name;
	int spec; /* which file of the description it is, and which element of several */
	int element;
};

/* What the API said about one item. All text is borrowed. */
struct fact {
	const char *id;
	const char *name; /* what the folder is called when it is new; NULL: the id */
	enum state state;
	int64_t created_ns;
	int64_t updated_ns;
	const char *error;             /* NULL: none */
	const char *record;            /* JSON text with newline; NULL: keep what is there */
	const char *part;              /* NULL: keep what is there */
	const char *version;           /* files of another version are other files; NULL: keep */
	const char *remembered;        /* NULL: keep what is there */
	const struct fact_file *files; /* those that can be read now; delivered ones stay besides */
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
	enum state was;   /* before it, with CHANGE_STATE */
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
 * unless they were first seen after young_ns (wall ns; an API may list late what it made). With
 * at_misses 0, for a listing that did not name all, none is counted or removed. Sets listed_at. A
 * pass is over when it has ended or another one of the collection begins: after
 * that its merges and its end are -ESTALE. */
int items_pass_begin(struct store *store, unsigned account, unsigned collection, int64_t *pass);
int items_merge_pass(struct store *store, unsigned account, unsigned collection, int64_t pass,
		     const struct fact *facts, int count, struct item_change **changes,
		     int *changed);
int items_pass_end(struct store *store, unsigned account, unsigned collection, int64_t pass,
		   int at_misses, int64_t expired_before_ns, int64_t young_ns,
		   struct item_change **changes, int *changed);

/* The API says it is gone: removes it and its files' names. One that something was delivered for
 * stays, and change->changes is 0. */
int item_remove(struct store *store, uint32_t row, struct item_change *change);
/* An act was taken: until until_ns (wall), what the API says is believed only if its version is
 * another than now, or the state is queued or running; else the item is queued, as it is from now
 * on. */
int item_await(struct store *store, uint32_t row, int64_t until_ns, struct item_change *change);
/* Its files are gone at the other end, whatever the state says: the item is expired as long as it
 * is ready in this version. */
int item_expire(struct store *store, uint32_t row, struct item_change *change);
/* Our own words about an item's files; NULL clears. *changed: whether they differ now (false when
 * the item is gone). */
int item_set_trouble(struct store *store, uint32_t row, const char *words, bool *changed);
/* Sets what is remembered of the command that made it (JSON object). */
int item_set_remembered(struct store *store, uint32_t row, const char *remembered);

/* Stored: never renumber. */
enum file_kind {
	FILE_REMOTE = 0, /* fetched when it is read */
	FILE_FOLDER = 1, /* holds others */
	FILE_BODY = 2,   /* its bytes are in the store, see file_body() */
	FILE_KEPT = 3,   /* its bytes are on disk for good, under `kept` in the state folder */
};

/* A version of a file. The name in a folder is that of its current version; a replaced
 * one keeps its row, for the handles that are open on it. A file of item 0 is a document of the
 * account. */
struct file {
	uint32_t row;
	uint32_t item;
	uint32_t parent; /* the row of the folder it is in; 0: the item's or the account's own */
	unsigned account;
	enum file_kind kind;
	int spec; /* REMOTE: see struct fact_file */
	int element;
	char *name;
	int64_t size;  /* -1: not known yet */
	int64_t plain; /* of one packed file, unpacked; -1: not known */
	int64_t mtime_ns;
	char *etag;     /* as the server gave it, or NULL */
	char *modified; /* Last-Modified as the server gave it, or NULL */
	char *kept;     /* KEPT: the file's name in the folder `kept`, or NULL */
	char *sha256;   /* KEPT: in hexadecimal digits; or NULL */
	char *password; /* opens it, if it is an archive that came with one; or NULL */
	char *flat;     /* its name among all files of the account's items, see views.h; or NULL */
	bool current;
};
void file_finish(struct file *file); /* wipes the password */

/* parent 0: in the item's own folder; item 0: in the account's own. */
int file_by_name(struct store *store, unsigned account, uint32_t item, uint32_t parent,
		 const char *name, struct file *out);
int file_by_row(struct store *store, uint32_t row, struct file *out);
/* The current files of a folder in the order of names; *list is the caller's (files_finish). */
int files_in(struct store *store, unsigned account, uint32_t item, uint32_t parent,
	     struct file **list, int *count);
void files_finish(struct file *list, int count);
/* The current files of a folder whose names are that name, a dot and something more. */
int files_beside(struct store *store, unsigned account, uint32_t item, uint32_t parent,
		 const char *name, struct file **list, int *count);
/* The names in the item's folder and those in it that stood for something else since the store was
 * opened, whatever they stand for now. *list is the caller's, free(). */
struct former_name {
	uint32_t parent;
	char name[NAME_BYTES];
	char flat[NAME_BYTES]; /* among all files of the account's items, or "" */
};
int files_former_names(struct store *store, unsigned account, uint32_t item,
		       struct former_name **list, int *count);
/* The bytes of a FILE_BODY, appended; -ENOENT once another version has its name. */
int file_body(struct store *store, uint32_t row, struct buf *out);

/* Something to keep for good. */
struct keepsake {
	const char *path; /* folders and name, joined by '/'; safe */
	const void *body; /* its bytes, or NULL: they are on disk already, as `kept` */
	size_t length;
	const char *kept;
	int64_t size;         /* of kept */
	const char *sha256;   /* of kept, in hexadecimal digits, or NULL */
	const char *password; /* or NULL */
};
/* Adds them to the item's folder (item 0: to the account's, as documents), making folders as
 * needed, in one transaction that is durable (fsync) when this returns. One that is there with the
 * same bytes stays as it is; with others it becomes a new version. whole: NULL, or a folder that
 * loses what is not among them. */
int files_keep(struct store *store, unsigned account, uint32_t item, const struct keepsake *list,
	       int count, const char *whole, bool *changed);

/* A finished file of an item, for who lists them all. */
struct file_line {
	uint32_t row;
	unsigned account;
	unsigned collection;
	uint32_t parent; /* the row of the folder it is in; 0: the item's own */
	char item[NAME_BYTES];
	char name[NAME_BYTES];
	int64_t size; /* -1: not known yet */
	int64_t mtime_ns;
	char *etag;   /* these may be NULL */
	char *sha256; /* of what is kept */
	char *host;   /* that the size was asked of */
};
/* Those that are current, folders apart, in the order of rows, from after_row on. Fills at most
 * max lines, to be ended with file_lines_finish(); how many (0: the end), or a negative errno. */
int file_lines(struct store *store, uint32_t after_row, struct file_line *lines, int max);
void file_lines_finish(struct file_line *lines, int count);

/* What was learnt of a file whose size was not known. A size that is known stays: what differs
 * is another content, see file_replace(). */
int file_learn(struct store *store, uint32_t row, int64_t size, const char *etag,
	       const char *modified, const char *host);
/* It was unpacked once. */
int file_set_plain(struct store *store, uint32_t row, int64_t size);
/* All of a REMOTE one was downloaded: it is KEPT from now on, under that name, until the API has
 * another version. -ENOENT: it is none that could be. */
int file_set_kept(struct store *store, uint32_t row, const char *kept, const char *sha256);
/* The content at the other end is another one now: the name moves to a new row of unknown size
 * with that mtime. When another caller was quicker, new_row is his. -ENOENT: the name is gone. */
int file_replace(struct store *store, uint32_t row, int64_t mtime_ns, uint32_t *new_row);

#endif
