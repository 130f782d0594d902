/* The eight words of a status file, the same for every provider.
 *
 * The numbers are stored in the state database: never renumber them. */
#ifndef ORDERFS_STATE_H
#define ORDERFS_STATE_H

#include <stdbool.h>

enum state {
	STATE_UNKNOWN = 0, /* the API uses a word that the description does not know */
	STATE_NONE = 1,    /* nothing was ever started for this item */
	STATE_QUEUED = 2,
	STATE_RUNNING = 3,
	STATE_READY = 4, /* the files can be read */
	STATE_EMPTY = 5, /* finished, and there was nothing to export */
	STATE_FAILED = 6,
	STATE_EXPIRED = 7, /* was finished; the API has deleted it */
	STATE_COUNT = 8,
};

/* Never NULL; the word without a newline. */
const char *state_word(enum state state);
/* The state of a word, or -1. */
int state_parse(const char *word);
/* True when the API will not change it any more: nobody needs to ask again. */
bool state_is_final(enum state state);
/* True for queued and running: the ones worth asking often. */
bool state_is_active(enum state state);

#endif
