/* One GET into a spool; see fetch.h. All but the start of it runs in the HTTP thread. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/fetch.h"
#include "account/internal.h"
#include "account/server.h"
#include "base/cleanup.h"

enum { PAGE_MAX = 4096 };

/* True when what the server has now is what the name's size and date were taken from. An ETag
 * decides where both answers have one; else length and date do. */
static bool same_content(const struct download *d, const struct response *head)
{
	const char *etag = response_header(head, "ETag");
	const char *modified = response_header(head, "Last-Modified");
	int64_t length = server_whole_length(head);

	if (d->size >= 0 && length >= 0 && length != d->size) {
		return false;
	}
	if (d->etag && etag) {
		return strcmp(d->etag, etag) == 0;
	}
	return !d->modified || !modified || strcmp(d->modified, modified) == 0;
}

static int judge(struct download *d, int err)
{
	d->judged = true;
	return err;
}

static int fail_stale(struct download *d)
{
	return judge(d, problem_set(&d->why, -ESTALE,
				    "the content at the file server is another one now"));
}

/* What the answer brings of the file. */
static int take_bounds(struct download *d, const struct response *head)
{
	int64_t start = 0;
	int64_t end = d->size;

	if (head->status == 206 && (!server_range(head, &start, &end) || start != d->at)) {
		return judge(d, problem_set(&d->why, -EBADMSG,
					    "the file server sends another range than it was "
					    "asked for"));
	}
	if (head->status == 200) {
		d->at = 0;
		d->stop = 0;
		end = d->size >= 0 ? d->size : server_whole_length(head);
	}
	d->limit = end;
	return 0;
}

/* A range beyond the end: it is shorter now, or the server does not know what it has. */
static int fail_range(struct download *d, const struct response *head)
{
	int64_t length = server_whole_length(head);

	if (length >= 0 && length != d->size) {
		return fail_stale(d);
	}
	return judge(d, problem_set(&d->why, -EIO,
				    "the file server refuses a range of what it says it has"));
}

static int take_head(void *context, const struct response *head)
{
	struct download *d = context;

	d->status = head->status;
	if (head->status == 416) {
		return fail_range(d, head);
	}
	d->refusal = server_judge(head->status);
	if (d->refusal < 0) {
		return 0;
	}
	int r = same_content(d, head) ? take_bounds(d, head) : fail_stale(d);
	if (r == 0 && d->begun) {
		r = d->begun(d->context, d);
		d->satisfied = r < 0;
	}
	if (r == 0) {
		d->has_length = response_header(head, "Content-Length");
		spool_write_begin(&d->writer, d->spool, d->at);
		d->writing = true;
	}
	return r;
}

static int take_page(struct download *d, const char *data, size_t length)
{
	if (!d->page) {
		d->page = malloc(PAGE_MAX);
	}
	size_t room = d->page ? PAGE_MAX - d->page_length : 0;
	size_t n = length < room ? length : room;
	if (n > 0) {
		memcpy(d->page + d->page_length, data, n);
		d->page_length += n;
	}
	return n == length ? 0 : -ECANCELED;
}

/* Words for what the disk says. */
static int kept(struct download *d, int r)
{
	return r < 0 ? judge(d,
			     problem_set(&d->why, r,
					 "cannot keep what is downloaded in the cache folder: %s",
					 strerror(-r)))
		     : 0;
}

static int check(struct download *d, const void *data, size_t length)
{
	if (d->limit >= 0 && d->at + (int64_t)length > d->limit) {
		return judge(d, problem_set(&d->why, -EIO,
					    "the file server sends more than the %" PRId64
					    " bytes it promised",
					    d->limit));
	}
	if (d->name && !server_fits_name(d->name, d->at, data, length)) {
		return judge(d, problem_set(&d->why, -EBADMSG, "what the file server sent is no %s",
					    strrchr(d->name, '.') + 1));
	}
	return 0;
}

static int take_data(void *context, const void *data, size_t length)
{
	struct download *d = context;

	if (d->refusal < 0) {
		return take_page(d, data, length);
	}
	int r = d->coming ? d->coming(d->context, d->at) : 0;
	if (r == 0) {
		r = check(d, data, length);
	} else if (r < 0) {
		d->satisfied = true;
	}
	if (r != 0) {
		return r;
	}
	d->at += (int64_t)length;
	d->got += (int64_t)length;
	atomic_fetch_add(&d->account->downloads.bytes, length);
	/* Whether more come behind the last is not known yet: nobody shall have it before. */
	if (d->at == d->limit && !d->has_length && length > 0) {
		length--;
		d->last = ((const char *)data)[length];
		d->has_last = true;
	}
	return kept(d, spool_write(&d->writer, data, length));
}

