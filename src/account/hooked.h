/* Webhooks of an account: who sent them, and what they are about. */
#ifndef ACCOUNT_HOOKED_H
#define ACCOUNT_HOOKED_H

#include "account/account.h"

struct hooked;

/* *out stays NULL where the API sends none, or nothing is set by which one would know it. */
int hooked_create(struct account *account, struct hooked **out, struct problem *why);
void hooked_destroy(struct hooked *hooked);
/* Fetches what will be needed. Never waits. */
void hooked_start(struct hooked *hooked);

#endif
