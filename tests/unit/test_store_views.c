/* What accounts show besides their collections, in the store: names in `completed`, items by state
 * and month, and when names came or went. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/views.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ACCOUNT = 1, ORDERS = 1, JOBS = 2, BOTH = 1 << ORDERS | 1 << JOBS, MANY = 700 };

static const int64_t second_ns = INT64_C(1000000000);

struct place {
	char dir[64];
	struct store *store;
};

static void open_again(struct place *p)
{
	struct problem why = {0};

	store_close(p->store);
	p->store = NULL;
	int r = store_open(p->dir, &p->store, &why);
	if (r < 0) {
		fail_msg("store_open: %s", problem_words(&why, r));
	}
	problem_finish(&why);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	unsigned number;

	strcpy(p->dir, "/tmp/test_store_views.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	open_again(p);
	assert_int_equal(store_account(p->store, "shop", &number), 0);
	assert_int_equal(store_collection(p->store, ACCOUNT, "orders", &number), 0);
	assert_int_equal(store_collection(p->store, ACCOUNT, "jobs", &number), 0);
	*state = p;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct place *p = *state;

	store_close(p->store);
	nftw(p->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

/* An item with one file, or without when file is NULL. */
static uint32_t add(struct place *p, unsigned collection, const char *id, const char *file)
{
	struct fact_file files[] = {{file, 0, 0}};
	struct fact fact = {.id = id,
			    .state = STATE_READY,
			    .created_ns = second_ns,
			    .files = files,
			    .file_count = file != NULL};
	auto_free struct item_change *changes = NULL;
	int count;

	assert_int_equal(items_merge(p->store, ACCOUNT, collection, &fact, 1, &changes, &count), 0);
	assert_int_equal(count, 1);
	return changes[0].row;
}

static void keep(struct place *p, uint32_t item, const char *path, const char *body)
{
	struct keepsake keepsake = {.path = path, .body = body, .length = strlen(body)};
	bool changed;

	assert_int_equal(files_keep(p->store, ACCOUNT, item, &keepsake, 1, false, &changed), 0);
	assert_true(changed);
}

/* The item of the file that is called so; 0 when none is. */
static uint32_t item_called(struct place *p, const char *flat)
{
	struct file file = {0};
	int r = file_by_flat(p->store, ACCOUNT, BOTH, flat, &file);
	uint32_t item = file.item;

	assert_true(r == 0 ? strcmp(file.flat, flat) == 0 && file.current : r == -ENOENT);
	file_finish(&file);
	return item;
}

static uint32_t row_called(struct place *p, const char *flat)
{
	struct file file = {0};

	assert_int_equal(file_by_flat(p->store, ACCOUNT, BOTH, flat, &file), 0);
	uint32_t row = file.row;
	file_finish(&file);
	return row;
}

static int count_files(struct place *p, unsigned within)
{
	static struct flat_line lines[MANY + 1];

	return files_flat(p->store, ACCOUNT, within, 0, lines, MANY + 1);
}

static void no_two_files_have_one_name(void **state)
{
	struct place *p = *state;
	struct item_change change;

	uint32_t first = add(p, ORDERS, "a-b", "c.csv");
	uint32_t second = add(p, ORDERS, "a", "b-c.csv");
	uint32_t third = add(p, JOBS, "a", "b-c.csv");
	assert_int_equal(item_called(p, "a-b-c.csv"), first);
	assert_int_equal(item_called(p, "a-b-c~2.csv"), second);
	assert_int_equal(item_called(p, "a-b-c~3.csv"), third);
	assert_int_equal(item_remove(p->store, first, &change), 0);
	assert_int_equal(item_called(p, "a-b-c.csv"), 0);
	open_again(p);
	assert_int_equal(item_called(p, "a-b-c~2.csv"), second);
	assert_int_equal(count_files(p, BOTH), 2);
	assert_int_equal(count_files(p, 1 << JOBS), 1);
	struct file file;
	assert_int_equal(file_by_flat(p->store, ACCOUNT, 1 << JOBS, "a-b-c~2.csv", &file), -ENOENT);
	assert_int_equal(add(p, ORDERS, "a-b", "c.csv") > third, true);
	assert_int_not_equal(item_called(p, "a-b-c.csv"), 0);
}

