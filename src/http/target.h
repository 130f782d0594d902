/* Where a request may go: to https, or in plain to this machine; and where a redirect may
 * take it. Pure.
 *
 * What is judged is the origin as curl's own parser reads it, so that the host that was
 * checked is the host that is asked. */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stdbool.h>

#include "base/error.h"
#include "orderfs/message.h"

/* For url_origin(), where it is put into words. */
enum { ORIGIN_BYTES = 300 };

/* 0, or -EBADMSG with words. */
int target_check(const char *url, bool allow_plain, struct problem *why);
/* True when the answer sends this request elsewhere and it may be followed at all. */
bool target_is_redirect(const struct request *request, const struct response *answer);
/* Turns the request into the one that the answer's Location asks for: 0, or -EBADMSG with
 * words when it would carry a credential away or leave https; -ENOMEM. */
int target_redirect(struct request *request, const struct response *answer, struct problem *why);

#endif
