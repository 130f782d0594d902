/* What a change in the store means for names and attributes that the kernel may have kept. */
#ifndef VIEW_EVENTS_H
#define VIEW_EVENTS_H

#include "base/name.h"
#include "view/view.h"

enum event_kind {
	EVENT_STAT, /* attributes of ino are others now */
	EVENT_NAME, /* name in the folder parent may stand for something else now */
	EVENT_GONE, /* name in the folder parent, which was ino, is gone */
};
struct event {
	enum event_kind kind;
	uint64_t ino;
	uint64_t parent;
	char name[NAME_BYTES];
};

/* Calls emit for every event, in order. */
void view_events(const struct view *view, unsigned account, unsigned collection,
		 const struct item_change *changes, int count,
		 void (*emit)(void *context, const struct event *event), void *context);

#endif
