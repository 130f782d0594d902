/* What the API said of one item, compared with what is stored, and how much of it is believed. */
#include "store/merge.h"

#include <string.h>

/* After an act the API may go on telling of what there was before, and of files that it has
 * deleted: both are known by the version, which only another one or work under way ends. */
static void believe(const struct merge *m, struct query *q, const struct fact *fact,
		    struct known *known)
{
	bool other = fact->version && !query_is(q, 12, fact->version);
	bool over = other || state_is_active(fact->state);

	known->new_version = other;
	known->files_ns = query_int(q, 15);
	if (other) {
		/* Where the API has no date for them it is when they were first heard of: of the
		 * same size and date they would be taken for the old ones by what copies. */
		bool dated = fact->updated_ns > query_int(q, 4);
		known->files_ns = dated ? 0 : m->now_ns;
	}
	known->awaited = !over && query_int(q, 13) > m->now_ns;
	known->heard = over && query_int(q, 13) > m->now_ns;
	known->expired = !over && query_int(q, 14) != 0;
	known->differs = other || known->awaited != query_has(q, 13) ||
			 known->expired != (query_int(q, 14) != 0);
	if (known->awaited) {
		known->now.state = STATE_QUEUED;
		known->error = NULL;
		known->file_count = 0;
	} else if (known->expired && fact->state == STATE_READY) {
		known->now.state = STATE_EXPIRED;
		known->file_count = 0;
	}
}

static bool is_object(const char *json)
{
	return json[0] == '{';
}

static void compare_texts(struct query *q, const struct fact *fact, struct known *known)
{
	known->record = (fact->record && !query_is(q, 6, fact->record)) ||
			(fact->remembered && !query_is(q, 7, fact->remembered));
	known->part = fact->part && !query_is(q, 10, fact->part);
	known->has_part = query_has(q, 10);
	if (known->record || known->part) {
		known->now.changes |= CHANGE_RECORD;
		known->leaves |= (known->record ? LEAF_NEWS_RECORD : 0) |
				 (known->part ? LEAF_NEWS_PART : 0);
	}
	if (!query_is(q, 8, known->error)) {
		known->now.changes |= CHANGE_ERROR;
		/* Our own words keep the file there whatever the API says. */
		if (query_has(q, 8) != (known->error != NULL) && !query_has(q, 9)) {
			known->leaves |= known->error ? LEAF_NEWS_ERROR_CAME : LEAF_NEWS_ERROR_WENT;
		}
	}
	/* The part has a file of its own while it is an object. */
	if (fact->part && is_object(fact->part) != (query_int(q, 11) != 0)) {
		known->leaves |= is_object(fact->part) ? LEAF_NEWS_PART_CAME : LEAF_NEWS_PART_WENT;
	}
	known->entries = known->leaves & LEAF_NEWS_ENTRIES;
}

int merge_compare(struct merge *m, const struct fact *fact, struct known *known)
{
	struct query q = query_begin(m->writer, SQL_MERGE_FIND);

	known->now.state = fact->state;
	known->error = fact->error;
	known->file_count = fact->file_count;
	query_add_int(&q, m->account);
	query_add_int(&q, m->collection);
	query_add_text(&q, fact->id);
	if (!query_next(&q)) {
		return query_end(&q);
	}
	known->now.row = (uint32_t)query_int(&q, 0);
	query_name(&q, 1, known->now.name);
	believe(m, &q, fact, known);
	known->now.was = (enum state)query_int(&q, 2);
	if (known->now.was != known->now.state) {
		known->now.changes |= CHANGE_STATE;
	}
	known->differs = known->differs ||
			 (fact->created_ns && fact->created_ns != query_int(&q, 3)) ||
			 (fact->updated_ns && fact->updated_ns != query_int(&q, 4)) ||
			 query_int(&q, 5) != 0;
	compare_texts(&q, fact, known);
	return query_end(&q);
}
