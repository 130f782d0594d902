/* The journal of triggers; see journal.h. Every commit of the writer syncs, which is what makes
 * journal_begin() durable. */
#include "store/journal.h"

#include "base/clock.h"
#include "store/pool.h"

#include <errno.h>
#include <stdlib.h>

const char *outcome_word(enum outcome outcome)
{
	static const char *const words[] = {
		[OUTCOME_SENDING] = "sending", [OUTCOME_DONE] = "done",
		[OUTCOME_REFUSED] = "refused", [OUTCOME_UNKNOWN] = "unknown",
		[OUTCOME_ADOPTED] = "adopted", [OUTCOME_LOST] = "lost",
	};

	return words[outcome];
}

void command_finish(struct command *command)
{
	free(command->fields);
	free(command->words);
	free(command->id);
	*command = (struct command){0};
}

void commands_finish(struct command *list, int count)
{
	for (int i = 0; i < count; i++) {
		command_finish(&list[i]);
	}
	free(list);
}

static int add(struct store *store, unsigned account, unsigned collection, uint32_t item,
	       const char *fields, enum outcome outcome, int err, const char *words, uint32_t *row)
{
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_COMMAND_ADD);
	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, item);
	query_add_int(&q, clock_wall_ns());
	query_add_text(&q, fields);
	query_add_int(&q, outcome);
	query_add_int(&q, err);
	query_add_text(&q, words);
	return writer_end(store, query_insert(&q, row));
}

int journal_begin(struct store *store, unsigned account, unsigned collection, uint32_t item,
		  const char *fields, int64_t *row)
{
	uint32_t added = 0;
	int r = add(store, account, collection, item, fields, OUTCOME_SENDING, 0, NULL, &added);

	*row = added;
	return r;
}

int journal_note(struct store *store, unsigned account, unsigned collection, uint32_t item,
		 const char *fields, int err, const char *words)
{
	uint32_t row;

	return add(store, account, collection, item, fields, OUTCOME_REFUSED, err, words, &row);
}

int journal_end(struct store *store, int64_t row, enum outcome outcome, int err, const char *words,
		const char *id)
{
	int rows;
	struct connection *writer;
	int r = writer_begin(store, &writer);

	if (r < 0) {
		return r;
	}
	struct query q = query_begin(writer, SQL_COMMAND_END);
	query_add_int(&q, row);
	query_add_int(&q, outcome);
	query_add_int(&q, err);
	query_add_text(&q, words);
	query_add_text(&q, id);
	r = query_change(&q, &rows);
	return writer_end(store, !r && rows == 0 ? -ENOENT : r);
}

/* In the order of COMMAND_COLUMNS; false without a row. */
static bool read_command(struct query *q, struct command *out)
{
	*out = (struct command){0};
	if (!query_next(q)) {
		return false;
	}
	out->row = query_int(q, 0);
	out->account = (unsigned)query_int(q, 1);
	out->collection = (unsigned)query_int(q, 2);
	out->item = (uint32_t)query_int(q, 3);
	out->at_ns = query_int(q, 4);
	out->fields = query_copy(q, 5);
	out->outcome = (enum outcome)query_int(q, 6);
	out->err = (int)query_int(q, 7);
	out->words = query_copy(q, 8);
	out->id = query_copy(q, 9);
	return true;
}

/* The one command the query finds, and its end. */
static int take_command(struct store *store, struct query *q, struct command *out)
{
	bool found = read_command(q, out);
	int r = read_end(store, q);

	if (r < 0) {
		command_finish(out);
	}
	return r < 0 ? r : found ? 0 : -ENOENT;
}

int journal_same(struct store *store, unsigned account, unsigned collection, uint32_t item,
		 const char *fields, struct command *out)
{
	struct query q = read_begin(store, SQL_COMMAND_SAME);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, item);
	query_add_text(&q, fields);
	return take_command(store, &q, out);
}

int journal_last(struct store *store, unsigned account, unsigned collection, uint32_t item,
		 struct command *out)
{
	struct query q = read_begin(store, SQL_COMMAND_LAST);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	query_add_int(&q, item);
	return take_command(store, &q, out);
}

/* All the commands the query finds, and its end. */
static int take_commands(struct store *store, struct query *q, struct command **list, int *count)
{
	struct command *commands = NULL;
	int found = 0;
	int r = 0;
	struct command command;

	while (!r && read_command(q, &command)) {
		struct command *longer = reallocarray(commands, (size_t)found + 1,
						      sizeof(*commands));
		if (longer) {
			commands = longer;
			commands[found++] = command;
		} else {
			command_finish(&command);
			r = -ENOMEM;
		}
	}
	int ended = read_end(store, q);
	r = ended < 0 ? ended : r;
	if (r < 0) {
		commands_finish(commands, found);
		commands = NULL;
		found = 0;
	}
	*list = commands;
	*count = found;
	return r;
}

int journal_unknown(struct store *store, unsigned account, unsigned collection,
		    struct command **list, int *count)
{
	struct query q = read_begin(store, SQL_COMMAND_UNKNOWN);

	query_add_int(&q, account);
	query_add_int(&q, collection);
	return take_commands(store, &q, list, count);
}

int journal_list(struct store *store, unsigned account, int most, struct command **list, int *count)
{
	struct query q = read_begin(store, SQL_COMMAND_LIST);

	query_add_int(&q, account);
	query_add_int(&q, most);
	return take_commands(store, &q, list, count);
}
