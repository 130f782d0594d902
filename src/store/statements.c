/* Every SQL text that is run more than once, with the words that the log has for it. */
#include "store/sql.h"

#define ITEM_COLUMNS                                                                             \
	"SELECT row, account, collection, id, name, state, created_ns, updated_ns, changed_ns, " \
	"state_ns, record_ns, error, trouble, error_ns, record.text, remembered, part.text, "    \
	"version, part.ns, heard_ns FROM item LEFT JOIN record USING (row) LEFT JOIN part USING (row) "
/* Something of it was delivered: it stays whatever the API says. */
#define ITEM_IS_DELIVERED                                                             \
	"EXISTS (SELECT 1 FROM file WHERE file.account = item.account AND file.item " \
	"= item.row AND current AND kind <> 0) "
#define FILE_COLUMNS                                                                           \
	"SELECT row, item, parent, account, kind, spec, element, name, size, mtime_ns, etag, " \
	"modified, kept, password, current, sha256, flat, plain FROM file "
/* The item as a link to it needs it. */
#define VIEW_COLUMNS                                                      \
	"SELECT row, account, collection, name, state, month, state_ns, " \
	"coalesce(created_ns, first_ns) FROM item "
/* As in the triggers of the schema. */
#define NOW "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000"
#define AND_LATER "ON CONFLICT (account, view, key) DO UPDATE SET ns = max(excluded.ns, ns + 1)"
/* Collections are asked for as a mask. */
#define IS_WITHIN "((1 << item.collection) & ?2)"
#define COMMAND_COLUMNS                                                                  \
	"SELECT row, account, collection, item, at_ns, fields, outcome, err, words, id " \
	"FROM command "

