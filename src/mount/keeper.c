/* The keeper: one thread that tells when the mount answers, takes the signals, and sees when the
 * mount is gone, so that nobody goes on waiting in it. */
#include "mount/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

/* SIGUSR1 ends the keeper, and SIGUSR2 wakes the thread that runs the session's loop. */
enum { STOP_SIGNAL = SIGUSR1, WAKE_SIGNAL = SIGUSR2 };

static pthread_t loop_thread; /* set before the keeper starts */

static void wake(int signal)
{
	(void)signal; /* to interrupt the loop's own wait is all it is for */
}

/* True while the mount table of this process names the device. */
static bool is_mounted(dev_t device)
{
	auto_file FILE *table = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	bool found = !table; /* without a table nobody can say that it is gone */

	while (table && !found && getline(&line, &size, table) > 0) {
		unsigned major_number;
		unsigned minor_number;
		if (sscanf(line, "%*d %*d %u:%u", &major_number, &minor_number) == 2) {
			found = makedev(major_number, minor_number) == device;
		}
	}
	free(line);
	return found;
}

/* Lets everybody go, then ends the loop. The notifier goes first, while workers can still answer
 * what the kernel's locks are waiting for. */
static void end_session(struct mount *mount)
{
	visits_end(mount);
	notifier_stop(mount->notifier);
	fuse_session_exit(mount->session);
	pthread_kill(loop_thread, WAKE_SIGNAL);
}

/* False when the keeper is to end. */
static bool take_signal(struct mount *mount, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info)) {
		return true;
	}
	switch (info.ssi_signo) {
	case SIGHUP:
		mount->options.hangup(mount->options.context);
		return true;
	case SIGINT:
	case SIGTERM:
		log_info("ending on signal %u", info.ssi_signo);
		end_session(mount);
		return true;
	default:
		return false;
	}
}

static void *keeper_main(void *context)
{
	struct mount *mount = context;
	sigset_t set;
	struct stat st = {0};

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, STOP_SIGNAL);
	auto_fd int signals = signalfd(-1, &set, SFD_CLOEXEC);
	auto_fd int table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	/* Answered by the session's first worker: from here on everybody is. */
	if (stat(mount->options.path, &st) == 0) {
		notifier_ready(mount->notifier, st.st_dev);
		mount->options.ready(mount->options.context);
	}
	struct pollfd fds[] = {{signals, POLLIN, 0}, {table, POLLPRI, 0}};
	for (bool going = true; going;) {
		if (poll(fds, 2, -1) < 0) {
			going = errno == EINTR;
			continue;
		}
		if (fds[1].revents && !is_mounted(st.st_dev)) {
			visits_end(mount);
			fds[1].fd = -1; /* told once */
		}
		if (fds[0].revents) {
			going = take_signal(mount, signals);
		}
	}
	return NULL;
}

int keeper_start(struct mount *mount, pthread_t *thread)
{
	struct sigaction action = {.sa_handler = wake};
	sigset_t stop;

	/* The keeper inherits the mask: STOP_SIGNAL must not reach anybody but its signalfd. */
	sigemptyset(&stop);
	sigaddset(&stop, STOP_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	sigaction(WAKE_SIGNAL, &action, NULL);
	loop_thread = pthread_self();
	return -pthread_create(thread, NULL, keeper_main, mount);
}

void keeper_stop(pthread_t thread)
{
	pthread_kill(thread, STOP_SIGNAL);
	pthread_join(thread, NULL);
}
