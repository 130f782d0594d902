/* Content: starting the one download of a file, and reading what has arrived. See content.h. */
#include "account/content.h"

#include <errno.h>
#include <string.h>

#include "account/contents.h"
#include "account/internal.h"
#include "base/clock.h"

/* In the HTTP thread. */
static void download_ended(void *context, int result, const char *words)
{
	struct content *c = context;
	struct contents *table = c->table;

	pthread_mutex_lock(&table->mutex);
	c->failed = result;
	if (result < 0) {
		problem_set(&c->why, result, "%s", words);
	}
	pthread_mutex_unlock(&table->mutex);
	spool_end(c->spool, result);
	pthread_mutex_lock(&table->mutex);
	struct http_job *job = c->job;
	c->job = NULL;
	c->downloading = false;
	if (result < 0 && c->handles == 0) {
		content_unlist_locked(c);
	}
	bool loose = content_is_loose_locked(c);
	pthread_mutex_unlock(&table->mutex);
	http_job_unref(job);
	if (loose) {
		content_destroy(c);
	}
}

static bool is_started(struct content *c)
{
	pthread_mutex_lock(&c->table->mutex);
	bool started = c->started;
	pthread_mutex_unlock(&c->table->mutex);
	return started;
}

/* Marks it started before the first byte can arrive, since the end may come before the job is
 * known. */
static int send_request(struct content *c, const char *url, struct problem *why)
{
	struct http_job *job = NULL;

	c->download = (struct download){
		.spool = c->spool,
		.size = c->file.size,
		.etag = c->file.etag,
		.modified = c->file.modified,
		.ended = download_ended,
		.context = c,
	};
	pthread_mutex_lock(&c->table->mutex);
	c->downloading = true;
	c->started = true;
	pthread_mutex_unlock(&c->table->mutex);
	int r = fetch_start(c->account, url, &c->download, &job, why);
	pthread_mutex_lock(&c->table->mutex);
	if (r < 0) {
		c->downloading = false;
		c->started = false;
	} else if (c->downloading) {
		c->job = job;
		job = NULL;
	}
	pthread_mutex_unlock(&c->table->mutex);
	http_job_unref(job);
	return r;
}

static int start_download(void *context, struct call *call, struct waiter *waiter,
			  struct problem *why)
{
	struct content *c = context;
	char *url = NULL;

	if (is_started(c)) {
		return 0;
	}
	int r = resolve_url(c->account, call, &c->file, waiter, &url, why);
	if (r == 0 && !c->spool) {
		r = spool_create(c->table->dir, &c->spool);
		problem_set(r < 0 ? why : NULL, r, "%s: %s", c->table->dir, strerror(-r));
	}
	if (r == 0) {
		r = send_request(c, url, why);
	}
	fetch_wipe(url);
	return r;
}

static int ensure_started(struct content *c, struct waiter *waiter, struct problem *why)
{
	int r = 0;

	/* The flight may have been another content's of the same row, one that failed since. */
	while (r == 0 && !is_started(c)) {
		r = flight_run(&c->account->flights, flight_key(FLIGHT_CONTENT, c->file.row), 0,
			       start_download, c, waiter, why);
	}
	return r;
}

/* The content at the other end is another one: its name goes to a new version, once. */
static void replace_version(struct content *c)
{
	struct account *account = c->account;
	struct item item = {0};
	uint32_t row = 0;

	pthread_mutex_lock(&c->table->mutex);
	bool first = !c->replaced;
	c->replaced = true;
	pthread_mutex_unlock(&c->table->mutex);
	if (!first || item_by_row(account->shared->store, c->file.item, &item) < 0) {
		return;
	}
	if (file_replace(account->shared->store, c->file.row, clock_wall_ns(), &row) == 0) {
		struct item_change change = {item.row, CHANGE_FILES, item.state, ""};
		strcpy(change.name, item.name);
		account_report_changes(account, item.collection, &change, 1);
	}
	item_finish(&item);
}

/* The reader's error, in words, where people look for it. */
static int report(struct content *c, int r, struct problem *why)
{
	if (r == -EINTR || r == -EAGAIN || r == -ECANCELED) {
		return r;
	}
	pthread_mutex_lock(&c->table->mutex);
	problem_set(why, r, "%s: %s", c->file.name,
		    c->why.words ? c->why.words : problem_words(why, r));
	pthread_mutex_unlock(&c->table->mutex);
	if (r == -ESTALE) {
		replace_version(c);
	} else {
		resolve_report(c->account, c->file.item, problem_words(why, r));
	}
	return r;
}

/* Read to its end: what was wrong with it once is over. */
static void praise(struct content *c)
{
	pthread_mutex_lock(&c->table->mutex);
	bool first = !c->praised;
	c->praised = true;
	pthread_mutex_unlock(&c->table->mutex);
	if (first) {
		resolve_report(c->account, c->file.item, NULL);
	}
}

ssize_t content_read(struct content *c, int64_t offset, size_t length, struct waiter *waiter,
		     struct problem *why)
{
	if (offset >= c->file.size) {
		return 0;
	}
	if ((int64_t)length > c->file.size - offset) {
		length = (size_t)(c->file.size - offset);
	}
	int r = ensure_started(c, waiter, why);
	ssize_t n = r;
	if (r == 0) {
		n = spool_wait(c->spool, offset, length, waiter);
	}
	if (n >= 0 && n < (ssize_t)length) {
		n = -EIO; /* a short answer would be taken for the end of the file */
	}
	if (n >= 0 && offset + n == c->file.size) {
		praise(c);
	}
	return n < 0 ? report(c, (int)n, why) : n;
}

int content_fd(const struct content *c)
{
	return spool_fd(c->spool);
}

int64_t content_measure(struct content *c, struct waiter *waiter, struct problem *why)
{
	int r = ensure_started(c, waiter, why);

	if (r < 0) {
		return r;
	}
	pthread_mutex_lock(&c->table->mutex);
	c->keep_going = true;
	pthread_mutex_unlock(&c->table->mutex);
	int64_t size = spool_wait_end(c->spool, waiter);
	return size < 0 ? report(c, (int)size, why) : size;
}
