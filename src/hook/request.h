/* One request of a guest, from its first byte to its answer. The hook's thread alone. */
#ifndef HOOK_REQUEST_H
#define HOOK_REQUEST_H

#include <microhttpd.h>

/* Callbacks of the server, with struct hook_options for context. */
enum MHD_Result request_read(void *context, struct MHD_Connection *connection, const char *path,
			     const char *method, const char *version, const char *data,
			     size_t *length, void **slot);
void request_end(void *context, struct MHD_Connection *connection, void **slot,
		 enum MHD_RequestTerminationCode code);

#endif
