/* The inside of the view, for the files of this floor. */
#ifndef VIEW_INTERNAL_H
#define VIEW_INTERNAL_H

#include "account/archive.h"
#include "base/buf.h"
#include "base/table.h"
#include "store/journal.h"
#include "store/views.h"
#include "view/events.h"

/* What is open: the first member of what can be. A mount that is ended with files open hears
 * nothing more of them, so the view closes what is left. */
struct opened {
	struct opened *next;
	struct opened *previous;
	void (*close)(struct opened *);
};

/* A text that is too long for memory; see roll.c. */
struct roll;

struct view {
	/* Set at creation; the accounts by their number in the store. */
	struct view_options options;
	struct account *by_number[256];
	int64_t since_ns;

	pthread_mutex_t mutex; /* protects: */
	struct opened *opened;
	struct roll *roll; /* the last one, or NULL */

	struct view_listener listener; /* set before other threads come */
	pthread_mutex_t telling;       /* one tells at a time; protects: */
	struct table lanes;            /* struct lane by item */
	bool listed[256][16];          /* collections that were listed at least once */
};

void opened_add(struct view *view, struct opened *opened, void (*close)(struct opened *));
/* Also for what was never added. */
void opened_remove(struct view *view, struct opened *opened);

/* How long the kernel may keep what it was told: long, since changes are pushed; and shortly, where
 * they are not. */
#define KEPT_SECONDS 3600.0
#define FRESH_SECONDS 1.0

struct account *view_account(const struct view *view, unsigned number);

/* ---- events.c */
/* False while it is hidden in that folder; and the kernel may not keep what is not told yet. */
bool node_is_shown(struct view *view, uint64_t parent, struct node *node);

/* ---- node.c: attributes of what is known. */
uint64_t node_ino(enum address_kind kind, unsigned account, unsigned collection, uint32_t row,
		  unsigned leaf);
void node_folder(struct node *out, uint64_t ino, int64_t mtime_ns);
void node_of_item(struct node *out, unsigned account, unsigned collection, uint32_t row,
		  int64_t changed_ns);
void node_of_file(struct node *out, const struct file *file);
/* The same, of a file of an item, as a line of completed/ has it. */
void node_of_flat_line(struct node *out, unsigned account, const struct flat_line *line);
/* -ENOENT when the leaf does not exist at the moment. */
int node_of_leaf(struct view *view, struct address address, const struct item *item,
		 struct node *out);

/* ---- lanes.c: events that wait. Under `telling`. */
/* Takes ownership; tells it, once it is its turn. */
void lanes_send(struct view *view, uint32_t item, struct event *event);
/* The event of that file, which is sent next, waits until its size is known. */
void lanes_measure(struct view *view, struct account *account, const struct file *file);
void lanes_finish(struct view *view);

/* ---- archive.c: archives as folders beside them, and plain twins. */
/* What is shown beside the file for what is in it; false: nothing. */
bool archive_beside(const struct file *file, char name[NAME_BYTES], struct node *out);
/* Looks up such a name in a folder of the store; -ENOENT. */
int archive_lookup_beside(struct view *view, unsigned account, uint32_t item, uint32_t parent,
			  const char *name, struct node *out);

/* An archive that is looked into, as long as that takes. */
struct archive_visit {
	struct file file;
	struct archive *archive;
	const struct bundle_entry *entry; /* NULL: the archive's folder itself */
	const struct bundle_entry *const *list;
};
/* The following may wait for the archive's directory. */
int archive_visit(struct view *view, struct address address, struct waiter *waiter,
		  struct archive_visit *out);
void archive_visit_end(struct archive_visit *visit);
int archive_lookup_in(struct view *view, struct address folder, const char *name,
		      struct waiter *waiter, struct node *out);
int archive_stat(struct view *view, struct address address, struct waiter *waiter,
		 struct node *out);
/* Begins a visit of a folder: *count entries, for archive_entry(). */
int archive_list(struct view *view, struct address folder, struct waiter *waiter,
		 struct archive_visit *out, size_t *count);
void archive_entry(const struct archive_visit *visit, size_t index, char name[NAME_BYTES],
		   struct node *out);
