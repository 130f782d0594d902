/* Base64 (RFC 4648, section 4), read strictly: no blanks, whole groups of four. */
#ifndef PROVIDER_BASE64_H
#define PROVIDER_BASE64_H

#include <stddef.h>

/* *out is the caller's and has a NUL behind its end. -EBADMSG when text is no base64, -ENOMEM. */
int base64_decode(const char *text, size_t length, void **out, size_t *out_length);

#endif
