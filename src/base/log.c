/* The log; see log.h. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"

enum { RING_BYTES = 64 * 1024, SHORTEST_SECRET = 4 };

static struct {
	pthread_mutex_t mutex; /* protects all of it */
	enum log_level level;
	bool to_stderr;
	char **masks;
	size_t mask_count;
	struct buf ring; /* whole lines; the oldest half goes when it is full */
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_INFO, .to_stderr = true};

void log_setup(enum log_level level, bool to_stderr)
{
	pthread_mutex_lock(&state.mutex);
	state.level = level;
	state.to_stderr = to_stderr;
	pthread_mutex_unlock(&state.mutex);
}

void log_mask(const char *secret)
{
	if (!secret || strlen(secret) < SHORTEST_SECRET) {
		return;
	}
	pthread_mutex_lock(&state.mutex);
	char **masks = realloc(state.masks, (state.mask_count + 1) * sizeof(*masks));
	char *copy = strdup(secret);
	if (masks) {
		state.masks = masks;
	}
	if (masks && copy) {
		masks[state.mask_count++] = copy;
		copy = NULL;
	}
	free(copy);
	pthread_mutex_unlock(&state.mutex);
}

static void hide_secrets_locked(char *line)
{
	for (size_t i = 0; i < state.mask_count; i++) {
		size_t length = strlen(state.masks[i]);
		for (char *at = line; (at = strstr(at, state.masks[i])); at += length) {
			memset(at, '*', length);
		}
	}
}

/* One line stays one line, whatever an API put into its words. */
static void flatten(char *line)
{
	for (; *line; line++) {
		if ((unsigned char)*line < 0x20 || *line == 0x7f) {
			*line = ' ';
		}
	}
}

static void keep_locked(const char *line)
{
	if (state.ring.length > RING_BYTES) {
		const char *half = strchr(state.ring.data + RING_BYTES / 2, '\n');
		size_t gone = half ? (size_t)(half + 1 - state.ring.data) : state.ring.length;

		state.ring.length -= gone;
		memmove(state.ring.data, state.ring.data + gone, state.ring.length + 1);
	}
	buf_puts(&state.ring, line);
	buf_putc(&state.ring, '\n');
}

static void write_line(enum log_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void write_line(enum log_level level, const char *format, va_list args)
{
	static const char *const words[] = {"error", "info", "debug"};
	auto_free char *text = NULL;
	auto_free char *line = NULL;
	char when[CLOCK_TEXT_BYTES];

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return;
	}
	clock_print(clock_wall_ns(), when);
	if (asprintf(&line, "%s %s: %s", when, words[level], text) < 0) {
		line = NULL;
		return;
	}
	flatten(line);
	pthread_mutex_lock(&state.mutex);
	if (level <= state.level) {
		hide_secrets_locked(line);
		keep_locked(line);
		if (state.to_stderr) {
			fprintf(stderr, "orderfs: %s\n", line);
		}
	}
	pthread_mutex_unlock(&state.mutex);
}

int log_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_LEVEL_ERROR, format, args);
	va_end(args);
	return err;
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

char *log_snapshot(size_t *length)
{
	pthread_mutex_lock(&state.mutex);
	*length = state.ring.length;
	char *copy = malloc(*length + 1);
	if (copy && *length > 0) {
		memcpy(copy, state.ring.data, *length);
	}
	if (copy) {
		copy[*length] = '\0';
	}
	pthread_mutex_unlock(&state.mutex);
	return copy;
}

void log_finish(void)
{
	pthread_mutex_lock(&state.mutex);
	for (size_t i = 0; i < state.mask_count; i++) {
		explicit_bzero(state.masks[i], strlen(state.masks[i]));
		free(state.masks[i]);
	}
	free(state.masks);
	state.masks = NULL;
	state.mask_count = 0;
	buf_finish(&state.ring);
	pthread_mutex_unlock(&state.mutex);
}
