/* News: noted in a transaction, hidden before it commits, taken by whoever tells; see news.h and
 * fresh.h. */
#include "store/news.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/fresh.h"
#include "store/pool.h"

/* News in a log that goes back to the system once it is empty. */
enum { LARGE = 4096 };

/* What is not told yet. */
struct untold {
	uint64_t number; /* in the order in which they came */
	unsigned account;
	uint32_t item;
	unsigned hidden; /* of enum place */
	unsigned shown;  /* but not told */
};

static uint64_t item_key(uint32_t row)
{
	return (uint64_t)row << 1;
}

static uint64_t file_key(uint32_t row)
{
	return (uint64_t)row << 1 | 1;
}

void fresh_init(struct fresh *fresh)
{
	pthread_mutex_init(&fresh->mutex, NULL);
	condition_init(&fresh->told);
}

static void list_finish(struct news_list *list)
{
	news_finish(list->list, list->count);
	*list = (struct news_list){0};
}

void fresh_finish(struct fresh *fresh)
{
	size_t at = 0;
	uint64_t key;

	list_finish(&fresh->now);
	list_finish(&fresh->log);
	while (table_next(&fresh->hidden, &at, &key)) {
		free((void *)(uintptr_t)*table_find(&fresh->hidden, key));
	}
	table_finish(&fresh->hidden);
	pthread_cond_destroy(&fresh->told);
	pthread_mutex_destroy(&fresh->mutex);
}

void news_finish(struct news *list, int count)
{
	for (int i = 0; i < count; i++) {
		free(list[i].name);
	}
	free(list);
}

static bool make_room(struct news_list *list, int more)
{
	int capacity = list->capacity ? list->capacity : 64;

	while (capacity < list->count + more) {
		capacity *= 2;
	}
	if (capacity > list->capacity) {
		struct news *longer = reallocarray(list->list, (size_t)capacity, sizeof(*longer));
		if (!longer) {
			return false;
		}
		list->list = longer;
		list->capacity = capacity;
	}
	return true;
}

static void add(struct connection *writer, const struct news *news)
{
	struct fresh *fresh = writer->fresh;

	if (!make_room(&fresh->now, 1)) {
		fresh->failed = true;
		free(news->name);
		return;
	}
	fresh->now.list[fresh->now.count] = *news;
	fresh->now.list[fresh->now.count++].first = fresh->first;
}

void fresh_item(struct connection *writer, unsigned account, unsigned collection,
		const struct item_change *change, unsigned leaves, unsigned month)
{
	if (!writer->fresh || (!change->changes && !leaves)) {
		return;
	}
	struct news news = {
		.kind = NEWS_ITEM,
		.account = account,
		.item = change->row,
		.collection = collection,
		.changes = change->changes,
		.leaves = leaves,
		.state = change->state,
		.was = change->was,
		.month = month,
		.name = strdup(change->name),
	};
	writer->fresh->failed = writer->fresh->failed || !news.name;
	add(writer, &news);
}

/* Documents, which are no item's, are just there. */
static void add_file(struct connection *writer, enum news_kind kind, unsigned account,
		     uint32_t item, uint32_t row, bool shown)
{
	struct news news = {.kind = kind, .account = account, .item = item, .file = row};

	if (writer->fresh && item && row) {
		news.changes = (shown ? FILE_NEWS_SHOWN | FILE_NEWS_LATE : 0) |
			       (writer->fresh->late ? FILE_NEWS_LATE : 0);
		add(writer, &news);
	}
}

void fresh_file(struct connection *writer, unsigned account, uint32_t item, uint32_t row,
		bool shown)
{
	add_file(writer, NEWS_FILE, account, item, row, shown);
}

void fresh_file_gone(struct connection *writer, unsigned account, uint32_t item, uint32_t row)
{
	add_file(writer, NEWS_FILE_GONE, account, item, row, false);
}

void fresh_set_first(struct connection *writer, bool first)
{
	if (writer->fresh) {
		writer->fresh->first = first;
	}
}

