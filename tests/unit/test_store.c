/* The store: what is written is read again by other connections, after a restart and after a
 * crash. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/items.h"
#include "store/journal.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { ACCOUNT = 1, ORDERS = 1, JOBS = 2, BATCH = 50 };

static const int64_t second_ns = INT64_C(1000000000);
static const struct fact_file one_file[] = {{"orders.csv", 0, 0}};
static const struct fact_file two_files[] = {{"keys.zip", 1, 2}, {"orders.csv", 0, 0}};

struct place {
	char dir[64];
	struct store *store;
};

static struct store *open_store(const char *dir)
{
	struct problem why = {0};
	struct store *store = NULL;
	int r = store_open(dir, &store, &why);

	if (r < 0) {
		fail_msg("store_open: %s", problem_words(&why, r));
	}
	problem_finish(&why);
	return store;
}

static void shut(struct place *p)
{
	store_close(p->store);
	p->store = NULL;
}

static void reopen(struct place *p)
{
	shut(p);
	p->store = open_store(p->dir);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	unsigned number;

	strcpy(p->dir, "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->store = open_store(p->dir);
	assert_int_equal(store_account(p->store, "shop", &number), 0);
	assert_int_equal(number, ACCOUNT);
	assert_int_equal(store_collection(p->store, ACCOUNT, "orders", &number), 0);
	assert_int_equal(number, ORDERS);
	assert_int_equal(store_collection(p->store, ACCOUNT, "jobs", &number), 0);
	assert_int_equal(number, JOBS);
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

	shut(p);
	nftw(p->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

static void path_in(const struct place *p, const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", p->dir, name);
}

static off_t size_of(const struct place *p, const char *name)
{
	char path[128];
	struct stat st;

	path_in(p, name, path);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void write_at(const struct place *p, const char *name, off_t offset, const void *data,
		     size_t length)
{
	char path[128];

	path_in(p, name, path);
	auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, data, length, offset), length);
}

/* Merges one fact into orders; the bits of what changed. */
static unsigned merge(struct place *p, struct fact fact)
{
	auto_free struct item_change *changes = NULL;
	int count = -1;

	assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, &fact, 1, &changes, &count), 0);
	assert_true(count == 0 || count == 1);
	return count ? changes[0].changes : 0;
}

static struct item get(struct place *p, const char *id)
{
	struct item item;

	assert_int_equal(item_by_id(p->store, ACCOUNT, ORDERS, id, &item), 0);
	return item;
}

static uint32_t row_of(struct place *p, const char *id)
{
	struct item item = get(p, id);
	uint32_t row = item.row;

	item_finish(&item);
	return row;
}

static bool is_recent(int64_t ns)
{
	int64_t age = clock_wall_ns() - ns;

	return age >= 0 && age < 60 * second_ns;
}

static void files_are_private(void **state)
{
	static const char *const names[] = {"orderfs.db", "orderfs.db-wal", "orderfs.db-shm",
					    "lock"};
	struct place *p = *state;
	struct place deep = *p;
	struct stat st;

	mode_t before = umask(0);
	strcat(deep.dir, "/a/b");
	deep.store = open_store(deep.dir);
	umask(before);
	assert_int_equal(stat(deep.dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[128];
		path_in(&deep, names[i], path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	store_close(deep.store);
	/* A clean end leaves nothing to recover. */
	assert_int_equal(size_of(&deep, "orderfs.db-wal"), -1);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
	struct place *p = *state;
	struct problem why = {0};
	struct store *store;
	char dir[160];

	snprintf(dir, sizeof(dir), "%s/orderfs.db/state", p->dir);
	assert_int_equal(store_open(dir, &store, &why), -ENOTDIR);
	assert_non_null(strstr(why.words, dir));
	problem_finish(&why);
}

static void places_keep_their_numbers(void **state)
{
	struct place *p = *state;
	unsigned number;
	char name[16];

	assert_int_equal(store_account(p->store, "other", &number), 0);
	assert_int_equal(number, 2);
	assert_int_equal(store_collection(p->store, 2, "jobs", &number), 0);
	assert_int_equal(number, 1);
	reopen(p);
	assert_int_equal(store_account(p->store, "other", &number), 0);
	assert_int_equal(number, 2);
	assert_int_equal(store_collection(p->store, ACCOUNT, "jobs", &number), 0);
	assert_int_equal(number, JOBS);

	for (int i = 3; i <= 255; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(store_account(p->store, name, &number), 0);
		assert_int_equal(number, i);
	}
	assert_int_equal(store_account(p->store, "one too many", &number), -ENOSPC);
	assert_int_equal(store_account(p->store, "a255", &number), 0);
	assert_int_equal(number, 255);
	for (int i = 2; i <= 15; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		assert_int_equal(store_collection(p->store, 2, name, &number), 0);
		assert_int_equal(number, i);
	}
	assert_int_equal(store_collection(p->store, 2, "one too many", &number), -ENOSPC);
}

static void a_state_has_a_date(void **state)
{
	struct place *p = *state;
	int64_t since_ns = store_since_ns(p->store);

	assert_true(is_recent(since_ns));
	reopen(p);
	assert_int_equal(store_since_ns(p->store), since_ns);
}

static void a_new_item_has_the_times_of_the_api(void **state)
{
	struct place *p = *state;
	struct fact fact = {
		.id = "7",
		.state = STATE_READY,
		.created_ns = 5,
		.updated_ns = 9,
		.error = "half of it",
		.record = "{}\n",
		.remembered = "{\"type\":\"x\"}",
		.files = two_files,
		.file_count = 2,
	};

	assert_int_equal(merge(p, fact), CHANGE_NEW | CHANGE_ERROR | CHANGE_FILES);
	struct item item = get(p, "7");
	assert_int_equal(item.account, ACCOUNT);
	assert_int_equal(item.collection, ORDERS);
	assert_string_equal(item.name, "7");
	assert_int_equal(item.state, STATE_READY);
	assert_int_equal(item.created_ns, 5);
	assert_int_equal(item.updated_ns, 9);
	assert_int_equal(item.changed_ns, 5);
	assert_int_equal(item.state_ns, 9);
	assert_int_equal(item.record_ns, 9);
	assert_int_equal(item.error_ns, 9);
	assert_string_equal(item.error, "half of it");
	assert_null(item.trouble);
	assert_string_equal(item.record, "{}\n");
	assert_string_equal(item.remembered, "{\"type\":\"x\"}");
	item_finish(&item);

	assert_int_equal(merge(p, (struct fact){.id = "8"}), CHANGE_NEW);
	item = get(p, "8");
	assert_int_equal(item.created_ns, 0);
	assert_true(is_recent(item.changed_ns));
	assert_true(is_recent(item.state_ns));
	assert_int_equal(item.error_ns, 0);
	assert_null(item.record);
	item_finish(&item);
}

static void what_is_known_is_not_written(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7",
			    .state = STATE_READY,
			    .created_ns = 5,
			    .record = "{}\n",
			    .files = one_file,
			    .file_count = 1};

	assert_int_equal(merge(p, fact), CHANGE_NEW | CHANGE_FILES);
	off_t before = size_of(p, "orderfs.db-wal");
	assert_true(before > 0);
	assert_int_equal(merge(p, fact), 0);
	fact.record = NULL;
	fact.created_ns = 0;
	assert_int_equal(merge(p, fact), 0);
	assert_int_equal(size_of(p, "orderfs.db-wal"), before);
}

static void each_change_has_its_bit_and_its_time(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7", .state = STATE_RUNNING, .created_ns = 5, .record = "{}\n"};

	merge(p, fact);
	fact.record = "{\"a\":1}\n";
	assert_int_equal(merge(p, fact), CHANGE_RECORD);
	struct item item = get(p, "7");
	assert_string_equal(item.record, "{\"a\":1}\n");
	assert_true(is_recent(item.record_ns));
	assert_int_equal(item.state_ns, 5);
	assert_int_equal(item.changed_ns, 5);
	item_finish(&item);

	fact.state = STATE_FAILED;
	assert_int_equal(merge(p, fact), CHANGE_STATE);
	item = get(p, "7");
	assert_int_equal(item.state, STATE_FAILED);
	assert_true(is_recent(item.state_ns));
	assert_int_equal(item.changed_ns, 5);
	item_finish(&item);

	fact.remembered = "{}";
	assert_int_equal(merge(p, fact), CHANGE_RECORD);
	fact.remembered = NULL;
	fact.updated_ns = 6; /* stored, but nothing that anybody sees */
	assert_int_equal(merge(p, fact), 0);
	item = get(p, "7");
	assert_int_equal(item.updated_ns, 6);
	assert_string_equal(item.remembered, "{}");
	item_finish(&item);
}

static void a_folder_changes_when_an_entry_does(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7", .created_ns = 5, .files = one_file, .file_count = 1};

	merge(p, fact);
	fact.error = "no";
	assert_int_equal(merge(p, fact), CHANGE_ERROR);
	struct item item = get(p, "7");
	int64_t came_ns = item.changed_ns;
	assert_true(is_recent(came_ns));
	assert_true(is_recent(item.error_ns));
	item_finish(&item);

	fact.error = "still no"; /* the same file with other words */
	assert_int_equal(merge(p, fact), CHANGE_ERROR);
	item = get(p, "7");
	assert_int_equal(item.changed_ns, came_ns);
	item_finish(&item);

	fact.error = NULL;
	assert_int_equal(merge(p, fact), CHANGE_ERROR);
	item = get(p, "7");
	int64_t went_ns = item.changed_ns;
	assert_true(went_ns > came_ns);
	assert_null(item.error);
	item_finish(&item);

	fact.files = two_files;
	fact.file_count = 2;
	assert_int_equal(merge(p, fact), CHANGE_FILES);
	item = get(p, "7");
	assert_true(item.changed_ns > went_ns);
	item_finish(&item);
}

static void trouble_shows_in_the_same_file_as_an_error(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7", .created_ns = 5};
	bool changed;

	merge(p, fact);
	uint32_t row = row_of(p, "7");
	assert_int_equal(item_set_trouble(p->store, row, "no size", &changed), 0);
	assert_true(changed);
	struct item item = get(p, "7");
	int64_t came_ns = item.changed_ns;
	assert_true(is_recent(came_ns));
	assert_string_equal(item.trouble, "no size");
	item_finish(&item);
	assert_int_equal(item_set_trouble(p->store, row, "no size", &changed), 0);
	assert_false(changed);

	/* The API's words come and go, ours are still there: no entry comes or goes. */
	fact.error = "no";
	assert_int_equal(merge(p, fact), CHANGE_ERROR);
	fact.error = NULL;
	assert_int_equal(merge(p, fact), CHANGE_ERROR);
	item = get(p, "7");
	assert_int_equal(item.changed_ns, came_ns);
	assert_true(item.error_ns > came_ns);
	item_finish(&item);

	assert_int_equal(item_set_trouble(p->store, row, NULL, &changed), 0);
	assert_true(changed);
	item = get(p, "7");
	assert_true(item.changed_ns > came_ns);
	assert_null(item.trouble);
	item_finish(&item);
	assert_int_equal(item_set_trouble(p->store, row, NULL, &changed), 0);
	assert_false(changed);
	assert_int_equal(item_set_trouble(p->store, 999, "no", &changed), 0);
	assert_false(changed);
}

static void what_is_remembered_changes_the_record(void **state)
{
	struct place *p = *state;

	merge(p, (struct fact){.id = "7", .created_ns = 5});
	uint32_t row = row_of(p, "7");
	assert_int_equal(item_set_remembered(p->store, row, "{}"), 0);
	struct item item = get(p, "7");
	int64_t first_ns = item.record_ns;
	assert_true(is_recent(first_ns));
	assert_string_equal(item.remembered, "{}");
	item_finish(&item);
	assert_int_equal(item_set_remembered(p->store, row, "{}"), 0);
	item = get(p, "7");
	assert_int_equal(item.record_ns, first_ns);
	item_finish(&item);
	assert_int_equal(item_set_remembered(p->store, 999, "{}"), -ENOENT);
}

/* Every id gets a folder name of its own, by which it is found again after a restart. */
static void any_id_has_a_name(void **state)
{
	struct place *p = *state;
	char long_a[301];
	char long_b[301];
	char cut[NAME_BYTES];
	uint32_t rows[16];

	memset(long_a, 'a', 300);
	long_a[300] = '\0';
	memcpy(long_b, long_a, 301);
	long_b[299] = 'b';
	name_safe(long_a, 300, NULL, cut);
	/* The last one is, as it stands, the name that the long one was cut to. */
	const char *ids[] =
		{"a/b",  "..",   ".",   "",     "trigger", "%74rigger", "\xf0\x9f\x94\x91",
		 "\xff", "a\nb", "A/B", long_a, long_b,    cut};
	int count = sizeof(ids) / sizeof(*ids);

	for (int i = 0; i < count; i++) {
		assert_int_equal(merge(p, (struct fact){.id = ids[i]}), CHANGE_NEW);
		rows[i] = row_of(p, ids[i]);
	}
	reopen(p);
	for (int i = 0; i < count; i++) {
		struct item item;
		struct item again;
		assert_int_equal(item_by_row(p->store, rows[i], &item), 0);
		assert_string_equal(item.id, ids[i]);
		assert_true(strlen(item.name) < NAME_BYTES && item.name[0] != '.');
		assert_null(strchr(item.name, '/'));
		assert_string_not_equal(item.name, "trigger");
		assert_int_equal(item_by_name(p->store, ACCOUNT, ORDERS, item.name, &again), 0);
		assert_int_equal(again.row, rows[i]);
		item_finish(&item);
		item_finish(&again);
		assert_int_equal(merge(p, (struct fact){.id = ids[i]}), 0);
	}
}

static void an_id_said_twice_counts_once(void **state)
{
	struct place *p = *state;
	struct fact facts[] = {
		{.id = "1", .state = STATE_QUEUED},  {.id = "2"},
		{.id = "1", .state = STATE_RUNNING}, {.id = "3"},
		{.id = "1", .state = STATE_READY},   {.id = "3", .error = "no"},
	};
	struct item_change *changes;
	int count;

	assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, facts, 6, &changes, &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(changes[0].name, "2");
	assert_string_equal(changes[1].name, "1");
	assert_int_equal(changes[1].state, STATE_READY);
	assert_int_equal(changes[1].row, row_of(p, "1"));
	assert_int_equal(changes[2].changes, CHANGE_NEW | CHANGE_ERROR);
	free(changes);
	assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, facts, 0, &changes, &count), 0);
	assert_int_equal(count, 0);
	free(changes);
	assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, facts, 6, NULL, NULL), 0);
}

