/* The downloads of a content: starting them, and what becomes of them. The ends of them are told in
 * the HTTP thread; a reader who misses something starts the next one. See contents.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/contents.h"
#include "account/internal.h"
#include "base/cleanup.h"
#include "base/clock.h"

enum {
	FAILURES = 5,           /* so often in a row a broken download is taken up again */
	FIRST_WAIT_MS = 200,    /* the second time; the first time at once */
	PROGRESS_BYTES = 65536, /* what counts as having got on */
	PAUSE_MS = 5000,        /* a rate is not of longer ones */
};

static struct stream **find_slot(struct content *c, uint64_t number)
{
	struct stream **slot = &c->streams;

	while (*slot && (*slot)->number != number) {
		slot = &(*slot)->next;
	}
	return slot;
}

/* The answer is good. One that brings the whole where a range was asked for says that there are no
 * ranges; one such is enough. */
static int begun(void *context, struct download *d)
{
	struct stream *s = context;
	struct content *c = s->content;
	int r = 0;

	pthread_mutex_lock(&c->mutex);
	if (d->status == 200 && d->ranged) {
		c->no_ranges = true;
		for (const struct stream *other = c->streams; other && r == 0;
		     other = other->next) {
			bool is_whole = other != s && other->from == 0 &&
					other->stop >= c->file.size;
			r = is_whole && other->download.status == 200 ? -ECANCELED : 0;
		}
		s->from = 0;
		s->stop = c->file.size < 0 ? INT64_MAX : c->file.size;
	}
	s->at = d->at;
	s->moves = true;
	s->moved_ms = clock_ms();
	pthread_mutex_unlock(&c->mutex);
	return r;
}

static int coming(void *context, int64_t at)
{
	struct stream *s = context;
	struct content *c = s->content;

	pthread_mutex_lock(&c->mutex);
	if (at > s->at) {
		c->received += at - s->at;
		c->refusals = 0;
		s->moved_ms = clock_ms();
	}
	s->at = at;
	s->held = window_holds_locked(c, s);
	int r = at >= s->stop ? -ECANCELED : s->held ? HTTP_HOLD : 0;
	pthread_mutex_unlock(&c->mutex);
	return r;
}

/* Any time between half of the bound and all of it: those who broke together come back apart. */
static int64_t back_off_ms(int failures)
{
	int64_t bound = failures > 1 ? (int64_t)FIRST_WAIT_MS << (failures - 2) : 0;

	return bound / 2 + (clock_wall_ns() / 1000) % (bound / 2 + 1);
}

static void wipe_url_locked(struct content *c)
{
	wipe_text(c->url);
	c->url = NULL;
}

/* Bytes that nobody had before: without ranges each download begins at the start. */
static int64_t take_progress_locked(struct content *c, const struct download *d)
{
	int64_t progress = d->got;

	if (c->no_ranges) {
		progress = d->at - c->furthest;
		c->furthest = d->at > c->furthest ? d->at : c->furthest;
	}
	return progress;
}

/* What a failed download means for the content: another try, or the end. */
static void judge_locked(struct content *c, const struct stream *s, int result, const char *words)
{
	const struct download *d = &s->download;
	bool refused = result == -EACCES || result == -ENOENT;

	if (refused && s->url_number < c->url_number) {
		return; /* another one was asked for since */
	}

	problem_set(&c->why, result, "%s", words ? words : error_words(result));
	if (refused && c->refusals++ == 0) {
		c->url_number++;
		wipe_url_locked(c); /* it may have expired: another one is asked for, once */
		return;
	}
	if (d->broken && c->file.size >= 0) {
		bool got_on = take_progress_locked(c, d) >= PROGRESS_BYTES;
		c->failures = got_on ? 1 : c->failures + 1;
		c->not_before_ms = clock_ms() + back_off_ms(c->failures);
		if (c->failures <= FAILURES) {
			return;
		}
	}
	c->failed = result;
}

static bool is_complete(const struct content *c)
{
	return c->file.size >= 0 && spool_reach(c->spool, 0) >= c->file.size;
}

/* A download whose length was not known came to its end, or to none. */
static void measure_locked(struct content *c, int result)
{
	c->keep_going = false;
	if (result == 0) {
		c->file.size = spool_reach(c->spool, 0);
	} else {
		c->failed = result; /* the next to measure begins anew */
	}
	spool_end(c->spool, result);
}

static void ended(void *context, int result, const char *words)
{
	struct stream *s = context;
	struct content *c = s->content;

	pthread_mutex_lock(&c->mutex);
	*find_slot(c, s->number) = s->next;
	c->stream_count--;
	c->quiet_ms = clock_ms();
	struct http_job *job = s->job;
	bool called_off = result == -ECANCELED;
	if (result < 0 && !called_off) {
		judge_locked(c, s, result, words);
	} else if (result == 0) {
		c->failures = 0;
		c->refusals = 0;
	}
	if (c->file.size < 0) {
		measure_locked(c, result);
	}
	bool completed = !c->complete && is_complete(c);
	c->complete |= completed;
	if (completed) {
		wipe_url_locked(c);
	}
	spool_tell(c->spool);
	pthread_mutex_unlock(&c->mutex);
	if (completed) {
		saver_want(c);
	}
	problem_finish(&s->download.why);
	free(s);
	http_job_unref(job);
	content_leave(c);
}

