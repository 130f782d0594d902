/* Room for contents: which of those that nobody has open go, and when. The limit is the
 * configuration's; a disk that is smaller says so when it is full. See contents.h. */
#include <errno.h>

#include "account/contents.h"
#include "account/internal.h"
#include "account/unpack.h"

/* Each holds a descriptor. */
enum { IDLE_MAX = 128 };

/* The one to give up, closed the longest ago. NULL: there is room, or nothing more to give up. */
static struct content *take_idle(struct contents *table, bool any)
{
	struct content *oldest = NULL;
	int idle = 0;

	pthread_mutex_lock(&table->mutex);
	for (struct content *c = table->list; c; c = c->next) {
		if (content_is_in_use_locked(c)) {
			continue;
		}
		idle++;
		if (!oldest || c->closed_ms < oldest->closed_ms) {
			oldest = c;
		}
	}
	if (!any && idle <= IDLE_MAX && !contents_are_full(table)) {
		oldest = NULL;
	}
	if (oldest) {
		content_unlist_locked(oldest);
	}
	pthread_mutex_unlock(&table->mutex);
	return oldest;
}

void contents_make_room(struct contents *table)
{
	struct content *c;

	if (contents_are_full(table)) {
		archives_let_go(table, false);
	}
	while ((c = take_idle(table, false))) {
		content_destroy(c);
	}
}

bool content_find_room(struct content *c)
{
	struct contents *table = c->table;
	struct content *idle;

	pthread_mutex_lock(&table->full);
	int64_t before = atomic_load(&table->bytes);
	archives_let_go(table, false);
	while ((idle = take_idle(table, true))) {
		content_destroy(idle);
	}
	pthread_mutex_lock(&c->mutex);
	/* Of several who read here, the first finds it for all. */
	bool found = c->failed != -ENOSPC || atomic_load(&table->bytes) < before;
	if (found && c->failed == -ENOSPC) {
		c->failed = 0;
	}
	pthread_mutex_unlock(&c->mutex);
	pthread_mutex_unlock(&table->full);
	return found;
}
