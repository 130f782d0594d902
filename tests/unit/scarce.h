/* Allocations that fail on demand: scarce_at(n) makes the n-th from now on fail, once;
 * scarce_blocks() is how many blocks are in use. Sanitizers have allocators of their own, so with
 * them nothing fails. */
#ifndef TEST_SCARCE_H
#define TEST_SCARCE_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SCARCE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SCARCE 0
#endif
#endif
#ifndef SCARCE
#define SCARCE 1
#endif

static atomic_long scarce_left;
static atomic_long scarce_used;

static inline void scarce_at(long n)
{
	scarce_left = n;
}

/* True when the failure that was asked for has happened. */
static inline bool scarce_happened(void)
{
	return scarce_left == 0;
}

static inline long scarce_blocks(void)
{
	return scarce_used;
}

#if SCARCE
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static bool scarce_fails(void)
{
	if (scarce_left == 0 || --scarce_left > 0) {
		return false;
	}
	errno = ENOMEM;
	return true;
}

static void *scarce_count(void *block)
{
	scarce_used += block != NULL;
	return block;
}

void *malloc(size_t size)
{
	return scarce_fails() ? NULL : scarce_count(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	return scarce_fails() ? NULL : scarce_count(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
	if (!block) {
		return malloc(size);
	}
	return scarce_fails() ? NULL : __libc_realloc(block, size);
}

void free(void *block)
{
	scarce_used -= block != NULL;
	__libc_free(block);
}
#endif

#endif