static int finish_writing(struct download *d, int result)
{
	int r = 0;

	if (!d->writing) {
		return result;
	}
	if (result == 0 && d->has_last) {
		r = kept(d, spool_write(&d->writer, &d->last, 1));
	}
	int ended = spool_write_end(&d->writer);
	r = r ? r : result == 0 ? kept(d, ended) : ended;
	d->writing = false;
	return result ? result : r;
}

static void note_end(struct download *d, int result)
{
	if (d->status == 401 && d->token) {
		token_drop(d->account, d->token); /* the next try asks for another */
	}
	wipe_text(d->token);
	d->token = NULL;
	atomic_fetch_add(&d->account->downloads.failed, result < 0 && result != -ECANCELED);
	atomic_fetch_add(&d->account->downloads.ended, 1);
}

static void download_end(void *context, int result)
{
	struct download *d = context;

	result = finish_writing(d, result);
	if (d->refusal < 0) {
		result = server_quote(&d->why, d->refusal, d->status, d->page, d->page_length);
	} else if (d->satisfied) {
		result = 0;
	} else if (result == 0 && d->limit >= 0 && d->at < d->limit) {
		d->broken = true;
		result = problem_set(&d->why, -EIO,
				     "the file server sent %" PRId64 " of %" PRId64 " bytes", d->at,
				     d->limit);
	} else if (result < 0 && !d->judged) {
		d->broken = result == -EIO || result == -EHOSTUNREACH || result == -ECONNREFUSED ||
			    result == -ETIMEDOUT;
		problem_set(&d->why, result, "the download broke off after %" PRId64 " bytes: %s",
			    d->at, error_words(result));
	}
	free(d->page);
	d->page = NULL;
	note_end(d, result);
	d->ended(d->context, result, d->why.words);
}

/* NULL in *out for all of it. */
static int print_range(const struct download *d, char **out)
{
	int n = 0;

	*out = NULL;
	if (d->stop > 0 && (d->size < 0 || d->stop < d->size)) {
		n = asprintf(out, "bytes=%" PRId64 "-%" PRId64, d->at, d->stop - 1);
	} else if (d->at > 0) {
		n = asprintf(out, "bytes=%" PRId64 "-", d->at);
	}
	return n < 0 ? -ENOMEM : 0;
}

/* The token goes along: whether it was good is known at the end. */
static int build(const char *url, const struct badge *badge, struct download *d,
		 struct request *out)
{
	/* A weak one tells no bytes apart. */
	const char *etag = d->etag && *d->etag == '"' ? d->etag : NULL;
	auto_free char *range = NULL;
	int r = print_range(d, &range);

	d->ranged = range != NULL;
	if (r == 0 && badge && badge->token) {
		d->token = strdup(badge->token);
		r = d->token ? 0 : -ENOMEM;
	}
	return r == 0 ? fetch_build(url, badge, range, etag, out) : r;
}

int fetch_start(struct account *account, const char *url, const struct badge *badge,
		struct download *download, struct http_job **job, struct problem *why)
{
	const struct config *config = account->shared->config;
	struct http_sink sink = {take_head, take_data, download_end, download};
	struct http_options options = {
		.connect_ms = config->connect_ms,
		.stall_ms = config->stall_ms,
		.allow_plain = account->config->insecure,
		.sink = &sink,
	};
	struct request request = {0};

	download->account = account;
	download->limit = -1;
	int r = build(url, badge, download, &request);
	if (r == 0) {
		/* Before it can end. */
		atomic_fetch_add(&account->downloads.begun, 1);
		r = http_submit(account->shared->http, &request, &options, job);
		if (r < 0) {
			atomic_fetch_sub(&account->downloads.begun, 1);
		}
	}
	if (r < 0) {
		wipe_text(download->token);
		download->token = NULL;
	}
	request_finish(&request);
	return r < 0 ? problem_set(why, r, "cannot start the download: %s", strerror(-r)) : 0;
}
