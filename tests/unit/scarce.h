/* Allocations that fail on demand: scarce_at(n) makes the n-th from now on fail, once;
 * scarce_blocks() is how many blocks are in use. Sanitizers have allocators of their own, so with
 * them nothing fails. To be included after cmocka. */
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

/* Whether a round with the n-th allocation failing ended as it should; false when it had fewer, and
 * all is done. */
static inline bool scarce_goes_on(long n, long blocks_before, int r, bool may_do)
{
	if (!scarce_happened()) {
		scarce_at(0);
		assert_int_equal(r, 0);
		return false;
	}
	if ((r != -ENOMEM && !(may_do && r == 0)) || scarce_blocks() != blocks_before) {
		fail_msg("allocation %ld: %d, %ld blocks lost", n, r,
			 scarce_blocks() - blocks_before);
	}
	return true;
}

/* Carries out work again and again, each time with another allocation failing: it must be -ENOMEM (or
 * 0, where it may do without) and lose no block, until none fails and it is 0. */
#define ASSERT_SURVIVES(work, may_do)                                            \
	do {                                                                     \
		for (long n = 1; SCARCE; n++) {                                  \
			long blocks_before = scarce_blocks();                    \
			scarce_at(n);                                            \
			int result = (work);                                     \
			if (!scarce_goes_on(n, blocks_before, result, may_do)) { \
				break;                                           \
			}                                                        \
		}                                                                \
	} while (0)

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
