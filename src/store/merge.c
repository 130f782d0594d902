/* What the API said, compared with what is stored, and written where it differs.
 *
 * Most of what a listing says is known already, so comparing is the common case: it costs two reads
 * an item, and writes nothing to the item's row. Each call is one transaction. */
#include "store/merge.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "store/pool.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct merge {
	struct connection *writer;
	unsigned account;
	unsigned collection;
	int64_t pass; /* 0: none */
	int64_t now_ns;
	struct changes changes;
};

/* A fact's item as it was stored, compared with the fact. */
struct known {
	struct item_change now; /* row 0: the id is new */
	bool differs;           /* in something that no bit of changes stands for */
	bool error_entry;       /* the file `error` comes or goes */
};

int changes_add(struct changes *c, const struct item_change *change)
{
	if (c->count == c->capacity) {
		int capacity = c->capacity ? 2 * c->capacity : 16;
		struct item_change *list = reallocarray(c->list, (size_t)capacity, sizeof(*list));
		if (!list) {
			return -ENOMEM;
		}
		c->list = list;
		c->capacity = capacity;
	}
	c->list[c->count++] = *change;
	return 0;
}

int changes_end(struct changes *c, int r, struct item_change **list, int *count)
{
	if (r < 0 || !list) {
		free(c->list);
		*c = (struct changes){0};
	}
	if (list) {
		*list = c->list;
		*count = c->count;
	}
	return r;
}

static int compare(struct merge *m, const struct fact *fact, struct known *known)
{
	struct query q = query_begin(m->writer, SQL_MERGE_FIND);

	query_add_int(&q, m->account);
	query_add_int(&q, m->collection);
	query_add_text(&q, fact->id);
	if (!query_next(&q)) {
		return query_end(&q);
	}
	known->now.row = (uint32_t)query_int(&q, 0);
	query_name(&q, 1, known->now.name);
	if (query_int(&q, 2) != (int64_t)fact->state) {
		known->now.changes |= CHANGE_STATE;
	}
	known->differs = (fact->created_ns && fact->created_ns != query_int(&q, 3)) ||
			 (fact->updated_ns && fact->updated_ns != query_int(&q, 4)) ||
			 query_int(&q, 5) != 0;
	if ((fact->record && !query_is(&q, 6, fact->record)) ||
	    (fact->remembered && !query_is(&q, 7, fact->remembered))) {
		known->now.changes |= CHANGE_RECORD;
	}
	if (!query_is(&q, 8, fact->error)) {
		known->now.changes |= CHANGE_ERROR;
		/* Our own words keep the file there whatever the API says. */
		known->error_entry = query_has(&q, 8) != (fact->error != NULL) && !query_has(&q, 9);
	}
	return query_end(&q);
}

static bool is_reserved(const char *name)
{
	return strcmp(name, "trigger") == 0;
}

/* 1, 0 or -errno. */
static int name_is_taken(struct merge *m, const char *name)
{
	struct query q = query_begin(m->writer, SQL_MERGE_NAME_TAKEN);

	query_add_int(&q, m->account);
	query_add_int(&q, m->collection);
	query_add_text(&q, name);
	bool taken = query_next(&q);
	int r = query_end(&q);
	return r < 0 ? r : taken;
}

/* Two ids meet in one name only when one of them is as long as a name can be and ends like the
 * hash of the other: then the second is numbered. */
static int choose_name(struct merge *m, const char *id, char out[NAME_BYTES])
{
	int r;

	name_safe(id, strlen(id), is_reserved, out);
	for (int n = 2; (r = name_is_taken(m, out)) > 0; n++) {
		auto_free char *numbered = NULL;
		int length = asprintf(&numbered, "%s~%d", id, n);
		if (length < 0) {
			numbered = NULL;
			return -ENOMEM;
		}
		name_safe(numbered, (size_t)length, is_reserved, out);
	}
	return r;
}

/* When what a fact says is news became true, as far as the API tells. */
static int64_t time_of(const struct merge *m, int64_t first_choice, int64_t second_choice)
{
	return first_choice ? first_choice : second_choice ? second_choice : m->now_ns;
}

static int write_record(struct merge *m, uint32_t row, const char *record)
{
	struct query q = query_begin(m->writer, SQL_RECORD_SET);

	query_add_int(&q, row);
	query_add_text(&q, record);
	return query_run(&q);
}

static int merge_files(struct merge *m, const struct fact *fact, struct known *known)
{
	bool changed = false;
	int r = files_merge(m->writer, m->account, known->now.row, fact->files, fact->file_count,
			    time_of(m, fact->updated_ns, fact->created_ns), &changed);

	if (changed) {
		known->now.changes |= CHANGE_FILES;
	}
	return r;
}