static void a_name_stays_with_its_file(void **state)
{
	struct place *p = *state;
	struct former_name *names;
	int count;
	uint32_t row;

	add(p, ORDERS, "a-b", "c");
	uint32_t item = add(p, ORDERS, "a", "b-c");
	uint32_t before = row_called(p, "a-b-c~2");
	assert_int_equal(file_replace(p->store, before, 5, &row), 0);
	assert_int_equal(row_called(p, "a-b-c~2"), row);
	keep(p, item, "b-c", "bytes");
	assert_true(row_called(p, "a-b-c~2") > row);
	keep(p, item, "b-c", "others");
	assert_int_equal(item_called(p, "a-b-c~2"), item);
	assert_int_equal(files_former_names(p->store, ACCOUNT, item, &names, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(names[0].flat, "a-b-c~2");
	free(names);
	assert_int_equal(count_files(p, BOTH), 2);
}

static void folders_are_part_of_a_name(void **state)
{
	struct place *p = *state;
	uint32_t item = add(p, ORDERS, "7", NULL);

	keep(p, item, "keys/One Game/k.1.txt", "AAAA");
	keep(p, item, "keys/One Game/k.1/picture.png", "AAAA");
	keep(p, 0, "partner.json", "{}");
	assert_int_equal(item_called(p, "7-keys-One Game-k.1.txt"), item);
	assert_int_equal(item_called(p, "7-keys-One Game-k.1-picture.png"), item);
	assert_int_equal(count_files(p, BOTH), 2);
	/* A file in the place of a folder takes all names in it. */
	keep(p, item, "keys", "all");
	assert_int_equal(item_called(p, "7-keys"), item);
	assert_int_equal(count_files(p, BOTH), 1);
}

static void a_name_is_as_long_as_a_name_can_be(void **state)
{
	struct place *p = *state;
	struct flat_line lines[4];
	char id[2][300];

	for (int i = 0; i < 2; i++) {
		memset(id[i], 'x', 252);
		strcpy(id[i] + 252, i ? "\xc3\xa4" : "%");
		add(p, ORDERS, id[i], "orders.csv");
	}
	assert_int_equal(files_flat(p->store, ACCOUNT, BOTH, 0, lines, 4), 2);
	for (int i = 0; i < 2; i++) {
		size_t length = strlen(lines[i].name);
		assert_true(length <= 255 && length > 250);
		assert_true(utf8_is_valid(lines[i].name, length));
		assert_string_equal(lines[i].name + length - 4, ".csv");
		assert_int_equal(row_called(p, lines[i].name), lines[i].row);
	}
	assert_string_not_equal(lines[0].name, lines[1].name);
}

static void a_name_is_cut_at_whole_characters(void **state)
{
	char safe[400];
	char out[NAME_BYTES];

	(void)state;
	for (size_t length = 220; length < 260; length++) {
		for (int escape = 0; escape < 2; escape++) {
			memset(safe, 'x', length);
			strcpy(safe + length, escape ? "%2F" : "\xe2\x82\xac");
			strcat(safe, "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.txt");
			name_fit(safe, 2, out);
			assert_true(strlen(out) <= 255 && utf8_is_valid(out, strlen(out)));
			const char *percent = strchr(out, '%');
			assert_true(!percent || strncmp(percent, "%2F", 3) == 0);
			assert_non_null(strstr(out, "~2"));
			assert_string_equal(out + strlen(out) - 4, ".txt");
		}
	}
	name_fit("1.2-README", 2, out);
	assert_string_equal(out, "1.2-README~2");
}

/* Merges an item of that state and date. */
static void put(struct place *p, const char *id, enum state state, int64_t created_ns)
{
	struct fact fact = {.id = id, .state = state, .created_ns = created_ns};

	assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, &fact, 1, NULL, NULL), 0);
}

static int64_t touched(struct place *p, enum address_view view, unsigned key)
{
	int64_t ns = 0;

	assert_int_equal(view_touched(p->store, ACCOUNT, view, key, key, &ns), 0);
	return ns;
}

