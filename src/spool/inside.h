/* The inside of a spool, for the files of this floor. */
#ifndef SPOOL_INSIDE_H
#define SPOOL_INSIDE_H

#include <pthread.h>

#include "spool/extents.h"
#include "spool/spool.h"

/* A reader who waits for bytes, on its own stack. */
struct wish {
	struct wish *next;
	int64_t start, end;
};

struct spool {
	int fd;
	atomic_llong *meter;   /* or NULL; bytes of several spools together */
	pthread_mutex_t mutex; /* protects what follows, and the inside of writers */
	pthread_cond_t moved;
	struct extents there; /* on disk */
	struct spool_writer *writers;
	struct wish *wishes;
	uint64_t news;
	bool ended;
	int err; /* when ended: 0 or why */
};

/* What is given back to the disk, it is in pieces of this size: a multiple of any page. */
enum { PUNCH_BYTES = 64 * 1024 };

/* Takes ownership of fd, also when it fails. */
int spool_of_fd(int fd, struct spool **out);
/* What is gathered of these bytes goes to the disk. */
int spool_flush_locked(struct spool *spool, int64_t start, int64_t end);

#endif
