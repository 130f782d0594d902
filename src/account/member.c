/* What a job of unpack.c does: bytes of a member, or of all, into the spool; see unpack.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "account/unpack.h"
#include "base/cleanup.h"
#include "base/clock.h"

enum { PIECE_BYTES = 128 * 1024, IDLE_MS = 5000 };

/* The description's, or what came with the file. *out is the caller's, to be wiped, or NULL. */
static int find_password(const struct archive *archive, char **out)
{
	struct account *account = archive->account;
	const struct file *file = &archive->file;
	struct item item = {0};

	*out = NULL;
	if (file->password) {
		*out = strdup(file->password);
		return *out ? 0 : -ENOMEM;
	}
	int r = item_by_row(account->shared->store, file->item, &item);
	const struct work *work = r == 0 ? work_of(account, item.collection) : NULL;
	item_finish(&item);
	if (work && file->spec < work->spec->file_count) {
		r = file_password(account->provider, &work->spec->files[file->spec],
				  &account->scope, out);
	}
	return r;
}

int job_end_writing(struct job *job)
{
	bool writing = job->writing;

	job->writing = false;
	return writing ? spool_write_end(&job->writer) : 0;
}

static bool is_full(struct job *job)
{
	struct contents *table = job->content->table;

	if (contents_are_full(table)) {
		contents_make_room(table);
	}
	return contents_are_full(table);
}

static int put(struct job *job, const void *data, size_t length)
{
	struct content *c = job->content;
	bool skip = job->skips && is_full(job);
	int r = skip ? job_end_writing(job) : 0;

	if (r == 0 && !skip) {
		if (!job->writing) {
			spool_write_begin(&job->writer, c->spool, job->at);
			job->writing = true;
		}
		r = spool_write(&job->writer, data, length);
		if (r == -ENOSPC && job->skips) {
			job_end_writing(job);
			r = 0;
		}
	}
	job->at += (int64_t)length;
	return r;
}

/* Stays while it is far enough ahead of who reads; who opens it again soon after finds it there. */
static int keep_pace(struct job *job)
{
	struct content *c = job->content;
	bool held = true;
	int r = 0;

	if (!job->paced) {
		return 0;
	}
	content_make_room(c); /* who waits for what is far behind reads nothing meanwhile */
	while (held && r == 0) {
		uint64_t news = spool_news(c->spool);
		pthread_mutex_lock(&c->mutex);
		job->stream.at = job->at;
		held = !c->keep_going && window_leads_locked(c, &job->stream);
		job->stream.held = held;
		pthread_mutex_unlock(&c->mutex);
		if (waiter_is_interrupted(job->waiter)) {
			r = -EINTR;
		} else if (held && content_is_idle(c, IDLE_MS)) {
			r = -ECANCELED;
		} else if (held) {
			int64_t until_ms = clock_ms() + IDLE_MS;
			job->waiter->deadline_ms = until_ms + IDLE_MS;
			/* What is behind the end never comes: only news and time end this. */
			r = spool_wait(c->spool, c->file.size, 1, &news, until_ms, job->waiter);
		}
	}
	return r;
}

/* What a small member needs is asked for at once; nothing behind a large one is. */
static int fetch_range(struct job *job)
{
	struct content *packed = job->supply.content;
	int64_t offset;
	int64_t length;

	bundle_range(job->archive->bundle, job->content->entry, &offset, &length);
	if (!job->paced) {
		return supply_fetch(&job->supply, offset, length);
	}
	pthread_mutex_lock(&packed->mutex);
	packed->until = offset + length;
	pthread_mutex_unlock(&packed->mutex);
	return 0;
}

int job_unpack_member(struct job *job, struct problem *why)
{
	struct content *c = job->content;
	const struct bundle *bundle = job->archive->bundle;
	struct bundle_member *member = NULL;
	char *password = NULL;
	char *piece = malloc(PIECE_BYTES);
	ssize_t n = piece ? find_password(job->archive, &password) : -ENOMEM;

	if (n == 0) {
		n = fetch_range(job);
	}
	if (n == 0) {
		n = bundle_member_open(bundle, c->entry, &job->supply.source, password, &member,
				       why);
	}
	wipe_text(password);
	if (n == 0) {
		n = keep_pace(job);
	}
	while (n == 0) {
		n = bundle_member_read(member, piece, PIECE_BYTES, why);
		if (n <= 0) {
			break;
		}
		n = put(job, piece, (size_t)n);
		n = n == 0 ? keep_pace(job) : n;
	}
	bundle_member_close(member);
	free(piece);
	return (int)n;
}

static int begin_place(void *context, const struct bundle_entry *entry)
{
	struct job *job = context;
	struct places *places = &job->places;

	if (entry->number >= job->capacity) {
		size_t capacity = 2 * (size_t)entry->number + 16;
		struct place *grown = reallocarray(places->list, capacity, sizeof(*grown));
		if (!grown) {
			return -ENOMEM;
		}
		places->list = grown;
		job->capacity = capacity;
	}
	while (places->count <= entry->number) {
		places->list[places->count++] = (struct place){.err = -ENOENT};
	}
	places->list[entry->number] = (struct place){.start = job->at};
	return 0;
}

static int add_bytes(void *context, uint32_t number, const void *data, size_t length)
{
	struct job *job = context;
	int r = put(job, data, length);

	(void)number;
	return r == 0 ? keep_pace(job) : r;
}

static int end_place(void *context, uint32_t number, int err, const char *words)
{
	struct job *job = context;
	struct place *place = &job->places.list[number];

	place->err = err;
	place->words = words ? strdup(words) : NULL;
	return words && !place->words ? -ENOMEM : 0;
}

int job_unpack_all(struct job *job, struct problem *why)
{
	struct archive *archive = job->archive;
	struct bundle_visitor visitor = {begin_place, add_bytes, end_place, job};
	struct bundle *bundle = NULL;
	size_t stem;
	enum bundle_kind kind = bundle_kind_of(archive->file.name, &stem);
	char *single = strndup(archive->file.name, stem);
	int r = single ? 0 : -ENOMEM;

	if (r == 0) {
		r = bundle_walk(kind, &job->supply.source, NULL, single, &visitor, &bundle, why);
	}
	free(single);
	if (r == 0) {
		job->places.total = job->at;
		archive_learn(archive, bundle, &job->places);
	}
	return r;
}
