/* One account at work: the only floor where description, HTTP engine, store and spool meet.
 *
 * Functions with a waiter may wait for the network (the list: account_list_first, account_ask,
 * account_trigger, account_refresh, account_learn, content_read); no lock is held meanwhile.
 * The others answer from memory and the store. Any thread, unless said otherwise. */
#ifndef ACCOUNT_ACCOUNT_H
#define ACCOUNT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/wait.h"
#include "config/config.h"
#include "hook/hook.h"
#include "http/http.h"
#include "store/items.h"

struct account;
struct contents;

/* What accounts share. Borrowed; lives longer than they do. */
struct account_shared {
	const struct config *config;
	struct store *store;
	struct http *http;
	struct contents *contents;
	const char *kept_dir; /* for what is kept for good; must exist, 0700 */
	/* Told what changed in the store, from any thread, with no lock held. */
	void (*changed)(void *context, unsigned account, unsigned collection,
			const struct item_change *changes, int count);
	void *context;
};

int account_create(const struct account_shared *shared, const struct account_config *config,
		   struct account **out, struct problem *why);
/* Starts listing and polling in a thread of its own. */
int account_start(struct account *account);
/* Ends that thread; calls under way in it are called off. */
void account_stop(struct account *account);
void account_destroy(struct account *account);

const char *account_name(const struct account *account);
/* The store's number: stable for ever. */
unsigned account_number(const struct account *account);
const struct provider *account_provider(const struct account *account);
/* The collection with that number, or NULL. */
const struct collection *account_collection(const struct account *account, unsigned number);
/* The number of the index-th collection of the description; 0 past the end. */
unsigned account_collection_number(const struct account *account, int index);

/* True when the last listing of every collection and document succeeded. */
bool account_is_ready(struct account *account);
/* The account's status: "ok\n", or one line with what is wrong and since when. */
void account_describe(struct account *account, struct buf *out);
/* Lines in Prometheus' text format; header: also HELP and TYPE. */
struct download_counts {
	uint64_t begun;
	uint64_t failed;
	uint64_t running;
	uint64_t bytes;
};
struct account_counts {
	struct lane_counts http;
	uint64_t listings;
	uint64_t listing_failures;
	uint64_t triggers;
	struct download_counts downloads;
	uint64_t hooks; /* webhooks that were taken; refused; that had come before */
	uint64_t hooks_refused;
	uint64_t hooks_repeated;
};
void account_counts(struct account *account, struct account_counts *out);

/* Returns once the collection was listed at least once, now or ever; else why it could not be. */
int account_list_first(struct account *account, unsigned collection, struct waiter *waiter,
		       struct problem *why);
/* Lists everything again, now; returns when that is done. */
int account_refresh(struct account *account, struct waiter *waiter, struct problem *why);
/* Brings the store's word on the item up to date, unless it is final or younger than a second.
 * Callers at the same time share one request. -ENOENT when the API no longer knows the item. */
int account_ask(struct account *account, uint32_t item, struct waiter *waiter, struct problem *why);
/* Carries out one command written to the trigger of an item, or (item 0) of a collection. *answer:
 * JSON text, the caller's. */
int account_trigger(struct account *account, unsigned collection, uint32_t item, const char *text,
		    size_t length, struct waiter *waiter, char **answer, struct problem *why);
/* What reading that trigger says about itself; the caller's, NULL without memory. */
char *account_usage(struct account *account, unsigned collection, bool of_item);
/* Learns the size of a file whose size is not known. */
int account_learn(struct account *account, uint32_t file, struct waiter *waiter,
		  struct problem *why);
/* The same in the background, in the order of calls; done is called when it is known, or could not
 * be learnt in time, from another thread. False: it will not be called. */
bool account_learn_later(struct account *account, uint32_t file,
			 void (*done)(void *context, uint32_t file), void *context);

/* Whether its API sends webhooks, and a setting is there by which one can know it. */
bool account_takes_hooks(const struct account *account);
/* A webhook for an account that takes them; what it is about is looked at by the account's thread,
 * see hint.h. Never waits; one thread. */
enum hook_status account_take_hook(struct account *account, const struct hook_request *request);

/* Tries an account that was not started: logs in, asks for a page of each listing and for each
 * document. said: how it went, in one line, with the error or with 0. */
int account_probe(struct account *account, struct waiter *waiter, struct buf *said);

#endif
