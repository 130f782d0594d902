/* A text with a line for each file there is, which may be a hundred thousand: made piece by piece
 * into a nameless file on disk, and made again only when the store changed since. Who looks a name
 * up, opens it and reads it gets the same one, of the size that was told. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "view/internal.h"

struct roll {
	/* Set at creation. */
	int fd;
	int64_t size;
	unsigned changes; /* of the store, before it was made */
	int holders;      /* under the view's mutex */
};

static void destroy(struct roll *roll)
{
	if (roll) {
		close(roll->fd);
		free(roll);
	}
}

static int create(struct view *view, struct roll **out)
{
	struct roll *roll = calloc(1, sizeof(*roll));

	if (!roll) {
		return -ENOMEM;
	}
	roll->changes = store_changes(view->options.store);
	int r = contents_scratch(view->options.contents, &roll->fd);
	if (r < 0) {
		free(roll);
		return r;
	}
	r = control_files(view, roll->fd);
	if (r == 0) {
		roll->size = lseek(roll->fd, 0, SEEK_END);
		r = roll->size < 0 ? -errno : 0;
	}
	if (r < 0) {
		destroy(roll);
		return r;
	}
	*out = roll;
	return 0;
}

/* Lets one go; the roll is the caller's when nobody is left. */
static struct roll *leave_locked(struct roll *roll)
{
	return roll && --roll->holders == 0 ? roll : NULL;
}

int roll_get(struct view *view, struct roll **out)
{
	struct roll *roll;
	struct roll *old = NULL;

	pthread_mutex_lock(&view->mutex);
	roll = view->roll;
	if (roll && roll->changes == store_changes(view->options.store)) {
		roll->holders++;
	} else {
		roll = NULL;
	}
	pthread_mutex_unlock(&view->mutex);
	if (!roll) {
		int r = create(view, &roll);
		if (r < 0) {
			return r;
		}
		pthread_mutex_lock(&view->mutex);
		old = leave_locked(view->roll);
		view->roll = roll;
		roll->holders = 2; /* the view's, and the caller's */
		pthread_mutex_unlock(&view->mutex);
	}
	destroy(old);
	*out = roll;
	return 0;
}

int64_t roll_size(const struct roll *roll)
{
	return roll->size;
}

size_t roll_read(const struct roll *roll, off_t offset, char *out, size_t length)
{
	ssize_t n = offset >= 0 ? pread(roll->fd, out, length, offset) : 0;

	return n > 0 ? (size_t)n : 0;
}

void roll_put(struct view *view, struct roll *roll, bool done)
{
	pthread_mutex_lock(&view->mutex);
	struct roll *last = leave_locked(roll);
	/* The view keeps none for nobody. */
	if (!last && done && view->roll == roll && roll->holders == 1) {
		last = leave_locked(roll);
	}
	if (last && view->roll == last) {
		view->roll = NULL;
	}
	pthread_mutex_unlock(&view->mutex);
	destroy(last);
}
