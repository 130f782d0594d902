/* What the kernel knows: as many lookups of each inode as it has not forgotten yet. Only what it
 * knows can be watched. */
#include "mount/internal.h"

void known_init(struct known *known)
{
	pthread_mutex_init(&known->mutex, NULL);
}

void known_finish(struct known *known)
{
	table_finish(&known->counts);
	pthread_mutex_destroy(&known->mutex);
}

void known_add(struct known *known, uint64_t ino)
{
	pthread_mutex_lock(&known->mutex);
	uint64_t *count = table_add(&known->counts, ino);
	/* Without memory it is taken for unknown: no event is raised in it. */
	if (count) {
		++*count;
	}
	pthread_mutex_unlock(&known->mutex);
}

void known_forget(struct known *known, uint64_t ino, uint64_t many)
{
	pthread_mutex_lock(&known->mutex);
	uint64_t *count = table_find(&known->counts, ino);
	if (count && *count > many) {
		*count -= many;
	} else if (count) {
		table_remove(&known->counts, ino);
	}
	pthread_mutex_unlock(&known->mutex);
}

bool known_has(struct known *known, uint64_t ino)
{
	pthread_mutex_lock(&known->mutex);
	bool has = ino == FUSE_ROOT_ID || table_find(&known->counts, ino);
	pthread_mutex_unlock(&known->mutex);
	return has;
}
