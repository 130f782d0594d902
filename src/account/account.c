/* An account's life and what it tells of itself; see account.h. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/hooked.h"
#include "base/cleanup.h"
#include "base/clock.h"

static int create_collection(struct account *account, const struct collection *spec,
			     struct work *work)
{
	struct store *store = account->shared->store;
	int64_t listed_at = 0;

	work->name = spec->name;
	work->spec = spec;
	for (int i = 0; i < STATE_COUNT; i++) {
		work->settled |= spec->final[i] ? 1u << i : 0;
	}
	int r = store_collection(store, account->number, spec->name, &work->number);
	if (r == 0) {
		r = store_listed_at(store, account->number, work->number, &listed_at);
	}
	work->listed = listed_at > 0;
	return r;
}

static int create_works(struct account *account, struct problem *why)
{
	const struct provider *provider = account->provider;

	for (int i = 0; i < provider->collection_count && i < COLLECTIONS_MAX; i++) {
		int r = create_collection(account, &provider->collections[i],
					  &account->works[account->work_count]);
		if (r < 0) {
			return problem_set(why, r, "the state folder: %s", strerror(-r));
		}
		account->work_count++;
	}
	for (int i = 0; i < provider->document_count && account->work_count < WORKS_MAX; i++) {
		struct work *work = &account->works[account->work_count++];
		work->name = provider->documents[i].name;
		work->document = &provider->documents[i];
	}
	return 0;
}

static int create_lane(struct account *account)
{
	const struct limits *limits = &account->config->limits;
	struct lane_limits lane = {limits->per_second, limits->burst, limits->parallel};

	return http_lane_create(account->shared->http, account->config->name, &lane,
				&account->lane);
}

static int create_scope(struct account *account)
{
	const struct account_config *config = account->config;

	account->settings = calloc((size_t)config->setting_count + 1, sizeof(*account->settings));
	if (!account->settings) {
		return -ENOMEM;
	}
	for (int i = 0; i < config->setting_count; i++) {
		account->settings[i] = (struct value){config->settings[i].name,
						      config->settings[i].value};
	}
	account->scope = (struct values){account->settings, config->setting_count, NULL};
	return 0;
}

const char *account_setting(const struct account *account, const char *name)
{
	for (int i = 0; name && i < account->scope.count; i++) {
		if (strcmp(account->settings[i].name, name) == 0) {
			return account->settings[i].text;
		}
	}
	return NULL;
}

int account_create(const struct account_shared *shared, const struct account_config *config,
		   struct account **out, struct problem *why)
{
	struct account *account = calloc(1, sizeof(*account));

	if (!account) {
		return -ENOMEM;
	}
	account->shared = shared;
	account->config = config;
	account->provider = config->provider;
	flights_init(&account->flights);
	measuring_init(&account->measuring);
	pthread_mutex_init(&account->token_mutex, NULL);
	pthread_mutex_init(&account->command_mutex, NULL);
	pthread_mutex_init(&account->mutex, NULL);
	condition_init(&account->changed);
	hint_init(account);
	int r = store_account(shared->store, config->name, &account->number);
	problem_set(r < 0 ? why : NULL, r, "the state folder: %s", strerror(-r));
	if (r == 0) {
		r = create_works(account, why);
	}
	if (r == 0) {
		r = create_scope(account);
	}
	if (r == 0) {
		r = create_lane(account);
	}
	if (r == 0) {
		r = hooked_create(account, &account->hooked, why);
	}
	if (r < 0) {
		account_destroy(account);
		return r;
	}
	*out = account;
	return 0;
}

int account_start(struct account *account)
{
	hooked_start(account->hooked);
	return sync_start(account);
}

void account_stop(struct account *account)
{
	sync_stop(account);
	measuring_stop(account);
}

void account_destroy(struct account *account)
{
	if (!account) {
		return;
	}
	for (int i = 0; i < account->work_count; i++) {
		free(account->works[i].words);
		free(account->works[i].command_trouble);
		free(account->works[i].since);
		hints_finish(&account->works[i].hints);
	}
	hooked_destroy(account->hooked);
	flights_finish(&account->flights);
	measuring_finish(&account->measuring);
	wipe_text(account->token);
	wipe_text(account->refresh);
	free(account->call_words);
	free(account->aside);
	free(account->settings);
	pthread_cond_destroy(&account->changed);
	pthread_mutex_destroy(&account->mutex);
	pthread_mutex_destroy(&account->command_mutex);
	pthread_mutex_destroy(&account->token_mutex);
	free(account);
}

const char *account_name(const struct account *account)
{
	return account->config->name;
}

unsigned account_number(const struct account *account)
{
	return account->number;
}

const struct provider *account_provider(const struct account *account)
{
	return account->provider;
}

const struct collection *account_collection(const struct account *account, unsigned number)
{
	for (int i = 0; i < account->work_count; i++) {
		if (account->works[i].spec && account->works[i].number == number) {
			return account->works[i].spec;
		}
	}
	return NULL;
}

unsigned account_collection_number(const struct account *account, int index)
{
	return index < account->work_count ? account->works[index].number : 0;
}

bool account_is_ready(struct account *account)
{
	bool ready = true;

	pthread_mutex_lock(&account->mutex);
	for (int i = 0; i < account->work_count; i++) {
		ready = ready && account->works[i].finished > 0 && account->works[i].result == 0;
	}
	pthread_mutex_unlock(&account->mutex);
	return ready;
}

static void describe_failure(struct buf *out, int err, int64_t since_ns, const char *what,
			     const char *words)
{
	char when[CLOCK_TEXT_BYTES];

	buf_printf(out, "%s since %s: %s%s%s\n", error_name(err), clock_print(since_ns, when), what,
		   *what ? ": " : "", words ? words : error_words(err));
}

/* The one worst thing: a listing that fails, a call that failed, a command that failed. */
void account_describe(struct account *account, struct buf *out)
{
	bool waiting = false;
	const struct work *failing = NULL;
	const struct work *refused = NULL;

	pthread_mutex_lock(&account->mutex);
	for (int i = 0; i < account->work_count; i++) {
		const struct work *work = &account->works[i];
		waiting = waiting || work->finished == 0;
		failing = !failing && work->result < 0 ? work : failing;
		refused = !refused && work->command_trouble ? work : refused;
	}
	if (failing) {
		describe_failure(out, failing->result, failing->failing_since_ns, failing->name,
				 failing->words);
	} else if (account->call_result < 0) {
		describe_failure(out, account->call_result, account->call_failing_since_ns, "",
				 account->call_words);
	} else if (refused) {
		buf_printf(out, "%s\n", refused->command_trouble);
	} else {
		buf_puts(out, waiting ? "waiting for the first listing\n" : "ok\n");
	}
	pthread_mutex_unlock(&account->mutex);
}

void account_counts(struct account *account, struct account_counts *out)
{
	http_lane_counts(account->lane, &out->http);
	out->listings = atomic_load(&account->listings);
	out->listing_failures = atomic_load(&account->listing_failures);
	out->triggers = atomic_load(&account->triggers);
	/* In this order: what ends meanwhile has begun. */
	uint64_t ended = atomic_load(&account->downloads.ended);
	out->downloads.failed = atomic_load(&account->downloads.failed);
	out->downloads.bytes = atomic_load(&account->downloads.bytes);
	out->downloads.begun = atomic_load(&account->downloads.begun);
	out->downloads.running = out->downloads.begun - ended;
	out->hooks = atomic_load(&account->hooks);
	out->hooks_refused = atomic_load(&account->hooks_refused);
	out->hooks_repeated = atomic_load(&account->hooks_repeated);
}
