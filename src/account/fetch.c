/* Asking a file server what there is; see fetch.h. The sinks here run in the HTTP thread. */
#include "account/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account/internal.h"
#include "account/server.h"
#include "base/cleanup.h"

enum { PAGE_MAX = 4096 };

void fetch_facts_finish(struct fetch_facts *facts)
{
	free(facts->etag);
	free(facts->modified);
	*facts = (struct fetch_facts){.size = -1};
}

void badge_finish(struct badge *badge)
{
	request_finish(&badge->headers);
	wipe_text(badge->token);
	badge->token = NULL;
}

static bool is_of_fetching(const char *name)
{
	return strncasecmp(name, "Accept", 6) == 0 || strncasecmp(name, "If-", 3) == 0 ||
	       strcasecmp(name, "Range") == 0;
}

/* Such a request is not marked `credentials`: a redirect to another origin is followed, and the
 * headers stay behind. */
static int show_badge(const struct badge *badge, struct request *out)
{
	int r = 0;

	for (size_t i = 0; badge && i < badge->headers.header_count && r == 0; i++) {
		const struct header *header = &badge->headers.headers[i];
		if (!is_of_fetching(header->name)) {
			r = request_add_header(out, header->name, header->value);
		}
	}
	return r;
}

int fetch_build(const char *url, const struct badge *badge, const char *range, const char *only_if,
		struct request *out)
{
	*out = (struct request){.method = "GET", .url = strdup(url)};
	int r = out->url ? request_add_header(out, "Accept", "*/*") : -ENOMEM;

	if (r == 0) {
		r = show_badge(badge, out);
	}
	/* What comes packed for the way has neither the length nor the offsets of the file. */
	if (r == 0) {
		r = request_add_header(out, "Accept-Encoding", "identity");
	}
	if (r == 0 && range) {
		r = request_add_header(out, "Range", range);
	}
	if (r == 0 && range && only_if) {
		r = request_add_header(out, "If-Range", only_if);
	}
	return r;
}

static int copy_header(const struct response *head, const char *name, char **out)
{
	const char *value = response_header(head, name);

	*out = value ? strdup(value) : NULL;
	return value && !*out ? -ENOMEM : 0;
}

/* A probe is shared by the thread that waits for it and the job: the last one frees it. */
struct probe {
	atomic_int holders;
	struct fetch_facts facts;
	struct problem why;
	int status;
	int result;
	bool answered;
	char *name;
	size_t seen; /* bytes of the body */
	char page[PAGE_MAX];
};

static void put_probe(struct probe *probe)
{
	if (atomic_fetch_sub(&probe->holders, 1) == 1) {
		fetch_facts_finish(&probe->facts);
		problem_finish(&probe->why);
		free(probe->name);
		free(probe);
	}
}

/* Whether the first bytes tell whether the name fits. */
static bool is_marked(const char *name)
{
	return !server_fits_name(name, 0, "\n", 1);
}

static int probe_head(void *context, const struct response *head)
{
	struct probe *probe = context;
	int r = 0;

	probe->status = head->status;
	probe->facts.size = server_whole_length(head);
	/* An empty file has no first byte: 416 with its length is the honest answer. */
	if (head->status != 416 || probe->facts.size != 0) {
		r = server_judge(head->status);
	}
	probe->result = r;
	probe->answered = true;
	if (r < 0) {
		return 0; /* its page says why */
	}
	r = copy_header(head, "ETag", &probe->facts.etag);
	if (r == 0) {
		r = copy_header(head, "Last-Modified", &probe->facts.modified);
	}
	probe->result = r;
	/* The head is all that is wanted of most. A few bytes are let in, so that the connection
	 * stays for the download; a whole file is not. */
	return head->status == 206 || is_marked(probe->name) ? 0 : -ECANCELED;
}

static int probe_data(void *context, const void *data, size_t length)
{
	struct probe *probe = context;
	size_t room = sizeof(probe->page) - probe->seen;

	memcpy(probe->page + probe->seen, data, length < room ? length : room);
	probe->seen += length < room ? length : room;
	if (probe->result < 0) {
		return length < room ? 0 : -ECANCELED;
	}
	return probe->status == 206 && length <= 8 ? 0 : -ECANCELED;
}

/* The body is over, or as much of it as was wanted. */
static void probe_end(void *context, int result)
{
	struct probe *probe = context;

	(void)result;
	if (probe->answered && probe->result == -ENOMEM) {
		problem_set(&probe->why, -ENOMEM, "%s", error_words(ENOMEM));
	} else if (probe->result < 0) {
		server_quote(&probe->why, probe->result, probe->status, probe->page, probe->seen);
	} else if (probe->answered && is_marked(probe->name) &&
		   (probe->seen == 0 ||
		    !server_fits_name(probe->name, 0, probe->page, probe->seen))) {
		probe->result = problem_set(&probe->why, -EBADMSG,
					    "what the file server has is no %s",
					    strrchr(probe->name, '.') + 1);
	}
	put_probe(probe);
}

static int submit(struct account *account, const char *url, const struct badge *badge,
		  struct probe *probe, struct waiter *waiter, struct http_job **job)
{
	struct http_sink sink = {probe_head, probe_data, probe_end, probe};
	struct request request = {0};
	struct http_options options;

	call_options(account, waiter, false, &options);
	options.lane = NULL;
	options.sink = &sink;
	int r = fetch_build(url, badge, is_marked(probe->name) ? "bytes=0-7" : "bytes=0-0", NULL,
			    &request);
	if (r == 0) {
		r = http_submit(account->shared->http, &request, &options, job);
	}
	request_finish(&request);
	return r;
}

int fetch_probe(struct account *account, const char *url, const struct badge *badge,
		const char *name, struct waiter *waiter, struct fetch_facts *facts,
		struct problem *why)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	struct http_job *job = NULL;

	if (!probe) {
		return -ENOMEM;
	}
	probe->facts.size = -1;
	atomic_init(&probe->holders, 2);
	probe->name = strdup(name);
	int r = probe->name ? submit(account, url, badge, probe, waiter, &job) : -ENOMEM;
	if (r < 0) {
		put_probe(probe); /* the job's, which there is not */
	} else {
		r = http_wait(job, waiter);
	}
	if (r == 0) {
		const struct response *response = NULL;
		r = http_result(job, &response, why);
		/* The callbacks end the job on purpose. */
		if (probe->answered) {
			r = probe->result;
			problem_set(r < 0 ? why : NULL, r, "%s", problem_words(&probe->why, r));
			*facts = probe->facts;
			facts->status = probe->status;
			probe->facts = (struct fetch_facts){.size = -1};
		}
	}
	http_job_unref(job);
	put_probe(probe);
	return r;
}