/* The member's bytes are those of the content from *base on, *size of them. */
int archive_open_content(struct view *view, struct address address, struct waiter *waiter,
			 struct content **out, int64_t *base, int64_t *size);

/* ---- links.c: completed, by-status and by-date. */
/* The folders of an account: the view-th, from VIEW_COMPLETED on; false past the last. */
bool links_folder(struct view *view, unsigned account, enum address_view which, const char **name,
		  struct node *out);
/* The rest takes addresses of kind VIEW. */
/* Waits as a lookup in a collection does. */
int links_look(struct view *view, struct address folder, const char *name, struct waiter *waiter,
	       struct node *out);
int links_stat(struct view *view, struct address address, struct node *out);
/* A folder of that state or month, and the link in it; -ENOENT when its collection is none of the
 * account's any more. */
void links_node_of_folder(struct view *view, struct address folder, struct node *out);
int links_node(struct view *view, struct address folder, const struct linked *item,
	       struct node *out);
/* The collections that the account has, as a mask. */
unsigned links_within(const struct view *view, unsigned account);
/* The state or month that the folder is about. */
unsigned links_key(struct address folder);
struct address links_key_folder(unsigned account, enum address_view which, unsigned key);
/* A link's name, which is the item's where the account has one collection. */
void links_name(const struct view *view, unsigned account, unsigned collection, uint32_t row,
		const char *name, char out[NAME_BYTES]);
const char *links_view_name(enum address_view which);
void links_month_name(unsigned month, char out[NAME_BYTES]);

/* ---- rows.c: entries that are too many to be held, in the order of rows. */
struct rows {
	struct view *view;
	struct address folder;
	/* Those read ahead: the ones after the row `after`. */
	struct entry *entries;
	int count;
	uint32_t after;
	bool filled;
};
/* The first entry after that row, whose row is its `next`: 1, 0 at the end, or an error. */
int rows_entry(struct rows *rows, uint32_t after, struct entry *out);
void rows_finish(struct rows *rows);
/* Whether the folder holds any. */
bool rows_are_in(struct address folder);

/* ---- leaf.c: the small text files. */
struct leaf_info {
	enum leaf leaf;
	const char *name; /* NULL: a record, which the description names */
	mode_t mode;
};
/* The leaves in a folder of that leaf (LEAF_CONTROL, LEAF_ACCOUNT, LEAF_FOLDER with or without a
 * row), in the order they are listed. */
const struct leaf_info *leaves_in(struct address folder, int *count);
/* NULL where there is no such leaf at all. */
const char *leaf_name(const struct leaf_info *info, const struct collection *collection);
/* The name of an item's leaf. */
const char *leaf_name_of(enum leaf leaf, const struct collection *collection);
/* True when it is there; item is NULL but for an item's leaves. */
bool leaf_exists(struct view *view, struct address address, const struct item *item);
/* Its text as it is known now: nothing is asked. */
int leaf_text(struct view *view, struct address address, const struct item *item, struct buf *out);
int64_t leaf_mtime(struct view *view, struct address address, const struct item *item);

/* ---- control.c: texts about the mount. */
void control_metrics(struct view *view, struct buf *out);
int control_history(struct view *view, struct buf *out);
/* A column behind others: text that brings none of its own. */
void control_column(struct buf *out, const char *text);
/* When the trigger was last written; else when the mount began. */
int64_t control_last_ns(struct view *view, struct address address);
int control_trigger(struct view *view, struct address address, struct buf *out);

/* ---- reports.c: lines about files. */
int control_transfers(struct view *view, struct buf *out);
/* A line for each finished file, into that descriptor. */
int control_files(struct view *view, int fd);

/* ---- roll.c: what control_files() wrote, for all who look at the same state of things. */
int roll_get(struct view *view, struct roll **out);
int64_t roll_size(const struct roll *roll);
/* Copies at most length bytes; how many there were. */
size_t roll_read(const struct roll *roll, off_t offset, char *out, size_t length);
/* done: nobody is expected to look again soon. */
void roll_put(struct view *view, struct roll *roll, bool done);

#endif
