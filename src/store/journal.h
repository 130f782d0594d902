/* The journal of triggers: every command ever written, on disk before it is sent. */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include <stdint.h>

#include "store/store.h"

/* Stored: never renumber. */
enum outcome {
	OUTCOME_SENDING = 0, /* on its way; after a crash it becomes UNKNOWN */
	OUTCOME_DONE = 1,    /* the API took it */
	OUTCOME_REFUSED = 2, /* not sent, or answered with an error: nothing happened there */
	OUTCOME_UNKNOWN = 3, /* sent, and no answer came: looked for in the next listing */
	OUTCOME_ADOPTED = 4, /* was unknown, and the item was found */
	OUTCOME_LOST = 5,    /* was unknown, and no item was found in time */
};
const char *outcome_word(enum outcome outcome);

struct command {
	int64_t row;
	unsigned account;
	unsigned collection;
	uint32_t item; /* 0: the collection's trigger */
	int64_t at_ns; /* wall: when it was written */
	char *fields;  /* JSON object, keys sorted: what was asked for, defaults included */
	enum outcome outcome;
	int err;     /* positive errno; 0 when done */
	char *words; /* NULL or a sentence */
	char *id;    /* the API's id of what was made, or NULL */
};
void command_finish(struct command *command);
void commands_finish(struct command *list, int count);

/* Durable (fsync) when it returns. */
int journal_begin(struct store *store, unsigned account, unsigned collection, uint32_t item,
		  const char *fields, int64_t *row);
int journal_end(struct store *store, int64_t row, enum outcome outcome, int err, const char *words,
		const char *id);
/* A command that was refused before it was worth sending: one call for begin and end. */
int journal_note(struct store *store, unsigned account, unsigned collection, uint32_t item,
		 const char *fields, int err, const char *words);

/* The newest command with these fields (byte for byte) whose outcome is one of SENDING, DONE,
 * UNKNOWN, ADOPTED; -ENOENT. */
int journal_same(struct store *store, unsigned account, unsigned collection, uint32_t item,
		 const char *fields, struct command *out);
/* The newest command of that trigger; -ENOENT. */
int journal_last(struct store *store, unsigned account, unsigned collection, uint32_t item,
		 struct command *out);
/* Those with an unknown outcome, oldest first. */
int journal_unknown(struct store *store, unsigned account, unsigned collection,
		    struct command **list, int *count);
/* All of them, oldest first, at most the newest `most`. Account 0: of every account. */
int journal_list(struct store *store, unsigned account, int most, struct command **list,
		 int *count);

#endif
