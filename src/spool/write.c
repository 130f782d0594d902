/* Writing into a spool; see spool.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/inside.h"

/* curl hands over 16 KiB at a time; so much goes to the disk in one call. */
enum { GATHER_BYTES = 256 * 1024 };

void spool_write_begin(struct spool_writer *writer, struct spool *spool, int64_t offset)
{
	*writer = (struct spool_writer){.spool = spool, .at = offset};
	pthread_mutex_lock(&spool->mutex);
	writer->next = spool->writers;
	spool->writers = writer;
	pthread_mutex_unlock(&spool->mutex);
}

/* On the map, and whoever waited for it is woken. Readers wait for whole pieces: waking them for
 * less only takes time from the writer. */
static int note_locked(struct spool *spool, int64_t start, int64_t end)
{
	int64_t before = spool->there.bytes;
	int r = extents_add(&spool->there, start, end);

	if (r < 0) {
		return r;
	}
	if (spool->meter) {
		atomic_fetch_add(spool->meter, spool->there.bytes - before);
	}
	for (const struct wish *wish = spool->wishes; wish; wish = wish->next) {
		if (wish->start < end && extents_reach(&spool->there, wish->start) >= wish->end) {
			pthread_cond_broadcast(&spool->moved);
			break;
		}
	}
	return 0;
}

static int flush_locked(struct spool_writer *w)
{
	int64_t from = w->at;
	size_t done = 0;
	int r = 0;

	while (done < w->length && r == 0) {
		ssize_t n = pwrite(w->spool->fd, w->gathered + done, w->length - done, w->at);
		if (n < 0) {
			r = errno == EINTR ? 0 : -errno;
		} else {
			done += (size_t)n;
			w->at += n;
		}
	}
	if (done < w->length) {
		memmove(w->gathered, w->gathered + done, w->length - done);
	}
	w->length -= done;
	int noted = note_locked(w->spool, from, w->at);
	return r ? r : noted;
}

int spool_flush_locked(struct spool *spool, int64_t start, int64_t end)
{
	int r = 0;

	for (struct spool_writer *w = spool->writers; w && r == 0; w = w->next) {
		if (w->at < end && w->at + (int64_t)w->length > start) {
			r = flush_locked(w);
		}
	}
	return r;
}

/* Somebody waits for no more than what is gathered by now. */
static bool is_wished(const struct spool_writer *w)
{
	int64_t end = w->at + (int64_t)w->length;

	for (const struct wish *wish = w->spool->wishes; wish; wish = wish->next) {
		if (wish->end > w->at && wish->end <= end) {
			return true;
		}
	}
	return false;
}

static int gather_locked(struct spool_writer *w, const char *data, size_t length)
{
	int r = 0;

	if (!w->gathered) {
		w->gathered = malloc(GATHER_BYTES);
	}
	if (!w->gathered) {
		return -ENOMEM;
	}
	while (length > 0 && r == 0) {
		size_t room = GATHER_BYTES - w->length;
		size_t n = length < room ? length : room;
		memcpy(w->gathered + w->length, data, n);
		w->length += n;
		data += n;
		length -= n;
		if (n == room || is_wished(w)) {
			r = flush_locked(w);
		}
	}
	return r;
}

int spool_write(struct spool_writer *w, const void *data, size_t length)
{
	int r = 0;

	pthread_mutex_lock(&w->spool->mutex);
	int64_t end = w->at + (int64_t)w->length + (int64_t)length;
	if (extents_reach(&w->spool->there, end - (int64_t)length) >= end) {
		r = flush_locked(w);
		w->at = r == 0 ? end : w->at;
	} else {
		r = gather_locked(w, data, length);
	}
	pthread_mutex_unlock(&w->spool->mutex);
	return r;
}

int spool_write_end(struct spool_writer *w)
{
	struct spool_writer **slot = &w->spool->writers;

	pthread_mutex_lock(&w->spool->mutex);
	int r = flush_locked(w);
	while (*slot != w) {
		slot = &(*slot)->next;
	}
	*slot = w->next;
	pthread_mutex_unlock(&w->spool->mutex);
	free(w->gathered);
	w->gathered = NULL;
	return r;
}