void fresh_set_late(struct connection *writer, bool late)
{
	if (writer->fresh) {
		writer->fresh->late = late;
	}
}

int fresh_mark(const struct connection *writer)
{
	return writer->fresh ? writer->fresh->now.count : 0;
}

void fresh_rewind(struct connection *writer, int mark)
{
	while (writer->fresh && writer->fresh->now.count > mark) {
		free(writer->fresh->now.list[--writer->fresh->now.count].name);
	}
}

/* The key of what the news bring, or 0. */
static uint64_t key_of(const struct news *news)
{
	if (news->first) {
		return 0;
	}
	if (news->kind == NEWS_FILE) {
		return file_key(news->file);
	}
	return news->kind == NEWS_ITEM && news->changes & (CHANGE_NEW | CHANGE_STATE)
		       ? item_key(news->item)
		       : 0;
}

static struct untold *find_locked(struct fresh *fresh, uint64_t key)
{
	const uint64_t *place = table_find(&fresh->hidden, key);

	return place ? (struct untold *)(uintptr_t)*place : NULL;
}

static bool hide_locked(struct fresh *fresh, const struct news *news)
{
	uint64_t key = key_of(news);
	struct untold *untold = key ? find_locked(fresh, key) : NULL;

	if (key && !untold) {
		uint64_t *place = table_add(&fresh->hidden, key);
		untold = place ? calloc(1, sizeof(*untold)) : NULL;
		if (!untold) {
			table_remove(&fresh->hidden, key);
			return false;
		}
		*place = (uintptr_t)untold;
	}
	if (key) {
		untold->number = ++fresh->number;
		untold->account = news->account;
		untold->item = news->item;
		if (news->kind == NEWS_FILE && news->changes & FILE_NEWS_SHOWN) {
			untold->shown |= PLACES;
		} else if (news->kind == NEWS_FILE) {
			untold->hidden |= PLACES;
		} else {
			untold->hidden |= news->changes & CHANGE_NEW ? PLACES : PLACE_VIEW;
		}
	}
	return true;
}

int fresh_hide(struct fresh *fresh)
{
	bool good = !fresh->failed;

	if (!fresh->listening) {
		return 0;
	}
	pthread_mutex_lock(&fresh->mutex);
	for (int i = 0; good && i < fresh->now.count; i++) {
		good = hide_locked(fresh, &fresh->now.list[i]);
	}
	if (fresh->log.count == 0 && fresh->log.capacity > LARGE) {
		list_finish(&fresh->log);
	}
	/* Room in the log, so that nothing can fail after the commit. */
	good = good && make_room(&fresh->log, fresh->now.count);
	pthread_mutex_unlock(&fresh->mutex);
	return good ? 0 : -ENOMEM;
}

static void forget_locked(struct fresh *fresh, uint64_t key)
{
	free((void *)(uintptr_t)table_take(&fresh->hidden, key));
	pthread_cond_broadcast(&fresh->told);
}

void fresh_end(struct fresh *fresh, bool committed)
{
	struct news_list *now = &fresh->now;

	if (!fresh->listening) {
		return;
	}
	pthread_mutex_lock(&fresh->mutex);
	if (committed && now->count > 0) {
		memcpy(&fresh->log.list[fresh->log.count], now->list,
		       (size_t)now->count * sizeof(*now->list));
		fresh->log.count += now->count;
		now->count = 0;
	}
	for (int i = 0; i < now->count; i++) {
		uint64_t key = key_of(&now->list[i]);
		if (key) {
			forget_locked(fresh, key);
		}
		free(now->list[i].name);
	}
	pthread_mutex_unlock(&fresh->mutex);
	now->count = 0;
	fresh->failed = false;
	fresh->late = false;
	fresh->first = false;
}

void news_listen(struct store *store)
{
	store->fresh.listening = true;
	store->writer.fresh = &store->fresh;
}

