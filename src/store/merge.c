/* What the API said, compared with what is stored, and written where it differs.
 *
 * Most of what a listing says is known already, so comparing is the common case: it costs two reads
 * an item, and writes nothing to the item's row. Each call is one transaction. */
#include "store/merge.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "store/files.h"
#include "store/fresh.h"
#include "store/pool.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

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

/* Two ids meet in one name only when one of them is as long as a name can be and ends like the hash
 * of the other; what an API calls its items may be the same for several. The second is numbered
 * then. */
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

static int write_part(struct merge *m, uint32_t row, const char *part, int64_t ns)
{
	struct query q = query_begin(m->writer, SQL_PART_SET);

	query_add_int(&q, row);
	query_add_text(&q, part);
	query_add_int(&q, ns);
	return query_run(&q);
}

/* A part that was never heard of is as old as the item; another one is news. */
static int write_texts(struct merge *m, const struct fact *fact, const struct known *known)
{
	int64_t part_ns = known->has_part ? m->now_ns
					  : time_of(m, fact->updated_ns, fact->created_ns);
	int r = known->record && fact->record ? write_record(m, known->now.row, fact->record) : 0;

	if (!r && known->part) {
		r = write_part(m, known->now.row, fact->part, part_ns);
	}
	return r;
}

static int merge_files(struct merge *m, const struct fact *fact, struct known *known)
{
	bool changed = false;
	int64_t date_ns = time_of(m, fact->updated_ns, fact->created_ns);
	struct offer offer = {
		.files = fact->files,
		.count = known->file_count,
		.new_version = known->new_version,
		.mtime_ns = date_ns > known->files_ns ? date_ns : known->files_ns,
	};
	/* What a part tells when it is heard of for the first time. */
	fresh_set_late(m->writer, known->part && !known->has_part);
	int r = files_merge(m->writer, m->account, known->now.row, &offer, &changed);
	fresh_set_late(m->writer, false);

	if (changed) {
		known->now.changes |= CHANGE_FILES;
	}
	return r;
}

static int add_item(struct merge *m, const struct fact *fact, struct known *known)
{
	int64_t made_ns = time_of(m, fact->created_ns, fact->updated_ns);
	int64_t state_ns = time_of(m, fact->updated_ns, fact->created_ns);
	int r = choose_name(m, fact->name ? fact->name : fact->id, known->now.name);

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
	query_add_text(&q, fact->version);
	query_add_int(&q, fact->part != NULL);
	r = query_insert(&q, &known->now.row);
	if (!r) {
		r = view_item_came(m->writer, known->now.row);
	}
	known->record = true;
	known->part = fact->part != NULL;
	if (!r) {
		r = write_texts(m, fact, known);
	}
	known->now.changes = CHANGE_NEW | (fact->error ? CHANGE_ERROR : 0);
	return r < 0 ? r : merge_files(m, fact, known);
}

static int update_row(struct merge *m, const struct fact *fact, const struct known *known)
{
	bool entries = known->entries || known->now.changes & CHANGE_FILES;
	struct query q = query_begin(m->writer, SQL_MERGE_UPDATE);

	query_add_int(&q, known->now.row);
	query_add_int(&q, known->now.state);
	query_add_time(&q, fact->created_ns);
	query_add_time(&q, fact->updated_ns);
	query_add_time(&q, entries ? m->now_ns : 0);
	query_add_time(&q, known->now.changes & CHANGE_STATE ? m->now_ns : 0);
	query_add_time(&q, known->record ? m->now_ns : 0);
	query_add_time(&q, known->now.changes & CHANGE_ERROR ? m->now_ns : 0);
	query_add_text(&q, known->error);
	query_add_text(&q, fact->remembered);
	query_add_text(&q, fact->version);
	query_add_int(&q, fact->part != NULL);
	query_add_int(&q, known->awaited);
	query_add_int(&q, known->expired);
	query_add_time(&q, known->files_ns);
	query_add_time(&q, known->heard ? m->now_ns : 0);
	return query_run(&q);
}

static int update_item(struct merge *m, const struct fact *fact, struct known *known)
{
	int r = merge_files(m, fact, known);

	if (!r) {
		r = write_texts(m, fact, known);
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
	struct known known = {0};
	int r = merge_compare(m, fact, &known);

	if (!r) {
		r = known.now.row ? update_item(m, fact, &known) : add_item(m, fact, &known);
	}
	if (!r && m->pass) {
		r = mark_seen(m, known.now.row);
	}
	if (!r) {
		fresh_item(m->writer, m->account, m->collection, &known.now, known.leaves, 0);
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

static bool was_listed(struct connection *writer, unsigned account, unsigned collection)
{
	struct query q = query_begin(writer, SQL_PLACE_LISTED_AT);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	bool listed = query_next(&q) && query_int(&q, 0) != 0;
	return query_end(&q) < 0 || listed;
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
	fresh_set_first(m.writer, !was_listed(m.writer, account, collection));
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
