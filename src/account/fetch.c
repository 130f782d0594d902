/* Fetching from a file server; see fetch.h. The sinks here run in the HTTP thread. */
#include "account/fetch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"

void fetch_facts_finish(struct fetch_facts *facts)
{
	free(facts->etag);
	free(facts->modified);
	*facts = (struct fetch_facts){.size = -1};
}

void fetch_wipe(char *url)
{
	if (url) {
		explicit_bzero(url, strlen(url));
	}
	free(url);
}

static int copy_header(const struct response *head, const char *name, char **out)
{
	const char *value = response_header(head, name);

	*out = value ? strdup(value) : NULL;
	return value && !*out ? -ENOMEM : 0;
}

/* "bytes 0-0/1234" and "bytes * /0" give the whole length; so does a 200's own length, unless the
 * body is packed for the way. */
static int64_t whole_length(const struct response *head)
{
	const char *text = NULL;
	char *end = NULL;

	if (head->status == 206 || head->status == 416) {
		text = response_header(head, "Content-Range");
		text = text ? strchr(text, '/') : NULL;
		text = text ? text + 1 : NULL;
	} else if (!response_header(head, "Content-Encoding")) {
		text = response_header(head, "Content-Length");
	}
	if (!text || *text < '0' || *text > '9') {
		return -1;
	}
	errno = 0;
	int64_t length = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' ? length : -1;
}

/* The errno of a file server's refusal. Its page is not shown: what it says is for its own people,
 * and it may repeat the signed URL. */
static int judge_status(int status, struct problem *why)
{
	int r = 0;

	if (status == 401 || status == 403) {
		r = -EACCES;
	} else if (status == 404 || status == 410) {
		r = -ENOENT;
	} else if (status == 429) {
		r = -EAGAIN;
	} else if (status >= 500) {
		r = -EREMOTEIO;
	} else if (status != 200 && status != 206) {
		r = -EBADMSG;
	}
	return r ? problem_set(why, r, "the file server answered HTTP %d", status) : 0;
}

/* No credentials: a download URL carries its own, and file servers refuse a second kind. */
static int build_request(const char *url, const char *range, struct request *out)
{
	*out = (struct request){.method = "GET", .url = strdup(url)};
	int r = out->url ? request_add_header(out, "Accept", "*/*") : -ENOMEM;
	if (r == 0 && range) {
		r = request_add_header(out, "Range", range);
	}
	return r;
}

/* A probe is shared by the thread that waits for it and the job: the last one frees it. */
struct probe {
	atomic_int holders;
	struct fetch_facts facts;
	struct problem why;
	int result;
	bool answered;
};

static void put_probe(struct probe *probe)
{
	if (atomic_fetch_sub(&probe->holders, 1) == 1) {
		fetch_facts_finish(&probe->facts);
		problem_finish(&probe->why);
		free(probe);
	}
}

static int probe_head(void *context, const struct response *head)
{
	struct probe *probe = context;
	int r = 0;

	probe->facts.size = whole_length(head);
	/* An empty file has no first byte: 416 with its length is the honest answer. */
	if (head->status != 416 || probe->facts.size != 0) {
		r = judge_status(head->status, &probe->why);
	}
	if (r == 0) {
		r = copy_header(head, "ETag", &probe->facts.etag);
	}
	if (r == 0) {
		r = copy_header(head, "Last-Modified", &probe->facts.modified);
	}
	probe->result = r;
	probe->answered = true;
	/* The head is all that is wanted. One byte is let in, so that the connection stays for the
	 * download; a whole file is not. */
	return head->status == 206 ? 0 : -ECANCELED;
}

static int probe_data(void *context, const void *data, size_t length)
{
	(void)context;
	(void)data;
	return length <= 1 ? 0 : -ECANCELED;
}

static void probe_end(void *context, int result)
{
	(void)result;
	put_probe(context);
}

