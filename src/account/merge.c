/* What the API said about items, brought into the store: rows of listings, single rows, and parts
 * that come apart from their rows. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

void account_report_changes(struct account *account, unsigned collection,
			    const struct item_change *changes, int count)
{
	if (count > 0 && account->shared->changed) {
		account->shared->changed(account->shared->context, account->number, collection,
					 changes, count);
	}
}

void account_report_item(struct account *account, const struct item *item, unsigned changes)
{
	struct item_change change = {.row = item->row, .changes = changes, .state = item->state};

	snprintf(change.name, sizeof(change.name), "%s", item->name);
	account_report_changes(account, item->collection, &change, 1);
}

/* A row as the store takes it. The fact borrows from the row; its files are *files, the caller's. */
static int fact_of_row(const struct row *row, struct fact *out, struct fact_file **files)
{
	struct fact_file *list = calloc((size_t)row->file_count + 1, sizeof(*list));

	if (!list) {
		return -ENOMEM;
	}
	for (int i = 0; i < row->file_count; i++) {
		const struct row_file *file = &row->files[i];
		list[i] = (struct fact_file){file->name, file->spec, file->element};
	}
	*files = list;
	*out = (struct fact){
		.id = row->id,
		.name = row->name,
		.state = row->state,
		.created_ns = row->created_ns,
		.updated_ns = row->updated_ns,
		.error = row->error,
		.record = row->record,
		.part = row->part,
		.version = row->version,
		.files = list,
		.file_count = row->file_count,
	};
	return 0;
}

/* A state that the description does not know is told once for each item that comes into it. */
static void tell_unknown(struct account *account, const struct work *work,
			 const struct item_change *changes, int count)
{
	for (int i = 0; i < count; i++) {
		if (changes[i].state == STATE_UNKNOWN &&
		    changes[i].changes & (CHANGE_NEW | CHANGE_STATE)) {
			log_info("%s: %s/%s: the description has no state for what the API says; "
				 "see %s",
				 account->config->name, work->name, changes[i].name,
				 work->spec->part_record ? work->spec->part_record
							 : work->spec->record);
		}
	}
}

/* What is known of the item's part, parsed; NULL when nothing is, or the API's rows have none. */
static int known_part(struct account *account, struct work *work, const char *id, struct doc **out)
{
	struct item item = {0};

	*out = NULL;
	if (!work->spec->part) {
		return 0;
	}
	int r = item_by_id(account->shared->store, account->number, work->number, id, &item);
	if (r == 0 && item.part) {
		r = doc_parse_json(item.part, strlen(item.part), 0, out, NULL);
	}
	item_finish(&item);
	return r == -ENOENT ? 0 : r;
}

/* A row as it reads together with the part that is known. */
static int read_row(struct account *account, struct work *work, const struct doc *node,
		    struct row *out, struct problem *why)
{
	struct doc *part = NULL;
	int64_t now = clock_wall_ns();
	int r = row_read(work->spec, NULL, node, NULL, now, out, why);

	if (r == 0) {
		r = known_part(account, work, out->id, &part);
	}
	if (r == 0 && part) {
		row_finish(out);
		r = row_read(work->spec, NULL, node, part, now, out, why);
	}
	doc_destroy(part);
	return r;
}

struct batch {
	struct row rows[MERGE_BATCH];
	struct fact facts[MERGE_BATCH];
	struct fact_file *files[MERGE_BATCH];
	int count;
};

static void batch_finish(struct batch *batch)
{
	for (int i = 0; i < batch->count; i++) {
		row_finish(&batch->rows[i]);
		free(batch->files[i]);
	}
	free(batch);
}

/* A row that cannot be read is left out, said so in the log, and does no harm to the others. */
static void batch_add(struct batch *batch, struct account *account, struct work *work,
		      const struct doc *node, size_t index)
{
	struct problem why = {0};
	struct row *row = &batch->rows[batch->count];
	int r = read_row(account, work, node, row, &why);

	if (r == 0) {
		r = fact_of_row(row, &batch->facts[batch->count], &batch->files[batch->count]);
	}
	if (r < 0) {
		log_error(r, "%s: %s: row %zu is left out: %s", account->config->name, work->name,
			  index, problem_words(&why, r));
		row_finish(row);
	} else {
		batch->count++;
	}
	problem_finish(&why);
}

