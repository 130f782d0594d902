/* A spool; see spool.h. */
#include "spool/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* curl hands over 16 KiB at a time; so much goes to the disk in one call. */
enum { GATHER_BYTES = 256 * 1024 };

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
	spool->wanted = INT64_MAX;
	pthread_mutex_init(&spool->mutex, NULL);
	condition_init(&spool->arrived);
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
	close(spool->fd);
	free(spool->gathered);
	pthread_cond_destroy(&spool->arrived);
	pthread_mutex_destroy(&spool->mutex);
	free(spool);
}

/* What was gathered goes to the disk. */
static int flush_locked(struct spool *spool)
{
	size_t done = 0;

	while (done < spool->gathered_length) {
		ssize_t n = pwrite(spool->fd, spool->gathered + done, spool->gathered_length - done,
				   spool->filled);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			memmove(spool->gathered, spool->gathered + done,
				spool->gathered_length - done);
			spool->gathered_length -= done;
			return -errno;
		}
		done += (size_t)n;
		spool->filled += n;
	}
	spool->gathered_length = 0;
	/* Readers wait for whole pieces: waking them for less only takes time from the writer. */
	if (spool->filled >= spool->wanted) {
		spool->wanted = INT64_MAX;
		pthread_cond_broadcast(&spool->arrived);
	}
	return 0;
}

static int gather_locked(struct spool *spool, const char *data, size_t length)
{
	int r = 0;

	if (!spool->gathered) {
		spool->gathered = malloc(GATHER_BYTES);
	}
	if (!spool->gathered) {
		return -ENOMEM;
	}
	while (length > 0 && r == 0) {
		size_t room = GATHER_BYTES - spool->gathered_length;
		size_t n = length < room ? length : room;
		memcpy(spool->gathered + spool->gathered_length, data, n);
		spool->gathered_length += n;
		data += n;
		length -= n;
		/* At once for who waits for it. */
		if (n == room || spool->filled + (int64_t)spool->gathered_length >= spool->wanted) {
			r = flush_locked(spool);
		}
	}
	return r;
}

int spool_write(struct spool *spool, const void *data, size_t length)
{
	pthread_mutex_lock(&spool->mutex);
	int r = gather_locked(spool, data, length);
	pthread_mutex_unlock(&spool->mutex);
	return r;
}

int spool_flush(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	int r = flush_locked(spool);
	pthread_mutex_unlock(&spool->mutex);
	return r;
}

void spool_end(struct spool *spool, int err)
{
	pthread_mutex_lock(&spool->mutex);
	if (!spool->ended) {
		flush_locked(spool); /* what did arrive can be read, whatever came after it */
		spool->ended = true;
		spool->err = err;
	}
	free(spool->gathered);
	spool->gathered = NULL;
	spool->gathered_length = 0;
	pthread_cond_broadcast(&spool->arrived);
	pthread_mutex_unlock(&spool->mutex);
}

ssize_t spool_wait(struct spool *spool, int64_t offset, size_t length, struct waiter *waiter)
{
	int64_t end = offset + (int64_t)length;
	int r = 0;

	wait_begin(waiter, &spool->mutex, &spool->arrived);
	if (spool->filled < end && spool->filled + (int64_t)spool->gathered_length >= end) {
		r = flush_locked(spool);
	}
	while (spool->filled < end && !spool->ended && r == 0) {
		spool->wanted = end < spool->wanted ? end : spool->wanted;
		r = wait_sleep(waiter);
	}
	int64_t there = spool->filled - offset;
	if (there >= (int64_t)length) {
		there = (int64_t)length; /* there, even if the waiter gave up just now */
	} else if (r == 0 && spool->err == 0) {
		there = there > 0 ? there : 0;
	} else {
		there = r ? r : spool->err;
	}
	wait_end(waiter);
	return (ssize_t)there;
}

int64_t spool_wait_end(struct spool *spool, struct waiter *waiter)
{
	int r = 0;

	wait_begin(waiter, &spool->mutex, &spool->arrived);
	while (!spool->ended && r == 0) {
		r = wait_sleep(waiter);
	}
	int64_t total = r ? r : spool->err ? spool->err : spool->filled;
	wait_end(waiter);
	return total;
}

int spool_fd(const struct spool *spool)
{
	return spool->fd;
}

int64_t spool_bytes(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	int64_t filled = spool->filled;
	pthread_mutex_unlock(&spool->mutex);
	return filled;
}
