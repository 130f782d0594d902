/* Who is connected; see guests.h. A byte now and then keeps no place: what counts is when a guest
 * came, not when it last said something. */
#include "hook/guests.h"

#include <stddef.h>
#include <sys/socket.h>

void guests_init(struct guests *guests)
{
	for (int i = 0; i < GUESTS_MOST; i++) {
		guests->list[i].fd = -1;
	}
}

struct guest *guests_add(struct guests *guests, int fd, int64_t now_ms)
{
	for (int i = 0; i < GUESTS_MOST; i++) {
		if (guests->list[i].fd < 0) {
			guests->list[i] = (struct guest){.fd = fd, .since_ms = now_ms};
			return &guests->list[i];
		}
	}
	return NULL;
}

void guests_remove(struct guest *guest)
{
	if (guest) {
		guest->fd = -1;
	}
}

/* The one that came first of those that were not sent away; *count: how many those are. */
static struct guest *find_first(struct guests *guests, int *count)
{
	struct guest *first = NULL;

	*count = 0;
	for (int i = 0; i < GUESTS_MOST; i++) {
		struct guest *guest = &guests->list[i];

		if (guest->fd < 0 || guest->sent_away) {
			continue;
		}
		(*count)++;
		first = !first || guest->since_ms < first->since_ms ? guest : first;
	}
	return first;
}

void guests_send_away(struct guests *guests, int64_t now_ms)
{
	int count;
	struct guest *first = find_first(guests, &count);

	while (first && (count > GUESTS_CROWD || now_ms - first->since_ms >= GUEST_MS)) {
		/* The server sees the end, and closes. */
		shutdown(first->fd, SHUT_RDWR);
		first->sent_away = true;
		first = find_first(guests, &count);
	}
}

int64_t guests_next_ms(const struct guests *guests)
{
	int count;
	const struct guest *first = find_first((struct guests *)guests, &count);

	return first ? first->since_ms + GUEST_MS : 0;
}