static int batch_merge(struct batch *batch, struct account *account, struct work *work,
		       int64_t pass, bool *news)
{
	auto_free struct item_change *changes = NULL;
	int changed = 0;

	int r = pass ? items_merge_pass(account->shared->store, account->number, work->number, pass,
					batch->facts, batch->count, &changes, &changed)
		     : items_merge(account->shared->store, account->number, work->number,
				   batch->facts, batch->count, &changes, &changed);
	if (r < 0) {
		return r;
	}
	tell_unknown(account, work, changes, changed);
	*news = *news || changed > 0;
	account_report_changes(account, work->number, changes, changed);
	return 0;
}

int merge_page(struct account *account, struct work *work, int64_t pass, const struct doc *rows,
	       struct waiter *waiter, bool *news)
{
	size_t count = doc_count(rows);
	int r = 0;

	for (size_t first = 0; first < count && r == 0; first += MERGE_BATCH) {
		struct batch *batch = calloc(1, sizeof(*batch));
		if (!batch) {
			return -ENOMEM;
		}
		for (size_t i = first; i < count && i < first + MERGE_BATCH; i++) {
			const struct doc *node = page_row(&work->spec->list, rows, i);
			if (node) {
				batch_add(batch, account, work, node, i);
			}
		}
		r = batch_merge(batch, account, work, pass, news);
		batch_finish(batch);
		if (r == 0 && waiter_is_interrupted(waiter)) {
			r = -EINTR; /* orderfs is ending */
		}
	}
	return r;
}

/* One row into the store; remembered may be NULL. */
static int merge_read(struct account *account, struct work *work, struct row *row,
		      const char *remembered, uint32_t *out_row)
{
	auto_free struct item_change *changes = NULL;
	auto_free struct fact_file *files = NULL;
	struct item item = {0};
	struct fact fact;
	int changed = 0;

	int r = fact_of_row(row, &fact, &files);
	if (r == 0) {
		fact.remembered = remembered;
		r = items_merge(account->shared->store, account->number, work->number, &fact, 1,
				&changes, &changed);
	}
	if (r == 0) {
		r = item_by_id(account->shared->store, account->number, work->number, row->id,
			       &item);
	}
	if (r == 0) {
		*out_row = item.row;
		flight_mark(&account->flights, flight_key(FLIGHT_ITEM, item.row), FRESH_MS);
		tell_unknown(account, work, changes, changed);
		account_report_changes(account, work->number, changes, changed);
	}
	item_finish(&item);
	return r;
}

int merge_row(struct account *account, struct work *work, const struct doc *node,
	      const char *remembered, uint32_t *out_row, struct problem *why)
{
	struct row row = {0};
	int r = read_row(account, work, node, &row, why);

	if (r == 0) {
		r = merge_read(account, work, &row, remembered, out_row);
	}
	row_finish(&row);
	return r;
}

int merge_part(struct account *account, struct work *work, const struct item *item,
	       const struct doc *part, struct problem *why)
{
	struct row row = {0};
	struct doc *record = NULL;
	uint32_t out_row;
	const char *text = item->record ? item->record : "{}";

	int r = doc_parse_json(text, strlen(text), 0, &record, why);
	if (r == 0) {
		r = row_read(work->spec, item->id, record, part, clock_wall_ns(), &row, why);
	}
	if (r == 0) {
		r = merge_read(account, work, &row, NULL, &out_row);
	}
	doc_destroy(record);
	row_finish(&row);
	return r;
}

int merge_id(struct account *account, struct work *work, const char *id, const char *record,
	     const char *remembered, uint32_t *row)
{
	auto_free struct item_change *changes = NULL;
	int count = 0;
	struct fact fact = {
		.id = id,
		.state = STATE_QUEUED,
		.record = record ? record : "{}\n",
		.remembered = remembered,
	};

	int r = items_merge(account->shared->store, account->number, work->number, &fact, 1,
			    &changes, &count);
	if (r == 0 && count > 0) {
		*row = changes[0].row;
	}
	account_report_changes(account, work->number, changes, count);
	return r;
}
