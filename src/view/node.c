/* Attributes of what is known, and how long the kernel may keep them. */
#include "view/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

uint64_t node_ino(enum address_kind kind, unsigned account, unsigned collection, uint32_t row,
		  unsigned leaf)
{
	return address_pack((struct address){kind, account, collection, row, leaf});
}

void node_folder(struct node *out, uint64_t ino, int64_t mtime_ns)
{
	*out = (struct node){
		.ino = ino,
		.mode = S_IFDIR | 0755,
		.mtime_ns = mtime_ns,
		.sized = true,
		.name_seconds = KEPT_SECONDS,
		.stat_seconds = KEPT_SECONDS,
	};
}

void node_of_item(struct node *out, unsigned account, unsigned collection, uint32_t row,
		  int64_t changed_ns)
{
	node_folder(out, node_ino(ADDRESS_ITEM, account, collection, row, LEAF_FOLDER), changed_ns);
}

/* Its date is another one whenever an entry comes or goes. */
static void node_of_file_folder(struct node *out, uint64_t ino, const struct file *file)
{
	node_folder(out, ino, file->mtime_ns);
	out->stat_seconds = FRESH_SECONDS;
}

static void node_of_content(struct node *out, uint64_t ino, const struct file *file)
{
	bool sized = file->size >= 0;

	*out = (struct node){
		.ino = ino,
		.mode = S_IFREG | 0444,
		.twice = file->current && file->flat,
		.size = sized ? file->size : 0,
		.mtime_ns = file->mtime_ns,
		.sized = sized,
		.name_seconds = KEPT_SECONDS,
		.stat_seconds = sized ? KEPT_SECONDS : 0,
	};
}

void node_of_file(struct node *out, const struct file *file)
{
	uint64_t ino = node_ino(ADDRESS_FILE, file->account, 0, file->row, LEAF_CONTENT);

	if (file->kind == FILE_FOLDER) {
		node_of_file_folder(out, ino, file);
	} else {
		node_of_content(out, ino, file);
	}
	/* Nobody tells when a document changes. */
	if (file->item == 0) {
		out->name_seconds = FRESH_SECONDS;
		out->stat_seconds = FRESH_SECONDS;
	}
}

void node_of_flat_line(struct node *out, unsigned account, const struct flat_line *line)
{
	struct file file = {
		.size = line->size,
		.mtime_ns = line->mtime_ns,
		.flat = (char *)line->name,
		.current = true,
	};

	node_of_content(out, node_ino(ADDRESS_FILE, account, 0, line->row, LEAF_CONTENT), &file);
}

/* How long its text is now. */
static int measure(struct view *view, struct address address, const struct item *item,
		   int64_t *size)
{
	struct buf text = {0};
	struct roll *roll = NULL;
	int r;

	if (address.leaf == LEAF_FILES) {
		/* On a full disk there is none, and who opens it hears so. */
		if (roll_get(view, &roll) == 0) {
			*size = roll_size(roll);
			roll_put(view, roll, false);
		}
		return 0;
	}
	r = leaf_text(view, address, item, &text);
	*size = (int64_t)text.length;
	buf_finish(&text);
	return r;
}

int node_of_leaf(struct view *view, struct address address, const struct item *item,
		 struct node *out)
{
	struct address folder = address;
	const struct leaf_info *info = NULL;
	int count = 0;

	/* The leaf's folder has the same account, collection and row. */
	folder.leaf = address.kind == ADDRESS_ITEM ? LEAF_FOLDER
		      : address.account            ? LEAF_ACCOUNT
						   : LEAF_CONTROL;
	info = leaves_in(folder, &count);
	while (count > 0 && info->leaf != (enum leaf)address.leaf) {
		info++;
		count--;
	}
	if (count == 0 || !leaf_exists(view, address, item)) {
		return -ENOENT;
	}
	int64_t size = 0;
	int r = measure(view, address, item, &size);
	*out = (struct node){
		.ino = address_pack(address),
		.mode = info->mode,
		.size = size,
		.mtime_ns = leaf_mtime(view, address, item),
		.sized = true,
		.live = true,
	};
	return r;
}
