/* Who is connected to the hook, and for how long. The hook's thread alone. */
#ifndef HOOK_GUESTS_H
#define HOOK_GUESTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	GUESTS_MOST = 128, /* at a time; the kernel lets others wait */
	GUESTS_CROWD = 96, /* more than that, and the first to come goes */
	GUEST_MS = 10000,  /* from the connection to the answer */
};

struct guest {
	int fd; /* the server's own; -1: the place is free */
	bool sent_away;
	int64_t since_ms;
};

struct guests {
	struct guest list[GUESTS_MOST];
};

void guests_init(struct guests *guests);
/* NULL when there is no place: one that is not known stays as long as it likes. */
struct guest *guests_add(struct guests *guests, int fd, int64_t now_ms);
void guests_remove(struct guest *guest);
/* Ends the connections of those who are here too long, and of the first in a crowd. */
void guests_send_away(struct guests *guests, int64_t now_ms);
/* When to look again; 0: nobody is here. */
int64_t guests_next_ms(const struct guests *guests);

#endif