static struct stream *add_locked(struct content *c, const struct range *range)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s) {
		return NULL;
	}
	*s = (struct stream){
		.next = c->streams,
		.content = c,
		.number = ++c->stream_number,
		.from = range->from,
		.at = range->from,
		.stop = range->stop,
	};
	s->download = (struct download){
		.spool = c->spool,
		.at = range->from,
		.stop = range->stop < INT64_MAX ? range->stop : 0,
		.size = c->file.size,
		.etag = c->file.etag,
		.modified = c->file.modified,
		.name = c->file.name,
		.begun = begun,
		.coming = coming,
		.ended = ended,
		.context = s,
	};
	c->streams = s;
	if (c->stream_count++ == 0 && clock_ms() - c->quiet_ms > PAUSE_MS) {
		c->born_ms = clock_ms();
		c->received = 0;
	}
	return s;
}

/* The job is known only now; its end may have come before. */
static void know_job(struct content *c, uint64_t number, struct http_job *job)
{
	pthread_mutex_lock(&c->mutex);
	struct stream *s = *find_slot(c, number);
	if (s) {
		s->job = job;
		job = NULL;
	}
	pthread_mutex_unlock(&c->mutex);
	http_job_unref(job);
}

static void remove_stream(struct content *c, uint64_t number)
{
	pthread_mutex_lock(&c->mutex);
	struct stream **slot = find_slot(c, number);
	struct stream *s = *slot;
	*slot = s->next;
	c->stream_count--;
	pthread_mutex_unlock(&c->mutex);
	free(s);
}

struct wanted {
	struct content *content;
	int64_t offset, end;
	uint64_t url_number; /* of the URL that is tried */
};

/* Whether it is still to be fetched: while this thread waited, another may have seen to it. */
static struct stream *plan(const struct wanted *wanted, const char *url, uint64_t *number, int *r)
{
	struct content *c = wanted->content;
	struct stream *s = NULL;
	struct range range;

	pthread_mutex_lock(&c->mutex);
	int64_t missing = spool_reach(c->spool, wanted->offset);
	/* Its length may have become known meanwhile. */
	bool is_end = c->file.size >= 0 && missing >= c->file.size;
	*r = 0;
	if (missing < wanted->end && !is_end && !c->failed && clock_ms() >= c->not_before_ms &&
	    window_plan_locked(c, missing, wanted->end, &range)) {
		s = add_locked(c, &range);
		*r = s ? 0 : -ENOMEM;
		*number = s ? s->number : 0;
	}
	if (s) {
		s->url_number = wanted->url_number;
	}
	if (s && !c->url && c->url_number == wanted->url_number) {
		c->url = strdup(url);
	}
	pthread_mutex_unlock(&c->mutex);
	return s;
}

/* The URL that is at hand, or one that is asked for. */
static int get_url(struct wanted *wanted, struct call *call, struct waiter *waiter, char **url,
		   struct problem *why)
{
	struct content *c = wanted->content;

	pthread_mutex_lock(&c->mutex);
	wanted->url_number = c->url_number;
	bool known = c->url;
	bool fresh = c->refusals == 0;
	*url = known ? strdup(c->url) : NULL;
	pthread_mutex_unlock(&c->mutex);
	if (known) {
		return *url ? 0 : -ENOMEM;
	}
	*url = fresh ? addresses_take(c->table, c->file.row) : NULL;
	return *url ? 0 : resolve_url(c->account, call, &c->file, waiter, url, why);
}

static int start(void *context, struct call *call, struct waiter *waiter, struct problem *why)
{
	struct wanted *wanted = context;
	struct content *c = wanted->content;
	struct http_job *job = NULL;
	struct badge badge = {0};
	uint64_t number = 0;
	char *url = NULL;

	int r = get_url(wanted, call, waiter, &url, why);
	if (r == 0) {
		r = badge_get(c->account, &c->file, url, waiter, &badge, why);
	}
	content_hold(c); /* the stream's */
	struct stream *s = r == 0 ? plan(wanted, url, &number, &r) : NULL;
	if (s) {
		/* From now on it may end, and be gone, at any time. */
		r = fetch_start(c->account, url, &badge, &s->download, &job, why);
		if (r < 0) {
			remove_stream(c, number);
		} else {
			know_job(c, number, job);
		}
	}
	if (!s || r < 0) {
		content_leave(c);
	}
	badge_finish(&badge);
	wipe_text(url);
	return r;
}

int stream_start(struct content *c, int64_t offset, int64_t end, struct waiter *waiter,
		 struct problem *why)
{
	struct wanted wanted = {.content = c, .offset = offset, .end = end};

	return flight_run(&c->account->flights, flight_key(FLIGHT_CONTENT, c->file.row), 0, start,
			  &wanted, waiter, why);
}

struct http_job *stream_take_silent_locked(struct content *c, int64_t offset, int64_t silent_ms)
{
	struct stream *s = window_find_coming_locked(c, offset);
	struct http_job *job = NULL;

	/* One that has not begun may have a slow server: it is given its time. */
	if (s && s->moves && !s->held && clock_ms() - s->moved_ms >= silent_ms) {
		job = s->job;
		s->job = NULL;
	}
	return job;
}

struct http_job **streams_take_locked(struct content *c)
{
	struct http_job **jobs = calloc(STREAMS + 1, sizeof(struct http_job *));
	int count = 0;

	for (struct stream *s = c->streams; jobs && s; s = s->next) {
		jobs[count] = s->job;
		count += s->job != NULL;
		s->job = NULL;
	}
	return jobs;
}

void streams_drop(struct http_job **jobs)
{
	for (int i = 0; jobs && jobs[i]; i++) {
		http_job_unref(jobs[i]);
	}
	free(jobs);
}
