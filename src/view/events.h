/* What changed in the store as what changes in the tree: which names come and go, and which small
 * files say something else now.
 *
 * A name comes when it is told: what is new is hidden until view_told(). Only folders that the
 * kernel knows are told of; in all others what is new is there at once. Events of one item are told
 * in the order in which they happened, and a file once its size is known. */
#ifndef VIEW_EVENTS_H
#define VIEW_EVENTS_H

#include "base/name.h"
#include "view/view.h"

enum event_kind {
	EVENT_CREATE, /* a file comes, complete */
	EVENT_MKDIR,
	EVENT_SYMLINK,
	EVENT_CHANGE, /* a small file says something else now */
	EVENT_UNLINK,
	EVENT_RMDIR,
	EVENT_STAT, /* attributes of ino are others now; it has no path */
};
struct event {
	struct event *next; /* whoever holds it */
	enum event_kind kind;
	bool waits;      /* for its size; the view's */
	mode_t type;     /* S_IFREG … */
	uint64_t ino;    /* what it is about */
	uint64_t parent; /* the folder that has it */
	char *target;    /* SYMLINK; or NULL */
	char path[];     /* from the root of the mount on */
};
const char *event_name(const struct event *event);
void event_destroy(struct event *event);

struct view_listener {
	/* Whether the kernel has heard of it. */
	bool (*knows)(void *context, uint64_t ino);
	/* Takes ownership of it and those that follow it (next). Never waits. */
	void (*tell)(void *context, struct event *events);
	/* The text of a live file is another one, whoever has it open. */
	void (*wake)(void *context, uint64_t ino);
	void *context;
};
/* Before accounts are started; NULL: nobody listens any more, and none of its functions is called or
 * running. */
void view_listen(struct view *view, const struct view_listener *listener);
/* Looks for news in the store, and tells them. Any thread, with no lock held. */
void view_changed(struct view *view);

/* As view_lookup() for what is in the store, also when it is hidden; waits for nothing. */
int view_find(struct view *view, uint64_t parent, const char *name, struct node *out);
/* Attributes of what there is or was, as far as they are known; waits for nothing. */
void view_recall(struct view *view, const struct event *event, struct node *out);
/* It is still hidden: an event that has come too late for it tells nothing. */
bool view_is_hidden(struct view *view, uint64_t parent, uint64_t ino);
/* It was told, or there is nobody to tell: from now on it is there like all others. */
void view_told(struct view *view, uint64_t parent, uint64_t ino);

#endif