static void merge_numbered(struct store *store, unsigned collection, int first, int count,
			   int64_t pass)
{
	auto_free struct fact *facts = calloc((size_t)count, sizeof(*facts));
	auto_free char *ids = calloc((size_t)count, 16);

	for (int i = 0; i < count; i++) {
		char *id = ids + 16 * i;
		snprintf(id, 16, "%d", first + i);
		facts[i] = (struct fact){.id = id,
					 .state = STATE_RUNNING,
					 .record = id,
					 .files = one_file,
					 .file_count = 1};
	}
	assert_int_equal(items_merge_pass(store, ACCOUNT, collection, pass, facts, count, NULL,
					  NULL),
			 0);
}

static void listings_are_whole_and_in_order(void **state)
{
	struct place *p = *state;
	struct item_line lines[7];
	uint32_t last = 0;
	int seen = 0;
	int count;

	for (int i = 0; i < 100; i += 10) {
		merge_numbered(p->store, ORDERS, i, 10, 0);
		merge_numbered(p->store, JOBS, i, 5, 0);
	}
	while ((count = items_list(p->store, ACCOUNT, ORDERS, last, lines, 7)) > 0) {
		for (int i = 0; i < count; i++, seen++) {
			assert_true(lines[i].row > last);
			last = lines[i].row;
			assert_int_equal(atoi(lines[i].name), seen);
			assert_true(is_recent(lines[i].changed_ns));
		}
	}
	assert_int_equal(count, 0);
	assert_int_equal(seen, 100);
	assert_int_equal(items_list(p->store, 9, 9, 0, lines, 7), 0);
	assert_int_equal(items_active(p->store, ACCOUNT, ORDERS, &count), 0);
	assert_int_equal(count, 100);
	merge(p, (struct fact){.id = "5", .state = STATE_READY});
	assert_int_equal(items_active(p->store, ACCOUNT, ORDERS, &count), 0);
	assert_int_equal(count, 99);
}

/* A full listing in which the items from first on are there; how many were removed. */
static int pass(struct place *p, int first, int count, int at_misses, int64_t expired_ns,
		int64_t young_ns)
{
	struct item_change *gone;
	int64_t number;
	int removed;

	assert_int_equal(items_pass_begin(p->store, ACCOUNT, ORDERS, &number), 0);
	merge_numbered(p->store, ORDERS, first, count, number);
	assert_int_equal(items_pass_end(p->store, ACCOUNT, ORDERS, number, at_misses, expired_ns,
					young_ns, &gone, &removed),
			 0);
	for (int i = 0; i < removed; i++) {
		struct item item;
		assert_int_equal(gone[i].changes, CHANGE_GONE);
		assert_int_equal(gone[i].state, STATE_RUNNING);
		assert_true(atoi(gone[i].name) < first);
		assert_int_equal(item_by_row(p->store, gone[i].row, &item), -ENOENT);
	}
	free(gone);
	return removed;
}

static void a_listing_tells_what_is_gone(void **state)
{
	struct place *p = *state;
	const int64_t old = INT64_MAX; /* nothing is young */
	int64_t at_ns;

	assert_int_equal(store_listed_at(p->store, ACCOUNT, ORDERS, &at_ns), 0);
	assert_int_equal(at_ns, 0);
	merge_numbered(p->store, JOBS, 0, 10, 0);
	assert_int_equal(pass(p, 0, 10, 2, 0, old), 0);
	assert_int_equal(store_listed_at(p->store, ACCOUNT, ORDERS, &at_ns), 0);
	assert_true(is_recent(at_ns));

	assert_int_equal(pass(p, 1, 9, 2, 0, old), 0);
	assert_int_equal(pass(p, 0, 10, 2, 0, old), 0); /* back again: its miss is forgotten */
	assert_int_equal(pass(p, 1, 9, 2, 0, old), 0);
	assert_int_equal(pass(p, 1, 9, 2, 0, clock_wall_ns() - 60 * second_ns), 0); /* too young */
	assert_int_equal(pass(p, 1, 9, 2, 0, old), 1);
	assert_int_equal(pass(p, 3, 7, 1, 0, old), 2);
	struct item_line lines[20];
	assert_int_equal(items_list(p->store, ACCOUNT, ORDERS, 0, lines, 20), 7);
	assert_int_equal(items_list(p->store, ACCOUNT, JOBS, 0, lines, 20), 10);
}