static void items_are_found_by_state_and_month(void **state)
{
	enum { MAY = 12 * 1970 + 4, FIRST = 12 * 1970 };
	struct place *p = *state;
	struct linked list[4];
	unsigned month;

	put(p, "1", STATE_QUEUED, 1);
	put(p, "2", STATE_READY, 86400 * 120 * second_ns);
	put(p, "3", STATE_QUEUED, 0);
	assert_int_equal(linked_list(p->store, ACCOUNT, BOTH, VIEW_BY_STATUS, STATE_QUEUED, 0, list,
				     4),
			 2);
	assert_string_equal(list[0].name, "1");
	assert_int_equal(list[0].month, FIRST);
	assert_string_equal(list[1].name, "3");
	/* The API gave no date: it is of when it was first seen. */
	assert_true(list[1].month > 12 * 2020 && list[1].created_ns > second_ns);
	assert_int_equal(linked_month(p->store, ACCOUNT, BOTH, 0, &month), 0);
	assert_int_equal(month, FIRST);
	assert_int_equal(linked_month(p->store, ACCOUNT, BOTH, month, &month), 0);
	assert_int_equal(month, MAY);
	assert_int_equal(linked_month(p->store, ACCOUNT, BOTH, month, &month), 0);
	assert_int_equal(month, list[1].month);
	assert_int_equal(linked_month(p->store, ACCOUNT, BOTH, month, &month), -ENOENT);
	assert_int_equal(linked_month(p->store, ACCOUNT, 1 << JOBS, 0, &month), -ENOENT);
	assert_int_equal(linked_list(p->store, ACCOUNT, BOTH, VIEW_BY_DATE, MAY, 0, list, 4), 1);
	assert_int_equal(linked_by_name(p->store, ACCOUNT, ORDERS, "2", &list[1]), 0);
	assert_int_equal(list[0].row, list[1].row);
	assert_int_equal(linked_by_row(p->store, list[0].row, &list[1]), 0);
	assert_int_equal(list[1].state, STATE_READY);
	/* The API dates it anew. */
	put(p, "2", STATE_READY, 5);
	assert_int_equal(linked_list(p->store, ACCOUNT, BOTH, VIEW_BY_DATE, MAY, 0, list, 4), 0);
	assert_true(touched(p, VIEW_BY_DATE, MAY) > 0);
}

static void a_change_tells_what_was_before(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "1", .state = STATE_FAILED};
	struct item_change *changes = NULL;
	struct item_change change;
	int count;

	put(p, "1", STATE_QUEUED, 1);
	assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, &fact, 1, &changes, &count), 0);
	assert_int_equal(changes[0].changes, CHANGE_STATE);
	assert_int_equal(changes[0].was, STATE_QUEUED);
	assert_int_equal(changes[0].state, STATE_FAILED);
	assert_int_equal(item_await(p->store, changes[0].row, INT64_MAX, &change), 0);
	assert_int_equal(change.was, STATE_FAILED);
	assert_int_equal(change.state, STATE_QUEUED);
	free(changes);
}

static void each_folder_has_a_date(void **state)
{
	struct place *p = *state;
	struct item_change change;
	int64_t files_ns = touched(p, VIEW_COMPLETED, 0);

	assert_int_equal(files_ns, 0);
	uint32_t item = add(p, ORDERS, "1", "a.csv");
	files_ns = touched(p, VIEW_COMPLETED, 0);
	int64_t ready_ns = touched(p, VIEW_BY_STATUS, STATE_READY);
	assert_true(files_ns > 0 && ready_ns > 0 && touched(p, VIEW_BY_DATE, 12 * 1970) > 0);
	put(p, "2", STATE_FAILED, 1);
	assert_int_equal(touched(p, VIEW_BY_STATUS, STATE_READY), ready_ns);
	put(p, "2", STATE_READY, 1);
	assert_true(touched(p, VIEW_BY_STATUS, STATE_READY) > ready_ns);
	assert_int_equal(touched(p, VIEW_COMPLETED, 0), files_ns);
	open_again(p);
	assert_int_equal(touched(p, VIEW_COMPLETED, 0), files_ns);
	assert_int_equal(item_remove(p->store, item, &change), 0);
	assert_true(touched(p, VIEW_COMPLETED, 0) > files_ns);
}

static void many_are_read_in_pieces(void **state)
{
	struct place *p = *state;
	struct flat_line lines[256];
	char id[32];
	uint32_t after = 0;
	int seen = 0;
	int n;

	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "%d", i);
		add(p, ORDERS, id, "a.csv");
	}
	while ((n = files_flat(p->store, ACCOUNT, BOTH, after, lines, 256)) > 0) {
		for (int i = 0; i < n; i++, seen++) {
			snprintf(id, sizeof(id), "%d-a.csv", seen);
			assert_string_equal(lines[i].name, id);
			assert_true(lines[i].row > after);
			assert_int_equal(lines[i].size, -1);
			after = lines[i].row;
		}
	}
	assert_int_equal(seen, MANY);
}

