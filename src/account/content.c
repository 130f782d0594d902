/* Content; see content.h.
 *
 * Who holds a content: every open handle, the download until it has ended, and nobody else. One that
 * is held by no handle stays in the table as long as the cache's limit allows. */
#include "account/content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/fetch.h"
#include "account/internal.h"
#include "base/clock.h"

struct content {
	/* Set at creation. */
	struct contents *table;
	struct account *account;
	struct file file;
	/* Under the table's mutex. */
	struct content *next;
	int handles;
	bool downloading;
	bool listed;    /* in the table: later opens find it */
	bool keep_going; /* even when nobody has it open: its length is wanted */
	int64_t closed_ms;
	int failed;     /* how the download ended */
	struct problem why;
	bool replaced;  /* the store was told that the content is another one */
	bool praised;   /* the store was told that it can be read */
	bool started;
	struct http_job *job;
	/* Set before `started`. */
	struct spool *spool;
	/* The HTTP thread's while downloading. */
	struct download download;
};

struct contents {
	const char *dir;
	int64_t most_bytes;
	pthread_mutex_t mutex; /* protects the list and what contents say of themselves */
	struct content *list;
};

int contents_create(const char *dir, int64_t most_bytes, struct contents **out)
{
	struct contents *table = NULL;
	struct spool *first = NULL;

	/* What a download will do is tried now, while there is somebody to tell. A full disk may be
	 * empty again by then. */
	int r = spool_create(dir, &first);
	spool_destroy(first);
	if (r < 0 && r != -ENOSPC) {
		return r;
	}
	table = calloc(1, sizeof(*table));
	if (!table) {
		return -ENOMEM;
	}
	table->dir = dir;
	table->most_bytes = most_bytes;
	pthread_mutex_init(&table->mutex, NULL);
	*out = table;
	return 0;
}

static void destroy(struct content *c)
{
	http_job_unref(c->job);
	spool_destroy(c->spool);
	file_finish(&c->file);
	problem_finish(&c->why);
	problem_finish(&c->download.why);
	free(c);
}

void contents_destroy(struct contents *table)
{
	if (!table) {
		return;
	}
	while (table->list) {
		struct content *c = table->list;
		table->list = c->next;
		destroy(c);
	}
	pthread_mutex_destroy(&table->mutex);
	free(table);
}

static int64_t bytes_of(const struct content *c)
{
	return c->started ? spool_bytes(c->spool) : 0;
}

void contents_usage(struct contents *table, int64_t *bytes, int *count)
{
	*bytes = 0;
	*count = 0;
	pthread_mutex_lock(&table->mutex);
	for (struct content *c = table->list; c; c = c->next) {
		*bytes += bytes_of(c);
		*count += c->started;
	}
	pthread_mutex_unlock(&table->mutex);
}

static void unlist_locked(struct content *c)
{
	struct content **slot = &c->table->list;

	if (!c->listed) {
		return;
	}
	while (*slot != c) {
		slot = &(*slot)->next;
	}
	*slot = c->next;
	c->next = NULL;
	c->listed = false;
}

/* The one to give up for want of room: closed the longest ago. NULL when there is room. */
static struct content *oldest_idle_locked(struct contents *table)
{
	struct content *oldest = NULL;
	int64_t bytes = 0;

	for (struct content *c = table->list; c; c = c->next) {
		bytes += bytes_of(c);
		if (c->handles == 0 && !c->downloading &&
		    (!oldest || c->closed_ms < oldest->closed_ms)) {
			oldest = c;
		}
	}
	return bytes > table->most_bytes ? oldest : NULL;
}

static void make_room(struct contents *table)
{
	struct content *c;

	do {
		pthread_mutex_lock(&table->mutex);
		c = oldest_idle_locked(table);
		if (c) {
			unlist_locked(c);
		}
		pthread_mutex_unlock(&table->mutex);
		if (c) {
			destroy(c);
		}
	} while (c);
}

static int create(struct account *account, const struct file *file, struct content **out)
{
	struct content *c = calloc(1, sizeof(*c));

	if (!c) {
		return -ENOMEM;
	}
	c->table = account->shared->contents;
	c->account = account;
	int r = file_by_row(account->shared->store, file->row, &c->file);
	if (r < 0) {
		free(c);
		return r;
	}
	*out = c;
	return 0;
}

static struct content *find_locked(struct contents *table, uint32_t row, int64_t size)
{
	for (struct content *c = table->list; c; c = c->next) {
		/* One that was begun without a length serves those who know it by now. */
		if (c->file.row == row && c->failed == 0 &&
		    (c->file.size == size || c->file.size < 0)) {
			return c;
		}
	}
	return NULL;
}

int content_open(struct account *account, const struct file *file, struct content **out)
{
	struct contents *table = account->shared->contents;
	struct content *fresh = NULL;

	make_room(table);
	int r = create(account, file, &fresh);
	if (r < 0) {
		return r;
	}
	pthread_mutex_lock(&table->mutex);
	struct content *c = find_locked(table, file->row, file->size);
	if (!c) {
		c = fresh;
		fresh = NULL;
		c->next = table->list;
		table->list = c;
		c->listed = true;
	} else if (c->file.size < 0) {
		c->file.size = file->size; /* known by now */
	}
	c->handles++;
	pthread_mutex_unlock(&table->mutex);
	if (fresh) {
		destroy(fresh);
	}
	*out = c;
	return 0;
}

/* Takes the job out of a content that nobody reads any more: dropping it calls the download off. */
static struct http_job *abandon_locked(struct content *c)
{
	struct http_job *job = NULL;

	if (c->downloading && !c->keep_going) {
		unlist_locked(c);
		job = c->job;
		c->job = NULL;
	}
	return job;
}

/* True when nothing holds it any more and nobody can find it. */
static bool is_loose_locked(const struct content *c)
{
	return c->handles == 0 && !c->downloading && !c->listed;
}

void content_close(struct content *c)
{
	struct contents *table = c->table;
	struct http_job *job = NULL;

	pthread_mutex_lock(&table->mutex);
	if (--c->handles == 0) {
		c->closed_ms = clock_ms();
		if (c->failed || !c->started) {
			unlist_locked(c);
		}
		job = abandon_locked(c);
	}
	bool loose = is_loose_locked(c);
	pthread_mutex_unlock(&table->mutex);
	http_job_unref(job); /* ended() may free c */
	if (loose) {
		destroy(c);
	}
	make_room(table);
}

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
		unlist_locked(c);
	}
	bool loose = is_loose_locked(c);
	pthread_mutex_unlock(&table->mutex);
	http_job_unref(job);
	if (loose) {
		destroy(c);
	}
}

static bool is_started(struct content *c)
{
	pthread_mutex_lock(&c->table->mutex);
	bool started = c->started;
	pthread_mutex_unlock(&c->table->mutex);
	return started;
}

/* Marks it started before the first byte can arrive, since the end may come before the job is known. */
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
		problem_set(r < 0 ? why : NULL, r, "%s: %s", c->table->dir,
			    strerror(-r));
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
