/* An HTTP server on loopback for test_http.c: raw sockets, a thread per connection, and one
 * function per test that says byte by byte what comes back. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 64, REQUEST_BYTES = 128 * 1024 };

struct server;

/* One request that was read in full. */
struct exchange {
	struct server *server;
	int fd;
	int connection; /* its number, from 1 */
	int number;     /* of the request among all, from 1 */
	char *text;     /* head and body */
};

/* False closes the connection. */
typedef bool answer_function(struct exchange *x);

struct server {
	answer_function *answer;
	int listener;
	int port;
	pthread_t thread;

	/* Changed under mutex; changed is told. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	atomic_int connections, requests, closed;
	bool open; /* server_hold() lets through */
	char order[64];
	int fds[CONNECTIONS];
	pthread_t threads[CONNECTIONS];
};

static inline void say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void say(int fd, const char *format, ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	assert(length >= 0);
	for (int sent = 0; sent < length;) {
		ssize_t n = send(fd, text + sent, (size_t)(length - sent), MSG_NOSIGNAL);

		if (n <= 0) {
			break; /* the other end went away: some tests want just that */
		}
		sent += (int)n;
	}
	free(text);
}

static inline void say_ok(int fd, const char *body)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
}

/* Waits until the test lets go. */
static inline void server_hold(struct server *s)
{
	pthread_mutex_lock(&s->mutex);
	while (!s->open) {
		pthread_cond_wait(&s->changed, &s->mutex);
	}
	pthread_mutex_unlock(&s->mutex);
}

static inline void server_let_go(struct server *s)
{
	pthread_mutex_lock(&s->mutex);
	s->open = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
}

/* Waits until that many requests have arrived (or connections have been closed). */
static inline void server_await(struct server *s, const atomic_int *counter, int count)
{
	pthread_mutex_lock(&s->mutex);
	while (*counter < count) {
		pthread_cond_wait(&s->changed, &s->mutex);
	}
	pthread_mutex_unlock(&s->mutex);
}

/* True when the requests came in that order, each told by the last byte of its path. */
static inline bool server_saw(struct server *s, const char *order)
{
	pthread_mutex_lock(&s->mutex);
	bool same = strcmp(s->order, order) == 0;
	pthread_mutex_unlock(&s->mutex);
	return same;
}

static inline bool read_request(int fd, char *text)
{
	size_t length = 0;
	size_t wanted = 0;

	while (wanted == 0 || length < wanted) {
		ssize_t n = recv(fd, text + length, REQUEST_BYTES - 1 - length, 0);

		if (n <= 0) {
			return false;
		}
		length += (size_t)n;
		text[length] = '\0';
		char *end = strstr(text, "\r\n\r\n");
		char *header = strcasestr(text, "\r\nContent-Length:");
		if (end) {
			wanted = (size_t)(end - text) + 4 +
				 (header ? strtoul(header + 17, NULL, 10) : 0);
		}
	}
	return true;
}

static inline void count_request(struct server *s, struct exchange *x)
{
	pthread_mutex_lock(&s->mutex);
	x->number = ++s->requests;
	const char *path = strchr(x->text, ' ') + 1;
	if (x->number < (int)sizeof(s->order)) {
		s->order[x->number - 1] = path[strcspn(path, " ") - 1];
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
}

struct connection {
	struct server *server;
	int fd, number;
};

static inline void *serve(void *context)
{
	struct connection c = *(struct connection *)context;
	char *text = malloc(REQUEST_BYTES);

	free(context);
	while (read_request(c.fd, text)) {
		struct exchange x = {c.server, c.fd, c.number, 0, text};

		count_request(c.server, &x);
		if (!c.server->answer(&x)) {
			break;
		}
	}
	free(text);
	shutdown(c.fd, SHUT_RDWR);
	pthread_mutex_lock(&c.server->mutex);
	c.server->closed++;
	pthread_cond_broadcast(&c.server->changed);
	pthread_mutex_unlock(&c.server->mutex);
	return NULL;
}

static inline void *listen_on(void *context)
{
	struct server *s = context;
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
		struct connection *c = malloc(sizeof(*c));

		pthread_mutex_lock(&s->mutex);
		int index = s->connections++;
		assert(index < CONNECTIONS);
		s->fds[index] = fd;
		*c = (struct connection){s, fd, index + 1};
		pthread_create(&s->threads[index], NULL, serve, c);
		pthread_mutex_unlock(&s->mutex);
	}
	return NULL;
}

static inline void server_start(struct server *s, answer_function *answer)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	*s = (struct server){.answer = answer, .listener = socket(AF_INET, SOCK_STREAM, 0)};
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->changed, NULL);
	int r = bind(s->listener, (struct sockaddr *)&address, size);
	r |= listen(s->listener, CONNECTIONS);
	r |= getsockname(s->listener, (struct sockaddr *)&address, &size);
	assert(r == 0);
	s->port = ntohs(address.sin_port);
	pthread_create(&s->thread, NULL, listen_on, s);
}

static inline void server_stop(struct server *s)
{
	server_let_go(s);
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
	for (int i = 0; i < s->connections; i++) {
		shutdown(s->fds[i], SHUT_RDWR);
		pthread_join(s->threads[i], NULL);
		close(s->fds[i]);
	}
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->mutex);
}

#endif