const struct statement_text statement_texts[SQL_COUNT] = {
	[SQL_BEGIN] = {"begin to write", "BEGIN IMMEDIATE"},
	[SQL_COMMIT] = {"write", "COMMIT"},
	[SQL_ROLLBACK] = {"take back a write", "ROLLBACK"},

	[SQL_PLACE_FIND] = {"look up an account or collection",
			    "SELECT number FROM place WHERE account = ? AND name = ?"},
	[SQL_PLACE_ADD] = {"add an account or collection",
			   "INSERT INTO place (account, number, name) "
			   "SELECT ?1, coalesce(max(number), 0) + 1, ?2 FROM place "
			   "WHERE account = ?1 RETURNING number"},
	[SQL_PLACE_LISTED_AT] = {"look up when a collection was listed",
				 "SELECT listed_ns FROM place WHERE account = ? AND number = ?"},
	[SQL_PLACE_SET_LISTED] = {"note that a collection was listed",
				  "UPDATE place SET listed_ns = ? "
				  "WHERE account = ? AND number = ?"},
	[SQL_TOTALS] = {"count items and files",
			"SELECT (SELECT count(*) FROM item), count(*), coalesce(sum(size), 0) "
			"FROM file NOT INDEXED WHERE current"},

	[SQL_ITEM_BY_NAME] = {"look up an item by its name",
			      ITEM_COLUMNS "WHERE account = ? AND collection = ? AND name = ?"},
	[SQL_ITEM_BY_ROW] = {"look up an item by its row", ITEM_COLUMNS "WHERE row = ?"},
	[SQL_ITEM_BY_ID] = {"look up an item by its id",
			    ITEM_COLUMNS "WHERE account = ? AND collection = ? AND id = ?"},
	[SQL_ITEM_LIST] = {"list items",
			   "SELECT row, changed_ns, name FROM item INDEXED BY item_listing "
			   "WHERE account = ? AND collection = ? AND row > ? ORDER BY row LIMIT ?"},
	[SQL_ITEM_UNSETTLED] = {"list unsettled items",
				"SELECT row, changed_ns, name FROM item INDEXED BY item_name "
				"WHERE account = ? AND collection = ? AND name >= ? "
				"AND ((1 << state) & ?) = 0 ORDER BY name LIMIT ?"},
	[SQL_ITEM_ACTIVE_ROWS] = {"list active items",
				  "SELECT row FROM item WHERE account = ? AND collection = ? "
				  "AND state IN (2, 3) AND row > ? ORDER BY row LIMIT ?"},
	[SQL_ITEM_WITHOUT_PART] = {"list items without a part",
				   "SELECT row FROM item INDEXED BY item_without_part "
				   "WHERE account = ? AND collection = ? AND NOT has_part "
				   "ORDER BY created_ns DESC, row DESC LIMIT ?"},
	[SQL_ITEM_ACTIVE] = {"count active items",
			     "SELECT count(*) FROM item "
			     "WHERE account = ? AND collection = ? AND state IN (2, 3)"},
	[SQL_ITEM_UNCLAIMED] = {"look for items that no command made",
				"SELECT row FROM item WHERE account = ?1 AND collection = ?2 "
				"AND first_ns >= ?3 AND coalesce(created_ns, ?4) >= ?4 "
				"AND id NOT IN (SELECT id FROM command WHERE account = ?1 "
				"AND collection = ?2 AND id IS NOT NULL) "
				/* One on its way has no id yet: what it made is not free. */
				"AND NOT EXISTS (SELECT 1 FROM command WHERE account = ?1 "
				"AND collection = ?2 AND outcome = 0) "
				"ORDER BY coalesce(created_ns, first_ns), row LIMIT ?5"},
	[SQL_ITEM_REMOVE] = {"remove an item",
			     "DELETE FROM item WHERE row = ? AND NOT " ITEM_IS_DELIVERED
			     "RETURNING state, name, coalesce(error, trouble) IS NOT NULL, "
			     "month"},
	[SQL_ITEM_STATE] = {"look up an item's state",
			    "SELECT account, name, state, error IS NOT NULL, trouble IS NOT NULL, "
			    "collection FROM item WHERE row = ?"},
	[SQL_ITEM_PLACE] = {"look up where an item is",
			    "SELECT collection, name FROM item WHERE row = ?"},
	[SQL_ITEM_AWAIT] = {"note that an act was taken",
			    "UPDATE item SET awaited_ns = ?2, state = ?3, "
			    "state_ns = coalesce(?4, state_ns), error = NULL, "
			    "error_ns = coalesce(?5, error_ns), "
			    "files_ns = iif(version IS NULL, ?6, files_ns) WHERE row = ?1"},
	[SQL_ITEM_EXPIRE] = {"note that an item's files are gone",
			     "UPDATE item SET expired = 1, state = ?2, state_ns = ?3 "
			     "WHERE row = ?1"},
	[SQL_ITEM_TOUCH] = {"note that an item's folder changed",
			    "UPDATE item SET changed_ns = ?2 WHERE row = ?1"},
	/* The file `error` shows both: it comes or goes only where the API says nothing. */
	[SQL_ITEM_SET_TROUBLE] = {"note trouble with an item",
				  "UPDATE item SET trouble = ?2, error_ns = ?3, changed_ns = CASE "
				  "WHEN error IS NULL AND (trouble IS NULL) <> (?2 IS NULL) "
				  "THEN ?3 ELSE changed_ns END "
				  "WHERE row = ?1 AND trouble IS NOT ?2"},
	[SQL_ITEM_SET_REMEMBERED] = {"note what made an item",
				     "UPDATE item SET remembered = ?2, record_ns = CASE "
				     "WHEN remembered IS ?2 THEN record_ns ELSE ?3 END "
				     "WHERE row = ?1"},
	[SQL_RECORD_SET] = {"write a record",
			    "INSERT INTO record (row, text) VALUES (?, ?) "
			    "ON CONFLICT (row) DO UPDATE SET text = excluded.text"},

	[SQL_PART_SET] = {"write a part", "INSERT INTO part (row, text, ns) VALUES (?, ?, ?) "
					  "ON CONFLICT (row) DO UPDATE SET text = excluded.text, "
					  "ns = excluded.ns"},

	[SQL_MERGE_FIND] = {"compare an item",
			    "SELECT row, name, state, created_ns, updated_ns, misses, record.text, "
			    "remembered, error, trouble, part.text, part.text LIKE '{%', version, "
			    "awaited_ns, expired, files_ns FROM item LEFT JOIN record USING (row) "
			    "LEFT JOIN part USING (row) "
			    "WHERE account = ? AND collection = ? AND id = ?"},
	[SQL_MERGE_NAME_TAKEN] = {"look for a free name",
				  "SELECT 1 FROM item "
				  "WHERE account = ? AND collection = ? AND name = ?"},
	[SQL_MERGE_ADD] =
		{"add an item",
		 "INSERT INTO item (account, collection, id, name, state, created_ns, "
		 "updated_ns, changed_ns, state_ns, record_ns, error_ns, first_ns, error, "
		 "remembered, version, has_part) "
		 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
	/* A NULL keeps what is there, except in error. */
	[SQL_MERGE_UPDATE] =
		{"update an item",
		 "UPDATE item SET state = ?2, created_ns = coalesce(?3, created_ns), "
		 "updated_ns = coalesce(?4, updated_ns), "
		 "changed_ns = coalesce(?5, changed_ns), "
		 "state_ns = coalesce(?6, state_ns), "
		 "record_ns = coalesce(?7, record_ns), "
		 "error_ns = coalesce(?8, error_ns), error = ?9, "
		 "remembered = coalesce(?10, remembered), "
		 "version = coalesce(?11, version), has_part = max(?12, has_part), "
		 "awaited_ns = iif(?13, awaited_ns, NULL), expired = ?14, files_ns = ?15, "
		 "heard_ns = coalesce(?16, heard_ns), "
		 "misses = 0 "
		 "WHERE row = ?1"},

	[SQL_PASS_SEEN] = {"mark an item as seen",
			   "INSERT INTO temp.seen (pass, item) VALUES (?, ?) "
			   "ON CONFLICT DO NOTHING"},
	[SQL_PASS_COUNT_MISSES] = {"count missing items",
				   "UPDATE item SET misses = misses + 1 "
				   "WHERE account = ?1 AND collection = ?2 AND NOT EXISTS "
				   "(SELECT 1 FROM temp.seen WHERE pass = ?3 AND item = item.row)"},
	/* What was seen has no misses: merging takes them back. */
	[SQL_PASS_GONE] = {"find items that are gone",
			   "SELECT row, state, name FROM item "
			   "WHERE account = ? AND collection = ? AND misses > 0 "
			   "AND (misses >= ? OR created_ns < ?) AND first_ns <= ? "
			   "AND NOT " ITEM_IS_DELIVERED "ORDER BY row"},
	[SQL_PASS_FORGET] = {"forget a listing", "DELETE FROM temp.seen WHERE pass = ?"},

	[SQL_FILE_BY_NAME] = {"look up a file by its name",
			      FILE_COLUMNS "WHERE account = ? AND item = ? AND parent = ? "
					   "AND name = ? AND current"},
	[SQL_FILE_BY_ROW] = {"look up a file by its row", FILE_COLUMNS "WHERE row = ?"},
	[SQL_FILE_LIST] = {"list files", FILE_COLUMNS "WHERE account = ? AND item = ? "
						      "AND parent = ? AND current ORDER BY name"},
	[SQL_FILE_ROWS] = {"list an item's files", "SELECT row FROM file WHERE account = ? "
						   "AND item = ? AND current ORDER BY parent DESC"},
	/* In the order of bytes '/' follows '.'. */
	[SQL_FILE_LIST_BESIDE] = {"list files beside a name",
				  FILE_COLUMNS "WHERE account = ?1 AND item = ?2 AND parent = ?3 "
					       "AND name > ?4 || '.' AND name < ?4 || '/' "
					       "AND current ORDER BY name"},
	[SQL_FILE_FORMER_NAMES] = {"list the names of old files",
				   "SELECT DISTINCT parent, name, flat FROM file "
				   "WHERE account = ? AND item = ? AND NOT current"},
	/* A name that is said twice counts once. */
	[SQL_FILE_ADD] = {"add a file",
			  "INSERT INTO file (account, item, parent, kind, spec, element, name, "
			  "size, mtime_ns, kept, password, flat, sha256) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"},
	[SQL_FILE_RESPECIFY] = {"note where a file comes from",
				"UPDATE file SET spec = ?2, element = ?3 WHERE row = ?1"},
	[SQL_FILE_LEARN] = {"note a file's size",
			    "UPDATE file SET size = ?2, etag = ?3, modified = ?4, host = ?5 "
			    "WHERE row = ?1 AND size IS NULL"},
	[SQL_FILE_SET_PLAIN] = {"note a file's plain size",
				"UPDATE file SET plain = ?2 WHERE row = ?1"},
	/* In the order of rows, which no index has. */
	[SQL_FILE_LINES] = {"list all files",
			    "SELECT file.row, file.account, item.collection, file.parent, "
			    "item.name, file.name, size, mtime_ns, etag, sha256, host "
			    "FROM file NOT INDEXED CROSS JOIN item ON item.row = file.item "
			    "WHERE file.row > ? AND current AND kind <> 1 "
			    "ORDER BY file.row LIMIT ?"},
	[SQL_FILE_SET_KEPT] = {"note that a file is kept",
			       "UPDATE file SET kind = 3, kept = ?2, sha256 = ?3 "
			       "WHERE row = ?1 AND kind = 0"},
	[SQL_FILE_CURRENT] = {"look up a file's current version",
			      "SELECT now.row FROM file AS old JOIN file AS now "
			      "ON now.account = old.account AND now.item = old.item "
			      "AND now.parent = old.parent AND now.name = old.name AND now.current "
			      "WHERE old.row = ?"},
	[SQL_FILE_ADD_VERSION] =
		{"add a file's new version",
		 "INSERT INTO file "
		 "(account, item, parent, kind, spec, element, name, flat, mtime_ns) "
		 "SELECT account, item, parent, kind, spec, element, name, flat, ?2 "
		 "FROM file WHERE row = ?1"},
	[SQL_FILE_TOUCH] = {"note that a folder changed",
			    "UPDATE file SET mtime_ns = ?2 WHERE row = ?1"},
	[SQL_FILE_TOUCH_ITEM] = {"note that a file was replaced",
				 "UPDATE item SET changed_ns = ?2 "
				 "WHERE row = (SELECT item FROM file WHERE row = ?1)"},
	[SQL_FILE_RETIRE] = {"retire a file", "UPDATE file SET current = 0 WHERE row = ? "
					      "RETURNING account, item"},
	[SQL_FILE_RETIRE_REMOTE] = {"retire an item's files",
				    "UPDATE file SET current = 0 WHERE account = ? AND item = ? "
				    "AND parent = 0 AND current AND kind = 0 RETURNING row"},
	[SQL_FILE_RETIRE_TREE] =
		{"retire what was not brought",
		 "UPDATE file SET current = 0 WHERE row IN "
		 "(WITH RECURSIVE tree (row) AS (SELECT ?1 UNION ALL "
		 "SELECT inside.row FROM tree JOIN file AS inside ON inside.account = ?2 "
		 "AND inside.item = ?3 AND inside.parent = tree.row AND inside.current) "
		 "SELECT row FROM tree WHERE row NOT IN (SELECT file FROM temp.brought)) "
		 "RETURNING parent, row"},
	[SQL_FILE_PURGE] = {"purge old files", "DELETE FROM file WHERE NOT current"},
	[SQL_FLAT_ITEM] = {"look up an item's name", "SELECT name FROM item WHERE row = ?"},
	[SQL_FLAT_FOLDER] = {"look up a folder's name",
			     "SELECT parent, name FROM file WHERE row = ?"},
	[SQL_FLAT_TAKEN] = {"look for a free name in completed",
			    "SELECT 1 FROM file WHERE account = ? AND flat = ? AND current"},
	[SQL_FLAT_NEXT] = {"list files without a name in completed",
			   "SELECT row, account, item, parent, name FROM file WHERE row > ? "
			   "AND current AND flat IS NULL AND kind <> 1 AND item <> 0 "
			   "ORDER BY row LIMIT 1"},
	[SQL_FLAT_SET] = {"give a file a name in completed",
			  "UPDATE file SET flat = ?2 WHERE row = ?1"},
	[SQL_FLAT_FIND] = {"look up a completed file",
			   FILE_COLUMNS "WHERE row = (SELECT found.row FROM file AS found "
					"JOIN item ON item.row = found.item "
					"WHERE found.account = ?1 AND found.flat = ?3 "
					"AND found.current AND " IS_WITHIN ")"},
	[SQL_FLAT_LIST] = {"list completed files",
			   "SELECT file.row, size, mtime_ns, flat "
			   "FROM file INDEXED BY file_completed "
			   "CROSS JOIN item ON item.row = file.item WHERE file.account = ?1 "
			   "AND current AND flat IS NOT NULL AND file.row > ?3 AND " IS_WITHIN
			   "ORDER BY file.row LIMIT ?4"},

	[SQL_VIEW_BY_NAME] = {"look up a linked item by its name",
			      VIEW_COLUMNS "WHERE account = ? AND collection = ? AND name = ?"},
	[SQL_VIEW_BY_ROW] = {"look up a linked item by its row", VIEW_COLUMNS "WHERE row = ?"},
	[SQL_VIEW_BY_STATE] = {"list items by state",
			       VIEW_COLUMNS "INDEXED BY item_by_state WHERE account = ?1 "
					    "AND state = ?3 AND row > ?4 AND " IS_WITHIN
					    "ORDER BY row LIMIT ?5"},
	[SQL_VIEW_BY_MONTH] = {"list items by month",
			       VIEW_COLUMNS "INDEXED BY item_by_month WHERE account = ?1 "
					    "AND month = ?3 AND row > ?4 AND " IS_WITHIN
					    "ORDER BY row LIMIT ?5"},
	[SQL_VIEW_MONTH] = {"look for a month",
			    "SELECT month FROM item INDEXED BY item_by_month WHERE account = ?1 "
			    "AND month > ?3 AND " IS_WITHIN "ORDER BY month LIMIT 1"},
	[SQL_VIEW_TOUCHED] = {"look up when a name came or went",
			      "SELECT max(ns) FROM touched WHERE account = ? AND view = ? "
			      "AND key BETWEEN ? AND ?"},
	[SQL_VIEW_ITEM_CAME] = {"note that links came",
				"INSERT INTO touched (account, view, key, ns) "
				"SELECT account, 2, state, " NOW " FROM item WHERE row = ?1 "
				"UNION ALL SELECT account, 3, month, " NOW
				" FROM item WHERE row = ?1 " AND_LATER},
	[SQL_VIEW_FILE_CAME] = {"note that a completed file came",
				"INSERT INTO touched (account, view, key, ns) "
				"VALUES (?, 1, 0, " NOW ") " AND_LATER},

	[SQL_BODY_ADD] = {"write a body", "INSERT INTO body (row, bytes) VALUES (?, ?)"},
	[SQL_BODY_IS] = {"compare a body", "SELECT bytes = ?2 FROM body WHERE row = ?1"},
	[SQL_BODY] = {"read a body", "SELECT bytes FROM body WHERE row = ?"},
	[SQL_BROUGHT_ADD] = {"mark a file as brought",
			     "INSERT INTO temp.brought (file) VALUES (?) ON CONFLICT DO NOTHING"},
	[SQL_BROUGHT_FORGET] = {"forget what was brought", "DELETE FROM temp.brought"},

	[SQL_COMMAND_ADD] = {"write to the journal",
			     "INSERT INTO command (account, collection, item, at_ns, fields, "
			     "outcome, err, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
	[SQL_COMMAND_END] = {"note a command's outcome",
			     "UPDATE command SET outcome = ?2, err = ?3, words = ?4, "
			     "id = coalesce(?5, id) WHERE row = ?1"},
	[SQL_COMMAND_RECOVER] = {"recover the journal",
				 "UPDATE command SET outcome = ?2, err = ?3, words = ?4 "
				 "WHERE outcome IN (0, 3) AND outcome = ?1"},
	[SQL_COMMAND_SAME] = {"look for the same command",
			      COMMAND_COLUMNS "WHERE account = ? AND collection = ? AND item = ? "
					      "AND fields = ? AND outcome IN (0, 1, 3, 4) "
					      "ORDER BY row DESC LIMIT 1"},
	[SQL_COMMAND_LAST] = {"look for the last command",
			      COMMAND_COLUMNS "WHERE account = ? AND collection = ? AND item = ? "
					      "ORDER BY row DESC LIMIT 1"},
	[SQL_COMMAND_UNKNOWN] = {"list unknown commands",
				 COMMAND_COLUMNS "WHERE account = ? AND collection = ? "
						 "AND outcome IN (0, 3) AND outcome = 3 "
						 "ORDER BY row"},
	[SQL_COMMAND_LIST] = {"list the journal",
			      "SELECT * FROM (" COMMAND_COLUMNS
			      "WHERE ?1 IN (0, account) ORDER BY row DESC LIMIT ?2) "
			      "ORDER BY row"},
};
