/* The inside of a spool, for the files of this floor. */
#ifndef SPOOL_INSIDE_H
#define SPOOL_INSIDE_H

#include <pthread.h>

#include "spool/spool.h"

struct spool {
	int fd;
	pthread_mutex_t mutex; /* protects what follows */
	pthread_cond_t arrived;
	int64_t filled; /* bytes [0, filled) are on disk */
	int64_t wanted; /* the nearest mark that a reader waits for; INT64_MAX: nobody does */
	char *gathered; /* bytes [filled, filled + gathered_length), or NULL before the first */
	size_t gathered_length;
	bool ended;
	int err; /* when ended: 0 or why */
};

/* Takes ownership of fd, also when it fails. */
int spool_of_fd(int fd, struct spool **out);

#endif
