/* Requests that may wait: each has a waiter that the kernel's INTERRUPT wakes, and all of them can
 * be let go at once when the mount ends. */
#include "mount/internal.h"

static void on_interrupt(fuse_req_t req, void *data)
{
	struct visit *visit = data;

	(void)req;
	waiter_interrupt(&visit->waiter);
}

void visit_begin(struct visit *visit, fuse_req_t req)
{
	struct mount *mount = fuse_req_userdata(req);

	waiter_init(&visit->waiter, mount->options.patience_ms);
	visit->waiter.gate = &mount->gate;
	visit->mount = mount;
	visit->req = req;
	visit->previous = NULL;
	pthread_mutex_lock(&mount->mutex);
	visit->next = mount->visits;
	if (visit->next) {
		visit->next->previous = visit;
	}
	mount->visits = visit;
	bool ending = mount->ending;
	pthread_mutex_unlock(&mount->mutex);
	fuse_req_interrupt_func(req, on_interrupt, visit);
	if (ending) {
		waiter_interrupt(&visit->waiter);
	}
}

void visit_end(struct visit *visit)
{
	struct mount *mount = visit->mount;

	/* After this no interrupt can come: the waiter may go. */
	fuse_req_interrupt_func(visit->req, NULL, NULL);
	pthread_mutex_lock(&mount->mutex);
	if (visit->next) {
		visit->next->previous = visit->previous;
	}
	if (visit->previous) {
		visit->previous->next = visit->next;
	} else {
		mount->visits = visit->next;
	}
	pthread_mutex_unlock(&mount->mutex);
	waiter_finish(&visit->waiter);
}

void visits_end(struct mount *mount)
{
	pthread_mutex_lock(&mount->mutex);
	mount->ending = true;
	for (struct visit *visit = mount->visits; visit; visit = visit->next) {
		waiter_interrupt(&visit->waiter);
	}
	pthread_mutex_unlock(&mount->mutex);
}

bool visits_are_ending(struct mount *mount)
{
	pthread_mutex_lock(&mount->mutex);
	bool ending = mount->ending;
	pthread_mutex_unlock(&mount->mutex);
	return ending;
}