static void what_is_past_its_life_goes_at_once(void **state)
{
	struct place *p = *state;

	merge(p, (struct fact){.id = "0", .state = STATE_RUNNING, .created_ns = 1000});
	merge(p, (struct fact){.id = "1", .state = STATE_RUNNING, .created_ns = 2000});
	merge(p, (struct fact){.id = "2", .state = STATE_RUNNING}); /* nobody knows */
	assert_int_equal(pass(p, 3, 1, 9, 1500, INT64_MAX), 1);
	assert_int_equal(row_of(p, "1"), 2);
	assert_int_equal(row_of(p, "2"), 3);
}

static void only_the_open_pass_counts(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "1"};
	int64_t first;
	int64_t second;
	int64_t other;

	assert_int_equal(items_pass_begin(p->store, ACCOUNT, ORDERS, &first), 0);
	merge_numbered(p->store, ORDERS, 0, 10, first);
	assert_int_equal(items_pass_begin(p->store, ACCOUNT, JOBS, &other), 0);
	assert_int_equal(items_pass_begin(p->store, ACCOUNT, ORDERS, &second), 0);
	assert_int_equal(items_merge_pass(p->store, ACCOUNT, ORDERS, first, &fact, 1, NULL, NULL),
			 -ESTALE);
	assert_int_equal(items_pass_end(p->store, ACCOUNT, ORDERS, first, 1, 0, INT64_MAX, NULL,
					NULL),
			 -ESTALE);
	merge_numbered(p->store, ORDERS, 0, 10, second);
	merge_numbered(p->store, JOBS, 0, 10, other);
	struct item_change *gone;
	int removed;
	assert_int_equal(items_pass_end(p->store, ACCOUNT, ORDERS, second, 1, 0, INT64_MAX, &gone,
					&removed),
			 0);
	free(gone);
	assert_int_equal(removed, 0);
	assert_int_equal(items_pass_end(p->store, ACCOUNT, ORDERS, second, 1, 0, INT64_MAX, NULL,
					NULL),
			 -ESTALE);
}

static void rows_are_never_given_twice(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7", .state = STATE_READY, .files = one_file, .file_count = 1};
	struct item_change change;
	struct file file;
	struct item item;

	merge(p, fact);
	uint32_t row = row_of(p, "7");
	assert_int_equal(file_by_name(p->store, ACCOUNT, row, 0, "orders.csv", &file), 0);
	uint32_t file_row = file.row;
	file_finish(&file);
	assert_int_equal(item_remove(p->store, row, &change), 0);
	assert_int_equal(change.row, row);
	assert_int_equal(change.changes, CHANGE_GONE);
	assert_string_equal(change.name, "7");
	assert_int_equal(item_remove(p->store, row, &change), -ENOENT);
	assert_int_equal(item_by_id(p->store, ACCOUNT, ORDERS, "7", &item), -ENOENT);
	assert_int_equal(file_by_name(p->store, ACCOUNT, row, 0, "orders.csv", &file), -ENOENT);
	/* For those who have it open. */
	assert_int_equal(file_by_row(p->store, file_row, &file), 0);
	assert_false(file.current);
	file_finish(&file);

	reopen(p);
	assert_int_equal(file_by_row(p->store, file_row, &file), -ENOENT);
	assert_int_equal(merge(p, fact), CHANGE_NEW | CHANGE_FILES);
	assert_true(row_of(p, "7") > row);
	assert_int_equal(file_by_name(p->store, ACCOUNT, row_of(p, "7"), 0, "orders.csv", &file),
			 0);
	assert_true(file.row > file_row);
	file_finish(&file);
}

static void rows_fit_an_inode_number(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "last"};
	struct connection c;
	char path[128];

	merge(p, (struct fact){.id = "first"});
	path_in(p, "orderfs.db", path);
	assert_int_equal(connection_open(&c, path, SQLITE_OPEN_READWRITE,
					 "UPDATE sqlite_sequence SET seq = 4294967294", ""),
			 0);
	connection_close(&c);
	merge(p, fact);
	assert_int_equal(row_of(p, "last"), UINT32_MAX);
	fact.id = "one too many";
	assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, &fact, 1, NULL, NULL), -ENOSPC);
	struct item item;
	assert_int_equal(item_by_id(p->store, ACCOUNT, ORDERS, fact.id, &item), -ENOENT);
}

