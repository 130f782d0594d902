/* What to fetch next, and what to give up: the arithmetic of a content. All of it under the content's
 * mutex.
 *
 *	there ████████████──stream──>          ████ range      ████ range
 *	                ^ mark, run                ^ mark
 *
 * A reader leaves a mark that moves along with it. One who began at the start of the file, or has
 * read on for a while, gets a stream to the end; one who came from nowhere gets the little that
 * was asked for, and more each time it reads on. When room is short, streams stop a little ahead
 * of the marks, and what lies behind them goes. */
#include <stdlib.h>

#include "account/contents.h"
#include "base/clock.h"

enum {
	SMALL_BYTES = 1024 * 1024,  /* a file of that size is fetched whole */
	STEADY_BYTES = 2048 * 1024, /* who read so much goes on to the end */
	LOOK_BYTES = 1024 * 1024,   /* who read less took a look */
	BEHIND_BYTES = 2048 * 1024, /* what readers keep behind them */
	GATHERED_BYTES = 512 * 1024,
	OVER_BYTES = 2 * LEAD_BYTES, /* so much too much and less is spared */
};

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool is_near(const struct mark *mark, int64_t offset)
{
	return mark->run > 0 && offset >= mark->end - BLUR_BYTES &&
	       offset <= mark->end + BLUR_BYTES;
}

/* The mark of the reader at offset, or NULL. */
static struct mark *find_mark(struct content *c, int64_t offset)
{
	struct mark *found = NULL;

	for (int i = 0; i < MARKS; i++) {
		struct mark *mark = &c->marks[i];
		if (is_near(mark, offset) && (!found || mark->run > found->run)) {
			found = mark;
		}
	}
	return found;
}

void window_note_locked(struct content *c, int64_t offset, int64_t end)
{
	struct mark *mark = find_mark(c, offset);

	if (!mark) {
		mark = &c->marks[0];
		for (int i = 1; i < MARKS; i++) {
			mark = c->marks[i].used_ms < mark->used_ms ? &c->marks[i] : mark;
		}
		*mark = (struct mark){.start = offset, .end = end};
	}
	mark->end = most(mark->end, end);
	mark->run += end - offset;
	mark->used_ms = clock_ms();
}

void window_pin_locked(struct content *c, int64_t offset, int64_t end)
{
	c->pinned++;
	for (int i = 0; i < PINS; i++) {
		if (c->pins[i].end == 0) {
			c->pins[i] = (struct pin){offset, end};
			return;
		}
	}
	c->unpinned++;
}

void window_unpin_locked(struct content *c, int64_t offset, int64_t end)
{
	c->pinned--;
	for (int i = 0; i < PINS; i++) {
		if (c->pins[i].start == offset && c->pins[i].end == end) {
			c->pins[i] = (struct pin){0};
			return;
		}
	}
	c->unpinned -= c->unpinned > 0;
}

/* The mark the stream serves: the nearest that is not ahead of it, or a little at most. */
static const struct mark *find_served(const struct content *c, const struct stream *s)
{
	const struct mark *found = NULL;

	for (int i = 0; i < MARKS; i++) {
		const struct mark *mark = &c->marks[i];
		if (mark->run > 0 && mark->end >= s->from && mark->start <= s->at &&
		    (!found || mark->end > found->end)) {
			found = mark;
		}
	}
	return found;
}

/* Somebody waits for what comes next, or later. */
static bool is_wanted(const struct content *c, const struct stream *s)
{
	for (int i = 0; i < PINS; i++) {
		if (c->pins[i].end > s->at && c->pins[i].start < s->stop) {
			return true;
		}
	}
	return false;
}

/* Holds it when it is more than that far ahead. */
static bool is_ahead(const struct content *c, const struct stream *s, int64_t lead)
{
	const struct mark *mark = find_served(c, s);

	/* Only its end tells its length. */
	if (c->file.size < 0 || c->keep_going) {
		return false;
	}
	if (is_wanted(c, s)) {
		return false;
	}
	if (s->at - (mark ? mark->end : s->from) <= lead) {
		return false;
	}
	bool looks = !mark || mark->run < LOOK_BYTES;
	bool spares = c->is_packed || contents_are_full(c->table);
	return (looks && !c->no_ranges) || (spares && !content_is_kept(c));
}

bool window_holds_locked(struct content *c, const struct stream *s)
{
	return is_ahead(c, s, LEAD_BYTES);
}

bool window_leads_locked(const struct content *c, const struct stream *s)
{
	const struct mark *mark = find_served(c, s);

	return !is_wanted(c, s) && s->at - (mark ? mark->end : s->from) > LEAD_BYTES;
}

static void resume(struct stream *s)
{
	s->held = false;
	s->moved_ms = clock_ms();
	if (s->waiter) {
		spool_tell(s->content->spool);
	} else {
		http_resume(s->job);
	}
}

void window_resume_locked(struct content *c)
{
	for (struct stream *s = c->streams; s; s = s->next) {
		bool stays = s->waiter ? window_leads_locked(c, s) : is_ahead(c, s, LEAD_BYTES / 2);
		if (s->held && !stays) {
			resume(s);
		}
	}
}

