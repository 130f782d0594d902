/* The command line: one table of options, from which the help is printed too. */
#include "app/app.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options without a letter. */
enum { OPTION_OFFLINE = 256, OPTION_ANSWERS, OPTION_STATE, OPTION_TIMEOUT };

static const struct {
	struct option option;
	const char *argument;
	const char *help;
} table[] = {
	{{"config", required_argument, NULL, 'c'},
	 "FILE",
	 "the accounts file (default ~/.config/orderfs/orderfs.yaml)"},
	{{"foreground", no_argument, NULL, 'f'}, "", "stay in the foreground, log to stderr"},
	{{"debug", no_argument, NULL, 'd'}, "", "as -f, and print every request"},
	{{"options", required_argument, NULL, 'o'},
	 "OPTS",
	 "mount options, comma separated, such as allow_other"},
	{{"offline", no_argument, NULL, OPTION_OFFLINE}, "", "check: read files, try no account"},
	{{"answers", required_argument, NULL, OPTION_ANSWERS},
	 "DIR",
	 "check: read the recorded answers in DIR"},
	{{"state", required_argument, NULL, OPTION_STATE},
	 "WORDS",
	 "wait: for one of these (default ready,empty)"},
	{{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	 "TIME",
	 "wait: so long, as 90 (seconds), 5m or 2h (default: for ever)"},
	{{"help", no_argument, NULL, 'h'}, "", "print this and exit"},
	{{"version", no_argument, NULL, 'V'}, "", "print the version and exit"},
};
enum { OPTION_COUNT = sizeof(table) / sizeof(table[0]) };

static void print_help(void)
{
	printf("Usage: orderfs [OPTION...] [SOURCE] MOUNTPOINT\n"
	       "       orderfs check [-c FILE] [--offline]\n"
	       "       orderfs check DESCRIPTION...\n"
	       "       orderfs check --answers DIR [DESCRIPTION]\n"
	       "       orderfs wait [--state WORDS] [--timeout TIME] ITEM\n"
	       "Mounts commerce export APIs as folders.\n\n"
	       "SOURCE is for mount(8) and fstab: the accounts file, or any word without a slash.\n\n");
	for (int i = 0; i < OPTION_COUNT; i++) {
		char left[32];
		char letter[8] = "   ";
		if (table[i].option.val < OPTION_OFFLINE) {
			snprintf(letter, sizeof(letter), "-%c,", table[i].option.val);
		}
		snprintf(left, sizeof(left), "%s --%s %s", letter, table[i].option.name,
			 table[i].argument);
		printf("  %-22s %s\n", left, table[i].help);
	}
	printf("\ncheck looks through the accounts file and the descriptions that it uses, or those\n"
	       "that are named, and prints what it finds as FILE:LINE: WHAT. Then it logs in to each\n"
	       "account, asks for a page of each listing, and prints a line on how that went.\n\n"
	       "wait sleeps until an item of a mount (its folder, or the status in it) is in a state, and\n"
	       "prints the word.\n\n"
	       "Unmount with: fusermount3 -u MOUNTPOINT\n"
	       "Exit codes: 0 mounted (or, in the foreground, ended), 1 failed, 2 usage or\n"
	       "configuration; of check also 3 credentials or role, 4 not reachable, 5 an answer\n"
	       "that makes no sense; of wait also 6 in another state for good, 7 the time was up,\n"
	       "8 gone. See orderfs(1).\n");
}

static void complain(struct cli *cli, const char *words)
{
	fprintf(stderr, "orderfs: %s\nTry 'orderfs --help'.\n", words);
	cli->command = CLI_DONE;
	cli->exit_code = EXIT_USAGE;
}

static void add_options(struct cli *cli, const char *more)
{
	char *joined = NULL;

	if (asprintf(&joined, "%s%s%s", cli->options ? cli->options : "", cli->options ? "," : "",
		     more) < 0) {
		joined = NULL;
		complain(cli, "out of memory");
		return;
	}
	free(cli->options);
	cli->options = joined;
}

static void take_option(struct cli *cli, int option)
{
	switch (option) {
	case 'c':
		cli->config = optarg;
		break;
	case 'f':
		cli->foreground = true;
		break;
	case 'd':
		cli->foreground = true;
		cli->debug = true;
		break;
	case 'o':
		add_options(cli, optarg);
		break;
	case OPTION_OFFLINE:
		cli->offline = true;
		break;
	case OPTION_ANSWERS:
		cli->answers = optarg;
		break;
	case OPTION_STATE:
		cli->states = optarg;
		break;
	case OPTION_TIMEOUT:
		cli->timeout = optarg;
		break;
	case 'h':
		print_help();
		cli->command = CLI_DONE;
		break;
	case 'V':
		printf("orderfs " ORDERFS_VERSION "\n");
		cli->command = CLI_DONE;
		break;
	default:
		cli->command = CLI_DONE;
		cli->exit_code = EXIT_USAGE;
		fprintf(stderr, "Try 'orderfs --help'.\n");
	}
}

/* What check was given must go together; so must what it was not. */
static void take_check(struct cli *cli, int count, char **operands)
{
	cli->arguments = operands;
	cli->argument_count = count;
	if (cli->foreground || cli->options) {
		complain(cli, "check takes none of -f, -d and -o");
	} else if (cli->answers && (count > 1 || cli->offline)) {
		complain(cli, "--answers takes a folder and one description");
	} else if (cli->offline && count > 0) {
		complain(cli, "descriptions are never tried: --offline is for accounts");
	}
}

static void take_wait(struct cli *cli, int count, char **operands)
{
	cli->arguments = operands;
	cli->argument_count = count;
	if (cli->config || cli->foreground || cli->options || cli->offline || cli->answers) {
		complain(cli, "wait takes --state and --timeout, and no other option");
	} else if (count != 1) {
		complain(cli, count < 1 ? "the item is missing" : "wait takes one item");
	}
}

static void take_operands(struct cli *cli, int count, char **operands)
{
	if (count < 1 || count > 2) {
		complain(cli, count < 1 ? "the mount point is missing" : "too many arguments");
		return;
	}
	cli->mount_point = operands[count - 1];
	cli->source = count == 2 ? operands[0] : NULL;
	if (cli->source && strchr(cli->source, '/') && !cli->config) {
		cli->config = cli->source;
	}
}

void cli_parse(int argc, char **argv, struct cli *out)
{
	struct option options[OPTION_COUNT + 1] = {0};
	int option;

	*out = (struct cli){.command = CLI_MOUNT};
	bool is_check = argc > 1 && strcmp(argv[1], "check") == 0;
	if (is_check || (argc > 1 && strcmp(argv[1], "wait") == 0)) {
		out->command = is_check ? CLI_CHECK : CLI_WAIT;
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	for (int i = 0; i < OPTION_COUNT; i++) {
		options[i] = table[i].option;
	}
	while (out->command != CLI_DONE &&
	       (option = getopt_long(argc, argv, "c:fdo:hV", options, NULL)) != -1) {
		take_option(out, option);
	}
	if (out->command == CLI_WAIT) {
		take_wait(out, argc - optind, argv + optind);
	} else if (out->command != CLI_DONE && (out->states || out->timeout)) {
		complain(out, "--state and --timeout are for wait");
	} else if (out->command == CLI_CHECK) {
		take_check(out, argc - optind, argv + optind);
	} else if (out->command == CLI_MOUNT && (out->offline || out->answers)) {
		complain(out, "--offline and --answers are for check");
	} else if (out->command == CLI_MOUNT) {
		take_operands(out, argc - optind, argv + optind);
	}
}

void cli_finish(struct cli *cli)
{
	free(cli->options);
}
