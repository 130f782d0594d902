/* The program: its command line and its commands. */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdbool.h>

#include "config/config.h"

/* Exit codes, the same for every command. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	/* Of check. */
	EXIT_REFUSED = 3,     /* credentials or a role */
	EXIT_UNREACHABLE = 4, /* no connection, no name, no certificate, no answer */
	EXIT_NONSENSE = 5,    /* an answer that makes no sense */
	/* Of wait. */
	EXIT_OTHER = 6,   /* in a state in which it stays, and not one that was asked for */
	EXIT_TIMEOUT = 7, /* the time was up */
	EXIT_GONE = 8,    /* the item is gone */
};

struct cli {
	enum { CLI_MOUNT, CLI_CHECK, CLI_WAIT, CLI_DONE } command;
	const char *config; /* -c, or NULL */
	const char *source; /* or NULL */
	const char *mount_point;
	char *options; /* of every -o, joined with commas; or NULL */
	bool foreground;
	bool debug;
	bool offline;        /* check: try no account */
	const char *answers; /* check: a folder of recorded answers, or NULL */
	const char *states;  /* wait: words with commas between, or NULL */
	const char *timeout; /* wait: or NULL */
	char **arguments;    /* of check and wait */
	int argument_count;
	int exit_code; /* with CLI_DONE */
};

/* Reads the command line; prints help, version and complaints itself. */
void cli_parse(int argc, char **argv, struct cli *out);
void cli_finish(struct cli *cli);

/* Each returns the exit code. */
int run_mount(const struct cli *cli);
int run_check(const struct cli *cli);
int run_wait(const struct cli *cli);

/* Prints findings to stderr, one line each: file:line: words. */
void print_findings(const struct findings *findings);

#endif
