/* The eight words of a status file; see orderfs/state.h. */
#include "orderfs/state.h"

#include <string.h>

static const char *const words[STATE_COUNT] = {
	[STATE_UNKNOWN] = "unknown", [STATE_NONE] = "none",       [STATE_QUEUED] = "queued",
	[STATE_RUNNING] = "running", [STATE_READY] = "ready",     [STATE_EMPTY] = "empty",
	[STATE_FAILED] = "failed",   [STATE_EXPIRED] = "expired",
};

const char *state_word(enum state state)
{
	return (unsigned)state < STATE_COUNT ? words[state] : words[STATE_UNKNOWN];
}

int state_parse(const char *word)
{
	for (int i = 0; i < STATE_COUNT; i++) {
		if (strcmp(words[i], word) == 0) {
			return i;
		}
	}
	return -1;
}

bool state_is_final(enum state state)
{
	return state == STATE_READY || state == STATE_EMPTY || state == STATE_FAILED ||
	       state == STATE_EXPIRED;
}

bool state_is_active(enum state state)
{
	return state == STATE_QUEUED || state == STATE_RUNNING;
}
