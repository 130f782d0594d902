/* A webhook: whether it comes from the API, whether it came before, and what it is a hint about.
 * Its content is not believed. Runs in the hook's thread, and waits for nothing. */
#include "account/hooked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "account/ring.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sha256.h"
#include "hook/hook.h"

enum {
	SEEN_MOST = 1024,    /* webhooks that are known when they come again */
	DEPTH_MOST = 32,     /* of a body */
	COMPLAIN_MS = 60000, /* the log hears of refusals no more often */
};

struct hooked {
	/* Set at creation. */
	struct account *account;
	const struct webhook_spec *spec;
	char *header;
	struct key_ring *ring; /* or NULL */
	/* The hook thread's. */
	unsigned char seen[SEEN_MOST][SHA256_BYTES];
	unsigned seen_next;
	int64_t complain_ms; /* when the log may hear again */
};

static const char *key_setting(const struct signature_spec *signature)
{
	return signature->secret ? signature->secret : signature->keys;
}

/* The setting by which webhooks are known; NULL: none is set. */
static const char *find_setting(struct account *account, const struct webhook_spec *spec)
{
	for (int i = 0; spec && i < spec->signature_count; i++) {
		const char *name = key_setting(&spec->signatures[i]);

		if (account_setting(account, name)) {
			return name;
		}
	}
	return NULL;
}

int hooked_create(struct account *account, struct hooked **out, struct problem *why)
{
	const struct webhook_spec *spec = account->provider->webhook;
	struct hooked *hooked;

	if (!find_setting(account, spec)) {
		return 0;
	}
	hooked = calloc(1, sizeof(*hooked));
	if (!hooked) {
		return -ENOMEM;
	}
	hooked->account = account;
	hooked->spec = spec;
	int r = webhook_header(account->provider, &account->scope, &hooked->header, why);
	for (int i = 0; i < spec->signature_count && r == 0 && !hooked->ring; i++) {
		const char *url = account_setting(account, spec->signatures[i].keys);

		if (url) {
			hooked->ring = ring_create(account, url);
			r = hooked->ring ? 0 : -ENOMEM;
		}
	}
	if (r < 0) {
		hooked_destroy(hooked);
		return r;
	}
	*out = hooked;
	return 0;
}

void hooked_destroy(struct hooked *hooked)
{
	if (hooked) {
		ring_destroy(hooked->ring);
		free(hooked->header);
	}
	free(hooked);
}

void hooked_start(struct hooked *hooked)
{
	if (hooked && hooked->ring && hooked->account->shared->config->listen) {
		ring_fetch(hooked->ring);
	}
}

/* As the body would be written anew by who signed it. */
static bool is_rewritten(const char *secret, const struct hook_request *request, const char *given)
{
	struct doc *body = NULL;

	if (doc_parse_json(request->body, request->length, DEPTH_MOST, &body, NULL) < 0) {
		return false;
	}
	auto_free char *text = doc_print_ascii(body);
	doc_destroy(body);
	return text && sign_is_hmac_sha256(secret, text, strlen(text), given);
}

/* False: the header asks for something that is not done here. */
static bool read_jws_header(const struct doc *header, const char **id, bool *encoded)
{
	const char *algorithm = doc_text(doc_get(header, "alg"), NULL);
	const struct doc *must = doc_get(header, "crit");
	const char *plain = doc_text(doc_get(header, "b64"), NULL);
	bool is_plain = plain && strcmp(plain, "false") == 0;
	bool known = algorithm && strcmp(algorithm, "RS256") == 0;

	for (size_t i = 0; i < doc_count(must); i++) {
		const char *word = doc_text(doc_at(must, i), NULL);
		known = known && word && strcmp(word, "b64") == 0;
	}
	*encoded = !is_plain;
	*id = doc_text(doc_get(header, "kid"), NULL);
	return known && (!is_plain || doc_count(must) > 0);
}

static enum hook_status judge_jws(struct key_ring *ring, const struct hook_request *request,
				  const char *given)
{
	static const enum hook_status statuses[] = {
		[RING_HOLDS] = HOOK_TAKEN,
		[RING_BREAKS] = HOOK_REFUSED,
		[RING_UNKNOWN] = HOOK_LATER,
	};
	enum hook_status status = HOOK_REFUSED;
	struct doc *header = NULL;
	struct sign_jws jws;
	const char *id;
	bool encoded;

	if (sign_jws_read(given, &jws) < 0) {
		return status;
	}
	if (doc_parse_json(jws.header, jws.header_length, DEPTH_MOST, &header, NULL) == 0 &&
	    read_jws_header(header, &id, &encoded)) {
		status = statuses[ring_verify(ring, id, &jws, encoded, request->body,
					      request->length)];
	}
	doc_destroy(header);
	sign_jws_finish(&jws);
	return status;
}

