/* Connections and queries; see sql.h. The one place where SQLite's codes become errnos. */
#include "store/sql.h"

#include "base/error.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BUSY_MS = 10000 };

/* To SQLite a quota, or no room to grow the -shm file, is an I/O error like any other; what the
 * system said is still in errno. */
static int io_errno(int system)
{
	switch (system) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return -ENOSPC;
	case EACCES:
	case EPERM:
	case EROFS:
		return -EACCES;
	default:
		return -EIO;
	}
}

static int to_errno(int code, int system)
{
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return io_errno(system);
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return -EACCES;
	default:
		return -EIO;
	}
}

static void note_damage(struct connection *c)
{
	int fd = open(c->suspect, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
	}
	c->damaged = true;
}

static int fail(struct connection *c, const char *step, int code)
{
	int r = to_errno(code, errno);

	if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
		note_damage(c);
	}
	return log_error(r, "state database: cannot %s: %s (%d, %s)", step, sqlite3_errstr(code),
			 code, error_name(r));
}

int connection_open(struct connection *c, const char *path, int flags, const char *setup,
		    const char *suspect)
{
	*c = (struct connection){.suspect = suspect};
	errno = 0;
	int code = sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	int r = code ? fail(c, "open it", code) : 0;

	if (!r) {
		sqlite3_extended_result_codes(c->db, 1);
		sqlite3_busy_timeout(c->db, BUSY_MS);
		r = connection_run(c, "set it up", setup);
	}
	if (r < 0) {
		connection_close(c);
	}
	return r;
}

void connection_close(struct connection *c)
{
	if (c->damaged && c->db) {
		/* Whoever repairs it wants the write-ahead log as it is. */
		sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(c->statements[i]);
		c->statements[i] = NULL;
	}
	sqlite3_close(c->db);
	c->db = NULL;
}

int connection_run(struct connection *c, const char *step, const char *text)
{
	errno = 0;
	int code = sqlite3_exec(c->db, text, NULL, NULL, NULL);

	return code ? fail(c, step, code) : 0;
}

int connection_ask(struct connection *c, const char *step, const char *text, int64_t *out)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(c->db, text, -1, &statement, NULL);

	*out = 0;
	if (!code && sqlite3_step(statement) == SQLITE_ROW) {
		*out = sqlite3_column_int64(statement, 0);
	}
	if (!code) {
		code = sqlite3_finalize(statement);
	}
	return code ? fail(c, step, code) : 0;
}

static void stop(struct query *q, int code)
{
	if (!q->error) {
		q->error = fail(q->connection, statement_texts[q->sql].step, code);
	}
}

struct query query_begin(struct connection *c, enum sql sql)
{
	struct query q = {.connection = c, .sql = sql};

	if (!c->statements[sql]) {
		int code = sqlite3_prepare_v3(c->db, statement_texts[sql].text, -1,
					      SQLITE_PREPARE_PERSISTENT, &c->statements[sql], NULL);
		if (code) {
			stop(&q, code);
		}
	}
	q.statement = c->statements[sql];
	return q;
}

static void bound(struct query *q, int code)
{
	if (code) {
		stop(q, code);
	}
}

void query_add_int(struct query *q, int64_t value)
{
	if (!q->error) {
		bound(q, sqlite3_bind_int64(q->statement, ++q->bound, value));
	}
}

void query_add_time(struct query *q, int64_t ns)
{
	if (ns) {
		query_add_int(q, ns);
	} else {
		query_add_text(q, NULL);
	}
}

void query_add_text(struct query *q, const char *text)
{
	if (!q->error) {
		bound(q, sqlite3_bind_text(q->statement, ++q->bound, text, -1, SQLITE_STATIC));
	}
}

void query_add_bytes(struct query *q, const void *bytes, size_t length)
{
	if (!q->error) {
		bound(q, sqlite3_bind_blob64(q->statement, ++q->bound, length ? bytes : "", length,
					     SQLITE_STATIC));
	}
}

bool query_next(struct query *q)
{
	if (q->error) {
		return false;
	}
	errno = 0;
	int code = sqlite3_step(q->statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		stop(q, code);
	}
	return code == SQLITE_ROW;
}

int query_end(struct query *q)
{
	if (q->statement) {
		sqlite3_reset(q->statement);
		sqlite3_clear_bindings(q->statement);
	}
	return q->error;
}

int query_run(struct query *q)
{
	query_next(q);
	return query_end(q);
}

int query_change(struct query *q, int *rows)
{
	query_next(q);
	*rows = sqlite3_changes(q->connection->db);
	return query_end(q);
}

int query_insert(struct query *q, uint32_t *row)
{
	int64_t inserted = 0;

	if (!query_next(q) && !q->error) {
		inserted = sqlite3_last_insert_rowid(q->connection->db);
	}
	if (inserted > UINT32_MAX) {
		q->error = log_error(-ENOSPC, "state database: cannot %s: no numbers are left",
				     statement_texts[q->sql].step);
	}
	*row = (uint32_t)inserted;
	return query_end(q);
}

int64_t query_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->statement, column);
}

bool query_has(struct query *q, int column)
{
	return sqlite3_column_type(q->statement, column) != SQLITE_NULL;
}

/* NULL for NULL; without memory the query fails, and the text is NULL too. */
static const char *text_at(struct query *q, int column, size_t *length)
{
	*length = 0;
	if (!query_has(q, column)) {
		return NULL;
	}
	const char *text = (const char *)sqlite3_column_text(q->statement, column);
	if (!text) {
		stop(q, SQLITE_NOMEM);
		return NULL;
	}
	*length = (size_t)sqlite3_column_bytes(q->statement, column);
	return text;
}

bool query_is(struct query *q, int column, const char *text)
{
	size_t length;
	const char *stored = text_at(q, column, &length);

	if (!stored || !text) {
		return !stored && !text;
	}
	return strlen(text) == length && memcmp(stored, text, length) == 0;
}

char *query_copy(struct query *q, int column)
{
	size_t length;
	const char *text = text_at(q, column, &length);
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy) {
		stop(q, SQLITE_NOMEM);
	}
	return copy;
}

void query_name(struct query *q, int column, char out[NAME_BYTES])
{
	size_t length;
	const char *text = text_at(q, column, &length);

	out[0] = '\0';
	if (text && length < NAME_BYTES) {
		memcpy(out, text, length + 1);
	} else if (text) {
		stop(q, SQLITE_CORRUPT);
	}
}

void query_bytes(struct query *q, int column, struct buf *out)
{
	const void *bytes = sqlite3_column_blob(q->statement, column);

	buf_add(out, bytes ? bytes : "", (size_t)sqlite3_column_bytes(q->statement, column));
	if (buf_status(out) < 0 || sqlite3_errcode(q->connection->db) == SQLITE_NOMEM) {
		stop(q, SQLITE_NOMEM);
	}
}
