/* What a delivery brought, on disk for good: small files in the store, archives as files of their
 * own. The record comes last: where it stands, everything does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/fetch.h"
#include "account/internal.h"
#include "account/server.h"
#include "base/cleanup.h"
#include "base/clock.h"

/* So long an archive may take altogether; a server that falls silent is given up much sooner. */
enum { ARCHIVE_MS = 24 * 3600 * 1000 };

/* In the HTTP thread. */
static void ended(void *context, int result, const char *words)
{
	struct spool *spool = context;

	(void)words; /* they stand in the download */
	spool_end(spool, result);
}

/* A page of a server that says it has no such archive must not be kept as one. */
static int check_archive(struct spool *spool, const char *path, struct problem *why)
{
	char start[8] = "\n"; /* no archive begins with that */
	ssize_t n = pread(spool_fd(spool), start, sizeof(start), 0);

	if (server_fits_name(path, 0, start, n > 0 ? (size_t)n : 1)) {
		return 0;
	}
	return problem_set(why, -EBADMSG, "what the file server sent as %s is no %s", path,
			   strrchr(path, '.') + 1);
}

static int fetch_archive(struct account *account, const struct parcel_file *file,
			 struct spool *spool, struct waiter *waiter, struct problem *why)
{
	struct download download = {
		.spool = spool,
		.size = -1,
		.ended = ended,
		.context = spool,
	};
	struct http_job *job = NULL;

	waiter->deadline_ms = clock_ms() + ARCHIVE_MS;
	int r = fetch_start(account, file->url, NULL, &download, &job, why);
	if (r < 0) {
		return r;
	}
	int64_t size = spool_wait_end(spool, waiter);
	if (size == -EINTR || size == -ETIMEDOUT) {
		/* The sink is ours: it must have ended before this returns. */
		struct waiter last;
		http_call_off(job);
		waiter_init(&last, ARCHIVE_MS);
		spool_wait_end(spool, &last);
		waiter_finish(&last);
	}
	http_job_unref(job);
	if (size < 0) {
		problem_set(why, (int)size, "%s: %s", file->path,
			    problem_words(&download.why, (int)size));
	}
	problem_finish(&download.why);
	return size < 0 ? (int)size : 0;
}

/* An archive on disk for good, with its checksum (that of a short key would give the key away).
 * *kept: its name there. */
static int keep_archive(const struct order *order, const struct parcel_file *file, int index,
			char **kept, int64_t *size, char sum[SHA256_TEXT_BYTES],
			struct waiter *waiter, struct problem *why)
{
	struct account *account = order->account;
	const char *dir = account->shared->kept_dir;
	struct spool *spool = NULL;

	int r = spool_create(dir, &spool);
	problem_set(r < 0 ? why : NULL, r, "%s: %s", dir, strerror(-r));
	if (r == 0) {
		r = fetch_archive(account, file, spool, waiter, why);
	}
	if (r == 0) {
		r = check_archive(spool, file->path, why);
	}
	if (r == 0 && asprintf(kept, "%u-%u-%d-%llx", account->number, order->item.row, index,
			       (unsigned long long)clock_wall_ns()) < 0) {
		*kept = NULL;
		r = -ENOMEM;
	}
	if (r == 0) {
		*size = spool_bytes(spool);
		r = saver_hash(spool_fd(spool), *size, sum);
	}
	if (r == 0) {
		r = spool_keep(spool, dir, *kept);
		problem_set(r < 0 ? why : NULL, r, "%s: %s", dir, strerror(-r));
	}
	spool_destroy(spool);
	return r;
}

static int keep_files(const struct order *order, const struct keepsake *list, int count,
		      struct problem *why)
{
	struct account *account = order->account;
	bool changed = false;

	int r = files_keep(account->shared->store, account->number, order->item.row, list, count,
			   NULL, &changed);
	if (r < 0) {
		return problem_set(why, r, "the state folder: %s", strerror(-r));
	}
	if (changed) {
		account_report_item(account, &order->item, CHANGE_FILES);
	}
	return 0;
}

static int keep_bodies(const struct order *order, const struct parcel *parcel, struct problem *why)
{
	auto_free struct keepsake *list = calloc((size_t)parcel->file_count + 1, sizeof(*list));
	int count = 0;

	if (!list) {
		return -ENOMEM;
	}
	for (int i = 0; i < parcel->file_count; i++) {
		const struct parcel_file *file = &parcel->files[i];
		if (file->body) {
			list[count++] = (struct keepsake){.path = file->path,
							  .body = file->body,
							  .length = file->length};
		}
	}
	return count > 0 ? keep_files(order, list, count, why) : 0;
}

/* What an earlier try left under that name, which this one takes the place of; NULL for nothing. */
static char *former(const struct order *order, const char *path)
{
	struct file file = {0};
	char *kept = NULL;

	if (file_by_name(order->account->shared->store, order->account->number, order->item.row, 0,
			 path, &file) == 0) {
		kept = take_ptr(&file.kept);
	}
	file_finish(&file);
	return kept;
}

static int keep_one(const struct order *order, const struct parcel_file *file, int index,
		    struct waiter *waiter, struct problem *why)
{
	auto_free char *old = former(order, file->path);
	auto_free char *kept = NULL;
	char sum[SHA256_TEXT_BYTES];
	int64_t size = 0;
	int r = keep_archive(order, file, index, &kept, &size, sum, waiter, why);

	if (r < 0) {
		return r;
	}
	struct keepsake one = {
		.path = file->path,
		.kept = kept,
		.size = size,
		.sha256 = sum,
		.password = file->password,
	};
	r = keep_files(order, &one, 1, why);
	spool_discard(order->account->shared->kept_dir, r < 0 ? kept : old);
	return r;
}

static int keep_archives(const struct order *order, const struct parcel *parcel,
			 struct waiter *waiter, struct problem *why)
{
	int r = 0;

	for (int i = 0; i < parcel->file_count && r == 0; i++) {
		if (!parcel->files[i].body) {
			r = keep_one(order, &parcel->files[i], i, waiter, why);
		}
	}
	return r;
}

int keep_parcel(const struct order *order, const struct parcel *parcel, struct waiter *waiter,
		struct problem *why)
{
	struct keepsake record = {
		.path = parcel->record_name,
		.body = parcel->record,
		.length = strlen(parcel->record),
	};
	int r = keep_bodies(order, parcel, why);

	if (r == 0) {
		r = keep_archives(order, parcel, waiter, why);
	}
	return r == 0 ? keep_files(order, &record, 1, why) : r;
}
