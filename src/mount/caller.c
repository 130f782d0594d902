/* The notifier's caller: takes events from the queue and makes their calls, one after the other; see
 * notifier.c. */
#include "mount/notifier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"

static bool comes(const struct event *event)
{
	return event->kind == EVENT_CREATE || event->kind == EVENT_MKDIR ||
	       event->kind == EVENT_SYMLINK;
}

static bool goes(const struct event *event)
{
	return event->kind == EVENT_UNLINK || event->kind == EVENT_RMDIR;
}

/* The kernel looks the name up again. This may wait for the folder. */
static void forget_name(struct notifier *notifier, const struct event *event)
{
	const char *name = event_name(event);

	fuse_lowlevel_notify_inval_entry(notifier->mount->session, event->parent, name,
					 strlen(name));
}

static void forget_stat(struct notifier *notifier, uint64_t ino)
{
	fuse_lowlevel_notify_inval_inode(notifier->mount->session, ino, -1, 0);
}

/* It is there, or gone, and nobody was told. */
void notifier_show(struct notifier *notifier, const struct event *event)
{
	view_told(notifier->mount->view, event->parent, event->ino);
	forget_stat(notifier, event->kind == EVENT_CHANGE ? event->ino : event->parent);
}

/* Nobody has heard of what went before it came. */
static bool was_never_there(struct notifier *notifier, const struct event *event)
{
	if (!goes(event)) {
		return false;
	}
	pthread_mutex_lock(&notifier->mutex);
	bool unborn = table_remove(&notifier->unborn, queue_key(event));
	pthread_mutex_unlock(&notifier->mutex);
	if (view_is_hidden(notifier->mount->view, event->parent, event->ino)) {
		unborn = true;
	}
	if (unborn) {
		view_told(notifier->mount->view, event->parent, event->ino);
	}
	return unborn;
}

static void note_failure(struct notifier *notifier, const struct event *event, int r)
{
	pthread_mutex_lock(&notifier->mutex);
	bool moved = r == -EXDEV && !notifier->told_moved;
	notifier->told_moved = notifier->told_moved || moved;
	if (r == -ENOENT && comes(event)) {
		uint64_t *place = table_add(&notifier->unborn, queue_key(event));
		if (place) {
			*place = 1;
		}
	}
	pthread_mutex_unlock(&notifier->mutex);
	if (moved) {
		log_info("%s leads to something else than this mount: changes raise no events",
			 notifier->mount->options.path);
	} else if (r != -ENOENT && r != -EXDEV) {
		log_debug("%s: no event was raised: %s", event->path, strerror(-r));
	}
}

static bool is_watchable(struct notifier *notifier, const struct event *event)
{
	struct known *known = &notifier->mount->known;

	return atomic_load(&notifier->thread) != 0 &&
	       (known_has(known, event->parent) || known_has(known, event->ino));
}

static int call(struct notifier *notifier, const struct event *event)
{
	const char *path = notifier->mount->options.path;
	int r = call_make(path, notifier->device, event);

	/* Somebody looked between its coming and this: the kernel is made to look again. */
	if (r == -EEXIST && comes(event)) {
		forget_name(notifier, event);
		r = call_make(path, notifier->device, event);
	}
	return r;
}

/* True when the call came back in time. */
static bool carry_out(struct caller *self, const struct event *event)
{
	struct notifier *notifier = self->notifier;
	int r = 0;

	if (event->kind == EVENT_STAT) {
		forget_stat(notifier, event->ino);
		return true;
	}
	if (was_never_there(notifier, event)) {
		return true;
	}
	bool watchable = is_watchable(notifier, event);
	if (watchable) {
		r = call(notifier, event);
	}
	pthread_mutex_lock(&notifier->mutex);
	bool mine = notifier->caller == self;
	pthread_mutex_unlock(&notifier->mutex);
	if (mine && r < 0) {
		note_failure(notifier, event, r);
	}
	if (mine && (r < 0 || !watchable)) {
		notifier_show(notifier, event);
	}
	if (!mine || (r < 0 && r != -ENOENT)) {
		forget_name(notifier, event);
	}
	return mine;
}

