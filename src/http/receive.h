/* Bytes as curl hands them over -> head and body of an answer, in memory or for a sink.
 * curl's callbacks; the HTTP thread's. context is the job. */
#ifndef HTTP_RECEIVE_H
#define HTTP_RECEIVE_H

#include <stddef.h>

size_t receive_header(char *data, size_t size, size_t count, void *context);
size_t receive_body(char *data, size_t size, size_t count, void *context);

#endif
