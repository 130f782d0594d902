/* Commands whose outcome is not known: the connection broke, or orderfs ended, after they were
 * sent.
 *
 * They are never sent again. After each listing, and after what is on its way was asked about, the
 * store is searched for what they made; an API does not tell which command made an item. So the
 * items that came here after the command was sent and that no other command made are taken for
 * theirs, in order of time, when there are just as many of them. */
#include "account/internal.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

/* How wrong the other end's clock may be. */
#define SKEW_NS (INT64_C(300) * 1000000000)

enum { MOST = 32 };

static void adopt(struct account *account, struct work *work, const struct command *command,
		  uint32_t row)
{
	struct store *store = account->shared->store;
	auto_free char *remembered = NULL;
	struct item item = {0};

	int r = item_by_row(store, row, &item);
	if (r == 0) {
		r = journal_end(store, command->row, OUTCOME_ADOPTED, 0, "found in a later listing",
				item.id);
	}
	if (r == 0) {
		trouble_settle(account, work, command->row, NULL);
		r = command_remembered(work->spec->create, command->fields, &remembered);
	}
	if (r == 0 && remembered) {
		r = item_set_remembered(store, row, remembered);
	}
	if (r == 0) {
		log_info("%s: %s/%s is what an unanswered command made", account->config->name,
			 work->name, item.name);
		account_report_item(account, &item, CHANGE_RECORD);
	}
	item_finish(&item);
}

/* Given up once every listing must have named it. */
static void give_up_late(struct account *account, struct work *work, const struct command *command,
			 int64_t since_ns)
{
	static const char words[] = "no answer came, and no item could be told to be its";

	if (since_ns - command->at_ns > YOUNG_NS &&
	    journal_end(account->shared->store, command->row, OUTCOME_LOST, command->err, words,
			NULL) == 0) {
		trouble_settle(account, work, command->row, words);
		log_error(0, "%s: %s: a command is lost: %s", account->config->name, work->name,
			  words);
	}
}

/* An act of an item was taken when the API told of something new before the waiting for it was
 * over. */
static void judge_act(struct account *account, struct work *work, const struct command *command,
		      int64_t since_ns)
{
	struct store *store = account->shared->store;
	struct item item = {0};

	if (item_by_row(store, command->item, &item) == 0 && item.heard_ns > command->at_ns) {
		journal_end(store, command->row, OUTCOME_ADOPTED, 0,
			    "the item changed as the command wanted", item.id);
		trouble_settle(account, work, command->row, NULL);
		log_info("%s: %s/%s was changed by an unanswered command", account->config->name,
			 work->name, item.name);
	} else {
		give_up_late(account, work, command, since_ns);
	}
	item_finish(&item);
}

/* Those of the collection's own trigger come first in the list; how many they are. */
static int sort_out(struct command *list, int count)
{
	int own = 0;

	for (int i = 0; i < count; i++) {
		if (list[i].item == 0) {
			struct command c = list[i];
			memmove(&list[own + 1], &list[own], (size_t)(i - own) * sizeof(*list));
			list[own++] = c;
		}
	}
	return own;
}

void adopt_items(struct account *account, struct work *work, int64_t since_ns)
{
	struct store *store = account->shared->store;
	struct command *unknown = NULL;
	uint32_t rows[MOST];
	int count = 0;
	int found = 0;

	if (journal_unknown(store, account->number, work->number, &unknown, &count) < 0) {
		return;
	}
	int own = sort_out(unknown, count);
	if (own > 0) {
		found = items_unclaimed(store, account->number, work->number, unknown[0].at_ns,
					unknown[0].at_ns - SKEW_NS, rows, MOST);
	}
	for (int i = 0; i < own; i++) {
		if (found == own) {
			adopt(account, work, &unknown[i], rows[i]);
		} else {
			give_up_late(account, work, &unknown[i], work->named_ns);
		}
	}
	for (int i = own; i < count; i++) {
		judge_act(account, work, &unknown[i], since_ns);
	}
	commands_finish(unknown, count);
}

static void expect_item(struct account *account, struct work *work, const struct command *command)
{
	struct store *store = account->shared->store;
	struct command_text text = {0};
	struct item_change change = {0};
	struct item item = {0};

	if (item_by_row(store, command->item, &item) == 0 && item.heard_ns <= command->at_ns &&
	    command_parse(work->spec->act, command->fields, strlen(command->fields), &text, NULL) ==
		    0 &&
	    text.act->then == THEN_QUEUED) {
		item_await(store, item.row, command->at_ns + text.act->grace_ms * 1000000, &change);
	}
	command_text_finish(&text);
	item_finish(&item);
}

void adopt_expect(struct account *account, struct work *work)
{
	struct command *unknown = NULL;
	int count = 0;

	if (journal_unknown(account->shared->store, account->number, work->number, &unknown,
			    &count) < 0) {
		return;
	}
	for (int i = 0; i < count; i++) {
		if (unknown[i].item && work->spec->act) {
			expect_item(account, work, &unknown[i]);
		}
	}
	commands_finish(unknown, count);
}
