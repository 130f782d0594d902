/* Changes in the store as events for the kernel; see events.h.
 *
 * That a name came needs no telling but for the folder's date, since the kernel is never told that
 * one is missing. by-date is left out: see kept_seconds() in links.c. */
#include "view/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "view/internal.h"

typedef void emit_event(void *context, const struct event *event);

/* Where events go, and what one batch of changes has in common. */
struct telling {
	const struct view *view;
	unsigned account;
	unsigned collection;
	emit_event *emit;
	void *context;
	uint64_t folder; /* the collection's */
	uint64_t completed;
	/* Folders that names came to, or went from. */
	bool folder_changed;
	bool completed_changed;
	unsigned states_changed; /* a mask: 1 << state */
};

static void emit_named(const struct telling *t, enum event_kind kind, uint64_t parent, uint64_t ino,
		       const char *name)
{
	struct event event = {.kind = kind, .ino = ino, .parent = parent};

	snprintf(event.name, sizeof(event.name), "%s", name);
	t->emit(t->context, &event);
}

static void emit_stat(const struct telling *t, uint64_t ino)
{
	t->emit(t->context, &(struct event){.kind = EVENT_STAT, .ino = ino});
}

/* The name, and what is shown beside it for what is in an archive of that name. */
static void emit_with_beside(const struct telling *t, uint64_t parent, const char *name)
{
	char beside[NAME_BYTES];
	size_t stem = 0;

	emit_named(t, EVENT_NAME, parent, 0, name);
	if (bundle_kind_of(name, &stem) != BUNDLE_NONE && stem < sizeof(beside)) {
		memcpy(beside, name, stem);
		beside[stem] = '\0';
		emit_named(t, EVENT_NAME, parent, 0, beside);
	}
}

/* Names may have moved to another version, or be gone; with the item's folder its own are. */
static void emit_former_names(const struct telling *t, const struct item_change *change,
			      uint64_t item)
{
	struct former_name *names = NULL;
	int count = 0;
	int r = files_former_names(t->view->options.store, t->account, change->row, &names, &count);

	if (r < 0) {
		log_debug("the kernel is not told which files were replaced: %s", error_name(r));
	}
	for (int i = 0; i < count; i++) {
		uint32_t parent = names[i].parent;
		uint64_t in = parent ? node_ino(ADDRESS_FILE, t->account, 0, parent, LEAF_CONTENT)
				     : item;
		if (!(change->changes & CHANGE_GONE)) {
			emit_with_beside(t, in, names[i].name);
		}
		if (names[i].flat[0]) {
			emit_named(t, EVENT_NAME, t->completed, 0, names[i].flat);
		}
	}
	free(names);
}

/* The link in by-status is gone from there. */
static void emit_link_gone(const struct telling *t, const struct item_change *change,
			   enum state state)
{
	struct address folder = links_key_folder(t->account, VIEW_BY_STATUS, state);
	struct address link = folder;
	char name[NAME_BYTES];

	link.row = change->row;
	links_name(t->view, t->account, t->collection, change->row, change->name, name);
	emit_named(t, EVENT_GONE, address_pack(folder), address_pack(link), name);
}

static void emit_state(struct telling *t, const struct item_change *change)
{
	unsigned what = change->changes;

	if (!(what & (CHANGE_NEW | CHANGE_STATE | CHANGE_GONE))) {
		return;
	}
	t->states_changed |= 1U << change->state;
	if (what & CHANGE_GONE) {
		emit_link_gone(t, change, change->state);
	} else if (!(what & CHANGE_NEW)) {
		t->states_changed |= 1U << change->was;
		emit_link_gone(t, change, change->was);
	}
}

static void emit_change(struct telling *t, const struct item_change *change)
{
	uint64_t item = node_ino(ADDRESS_ITEM, t->account, t->collection, change->row, LEAF_FOLDER);
	unsigned what = change->changes;

	t->folder_changed |= (what & (CHANGE_NEW | CHANGE_GONE)) != 0;
	t->completed_changed |= (what & (CHANGE_NEW | CHANGE_FILES | CHANGE_GONE)) != 0;
	if (what & CHANGE_GONE) {
		emit_named(t, EVENT_GONE, t->folder, item, change->name);
	} else if (!(what & CHANGE_NEW) && (what & (CHANGE_FILES | CHANGE_ERROR))) {
		emit_stat(t, item);
	}
	if (what & CHANGE_GONE || (what & CHANGE_FILES && !(what & CHANGE_NEW))) {
		emit_former_names(t, change, item);
	}
	emit_state(t, change);
}

void view_events(const struct view *view, unsigned account, unsigned collection,
		 const struct item_change *changes, int count, emit_event *emit, void *context)
{
	struct telling t = {
		.view = view,
		.account = account,
		.collection = collection,
		.emit = emit,
		.context = context,
		.folder = node_ino(ADDRESS_ITEM, account, collection, 0, LEAF_FOLDER),
		.completed = node_ino(ADDRESS_VIEW, account, VIEW_COMPLETED, 0, LEAF_VIEW),
	};

	for (int i = 0; i < count; i++) {
		emit_change(&t, &changes[i]);
	}
	if (t.folder_changed) {
		emit_stat(&t, t.folder);
	}
	if (t.completed_changed) {
		emit_stat(&t, t.completed);
	}
	for (unsigned state = 0; state < STATE_COUNT; state++) {
		if (t.states_changed & 1U << state) {
			emit_stat(&t,
				  address_pack(links_key_folder(account, VIEW_BY_STATUS, state)));
		}
	}
}
