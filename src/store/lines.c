/* All finished files, some at a time: for who tells of them all; see items.h. */
#include <stdlib.h>

#include "store/files.h"
#include "store/pool.h"

static void read_line(struct query *q, struct file_line *out)
{
	*out = (struct file_line){
		.row = (uint32_t)query_int(q, 0),
		.account = (unsigned)query_int(q, 1),
		.collection = (unsigned)query_int(q, 2),
		.parent = (uint32_t)query_int(q, 3),
		.size = query_has(q, 6) ? query_int(q, 6) : -1,
		.mtime_ns = query_int(q, 7),
		.etag = query_copy(q, 8),
		.sha256 = query_copy(q, 9),
		.host = query_copy(q, 10),
	};
	query_name(q, 4, out->item);
	query_name(q, 5, out->name);
}

int file_lines(struct store *store, uint32_t after_row, struct file_line *lines, int max)
{
	struct query q = read_begin(store, SQL_FILE_LINES);
	int count = 0;

	query_add_int(&q, after_row);
	query_add_int(&q, max);
	while (count < max && query_next(&q)) {
		read_line(&q, &lines[count++]);
	}
	int r = read_end(store, &q);
	if (r < 0) {
		file_lines_finish(lines, count);
	}
	return r < 0 ? r : count;
}

void file_lines_finish(struct file_line *lines, int count)
{
	for (int i = 0; i < count; i++) {
		free(lines[i].etag);
		free(lines[i].sha256);
		free(lines[i].host);
		lines[i].etag = lines[i].sha256 = lines[i].host = NULL;
	}
}
