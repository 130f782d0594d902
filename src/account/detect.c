/* Which of a trigger's acts the server has, where versions of it differ: asked once, in the
 * account's thread. Until then, and where it cannot be asked, they are all taken for there. */
#include "account/internal.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

static void note_offers(struct account *account, struct work *work, const struct doc *answer)
{
	const struct trigger *trigger = work->spec->create;

	pthread_mutex_lock(&account->mutex);
	for (int i = 0; i < trigger->act_count && i < ACTS_MAX; i++) {
		const char *needs = trigger->acts[i].needs;
		work->offered[i] = !needs || detect_finds(trigger->detect, answer, needs);
	}
	work->detected = true;
	pthread_mutex_unlock(&account->mutex);
}

void detect_run(struct account *account, struct work *work, struct waiter *waiter)
{
	const struct trigger *trigger = work->spec ? work->spec->create : NULL;

	if (!trigger || !trigger->detect || work->detected) {
		return;
	}
	struct operation operation = {.spec = trigger->detect->request, .background = true};
	struct problem why = {0};
	struct doc *answer = NULL;
	int r = pass_call(account, &operation, waiter, &answer, &why);
	if (r == 0) {
		note_offers(account, work, answer);
	} else {
		log_info("%s: what the server offers could not be asked: %s", account->config->name,
			 problem_words(&why, r));
	}
	doc_destroy(answer);
	problem_finish(&why);
}

/* False when the server is known to lack the act. */
bool detect_allows(struct account *account, struct work *work, const struct act *act)
{
	const struct trigger *trigger = work->spec->create;
	bool allowed = true;

	pthread_mutex_lock(&account->mutex);
	for (int i = 0; work->detected && trigger && i < trigger->act_count && i < ACTS_MAX; i++) {
		if (&trigger->acts[i] == act) {
			allowed = work->offered[i];
		}
	}
	pthread_mutex_unlock(&account->mutex);
	return allowed;
}

char *account_usage(struct account *account, unsigned collection, bool of_item)
{
	struct work *work = work_of(account, collection);
	bool offered[ACTS_MAX];
	bool known;

	if (!work) {
		return NULL;
	}
	pthread_mutex_lock(&account->mutex);
	memcpy(offered, work->offered, sizeof(offered));
	known = work->detected && !of_item;
	pthread_mutex_unlock(&account->mutex);
	return command_usage(of_item ? work->spec->act : work->spec->create,
			     known ? offered : NULL);
}
