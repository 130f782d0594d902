/* Lines about files, for scripts: all that are finished, and what is being downloaded. Columns are
 * separated by tabs; `-` stands for what is not known. No address is among them, but for its host:
 * it may hold a signature. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "view/internal.h"

enum { BATCH = 256, PIECE_BYTES = 64 * 1024, FOLDERS_DEEP = 32 };

/* The folders inside an item that lead to the last file: most files lie side by side. */
struct folders {
	uint32_t row;
	struct buf text; /* each with its slash */
};

/* The names down to the folder of that row. */
static int add_folders(struct view *view, uint32_t row, int depth, struct buf *out)
{
	struct file folder = {0};
	int r;

	if (row == 0 || depth == 0) {
		return 0;
	}
	r = file_by_row(view->options.store, row, &folder);
	if (r == 0) {
		r = add_folders(view, folder.parent, depth - 1, out);
	}
	if (r == 0) {
		buf_printf(out, "%s/", folder.name);
	}
	file_finish(&folder);
	return r;
}

static int find_folders(struct view *view, struct folders *folders, uint32_t row)
{
	if (folders->row == row) {
		return 0;
	}
	buf_clear(&folders->text);
	folders->row = row;
	return add_folders(view, row, FOLDERS_DEEP, &folders->text);
}

/* False for what the mount does not show: an account or a collection that was taken out. */
static bool add_item(struct view *view, unsigned account, unsigned collection, const char *item,
		     struct buf *out)
{
	const struct account *shown = view_account(view, account);
	const struct collection *spec = shown ? account_collection(shown, collection) : NULL;

	if (spec) {
		buf_printf(out, "%s/%s/%s/", account_name(shown), spec->name, item);
	}
	return spec != NULL;
}

static void add_text(struct buf *out, const char *text)
{
	control_column(out, text && *text ? text : "-");
}

static void add_size(struct buf *out, int64_t size)
{
	if (size < 0) {
		buf_puts(out, "\t-");
	} else {
		buf_printf(out, "\t%" PRId64, size);
	}
}

static int add_file(struct view *view, struct folders *folders, const struct file_line *line,
		    struct buf *out)
{
	char when[CLOCK_TEXT_BYTES];
	int r = find_folders(view, folders, line->parent);

	if (r == -ENOENT) {
		return 0; /* gone meanwhile */
	}
	if (r < 0 || !add_item(view, line->account, line->collection, line->item, out)) {
		return r;
	}
	buf_printf(out, "%s%s", folders->row ? folders->text.data : "", line->name);
	add_size(out, line->size);
	control_column(out, clock_print(line->mtime_ns, when));
	add_text(out, line->etag);
	add_text(out, line->sha256);
	add_text(out, line->host);
	buf_putc(out, '\n');
	return 0;
}

static int flush(struct buf *piece, int fd)
{
	size_t at = 0;

	if (buf_status(piece) < 0) {
		return -ENOMEM;
	}
	while (at < piece->length) {
		ssize_t n = write(fd, piece->data + at, piece->length - at);
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	buf_clear(piece);
	return 0;
}

/* The next lines; how many, 0 at the end. */
static int add_batch(struct view *view, struct folders *folders, struct file_line *lines,
		     uint32_t *row, struct buf *piece)
{
	int count = file_lines(view->options.store, *row, lines, BATCH);
	int r = 0;

	for (int i = 0; i < count && r == 0; i++) {
		*row = lines[i].row;
		r = add_file(view, folders, &lines[i], piece);
	}
	if (count > 0) {
		file_lines_finish(lines, count);
	}
	return r < 0 ? r : count;
}

int control_files(struct view *view, int fd)
{
	auto_free struct file_line *lines = calloc(BATCH, sizeof(*lines));
	auto_finish(buf_finish) struct buf piece = {0};
	struct folders folders = {0};
	uint32_t row = 0;
	int r = lines ? 1 : -ENOMEM;

	while (r > 0) {
		r = add_batch(view, &folders, lines, &row, &piece);
		if (r >= 0 && (r == 0 || piece.length >= PIECE_BYTES)) {
			int written = flush(&piece, fd);
			r = written < 0 ? written : r;
		}
	}
	buf_finish(&folders.text);
	return r;
}

static int add_transfer(struct view *view, const struct content_report *report, struct buf *out)
{
	struct item item = {0};
	struct file file = {0};
	int r = file_by_row(view->options.store, report->row, &file);

	if (r == 0) {
		r = item_by_row(view->options.store, file.item, &item);
	}
	if (r == 0 && add_item(view, file.account, item.collection, item.name, out)) {
		add_folders(view, file.parent, FOLDERS_DEEP, out);
		buf_puts(out, file.name);
		add_size(out, report->there);
		add_size(out, report->total);
		add_size(out, report->rate);
		buf_printf(out, "\t%d\n", report->handles);
	}
	file_finish(&file);
	item_finish(&item);
	return r == -ENOENT ? 0 : r;
}

int control_transfers(struct view *view, struct buf *out)
{
	struct content_report *list = NULL;
	int count = 0;
	int r = contents_report(view->options.contents, &list, &count);

	for (int i = 0; i < count && r == 0; i++) {
		/* Between two tries none may be under way. */
		if (list[i].streams > 0 || list[i].wanted) {
			r = add_transfer(view, &list[i], out);
		}
	}
	free(list);
	return r < 0 ? r : buf_status(out);
}
