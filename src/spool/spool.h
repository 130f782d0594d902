/* A spool: the bytes of one version of one file as they arrive, in an unnamed sparse file on disk,
 * and a map of those that are there.
 *
 * Any number of writers, each at an offset of its own; any number of threads wait and read. Nothing
 * is left on disk after the last close or a crash, but by spool_keep(). */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/wait.h"

struct spool;

/* In this folder, which must exist. -ENOSPC, -EACCES … of the file system. */
int spool_create(const char *dir, struct spool **out);
void spool_destroy(struct spool *spool);
/* From now on what it has on disk is counted there too; it outlives the spool. */
void spool_count(struct spool *spool, atomic_llong *meter);

/* One that is complete: a file that spool_keep() left. Reads only. */
int spool_open(const char *dir, const char *name, struct spool **out);
/* Once all of it is there, from its first byte to its last: leaves its bytes in the folder under
 * that (new) name, 0600, on disk (fsync) when this returns. */
int spool_keep(struct spool *spool, const char *dir, const char *name);
/* Takes such a file away; whoever has it open goes on reading. name NULL is fine. */
void spool_discard(const char *dir, const char *name);

/* What one thread writes, one byte after the other. Small pieces are gathered; a reader gets them
 * all the same. Lives between begin and end. */
struct spool_writer {
	struct spool *spool;
	struct spool_writer *next;
	int64_t at;     /* its bytes up to there are on disk */
	char *gathered; /* those behind, or NULL before the first */
	size_t length;  /* of gathered */
};
void spool_write_begin(struct spool_writer *writer, struct spool *spool, int64_t offset);
/* Bytes that are there already are passed over. Short of space: -ENOSPC. */
int spool_write(struct spool_writer *writer, const void *data, size_t length);
/* What was gathered goes to the disk, and the memory back. The error of that. */
int spool_write_end(struct spool_writer *writer);

/* Waits until [offset, offset+length) is there: 1. 0: there is other news than *news (which is then
 * up to date; begin with spool_news()), or until_ms has come. What wait_sleep() says. */
int spool_wait(struct spool *spool, int64_t offset, size_t length, uint64_t *news, int64_t until_ms,
	       struct waiter *waiter);
uint64_t spool_news(struct spool *spool);
/* Something changed that waiting readers must look at. */
void spool_tell(struct spool *spool);

/* No more bytes come: 0 when all are there, else why not. Once. */
void spool_end(struct spool *spool, int err);
/* Waits for that and gives the total length, of bytes from the first on, or that error. */
int64_t spool_wait_end(struct spool *spool, struct waiter *waiter);

/* Where the bytes that are there from offset on end; offset when it is not there. */
int64_t spool_reach(struct spool *spool, int64_t offset);
/* The gap around offset, which is not there: the next run of at least that length ends it. *end is
 * INT64_MAX when there is none. */
void spool_gap(struct spool *spool, int64_t offset, int64_t length, int64_t *start, int64_t *end);
/* Gives these bytes' room back to the disk: they are not there any more. Whole blocks of 64 KiB
 * alone. -EOPNOTSUPP on file systems that cannot. */
int spool_punch(struct spool *spool, int64_t start, int64_t end);

/* For reading at an offset; the spool's own. */
int spool_fd(const struct spool *spool);
/* Bytes on disk so far. */
int64_t spool_bytes(struct spool *spool);

#endif
