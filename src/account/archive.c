/* The table of archives: what is in them, once somebody has looked. See archive.h and unpack.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/internal.h"
#include "account/unpack.h"
#include "base/clock.h"

/* So many that nobody uses are remembered; each may take some megabytes. */
enum { IDLE_MOST = 8 };

void places_finish(struct places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		free(places->list[i].words);
	}
	free(places->list);
	*places = (struct places){0};
}

static void destroy(struct archive *archive)
{
	if (archive->packed) {
		content_close(archive->packed);
	}
	bundle_close(archive->bundle);
	places_finish(&archive->places);
	file_finish(&archive->file);
	pthread_mutex_destroy(&archive->mutex);
	free(archive);
}

static int create(struct account *account, const struct file *file, struct archive **out)
{
	struct archive *archive = calloc(1, sizeof(*archive));
	size_t stem;

	if (!archive) {
		return -ENOMEM;
	}
	archive->table = account->shared->contents;
	archive->account = account;
	archive->kind = bundle_kind_of(file->name, &stem);
	archive->users = 1;
	pthread_mutex_init(&archive->mutex, NULL);
	int r = file_by_row(account->shared->store, file->row, &archive->file);
	if (r == 0 && archive->kind == BUNDLE_NONE) {
		r = -ENOTDIR;
	}
	if (r < 0) {
		destroy(archive);
		return r;
	}
	*out = archive;
	return 0;
}

static struct archive *find_locked(struct contents *table, uint32_t row)
{
	for (struct archive *a = table->archives; a; a = a->next) {
		if (a->file.row == row) {
			a->users++;
			return a;
		}
	}
	return NULL;
}

/* Takes the one that nobody has used for the longest out of the table, when those are too many. */
static struct archive *take_oldest_locked(struct contents *table)
{
	struct archive **oldest = NULL;
	int idle = 0;

	for (struct archive **slot = &table->archives; *slot; slot = &(*slot)->next) {
		if ((*slot)->users > 0) {
			continue;
		}
		idle++;
		oldest = !oldest || (*slot)->used_ms < (*oldest)->used_ms ? slot : oldest;
	}
	if (idle <= IDLE_MOST) {
		return NULL;
	}
	struct archive *archive = *oldest;
	*oldest = archive->next;
	return archive;
}

/* The one in the table, or a new one. */
static int join(struct account *account, const struct file *file, struct archive **out)
{
	struct contents *table = account->shared->contents;
	struct archive *fresh = NULL;

	pthread_mutex_lock(&table->mutex);
	*out = find_locked(table, file->row);
	pthread_mutex_unlock(&table->mutex);
	if (*out) {
		return 0;
	}
	int r = create(account, file, &fresh);
	if (r < 0) {
		return r;
	}
	pthread_mutex_lock(&table->mutex);
	*out = find_locked(table, file->row);
	if (!*out) {
		*out = fresh;
		fresh->next = table->archives;
		table->archives = fresh;
	}
	struct archive *old = take_oldest_locked(table);
	pthread_mutex_unlock(&table->mutex);
	if (old) {
		destroy(old);
	}
	if (*out != fresh) {
		destroy(fresh);
	}
	return 0;
}

void archive_close(struct archive *archive)
{
	struct contents *table = archive->table;

	pthread_mutex_lock(&table->mutex);
	archive->users--;
	archive->used_ms = clock_ms();
	pthread_mutex_unlock(&table->mutex);
}

bool archive_is_known(struct archive *archive)
{
	pthread_mutex_lock(&archive->mutex);
	bool known = archive->bundle;
	pthread_mutex_unlock(&archive->mutex);
	return known;
}

/* What was left out, as lines; NULL when nothing was. */
static char *join_words(const struct archive *archive)
{
	size_t count = 0;
	const char *const *words = bundle_words(archive->bundle, &count);
	struct buf text = {0};

	for (size_t i = 0; i < count; i++) {
		buf_printf(&text, "%s%s: %s", i ? "\n" : "", archive->file.name, words[i]);
	}
	char *all = count ? buf_take(&text) : NULL;
	buf_finish(&text);
	return all;
}

void archive_learn(struct archive *archive, struct bundle *bundle, struct places *places)
{
	pthread_mutex_lock(&archive->mutex);
	bool first = !archive->bundle;
	if (first) {
		archive->bundle = bundle;
		if (places) {
			archive->places = *places;
			*places = (struct places){0};
		}
	}
	pthread_mutex_unlock(&archive->mutex);
	if (!first) {
		bundle_close(bundle);
		return;
	}
	const struct bundle_entry *single = bundle_entry(bundle, 1);
	if (bundle_kind_is_single(archive->kind) && single) {
		file_set_plain(archive->account->shared->store, archive->file.row, single->size);
	}
	report_file(archive->account, archive->file.item, archive->file.name, NULL);
}

