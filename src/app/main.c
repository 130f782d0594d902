/* The program's entry. */
#include "app/app.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* A core dump would hold tokens and secrets. Sanitizers need to look into the process. */
static void forbid_core_dumps(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

int main(int argc, char **argv)
{
	struct cli cli;
	int code;

	forbid_core_dumps();
	cli_parse(argc, argv, &cli);
	switch (cli.command) {
	case CLI_MOUNT:
		code = run_mount(&cli);
		break;
	case CLI_CHECK:
		code = run_check(&cli);
		break;
	case CLI_WAIT:
		code = run_wait(&cli);
		break;
	case CLI_DONE:
	default:
		code = cli.exit_code;
	}
	cli_finish(&cli);
	return code;
}
