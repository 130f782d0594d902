/* Addresses that an answer gives for the next one. */
#ifndef PROVIDER_LINK_H
#define PROVIDER_LINK_H

#include <stdbool.h>

#include "base/error.h"
#include "orderfs/message.h"

/* True for a path that means the Link headers. */
bool link_is_header(const char *path);
/* The address in the Link headers with rel=next; NULL when there is none. The caller's. */
char *link_next(const struct response *response);
/* The address that text means in an answer from base. -EBADMSG with words when it leads to another
 * origin, where nothing of ours may go, or is none. *out is the caller's. */
int link_resolve(const char *base, const char *text, char **out, struct problem *why);

#endif