static void files_follow_the_facts(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7",
			    .created_ns = 5,
			    .updated_ns = 9,
			    .files = two_files,
			    .file_count = 2};
	struct file *files;
	int count;

	merge(p, fact);
	uint32_t item = row_of(p, "7");
	assert_int_equal(files_in(p->store, ACCOUNT, item, 0, &files, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(files[0].name, "keys.zip");
	assert_string_equal(files[1].name, "orders.csv");
	assert_int_equal(files[1].item, item);
	assert_int_equal(files[1].account, ACCOUNT);
	assert_int_equal(files[1].size, -1);
	assert_int_equal(files[1].mtime_ns, 9);
	assert_null(files[1].etag);
	assert_true(files[1].current);
	uint32_t kept = files[1].row;
	uint32_t dropped = files[0].row;
	files_finish(files, count);

	fact.files = one_file;
	fact.file_count = 1;
	assert_int_equal(merge(p, fact), CHANGE_FILES);
	assert_int_equal(files_in(p->store, ACCOUNT, item, 0, &files, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(files[0].row, kept);
	files_finish(files, count);

	fact.files = two_files;
	fact.file_count = 2;
	assert_int_equal(merge(p, fact), CHANGE_FILES);
	struct file file;
	assert_int_equal(file_by_name(p->store, ACCOUNT, item, 0, "keys.zip", &file), 0);
	assert_true(file.row > dropped);
	file_finish(&file);
	fact.file_count = 0;
	assert_int_equal(merge(p, fact), CHANGE_FILES);
	assert_int_equal(files_in(p->store, ACCOUNT, item, 0, &files, &count), 0);
	assert_int_equal(count, 0);
	assert_null(files);
}

static void a_file_is_one_content_for_ever(void **state)
{
	struct place *p = *state;
	struct store_totals totals;
	struct file file;
	uint32_t second;
	uint32_t again;

	merge(p, (struct fact){.id = "7", .created_ns = 5, .files = one_file, .file_count = 1});
	uint32_t item = row_of(p, "7");
	assert_int_equal(file_by_name(p->store, ACCOUNT, item, 0, "orders.csv", &file), 0);
	uint32_t first = file.row;
	file_finish(&file);
	assert_int_equal(file_learn(p->store, first, 0, "\"v1\"", NULL, "a.example"), 0);
	assert_int_equal(file_learn(p->store, first, 99, "\"v2\"", "today", NULL), 0);
	assert_int_equal(file_by_row(p->store, first, &file), 0);
	assert_int_equal(file.size, 0);
	assert_string_equal(file.etag, "\"v1\"");
	assert_null(file.modified);
	file_finish(&file);

	struct file_line line;
	assert_int_equal(file_lines(p->store, first, &line, 1), 0);
	assert_int_equal(file_lines(p->store, first - 1, &line, 1), 1);
	assert_int_equal(line.row, first);
	assert_int_equal(line.collection, ORDERS);
	assert_string_equal(line.item, "7");
	assert_string_equal(line.name, "orders.csv");
	assert_string_equal(line.host, "a.example");
	assert_null(line.sha256);
	file_lines_finish(&line, 1);
	unsigned changes = store_changes(p->store);
	assert_int_equal(store_changes(p->store), changes);

	assert_int_equal(file_replace(p->store, first, 77, &second), 0);
	assert_int_not_equal(store_changes(p->store), changes);
	assert_int_equal(file_lines(p->store, 0, &line, 1), 1);
	assert_int_equal(line.row, second);
	assert_null(line.host);
	file_lines_finish(&line, 1);
	assert_true(second > first);
	assert_int_equal(file_replace(p->store, first, 78, &again), 0);
	assert_int_equal(again, second);
	assert_int_equal(file_learn(p->store, second, 1000, NULL, "today", NULL), 0);
	assert_int_equal(file_by_name(p->store, ACCOUNT, item, 0, "orders.csv", &file), 0);
	assert_int_equal(file.row, second);
	assert_int_equal(file.mtime_ns, 77);
	assert_int_equal(file.size, 1000);
	assert_string_equal(file.modified, "today");
	file_finish(&file);
	assert_int_equal(file_by_row(p->store, first, &file), 0);
	assert_false(file.current);
	file_finish(&file);
	struct item changed = get(p, "7");
	assert_true(is_recent(changed.changed_ns));
	item_finish(&changed);

	assert_int_equal(store_totals(p->store, &totals), 0);
	assert_int_equal(totals.items, 1);
	assert_int_equal(totals.files, 1);
	assert_int_equal(totals.bytes, 1000);
	assert_int_equal(file_replace(p->store, 999, 0, &again), -ENOENT);
	merge(p, (struct fact){.id = "7"});
	assert_int_equal(file_replace(p->store, second, 0, &again), -ENOENT);
}

static void the_journal_tells_what_was_asked_for(void **state)
{
	struct place *p = *state;
	struct command command;
	struct command *list;
	int64_t rows[3];
	int count;

	assert_int_equal(journal_last(p->store, ACCOUNT, JOBS, 0, &command), -ENOENT);
	assert_int_equal(journal_begin(p->store, ACCOUNT, JOBS, 0, "{\"a\":1}", &rows[0]), 0);
	assert_int_equal(journal_same(p->store, ACCOUNT, JOBS, 0, "{\"a\":1}", &command), 0);
	assert_int_equal(command.outcome, OUTCOME_SENDING);
	assert_true(is_recent(command.at_ns));
	command_finish(&command);
	assert_int_equal(journal_end(p->store, rows[0], OUTCOME_DONE, 0, NULL, "j1"), 0);
	assert_int_equal(journal_same(p->store, ACCOUNT, JOBS, 0, "{\"a\":1}", &command), 0);
	assert_int_equal(command.outcome, OUTCOME_DONE);
	assert_string_equal(command.id, "j1");
	assert_null(command.words);
	command_finish(&command);
	assert_int_equal(journal_same(p->store, ACCOUNT, JOBS, 0, "{\"a\":2}", &command), -ENOENT);
	assert_int_equal(journal_same(p->store, ACCOUNT, JOBS, 5, "{\"a\":1}", &command), -ENOENT);

	assert_int_equal(journal_note(p->store, ACCOUNT, JOBS, 0, "{\"a\":2}", EINVAL, "no a"), 0);
	assert_int_equal(journal_same(p->store, ACCOUNT, JOBS, 0, "{\"a\":2}", &command), -ENOENT);
	assert_int_equal(journal_last(p->store, ACCOUNT, JOBS, 0, &command), 0);
	assert_int_equal(command.outcome, OUTCOME_REFUSED);
	assert_int_equal(command.err, EINVAL);
	assert_string_equal(command.words, "no a");
	assert_string_equal(command.fields, "{\"a\":2}");
	command_finish(&command);

	assert_int_equal(journal_begin(p->store, ACCOUNT, ORDERS, 5, "{}", &rows[1]), 0);
	assert_int_equal(journal_end(p->store, rows[1], OUTCOME_UNKNOWN, ETIMEDOUT, "?", NULL), 0);
	assert_int_equal(journal_begin(p->store, 2, ORDERS, 0, "{}", &rows[2]), 0);
	assert_int_equal(journal_end(p->store, 999, OUTCOME_DONE, 0, NULL, NULL), -ENOENT);
	assert_int_equal(journal_unknown(p->store, ACCOUNT, ORDERS, &list, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(list[0].row, rows[1]);
	assert_int_equal(list[0].item, 5);
	commands_finish(list, count);

	assert_int_equal(journal_list(p->store, 0, 100, &list, &count), 0);
	assert_int_equal(count, 4);
	assert_int_equal(list[0].row, rows[0]);
	assert_int_equal(list[3].account, 2);
	commands_finish(list, count);
	assert_int_equal(journal_list(p->store, ACCOUNT, 2, &list, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(list[1].row, rows[1]);
	commands_finish(list, count);
	assert_string_equal(outcome_word(OUTCOME_LOST), "lost");
}

/* Runs in a child that ends without closing anything. */
static void in_child(const struct place *p, void (*work)(struct store *store, int told),
		     int patience)
{
	int told[2];

	assert_int_equal(pipe(told), 0);
	pid_t child = fork();
	if (child == 0) {
		struct problem why = {0};
		struct store *store;
		close(told[0]);
		if (store_open(p->dir, &store, &why) == 0) {
			work(store, told[1]);
		}
		_exit(1);
	}
	close(told[1]);
	char byte;
	while (patience-- > 0 && read(told[0], &byte, 1) == 1) {
	}
	close(told[0]);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void send_and_hang(struct store *store, int told)
{
	int64_t row;

	if (journal_begin(store, ACCOUNT, JOBS, 0, "{}", &row) == 0 && write(told, "", 1) == 1) {
		pause();
	}
}

static void a_command_outlives_a_kill(void **state)
{
	struct place *p = *state;
	struct command *list;
	int count;

	shut(p);
	in_child(p, send_and_hang, 1);
	p->store = open_store(p->dir);
	assert_int_equal(journal_unknown(p->store, ACCOUNT, JOBS, &list, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(list[0].outcome, OUTCOME_UNKNOWN);
	assert_int_equal(list[0].err, EINTR);
	assert_non_null(list[0].words);
	commands_finish(list, count);
}

static void merge_for_ever(struct store *store, int told)
{
	struct item_line line;
	int first = 0;

	while (items_list(store, ACCOUNT, ORDERS, (uint32_t)first, &line, 1) == 1) {
		first += BATCH;
	}
	for (;; first += BATCH) {
		merge_numbered(store, ORDERS, first, BATCH, 0);
		if (write(told, "", 1) != 1) {
			return;
		}
	}
}

static void a_kill_leaves_whole_transactions(void **state)
{
	struct place *p = *state;
	struct store_totals totals;

	shut(p);
	for (int round = 1; round <= 8; round++) {
		in_child(p, merge_for_ever, round * 5);
		p->store = open_store(p->dir);
		assert_int_equal(store_totals(p->store, &totals), 0);
		assert_int_equal(totals.items % BATCH, 0);
		assert_int_equal(totals.files, totals.items);
		shut(p);
	}
	assert_true(totals.items >= 8 * 9 / 2 * 5 * BATCH);
	p->store = open_store(p->dir);
}

static void one_orderfs_a_folder(void **state)
{
	struct place *p = *state;
	struct problem why = {0};
	struct store *store;
	char pid[32];
	int status;

	snprintf(pid, sizeof(pid), "pid %ld:", (long)getpid());
	pid_t child = fork();
	if (child == 0) {
		_exit(store_open(p->dir, &store, &why) == -EBUSY && strstr(why.words, pid) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(store_open(p->dir, &store, &why), -EBUSY);
	assert_non_null(strstr(why.words, pid));
	assert_non_null(strstr(why.words, p->dir));
	problem_finish(&why);
	reopen(p);
}

/* The database that was set aside; false when there is none. */
static bool find_aside(const struct place *p, char out[128])
{
	char pattern[128];
	glob_t found;

	path_in(p, "orderfs.db.damaged-*Z", pattern);
	int r = glob(pattern, 0, NULL, &found);
	if (r == 0) {
		assert_int_equal(found.gl_pathc, 1);
		snprintf(out, 128, "%s", found.gl_pathv[0]);
	}
	globfree(&found);
	return r == 0;
}

static void expect_set_aside(struct place *p)
{
	struct problem why = {0};
	struct item_line line;
	char aside[128];

	assert_int_equal(store_open(p->dir, &p->store, &why), -EIO);
	assert_true(find_aside(p, aside));
	assert_non_null(strstr(why.words, aside));
	assert_int_equal(size_of(p, "orderfs.db"), -1);
	assert_int_equal(size_of(p, "suspect"), -1);
	problem_finish(&why);
	p->store = open_store(p->dir);
	assert_int_equal(items_list(p->store, ACCOUNT, ORDERS, 0, &line, 1), 0);
	assert_int_equal(unlink(aside), 0);
}

static void a_damaged_file_is_set_aside(void **state)
{
	struct place *p = *state;
	char noise[4096];
	char path[128];

	memset(noise, 0xa5, sizeof(noise));
	path_in(p, "orderfs.db", path);

	merge_numbered(p->store, ORDERS, 0, 1000, 0);
	shut(p);
	write_at(p, "orderfs.db", 0, noise, 100);
	expect_set_aside(p);

	merge_numbered(p->store, ORDERS, 0, 1000, 0);
	shut(p);
	write_at(p, "orderfs.db", size_of(p, "orderfs.db") / 8192 * 4096, noise, sizeof(noise));
	expect_set_aside(p);

	merge_numbered(p->store, ORDERS, 0, 1000, 0);
	shut(p);
	assert_int_equal(truncate(path, size_of(p, "orderfs.db") / 2), 0);
	expect_set_aside(p);
}

static void what_a_crash_left_is_set_aside_with_it(void **state)
{
	struct place *p = *state;
	struct problem why = {0};
	struct store *store;
	char noise[4096];
	char aside[128];

	merge_numbered(p->store, ORDERS, 0, 1000, 0);
	shut(p);
	in_child(p, merge_for_ever, 1);
	memset(noise, 0xa5, sizeof(noise));
	/* In several places: what the log has anew of one is no damage. */
	for (off_t part = 1; part < 16; part++) {
		write_at(p, "orderfs.db", size_of(p, "orderfs.db") / 4096 * part / 16 * 4096, noise,
			 sizeof(noise));
	}
	off_t log_size = size_of(p, "orderfs.db-wal");
	assert_true(log_size > 0);
	assert_int_equal(store_open(p->dir, &store, &why), -EIO);
	problem_finish(&why);
	assert_true(find_aside(p, aside));
	strcat(aside, "-wal");
	assert_int_equal(size_of(p, "orderfs.db-wal"), -1);
	assert_int_equal(size_of(p, strrchr(aside, '/') + 1), log_size);
	p->store = open_store(p->dir);
}

/* A large one is not read through at every start: damage shows when it is met, and then at the
 * next start. */
static void damage_that_is_met_is_looked_for(void **state)
{
	struct place *p = *state;
	auto_free char *noise = malloc(2 << 20);
	struct problem why = {0};
	int met = 0;

	merge_numbered(p->store, ORDERS, 0, 30000, 0);
	shut(p);
	off_t size = size_of(p, "orderfs.db");
	assert_true(size > 5 << 20);
	memset(noise, 0xa5, 2 << 20);
	write_at(p, "orderfs.db", size / 8192 * 4096, noise, 2 << 20);
	assert_int_equal(store_open(p->dir, &p->store, &why), 0);
	for (uint32_t row = 1; row <= 30000; row += 100) {
		struct item item;
		int r = item_by_row(p->store, row, &item);
		assert_true(r == 0 || r == -EIO);
		met += r < 0;
		item_finish(&item);
	}
	assert_true(met > 0);
	assert_int_equal(size_of(p, "suspect"), 0);
	shut(p);
	expect_set_aside(p);
}

static void a_false_suspicion_is_dropped(void **state)
{
	struct place *p = *state;
	char path[128];

	merge_numbered(p->store, ORDERS, 0, 10, 0);
	shut(p);
	path_in(p, "suspect", path);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	p->store = open_store(p->dir);
	assert_int_equal(size_of(p, "suspect"), -1);
	assert_true(row_of(p, "9") > 0);
}

static void a_newer_file_is_left_alone(void **state)
{
	static const unsigned char version[] = {0, 0, 0, 99};
	static const unsigned char known[] = {0, 0, 0, SCHEMA_VERSION};
	struct place *p = *state;
	struct problem why = {0};
	struct store *store;
	char aside[128];

	merge_numbered(p->store, ORDERS, 0, 10, 0);
	shut(p);
	write_at(p, "orderfs.db", 60, version, sizeof(version));
	assert_int_equal(store_open(p->dir, &store, &why), -EIO);
	assert_non_null(strstr(why.words, "newer orderfs (version 99"));
	problem_finish(&why);
	assert_false(find_aside(p, aside));
	write_at(p, "orderfs.db", 60, known, sizeof(known));
	p->store = open_store(p->dir);
	assert_true(row_of(p, "9") > 0);
}

/* A limit on the size of files stands for the full disk: SQLite sees a write that fails. */
static void a_full_disk_is_enospc_and_passes(void **state)
{
	struct place *p = *state;
	struct rlimit before;
	struct fact fact = {.id = "more"};
	auto_free char *record = malloc(1 << 20);
	int64_t row;

	merge_numbered(p->store, ORDERS, 0, 10, 0);
	memset(record, 'x', (1 << 20) - 1);
	record[(1 << 20) - 1] = '\0';
	fact.record = record;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit small = {(rlim_t)size_of(p, "orderfs.db-wal"), before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int r = items_merge(p->store, ACCOUNT, ORDERS, &fact, 1, NULL, NULL);
	int r_journal = journal_begin(p->store, ACCOUNT, JOBS, 0, "{}", &row);
	uint32_t ninth = row_of(p, "9");
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(r_journal, -ENOSPC);
	assert_true(ninth > 0);

	assert_int_equal(merge(p, fact), CHANGE_NEW);
	assert_int_equal(journal_begin(p->store, ACCOUNT, JOBS, 0, "{}", &row), 0);
	reopen(p);
	struct item item = get(p, "more");
	assert_string_equal(item.record, record);
	item_finish(&item);
}

/* Less and less memory for SQLite, until not even the smallest thing works, and then all of it. */
static void no_memory_is_an_ordinary_error(void **state)
{
	struct place *p = *state;
	int failed = 0;

	for (int spare = 200000; spare >= 0; spare -= 500) {
		struct fact fact = {.id = "7",
				    .state = spare / 500 % 2 ? STATE_READY : STATE_RUNNING,
				    .record = spare / 500 % 3 ? "{}\n" : "{\"a\":1}\n"};
		struct item item;
		reopen(p);
		sqlite3_hard_heap_limit64(sqlite3_memory_used() + spare);
		int r = items_merge(p->store, ACCOUNT, ORDERS, &fact, 1, NULL, NULL);
		int r_read = item_by_id(p->store, ACCOUNT, ORDERS, "7", &item);
		sqlite3_hard_heap_limit64(0);
		assert_true(r == 0 || r == -ENOMEM);
		assert_true(r_read == 0 || r_read == -ENOMEM || r_read == -ENOENT);
		failed += r < 0 || r_read < 0;
		item_finish(&item);
		assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, &fact, 1, NULL, NULL), 0);
		item = get(p, "7");
		assert_int_equal(item.state, fact.state);
		assert_string_equal(item.record, fact.record);
		item_finish(&item);
	}
	assert_true(failed > 10);
}

/* ---- Parts, versions, acts. */

static bool has_file(struct place *p, uint32_t item, const char *name)
{
	struct file file;
	int r = file_by_name(p->store, ACCOUNT, item, 0, name, &file);

	file_finish(&file);
	return r == 0;
}

static uint32_t file_row(struct place *p, uint32_t item, const char *name)
{
	struct file file;

	assert_int_equal(file_by_name(p->store, ACCOUNT, item, 0, name, &file), 0);
	uint32_t row = file.row;
	file_finish(&file);
	return row;
}

static void a_part_is_apart_from_the_record(void **state)
{
	struct place *p = *state;
	uint32_t rows[4];

	merge(p, (struct fact){.id = "old", .created_ns = 5});
	merge(p, (struct fact){.id = "7", .created_ns = 9});
	merge(p, (struct fact){.id = "undated"});
	assert_int_equal(items_without_part(p->store, ACCOUNT, ORDERS, rows, 4), 3);
	assert_int_equal(rows[0], row_of(p, "7"));
	assert_int_equal(rows[1], row_of(p, "old"));

	assert_int_equal(merge(p, (struct fact){.id = "7", .part = "null\n"}), CHANGE_RECORD);
	assert_int_equal(items_without_part(p->store, ACCOUNT, ORDERS, rows, 4), 2);
	struct item item = get(p, "7");
	assert_int_equal(item.changed_ns, 9);
	assert_int_equal(item.record_ns, 9);
	assert_true(is_recent(item.part_ns));
	assert_string_equal(item.part, "null\n");
	assert_null(item.record);
	item_finish(&item);

	/* As an object it has a file. */
	assert_int_equal(merge(p, (struct fact){.id = "7", .part = "{}\n"}), CHANGE_RECORD);
	item = get(p, "7");
	assert_int_equal(item.record_ns, 9);
	int64_t came_ns = item.changed_ns;
	assert_true(is_recent(came_ns));
	item_finish(&item);
	assert_int_equal(merge(p, (struct fact){.id = "7", .part = "{\"a\":1}\n"}), CHANGE_RECORD);
	assert_int_equal(merge(p, (struct fact){.id = "7", .record = "{}\n"}), CHANGE_RECORD);
	item = get(p, "7");
	assert_int_equal(item.changed_ns, came_ns);
	assert_string_equal(item.part, "{\"a\":1}\n");
	assert_string_equal(item.record, "{}\n");
	item_finish(&item);
}

static void a_part_is_as_old_as_the_item(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7", .created_ns = 9, .updated_ns = 11};

	merge(p, fact);
	fact.part = "{}\n";
	merge(p, fact);
	struct item item = get(p, "7");
	assert_int_equal(item.part_ns, 11);
	item_finish(&item);
	fact.id = "8";
	merge(p, fact);
	item = get(p, "8");
	assert_int_equal(item.part_ns, 11);
	item_finish(&item);
	fact.part = "{\"a\":1}\n";
	merge(p, fact);
	item = get(p, "8");
	assert_true(is_recent(item.part_ns));
	item_finish(&item);
}

static void a_folder_may_be_called_otherwise(void **state)
{
	struct place *p = *state;

	merge(p, (struct fact){.id = "T3JkZXI6Nw==", .name = "7"});
	merge(p, (struct fact){.id = "other", .name = "7"});
	merge(p, (struct fact){.id = "third", .name = "trigger"});
	struct item item = get(p, "T3JkZXI6Nw==");
	assert_string_equal(item.name, "7");
	item_finish(&item);
	item = get(p, "other");
	assert_string_equal(item.name, "7~2");
	item_finish(&item);
	item = get(p, "third");
	assert_string_equal(item.name, "%74rigger");
	item_finish(&item);
	/* Once it has a name it keeps it. */
	assert_int_equal(merge(p, (struct fact){.id = "other", .name = "8"}), 0);
}

static void what_is_not_settled_is_listed_by_name(void **state)
{
	const unsigned settled = 1U << STATE_READY | 1U << STATE_FAILED;
	struct place *p = *state;
	struct item_line lines[8];
	uint32_t rows[8];

	merge(p, (struct fact){.id = "c", .state = STATE_RUNNING});
	merge(p, (struct fact){.id = "b", .state = STATE_READY});
	merge(p, (struct fact){.id = "a", .state = STATE_NONE});
	merge(p, (struct fact){.id = "e", .state = STATE_FAILED});
	merge(p, (struct fact){.id = "d", .state = STATE_QUEUED});
	assert_int_equal(items_unsettled(p->store, ACCOUNT, ORDERS, settled, "", lines, 8), 3);
	assert_string_equal(lines[0].name, "a");
	assert_string_equal(lines[1].name, "c");
	assert_string_equal(lines[2].name, "d");
	assert_int_equal(lines[2].row, row_of(p, "d"));
	assert_int_equal(items_unsettled(p->store, ACCOUNT, ORDERS, settled, "c", lines, 1), 1);
	assert_string_equal(lines[0].name, "c");
	assert_int_equal(items_unsettled(p->store, ACCOUNT, ORDERS, settled, "e", lines, 8), 0);

	assert_int_equal(items_active_rows(p->store, ACCOUNT, ORDERS, 0, rows, 8), 2);
	assert_int_equal(rows[0], row_of(p, "c"));
	assert_int_equal(rows[1], row_of(p, "d"));
	assert_int_equal(items_active_rows(p->store, ACCOUNT, ORDERS, rows[0], rows, 8), 1);
	assert_int_equal(rows[0], row_of(p, "d"));
}

static void another_version_has_other_files(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7",
			    .state = STATE_READY,
			    .created_ns = 5,
			    .version = "v1",
			    .files = two_files,
			    .file_count = 2};
	struct former_name *names;
	struct file file;
	int count;

	merge(p, fact);
	uint32_t item = row_of(p, "7");
	uint32_t first = file_row(p, item, "keys.zip");
	assert_int_equal(file_by_row(p->store, first, &file), 0);
	assert_int_equal(file.spec, 1);
	assert_int_equal(file.element, 2);
	assert_int_equal(file.kind, FILE_REMOTE);
	assert_int_equal(file.mtime_ns, 5);
	file_finish(&file);
	assert_int_equal(files_former_names(p->store, ACCOUNT, item, &names, &count), 0);
	assert_int_equal(count, 0);

	fact.version = NULL;
	assert_int_equal(merge(p, fact), 0);
	fact.version = "v2";
	assert_int_equal(merge(p, fact), CHANGE_FILES);
	assert_int_equal(merge(p, fact), 0);
	uint32_t second = file_row(p, item, "keys.zip");
	assert_true(second > first);
	/* Of the same date they would be taken for the old ones. */
	assert_int_equal(file_by_row(p->store, second, &file), 0);
	assert_true(is_recent(file.mtime_ns));
	file_finish(&file);
	assert_int_equal(file_by_row(p->store, first, &file), 0);
	assert_false(file.current);
	file_finish(&file);
	fact.version = "v3";
	fact.updated_ns = 11;
	assert_int_equal(merge(p, fact), CHANGE_FILES);
	assert_int_equal(file_by_row(p->store, file_row(p, item, "keys.zip"), &file), 0);
	assert_int_equal(file.mtime_ns, 11);
	file_finish(&file);
	struct item now = get(p, "7");
	assert_string_equal(now.version, "v3");
	item_finish(&now);

	assert_int_equal(files_former_names(p->store, ACCOUNT, item, &names, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(names[0].parent, 0);
	assert_string_equal(names[0].name, "keys.zip");
	assert_string_equal(names[1].name, "orders.csv");
	free(names);
}

static void a_file_may_come_from_elsewhere(void **state)
{
	static const struct fact_file moved[] = {{"keys.zip", 1, 3}, {"orders.csv", 0, 0}};
	static const struct fact_file twice[] = {{"a", 0, 0}, {"a", 0, 1}, {"a", 0, 2}};
	struct place *p = *state;
	struct fact fact = {.id = "7", .files = two_files, .file_count = 2};
	struct file file;

	merge(p, fact);
	uint32_t row = file_row(p, row_of(p, "7"), "keys.zip");
	fact.files = moved;
	assert_int_equal(merge(p, fact), 0);
	assert_int_equal(file_by_row(p->store, row, &file), 0);
	assert_int_equal(file.element, 3);
	file_finish(&file);
	fact = (struct fact){.id = "8", .files = twice, .file_count = 3};
	assert_int_equal(merge(p, fact), CHANGE_NEW | CHANGE_FILES);
	assert_int_equal(file_by_name(p->store, ACCOUNT, row_of(p, "8"), 0, "a", &file), 0);
	assert_int_equal(file.element, 0);
	file_finish(&file);
}

static enum state state_of(struct place *p, const char *id)
{
	struct item item = get(p, id);
	enum state state = item.state;

	item_finish(&item);
	return state;
}

static struct item_change await(struct place *p, uint32_t row, int64_t seconds)
{
	struct item_change change;

	assert_int_equal(item_await(p->store, row, clock_wall_ns() + seconds * second_ns, &change),
			 0);
	return change;
}

static void after_an_act_the_old_record_does_not_count(void **state)
{
	struct place *p = *state;
	struct fact old = {.id = "7",
			   .state = STATE_READY,
			   .created_ns = 5,
			   .version = "v1",
			   .error = "half",
			   .files = two_files,
			   .file_count = 2};
	struct item_change change;

	merge(p, old);
	uint32_t row = row_of(p, "7");
	uint32_t first = file_row(p, row, "keys.zip");
	change = await(p, row, 60);
	assert_int_equal(change.row, row);
	assert_int_equal(change.changes, CHANGE_STATE | CHANGE_FILES | CHANGE_ERROR);
	assert_int_equal(change.state, STATE_QUEUED);
	assert_string_equal(change.name, "7");
	assert_false(has_file(p, row, "keys.zip"));
	struct item item = get(p, "7");
	assert_null(item.error);
	assert_true(is_recent(item.changed_ns) && is_recent(item.state_ns));
	item_finish(&item);
	assert_int_equal(merge(p, old), 0);
	reopen(p);
	assert_int_equal(merge(p, old), 0);
	assert_int_equal(state_of(p, "7"), STATE_QUEUED);

	/* Another version counts at once, and so does the old one from then on. */
	old.version = "v2";
	old.error = NULL;
	assert_int_equal(merge(p, old), CHANGE_STATE | CHANGE_FILES);
	assert_true(file_row(p, row, "keys.zip") > first);
	old.version = "v1";
	assert_int_equal(merge(p, old), CHANGE_FILES);
	assert_int_equal(item_await(p->store, 999, 0, &change), -ENOENT);
}

/* What copies a tree goes by size and date. */
static void what_an_act_made_has_a_new_date(void **state)
{
	struct place *p = *state;
	struct fact ready = {.id = "7",
			     .state = STATE_READY,
			     .created_ns = 5,
			     .files = one_file,
			     .file_count = 1};
	struct fact running = {.id = "7", .state = STATE_RUNNING, .created_ns = 5};

	for (int versions = 0; versions < 2; versions++) {
		struct file file;
		ready.id = running.id = versions ? "7" : "8";
		ready.version = versions ? "v1" : NULL;
		merge(p, ready);
		uint32_t row = row_of(p, ready.id);
		await(p, row, 60);
		ready.version = running.version = versions ? "v2" : NULL;
		merge(p, running);
		merge(p, ready);
		assert_int_equal(file_by_name(p->store, ACCOUNT, row, 0, "orders.csv", &file), 0);
		int64_t date_ns = file.mtime_ns;
		assert_true(is_recent(date_ns));
		file_finish(&file);
		merge(p, running);
		merge(p, ready);
		assert_int_equal(file_by_name(p->store, ACCOUNT, row, 0, "orders.csv", &file), 0);
		assert_int_equal(file.mtime_ns, date_ns);
		file_finish(&file);
	}
}

static void work_under_way_ends_the_waiting(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7", .state = STATE_NONE};

	merge(p, fact);
	uint32_t row = row_of(p, "7");
	assert_int_equal(await(p, row, 60).changes, CHANGE_STATE);
	assert_int_equal(merge(p, fact), 0); /* no version, as before */
	fact.state = STATE_RUNNING;
	assert_int_equal(merge(p, fact), CHANGE_STATE);
	fact.state = STATE_READY;
	assert_int_equal(merge(p, fact), CHANGE_STATE);
	assert_int_equal(await(p, row, 60).changes, CHANGE_STATE);
	fact.state = STATE_QUEUED; /* now the API says it too */
	assert_int_equal(merge(p, fact), 0);
	fact.state = STATE_READY;
	assert_int_equal(merge(p, fact), CHANGE_STATE);
}

static void waiting_has_an_end(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7",
			    .state = STATE_READY,
			    .version = "v1",
			    .files = one_file,
			    .file_count = 1};

	merge(p, fact);
	uint32_t row = row_of(p, "7");
	assert_int_equal(await(p, row, -1).changes, CHANGE_STATE | CHANGE_FILES);
	assert_int_equal(merge(p, fact), CHANGE_STATE | CHANGE_FILES);
	assert_true(has_file(p, row, "orders.csv"));
}

static void what_is_gone_stays_expired(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7",
			    .state = STATE_READY,
			    .version = "v1",
			    .files = one_file,
			    .file_count = 1};
	struct item_change change;

	merge(p, fact);
	uint32_t row = row_of(p, "7");
	assert_int_equal(item_expire(p->store, row, &change), 0);
	assert_int_equal(change.changes, CHANGE_STATE | CHANGE_FILES);
	assert_int_equal(change.state, STATE_EXPIRED);
	assert_int_equal(merge(p, fact), 0);
	reopen(p);
	assert_int_equal(merge(p, fact), 0);
	assert_int_equal(state_of(p, "7"), STATE_EXPIRED);
	assert_false(has_file(p, row, "orders.csv"));
	fact.version = "v2";
	assert_int_equal(merge(p, fact), CHANGE_STATE | CHANGE_FILES);

	/* Where there are no versions, work under way ends it. */
	fact = (struct fact){.id = "8", .state = STATE_READY};
	merge(p, fact);
	assert_int_equal(item_expire(p->store, row_of(p, "8"), &change), 0);
	assert_int_equal(merge(p, fact), 0);
	fact.state = STATE_RUNNING;
	assert_int_equal(merge(p, fact), CHANGE_STATE);
	assert_int_equal(item_expire(p->store, row_of(p, "8"), &change), 0);
	assert_int_equal(change.changes, 0);
	fact.state = STATE_READY;
	assert_int_equal(merge(p, fact), CHANGE_STATE);
	assert_int_equal(state_of(p, "8"), STATE_READY);
	assert_int_equal(item_expire(p->store, 999, &change), -ENOENT);
}

/* ---- What is kept. */

static bool keep(struct place *p, uint32_t item, const struct keepsake *list, int count,
		 const char *whole)
{
	bool changed;

	assert_int_equal(files_keep(p->store, ACCOUNT, item, list, count, whole, &changed), 0);
	return changed;
}

static struct keepsake text(const char *path, const char *body)
{
	return (struct keepsake){.path = path, .body = body, .length = strlen(body)};
}

/* The file at a path; its row is 0 when there is none. */
static struct file walk(struct place *p, uint32_t item, const char *path)
{
	auto_free char *copy = strdup(path);
	struct file file = {0};
	char *save = NULL;

	for (char *name = strtok_r(copy, "/", &save); name; name = strtok_r(NULL, "/", &save)) {
		uint32_t parent = file.row;
		file_finish(&file);
		if (file_by_name(p->store, ACCOUNT, item, parent, name, &file) == -ENOENT) {
			break;
		}
	}
	return file;
}

static uint32_t walk_row(struct place *p, uint32_t item, const char *path)
{
	struct file file = walk(p, item, path);
	uint32_t row = file.row;

	file_finish(&file);
	return row;
}

static void expect_body(struct place *p, uint32_t item, const char *path, const char *body)
{
	auto_finish(buf_finish) struct buf bytes = {0};
	struct file file = walk(p, item, path);

	assert_int_equal(file.kind, FILE_BODY);
	assert_int_equal(file.size, strlen(body));
	assert_int_equal(file_body(p->store, file.row, &bytes), 0);
	assert_int_equal(bytes.length, strlen(body));
	assert_memory_equal(bytes.data, body, strlen(body));
	file_finish(&file);
}

static void a_delivery_lies_in_folders(void **state)
{
	const struct keepsake parcel[] = {
		text("delivery.json", "{}\n"),
		text("keys/one/k1.txt", "AAAA"),
		text("keys/one/k1/sub.txt", "BBBB"),
		text("keys/two/empty.txt", ""),
		{.path = "archive-1.zip", .kept = "12.bin", .size = 999, .password = "secret"},
	};
	struct place *p = *state;
	struct file *files;
	int count;

	merge(p, (struct fact){.id = "7", .state = STATE_READY, .created_ns = 5});
	uint32_t item = row_of(p, "7");
	assert_true(keep(p, item, parcel, 5, NULL));
	reopen(p);
	assert_int_equal(files_in(p->store, ACCOUNT, item, 0, &files, &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(files[0].name, "archive-1.zip");
	assert_int_equal(files[0].kind, FILE_KEPT);
	assert_string_equal(files[0].kept, "12.bin");
	assert_string_equal(files[0].password, "secret");
	assert_int_equal(files[0].size, 999);
	assert_string_equal(files[1].name, "delivery.json");
	assert_string_equal(files[2].name, "keys");
	assert_int_equal(files[2].kind, FILE_FOLDER);
	files_finish(files, count);
	expect_body(p, item, "keys/one/k1.txt", "AAAA");
	expect_body(p, item, "keys/one/k1/sub.txt", "BBBB");
	expect_body(p, item, "keys/two/empty.txt", "");
	struct item now = get(p, "7");
	int64_t changed_ns = now.changed_ns;
	assert_true(is_recent(changed_ns));
	item_finish(&now);

	/* The same again changes nothing. */
	off_t before = size_of(p, "orderfs.db-wal");
	assert_false(keep(p, item, parcel, 5, NULL));
	assert_false(keep(p, item, parcel, 5, "keys"));
	assert_int_equal(size_of(p, "orderfs.db-wal"), before);
	bool changed;
	assert_int_equal(files_keep(p->store, ACCOUNT, 999, parcel, 5, NULL, &changed), -ENOENT);
	assert_false(changed);
	struct store_totals totals;
	assert_int_equal(store_totals(p->store, &totals), 0);
	assert_int_equal(totals.files, 9);
	assert_int_equal(totals.bytes, 999 + 3 + 4 + 4);
}

static void other_bytes_are_another_version(void **state)
{
	struct place *p = *state;
	struct keepsake first = text("keys/k.txt", "AAAA");
	struct keepsake second = text("keys/k.txt", "BBBB");
	struct keepsake zip = {.path = "a.zip", .kept = "1.bin", .size = 9};
	auto_finish(buf_finish) struct buf bytes = {0};
	auto_free struct former_name *names = NULL;
	int count;

	merge(p, (struct fact){.id = "7", .files = one_file, .file_count = 1});
	uint32_t item = row_of(p, "7");
	keep(p, item, &first, 1, NULL);
	uint32_t old = walk_row(p, item, "keys/k.txt");
	uint32_t folder = walk_row(p, item, "keys");
	assert_true(keep(p, item, &second, 1, NULL));
	expect_body(p, item, "keys/k.txt", "BBBB");
	assert_int_equal(walk_row(p, item, "keys"), folder);
	assert_true(walk_row(p, item, "keys/k.txt") > old);
	assert_int_equal(file_body(p->store, old, &bytes), -ENOENT);
	assert_int_equal(files_former_names(p->store, ACCOUNT, item, &names, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(names[0].parent, folder);
	assert_string_equal(names[0].name, "k.txt");

	assert_true(keep(p, item, &zip, 1, NULL));
	assert_false(keep(p, item, &zip, 1, NULL));
	zip.password = "new";
	assert_true(keep(p, item, &zip, 1, NULL));
	/* In the place of a file that is fetched, and of a folder. */
	struct keepsake csv = text("orders.csv", "a,b\n");
	assert_true(keep(p, item, &csv, 1, NULL));
	struct keepsake flat = text("keys", "all");
	assert_true(keep(p, item, &flat, 1, NULL));
	assert_int_equal(walk_row(p, item, "keys/k.txt"), 0);
	assert_true(keep(p, item, &second, 1, NULL));
	expect_body(p, item, "keys/k.txt", "BBBB");
}

static void what_was_delivered_stays(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "0", .state = STATE_RUNNING, .files = one_file, .file_count = 1};
	struct keepsake parcel[] = {text("keys/k.txt", "AAAA"), text("orders.csv", "mine")};
	struct item_change change;

	merge(p, fact);
	uint32_t item = row_of(p, "0");
	keep(p, item, parcel, 2, NULL);
	assert_int_equal(merge(p, fact), 0); /* also where a fact has a file of that name */
	fact.version = "v2";
	assert_int_equal(merge(p, fact), 0);
	fact = (struct fact){.id = "0", .state = STATE_RUNNING};
	assert_int_equal(merge(p, fact), 0);
	await(p, item, 60);
	assert_int_equal(merge(p, (struct fact){.id = "0", .state = STATE_READY}), 0);
	item_expire(p->store, item, &change);
	assert_int_equal(pass(p, 1, 3, 1, INT64_MAX, INT64_MAX), 0);
	assert_int_equal(pass(p, 1, 3, 1, INT64_MAX, INT64_MAX), 0);
	assert_int_equal(item_remove(p->store, item, &change), 0);
	assert_int_equal(change.changes, 0);
	reopen(p);
	assert_int_equal(row_of(p, "0"), item);
	expect_body(p, item, "keys/k.txt", "AAAA");
	expect_body(p, item, "orders.csv", "mine");
	assert_int_equal(pass(p, 3, 1, 1, 0, INT64_MAX), 2); /* others do not */
}

static void documents_belong_to_the_account(void **state)
{
	struct place *p = *state;
	struct keepsake all[] = {text("products/1.json", "1"), text("products/2.json", "2"),
				 text("products/old/3.json", "3")};
	struct keepsake partner = text("partner.json", "{}");
	struct file *files;
	int count;

	assert_true(keep(p, 0, &partner, 1, NULL));
	assert_true(keep(p, 0, all, 3, "products"));
	merge(p, (struct fact){.id = "7"});
	assert_int_equal(files_in(p->store, ACCOUNT, 0, 0, &files, &count), 0);
	assert_int_equal(count, 2);
	uint32_t products = files[1].row;
	files_finish(files, count);
	assert_int_equal(files_in(p->store, 2, 0, 0, &files, &count), 0);
	assert_int_equal(count, 0);

	/* What changed since, then the whole. */
	struct keepsake news = text("products/2.json", "22");
	assert_true(keep(p, 0, &news, 1, NULL));
	expect_body(p, 0, "products/1.json", "1");
	expect_body(p, 0, "products/2.json", "22");
	assert_true(keep(p, 0, all, 2, "products"));
	assert_int_equal(walk_row(p, 0, "products/old"), 0);
	assert_true(keep(p, 0, all, 1, "products"));
	assert_int_equal(files_in(p->store, ACCOUNT, 0, products, &files, &count), 0);
	assert_int_equal(count, 1);
	files_finish(files, count);
	expect_body(p, 0, "products/1.json", "1");
	expect_body(p, 0, "partner.json", "{}");
	assert_false(keep(p, 0, all, 1, "products"));

	/* A listing without a row empties the folder, and makes it where nothing ever came. */
	assert_true(keep(p, 0, NULL, 0, "products"));
	assert_int_equal(walk_row(p, 0, "products"), products);
	assert_int_equal(walk_row(p, 0, "products/1.json"), 0);
	expect_body(p, 0, "partner.json", "{}");
	assert_false(keep(p, 0, NULL, 0, "products"));
	assert_true(keep(p, 0, NULL, 0, "types"));
	assert_true(walk_row(p, 0, "types") > 0);
}

static void keep_and_hang(struct store *store, int told)
{
	struct keepsake key = text("keys/k.txt", "AAAA");
	bool changed;

	if (files_keep(store, ACCOUNT, 1, &key, 1, NULL, &changed) == 0 &&
	    write(told, "", 1) == 1) {
		pause();
	}
}

static void a_delivery_outlives_a_kill(void **state)
{
	struct place *p = *state;

	merge(p, (struct fact){.id = "7"});
	shut(p);
	in_child(p, keep_and_hang, 1);
	p->store = open_store(p->dir);
	expect_body(p, 1, "keys/k.txt", "AAAA");
}

static void fifty_megabytes_of_keys_are_kept_at_once(void **state)
{
	enum { KEYS = 500, BYTES = 100 << 10, LIMIT_MS = 20000 };
	struct place *p = *state;
	auto_free char *body = calloc(1, BYTES);
	auto_free char *paths = calloc(KEYS, 32);
	struct keepsake list[KEYS];

	merge(p, (struct fact){.id = "7"});
	for (int i = 0; i < KEYS; i++) {
		snprintf(paths + 32 * i, 32, "keys/p%d/%d.png", i % 3, i);
		list[i] = (struct keepsake){.path = paths + 32 * i, .body = body, .length = BYTES};
	}
	int64_t start_ms = clock_ms();
	assert_true(keep(p, 1, list, KEYS, NULL));
	assert_false(keep(p, 1, list, KEYS, "keys"));
	assert_true(clock_ms() - start_ms < LIMIT_MS);
	struct store_totals totals;
	assert_int_equal(store_totals(p->store, &totals), 0);
	assert_int_equal(totals.bytes, (uint64_t)KEYS * BYTES);
}

static void a_failed_delivery_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct keepsake list[] = {text("keys/k.txt", "AAAA"), text("keys//k.txt", "BBBB")};
	bool changed;

	merge(p, (struct fact){.id = "7"});
	assert_int_equal(files_keep(p->store, ACCOUNT, 1, list, 2, NULL, &changed), -EINVAL);
	assert_false(changed);
	assert_int_equal(walk_row(p, 1, "keys"), 0);
	assert_true(keep(p, 1, list, 1, "keys"));
}

/* ---- Migration. */

/* A database as version 1 wrote it, with an item and its file. */
static void write_version_1(const struct place *p)
{
	struct connection c;
	char path[128];

	path_in(p, "orderfs.db", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(connection_open(&c, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
					 "PRAGMA journal_mode=WAL", ""),
			 0);
	assert_int_equal(connection_run(&c, "make it", schema_steps[0]), 0);
	assert_int_equal(
		connection_run(
			&c, "fill it",
			"INSERT INTO place (account, number, name) VALUES (0, 1, 'shop'),"
			" (1, 1, 'orders');"
			"INSERT INTO item (account, collection, id, name, state, changed_ns, state_ns,"
			" record_ns, first_ns, remembered)"
			" VALUES (1, 1, '7', '7', 4, 5, 5, 5, 5, '{}');"
			"INSERT INTO record VALUES (1, '{\"a\":1}');"
			"INSERT INTO file (item, account, name, size, mtime_ns, etag, current)"
			" VALUES (1, 1, 'orders.csv', 3, 5, 'x', 0), (1, 1, 'orders.csv', 9, 6, 'y', 1);"
			"PRAGMA user_version = 1"),
		0);
	connection_close(&c);
}

static void an_older_database_is_brought_up_to_date(void **state)
{
	struct place *p = *state;
	struct fact fact = {.id = "7", .state = STATE_READY, .files = one_file, .file_count = 1};
	struct item_change change;
	struct file file;

	shut(p);
	write_version_1(p);
	p->store = open_store(p->dir);
	struct item item = get(p, "7");
	assert_int_equal(item.state, STATE_READY);
	assert_string_equal(item.record, "{\"a\":1}");
	assert_string_equal(item.remembered, "{}");
	assert_null(item.part);
	assert_null(item.version);
	item_finish(&item);
	assert_int_equal(file_by_name(p->store, ACCOUNT, 1, 0, "orders.csv", &file), 0);
	assert_int_equal(file.row, 2);
	assert_int_equal(file.size, 9);
	assert_int_equal(file.kind, FILE_REMOTE);
	assert_int_equal(file.parent, 0);
	assert_string_equal(file.etag, "y");
	assert_null(file.password);
	file_finish(&file);
	assert_int_equal(merge(p, fact), 0);
	struct keepsake key = text("keys/k.txt", "AAAA");
	assert_true(keep(p, 1, &key, 1, NULL));
	reopen(p);
	expect_body(p, 1, "keys/k.txt", "AAAA");
	merge(p, (struct fact){.id = "8", .part = "{}"});
	assert_int_equal(item_remove(p->store, row_of(p, "8"), &change), 0);
	assert_int_equal(change.changes, CHANGE_GONE);
}

struct race {
	struct store *store;
	_Atomic bool over;
	_Atomic int lookups;
	pthread_barrier_t start;
};

/* Sees every batch whole: the items of one batch are always in one state. */
static void *read_all(void *context)
{
	struct race *race = context;
	struct item_line lines[BATCH];

	pthread_barrier_wait(&race->start);
	do {
		int active = 0;
		struct item item;
		assert_int_equal(items_list(race->store, ACCOUNT, ORDERS, 0, lines, BATCH), BATCH);
		assert_int_equal(items_active(race->store, ACCOUNT, ORDERS, &active), 0);
		assert_int_equal(active % BATCH, 0);
		assert_int_equal(item_by_name(race->store, ACCOUNT, ORDERS, lines[7].name, &item),
				 0);
		assert_int_equal(item.row, lines[7].row);
		item_finish(&item);
		race->lookups++;
	} while (!race->over);
	return NULL;
}

static void readers_see_whole_merges(void **state)
{
	enum { READERS = 80 }; /* more than there are connections */
	struct place *p = *state;
	struct race race = {.store = p->store};
	pthread_t threads[READERS];
	struct fact facts[BATCH];
	char ids[BATCH][12];

	merge_numbered(p->store, ORDERS, 0, BATCH, 0);
	pthread_barrier_init(&race.start, NULL, READERS + 1);
	for (int i = 0; i < READERS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, &race), 0);
	}
	pthread_barrier_wait(&race.start);
	for (int round = 0; round < 100 || race.lookups < 10 * READERS; round++) {
		for (int i = 0; i < BATCH; i++) {
			snprintf(ids[i], sizeof(ids[i]), "%d", i);
			facts[i] = (struct fact){.id = ids[i],
						 .state = round % 2 ? STATE_READY : STATE_QUEUED};
		}
		assert_int_equal(items_merge(p->store, ACCOUNT, ORDERS, facts, BATCH, NULL, NULL),
				 0);
	}
	race.over = true;
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
	}
	pthread_barrier_destroy(&race.start);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_private),
		TEST(a_folder_that_cannot_be_made_is_named),
		TEST(places_keep_their_numbers),
		TEST(a_state_has_a_date),
		TEST(a_new_item_has_the_times_of_the_api),
		TEST(what_is_known_is_not_written),
		TEST(each_change_has_its_bit_and_its_time),
		TEST(a_folder_changes_when_an_entry_does),
		TEST(trouble_shows_in_the_same_file_as_an_error),
		TEST(what_is_remembered_changes_the_record),
		TEST(any_id_has_a_name),
		TEST(an_id_said_twice_counts_once),
		TEST(listings_are_whole_and_in_order),
		TEST(a_listing_tells_what_is_gone),
		TEST(what_is_past_its_life_goes_at_once),
		TEST(only_the_open_pass_counts),
		TEST(rows_are_never_given_twice),
		TEST(rows_fit_an_inode_number),
		TEST(files_follow_the_facts),
		TEST(a_file_is_one_content_for_ever),
		TEST(the_journal_tells_what_was_asked_for),
		TEST(a_command_outlives_a_kill),
		TEST(a_kill_leaves_whole_transactions),
		TEST(one_orderfs_a_folder),
		TEST(a_damaged_file_is_set_aside),
		TEST(what_a_crash_left_is_set_aside_with_it),
		TEST(damage_that_is_met_is_looked_for),
		TEST(a_false_suspicion_is_dropped),
		TEST(a_newer_file_is_left_alone),
		TEST(a_full_disk_is_enospc_and_passes),
		TEST(no_memory_is_an_ordinary_error),
		TEST(a_part_is_apart_from_the_record),
		TEST(a_part_is_as_old_as_the_item),
		TEST(a_folder_may_be_called_otherwise),
		TEST(what_is_not_settled_is_listed_by_name),
		TEST(another_version_has_other_files),
		TEST(a_file_may_come_from_elsewhere),
		TEST(after_an_act_the_old_record_does_not_count),
		TEST(what_an_act_made_has_a_new_date),
		TEST(work_under_way_ends_the_waiting),
		TEST(waiting_has_an_end),
		TEST(what_is_gone_stays_expired),
		TEST(a_delivery_lies_in_folders),
		TEST(other_bytes_are_another_version),
		TEST(what_was_delivered_stays),
		TEST(documents_belong_to_the_account),
		TEST(a_delivery_outlives_a_kill),
		TEST(fifty_megabytes_of_keys_are_kept_at_once),
		TEST(a_failed_delivery_leaves_nothing),
		TEST(an_older_database_is_brought_up_to_date),
		TEST(readers_see_whole_merges),
	};

	log_setup(LOG_LEVEL_ERROR, false);
	int failed = cmocka_run_group_tests_name("store", tests, NULL, NULL);
	log_finish();
	return failed;
}
