/* One operation of a description: build the request, send it, read the answer.
 *
 * The same few steps for every request but the downloads: a token where the API wants one, the
 * account's lane, one new token when the first is refused, and the account told how it went. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

void call_options(const struct account *account, const struct waiter *waiter, bool background,
		  struct http_options *out)
{
	const struct config *config = account->shared->config;
	int64_t left = waiter->deadline_ms - clock_ms();

	*out = (struct http_options){
		.lane = account->lane,
		.total_ms = left > 1 ? left : 1,
		.connect_ms = config->connect_ms,
		.stall_ms = config->stall_ms,
		.body_max = (size_t)config->answer_bytes,
		.background = background,
		.allow_plain = account->config->insecure,
	};
}

/* What a template may name: what the caller has, then the token, then the settings. */
struct scope {
	struct value token;
	struct values with_token;
	struct values inner;
};

static void scope_init(struct scope *scope, const struct account *account,
		       const struct operation *operation, const char *token)
{
	scope->token = (struct value){"token", token};
	scope->with_token = (struct values){&scope->token, token ? 1 : 0, &account->scope};
	scope->inner = operation->values ? *operation->values : (struct values){0};
	scope->inner.next = &scope->with_token;
}

static int build(struct account *account, const struct operation *operation, const char *token,
		 struct request *out, struct problem *why)
{
	struct scope scope;

	scope_init(&scope, account, operation, token);
	if (operation->position) {
		return page_build(account->provider, operation->collection, operation->position,
				  &scope.inner, out, why);
	}
	return request_build(account->provider, operation->spec, &scope.inner, out, why);
}

static int submit(struct account *account, struct call *call, const struct operation *operation,
		  struct waiter *waiter, struct problem *why)
{
	struct http_options options;
	struct request request = {0};
	int r = 0;

	if (!operation->without_token && !call->token) {
		r = token_get(account, waiter, operation->background, &call->token, why);
	}
	if (r == 0) {
		r = build(account, operation, call->token, &request, why);
	}
	if (r == 0) {
		call_options(account, waiter, operation->background, &options);
		r = http_submit(account->shared->http, &request, &options, &call->job);
		url_origin(request.url, call->origin, sizeof(call->origin));
		call->once = request.once;
	}
	request_finish(&request);
	return r;
}

/* True for errors that say something about the account, not about one item. */
static bool concerns_account(int r)
{
	return r < 0 && r != -ENOENT && r != -EINVAL && r != -EINTR && r != -ECANCELED &&
	       r != -ENOMEM && r != -EALREADY && r != -EPERM;
}

static void note_result(struct account *account, int r, const struct problem *why)
{
	bool bad = concerns_account(r);

	pthread_mutex_lock(&account->mutex);
	bool turned = bad && account->call_result != r;
	if (bad || r == 0) {
		if (turned) {
			account->call_failing_since_ns = clock_wall_ns();
		}
		account->call_result = r;
		free(account->call_words);
		account->call_words = bad ? strdup(problem_words(why, r)) : NULL;
	}
	pthread_mutex_unlock(&account->mutex);
	if (turned) {
		log_error(r, "%s: %s: %s", account->config->name, error_name(r),
			  problem_words(why, r));
	}
}

/* Reads the answer of the finished job. *again: it is to be sent once more. */
static int finish(struct account *account, struct call *call, const struct operation *operation,
		  struct doc **answer, bool *again, struct problem *why)
{
	const struct response *response = NULL;
	struct scope scope;
	int r = http_result(call->job, &response, why);

	*again = false;
	if (r == 0) {
		scope_init(&scope, account, operation, call->token);
		r = answer_read(account->provider, response, &scope.inner, answer, why);
	}
	bool refused = r == -EACCES && response && response->status == 401 && call->token;
	if (refused) {
		token_drop(account, call->token);
		*again = !call->renewed && !call->once;
		if (call->once) {
			problem_set(why, r,
				    "the token was refused, and nothing was done: write it "
				    "again, a new token will be used");
		}
		call->renewed = true;
	}
	call_finish(&(struct call){.job = call->job, .token = call->token});
	call->job = NULL;
	call->token = NULL;
	return r;
}

/* The waiter gave up; the request is still on its way. */
static int give_up(struct account *account, struct call *call, int r, bool *sent,
		   struct problem *why)
{
	if (sent) {
		/* Nobody takes such a call over: what was not sent by now never is. */
		*sent = http_call_off(call->job);
	}
	if (r == -EAGAIN) {
		return problem_set(why, r, "too many others are waiting already");
	}
	if (r == -ETIMEDOUT) {
		problem_set(why, r, "no answer from %s within the deadline", call->origin);
		note_result(account, r, why);
		return r;
	}
	return problem_set(why, r, "%s", error_words(r));
}

int call_run(struct account *account, struct call *call, const struct operation *operation,
	     struct waiter *waiter, struct doc **answer, bool *sent, struct problem *why)
{
	bool again = false;
	int r;

	do {
		again = false;
		r = call->job ? 0 : submit(account, call, operation, waiter, why);
		if (r == 0) {
			r = http_wait(call->job, waiter);
			if (r < 0) {
				return give_up(account, call, r, sent, why);
			}
			if (sent) {
				*sent = http_job_was_sent(call->job);
			}
			r = finish(account, call, operation, answer, &again, why);
		}
	} while (again);
	note_result(account, r, why);
	return r;
}
