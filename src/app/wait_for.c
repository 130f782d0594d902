/* The words and the time of `orderfs wait`; see wait.h. */
#include "app/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "doc/scalar.h"
#include "orderfs/state.h"

static int complain(const char *what, const char *text, const char *words)
{
	fprintf(stderr, "orderfs: %s: '%s': %s\nTry 'orderfs --help'.\n", what, text, words);
	return EXIT_USAGE;
}

static int parse_states(const char *text, unsigned *out)
{
	auto_free char *copy = strdup(text);
	char *rest = copy;
	char *word;

	*out = 0;
	while ((word = strsep(&rest, ","))) {
		int state = state_parse(word);
		if (state < 0) {
			return complain("--state", word,
					"not one of none queued running ready empty failed expired "
					"unknown, with commas between");
		}
		*out |= 1u << state;
	}
	return *out ? EXIT_OK : EXIT_FAILED;
}

static int parse_timeout(const char *text, int64_t *out_ms)
{
	const int64_t longest_s = INT64_C(100) * 365 * 86400;
	double seconds;

	if (scalar_decimal(text, &seconds) && seconds <= (double)longest_s) {
		*out_ms = (int64_t)(seconds * 1000);
		return EXIT_OK;
	}
	if (scalar_duration(text, out_ms) && *out_ms <= longest_s * 1000) {
		return EXIT_OK;
	}
	return complain("--timeout", text, "no time: 90 (seconds), 500ms, 5m, 2h or 7d");
}

int wait_for_parse(const struct cli *cli, struct wait_for *out)
{
	int code = EXIT_OK;

	*out = (struct wait_for){(1u << STATE_READY) | (1u << STATE_EMPTY), -1};
	if (cli->states) {
		code = parse_states(cli->states, &out->states);
	}
	if (code == EXIT_OK && cli->timeout) {
		code = parse_timeout(cli->timeout, &out->timeout_ms);
	}
	return code;
}
