/* poll(2) on a live file, as sysfs has it: POLLPRI and POLLERR when it says something else than
 * was last read. A notification only wakes the sleeper, who then asks; the kernel takes it without
 * a lock that a request could hold. */
#include "mount/internal.h"

#include <stdlib.h>

struct poller {
	struct poller *next;
	const struct handle *file;
	uint64_t ino;
	struct fuse_pollhandle *handle;
};

void polled_init(struct polled *polled)
{
	pthread_mutex_init(&polled->mutex, NULL);
}

static void finish(struct poller *poller, bool wake)
{
	if (wake) {
		fuse_lowlevel_notify_poll(poller->handle);
	}
	fuse_pollhandle_destroy(poller->handle);
	free(poller);
}

void polled_finish(struct polled *polled)
{
	while (polled->list) {
		struct poller *poller = polled->list;
		polled->list = poller->next;
		finish(poller, false);
	}
	pthread_mutex_destroy(&polled->mutex);
}

/* Those of that file, or (NULL) of that inode, out of the list. */
static struct poller *take(struct polled *polled, const struct handle *file, uint64_t ino)
{
	struct poller *taken = NULL;

	pthread_mutex_lock(&polled->mutex);
	for (struct poller **at = &polled->list; *at;) {
		struct poller *poller = *at;
		if (file ? poller->file == file : poller->ino == ino) {
			*at = poller->next;
			poller->next = taken;
			taken = poller;
		} else {
			at = &poller->next;
		}
	}
	pthread_mutex_unlock(&polled->mutex);
	return taken;
}

static void finish_all(struct poller *list, bool wake)
{
	while (list) {
		struct poller *next = list->next;
		finish(list, wake);
		list = next;
	}
}

void polled_add(struct polled *polled, struct handle *file, uint64_t ino,
		struct fuse_pollhandle *handle)
{
	struct poller *poller = handle ? malloc(sizeof(*poller)) : NULL;

	if (!poller) {
		if (handle) {
			fuse_pollhandle_destroy(handle);
		}
		return;
	}
	/* The newest is enough for all who sleep on the file. */
	polled_remove(polled, file);
	*poller = (struct poller){NULL, file, ino, handle};
	pthread_mutex_lock(&polled->mutex);
	poller->next = polled->list;
	polled->list = poller;
	pthread_mutex_unlock(&polled->mutex);
}

void polled_remove(struct polled *polled, const struct handle *file)
{
	if (file) {
		finish_all(take(polled, file, 0), false);
	}
}

void polled_wake(struct polled *polled, uint64_t ino)
{
	finish_all(take(polled, NULL, ino), true);
}
