/* What the contents of a mount tell about themselves; see content.h. */
#include <errno.h>
#include <stdlib.h>

#include "account/contents.h"
#include "base/clock.h"

static bool has_spool(struct content *c)
{
	pthread_mutex_lock(&c->mutex);
	bool has = c->spool && (c->archive || c->file.kind != FILE_KEPT);
	pthread_mutex_unlock(&c->mutex);
	return has;
}

void contents_usage(struct contents *table, int64_t *bytes, int *count)
{
	*bytes = atomic_load(&table->bytes);
	*count = 0;
	pthread_mutex_lock(&table->mutex);
	for (struct content *c = table->list; c; c = c->next) {
		*count += has_spool(c);
	}
	pthread_mutex_unlock(&table->mutex);
}

static void fill_report(struct content *c, struct content_report *out)
{
	pthread_mutex_lock(&c->mutex);
	int64_t ms = c->born_ms ? clock_ms() - c->born_ms : 0;
	*out = (struct content_report){
		.account = c->file.account,
		.item = c->file.item,
		.row = c->file.row,
		.there = spool_bytes(c->spool),
		.total = c->file.size,
		.rate = ms > 0 ? c->received * 1000 / ms : 0,
		.streams = c->stream_count,
		.handles = c->handles,
		.wanted = c->pinned > 0 && !c->complete,
		.complete = c->complete,
	};
	pthread_mutex_unlock(&c->mutex);
}

int contents_report(struct contents *table, struct content_report **list, int *count)
{
	int most = 0;

	*count = 0;
	pthread_mutex_lock(&table->mutex);
	for (const struct content *c = table->list; c; c = c->next) {
		most++;
	}
	*list = calloc((size_t)most + 1, sizeof(**list));
	for (struct content *c = table->list; *list && c; c = c->next) {
		if (!c->archive && has_spool(c)) {
			fill_report(c, &(*list)[(*count)++]);
		}
	}
	pthread_mutex_unlock(&table->mutex);
	return *list ? 0 : -ENOMEM;
}
