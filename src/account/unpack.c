/* Unpacking: who fills the contents of members. A small member is unpacked by the thread that wants
 * it, whole, and found good before any of it is shown. A larger one, and all of what only streams,
 * by a thread of its own that stays a little ahead of who reads. See unpack.h. */
#include "account/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "base/clock.h"

static int run_job(struct job *job)
{
	struct content *c = job->content;
	int r = supply_begin(&job->supply, job->archive, job->waiter);

	job->supply.patience_ms = job->paced ? PAGE_MS : 0;
	if (r == 0) {
		r = c->entry == ENTRY_WHOLE ? job_unpack_all(job, &job->why)
					    : job_unpack_member(job, &job->why);
	}
	int ended = job_end_writing(job);
	r = r < 0 ? r : ended;
	places_finish(&job->places);
	return supply_end(&job->supply, r, &job->why);
}

/* ---- Small members: by the thread that wants them. */

static int unpack_now(void *context, struct call *call, struct waiter *waiter, struct problem *why)
{
	struct content *c = context;
	struct job job = {.content = c, .archive = c->archive, .waiter = waiter};
	int r = run_job(&job);

	(void)call;
	pthread_mutex_lock(&c->mutex);
	c->verified = c->verified || r == 0;
	pthread_mutex_unlock(&c->mutex);
	problem_set(r < 0 ? why : NULL, r, "%s", problem_words(&job.why, r));
	problem_finish(&job.why);
	return r;
}

/* Once found good, it is as good when it is unpacked again for want of room. */
static bool is_at_hand(struct content *c, int64_t offset, int64_t end)
{
	pthread_mutex_lock(&c->mutex);
	bool verified = c->verified;
	pthread_mutex_unlock(&c->mutex);
	return verified && spool_reach(c->spool, offset) >= end;
}

int unpack_small(struct content *c, int64_t offset, int64_t end, struct waiter *waiter,
		 struct problem *why)
{
	uint64_t key = flight_key_of_entry(FLIGHT_MEMBER, c->file.row, c->entry);
	int r = 0;

	while (r == 0 && !is_at_hand(c, offset, end)) {
		r = flight_run(&c->account->flights, key, 0, unpack_now, c, waiter, why);
	}
	return r;
}

/* ---- Jobs with a thread. */

/* From now on unpack_stop() waits for it. */
static bool enter(struct job *job)
{
	struct contents *table = job->content->table;

	pthread_mutex_lock(&table->mutex);
	bool enters = !table->unpack_ends;
	if (enters) {
		job->next = table->jobs;
		table->jobs = job;
		job->content->holds++;
	}
	pthread_mutex_unlock(&table->mutex);
	return enters;
}

/* Its content may be gone after it. */
static void leave(struct job *job)
{
	struct contents *table = job->content->table;
	struct job **slot = &table->jobs;

	content_leave(job->content);
	pthread_mutex_lock(&table->mutex);
	while (*slot != job) {
		slot = &(*slot)->next;
	}
	*slot = job->next;
	pthread_cond_broadcast(&table->unpacked);
	pthread_mutex_unlock(&table->mutex);
}

static void destroy(struct job *job)
{
	if (job) {
		waiter_finish(&job->patience);
		problem_finish(&job->why);
		free(job);
	}
}

static struct job *create(struct content *c)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job) {
		job->content = c;
		job->archive = c->archive;
		job->waiter = &job->patience;
		job->paced = true;
		job->stream =
			(struct stream){.content = c, .stop = INT64_MAX, .waiter = job->waiter};
		waiter_init(job->waiter, PAGE_MS);
	}
	return job;
}

/* Whether nobody else sees to what is missing. */
static bool is_needed_locked(struct content *c, int64_t offset, int64_t end)
{
	struct range range;
	int64_t missing = spool_reach(c->spool, offset);

	if (c->file.size < 0) {
		return c->stream_count == 0 && !c->failed;
	}
	return missing < end && !c->failed && window_plan_locked(c, missing, end, &range);
}

