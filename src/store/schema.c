/* The tables; see schema.h.
 *
 * Rows are AUTOINCREMENT: inode numbers hang on them, so none is ever given twice. Times are
 * nanoseconds since 1970. States are those of orderfs/state.h, outcomes those of journal.h, kinds
 * of files those of items.h. */
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

/* Items whose state is asked for apart, and files that are kept or hold others. */
static const char second[] =
	"ALTER TABLE item ADD COLUMN version TEXT;"
	/* No file that comes from now on is older, whatever date the API gives it. */
	"ALTER TABLE item ADD COLUMN files_ns INTEGER;"
	/* Until then what the API says of this version is not believed. */
	"ALTER TABLE item ADD COLUMN awaited_ns INTEGER;"
	/* When that ended because the API told of another, or of work under way. */
	"ALTER TABLE item ADD COLUMN heard_ns INTEGER;"
	/* This version is gone at the other end, though the API calls it ready. */
	"ALTER TABLE item ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE item ADD COLUMN has_part INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX item_without_part ON item (account, collection, created_ns)"
	" WHERE NOT has_part;"
	/* With the state, by which a walk along the names passes over most of them. That names are
	 * unique is seen to by who gives them. */
	"DROP INDEX item_name;"
	"CREATE INDEX item_name ON item (account, collection, name, state);"

	"CREATE TABLE part ("
	" row INTEGER PRIMARY KEY,"
	" ns INTEGER NOT NULL," /* when it changed */
	" text TEXT NOT NULL"
	") STRICT;"

	"ALTER TABLE file ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE file ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE file ADD COLUMN spec INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE file ADD COLUMN element INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE file ADD COLUMN kept TEXT;"
	"ALTER TABLE file ADD COLUMN password TEXT;"
	"DROP INDEX file_name;"
	"CREATE UNIQUE INDEX file_name ON file (account, item, parent, name) WHERE current;"
	"DROP INDEX file_retired;"
	"CREATE INDEX file_retired ON file (account, item, parent, name) WHERE NOT current;"

	/* Apart, because listings do not need them. */
	"CREATE TABLE body ("
	" row INTEGER PRIMARY KEY,"
	" bytes BLOB NOT NULL"
	") STRICT;"
	/* Whoever has it open has a copy. */
	"CREATE TRIGGER file_body_retired AFTER UPDATE OF current ON file WHEN NOT new.current BEGIN"
	" DELETE FROM body WHERE row = old.row;"
	"END;"

	"DROP TRIGGER item_removed;"
	"CREATE TRIGGER item_removed AFTER DELETE ON item BEGIN"
	" DELETE FROM record WHERE row = old.row;"
	" DELETE FROM part WHERE row = old.row;"
	" UPDATE file SET current = 0 WHERE account = old.account AND item = old.row AND current;"
	"END;";

/* Downloads that were kept. */
static const char third[] = "ALTER TABLE file ADD COLUMN sha256 TEXT;";

/* A moment later than the one before, also within the clock's step and when it was set back. */
#define TOUCH " INSERT INTO touched (account, view, key, ns) VALUES "
#define LATER " ON CONFLICT (account, view, key) DO UPDATE SET ns = max(excluded.ns, ns + 1);END;"
#define NOW "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000"

/* Files by one name each in their account, and items by state and by month. */
static const char fourth[] =
	/* Of current files of items that are no folders; a replaced one keeps it, for those who
	 * have to be told. */
	"ALTER TABLE file ADD COLUMN flat TEXT;"
	"CREATE UNIQUE INDEX file_flat ON file (account, flat) WHERE current AND flat IS NOT NULL;"
	"CREATE INDEX file_completed ON file (account) WHERE current AND flat IS NOT NULL;"

	/* Of its creation, or of when it was first seen here: 12 * year + month - 1, in UTC. */
	"ALTER TABLE item ADD COLUMN month INTEGER GENERATED ALWAYS AS ("
	" 12 * CAST(strftime('%Y', coalesce(created_ns, first_ns) / 1000000000, 'unixepoch')"
	"  AS INTEGER)"
	" + CAST(strftime('%m', coalesce(created_ns, first_ns) / 1000000000, 'unixepoch')"
	"  AS INTEGER) - 1) VIRTUAL;"
	"CREATE INDEX item_by_state ON item (account, state);"
	"CREATE INDEX item_by_month ON item (account, month);"

	/* When a name last came to, or went from, a folder of those: see address_view. What comes
	 * is told by who adds it: with a trigger SQLite would keep a journal for each INSERT. */
	"CREATE TABLE touched ("
	" account INTEGER NOT NULL,"
	" view INTEGER NOT NULL,"
	" key INTEGER NOT NULL," /* the state, the month; or 0 */
	" ns INTEGER NOT NULL,"
	" PRIMARY KEY (account, view, key)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TRIGGER item_went AFTER DELETE ON item BEGIN" TOUCH
	"(old.account, 2, old.state, " NOW "), (old.account, 3, old.month, " NOW ")" LATER
	"CREATE TRIGGER item_turned AFTER UPDATE OF state ON item"
	" WHEN old.state <> new.state BEGIN" TOUCH "(new.account, 2, old.state, " NOW
	"), (new.account, 2, new.state, " NOW ")" LATER
	"CREATE TRIGGER item_dated AFTER UPDATE OF created_ns ON item"
	" WHEN old.created_ns IS NOT new.created_ns AND old.month <> new.month BEGIN" TOUCH
	"(new.account, 3, old.month, " NOW "), (new.account, 3, new.month, " NOW ")" LATER
	"CREATE TRIGGER file_went AFTER UPDATE OF current ON file"
	" WHEN old.current AND NOT new.current AND old.flat IS NOT NULL BEGIN" TOUCH
	"(old.account, 1, 0, " NOW ")" LATER;

/* The host that a file comes from, as far as it was asked. */
static const char fifth[] = "ALTER TABLE file ADD COLUMN host TEXT;";

/* How long a packed file is when it is unpacked, as far as it was. */
static const char sixth[] = "ALTER TABLE file ADD COLUMN plain INTEGER;";

const char *const schema_steps[SCHEMA_VERSION] = {first, second, third, fourth, fifth, sixth};

/* What a full listing has seen, and what a delivery has brought: here, so that it writes nothing
 * where nothing differs. */
const char schema_temporary[] = "CREATE TEMP TABLE seen ("
				" pass INTEGER NOT NULL,"
				" item INTEGER NOT NULL,"
				" PRIMARY KEY (pass, item)"
				") WITHOUT ROWID;"
				"CREATE TEMP TABLE brought (file INTEGER PRIMARY KEY);";
