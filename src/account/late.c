/* Readers who stand behind each other.
 *
 * The kernel asks for a page once: whoever wants it too waits for that answer, and when it is an
 * error asks again, for himself. A reader behind one whose patience ended would wait twice as long,
 * and the next one three times. So a read that fails so is remembered for a moment, and those who
 * were there already share its end; who comes later has all his patience. */
#include <errno.h>

#include "account/contents.h"
#include "base/clock.h"

/* The next in the kernel's queue comes within that. */
enum { MOMENT_MS = 100 };

void late_note(struct content *c, int64_t offset, int64_t end, int r, const struct waiter *waiter)
{
	/* One that shared another's end does not prolong it. */
	if (r != -ETIMEDOUT || waiter->deadline_ms == 0) {
		return;
	}
	pthread_mutex_lock(&c->mutex);
	c->lates[c->late_next] = (struct late){offset, end, clock_ms()};
	c->late_next = (c->late_next + 1) % LATES;
	pthread_mutex_unlock(&c->mutex);
}

bool content_was_late(struct content *c, int64_t offset, size_t length, int64_t since_ms)
{
	int64_t end = offset + (int64_t)length;
	int64_t now = clock_ms();
	bool found = false;

	pthread_mutex_lock(&c->mutex);
	for (int i = 0; i < LATES && !found; i++) {
		const struct late *late = &c->lates[i];
		found = late->start < end && late->end > offset && late->at_ms > since_ms &&
			now - late->at_ms < MOMENT_MS;
	}
	pthread_mutex_unlock(&c->mutex);
	return found;
}