/* From now on readers know of it. */
static bool begin(struct job *job, int64_t offset, int64_t end)
{
	struct content *c = job->content;

	pthread_mutex_lock(&c->mutex);
	bool needed = is_needed_locked(c, offset, end);
	if (needed) {
		job->skips = c->file.size < 0;
		job->stream.next = c->streams;
		job->stream.number = ++c->stream_number;
		c->streams = &job->stream;
		c->stream_count++;
	}
	pthread_mutex_unlock(&c->mutex);
	return needed;
}

static void remove_locked(struct content *c, const struct stream *stream)
{
	struct stream **slot = &c->streams;

	while (*slot != stream) {
		slot = &(*slot)->next;
	}
	*slot = stream->next;
	c->stream_count--;
}

/* The end of a job's own patience is not the content's: whoever still wants it begins another. */
static bool is_final(int r)
{
	return r < 0 && r != -EINTR && r != -ECANCELED && r != -ETIMEDOUT && r != -EAGAIN;
}

static void end(struct job *job, int r)
{
	struct content *c = job->content;

	pthread_mutex_lock(&c->mutex);
	remove_locked(c, &job->stream);
	if (is_final(r) || (r < 0 && job->skips)) {
		c->failed = r;
		problem_set(&c->why, r, "%s", problem_words(&job->why, r));
	}
	if (job->skips) {
		c->file.size = r == 0 ? job->at : c->file.size;
		c->keep_going = false;
		spool_end(c->spool, r);
	}
	spool_tell(c->spool);
	pthread_mutex_unlock(&c->mutex);
}

static void *job_main(void *context)
{
	struct job *job = context;

	end(job, run_job(job));
	leave(job);
	destroy(job);
	return NULL;
}

static int start_thread(struct job *job)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int r = pthread_attr_init(&attributes);

	if (r == 0) {
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
		r = pthread_create(&thread, &attributes, job_main, job);
		pthread_attr_destroy(&attributes);
	}
	return -r;
}

int unpack_start(struct content *c, int64_t offset, int64_t stop, struct problem *why)
{
	struct job *job = create(c);
	int r = !job ? -ENOMEM : enter(job) ? 0 : -ECANCELED;

	if (r < 0) {
		destroy(job);
		return r;
	}
	bool begun = begin(job, offset, stop);
	r = begun ? start_thread(job) : 0;
	if (begun && r == 0) {
		return 0; /* it sees to its own end */
	}
	if (begun) {
		problem_set(why, r, "no thread can be started: %s", strerror(-r));
		end(job, r);
	}
	leave(job);
	destroy(job);
	return r;
}

/* What only streams is not given up when its reader goes: it would never be done. */
static int start_whole(struct content *c, struct problem *why)
{
	int r = content_prepare(c, why);

	pthread_mutex_lock(&c->mutex);
	c->keep_going = c->file.size < 0;
	pthread_mutex_unlock(&c->mutex);
	return r == 0 ? unpack_start(c, 0, 0, why) : r;
}

int unpack_whole(struct archive *archive, struct waiter *waiter, struct problem *why)
{
	struct content *c = NULL;
	int r = content_open_entry(archive, ENTRY_WHOLE, -1, &c);

	if (r < 0) {
		return r;
	}
	r = start_whole(c, why);
	if (r == 0) {
		int64_t size = spool_wait_end(c->spool, waiter);
		r = size < 0 ? (int)size : 0;
	}
	pthread_mutex_lock(&c->mutex);
	if (r < 0 && r == c->failed) {
		problem_set(why, r, "%s", problem_words(&c->why, r));
	} else if (r == -ETIMEDOUT) {
		problem_set(why, r, "it is still being fetched and unpacked");
	}
	pthread_mutex_unlock(&c->mutex);
	content_close(c);
	return r;
}

void unpack_stop(struct contents *table)
{
	pthread_mutex_lock(&table->mutex);
	table->unpack_ends = true;
	for (struct job *job = table->jobs; job; job = job->next) {
		waiter_interrupt(job->waiter);
	}
	while (table->jobs) {
		pthread_cond_wait(&table->unpacked, &table->mutex);
	}
	pthread_mutex_unlock(&table->mutex);
}
