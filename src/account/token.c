/* The account's access token: asked for when it is first needed, kept in memory alone, replaced a
 * little before it ends. Threads that need it at the same time share one request. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* For a token whose answer does not say how long it lives. */
enum { TOKEN_MS = 5 * 60 * 1000 };

static void wipe(char *token)
{
	if (token) {
		explicit_bzero(token, strlen(token));
	}
	free(token);
}

static char *valid_token(struct account *account)
{
	char *copy = NULL;

	pthread_mutex_lock(&account->token_mutex);
	if (account->token && clock_ms() < account->token_until_ms) {
		copy = strdup(account->token);
	}
	pthread_mutex_unlock(&account->token_mutex);
	return copy;
}

static void keep_token(struct account *account, char *token, int64_t expires_in_ms)
{
	int64_t life = expires_in_ms > 0 ? expires_in_ms : TOKEN_MS;
	int64_t margin = account->provider->token->margin_ms;

	/* A margin that leaves nothing would ask for a token per request. */
	life = margin < life / 2 ? life - margin : life / 2;
	pthread_mutex_lock(&account->token_mutex);
	wipe(account->token);
	account->token = token;
	account->token_until_ms = clock_ms() + life;
	pthread_mutex_unlock(&account->token_mutex);
}

struct fetch {
	struct account *account;
	bool background;
};

static int fetch_token(void *context, struct call *call, struct waiter *waiter, struct problem *why)
{
	struct fetch *fetch = context;
	struct account *account = fetch->account;
	struct operation operation = {
		.spec = account->provider->token->request,
		.background = fetch->background,
		.without_token = true,
	};
	struct doc *answer = NULL;
	char *token = NULL;
	int64_t expires_in_ms = 0;

	int r = call_run(account, call, &operation, waiter, &answer, NULL, why);
	if (r == 0) {
		r = token_read(account->provider, answer, &token, &expires_in_ms, why);
	}
	if (r == 0) {
		keep_token(account, token, expires_in_ms);
	}
	doc_destroy(answer);
	return r;
}

int token_get(struct account *account, struct waiter *waiter, bool background, char **out,
	      struct problem *why)
{
	struct fetch fetch = {account, background};
	uint64_t key = flight_key(FLIGHT_TOKEN, 0);
	int r = 0;

	*out = NULL;
	if (!account->provider->token) {
		return 0;
	}
	while (r == 0) {
		*out = valid_token(account);
		if (*out) {
			return 0;
		}
		r = flight_run(&account->flights, key, 0, fetch_token, &fetch, waiter, why);
	}
	return r;
}

void token_drop(struct account *account, const char *token)
{
	pthread_mutex_lock(&account->token_mutex);
	if (account->token && strcmp(account->token, token) == 0) {
		account->token_until_ms = 0;
	}
	pthread_mutex_unlock(&account->token_mutex);
}
