/* Runs a command that prints a secret. One thread, at start; waits for the command. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "config/secret.h"

/* A command on its way. */
struct run {
	pid_t pid;
	int ended;  /* pidfd: readable once the command has ended */
	int output; /* what it prints */
	char *text; /* room for SECRET_BYTES and a NUL */
	size_t length;
};

/* Between fork and exec: in a process group of its own, so that all of it can be ended. */
static void become(const char *command, int output)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0) {
		_exit(127);
	}
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static int start(struct run *run, const char *command)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	run->output = ends[0];
	run->pid = fork();
	if (run->pid == 0) {
		become(command, ends[1]);
	}
	close(ends[1]);
	if (run->pid < 0) {
		return -errno;
	}
	setpgid(run->pid, run->pid); /* here too: whoever is first */
	run->ended = pidfd_open(run->pid, 0);
	if (run->ended < 0 || fcntl(run->output, F_SETFL, O_NONBLOCK) < 0) {
		return -errno;
	}
	return 0;
}

/* Takes what is there now. 1 at the end of the output. */
static int take_output(struct run *run)
{
	for (;;) {
		size_t room = SECRET_BYTES + 1 - run->length;
		ssize_t n = room ? read(run->output, run->text + run->length, room) : 0;

		if (room == 0) {
			return -EFBIG;
		}
		if (n > 0) {
			run->length += (size_t)n;
		} else if (n == 0) {
			return 1;
		} else if (errno == EAGAIN) {
			return 0;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
}

/* Until the command has ended; what it left running in the background is not waited for. */
static int follow(struct run *run, int limit_ms)
{
	int64_t until = clock_ms() + limit_ms;
	struct pollfd fds[] = {
		{.fd = run->ended, .events = POLLIN},
		{.fd = run->output, .events = POLLIN},
	};

	for (;;) {
		int64_t left = until - clock_ms();
		int r = left > 0 ? poll(fds, 2, (int)left) : 0;

		if (r == 0) {
			return -ETIMEDOUT;
		}
		if (r < 0 && errno != EINTR) {
			return -errno;
		}
		r = take_output(run);
		if (r == 1) {
			fds[1].fd = -1;
		}
		if (r < 0 || (fds[0].revents & POLLIN)) {
			return r < 0 ? r : 0;
		}
	}
}

/* Ends what is still there of it; returns its wait status. */
static int reap(struct run *run, bool failed)
{
	int status = -1;

	if (run->pid > 0) {
		if (failed) {
			kill(-run->pid, SIGKILL);
		}
		while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR) {
		}
	}
	if (run->ended >= 0) {
		close(run->ended);
	}
	if (run->output >= 0) {
		close(run->output);
	}
	return status;
}

static int judge(int r, int status, int limit_ms, struct problem *why)
{
	if (r == -ETIMEDOUT) {
		return problem_set(why, r, "the command did not end within %d s", limit_ms / 1000);
	}
	if (r == -EFBIG) {
		return problem_set(why, r, "the command printed more than %d KiB",
				   SECRET_BYTES / 1024);
	}
	if (r < 0) {
		return problem_set(why, r, "the command cannot be run: %s", strerror(-r));
	}
	if (WIFSIGNALED(status)) {
		return problem_set(why, -EINVAL, "the command was ended by signal %d",
				   WTERMSIG(status));
	}
	if (WEXITSTATUS(status) != 0) {
		return problem_set(why, -EINVAL, "the command ended with status %d",
				   WEXITSTATUS(status));
	}
	return 0;
}

int run_command(const char *command, int limit_ms, char **out, size_t *length, struct problem *why)
{
	struct run run = {.ended = -1, .output = -1, .text = malloc(SECRET_BYTES + 2)};
	int status;
	int r = run.text ? start(&run, command) : -ENOMEM;

	if (r == 0) {
		r = follow(&run, limit_ms);
	}
	status = reap(&run, r < 0);
	r = judge(r, status, limit_ms, why);
	if (r < 0) {
		if (run.text) {
			explicit_bzero(run.text, run.length);
		}
		free(run.text);
		return r;
	}
	run.text[run.length] = '\0';
	*out = run.text;
	*length = run.length;
	return 0;
}