/* The thread's first call, by which the handlers get to know it. */
static void introduce(struct caller *self)
{
	struct notifier *notifier = self->notifier;

	call_introduce(notifier->mount->options.path, notifier->device, self->name);
	if (atomic_load(&notifier->thread) == 0) {
		log_info("the kernel does not tell who makes a request: changes raise no events");
	}
}

/* What was not told while it was stuck there; the kernel looks again. */
static void end_stuck_locked(struct caller *self)
{
	struct notifier *notifier = self->notifier;

	table_remove(&notifier->stuck, self->event->parent);
	while (self->skipped) {
		struct event *event = self->skipped;
		self->skipped = event->next;
		bool ending = notifier->ending;
		pthread_mutex_unlock(&notifier->mutex);
		if (!ending) {
			forget_name(notifier, event);
		}
		event_destroy(event);
		pthread_mutex_lock(&notifier->mutex);
	}
}

/* In a folder where a call is stuck nobody can be told. True when it was such. */
static bool skip_locked(struct notifier *notifier, struct event *event)
{
	uint64_t *place = table_find(&notifier->stuck, event->parent);
	struct caller *stuck = place ? (struct caller *)(uintptr_t)*place : NULL;

	if (!stuck || event->kind == EVENT_STAT) {
		return false;
	}
	notifier_show(notifier, event);
	event->next = stuck->skipped;
	stuck->skipped = event;
	return true;
}

static bool run_one_locked(struct caller *self)
{
	struct notifier *notifier = self->notifier;
	struct event *event = queue_take(&notifier->queue);

	if (!event || skip_locked(notifier, event)) {
		return true;
	}
	self->event = event;
	self->since_ms = clock_ms();
	if (!notifier->watched) {
		pthread_cond_broadcast(&notifier->began);
	}
	pthread_mutex_unlock(&notifier->mutex);
	bool mine = carry_out(self, event);
	pthread_mutex_lock(&notifier->mutex);
	if (!mine) {
		end_stuck_locked(self);
	}
	self->event = NULL;
	event_destroy(event);
	return mine;
}

static void *caller_main(void *context)
{
	struct caller *self = context;
	struct notifier *notifier = self->notifier;
	bool introduced = false;
	bool mine = true;

	pthread_mutex_lock(&notifier->mutex);
	while (mine && !notifier->ending) {
		if (!notifier->ready || (introduced && !notifier->queue.first)) {
			pthread_cond_wait(&notifier->work, &notifier->mutex);
		} else if (!introduced) {
			introduced = true;
			pthread_mutex_unlock(&notifier->mutex);
			introduce(self);
			pthread_mutex_lock(&notifier->mutex);
		} else {
			mine = run_one_locked(self);
		}
	}
	if (mine) {
		notifier->caller = NULL;
		atomic_store(&notifier->thread, 0);
	}
	notifier->callers--;
	pthread_cond_broadcast(&notifier->began);
	pthread_mutex_unlock(&notifier->mutex);
	free(self);
	return NULL;
}

static void choose_name(char name[2 * SECRET_BYTES + 2])
{
	unsigned char secret[SECRET_BYTES] = {0};

	/* Without one it is a name that anybody could look up, to no effect but his own trouble. */
	if (getrandom(secret, sizeof(secret), 0) < 0) {
		secret[0] = 1;
	}
	name[0] = '.';
	for (size_t i = 0; i < sizeof(secret); i++) {
		snprintf(name + 1 + 2 * i, 3, "%02x", secret[i]);
	}
}

int caller_start_locked(struct notifier *notifier)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	pthread_attr_t attributes;
	pthread_t thread;

	if (!caller) {
		return -ENOMEM;
	}
	caller->notifier = notifier;
	choose_name(caller->name);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	atomic_store(&notifier->thread, 0);
	int r = pthread_create(&thread, &attributes, caller_main, caller);
	pthread_attr_destroy(&attributes);
	if (r != 0) {
		free(caller);
		return -r;
	}
	notifier->caller = caller;
	notifier->callers++;
	return 0;
}
