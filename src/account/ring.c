/* Public keys; see ring.h. The request is nobody's to wait for: what comes of it is put in place
 * by the HTTP engine's thread. */
#include "account/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/fetch.h"
#include "account/internal.h"
#include "base/clock.h"
#include "base/log.h"

enum {
	KEYS_MOST = 16,
	ANSWER_MOST = 64 * 1024,
	PATIENCE_MS = 10000,
	FREE_TRIES = 2,   /* at the start, and for the first key that is not among them */
	EVERY_MS = 60000, /* later they are asked for no more often */
	DEPTH_MOST = 8,
};

struct named_key {
	char *id; /* or NULL */
	struct sign_key *key;
};

struct key_ring {
	/* Set at creation. */
	struct account *account;
	const char *url;
	/* The HTTP thread's, while a request is under way. */
	struct buf answer;
	int status;

	pthread_mutex_t mutex; /* protects: */
	struct named_key keys[KEYS_MOST];
	int count;
	struct http_job *job; /* the last one; or NULL */
	bool under_way;
	int tries;
	bool good;        /* the last answer made sense */
	int64_t tried_ms; /* when it was asked for */
};

static void drop_keys_locked(struct key_ring *ring)
{
	for (int i = 0; i < ring->count; i++) {
		free(ring->keys[i].id);
		sign_key_destroy(ring->keys[i].key);
	}
	ring->count = 0;
}

struct key_ring *ring_create(struct account *account, const char *url)
{
	struct key_ring *ring = calloc(1, sizeof(*ring));

	if (ring) {
		ring->account = account;
		ring->url = url;
		pthread_mutex_init(&ring->mutex, NULL);
	}
	return ring;
}

void ring_destroy(struct key_ring *ring)
{
	if (!ring) {
		return;
	}
	http_job_unref(ring->job);
	drop_keys_locked(ring);
	buf_finish(&ring->answer);
	pthread_mutex_destroy(&ring->mutex);
	free(ring);
}

/* Keys of other kinds and for other uses are passed over. */
static void add_key_locked(struct key_ring *ring, const struct doc *node)
{
	const char *kind = doc_text(doc_get(node, "kty"), NULL);
	const char *use = doc_text(doc_get(node, "use"), NULL);
	const char *id = doc_text(doc_get(node, "kid"), NULL);
	struct named_key *slot = &ring->keys[ring->count];

	if (ring->count == KEYS_MOST || !kind || strcmp(kind, "RSA") != 0 ||
	    (use && strcmp(use, "sig") != 0)) {
		return;
	}
	slot->id = id ? strdup(id) : NULL;
	if ((!id || slot->id) &&
	    sign_key_create(doc_text(doc_get(node, "n"), NULL), doc_text(doc_get(node, "e"), NULL),
			    &slot->key) == 0) {
		ring->count++;
	} else {
		free(slot->id);
	}
}

/* What was fetched takes the place of what there was. */
static int take_keys(struct key_ring *ring, struct problem *why)
{
	struct doc *root = NULL;
	int r = doc_parse_json(ring->answer.data ? ring->answer.data : "", ring->answer.length,
			       DEPTH_MOST, &root, why);
	const struct doc *list = doc_get(root, "keys");

	if (r == 0 && doc_kind(list) != DOC_ARRAY) {
		r = problem_set(why, -EBADMSG, "there are no keys in the answer");
	}
	pthread_mutex_lock(&ring->mutex);
	if (r == 0) {
		drop_keys_locked(ring);
	}
	for (size_t i = 0; r == 0 && i < doc_count(list); i++) {
		add_key_locked(ring, doc_at(list, i));
	}
	int count = ring->count;
	pthread_mutex_unlock(&ring->mutex);
	doc_destroy(root);
	if (r == 0 && count == 0) {
		r = problem_set(why, -EBADMSG, "none of its keys can be used");
	}
	return r;
}

static int on_head(void *context, const struct response *head)
{
	struct key_ring *ring = context;

	ring->status = head->status;
	return 0;
}

static int on_data(void *context, const void *data, size_t length)
{
	struct key_ring *ring = context;

	if (ring->answer.length + length > ANSWER_MOST) {
		return -EBADMSG;
	}
	buf_add(&ring->answer, data, length);
	return buf_status(&ring->answer);
}

static void on_end(void *context, int result)
{
	struct key_ring *ring = context;
	struct problem why = {0};
	char origin[128];
	int r = result;

	if (r == 0 && ring->status != 200) {
		r = problem_set(&why, -EREMOTEIO, "HTTP %d", ring->status);
	}
	if (r == 0) {
		r = take_keys(ring, &why);
	}
	if (r < 0 && r != -ECANCELED) {
		log_error(r, "%s: the keys for webhooks, at %s: %s", ring->account->config->name,
			  url_origin(ring->url, origin, sizeof(origin)), problem_words(&why, r));
	}
	problem_finish(&why);
	pthread_mutex_lock(&ring->mutex);
	ring->good = r == 0;
	ring->under_way = false;
	pthread_mutex_unlock(&ring->mutex);
}

static int submit(struct key_ring *ring, struct http_job **job)
{
	const struct http_sink sink = {on_head, on_data, on_end, ring};
	struct account *account = ring->account;
	struct request request = {0};
	struct http_options options = {
		.lane = account->lane,
		.total_ms = PATIENCE_MS,
		.connect_ms = account->shared->config->connect_ms,
		.background = true,
		.allow_plain = account->config->insecure,
		.sink = &sink,
	};

	buf_clear(&ring->answer);
	ring->status = 0;
	int r = fetch_build(ring->url, NULL, NULL, NULL, &request);
	if (r == 0) {
		r = http_submit(account->shared->http, &request, &options, job);
	}
	request_finish(&request);
	return r;
}

void ring_fetch(struct key_ring *ring)
{
	struct http_job *job = NULL;
	int64_t now_ms = clock_ms();

	pthread_mutex_lock(&ring->mutex);
	bool due = !ring->under_way &&
		   (ring->tries < FREE_TRIES || now_ms - ring->tried_ms >= EVERY_MS);
	if (due) {
		ring->tries += ring->tries < FREE_TRIES;
		ring->tried_ms = now_ms;
		ring->under_way = true;
	}
	pthread_mutex_unlock(&ring->mutex);
	if (!due) {
		return;
	}
	int r = submit(ring, &job);
	pthread_mutex_lock(&ring->mutex);
	struct http_job *before = ring->job;
	ring->job = job;
	if (r < 0) {
		ring->under_way = false;
		ring->good = false;
	}
	pthread_mutex_unlock(&ring->mutex);
	http_job_unref(before);
}

enum ring_answer ring_verify(struct key_ring *ring, const char *id, const struct sign_jws *jws,
			     bool encoded, const void *body, size_t length)
{
	bool known = false;
	bool good = false;

	pthread_mutex_lock(&ring->mutex);
	for (int i = 0; i < ring->count && !good; i++) {
		const struct named_key *key = &ring->keys[i];

		if (!id || (key->id && strcmp(key->id, id) == 0)) {
			known = true;
			good = sign_jws_holds(jws, key->key, encoded, body, length);
		}
	}
	pthread_mutex_unlock(&ring->mutex);
	if (known) {
		return good ? RING_HOLDS : RING_BREAKS;
	}
	ring_fetch(ring);
	pthread_mutex_lock(&ring->mutex);
	bool pending = ring->under_way || !ring->good;
	pthread_mutex_unlock(&ring->mutex);
	return pending ? RING_UNKNOWN : RING_BREAKS;
}