struct stream *window_find_coming_locked(struct content *c, int64_t offset)
{
	for (struct stream *s = c->streams; s; s = s->next) {
		/* What it has gathered is neither on disk nor to come. */
		int64_t first = most(s->from, s->at - GATHERED_BYTES);
		bool is_soon = offset - s->at <= NEAR_BYTES || c->no_ranges || c->file.size < 0;
		if (offset >= first && offset < s->stop && is_soon) {
			return s;
		}
	}
	return NULL;
}

/* All places are taken: of those that unpack and wait for readers, the oldest goes, one at a time. */
static void make_way(struct content *c)
{
	struct stream *oldest = NULL;

	for (struct stream *s = c->streams; s; s = s->next) {
		if (s->leaves) {
			return;
		}
		if (s->waiter && s->held && !is_wanted(c, s)) {
			oldest = s; /* new ones come first */
		}
	}
	if (oldest) {
		oldest->leaves = true;
		waiter_interrupt(oldest->waiter);
	}
}

static int64_t align_down(int64_t offset)
{
	return offset / UNIT_BYTES * UNIT_BYTES;
}

/* How far the reader at offset gets with one request. */
static int64_t find_stop(struct content *c, int64_t from, int64_t offset, int64_t end)
{
	const struct mark *mark = find_mark(c, offset);
	int64_t run = mark ? mark->run : 0;
	int64_t size = c->file.size;
	int64_t before = 0;
	int64_t gap_end = size;

	if (size <= SMALL_BYTES || (mark && mark->start == 0) || run >= STEADY_BYTES) {
		/* Small pieces on the way are fetched again rather than gone around. */
		spool_gap(c->spool, offset, BLUR_BYTES, &before, &gap_end);
		return least(c->until >= end ? c->until : size, gap_end);
	}
	/* Twice what it read already, so that few requests do for one who reads on. */
	int64_t stop = most(end, from + (run > UNIT_BYTES ? 3 * run : 0));
	stop = align_down(stop + UNIT_BYTES - 1);
	spool_gap(c->spool, offset, 1, &before, &gap_end);
	return least(least(size, stop), gap_end);
}

bool window_plan_locked(struct content *c, int64_t offset, int64_t end, struct range *out)
{
	struct stream *s = window_find_coming_locked(c, offset);
	int64_t after = 0;

	if (s) {
		if (s->held) {
			resume(s);
		}
		return false;
	}
	if (c->stream_count >= STREAMS) {
		make_way(c);
		return false;
	}
	if (c->no_ranges || c->file.size < 0) {
		*out = (struct range){0, c->file.size < 0 ? INT64_MAX : c->file.size};
		return true;
	}
	spool_gap(c->spool, offset, 1, &out->from, &after);
	out->from = most(out->from, align_down(offset));
	out->stop = find_stop(c, out->from, offset, end);
	for (s = c->streams; s; s = s->next) {
		if (s->from > offset) {
			out->stop = least(out->stop, s->from);
		} else if (s->at <= offset) {
			out->from = most(out->from, s->at);
		}
	}
	/* A stream that would come by here later ends where this one begins, unless that is little. */
	for (s = c->streams; s && out->stop - out->from > 2 * NEAR_BYTES; s = s->next) {
		if (s->at <= out->from && s->stop > out->from) {
			s->stop = out->from;
		}
	}
	return true;
}

static int compare_pins(const void *a, const void *b)
{
	const struct pin *x = a;
	const struct pin *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Everything that is in use, in order; with all that came ahead of its reader, or only the streams'
 * own. */
static int list_used(const struct content *c, bool ahead, struct pin *used)
{
	int count = 0;

	for (int i = 0; i < PINS; i++) {
		if (c->pins[i].end > 0) {
			used[count++] = c->pins[i];
		}
	}
	for (int i = 0; i < MARKS; i++) {
		const struct mark *mark = &c->marks[i];
		if (mark->run > 0) {
			used[count++] = (struct pin){mark->end - BEHIND_BYTES,
						     mark->end + 2 * LEAD_BYTES};
		}
	}
	for (const struct stream *s = c->streams; s; s = s->next) {
		const struct mark *mark = ahead ? find_served(c, s) : NULL;
		int64_t gathered = s->at - GATHERED_BYTES;
		used[count++] = (struct pin){mark ? least(mark->end, gathered) : gathered,
					     s->at + GATHERED_BYTES};
	}
	qsort(used, (size_t)count, sizeof(*used), compare_pins);
	return count;
}

static void punch_unused(struct content *c, bool ahead)
{
	struct pin used[PINS + MARKS + STREAMS];
	int64_t at = 0;

	int count = list_used(c, ahead, used);
	for (int i = 0; i < count && contents_are_full(c->table); i++) {
		if (used[i].start > at) {
			spool_punch(c->spool, at, used[i].start);
		}
		at = most(at, used[i].end);
	}
	if (at < c->file.size && contents_are_full(c->table)) {
		spool_punch(c->spool, at, c->file.size);
	}
}

/* What came ahead of a slow reader would have to be fetched again. It goes only where a stream could
 * not be held, since somebody waits further on. */
void window_shrink_locked(struct content *c)
{
	if (!c->spool || c->unpinned > 0 || c->file.size < 0 || content_is_kept(c)) {
		return;
	}
	c->complete = false;
	punch_unused(c, true);
	if (atomic_load(&c->table->bytes) > c->table->most_bytes + OVER_BYTES) {
		punch_unused(c, false);
	}
}
