/* What somebody told about items, until the account's thread looks at them. */
#ifndef ACCOUNT_HINT_H
#define ACCOUNT_HINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/wait.h"

struct account;
struct work;

/* More items than that are better listed. */
enum { HINTS_MOST = 64 };

struct hint {
	char *id;
	int64_t at_ms; /* when to look */
	bool again;    /* it was looked at already */
};

/* Of a collection or a document; under the account's mutex. */
struct hints {
	struct hint *list; /* room for HINTS_MOST; NULL: there never were any */
	int count;
	bool whole; /* look at all of it */
};

/* Somebody says that an item changed, or is new: the account's thread reads it again, or lists what
 * it is in. id NULL: all of the collection or document. Any thread; never waits. */
void hint_add(struct account *account, struct work *work, const char *id);
/* When to look at the work's, in clock_ms() time; 0: at once, -1: there are none. */
int64_t hint_due_locked(const struct account *account, const struct work *work);
/* In the account's thread: asks about the items that are due. True when a listing is to tell
 * about what nobody knows here. */
bool hint_look(struct account *account, struct work *work, struct waiter *waiter);
void hints_finish(struct hints *hints);

#endif
