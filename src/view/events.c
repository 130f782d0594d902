/* Changes in the store as events for the kernel; see events.h. */
#include "view/events.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "view/internal.h"

typedef void emit_event(void *context, const struct event *event);

static void emit_named(enum event_kind kind, uint64_t parent, uint64_t ino, const char *name,
		       emit_event *emit, void *context)
{
	struct event event = {.kind = kind, .ino = ino, .parent = parent};

	snprintf(event.name, sizeof(event.name), "%s", name);
	emit(context, &event);
}

/* A name may have moved to another version, or be gone. */
static void emit_former_names(const struct view *view, unsigned account, uint64_t folder,
			      uint32_t item, emit_event *emit, void *context)
{
	struct former_name *names = NULL;
	int count = 0;
	int r = files_former_names(view->options.store, account, item, &names, &count);

	if (r < 0) {
		log_debug("the kernel is not told which files were replaced: %s", error_name(r));
	}
	for (int i = 0; i < count; i++) {
		uint32_t parent = names[i].parent;
		uint64_t in = parent ? node_ino(ADDRESS_FILE, account, 0, parent, LEAF_CONTENT)
				     : folder;
		size_t stem = 0;
		emit_named(EVENT_NAME, in, 0, names[i].name, emit, context);
		if (bundle_kind_of(names[i].name, &stem) != BUNDLE_NONE) {
			names[i].name[stem] = '\0';
			emit_named(EVENT_NAME, in, 0, names[i].name, emit, context);
		}
	}
	free(names);
}

void view_events(const struct view *view, unsigned account_number, unsigned collection_number,
		 const struct item_change *changes, int count, emit_event *emit, void *context)
{
	uint64_t folder = node_ino(ADDRESS_ITEM, account_number, collection_number, 0, LEAF_FOLDER);
	bool folder_changed = false;

	for (int i = 0; i < count; i++) {
		uint64_t item = node_ino(ADDRESS_ITEM, account_number, collection_number,
					 changes[i].row, LEAF_FOLDER);
		unsigned what = changes[i].changes;

		folder_changed = folder_changed || (what & (CHANGE_NEW | CHANGE_GONE));
		if (what & CHANGE_GONE) {
			emit_named(EVENT_GONE, folder, item, changes[i].name, emit, context);
		} else if (!(what & CHANGE_NEW) && (what & (CHANGE_FILES | CHANGE_ERROR))) {
			emit(context, &(struct event){.kind = EVENT_STAT, .ino = item});
		}
		if (what & CHANGE_FILES && !(what & (CHANGE_NEW | CHANGE_GONE))) {
			emit_former_names(view, account_number, item, changes[i].row, emit,
					  context);
		}
	}
	if (folder_changed) {
		emit(context, &(struct event){.kind = EVENT_STAT, .ino = folder});
	}
}
