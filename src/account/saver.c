/* The saver: what is complete gets its checksum, goes to the disk for good and is noted in the
 * store, in accounts that say `keep: yes`. A thread of its own, begun when it is first needed: a
 * large file takes it a while. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/contents.h"
#include "account/internal.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sha256.h"

enum { PIECE_BYTES = 256 * 1024 };

int saver_hash(int fd, int64_t size, char text[SHA256_TEXT_BYTES])
{
	auto_free char *piece = malloc(PIECE_BYTES);
	struct sha256 hash;
	int64_t at = 0;

	if (!piece) {
		return -ENOMEM;
	}
	sha256_init(&hash);
	while (at < size) {
		ssize_t n = pread(fd, piece, PIECE_BYTES, at);
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		sha256_add(&hash, piece, (size_t)n);
		at += n;
	}
	sha256_print(&hash, text);
	return at == size ? 0 : -EIO;
}

static int keep(struct content *c)
{
	const struct account_shared *shared = c->account->shared;
	char sum[SHA256_TEXT_BYTES];
	auto_free char *name = NULL;

	int r = saver_hash(spool_fd(c->spool), c->file.size, sum);
	if (r == 0 && asprintf(&name, "%u-file-%u-%llx", c->file.account, c->file.row,
			       (unsigned long long)clock_wall_ns()) < 0) {
		name = NULL;
		r = -ENOMEM;
	}
	if (r == 0) {
		r = spool_keep(c->spool, shared->kept_dir, name);
	}
	if (r == 0) {
		r = file_set_kept(shared->store, c->file.row, name, sum);
		if (r < 0) {
			spool_discard(shared->kept_dir, name);
		}
	}
	return r;
}

static struct content *next_locked(struct contents *table)
{
	while (!table->to_keep && !table->stopping) {
		pthread_cond_wait(&table->keep_wanted, &table->mutex);
	}
	struct content *c = table->to_keep;
	if (c) {
		table->to_keep = c->next_kept;
	}
	return c;
}

static void *run(void *context)
{
	struct contents *table = context;
	struct content *c;

	do {
		pthread_mutex_lock(&table->mutex);
		c = next_locked(table);
		pthread_mutex_unlock(&table->mutex);
		if (c) {
			int r = keep(c);
			if (r < 0) {
				log_error(r, "%s: %s: cannot be kept: %s", account_name(c->account),
					  c->file.name, strerror(-r));
			}
			content_leave(c);
		}
	} while (c);
	return NULL;
}

void saver_want(struct content *c)
{
	struct contents *table = c->table;

	if (!c->account->config->keep || c->file.kind == FILE_KEPT) {
		return;
	}
	pthread_mutex_lock(&table->mutex);
	struct content **slot = &table->to_keep;
	while (*slot) {
		slot = &(*slot)->next_kept;
	}
	c->next_kept = NULL;
	*slot = c;
	c->holds++;
	int r = table->saver_runs ? 0 : pthread_create(&table->saver, NULL, run, table);
	table->saver_runs = r == 0;
	if (r > 0) {
		*slot = NULL;
		c->holds--; /* not the last: the stream that has ended holds it too */
	}
	pthread_cond_signal(&table->keep_wanted);
	pthread_mutex_unlock(&table->mutex);
	if (r > 0) {
		log_error(r, "%s: %s: cannot be kept: %s", account_name(c->account), c->file.name,
			  strerror(r));
	}
}

void saver_stop(struct contents *table)
{
	pthread_mutex_lock(&table->mutex);
	table->stopping = true;
	pthread_cond_signal(&table->keep_wanted);
	pthread_mutex_unlock(&table->mutex);
	if (table->saver_runs) {
		pthread_join(table->saver, NULL);
	}
}
