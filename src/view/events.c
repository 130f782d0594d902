/* Changes in the store as events for the kernel; see events.h. */
#include "view/events.h"

#include <stdio.h>

#include "view/internal.h"

typedef void emit_event(void *context, const struct event *event);

static void emit_named(enum event_kind kind, uint64_t parent, uint64_t ino, const char *name,
		       emit_event *emit, void *context)
{
	struct event event = {.kind = kind, .ino = ino, .parent = parent};

	snprintf(event.name, sizeof(event.name), "%s", name);
	emit(context, &event);
}

void view_events(const struct view *view, unsigned account_number, unsigned collection_number,
		 const struct item_change *changes, int count, emit_event *emit, void *context)
{
	const struct account *account = view_account(view, account_number);
	const struct collection *collection = account ? account_collection(account,
									   collection_number)
						      : NULL;
	uint64_t folder = node_ino(ADDRESS_ITEM, account_number, collection_number, 0, LEAF_FOLDER);
	bool folder_changed = false;

	for (int i = 0; i < count && collection; i++) {
		uint64_t item = node_ino(ADDRESS_ITEM, account_number, collection_number,
					 changes[i].row, LEAF_FOLDER);
		unsigned what = changes[i].changes;

		folder_changed = folder_changed || (what & (CHANGE_NEW | CHANGE_GONE));
		if (what & CHANGE_GONE) {
			emit_named(EVENT_GONE, folder, item, changes[i].name, emit, context);
		} else if (!(what & CHANGE_NEW) && (what & (CHANGE_FILES | CHANGE_ERROR))) {
			emit(context, &(struct event){.kind = EVENT_STAT, .ino = item});
		}
		/* A name may have moved to another version; new items have none that is kept. */
		for (int f = 0; f < collection->file_count && (what & CHANGE_FILES) &&
				!(what & (CHANGE_NEW | CHANGE_GONE));
		     f++) {
			emit_named(EVENT_NAME, item, 0, collection->files[f].name, emit, context);
		}
	}
	if (folder_changed) {
		emit(context, &(struct event){.kind = EVENT_STAT, .ino = folder});
	}
}
