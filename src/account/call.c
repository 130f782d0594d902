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
		.background = background || waiter->background,
		.allow_plain = account->config->insecure,
	};
}

/* What a template may name: what the caller has, then the token, then the settings. */
struct scope {
	struct value token;
	struct values with_token;
	struct values outer; /* the caller's second scope, if it has one */
	struct values inner;
};

static void scope_init(struct scope *scope, const struct account *account,
		       const struct operation *operation, const char *token)
{
	scope->token = (struct value){"token", token};
	scope->with_token = (struct values){&scope->token, token ? 1 : 0, &account->scope};
	scope->inner = operation->values ? *operation->values : (struct values){0};
	scope->outer = scope->inner.next ? *scope->inner.next : (struct values){0};
	scope->outer.next = &scope->with_token;
	scope->inner.next = &scope->outer;
}

/* The number of the operation's smaller document, or -1. */
static int fallback_of(const struct operation *operation)
{
	if (operation->many) {
		return many_fallback(operation->many->many);
	}
	return request_fallback(operation->listing ? operation->listing->request : operation->spec);
}

static bool is_narrow(struct account *account, const struct operation *operation)
{
	int number = fallback_of(operation);

	return number >= 0 && (atomic_load(&account->narrow) & 1u << number);
}

static int build(struct account *account, const struct operation *operation, const char *token,
		 struct request *out, struct problem *why)
{
	const struct provider *provider = account->provider;
	bool narrow = is_narrow(account, operation);
	struct scope scope;

	scope_init(&scope, account, operation, token);
	if (operation->many) {
		return many_build(provider, operation->many, narrow, operation->ids,
				  operation->id_count, &scope.inner, out, why);
	}
	if (operation->listing) {
		return page_build(provider, operation->listing, narrow, operation->position,
				  &scope.inner, out, why);
	}
	return request_build(provider, operation->spec, narrow, &scope.inner, out, why);
}

static int submit(struct account *account, struct call *call, const struct operation *operation,
		  struct waiter *waiter, struct problem *why)
{
	struct http_options options;
	struct request request = {0};
	int r = 0;

	if (!operation->without_token && !call->token) {
		r = token_get(account, waiter, operation->background || waiter->background,
			      &call->token, why);
	}
	if (r == 0) {
		r = build(account, operation, call->token, &request, why);
	}
	if (r == 0) {
		call_options(account, waiter, operation->background, &options);
		if (operation->body_max > options.body_max) {
			options.body_max = operation->body_max;
		}
		r = http_submit(account->shared->http, &request, &options, &call->job);
		url_origin(request.url, call->origin, sizeof(call->origin));
		wipe_text(call->url);
		call->url = take_ptr(&request.url);
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

/* What was wrong with an answer that will do all the same; told again only when it is news. */
static void tell_aside(struct account *account, const char *words)
{
	pthread_mutex_lock(&account->mutex);
	bool news = words && (!account->aside || strcmp(account->aside, words) != 0);
	if (news) {
		free(account->aside);
		account->aside = strdup(words);
	}
	pthread_mutex_unlock(&account->mutex);
	if (news) {
		log_info("%s: %s", account->config->name, words);
	}
}

/* The answer, judged; of a page also its rows. */
static int read_answer(struct account *account, struct call *call,
		       const struct operation *operation, const struct response *response,
		       struct doc **answer, enum remedy *remedy, struct problem *why)
{
	struct scope scope;
	struct problem aside = {0};

	scope_init(&scope, account, operation, call->token);
	struct question question = {
		.request = operation->listing ? operation->listing->request : operation->spec,
		.partial = operation->partial,
		.writes = operation->act && operation->act->deliver == NULL,
		.values = &scope.inner,
	};
	int r = answer_read(account->provider, &question, response, answer, remedy, &aside);
	if (r == 0 && operation->listing) {
		/* Errors beside rows: others may be missing, which are not gone. */
		operation->position->cut = operation->position->cut || aside.words;
		tell_aside(account, aside.words);
		problem_finish(&aside);
		r = page_read(operation->listing, *answer, response, call->url, operation->position,
			      operation->rows, &aside);
	}
	if (r < 0) {
		problem_set(why, r, "%s", problem_words(&aside, r));
	} else {
		tell_aside(account, aside.words);
	}
	problem_finish(&aside);
	return r;
}

/* What would help is done; true when the same is to be asked again. */
static bool remedy_helps(struct account *account, struct call *call,
			 const struct operation *operation, enum remedy remedy, int r,
			 struct problem *why)
{
	int number = fallback_of(operation);

	switch (remedy) {
	case REMEDY_NONE:
		break;
	case REMEDY_TOKEN:
		if (!call->token || !token_drop(account, call->token)) {
			break;
		}
		if (call->once) {
			problem_set(why, r,
				    "the token was refused, and nothing was done: write it "
				    "again, a new token will be used");
		} else if (!call->renewed) {
			call->renewed = true;
			return true;
		}
		break;
	case REMEDY_NARROW:
		if (number >= 0 && !is_narrow(account, operation)) {
			atomic_fetch_or(&account->narrow, 1u << number);
			log_info("%s: the server lacks a field, so less is asked for: %s",
				 account->config->name, problem_words(why, r));
			return !call->once;
		}
		break;
	case REMEDY_SMALLER:
		if (operation->too_many) {
			*operation->too_many = true;
		}
		return operation->listing && page_shrink(operation->listing, operation->position);
	}
	return false;
}

/* Any server says when it is. */
static void note_date(struct account *account, const struct response *response)
{
	const char *date = response_header(response, "Date");
	int64_t date_ns = date ? clock_parse_http(date) : 0;

	if (date_ns) {
		atomic_store(&account->behind_ms, (date_ns - clock_wall_ns()) / 1000000);
	}
}

/* Reads the answer of the finished job. *again: it is to be sent once more. */
static int finish(struct account *account, struct call *call, const struct operation *operation,
		  struct doc **answer, bool *again, struct problem *why)
{
	const struct response *response = NULL;
	enum remedy remedy = REMEDY_NONE;
	int r = http_result(call->job, &response, why);

	*again = false;
	if (r == 0) {
		note_date(account, response);
		r = read_answer(account, call, operation, response, answer, &remedy, why);
	}
	if (r == -EACCES && remedy == REMEDY_NONE && response && response->status == 401) {
		remedy = REMEDY_TOKEN;
	}
	if (r < 0) {
		*again = remedy_helps(account, call, operation, remedy, r, why);
		doc_destroy(*answer);
		*answer = NULL;
	}
	call_finish(&(struct call){.job = call->job, .token = call->token, .url = call->url});
	call->job = NULL;
	call->token = NULL;
	call->url = NULL;
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

static int run(struct account *account, struct call *call, const struct operation *operation,
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

int call_run(struct account *account, struct call *call, const struct operation *operation,
	     struct waiter *waiter, struct doc **answer, bool *sent, struct problem *why)
{
	struct problem own = {0};

	/* The account's status has words for it, whether the caller wants them or not. */
	int r = run(account, call, operation, waiter, answer, sent, why ? why : &own);
	problem_finish(&own);
	return r;
}
