/* The account's access token: asked for when it is first needed, kept in memory alone, replaced a
 * little before it ends. Threads that need it at the same time share one request. */
#include "account/internal.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* For a token of which nobody says how long it lives. */
enum { TOKEN_MS = 5 * 60 * 1000 };

/* The setting that is the token where it is set, or NULL. */
static const char *fixed_token(const struct account *account)
{
	return account_setting(account, account->provider->token->fixed);
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

static int64_t life_of(const struct token_spec *spec, int64_t expires_in_ms)
{
	int64_t life = expires_in_ms > 0 ? expires_in_ms : spec->ttl_ms;

	life = life > 0 ? life : TOKEN_MS;
	if (spec->ttl_cap_ms > 0 && life > spec->ttl_cap_ms) {
		life = spec->ttl_cap_ms;
	}
	/* A margin that leaves nothing would ask for a token per request. */
	return spec->margin_ms < life / 2 ? life - spec->margin_ms : life / 2;
}

/* refresh NULL: the one that is there goes on being good. */
static void keep_token(struct account *account, char *token, char *refresh, int64_t expires_in_ms)
{
	int64_t life = life_of(account->provider->token, expires_in_ms);

	pthread_mutex_lock(&account->token_mutex);
	wipe_text(account->token);
	account->token = token;
	account->token_until_ms = clock_ms() + life;
	if (refresh) {
		wipe_text(account->refresh);
		account->refresh = refresh;
	}
	pthread_mutex_unlock(&account->token_mutex);
}

struct fetch {
	struct account *account;
	bool background;
};

/* By logging in, or (refresh) with what the last login gave for that. */
static int request_token(const struct fetch *fetch, struct call *call, const char *refresh,
			 struct waiter *waiter, struct problem *why)
{
	struct account *account = fetch->account;
	const struct token_spec *spec = account->provider->token;
	struct value value = {"refresh", refresh};
	struct values values = {&value, 1, NULL};
	struct operation operation = {
		.spec = refresh ? spec->refresh.request : spec->login.request,
		.values = refresh ? &values : NULL,
		.background = fetch->background,
		.without_token = true,
	};
	struct doc *answer = NULL;
	char *token = NULL;
	char *next = NULL;
	int64_t expires_in_ms = 0;

	int r = call_run(account, call, &operation, waiter, &answer, NULL, why);
	if (r == 0) {
		r = token_read(account->provider, refresh != NULL, answer, &token, &next,
			       &expires_in_ms, why);
	}
	if (r == 0) {
		keep_token(account, token, next, expires_in_ms);
	}
	doc_destroy(answer);
	return r;
}

/* True when the API itself refused to refresh: then a login is worth trying. */
static bool is_refusal(int r)
{
	return r == -EACCES || r == -EINVAL || r == -EBADMSG || r == -EREMOTEIO || r == -EPERM;
}

static int fetch_token(void *context, struct call *call, struct waiter *waiter, struct problem *why)
{
	const struct fetch *fetch = context;
	struct account *account = fetch->account;

	pthread_mutex_lock(&account->token_mutex);
	char *refresh = account->refresh ? strdup(account->refresh) : NULL;
	pthread_mutex_unlock(&account->token_mutex);
	int r = refresh ? request_token(fetch, call, refresh, waiter, why) : -EACCES;
	if (refresh && is_refusal(r)) {
		pthread_mutex_lock(&account->token_mutex);
		wipe_text(account->refresh);
		account->refresh = NULL;
		pthread_mutex_unlock(&account->token_mutex);
	}
	if (is_refusal(r)) {
		r = request_token(fetch, call, NULL, waiter, why);
	}
	wipe_text(refresh);
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
	const char *fixed = fixed_token(account);
	if (fixed) {
		*out = strdup(fixed);
		return *out ? 0 : -ENOMEM;
	}
	if (!account->provider->token->login.request) {
		return problem_set(why, -EACCES, "the account has no %s",
				   account->provider->token->fixed);
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

bool token_drop(struct account *account, const char *token)
{
	if (fixed_token(account)) {
		return false;
	}
	pthread_mutex_lock(&account->token_mutex);
	if (account->token && strcmp(account->token, token) == 0) {
		account->token_until_ms = 0;
	}
	pthread_mutex_unlock(&account->token_mutex);
	return true;
}
