/* Events of an item that has a file whose size is not known yet wait for that: they are told in the
 * order in which they happened. All of this under the view's `telling`. */
#include "view/events.h"

#include <stdlib.h>

#include "view/internal.h"

/* One for each item that waits. */
struct lane {
	struct event *first;
	struct event **last;
	uint64_t measuring; /* the file, before its event comes */
};

static struct lane *find_lane(const struct view *view, uint32_t item)
{
	const uint64_t *place = table_find(&view->lanes, item);

	return place ? (struct lane *)(uintptr_t)*place : NULL;
}

static struct lane *add_lane(struct view *view, uint32_t item)
{
	struct lane *lane = find_lane(view, item);
	uint64_t *place = lane ? NULL : table_add(&view->lanes, item);

	if (lane || !place) {
		return lane;
	}
	lane = calloc(1, sizeof(*lane));
	if (!lane) {
		table_remove(&view->lanes, item);
		return NULL;
	}
	lane->last = &lane->first;
	*place = (uintptr_t)lane;
	return lane;
}

void lanes_send(struct view *view, uint32_t item, struct event *event)
{
	struct lane *lane = find_lane(view, item);

	if (!lane) {
		view->listener.tell(view->listener.context, event);
		return;
	}
	event->waits = lane->measuring == event->ino;
	lane->measuring = 0;
	*lane->last = event;
	lane->last = &event->next;
}

/* Tells what waits for nothing any more. */
static void run_lane(struct view *view, uint32_t item, struct lane *lane)
{
	struct event *events = lane->first;
	struct event **end = &lane->first;

	while (*end && !(*end)->waits) {
		end = &(*end)->next;
	}
	if (end != &lane->first) {
		lane->first = *end;
		*end = NULL;
		/* Together, so that what is over before it was told is not told. */
		view->listener.tell(view->listener.context, events);
	}
	if (!lane->first) {
		table_remove(&view->lanes, item);
		free(lane);
	}
}

static void on_measured(void *context, uint32_t row)
{
	struct view *view = context;
	struct file file = {0};

	if (file_by_row(view->options.store, row, &file) == 0) {
		uint64_t ino = node_ino(ADDRESS_FILE, file.account, 0, row, LEAF_CONTENT);
		pthread_mutex_lock(&view->telling);
		struct lane *lane = find_lane(view, file.item);
		for (struct event *e = lane ? lane->first : NULL; e; e = e->next) {
			e->waits = e->waits && e->ino != ino;
		}
		if (lane && view->listener.tell) {
			run_lane(view, file.item, lane);
		}
		pthread_mutex_unlock(&view->telling);
	}
	file_finish(&file);
}

void lanes_measure(struct view *view, struct account *account, const struct file *file)
{
	struct lane *lane = add_lane(view, file->item);

	if (!lane) {
		return;
	}
	lane->measuring = node_ino(ADDRESS_FILE, file->account, 0, file->row, LEAF_CONTENT);
	if (!account_learn_later(account, file->row, on_measured, view)) {
		lane->measuring = 0;
		run_lane(view, file->item, lane);
	}
}

void lanes_finish(struct view *view)
{
	size_t at = 0;
	uint64_t item;

	while (table_next(&view->lanes, &at, &item)) {
		struct lane *lane = find_lane(view, (uint32_t)item);
		while (lane->first) {
			struct event *event = lane->first;
			lane->first = event->next;
			event_destroy(event);
		}
		free(lane);
	}
	table_finish(&view->lanes);
}
