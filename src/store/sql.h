/* Private to src/store: a connection, its prepared statements, and how one is run.
 *
 *	struct query q = query_begin(connection, SQL_FILE_BY_NAME);
 *	query_add_int(&q, item);
 *	query_add_text(&q, name);
 *	if (query_next(&q))
 *		size = query_int(&q, 3);
 *	int r = query_end(&q);
 *
 * The first error stays in the query, turns all that follows into nothing, and is what
 * query_end() returns; it is logged where it happens, with the step's name and never with
 * values. A connection serves one thread at a time. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/name.h"

struct fresh;

/* One for each text in statements.c. */
enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_PLACE_FIND,
	SQL_PLACE_ADD,
	SQL_PLACE_LISTED_AT,
	SQL_PLACE_SET_LISTED,
	SQL_TOTALS,
	SQL_ITEM_BY_NAME,
	SQL_ITEM_BY_ROW,
	SQL_ITEM_BY_ID,
	SQL_ITEM_LIST,
	SQL_ITEM_UNSETTLED,
	SQL_ITEM_ACTIVE,
	SQL_ITEM_ACTIVE_ROWS,
	SQL_ITEM_WITHOUT_PART,
	SQL_ITEM_UNCLAIMED,
	SQL_ITEM_REMOVE,
	SQL_ITEM_STATE,
	SQL_ITEM_PLACE,
	SQL_ITEM_AWAIT,
	SQL_ITEM_EXPIRE,
	SQL_ITEM_TOUCH,
	SQL_ITEM_SET_TROUBLE,
	SQL_ITEM_SET_REMEMBERED,
	SQL_RECORD_SET,
	SQL_PART_SET,
	SQL_MERGE_FIND,
	SQL_MERGE_NAME_TAKEN,
	SQL_MERGE_ADD,
	SQL_MERGE_UPDATE,
	SQL_PASS_SEEN,
	SQL_PASS_COUNT_MISSES,
	SQL_PASS_GONE,
	SQL_PASS_FORGET,
	SQL_FILE_BY_NAME,
	SQL_FILE_BY_ROW,
	SQL_FILE_LIST,
	SQL_FILE_ROWS,
	SQL_FILE_LIST_BESIDE,
	SQL_FILE_FORMER_NAMES,
	SQL_FILE_ADD,
	SQL_FILE_RESPECIFY,
	SQL_FILE_LEARN,
	SQL_FILE_SET_PLAIN,
	SQL_FILE_LINES,
	SQL_FILE_SET_KEPT,
	SQL_FILE_CURRENT,
	SQL_FILE_ADD_VERSION,
	SQL_FILE_TOUCH,
	SQL_FILE_TOUCH_ITEM,
	SQL_FILE_RETIRE,
	SQL_FILE_RETIRE_REMOTE,
	SQL_FILE_RETIRE_TREE,
	SQL_FILE_PURGE,
	SQL_FLAT_ITEM,
	SQL_FLAT_FOLDER,
	SQL_FLAT_TAKEN,
	SQL_FLAT_NEXT,
	SQL_FLAT_SET,
	SQL_FLAT_FIND,
	SQL_FLAT_LIST,
	SQL_VIEW_BY_NAME,
	SQL_VIEW_BY_ROW,
	SQL_VIEW_BY_STATE,
	SQL_VIEW_BY_MONTH,
	SQL_VIEW_MONTH,
	SQL_VIEW_TOUCHED,
	SQL_VIEW_ITEM_CAME,
	SQL_VIEW_FILE_CAME,
	SQL_BODY_ADD,
	SQL_BODY_IS,
	SQL_BODY,
	SQL_BROUGHT_ADD,
	SQL_BROUGHT_FORGET,
	SQL_COMMAND_ADD,
	SQL_COMMAND_END,
	SQL_COMMAND_RECOVER,
	SQL_COMMAND_SAME,
	SQL_COMMAND_LAST,
	SQL_COMMAND_UNKNOWN,
	SQL_COMMAND_LIST,
	SQL_COUNT,
};

struct statement_text {
	const char *step; /* for the log: what failed */
	const char *text;
};
extern const struct statement_text statement_texts[SQL_COUNT];

struct connection {
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_COUNT]; /* prepared at their first use */
	const char *suspect;     /* a file of this name asks the next start for a check */
	bool damaged;            /* SQLite found the database damaged */
	struct fresh *fresh;     /* the writer's, while somebody listens; see fresh.h */
	struct connection *next; /* in the pool */
};

/* Opens path, then runs setup. On failure everything is closed but `damaged` tells. */
int connection_open(struct connection *c, const char *path, int flags, const char *setup,
		    const char *suspect);
/* Takes what was zeroed or closed already. */
void connection_close(struct connection *c);
/* Runs texts that are used once: pragmas, migrations. */
int connection_run(struct connection *c, const char *step, const char *text);
/* One number, for pragmas. */
int connection_ask(struct connection *c, const char *step, const char *text, int64_t *out);

struct query {
	struct connection *connection;
	sqlite3_stmt *statement; /* NULL when it could not be prepared */
	enum sql sql;
	int bound;
	int error; /* 0 or -errno */
};

struct query query_begin(struct connection *c, enum sql sql);
void query_add_int(struct query *q, int64_t value);
/* 0 is NULL. */
void query_add_time(struct query *q, int64_t ns);
/* Borrows the text until query_end(); NULL is NULL. */
void query_add_text(struct query *q, const char *text);
/* The same for bytes; bytes may be NULL when there are none. */
void query_add_bytes(struct query *q, const void *bytes, size_t length);
/* True while there is a row; false at the end and after an error. */
bool query_next(struct query *q);
int query_end(struct query *q);
/* For statements without rows: next and end. */
int query_run(struct query *q);
/* The same, and how many rows it changed. */
int query_change(struct query *q, int *rows);
/* The same, and the row it inserted: at most 32 bits, else -ENOSPC. */
int query_insert(struct query *q, uint32_t *row);

/* Columns count from 0. */
int64_t query_int(struct query *q, int column);
bool query_has(struct query *q, int column);
/* Whether the text is the same; NULL is the same as NULL only. */
bool query_is(struct query *q, int column, const char *text);
/* A copy for the caller, or NULL for NULL; without memory the query fails. */
char *query_copy(struct query *q, int column);
void query_name(struct query *q, int column, char out[NAME_BYTES]);
/* Appends; without memory the query fails. */
void query_bytes(struct query *q, int column, struct buf *out);

#endif