static int read_directory(void *context, struct call *call, struct waiter *waiter,
			  struct problem *why)
{
	struct archive *archive = context;
	struct bundle *bundle = NULL;
	struct supply supply;

	(void)call;
	if (archive_is_known(archive)) {
		return 0;
	}
	int r = supply_begin(&supply, archive, waiter);
	if (r == 0) {
		r = bundle_open(&supply.source, NULL, &bundle, why);
	}
	if (supply_end(&supply, r, why) == 0) {
		archive_learn(archive, bundle, NULL);
	}
	return r;
}

/* The words name the archive; those about its bytes have done so already. */
static int report(struct archive *archive, int r, struct problem *why)
{
	const char *name = archive->file.name;

	if (r == -EINTR || r == -EAGAIN || r == -ECANCELED) {
		return r;
	}
	if (!why->words || strncmp(why->words, name, strlen(name)) != 0) {
		problem_set(why, r, "%s: %s", name, problem_words(why, r));
	}
	report_file(archive->account, archive->file.item, name, problem_words(why, r));
	return r;
}

static int look_inside(struct archive *archive, struct waiter *waiter, struct problem *why)
{
	uint64_t key = flight_key(FLIGHT_ARCHIVE, archive->file.row);
	int r = 0;

	if (archive->kind == BUNDLE_ZIP) {
		r = flight_run(&archive->account->flights, key, 0, read_directory, archive, waiter,
			       why);
	} else {
		r = unpack_whole(archive, waiter, why);
	}
	return r < 0 ? report(archive, r, why) : 0;
}

int archive_open(struct account *account, const struct file *file, struct waiter *waiter,
		 struct archive **out, struct problem *why)
{
	struct archive *archive = NULL;
	int r = account_learn(account, file->row, waiter, why);

	if (r == 0) {
		r = join(account, file, &archive);
	}
	if (r == 0 && !archive_is_known(archive)) {
		r = look_inside(archive, waiter, why);
	}
	if (r < 0 && archive) {
		archive_close(archive);
	} else if (r == 0) {
		*out = archive;
	}
	return r;
}

const struct bundle *archive_bundle(const struct archive *archive)
{
	return archive->bundle;
}

/* Of what only streams, all members are one content. */
static int open_in_whole(struct archive *archive, uint32_t number, struct content **out,
			 int64_t *base, struct problem *why)
{
	struct places *places = &archive->places;

	if (number >= places->count) {
		return -ENOENT;
	}
	const struct place *place = &places->list[number];
	if (place->err < 0) {
		problem_set(why, place->err, "%s", place->words);
		return report(archive, place->err, why);
	}
	*base = place->start;
	return content_open_entry(archive, ENTRY_WHOLE, places->total, out);
}

int archive_open_member(struct archive *archive, uint32_t number, struct content **out,
			int64_t *base, struct problem *why)
{
	const struct bundle_entry *entry = bundle_entry(archive->bundle, number);

	if (!entry || entry->is_folder) {
		return entry ? -EISDIR : -ENOENT;
	}
	*base = 0;
	return archive->kind == BUNDLE_ZIP ? content_open_entry(archive, number, entry->size, out)
					   : open_in_whole(archive, number, out, base, why);
}

char *archives_words(struct contents *table, uint32_t item, const char *name)
{
	struct buf text = {0};

	pthread_mutex_lock(&table->mutex);
	for (struct archive *a = table->archives; a; a = a->next) {
		bool fits = a->file.item == item && (!name || strcmp(a->file.name, name) == 0);
		char *words = fits && archive_is_known(a) ? join_words(a) : NULL;
		if (words) {
			buf_printf(&text, "%s%s", text.length ? "\n" : "", words);
		}
		free(words);
	}
	pthread_mutex_unlock(&table->mutex);
	char *all = text.length ? buf_take(&text) : NULL;
	buf_finish(&text);
	return all;
}

void archives_let_go(struct contents *table, bool all)
{
	struct content *packed;

	do {
		packed = NULL;
		pthread_mutex_lock(&table->mutex);
		for (struct archive *a = table->archives; a && !packed; a = a->next) {
			if (all || a->users == 0) {
				pthread_mutex_lock(&a->mutex);
				packed = a->packed;
				a->packed = NULL;
				pthread_mutex_unlock(&a->mutex);
			}
		}
		pthread_mutex_unlock(&table->mutex);
		if (packed) {
			content_close(packed);
		}
	} while (packed);
}

void archives_finish(struct contents *table)
{
	while (table->archives) {
		struct archive *archive = table->archives;
		table->archives = archive->next;
		destroy(archive);
	}
}