int fetch_probe(struct account *account, const char *url, struct waiter *waiter,
		struct fetch_facts *facts, struct problem *why)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	struct http_job *job = NULL;
	struct http_options options;
	struct request request = {0};

	if (!probe) {
		return -ENOMEM;
	}
	atomic_init(&probe->holders, 2);
	struct http_sink sink = {probe_head, probe_data, probe_end, probe};
	call_options(account, waiter, false, &options);
	options.lane = NULL;
	options.sink = &sink;
	int r = build_request(url, "bytes=0-0", &request);
	if (r == 0) {
		r = http_submit(account->shared->http, &request, &options, &job);
	}
	if (r < 0) {
		put_probe(probe); /* the job's, which there is not */
	} else {
		r = http_wait(job, waiter);
	}
	if (r == 0) {
		const struct response *response = NULL;
		r = http_result(job, &response, why);
		/* The head callback ends the job on purpose. */
		if (probe->answered) {
			r = probe->result;
			problem_set(why, r, "%s", problem_words(&probe->why, r));
			*facts = probe->facts;
			probe->facts = (struct fetch_facts){.size = -1};
		}
	}
	http_job_unref(job);
	put_probe(probe);
	request_finish(&request);
	return r;
}

/* True when what the server has now is what the name's size and date were taken from. An ETag
 * decides where both answers have one; else length and date do. */
static bool same_content(const struct download *d, const struct response *head)
{
	const char *etag = response_header(head, "ETag");
	const char *modified = response_header(head, "Last-Modified");
	int64_t length = whole_length(head);

	if (d->size >= 0 && length >= 0 && length != d->size) {
		return false;
	}
	if (d->etag && etag) {
		return strcmp(d->etag, etag) == 0;
	}
	return !d->modified || !modified || strcmp(d->modified, modified) == 0;
}

static int download_head(void *context, const struct response *head)
{
	struct download *d = context;
	int r = judge_status(head->status, &d->why);

	if (r < 0) {
		return r;
	}
	if (!same_content(d, head)) {
		return problem_set(&d->why, -ESTALE,
				   "the content at the file server is another one now");
	}
	return 0;
}

/* Words for what the disk says. */
static int kept(struct download *d, int r)
{
	return r < 0 ? problem_set(&d->why, r,
				   "cannot keep what is downloaded in the cache folder: %s",
				   strerror(-r))
		     : 0;
}

static int download_data(void *context, const void *data, size_t length)
{
	struct download *d = context;

	d->got += (int64_t)length;
	if (d->size >= 0 && d->got > d->size) {
		return problem_set(&d->why, -EIO,
				   "the file server sends more than the %" PRId64
				   " bytes it promised",
				   d->size);
	}
	return kept(d, spool_write(d->spool, data, length));
}

static void download_end(void *context, int result)
{
	struct download *d = context;

	if (result == 0) {
		result = kept(d, spool_flush(d->spool));
	}
	if (result == 0 && d->size >= 0 && d->got < d->size) {
		result = problem_set(&d->why, -EIO,
				     "the file server sent %" PRId64 " of %" PRId64 " bytes",
				     d->got, d->size);
	} else if (result < 0 && !d->why.words) {
		problem_set(&d->why, result, "the download broke off after %" PRId64 " bytes: %s",
			    d->got, error_words(result));
	}
	d->ended(d->context, result, d->why.words);
}

int fetch_start(struct account *account, const char *url, struct download *download,
		struct http_job **job, struct problem *why)
{
	const struct config *config = account->shared->config;
	struct http_sink sink = {download_head, download_data, download_end, download};
	struct http_options options = {
		.connect_ms = config->connect_ms,
		.stall_ms = config->stall_ms,
		.allow_plain = account->config->insecure,
		.sink = &sink,
	};
	struct request request = {0};

	int r = build_request(url, NULL, &request);
	if (r == 0) {
		r = http_submit(account->shared->http, &request, &options, job);
	}
	request_finish(&request);
	return r < 0 ? problem_set(why, r, "cannot start the download: %s", strerror(-r)) : 0;
}