static enum hook_status judge_signature(struct hooked *hooked,
					const struct signature_spec *signature,
					const struct hook_request *request, const char *given)
{
	const char *secret = account_setting(hooked->account, signature->secret);
	bool good = false;

	if (signature->kind == SIGNATURE_JWS_RS256) {
		bool set = account_setting(hooked->account, signature->keys) != NULL;
		return set ? judge_jws(hooked->ring, request, given) : HOOK_REFUSED;
	}
	if (secret && signature->kind == SIGNATURE_EQUAL) {
		good = sign_is_secret(secret, given);
	} else if (secret) {
		good = sign_is_hmac_sha256(secret, request->body, request->length, given) ||
		       (signature->rewritten && is_rewritten(secret, request, given));
	}
	return good ? HOOK_TAKEN : HOOK_REFUSED;
}

/* Any of the signatures that are set up will do. */
static enum hook_status judge(struct hooked *hooked, const struct hook_request *request)
{
	const char *given = request->header(request, hooked->header);
	enum hook_status result = HOOK_REFUSED;

	for (int i = 0; given && i < hooked->spec->signature_count; i++) {
		enum hook_status status = judge_signature(hooked, &hooked->spec->signatures[i],
							  request, given);
		if (status == HOOK_TAKEN) {
			return status;
		}
		result = status == HOOK_LATER ? status : result;
	}
	return result;
}

/* True when it came before. What does not say which event it is, is the same when every byte is. */
static bool is_repeated(struct hooked *hooked, const struct hook_request *request,
			const char *event)
{
	unsigned char digest[SHA256_BYTES];
	struct sha256 hash;

	sha256_init(&hash);
	sha256_add(&hash, event ? "event" : "body", event ? 5 : 4);
	sha256_add(&hash, event ? event : request->body, event ? strlen(event) : request->length);
	sha256_end(&hash, digest);
	for (unsigned i = 0; i < hooked->seen_next && i < SEEN_MOST; i++) {
		if (memcmp(hooked->seen[i], digest, sizeof(digest)) == 0) {
			return true;
		}
	}
	/* The oldest makes room; which are there is told by a count that does not start anew. */
	memcpy(hooked->seen[hooked->seen_next % SEEN_MOST], digest, sizeof(digest));
	hooked->seen_next++;
	return false;
}

static void take(struct hooked *hooked, const struct webhook *webhook)
{
	struct account *account = hooked->account;
	int index = webhook->collection >= 0
			    ? webhook->collection
			    : account->provider->collection_count + webhook->document;

	if (index < account->work_count) {
		hint_add(account, &account->works[index], webhook->id);
	}
}

static enum hook_status refuse(struct hooked *hooked)
{
	int64_t now_ms = clock_ms();

	atomic_fetch_add(&hooked->account->hooks_refused, 1);
	if (now_ms >= hooked->complain_ms) {
		hooked->complain_ms = now_ms + COMPLAIN_MS;
		log_info("%s: a webhook was refused: its signature is missing or wrong",
			 hooked->account->config->name);
	}
	return HOOK_REFUSED;
}

bool account_takes_hooks(const struct account *account)
{
	return account->hooked != NULL;
}

enum hook_status account_take_hook(struct account *account, const struct hook_request *request)
{
	struct hooked *hooked = account->hooked;
	enum hook_status status = judge(hooked, request);
	struct webhook webhook;
	struct doc *body = NULL;

	if (status != HOOK_TAKEN) {
		return status == HOOK_REFUSED ? refuse(hooked) : status;
	}
	if (doc_parse_json(request->body, request->length, DEPTH_MOST, &body, NULL) < 0) {
		return HOOK_NONSENSE;
	}
	bool about = webhook_read(hooked->spec, body, &webhook);
	if (is_repeated(hooked, request, webhook.event)) {
		atomic_fetch_add(&account->hooks_repeated, 1);
	} else {
		atomic_fetch_add(&account->hooks, 1);
		if (about) {
			take(hooked, &webhook);
		}
	}
	doc_destroy(body);
	return HOOK_TAKEN;
}
