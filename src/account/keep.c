/* What a delivery brought, on disk for good: small files in the store, archives as files of their
 * own. The record comes last: where it stands, everything does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/fetch.h"
#include "account/internal.h"
#include "base/cleanup.h"
#include "base/clock.h"

/* So long an archive may take altogether; a server that falls silent is given up much sooner. */
enum { ARCHIVE_MS = 24 * 3600 * 1000 };

/* A download that is waited for. */
struct haul {
	struct download download;
	struct account *account;
};

/* In the HTTP thread. */
static void haul_ended(void *context, int result, const char *words)
{
	struct haul *haul = context;

	(void)words; /* they stand in the download */
	spool_end(haul->download.spool, result);
}

/* A page of a server that says it has no such archive must not be kept as one. */
static int check_archive(struct spool *spool, const char *path, struct problem *why)
{
	static const char ending[] = ".zip";
	char start[2] = "";
	size_t length = strlen(path);

	if (length < sizeof(ending) || strcmp(path + length - strlen(ending), ending) != 0) {
		return 0;
	}
	if (pread(spool_fd(spool), start, 2, 0) != 2 || memcmp(start, "PK", 2) != 0) {
		return problem_set(why, -EBADMSG, "what the file server sent as %s is no zip",
				   path);
	}
	return 0;
}

static int download(struct account *account, const struct parcel_file *file, struct spool *spool,
		    struct waiter *waiter, struct problem *why)
{
	struct haul haul = {
		.account = account,
		.download = {.spool = spool, .size = -1, .ended = haul_ended},
	};
	struct http_job *job = NULL;

	haul.download.context = &haul;
	waiter->deadline_ms = clock_ms() + ARCHIVE_MS;
	int r = fetch_start(account, file->url, &haul.download, &job, why);
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
			    problem_words(&haul.download.why, (int)size));
	}
	problem_finish(&haul.download.why);
	return size < 0 ? (int)size : 0;
}

/* An archive on disk for good. *kept: its name there. */
static int keep_archive(const struct order *order, const struct parcel_file *file, int index,
			char **kept, int64_t *size, struct waiter *waiter, struct problem *why)
{
	struct account *account = order->account;
	const char *dir = account->shared->kept_dir;
	struct spool *spool = NULL;

	int r = spool_create(dir, &spool);
	problem_set(r < 0 ? why : NULL, r, "%s: %s", dir, strerror(-r));
	if (r == 0) {
		r = download(account, file, spool, waiter, why);
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
			   false, &changed);
	if (r < 0) {
		return problem_set(why, r, "the state folder: %s", strerror(-r));
	}
	if (changed) {
		struct item_change change = {order->item.row, CHANGE_FILES, order->item.state, ""};
		strcpy(change.name, order->item.name);
		account_report_changes(account, order->work->number, &change, 1);
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

/* Whoever has it open goes on reading. */
static void discard(const struct order *order, const char *kept)
{
	auto_free char *path = NULL;

	if (kept && asprintf(&path, "%s/%s", order->account->shared->kept_dir, kept) > 0) {
		unlink(path);
	}
}

static int keep_one(const struct order *order, const struct parcel_file *file, int index,
		    struct waiter *waiter, struct problem *why)
{
	auto_free char *old = former(order, file->path);
	auto_free char *kept = NULL;
	int64_t size = 0;
	int r = keep_archive(order, file, index, &kept, &size, waiter, why);

	if (r < 0) {
		return r;
	}
	struct keepsake one = {
		.path = file->path,
		.kept = kept,
		.size = size,
		.password = file->password,
	};
	r = keep_files(order, &one, 1, why);
	discard(order, r < 0 ? kept : old);
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
