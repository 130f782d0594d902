/* A spool: its life, and what its readers see; see spool.h. Writing is write.c. */
#include "spool/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* Nameless from the start where the file system can, unlinked at once where it cannot. */
static int open_unnamed(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
		return fd >= 0 ? fd : -errno;
	}
	auto_free char *path = NULL;
	if (asprintf(&path, "%s/spool.XXXXXX", dir) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	unlink(path);
	return fd;
}

int spool_of_fd(int fd, struct spool **out)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool) {
		close(fd);
		return -ENOMEM;
	}
	spool->fd = fd;
	pthread_mutex_init(&spool->mutex, NULL);
	condition_init(&spool->moved);
	*out = spool;
	return 0;
}

int spool_create(const char *dir, struct spool **out)
{
	int fd = open_unnamed(dir);

	return fd < 0 ? fd : spool_of_fd(fd, out);
}

void spool_destroy(struct spool *spool)
{
	if (!spool) {
		return;
	}
	if (spool->meter) {
		atomic_fetch_sub(spool->meter, spool->there.bytes);
	}
	close(spool->fd);
	extents_finish(&spool->there);
	pthread_cond_destroy(&spool->moved);
	pthread_mutex_destroy(&spool->mutex);
	free(spool);
}

void spool_count(struct spool *spool, atomic_llong *meter)
{
	pthread_mutex_lock(&spool->mutex);
	spool->meter = meter;
	atomic_fetch_add(meter, spool->there.bytes);
	pthread_mutex_unlock(&spool->mutex);
}

static bool is_there_locked(struct spool *spool, int64_t offset, int64_t end)
{
	return offset >= end || extents_reach(&spool->there, offset) >= end;
}

static void drop_wish(struct spool *spool, struct wish *wish)
{
	struct wish **slot = &spool->wishes;

	while (*slot != wish) {
		slot = &(*slot)->next;
	}
	*slot = wish->next;
}

int spool_wait(struct spool *spool, int64_t offset, size_t length, uint64_t *news, int64_t until_ms,
	       struct waiter *waiter)
{
	struct wish wish = {.start = offset, .end = offset + (int64_t)length};
	int r = 0;

	wait_begin(waiter, &spool->mutex, &spool->moved);
	wish.next = spool->wishes;
	spool->wishes = &wish;
	if (!is_there_locked(spool, wish.start, wish.end)) {
		r = spool_flush_locked(spool, wish.start, wish.end);
	}
	while (!is_there_locked(spool, wish.start, wish.end) && r == 0 && spool->news == *news &&
	       clock_ms() < until_ms) {
		r = wait_sleep_until(waiter, until_ms);
	}
	drop_wish(spool, &wish);
	*news = spool->news;
	/* There, even if the waiter gave up just now. */
	r = is_there_locked(spool, wish.start, wish.end) ? 1 : r;
	wait_end(waiter);
	return r;
}

uint64_t spool_news(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	uint64_t news = spool->news;
	pthread_mutex_unlock(&spool->mutex);
	return news;
}

void spool_tell(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	spool->news++;
	pthread_cond_broadcast(&spool->moved);
	pthread_mutex_unlock(&spool->mutex);
}

void spool_end(struct spool *spool, int err)
{
	pthread_mutex_lock(&spool->mutex);
	if (!spool->ended) {
		spool->ended = true;
		spool->err = err;
	}
	spool->news++;
	pthread_cond_broadcast(&spool->moved);
	pthread_mutex_unlock(&spool->mutex);
}

int64_t spool_wait_end(struct spool *spool, struct waiter *waiter)
{
	int r = 0;

	wait_begin(waiter, &spool->mutex, &spool->moved);
	while (!spool->ended && r == 0) {
		r = wait_sleep(waiter);
	}
	int64_t total = r ? r : spool->err ? spool->err : extents_reach(&spool->there, 0);
	wait_end(waiter);
	return total;
}

int64_t spool_reach(struct spool *spool, int64_t offset)
{
	pthread_mutex_lock(&spool->mutex);
	int64_t reach = extents_reach(&spool->there, offset);
	pthread_mutex_unlock(&spool->mutex);
	return reach;
}

void spool_gap(struct spool *spool, int64_t offset, int64_t length, int64_t *start, int64_t *end)
{
	pthread_mutex_lock(&spool->mutex);
	struct extent gap = extents_gap(&spool->there, offset, length);
	pthread_mutex_unlock(&spool->mutex);
	*start = gap.start;
	*end = gap.end;
}

int spool_punch(struct spool *spool, int64_t start, int64_t end)
{
	int r = 0;

	start = (start + PUNCH_BYTES - 1) / PUNCH_BYTES * PUNCH_BYTES;
	end = end / PUNCH_BYTES * PUNCH_BYTES;
	if (start >= end) {
		return 0;
	}
	pthread_mutex_lock(&spool->mutex);
	int64_t before = spool->there.bytes;
	/* Under the lock: nobody writes there meanwhile. Off the map first: what stays on it
	 * by mistake would be read as zeros. */
	r = extents_remove(&spool->there, start, end);
	if (r == 0 && spool->there.bytes < before &&
	    fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, end - start)) {
		r = -errno;
		extents_add(&spool->there, start, end); /* no room but what it had is needed */
	}
	if (spool->meter) {
		atomic_fetch_sub(spool->meter, before - spool->there.bytes);
	}
	pthread_mutex_unlock(&spool->mutex);
	return r;
}

int spool_fd(const struct spool *spool)
{
	return spool->fd;
}

int64_t spool_bytes(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	int64_t bytes = spool->there.bytes;
	pthread_mutex_unlock(&spool->mutex);
	return bytes;
}
