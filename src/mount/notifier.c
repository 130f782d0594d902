/* The notifier: tells the kernel what changed, from a thread of its own.
 *
 * A notification takes locks in the kernel that a request may hold until it is answered, so it is
 * never sent by a thread that answers requests, and with no lock of ours held. */
#include "mount/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct notice {
	struct notice *next;
	struct event event;
};

struct notifier {
	struct fuse_session *session;
	pthread_t thread;
	pthread_mutex_t mutex; /* protects: */
	pthread_cond_t added;
	struct notice *first;
	struct notice **last;
	bool ending;
	bool joined;
};

static void tell_kernel(struct fuse_session *session, const struct event *event)
{
	size_t length = strlen(event->name);
	int r = 0;

	switch (event->kind) {
	case EVENT_STAT:
		r = fuse_lowlevel_notify_inval_inode(session, event->ino, -1, 0);
		break;
	case EVENT_NAME:
		r = fuse_lowlevel_notify_inval_entry(session, event->parent, event->name, length);
		break;
	case EVENT_GONE:
		r = fuse_lowlevel_notify_delete(session, event->parent, event->ino, event->name,
						length);
		break;
	}
	/* What the kernel does not know needs no telling. */
	if (r < 0 && r != -ENOENT && r != -ENOTEMPTY && r != -ENOTDIR) {
		log_debug("the kernel did not take a notification: %s", strerror(-r));
	}
}

static void *notifier_main(void *context)
{
	struct notifier *notifier = context;

	pthread_mutex_lock(&notifier->mutex);
	for (;;) {
		while (!notifier->first && !notifier->ending) {
			pthread_cond_wait(&notifier->added, &notifier->mutex);
		}
		struct notice *notice = notifier->first;
		if (notifier->ending) {
			break;
		}
		notifier->first = notice->next;
		if (!notifier->first) {
			notifier->last = &notifier->first;
		}
		pthread_mutex_unlock(&notifier->mutex);
		tell_kernel(notifier->session, &notice->event);
		free(notice);
		pthread_mutex_lock(&notifier->mutex);
	}
	pthread_mutex_unlock(&notifier->mutex);
	return NULL;
}

int notifier_create(struct fuse_session *session, struct notifier **out)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (!notifier) {
		return -ENOMEM;
	}
	notifier->session = session;
	notifier->last = &notifier->first;
	pthread_mutex_init(&notifier->mutex, NULL);
	pthread_cond_init(&notifier->added, NULL);
	int r = pthread_create(&notifier->thread, NULL, notifier_main, notifier);
	if (r != 0) {
		free(notifier);
		return -r;
	}
	*out = notifier;
	return 0;
}

void notifier_stop(struct notifier *notifier)
{
	pthread_mutex_lock(&notifier->mutex);
	notifier->ending = true;
	bool join = !notifier->joined;
	notifier->joined = true;
	pthread_cond_signal(&notifier->added);
	pthread_mutex_unlock(&notifier->mutex);
	if (join) {
		pthread_join(notifier->thread, NULL);
	}
}

void notifier_destroy(struct notifier *notifier)
{
	if (!notifier) {
		return;
	}
	notifier_stop(notifier);
	while (notifier->first) {
		struct notice *notice = notifier->first;
		notifier->first = notice->next;
		free(notice);
	}
	pthread_cond_destroy(&notifier->added);
	pthread_mutex_destroy(&notifier->mutex);
	free(notifier);
}

void notifier_add(struct notifier *notifier, const struct event *event)
{
	struct notice *notice = malloc(sizeof(*notice));

	if (!notice) {
		return; /* the kernel's own timeouts will have to do */
	}
	notice->next = NULL;
	notice->event = *event;
	pthread_mutex_lock(&notifier->mutex);
	*notifier->last = notice;
	notifier->last = &notice->next;
	pthread_cond_signal(&notifier->added);
	pthread_mutex_unlock(&notifier->mutex);
}
