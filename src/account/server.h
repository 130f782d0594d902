/* What a file server's answers say: lengths, ranges, refusals. Pure; no answer is believed to be
 * what was asked for. */
#ifndef ACCOUNT_SERVER_H
#define ACCOUNT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "orderfs/message.h"

/* The length of the whole file; -1: it does not say. */
int64_t server_whole_length(const struct response *head);
/* The range of a 206: first byte and the one behind the last. False when it names none. */
bool server_range(const struct response *head, int64_t *start, int64_t *end);
/* 0 for an answer with content, else the errno of the refusal. */
int server_judge(int status);
/* Says in words what it refused, with the code and message of its page when that is an XML error
 * (which says "Request has expired" and the like), and nothing of any other page, nor anything that
 * looks like an address or its query. Returns err. */
int server_quote(struct problem *why, int err, int status, const char *page, size_t length);
/* Whether a file of that name can have these bytes at that offset: archives begin with marks of
 * their own, pages of a server that has no such file do not. */
bool server_fits_name(const char *name, int64_t offset, const void *data, size_t length);

#endif
