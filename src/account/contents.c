/* The table of contents: which files' bytes are at hand, who holds them, and which go when room is
 * short. See content.h and contents.h. */
#include "account/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "account/unpack.h"
#include "base/cleanup.h"
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
	pthread_mutex_init(&table->full, NULL);
	condition_init(&table->keep_wanted);
	condition_init(&table->unpacked);
	*out = table;
	return 0;
}

void content_destroy(struct content *c)
{
	spool_destroy(c->spool);
	file_finish(&c->file);
	problem_finish(&c->why);
	wipe_text(c->url);
	pthread_mutex_destroy(&c->mutex);
	if (c->archive) {
		archive_close(c->archive);
	}
	free(c);
}

void contents_stop(struct contents *table)
{
	if (table) {
		unpack_stop(table);
	}
}

void contents_destroy(struct contents *table)
{
	if (!table) {
		return;
	}
	saver_stop(table);
	archives_let_go(table, true);
	while (table->list) {
		struct content *c = table->list;
		table->list = c->next;
		content_destroy(c);
	}
	archives_finish(table);
	addresses_finish(table);
	pthread_cond_destroy(&table->unpacked);
	pthread_cond_destroy(&table->keep_wanted);
	pthread_mutex_destroy(&table->full);
	pthread_mutex_destroy(&table->mutex);
	free(table);
}

bool contents_are_full(const struct contents *table)
{
	return atomic_load(&table->bytes) > table->most_bytes;
}

bool content_is_kept(const struct content *c)
{
	return !c->archive && (c->file.kind == FILE_KEPT || c->account->config->keep);
}

