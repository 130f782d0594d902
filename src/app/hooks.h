/* Webhooks: where they come in, and to whom they go. */
#ifndef APP_HOOKS_H
#define APP_HOOKS_H

#include "account/account.h"
#include "config/config.h"
#include "hook/hook.h"

/* The accounts that webhooks are for; borrowed, and there as long as the hook is. */
struct hooks {
	struct account **accounts;
	int count;
};

/* *out stays NULL where the accounts file says nothing of listening. */
int hooks_start(const struct config *config, const struct hooks *hooks, struct hook **out,
		struct problem *why);
/* Prints a line for each account: where its webhooks are taken, or what that takes. */
void hooks_describe(const struct config *config);

#endif
