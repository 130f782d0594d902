/* A spool: the bytes of one version of one file as they arrive, in an unnamed file on disk.
 *
 * One thread writes (the HTTP engine's, through a sink), any number wait and read. Bytes arrive
 * from the start on; callers speak in offsets and lengths all the same, so that a map of blocks
 * can take the place of the single mark without their noticing. Nothing is left on disk after the
 * last close or a crash, but by spool_keep(). */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/wait.h"

struct spool;

/* In this folder, which must exist. -ENOSPC, -EACCES … of the file system. */
int spool_create(const char *dir, struct spool **out);
void spool_destroy(struct spool *spool);

/* One that is complete: a file that spool_keep() left. Reads only. */
int spool_open(const char *dir, const char *name, struct spool **out);
/* Once it has ended well: leaves its bytes in the folder under that (new) name, 0600, on disk
 * (fsync) when this returns. */
int spool_keep(struct spool *spool, const char *dir, const char *name);

/* Appends what arrived; wakes readers. Short of space: -ENOSPC, and the caller ends it with
 * that. */
int spool_write(struct spool *spool, const void *data, size_t length);
/* All that was written is on disk. To be called before spool_end(0), which cannot fail. */
int spool_flush(struct spool *spool);
/* No more bytes come: 0 when all are there, else the error that readers beyond them get. Once. */
void spool_end(struct spool *spool, int err);

/* Waits until [offset, offset+length) is there, or what there is of it before the end. Returns
 * how many bytes of it can be read from spool_fd() now (0: past the end), or the
 * error of spool_end(), -EINTR, -ETIMEDOUT, -EAGAIN. */
ssize_t spool_wait(struct spool *spool, int64_t offset, size_t length, struct waiter *waiter);
/* Waits for the end and gives the total length. */
int64_t spool_wait_end(struct spool *spool, struct waiter *waiter);
/* For reading at an offset; the spool's own. */
int spool_fd(const struct spool *spool);
/* Bytes on disk so far. */
int64_t spool_bytes(struct spool *spool);

#endif
