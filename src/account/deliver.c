/* Taking delivery: an act whose answer is kept for good.
 *
 * The API may count the asking as delivery, so what came is on disk before anybody sees a name of
 * it, and it is asked for once. The account's thread carries it out: whoever wrote the command may be
 * interrupted, or run out of patience, and nothing is lost. The record is written last: where it
 * stands, everything does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/fetch.h"
#include "account/internal.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

enum { ANSWER_BYTES = 256 * 1024 * 1024 };
/* So long an archive may take altogether; a server that falls silent is given up much sooner. */
enum { ARCHIVE_MS = 24 * 3600 * 1000 };

/* Held by the thread that waits and by the account's; under the account's mutex. */
struct delivery {
	struct delivery *next;
	int holders;
	bool done;
	int result;
	struct problem why;
	struct order order;
};

static void put_delivery(struct account *account, struct delivery *d)
{
	pthread_mutex_lock(&account->mutex);
	bool last = --d->holders == 0;
	pthread_mutex_unlock(&account->mutex);
	if (last) {
		order_finish(&d->order);
		problem_finish(&d->why);
		free(d);
	}
}

bool deliver_is_done(const struct order *order)
{
	struct file file = {0};
	int r = file_by_name(order->account->shared->store, order->account->number, order->item.row,
			     0, parcel_record(order->act), &file);

	file_finish(&file);
	return r == 0;
}

/* ---- what the account's thread does */

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

static int keep_archives(const struct order *order, const struct parcel *parcel,
			 struct waiter *waiter, struct problem *why)
{
	int r = 0;

	for (int i = 0; i < parcel->file_count && r == 0; i++) {
		const struct parcel_file *file = &parcel->files[i];
		auto_free char *kept = NULL;
		int64_t size = 0;
		if (file->body) {
			continue;
		}
		r = keep_archive(order, file, i, &kept, &size, waiter, why);
		if (r == 0) {
			struct keepsake one = {.path = file->path,
					       .kept = kept,
					       .size = size,
					       .password = file->password};
			r = keep_files(order, &one, 1, why);
		}
	}
	return r;
}

static int keep_parcel(const struct order *order, const struct parcel *parcel,
		       struct waiter *waiter, struct problem *why)
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

static int take(struct order *order, struct waiter *waiter, struct problem *why)
{
	struct value id = {"id", order->item.id};
	struct values of_item = {&id, 1, NULL};
	struct values values = {order->text.values, order->text.value_count, &of_item};
	struct operation operation = {
		.spec = order->act->request,
		.act = order->act,
		.values = &values,
		.body_max = ANSWER_BYTES,
	};
	struct parcel parcel = {0};
	struct call call = {0};
	struct doc *answer = NULL;

	waiter->deadline_ms = clock_ms() + PAGE_MS;
	int r = call_run(order->account, &call, &operation, waiter, &answer, &order->sent, why);
	call_finish(&call);
	if (r == 0) {
		order->sent = false; /* it answered: whatever fails now is no open question */
		r = act_check(order->act, answer, why);
	}
	if (r == 0) {
		r = parcel_read(order->act, answer, &parcel, why);
	}
	doc_destroy(answer);
	if (r == 0) {
		r = keep_parcel(order, &parcel, waiter, why);
	}
	parcel_finish(&parcel);
	if (r == 0) {
		order->id = strdup(order->item.id);
		r = order->id ? 0 : -ENOMEM;
	}
	return r;
}

static struct delivery *pop(struct account *account)
{
	pthread_mutex_lock(&account->mutex);
	struct delivery *d = account->deliveries;
	if (d) {
		account->deliveries = d->next;
	}
	pthread_mutex_unlock(&account->mutex);
	return d;
}

static void deliver_end(struct account *account, struct delivery *d, int r, struct problem *why)
{
	r = order_end(&d->order, r, why);
	resolve_report(account, d->order.item.row, r < 0 ? problem_words(why, r) : NULL);
	pthread_mutex_lock(&account->mutex);
	d->done = true;
	d->result = r;
	problem_set(&d->why, r, "%s", problem_words(why, r));
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	put_delivery(account, d);
}

bool deliver_next(struct account *account, struct waiter *waiter)
{
	struct delivery *d = pop(account);
	struct problem why = {0};

	if (!d) {
		return false;
	}
	int r = take(&d->order, waiter, &why);
	deliver_end(account, d, r, &why);
	problem_finish(&why);
	return true;
}

void deliver_drop_all(struct account *account)
{
	struct delivery *d;

	while ((d = pop(account))) {
		struct problem why = {0};
		deliver_end(account, d, problem_set(&why, -ECANCELED, "%s", error_words(ECANCELED)),
			    &why);
		problem_finish(&why);
	}
}

/* ---- what the thread does that wrote the command */

static int wait_for(struct account *account, struct delivery *d, struct waiter *waiter,
		    struct problem *why)
{
	int r = 0;

	wait_begin(waiter, &account->mutex, &account->changed);
	while (!d->done && r == 0) {
		r = wait_sleep(waiter);
	}
	if (d->done) {
		r = d->result;
		problem_set(why, r, "%s", problem_words(&d->why, r));
	} else {
		problem_set(why, r, "it goes on: %s/%s/%s appears when all of it is here",
			    d->order.work->name, d->order.item.name, parcel_record(d->order.act));
	}
	wait_end(waiter);
	return r;
}

int deliver_order(struct order *order, struct waiter *waiter, struct problem *why)
{
	struct account *account = order->account;
	struct delivery *d = calloc(1, sizeof(*d));
	struct item item = {0};

	int r = d ? item_by_row(account->shared->store, order->item.row, &item) : -ENOMEM;
	if (r < 0) {
		free(d);
		return order_end(order, r, why);
	}
	/* The text goes with it; the item's name is wanted by both. */
	d->order = *order;
	d->order.item = item;
	order->text = (struct command_text){0};
	order->row = order->item.row;
	d->holders = 2;
	pthread_mutex_lock(&account->mutex);
	struct delivery **last = &account->deliveries;
	while (*last) {
		last = &(*last)->next;
	}
	*last = d;
	pthread_cond_broadcast(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	r = wait_for(account, d, waiter, why);
	put_delivery(account, d);
	return r;
}
