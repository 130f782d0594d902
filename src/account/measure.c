/* Sizes that are learnt before a file is shown: a few threads for each account, as long as there
 * is something to learn, with the patience of a call each. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

enum { MEASURERS = 4 };

struct wish {
	struct wish *next;
	uint32_t file;
	void (*done)(void *context, uint32_t file);
	void *context;
};

void measuring_init(struct measuring *m)
{
	pthread_mutex_init(&m->mutex, NULL);
	pthread_cond_init(&m->ended, NULL);
	m->last = &m->first;
}

void measuring_finish(struct measuring *m)
{
	while (m->first) {
		struct wish *wish = m->first;
		m->first = wish->next;
		free(wish);
	}
	pthread_cond_destroy(&m->ended);
	pthread_mutex_destroy(&m->mutex);
}

static void measure(struct account *account, struct measurer *self, const struct wish *wish)
{
	struct measuring *m = &account->measuring;
	struct problem why = {0};

	waiter_init(&self->waiter, account->shared->config->deadline_ms);
	self->waiter.background = true;
	pthread_mutex_lock(&m->mutex);
	self->next = m->measurers;
	m->measurers = self;
	bool stopping = m->stopping;
	pthread_mutex_unlock(&m->mutex);
	int r = stopping ? -EINTR : account_learn(account, wish->file, &self->waiter, &why);
	if (r < 0 && r != -EINTR) {
		log_debug("%s: %s", account->config->name, problem_words(&why, r));
	}
	problem_finish(&why);
	pthread_mutex_lock(&m->mutex);
	struct measurer **at = &m->measurers;
	while (*at != self) {
		at = &(*at)->next;
	}
	*at = self->next;
	pthread_mutex_unlock(&m->mutex);
	waiter_finish(&self->waiter);
	wish->done(wish->context, wish->file);
}

static void *measurer_main(void *context)
{
	struct account *account = context;
	struct measuring *m = &account->measuring;
	struct measurer self;

	pthread_mutex_lock(&m->mutex);
	while (m->first && !m->stopping) {
		struct wish *wish = m->first;
		m->first = wish->next;
		m->last = m->first ? m->last : &m->first;
		pthread_mutex_unlock(&m->mutex);
		measure(account, &self, wish);
		free(wish);
		pthread_mutex_lock(&m->mutex);
	}
	m->running--;
	pthread_cond_broadcast(&m->ended);
	pthread_mutex_unlock(&m->mutex);
	return NULL;
}

/* One more thread, while there are not enough. False when there is none at all. */
static bool start_locked(struct account *account)
{
	struct measuring *m = &account->measuring;
	pthread_attr_t attributes;
	pthread_t thread;

	if (m->running == MEASURERS) {
		return true;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	m->running += pthread_create(&thread, &attributes, measurer_main, account) == 0;
	pthread_attr_destroy(&attributes);
	return m->running > 0;
}

bool account_learn_later(struct account *account, uint32_t file,
			 void (*done)(void *context, uint32_t file), void *context)
{
	struct measuring *m = &account->measuring;
	struct wish *wish = malloc(sizeof(*wish));

	if (!wish) {
		return false;
	}
	*wish = (struct wish){NULL, file, done, context};
	pthread_mutex_lock(&m->mutex);
	bool taken = !m->stopping && start_locked(account);
	if (taken) {
		*m->last = wish;
		m->last = &wish->next;
	}
	pthread_mutex_unlock(&m->mutex);
	if (!taken) {
		free(wish);
	}
	return taken;
}

void measuring_stop(struct account *account)
{
	struct measuring *m = &account->measuring;

	pthread_mutex_lock(&m->mutex);
	m->stopping = true;
	for (struct measurer *measurer = m->measurers; measurer; measurer = measurer->next) {
		waiter_interrupt(&measurer->waiter);
	}
	while (m->running > 0) {
		pthread_cond_wait(&m->ended, &m->mutex);
	}
	pthread_mutex_unlock(&m->mutex);
}
