/* An archive's packed bytes, read by the libraries that unpack; see unpack.h. */
#include <errno.h>
#include <unistd.h>

#include "account/unpack.h"
#include "base/clock.h"

enum { PIECE_BYTES = 1024 * 1024 };

static void wait_longer(struct supply *s)
{
	if (s->patience_ms) {
		s->waiter->deadline_ms = clock_ms() + s->patience_ms;
	}
}

static int fail(struct supply *s, int r)
{
	s->err = r;
	return r;
}

static ssize_t read_piece(struct supply *s, int64_t offset, char *out, size_t length)
{
	size_t done = 0;

	wait_longer(s);
	ssize_t n = content_read(s->content, offset, length, s->waiter, &s->why);
	if (n <= 0) {
		return n < 0 ? fail(s, (int)n) : 0;
	}
	while (done < (size_t)n) {
		ssize_t got = pread(content_fd(s->content), out + done, (size_t)n - done,
				    offset + (int64_t)done);
		if (got <= 0) {
			break;
		}
		done += (size_t)got;
	}
	content_done(s->content, offset, (size_t)n);
	return done == (size_t)n ? n : fail(s, -EIO);
}

static ssize_t serve(void *context, int64_t offset, void *out, size_t length)
{
	struct supply *s = context;
	size_t done = 0;
	ssize_t n = 1;

	while (done < length && n > 0) {
		size_t piece = length - done < PIECE_BYTES ? length - done : PIECE_BYTES;
		n = read_piece(s, offset + (int64_t)done, (char *)out + done, piece);
		done += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? n : (ssize_t)done;
}

int supply_begin(struct supply *s, struct archive *archive, struct waiter *waiter)
{
	*s = (struct supply){.archive = archive, .waiter = waiter};
	s->source = (struct bundle_source){archive->file.size, serve, s};
	int r = content_open(archive->account, &archive->file, &s->content);

	if (r == 0) {
		pthread_mutex_lock(&s->content->mutex);
		s->content->is_packed = true;
		pthread_mutex_unlock(&s->content->mutex);
	}
	return r;
}

int supply_fetch(struct supply *s, int64_t offset, int64_t length)
{
	wait_longer(s);
	ssize_t n = content_read(s->content, offset, (size_t)length, s->waiter, &s->why);

	if (n > 0) {
		content_done(s->content, offset, (size_t)n);
	}
	return n < 0 ? fail(s, (int)n) : 0;
}

int supply_end(struct supply *s, int r, struct problem *why)
{
	struct archive *archive = s->archive;
	struct content *last = s->content;

	/* At hand for the next job, unless it failed: then all it has to give is its room. */
	if (last && s->err == 0) {
		pthread_mutex_lock(&archive->mutex);
		last = archive->packed;
		archive->packed = s->content;
		pthread_mutex_unlock(&archive->mutex);
	}
	if (last) {
		content_close(last);
	}
	if (r < 0 && r == s->err && s->why.words) {
		problem_set(why, r, "%s", s->why.words);
	}
	problem_finish(&s->why);
	return r;
}
