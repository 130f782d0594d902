/* The tables; see schema.h.
 *
 * Rows are AUTOINCREMENT: inode numbers hang on them, so none is ever given twice. Times are
 * nanoseconds since 1970. States are those of orderfs/state.h, outcomes those of journal.h. */
#include "store/schema.h"

static const char first[] =
	/* One row: the date of what has no better one. */
	"CREATE TABLE birth (ns INTEGER NOT NULL) STRICT;"
	"INSERT INTO birth VALUES (CAST(strftime('%s') AS INTEGER) * 1000000000);"

	/* Accounts are places in account 0, collections are places in their account. */
	"CREATE TABLE place ("
	" account INTEGER NOT NULL,"
	" number INTEGER NOT NULL,"
	" name TEXT NOT NULL,"
	" listed_ns INTEGER,"
	" PRIMARY KEY (account, number),"
	" UNIQUE (account, name)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE item ("
	" row INTEGER PRIMARY KEY AUTOINCREMENT,"
	" account INTEGER NOT NULL,"
	" collection INTEGER NOT NULL,"
	" id TEXT NOT NULL,"
	" name TEXT NOT NULL,"
	" state INTEGER NOT NULL,"
	" created_ns INTEGER,"
	" updated_ns INTEGER,"
	" changed_ns INTEGER NOT NULL,"
	" state_ns INTEGER NOT NULL,"
	" record_ns INTEGER NOT NULL,"
	" error_ns INTEGER,"
	" first_ns INTEGER NOT NULL,"         /* when it was first seen here */
	" misses INTEGER NOT NULL DEFAULT 0," /* full listings in a row without it */
	" error TEXT,"
	" trouble TEXT,"
	" remembered TEXT"
	") STRICT;"
	"CREATE UNIQUE INDEX item_id ON item (account, collection, id);"
	"CREATE UNIQUE INDEX item_name ON item (account, collection, name);"
	/* Holds all that a listing shows, so that it reads nothing else. */
	"CREATE INDEX item_listing ON item (account, collection, row, changed_ns, name);"
	/* Queued or running. */
	"CREATE INDEX item_active ON item (account, collection) WHERE state IN (2, 3);"
	"CREATE INDEX item_missed ON item (account, collection) WHERE misses > 0;"

	/* Apart, because they are long and lookups do not need them. */
	"CREATE TABLE record ("
	" row INTEGER PRIMARY KEY,"
	" text TEXT NOT NULL"
	") STRICT;"

	"CREATE TABLE file ("
	" row INTEGER PRIMARY KEY AUTOINCREMENT,"
	" item INTEGER NOT NULL,"
	" account INTEGER NOT NULL,"
	" name TEXT NOT NULL,"
	" size INTEGER," /* NULL: not known yet */
	" mtime_ns INTEGER NOT NULL,"
	" etag TEXT,"
	" modified TEXT,"
	" current INTEGER NOT NULL DEFAULT 1"
	") STRICT;"
	"CREATE UNIQUE INDEX file_name ON file (item, name) WHERE current;"
	"CREATE INDEX file_retired ON file (row) WHERE NOT current;"

	/* Its files keep their rows for the handles that are open on them. */
	"CREATE TRIGGER item_removed AFTER DELETE ON item BEGIN"
	" DELETE FROM record WHERE row = old.row;"
	" UPDATE file SET current = 0 WHERE item = old.row AND current;"
	"END;"

	"CREATE TABLE command ("
	" row INTEGER PRIMARY KEY AUTOINCREMENT,"
	" account INTEGER NOT NULL,"
	" collection INTEGER NOT NULL,"
	" item INTEGER NOT NULL,"
	" at_ns INTEGER NOT NULL,"
	" fields TEXT NOT NULL,"
	" outcome INTEGER NOT NULL,"
	" err INTEGER NOT NULL DEFAULT 0,"
	" words TEXT,"
	" id TEXT"
	") STRICT;"
	"CREATE INDEX command_trigger ON command (account, collection, item);"
	/* Sending or unknown. */
	"CREATE INDEX command_open ON command (account, collection) WHERE outcome IN (0, 3);";

const char *const schema_steps[SCHEMA_VERSION] = {first};

/* What a full listing has seen: here, so that it does not write to every item's row. */
const char schema_temporary[] = "CREATE TEMP TABLE seen ("
				" pass INTEGER NOT NULL,"
				" item INTEGER NOT NULL,"
				" PRIMARY KEY (pass, item)"
				") WITHOUT ROWID;";
