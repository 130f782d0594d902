/* Content: the bytes of one version of one file at any offset, fetched when they are read.
 *
 * All handles of a file share one content: one spool, and downloads that bring each byte once.
 * After the last close the spool stays for later readers until the cache's limit needs its room. */
#ifndef ACCOUNT_CONTENT_H
#define ACCOUNT_CONTENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "account/account.h"

struct content;

/* The table of contents of a mount. dir must exist; when nothing can be kept there it is the error
 * of the file system. */
int contents_create(const char *dir, int64_t most_bytes, struct contents **out);
/* Ends what reads on its own behalf; before the HTTP engine goes. contents may be NULL. */
void contents_stop(struct contents *contents);
void contents_destroy(struct contents *contents);
/* Bytes in spools now, and how many of them. */
void contents_usage(struct contents *contents, int64_t *bytes, int *count);

/* A nameless file beside the downloads, for what is too long for memory; the caller's. */
int contents_scratch(struct contents *contents, int *fd);

/* A URL of that file which was asked for just now: good for the next read within seconds. */
void contents_remember(struct contents *contents, uint32_t row, const char *url);

/* What is being downloaded, or has been. */
struct content_report {
	unsigned account;
	uint32_t item;
	uint32_t row;  /* of the file */
	int64_t there; /* bytes */
	int64_t total; /* -1: not known */
	int64_t rate;  /* bytes a second since they were first asked for, after a pause */
	int streams;   /* downloads under way; 0: none */
	int handles;   /* readers that have it open */
	bool wanted;   /* a reader waits for bytes of it */
	bool complete;
};
/* One for each content that has been read; *list is the caller's, free(). */
int contents_report(struct contents *contents, struct content_report **list, int *count);

/* Starts nothing: the first read does. file must have its size, see account_learn(). */
int content_open(struct account *account, const struct file *file, struct content **out);
void content_close(struct content *content);

/* Waits until [offset, offset+length), cut to the file's size, is there: all of it or an error,
 * since the kernel takes a short answer for the end of the file. Returns the length; the bytes
 * are in content_fd() at that offset, and stay there until content_done(), which must follow every
 * read that returned more than 0, and may follow content_close(). -ESTALE when the content at the
 * other end is another one now. */
ssize_t content_read(struct content *content, int64_t offset, size_t length, struct waiter *waiter,
		     struct problem *why);
/* Whether some of those bytes did not come within the patience of a reader whose wait ended just
 * now, but after since_ms. The kernel lets one read of a page after the other through: whoever has
 * it open since before has stood behind that one, and is not to wait once more. */
bool content_was_late(struct content *content, int64_t offset, size_t length, int64_t since_ms);
int content_fd(const struct content *content);
void content_done(struct content *content, int64_t offset, size_t length);
/* Fetches all of it to learn its length, where the server does not tell. */
int64_t content_measure(struct content *content, struct waiter *waiter, struct problem *why);
/* True when all of it is here. */
bool content_is_complete(struct content *content);

#endif
