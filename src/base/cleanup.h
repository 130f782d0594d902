/* Scope-bound cleanup for the few resources that most early returns would leak. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fd(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
}

static inline void cleanup_file(FILE **f)
{
	if (*f) {
		fclose(*f);
	}
}

/* Free what may hold a secret: gone for good, not only returned to malloc. NULL is fine. */
static inline void wipe_bytes(void *bytes, size_t length)
{
	if (bytes) {
		explicit_bzero(bytes, length);
	}
	free(bytes);
}

static inline void wipe_text(char *text)
{
	wipe_bytes(text, text ? strlen(text) : 0);
}

#define auto_free __attribute__((cleanup(cleanup_free)))
#define auto_fd __attribute__((cleanup(cleanup_fd)))
#define auto_file __attribute__((cleanup(cleanup_file)))
/* For structs with a finish function: auto_finish(buf_finish) struct buf b = {0}; */
#define auto_finish(function) __attribute__((cleanup(function)))

/* Hands the pointer over: the variable is left NULL, so its cleanup does nothing. */
static inline void *take_pointer(void *p)
{
	void **slot = p;
	void *value = *slot;

	*slot = NULL;
	return value;
}
#define take_ptr(p) ((__typeof__(*(p)))take_pointer(p))

#endif
