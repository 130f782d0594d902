/* Content: reading. What is there is read; what is missing is planned, started or waited for, and
 * looked at again whenever a download has news. See content.h. */
#include "account/content.h"

#include <errno.h>
#include <string.h>

#include "account/internal.h"
#include "account/unpack.h"
#include "base/clock.h"
#include "base/log.h"

/* A kept file's spool lies where it is to stay. */
int content_prepare(struct content *c, struct problem *why)
{
	bool kept = content_is_kept(c);
	const char *dir = kept ? c->account->shared->kept_dir : c->table->dir;
	int r = 0;

	pthread_mutex_lock(&c->mutex);
	if (!c->spool) {
		r = spool_create(dir, &c->spool);
		if (r == 0 && !kept) {
			spool_count(c->spool, &c->table->bytes);
		}
	}
	pthread_mutex_unlock(&c->mutex);
	return r < 0 ? problem_set(why, r, "%s: %s", dir, strerror(-r)) : 0;
}

/* The content at the other end is another one: its name goes to a new version, once. */
static void replace_version(struct content *c, const char *words)
{
	struct account *account = c->account;
	struct item item = {0};
	uint32_t row = 0;

	pthread_mutex_lock(&c->mutex);
	bool first = !c->replaced;
	c->replaced = true;
	pthread_mutex_unlock(&c->mutex);
	if (!first || item_by_row(account->shared->store, c->file.item, &item) < 0) {
		return;
	}
	if (file_replace(account->shared->store, c->file.row, clock_wall_ns(), &row) == 0) {
		account_report_item(account, &item, CHANGE_FILES);
	}
	log_error(0, "%s: %s: %s", account->config->name, item.name, words);
	item_finish(&item);
}

/* The reader's error, in words, where people look for it. */
static int report(struct content *c, int r, struct problem *why)
{
	if (r == -EAGAIN) {
		log_info("%s: %s: EAGAIN: %s", c->account->config->name, c->file.name,
			 problem_words(why, r));
	}
	if (r == -EINTR || r == -EAGAIN || r == -ECANCELED) {
		return r;
	}
	pthread_mutex_lock(&c->mutex);
	/* Whose patience ended hears what it was that took so long. */
	const char *words = c->failed == r || (r == -ETIMEDOUT && c->failures) ? c->why.words
									       : NULL;
	words = words ? words : problem_words(why, r);
	/* What an archive's member lacks was the archive's own fault, and has its name. */
	bool named = c->archive && strncmp(words, c->file.name, strlen(c->file.name)) == 0;
	problem_set(why, r, "%s%s%s", named ? "" : c->file.name, named ? "" : ": ", words);
	c->praised = false;
	pthread_mutex_unlock(&c->mutex);
	if (r == -ESTALE) {
		replace_version(c, problem_words(why, r));
	} else {
		report_file(c->account, c->file.item, c->file.name, problem_words(why, r));
	}
	return r;
}

/* Read to its end: what was wrong with it once is over. */
static void praise(struct content *c)
{
	pthread_mutex_lock(&c->mutex);
	bool first = !c->praised;
	c->praised = true;
	pthread_mutex_unlock(&c->mutex);
	if (first && c->archive) {
		const struct bundle_entry *entry = bundle_entry(archive_bundle(c->archive),
								c->entry);
		report_member_good(c->account, c->file.item, c->file.name,
				   entry ? entry->name : "");
	} else if (first) {
		report_file(c->account, c->file.item, c->file.name, NULL);
	}
}

/* What nobody reads goes first, then what was read here. */
void content_make_room(struct content *c)
{
	if (contents_are_full(c->table)) {
		contents_make_room(c->table);
	}
	if (contents_are_full(c->table)) {
		pthread_mutex_lock(&c->mutex);
		window_shrink_locked(c);
		pthread_mutex_unlock(&c->mutex);
	}
}

static int64_t begin_read(struct content *c, int64_t offset, size_t length, int64_t *size)
{
	pthread_mutex_lock(&c->mutex);
	int64_t end = c->file.size;
	*size = end;
	if (offset < end) {
		end = (int64_t)length < end - offset ? offset + (int64_t)length : end;
		window_pin_locked(c, offset, end);
		window_note_locked(c, offset, end);
		window_resume_locked(c);
	}
	pthread_mutex_unlock(&c->mutex);
	return end;
}