void news_take(struct store *store, struct news **list, int *count)
{
	struct fresh *fresh = &store->fresh;

	*list = NULL;
	*count = 0;
	pthread_mutex_lock(&fresh->mutex);
	size_t bytes = (size_t)fresh->log.count * sizeof(**list);
	/* A copy: the room in the log may be meant for a commit under way. Without memory they wait
	 * for the next time. */
	*list = bytes ? malloc(bytes) : NULL;
	if (*list) {
		memcpy(*list, fresh->log.list, bytes);
		*count = fresh->log.count;
		fresh->log.count = 0;
	}
	pthread_mutex_unlock(&fresh->mutex);
}

static enum showing showing(struct store *store, uint64_t key, enum place place)
{
	struct fresh *fresh = &store->fresh;
	enum showing result = SHOWING;

	if (!fresh->listening) {
		return SHOWING;
	}
	pthread_mutex_lock(&fresh->mutex);
	const struct untold *untold = find_locked(fresh, key);
	if (untold && untold->hidden & place) {
		result = HIDDEN;
	} else if (untold && untold->shown & place) {
		result = SHOWING_UNTOLD;
	}
	pthread_mutex_unlock(&fresh->mutex);
	return result;
}

enum showing news_item_showing(struct store *store, uint32_t row, enum place place)
{
	return showing(store, item_key(row), place);
}

enum showing news_file_showing(struct store *store, uint32_t row, enum place place)
{
	return showing(store, file_key(row), place);
}

/* Not hidden any more; told: nor anything else. */
static void show(struct fresh *fresh, uint64_t key, unsigned places, bool told)
{
	pthread_mutex_lock(&fresh->mutex);
	struct untold *untold = find_locked(fresh, key);
	if (untold) {
		untold->shown |= untold->hidden & places;
		untold->hidden &= ~places;
		untold->shown &= told ? ~places : PLACES;
		if (!untold->hidden && !untold->shown) {
			free((void *)(uintptr_t)table_take(&fresh->hidden, key));
		}
		pthread_cond_broadcast(&fresh->told);
	}
	pthread_mutex_unlock(&fresh->mutex);
}

void news_show_item(struct store *store, uint32_t row, unsigned places)
{
	show(&store->fresh, item_key(row), places, false);
}

void news_show_file(struct store *store, uint32_t row, unsigned places)
{
	show(&store->fresh, file_key(row), places, false);
}

void news_told_item(struct store *store, uint32_t row, unsigned places)
{
	show(&store->fresh, item_key(row), places, true);
}

void news_told_file(struct store *store, uint32_t row, unsigned places)
{
	show(&store->fresh, file_key(row), places, true);
}

/* The newest one that is waited for, or 0: most are told in the order in which they came. */
static uint64_t find_hidden_locked(struct fresh *fresh, unsigned account, uint32_t item,
				   uint64_t last)
{
	uint64_t found = 0;
	uint64_t newest = 0;
	uint64_t key;
	size_t at = 0;

	while (table_next(&fresh->hidden, &at, &key)) {
		const struct untold *untold = find_locked(fresh, key);
		if (untold->account == account && (!item || untold->item == item) &&
		    untold->hidden && untold->number <= last && untold->number > newest) {
			newest = untold->number;
			found = key;
		}
	}
	return found;
}

int news_wait(struct store *store, unsigned account, uint32_t item, struct waiter *waiter)
{
	struct fresh *fresh = &store->fresh;
	int r = 0;

	wait_begin(waiter, &fresh->mutex, &fresh->told);
	uint64_t last = fresh->number;
	uint64_t key = find_hidden_locked(fresh, account, item, last);
	while (key && r == 0) {
		const struct untold *untold = find_locked(fresh, key);
		if (untold && untold->hidden && untold->number <= last) {
			r = wait_sleep(waiter);
		} else {
			key = find_hidden_locked(fresh, account, item, last);
		}
	}
	wait_end(waiter);
	return r;
}
