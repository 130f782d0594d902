/* The notifier's queue: events in order, those of one name merged into one. */
#include "mount/internal.h"

#include <stdlib.h>

struct notice {
	struct notice *next;
	struct event *event; /* NULL: merged into another */
	uint64_t key;
};

static bool comes(const struct event *event)
{
	return event->kind == EVENT_CREATE || event->kind == EVENT_MKDIR ||
	       event->kind == EVENT_SYMLINK;
}

static bool goes(const struct event *event)
{
	return event->kind == EVENT_UNLINK || event->kind == EVENT_RMDIR;
}

/* An inode may have two names in two folders; one name of it is one key. */
uint64_t queue_key(const struct event *event)
{
	uint64_t key = event->ino ^ event->parent * UINT64_C(0x9e3779b97f4a7c15);

	return key ? key : 1;
}

void queue_init(struct queue *queue)
{
	queue->last = &queue->first;
}

void queue_finish(struct queue *queue)
{
	struct event *event;

	while ((event = queue_take(queue))) {
		event_destroy(event);
	}
	table_finish(&queue->pending);
}

static struct notice *find(const struct queue *queue, const struct event *event)
{
	const uint64_t *place = table_find(&queue->pending, queue_key(event));
	struct notice *notice = place ? (struct notice *)(uintptr_t)*place : NULL;
	bool same = notice && notice->event->ino == event->ino &&
		    notice->event->parent == event->parent;

	return same ? notice : NULL;
}

static void append(struct queue *queue, struct event *event)
{
	struct notice *notice = malloc(sizeof(*notice));
	uint64_t *place = notice ? table_add(&queue->pending, queue_key(event)) : NULL;

	if (!notice) {
		event_destroy(event); /* the kernel's own timeouts will have to do */
		return;
	}
	*notice = (struct notice){NULL, event, queue_key(event)};
	if (place) {
		*place = (uintptr_t)notice;
	}
	*queue->last = notice;
	queue->last = &notice->next;
}

/* What stood in the queue for the same name, out of it. */
static struct event *withdraw(struct queue *queue, struct notice *notice)
{
	struct event *event = notice->event;

	notice->event = NULL;
	table_remove(&queue->pending, notice->key);
	return event;
}

void queue_add(struct queue *queue, struct event *event, struct event **undone)
{
	struct notice *notice = find(queue, event);
	const struct event *before = notice ? notice->event : NULL;

	*undone = NULL;
	if (!before) {
		append(queue, event);
	} else if (comes(before) && goes(event)) {
		*undone = withdraw(queue, notice);
		event_destroy(event);
	} else if (goes(before) && comes(event) && event->kind == EVENT_CREATE) {
		event_destroy(withdraw(queue, notice));
		event->kind = EVENT_CHANGE;
		append(queue, event);
	} else if (before->kind == EVENT_CHANGE && goes(event)) {
		event_destroy(withdraw(queue, notice));
		append(queue, event);
	} else {
		event_destroy(event);
	}
}

struct event *queue_take(struct queue *queue)
{
	struct event *event = NULL;

	while (!event && queue->first) {
		struct notice *notice = queue->first;
		queue->first = notice->next;
		queue->last = queue->first ? queue->last : &queue->first;
		event = notice->event;
		if (event) {
			table_remove(&queue->pending, notice->key);
		}
		free(notice);
	}
	return event;
}