/* So long a download that has begun may be silent while somebody waits for it: there must be time
 * for another one before the reader's patience ends. */
static int64_t silence_ms(const struct content *c)
{
	return c->account->shared->config->deadline_ms / 3;
}

/* What is to be done about a byte that is missing: 1: start a download; 0: wait until *until_ms;
 * or the error that it will not come for. */
static int plan_locked(struct content *c, int64_t offset, int64_t end, int64_t *until_ms,
		       struct http_job **silent)
{
	int64_t missing = spool_reach(c->spool, offset);
	int64_t now = clock_ms();
	struct range range;

	if (missing >= end) {
		*until_ms = 0;
		return 0;
	}
	if (c->failed) {
		return c->failed;
	}
	if (!window_plan_locked(c, missing, end, &range)) {
		*silent = stream_take_silent_locked(c, missing, silence_ms(c));
		*until_ms = now + silence_ms(c);
		return 0;
	}
	*until_ms = c->not_before_ms;
	return now < c->not_before_ms ? 0 : 1;
}

static int plan(struct content *c, int64_t offset, int64_t end, int64_t *until_ms)
{
	struct http_job *silent = NULL;

	pthread_mutex_lock(&c->mutex);
	int r = plan_locked(c, offset, end, until_ms, &silent);
	pthread_mutex_unlock(&c->mutex);
	http_job_unref(silent);
	return r;
}

static int fetch(struct content *c, int64_t offset, int64_t end, struct waiter *waiter,
		 struct problem *why)
{
	size_t length = (size_t)(end - offset);
	int64_t until_ms = 0; /* first only a look */
	bool looked = false;
	int r = 0;

	while (r == 0) {
		uint64_t news = spool_news(c->spool);
		if (looked) {
			r = plan(c, offset, end, &until_ms);
		}
		if (r == 1) {
			r = c->archive ? unpack_start(c, offset, end, why)
				       : stream_start(c, offset, end, waiter, why);
			looked = false;
			until_ms = 0;
		} else if (r == 0) {
			r = spool_wait(c->spool, offset, length, &news, until_ms, waiter);
			looked = true;
		}
	}
	return r < 0 ? r : 0;
}

static int obtain(struct content *c, int64_t offset, int64_t end, struct waiter *waiter,
		  struct problem *why)
{
	return c->is_small ? unpack_small(c, offset, end, waiter, why)
			   : fetch(c, offset, end, waiter, why);
}

ssize_t content_read(struct content *c, int64_t offset, size_t length, struct waiter *waiter,
		     struct problem *why)
{
	int r = content_prepare(c, why);

	if (r < 0) {
		return report(c, r, why);
	}
	int64_t size;
	int64_t end = begin_read(c, offset, length, &size);
	if (offset >= end) {
		return 0;
	}
	content_make_room(c);
	r = obtain(c, offset, end, waiter, why);
	if (r == -ENOSPC && content_find_room(c)) {
		r = obtain(c, offset, end, waiter, why);
	}
	if (r < 0) {
		late_note(c, offset, end, r, waiter);
		content_done(c, offset, (size_t)(end - offset));
		return report(c, r, why);
	}
	if (end == size) {
		praise(c);
	}
	return (ssize_t)(end - offset);
}

int content_fd(const struct content *c)
{
	return spool_fd(c->spool);
}

bool content_is_complete(struct content *c)
{
	pthread_mutex_lock(&c->mutex);
	bool complete = c->complete;
	pthread_mutex_unlock(&c->mutex);
	return complete;
}

int64_t content_measure(struct content *c, struct waiter *waiter, struct problem *why)
{
	int r = content_prepare(c, why);

	pthread_mutex_lock(&c->mutex);
	c->keep_going = c->file.size < 0;
	pthread_mutex_unlock(&c->mutex);
	if (r == 0) {
		r = stream_start(c, 0, INT64_MAX, waiter, why);
	}
	int64_t size = r < 0 ? r : spool_wait_end(c->spool, waiter);
	return size < 0 ? report(c, (int)size, why) : size;
}
