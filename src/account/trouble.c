/* What an account's `status` says of the last command of a collection, or of its items, that went
 * wrong. It stays until the next one goes well, or until it turns out that this one did. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "base/clock.h"
#include "base/log.h"

void trouble_put_locked(const struct order *order, int r, const struct problem *why)
{
	struct work *work = order->work;
	const char *name = order->item.name ? order->item.name : "";
	const char *words = problem_words(why, r);
	char when[CLOCK_TEXT_BYTES];
	char *trouble = NULL;
	int length = 0;

	if (r < 0) {
		length = asprintf(&trouble, "%s since %s: %s/%s%strigger: %s", error_name(r),
				  clock_print(clock_wall_ns(), when), work->name, name,
				  *name ? "/" : "", words);
	}
	free(work->command_trouble);
	work->command_trouble = length > 0 ? trouble : NULL;
	work->command_words = length > 0 ? length - (int)strlen(words) : 0;
	work->command_row = order->journal_row;
}

void trouble_log(const struct order *order, int r, const struct problem *why)
{
	const char *name = order->item.name ? order->item.name : "";

	log_error(r, "%s: %s/%s%strigger: %s: %s", order->account->config->name, order->work->name,
		  name, *name ? "/" : "", error_name(r), problem_words(why, r));
}

void trouble_note(const struct order *order, int r, const struct problem *why)
{
	pthread_mutex_lock(&order->account->mutex);
	trouble_put_locked(order, r, why);
	pthread_mutex_unlock(&order->account->mutex);
	if (r < 0) {
		trouble_log(order, r, why);
	}
}

void trouble_settle(struct account *account, struct work *work, int64_t journal_row,
		    const char *words)
{
	char *trouble = NULL;

	pthread_mutex_lock(&account->mutex);
	if (work->command_trouble && work->command_row == journal_row) {
		if (words && asprintf(&trouble, "%.*s%s", work->command_words,
				      work->command_trouble, words) < 0) {
			trouble = NULL;
		}
		free(work->command_trouble);
		work->command_trouble = trouble;
	}
	pthread_mutex_unlock(&account->mutex);
}
