/* The hook's life and its thread; see hook.h.
 *
 * The server is driven from here and not by a thread of the library's own: so that who is connected
 * can be looked at between two of its steps, without a lock. */
#include "hook/hook.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "hook/guests.h"
#include "hook/request.h"

/* What a connection's head may take. */
enum { HEAD_BYTES = 16 * 1024, BACKLOG = 128 };

struct hook {
	/* Set at creation. */
	struct hook_options options;
	char *origin;
	int stop; /* an eventfd */
	struct MHD_Daemon *server;
	pthread_t thread;
	bool started;
	/* The thread's. */
	struct guests guests;
};

static int fail(struct problem *why, const char *listen, int err)
{
	return problem_set(why, -err, "cannot listen on %s: %s", listen, strerror(err));
}

/* A listening socket, or a negative errno. */
static int open_socket(struct hook *hook, const char *listen_text, struct problem *why)
{
	struct sockaddr_storage address;
	socklen_t length;
	int yes = 1;
	int r = hook_address(listen_text, &address, &length, why);

	if (r < 0) {
		return r;
	}
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return fail(why, listen_text, errno);
	}
	/* What an earlier run has left in TIME_WAIT is in nobody's way. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
		r = fail(why, listen_text, errno);
		close(fd);
		return r;
	}
	hook->origin = hook_address_print(&address);
	return fd;
}

static void note_guest(void *context, struct MHD_Connection *connection, void **slot,
		       enum MHD_ConnectionNotificationCode code)
{
	struct hook *hook = context;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		*slot = info ? guests_add(&hook->guests, info->connect_fd, clock_ms()) : NULL;
	} else {
		guests_remove(*slot);
	}
}

/* Until when nothing can happen but news from outside; -1: for ever. */
static int idle_ms(struct hook *hook)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;
	int64_t next = guests_next_ms(&hook->guests);
	int64_t wait = next ? next - clock_ms() : -1;

	if (MHD_get_timeout(hook->server, &ms) == MHD_YES && (wait < 0 || (int64_t)ms < wait)) {
		wait = (int64_t)ms;
	}
	return next && wait < 0 ? 0 : (int)wait;
}

static void *hook_main(void *context)
{
	struct hook *hook = context;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(hook->server,
							       MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd fds[] = {{info->epoll_fd, POLLIN, 0}, {hook->stop, POLLIN, 0}};

	while (!fds[1].revents) {
		if (poll(fds, 2, idle_ms(hook)) < 0) {
			fds[1].revents = 0;
			continue;
		}
		MHD_run(hook->server);
		guests_send_away(&hook->guests, clock_ms());
	}
	return NULL;
}

static int start(struct hook *hook, int fd, struct problem *why)
{
	hook->server = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, request_read, &hook->options,
					MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
					(unsigned)GUESTS_MOST, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
					(size_t)HEAD_BYTES, MHD_OPTION_NOTIFY_CONNECTION,
					note_guest, hook, MHD_OPTION_NOTIFY_COMPLETED, request_end,
					NULL, MHD_OPTION_END);
	if (!hook->server) {
		close(fd);
		return fail(why, hook->origin, ENOMEM);
	}
	hook->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (hook->stop < 0) {
		return fail(why, hook->origin, errno);
	}
	int r = pthread_create(&hook->thread, NULL, hook_main, hook);
	hook->started = r == 0;
	return r ? fail(why, hook->origin, r) : 0;
}

int hook_create(const struct hook_options *options, struct hook **out, struct problem *why)
{
	struct hook *hook = calloc(1, sizeof(*hook));

	if (!hook) {
		return -ENOMEM;
	}
	hook->options = *options;
	hook->stop = -1;
	guests_init(&hook->guests);
	int fd = open_socket(hook, options->listen, why);
	int r = fd < 0 ? fd : hook->origin ? start(hook, fd, why) : -ENOMEM;
	if (r < 0) {
		hook_destroy(hook);
		return r;
	}
	*out = hook;
	return 0;
}

const char *hook_origin(const struct hook *hook)
{
	return hook->origin;
}

void hook_destroy(struct hook *hook)
{
	uint64_t one = 1;

	if (!hook) {
		return;
	}
	if (hook->started && write(hook->stop, &one, sizeof(one)) == sizeof(one)) {
		pthread_join(hook->thread, NULL);
	}
	if (hook->server) {
		MHD_stop_daemon(hook->server);
	}
	if (hook->stop >= 0) {
		close(hook->stop);
	}
	free(hook->origin);
	free(hook);
}
