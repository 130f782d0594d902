/* The table of contents: which files' bytes are at hand, who holds them, and which go when room is
 * short. See content.h and contents.h. */
#include "account/contents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "base/clock.h"

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

void content_destroy(struct content *c)
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
		content_destroy(c);
	}
	pthread_mutex_destroy(&table->mutex);
	free(table);
}

static int64_t bytes_of(const struct content *c)
{
	return c->started && c->file.kind != FILE_KEPT ? spool_bytes(c->spool) : 0;
}

void contents_usage(struct contents *table, int64_t *bytes, int *count)
{
	*bytes = 0;
	*count = 0;
	pthread_mutex_lock(&table->mutex);
	for (struct content *c = table->list; c; c = c->next) {
		*bytes += bytes_of(c);
		*count += c->started && c->file.kind != FILE_KEPT;
	}
	pthread_mutex_unlock(&table->mutex);
}

void content_unlist_locked(struct content *c)
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
			content_unlist_locked(c);
		}
		pthread_mutex_unlock(&table->mutex);
		if (c) {
			content_destroy(c);
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
	if (r == 0 && c->file.kind == FILE_KEPT) {
		r = spool_open(account->shared->kept_dir, c->file.kept, &c->spool);
		c->started = true;
	}
	if (r < 0) {
		file_finish(&c->file);
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
		content_destroy(fresh);
	}
	*out = c;
	return 0;
}

/* Takes the job out of a content that nobody reads any more: dropping it calls the download off. */
static struct http_job *abandon_locked(struct content *c)
{
	struct http_job *job = NULL;

	if (c->downloading && !c->keep_going) {
		content_unlist_locked(c);
		job = c->job;
		c->job = NULL;
	}
	return job;
}

bool content_is_loose_locked(const struct content *c)
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
		/* What is kept for good costs nothing to open again. */
		if (c->failed || !c->started || c->file.kind == FILE_KEPT) {
			content_unlist_locked(c);
		}
		job = abandon_locked(c);
	}
	bool loose = content_is_loose_locked(c);
	pthread_mutex_unlock(&table->mutex);
	http_job_unref(job); /* ended() may free c */
	if (loose) {
		content_destroy(c);
	}
	make_room(table);
}