/* What SQLite would do for the text: searches only, and sorts nothing. */
static void expect_searches(sqlite3 *db, const struct statement_text *text)
{
	auto_free char *explain = NULL;
	sqlite3_stmt *statement;

	assert_true(asprintf(&explain, "EXPLAIN QUERY PLAN %s", text->text) > 0);
	assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(statement, 3);
		if (strstr(step, "SCAN file") || strstr(step, "SCAN item") ||
		    strstr(step, "B-TREE")) {
			fail_msg("to %s: %s", text->step, step);
		}
	}
	sqlite3_finalize(statement);
}

static void nothing_is_searched_through(void **state)
{
	static const enum sql each[] = {SQL_FLAT_ITEM,   SQL_FLAT_FOLDER,   SQL_FLAT_TAKEN,
					SQL_FLAT_FIND,   SQL_FLAT_LIST,     SQL_VIEW_BY_NAME,
					SQL_VIEW_BY_ROW, SQL_VIEW_BY_STATE, SQL_VIEW_BY_MONTH,
					SQL_VIEW_MONTH,  SQL_VIEW_TOUCHED};
	struct place *p = *state;
	auto_free char *path = NULL;
	sqlite3 *db;

	assert_true(asprintf(&path, "%s/orderfs.db", p->dir) > 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		expect_searches(db, &statement_texts[each[i]]);
	}
	sqlite3_close(db);
}

/* A database as version 3 wrote it, with files that would share a name, and some in a folder. */
static void write_version_3(const struct place *p)
{
	struct connection c;
	auto_free char *path = NULL;

	assert_true(asprintf(&path, "%s/orderfs.db", p->dir) > 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(connection_open(&c, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
					 "PRAGMA journal_mode=WAL", ""),
			 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(connection_run(&c, "make it", schema_steps[i]), 0);
	}
	assert_int_equal(
		connection_run(
			&c, "fill it",
			"INSERT INTO item (account, collection, id, name, state, changed_ns, state_ns,"
			" record_ns, first_ns) VALUES (1, 1, 'a', 'a', 4, 5, 5, 5, 5),"
			" (1, 1, 'a-b', 'a-b', 4, 5, 5, 5, 5);"
			"INSERT INTO file (row, item, account, parent, kind, name, mtime_ns, current)"
			" VALUES (1, 1, 1, 0, 0, 'b-c', 5, 1), (2, 2, 1, 0, 0, 'c', 5, 1),"
			" (3, 1, 1, 0, 0, 'old', 5, 0), (4, 1, 1, 0, 1, 'keys', 5, 1),"
			" (5, 1, 1, 4, 2, 'k.txt', 5, 1), (6, 0, 1, 0, 2, 'types.json', 5, 1);"
			"PRAGMA user_version = 3"),
		0);
	connection_close(&c);
}

static void an_older_database_gets_its_names(void **state)
{
	struct place *p = *state;

	store_close(p->store);
	p->store = NULL;
	write_version_3(p);
	open_again(p);
	assert_int_equal(item_called(p, "a-b-c"), 1);
	assert_int_equal(item_called(p, "a-b-c~2"), 2);
	assert_int_equal(item_called(p, "a-keys-k.txt"), 1);
	assert_int_equal(count_files(p, BOTH), 3);
	open_again(p);
	assert_int_equal(count_files(p, BOTH), 3);
	struct linked item;
	assert_int_equal(linked_by_row(p->store, 2, &item), 0);
	assert_int_equal(item.month, 12 * 1970);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_two_files_have_one_name),        TEST(a_name_stays_with_its_file),
		TEST(folders_are_part_of_a_name),        TEST(a_name_is_as_long_as_a_name_can_be),
		TEST(a_name_is_cut_at_whole_characters), TEST(items_are_found_by_state_and_month),
		TEST(a_change_tells_what_was_before),    TEST(each_folder_has_a_date),
		TEST(many_are_read_in_pieces),           TEST(nothing_is_searched_through),
		TEST(an_older_database_gets_its_names),
	};

	log_setup(LOG_LEVEL_ERROR, false);
	int failed = cmocka_run_group_tests_name("store views", tests, NULL, NULL);
	log_finish();
	return failed;
}