int contents_scratch(struct contents *table, int *fd)
{
	struct spool *spool = NULL;
	int r = spool_create(table->dir, &spool);

	if (r == 0) {
		*fd = fcntl(spool_fd(spool), F_DUPFD_CLOEXEC, 0);
		r = *fd < 0 ? -errno : 0;
	}
	spool_destroy(spool);
	return r;
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

bool content_is_in_use_locked(struct content *c)
{
	pthread_mutex_lock(&c->mutex);
	bool pinned = c->pinned > 0;
	pthread_mutex_unlock(&c->mutex);
	return pinned || c->handles > 0 || c->holds > 0;
}

bool content_is_idle(struct content *c, int64_t for_ms)
{
	pthread_mutex_lock(&c->table->mutex);
	bool idle = c->handles == 0 && clock_ms() - c->closed_ms >= for_ms;
	pthread_mutex_unlock(&c->table->mutex);
	return idle;
}

static int create(struct account *account, uint32_t row, struct content **out)
{
	struct content *c = calloc(1, sizeof(*c));

	if (!c) {
		return -ENOMEM;
	}
	c->table = account->shared->contents;
	c->account = account;
	pthread_mutex_init(&c->mutex, NULL);
	int r = file_by_row(account->shared->store, row, &c->file);
	if (r < 0) {
		content_destroy(c);
		return r;
	}
	*out = c;
	return 0;
}

/* Whether it serves those who know that size; one that was begun without a length learns it. */
static bool serves(struct content *c, int64_t size)
{
	pthread_mutex_lock(&c->mutex);
	bool fits = c->failed == 0 && (c->file.size == size || c->file.size < 0);
	if (fits && c->file.size < 0) {
		c->file.size = size;
	}
	pthread_mutex_unlock(&c->mutex);
	return fits;
}

static struct content *find_locked(struct contents *table, const struct content *wanted)
{
	for (struct content *c = table->list; c; c = c->next) {
		if (c->file.row == wanted->file.row && c->archive == wanted->archive &&
		    c->entry == wanted->entry && serves(c, wanted->file.size)) {
			return c;
		}
	}
	return NULL;
}

/* The one in the table that is the same, or this one. */
static struct content *join(struct contents *table, struct content *fresh)
{
	pthread_mutex_lock(&table->mutex);
	struct content *c = find_locked(table, fresh);
	if (!c) {
		c = fresh;
		c->next = table->list;
		table->list = c;
		c->listed = true;
	}
	c->handles++;
	pthread_mutex_unlock(&table->mutex);
	if (c != fresh) {
		content_destroy(fresh);
	}
	return c;
}

int content_open(struct account *account, const struct file *file, struct content **out)
{
	struct content *c = NULL;

	contents_make_room(account->shared->contents);
	int r = create(account, file->row, &c);
	if (r < 0) {
		return r;
	}
	if (c->file.kind == FILE_KEPT) {
		r = spool_open(account->shared->kept_dir, c->file.kept, &c->spool);
		c->complete = true;
	}
	if (r < 0) {
		content_destroy(c);
		return r;
	}
	*out = join(account->shared->contents, c);
	return 0;
}

int content_open_entry(struct archive *archive, uint32_t entry, int64_t size, struct content **out)
{
	struct content *c = NULL;

	contents_make_room(archive->table);
	int r = create(archive->account, archive->file.row, &c);
	if (r < 0) {
		return r;
	}
	pthread_mutex_lock(&archive->table->mutex);
	archive->users++;
	pthread_mutex_unlock(&archive->table->mutex);
	c->archive = archive;
	c->entry = entry;
	c->file.size = size;
	c->is_small = entry != ENTRY_WHOLE && size <= BUNDLE_SMALL_BYTES;
	c->no_ranges = true; /* it is unpacked from its start */
	*out = join(archive->table, c);
	return 0;
}

bool content_is_loose_locked(struct content *c)
{
	return !c->listed && !content_is_in_use_locked(c);
}

void content_done(struct content *c, int64_t offset, size_t length)
{
	pthread_mutex_lock(&c->table->mutex);
	pthread_mutex_lock(&c->mutex);
	window_unpin_locked(c, offset, offset + (int64_t)length);
	pthread_mutex_unlock(&c->mutex);
	bool loose = content_is_loose_locked(c);
	pthread_mutex_unlock(&c->table->mutex);
	if (loose) {
		content_destroy(c);
	}
}

void content_hold(struct content *c)
{
	pthread_mutex_lock(&c->table->mutex);
	c->holds++;
	pthread_mutex_unlock(&c->table->mutex);
}

void content_leave(struct content *c)
{
	pthread_mutex_lock(&c->table->mutex);
	c->holds--;
	/* Listed until now for who opened it while the saver was at it. */
	if (content_is_kept(c) && !content_is_in_use_locked(c)) {
		content_unlist_locked(c);
	}
	bool loose = content_is_loose_locked(c);
	pthread_mutex_unlock(&c->table->mutex);
	if (loose) {
		content_destroy(c);
	}
}

/* Nobody reads it any more: its downloads are called off, but what came of it stays, unless
 * nothing did, or no limit would ever take it away. What is kept for good is opened again for
 * nothing. */
static struct http_job **abandon_locked(struct content *c)
{
	struct http_job **jobs = NULL;

	pthread_mutex_lock(&c->mutex);
	bool failed = c->failed;
	bool useful = !failed && !content_is_kept(c) && c->spool && spool_bytes(c->spool) > 0;
	if (!c->keep_going) {
		jobs = streams_take_locked(c);
		wipe_text(take_ptr(&c->url));
	}
	pthread_mutex_unlock(&c->mutex);
	if (failed || (!useful && c->holds == 0)) {
		content_unlist_locked(c);
	}
	return jobs;
}

void content_close(struct content *c)
{
	struct contents *table = c->table;
	struct http_job **jobs = NULL;

	pthread_mutex_lock(&table->mutex);
	if (--c->handles == 0) {
		c->closed_ms = clock_ms();
		jobs = abandon_locked(c);
	}
	bool loose = content_is_loose_locked(c);
	pthread_mutex_unlock(&table->mutex);
	streams_drop(jobs); /* the last of them may free c */
	if (loose) {
		content_destroy(c);
	}
	contents_make_room(table);
}
