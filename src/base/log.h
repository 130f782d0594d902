/* The log: lines to stderr (or to syslog's journal by way of it) and to a ring in memory that
 * .orderfs/log shows. Any thread. Secrets that were told to log_mask() are replaced in every
 * line; URLs with a query must never be passed at all (see url_origin()). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines up to this level are kept; stderr gets them while to_stderr. */
void log_setup(enum log_level level, bool to_stderr);
/* From now on this text never appears in the log. Short ones (under 4 bytes) are ignored. Copies
 * it. */
void log_mask(const char *secret);
/* Returns err, so that a failure that is logged is one return. */
int log_error(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The lines in the ring, oldest first; owned by the caller, NULL without memory. */
char *log_snapshot(size_t *length);
/* Forgets masks and ring. */
void log_finish(void);

#endif
