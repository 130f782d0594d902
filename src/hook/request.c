/* One request; see request.h. What is wrong with it is known early and said late: an answer that
 * crosses a body on its way is lost with the connection. */
#include "hook/request.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hook/hook.h"

enum {
	BODY_MOST = 256 * 1024,           /* what a webhook may say */
	PATIENCE_BYTES = 8 * 1024 * 1024, /* more than that is not even read */
};

struct visit {
	void *found;             /* who gets it */
	enum hook_status status; /* 0: nothing is wrong yet */
	struct buf body;
};

static enum MHD_Result answer(struct MHD_Connection *connection, enum hook_status status)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, (void *)"",
									MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_NO;

	if (!response) {
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == HOOK_NOT_POST) {
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_POST);
	} else if (status == HOOK_LATER) {
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "5");
	}
	result = MHD_queue_response(connection, (unsigned)status, response);
	MHD_destroy_response(response);
	return result;
}

/* How long the body says it is; 0 where it does not. */
static unsigned long long length_told(struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						       MHD_HTTP_HEADER_CONTENT_LENGTH);

	return text ? strtoull(text, NULL, 10) : 0;
}

static enum MHD_Result begin(const struct hook_options *options, struct MHD_Connection *connection,
			     const char *path, const char *method, struct visit *visit)
{
	unsigned long long length = length_told(connection);

	visit->found = options->find(options->context, path + (*path == '/'));
	if (!visit->found) {
		visit->status = HOOK_UNKNOWN;
	} else if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) {
		visit->status = HOOK_NOT_POST;
	} else if (length > BODY_MOST) {
		visit->status = HOOK_TOO_LARGE;
	}
	return length > PATIENCE_BYTES ? answer(connection, visit->status) : MHD_YES;
}

static void take_data(struct visit *visit, const char *data, size_t length)
{
	if (!visit->status && visit->body.length + length > BODY_MOST) {
		visit->status = HOOK_TOO_LARGE;
	}
	if (!visit->status) {
		buf_add(&visit->body, data, length);
	}
}

static const char *get_header(const struct hook_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static enum hook_status judge(const struct hook_options *options, struct MHD_Connection *connection,
			      const struct visit *visit)
{
	struct hook_request request = {
		.body = visit->body.data ? visit->body.data : "",
		.length = visit->body.length,
		.header = get_header,
		.connection = connection,
	};

	if (visit->status) {
		return visit->status;
	}
	return visit->body.failed ? HOOK_FAILED : options->take(visit->found, &request);
}

enum MHD_Result request_read(void *context, struct MHD_Connection *connection, const char *path,
			     const char *method, const char *version, const char *data,
			     size_t *length, void **slot)
{
	const struct hook_options *options = context;
	struct visit *visit = *slot;

	(void)version;
	if (!visit) {
		*slot = visit = calloc(1, sizeof(*visit));
		return visit ? begin(options, connection, path, method, visit) : MHD_NO;
	}
	if (*length > 0) {
		take_data(visit, data, *length);
		*length = 0;
		return MHD_YES;
	}
	return answer(connection, judge(options, connection, visit));
}

void request_end(void *context, struct MHD_Connection *connection, void **slot,
		 enum MHD_RequestTerminationCode code)
{
	struct visit *visit = *slot;

	(void)context;
	(void)connection;
	(void)code;
	if (visit) {
		buf_finish(&visit->body);
	}
	free(visit);
	*slot = NULL;
}
