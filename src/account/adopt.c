/* Commands whose outcome is not known: the connection broke, or orderfs ended, after they were sent.
 *
 * They are never sent again. The next full listings are searched for what they made; an API does not tell
 * which command made an item, so an item is taken for a command's when it is new here,
 * was made after it was sent, and no other item or command could be meant as well. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

/* How wrong the clocks may be, and how late an API may list what it made. */
#define SKEW_NS (INT64_C(300) * 1000000000)
#define LATE_NS (INT64_C(120) * 1000000000)

static bool could_be(const struct newcomer *newcomer, const struct command *command)
{
	return newcomer->created_ns == 0 || newcomer->created_ns >= command->at_ns - SKEW_NS;
}

static void adopt(struct account *account, struct work *work, const struct command *command,
		  uint32_t row)
{
	struct store *store = account->shared->store;
	auto_free char *remembered = NULL;
	struct item item = {0};

	int r = item_by_row(store, row, &item);
	if (r == 0) {
		r = journal_end(store, command->row, OUTCOME_ADOPTED, 0,
				"found in a later listing", item.id);
	}
	if (r == 0) {
		r = command_remembered(work->spec->create, command->fields, &remembered);
	}
	if (r == 0 && remembered) {
		r = item_set_remembered(store, row, remembered);
	}
	if (r == 0) {
		struct item_change change = {row, CHANGE_RECORD, item.state, ""};
		strcpy(change.name, item.name);
		log_info("%s: %s/%s is what an unanswered command made", account->config->name,
			 work->spec->name, item.name);
		account_report_changes(account, work->number, &change, 1);
	}
	item_finish(&item);
}

void adopt_newcomers(struct account *account, struct work *work, const struct newcomer *list,
		     int count, int64_t listed_since_ns)
{
	struct store *store = account->shared->store;
	struct command *unknown = NULL;
	int unknown_count = 0;

	if (journal_unknown(store, account->number, work->number, &unknown, &unknown_count) < 0) {
		return;
	}
	for (int i = 0; i < unknown_count; i++) {
		const struct newcomer *match = NULL;
		int matches = 0;
		for (int j = 0; j < count; j++) {
			if (could_be(&list[j], &unknown[i])) {
				match = &list[j];
				matches++;
			}
		}
		if (matches == 1 && unknown_count == 1) {
			adopt(account, work, &unknown[i], match->row);
		} else if (matches == 0 && listed_since_ns - unknown[i].at_ns > LATE_NS) {
			journal_end(store, unknown[i].row, OUTCOME_LOST, ETIMEDOUT,
				    "no answer came, and no item could be told to be its", NULL);
		}
	}
	commands_finish(unknown, unknown_count);
}