static int add_item(struct merge *m, const struct fact *fact, struct known *known)
{
	int64_t made_ns = time_of(m, fact->created_ns, fact->updated_ns);
	int64_t state_ns = time_of(m, fact->updated_ns, fact->created_ns);
	int r = choose_name(m, fact->id, known->now.name);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(m->writer, SQL_MERGE_ADD);
	query_add_int(&q, m->account);
	query_add_int(&q, m->collection);
	query_add_text(&q, fact->id);
	query_add_text(&q, known->now.name);
	query_add_int(&q, fact->state);
	query_add_time(&q, fact->created_ns);
	query_add_time(&q, fact->updated_ns);
	query_add_int(&q, made_ns);
	query_add_int(&q, state_ns);
	query_add_int(&q, state_ns);
	query_add_time(&q, fact->error ? state_ns : 0);
	query_add_int(&q, m->now_ns);
	query_add_text(&q, fact->error);
	query_add_text(&q, fact->remembered);
	r = query_insert(&q, &known->now.row);
	if (!r && fact->record) {
		r = write_record(m, known->now.row, fact->record);
	}
	known->now.changes = CHANGE_NEW | (fact->error ? CHANGE_ERROR : 0);
	return r < 0 ? r : merge_files(m, fact, known);
}

static int update_row(struct merge *m, const struct fact *fact, const struct known *known)
{
	bool entries = known->error_entry || known->now.changes & CHANGE_FILES;
	struct query q = query_begin(m->writer, SQL_MERGE_UPDATE);

	query_add_int(&q, known->now.row);
	query_add_int(&q, fact->state);
	query_add_time(&q, fact->created_ns);
	query_add_time(&q, fact->updated_ns);
	query_add_time(&q, entries ? m->now_ns : 0);
	query_add_time(&q, known->now.changes & CHANGE_STATE ? m->now_ns : 0);
	query_add_time(&q, known->now.changes & CHANGE_RECORD ? m->now_ns : 0);
	query_add_time(&q, known->now.changes & CHANGE_ERROR ? m->now_ns : 0);
	query_add_text(&q, fact->error);
	query_add_text(&q, fact->remembered);
	return query_run(&q);
}

static int update_item(struct merge *m, const struct fact *fact, struct known *known)
{
	int r = merge_files(m, fact, known);

	if (!r && known->now.changes & CHANGE_RECORD && fact->record) {
		r = write_record(m, known->now.row, fact->record);
	}
	if (!r && (known->now.changes || known->differs)) {
		r = update_row(m, fact, known);
	}
	return r;
}

static int mark_seen(struct merge *m, uint32_t row)
{
	struct query q = query_begin(m->writer, SQL_PASS_SEEN);

	query_add_int(&q, m->pass);
	query_add_int(&q, row);
	return query_run(&q);
}

static int merge_fact(struct merge *m, const struct fact *fact)
{
	struct known known = {.now.state = fact->state};
	int r = compare(m, fact, &known);

	if (!r) {
		r = known.now.row ? update_item(m, fact, &known) : add_item(m, fact, &known);
	}
	if (!r && m->pass) {
		r = mark_seen(m, known.now.row);
	}
	if (!r && known.now.changes) {
		r = changes_add(&m->changes, &known.now);
	}
	return r;
}

static int by_id(const void *a, const void *b)
{
	const struct fact *x = *(const struct fact *const *)a;
	const struct fact *y = *(const struct fact *const *)b;
	int order = strcmp(x->id, y->id);

	return order ? order : (x > y) - (x < y);
}

/* (*repeated)[i] is true when the id of fact i comes again after it. */
static int find_repeated(const struct fact *facts, int count, bool **repeated)
{
	auto_free const struct fact **sorted = calloc((size_t)count + 1, sizeof(*sorted));
	bool *out = calloc((size_t)count + 1, sizeof(*out));

	if (!sorted || !out) {
		free(out);
		return -ENOMEM;
	}
	for (int i = 0; i < count; i++) {
		sorted[i] = &facts[i];
	}
	qsort(sorted, (size_t)count, sizeof(*sorted), by_id);
	for (int i = 0; i + 1 < count; i++) {
		out[sorted[i] - facts] = strcmp(sorted[i]->id, sorted[i + 1]->id) == 0;
	}
	*repeated = out;
	return 0;
}

int items_merge_pass(struct store *store, unsigned account, unsigned collection, int64_t pass,
		     const struct fact *facts, int count, struct item_change **changes,
		     int *changed)
{
	auto_free bool *repeated = NULL;
	struct merge m = {
		.account = account,
		.collection = collection,
		.pass = pass,
		.now_ns = clock_wall_ns(),
	};
	assert(account <= PLACE_ACCOUNTS && collection <= PLACE_COLLECTIONS);
	int r = find_repeated(facts, count, &repeated);
	if (!r) {
		r = writer_begin(store, &m.writer);
	}
	if (r < 0) {
		return changes_end(&m.changes, r, changes, changed);
	}
	if (pass && store->passes[account][collection] != pass) {
		r = -ESTALE;
	}
	for (int i = 0; !r && i < count; i++) {
		if (!repeated[i]) {
			r = merge_fact(&m, &facts[i]);
		}
	}
	r = writer_end(store, r);
	return changes_end(&m.changes, r, changes, changed);
}

int items_merge(struct store *store, unsigned account, unsigned collection,
		const struct fact *facts, int count, struct item_change **changes, int *changed)
{
	return items_merge_pass(store, account, collection, 0, facts, count, changes, changed);
}
