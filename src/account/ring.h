/* The public keys of who sends webhooks: fetched from their address, kept, and fetched again when
 * one is asked for that is not among them, though not more often than once a minute. */
#ifndef ACCOUNT_RING_H
#define ACCOUNT_RING_H

#include "account/account.h"
#include "hook/sign.h"

struct key_ring;

/* url is borrowed. NULL without memory. */
struct key_ring *ring_create(struct account *account, const char *url);
/* After the HTTP engine has ended. NULL is fine. */
void ring_destroy(struct key_ring *ring);
/* Fetches them, if that is due. Never waits. */
void ring_fetch(struct key_ring *ring);

enum ring_answer {
	RING_HOLDS,   /* the signature is good */
	RING_BREAKS,  /* it is not, or there is no such key */
	RING_UNKNOWN, /* the key may be among those that are being fetched, or cannot be */
};
/* id NULL: whichever key fits. Any thread; never waits. */
enum ring_answer ring_verify(struct key_ring *ring, const char *id, const struct sign_jws *jws,
			     bool encoded, const void *body, size_t length);

#endif
