/* Going to the background; see background.h. */
#include "app/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"

static void wait_for_child(pid_t child, int report)
{
	char ready;
	int status = 0;
	ssize_t n;

	do {
		n = read(report, &ready, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1) {
		_exit(EXIT_OK);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED);
}

int background_start(int *report)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	pid_t child = fork();
	if (child < 0) {
		int r = -errno;
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	if (child > 0) {
		close(ends[1]);
		wait_for_child(child, ends[0]);
	}
	close(ends[0]);
	setsid();
	*report = ends[1];
	return 0;
}

void background_ready(int report)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/") < 0) {
		/* Then the folder it was started in stays busy: no reason to end. */
	}
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	while (write(report, "r", 1) < 0 && errno == EINTR) {
	}
	close(report);
}
