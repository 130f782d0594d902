/* The tree that a person sees: from addresses and names to attributes, listings and text.
 *
 * Functions with a waiter may wait for the network, as the contract allows: view_lookup only in
 * a collection that was never listed, view_open_folder likewise, view_stat for a size
 * that is not known, view_open for a live file, view_read for content, view_write for a
 * command. Everything else answers from the store. Any thread. */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "account/account.h"
#include "account/content.h"
#include "base/name.h"
#include "orderfs/address.h"

struct view;

struct view_options {
	struct store *store;
	struct contents *contents;
	struct account **accounts; /* in the order of the configuration */
	int account_count;
};
int view_create(const struct view_options *options, struct view **out);
/* Closes what is still open. */
void view_destroy(struct view *view);

/* What the kernel is told about one name. */
struct node {
	uint64_t ino;
	mode_t mode; /* type and permissions */
	bool twice;  /* a file with a second name, in `completed` */
	int64_t size;
	int64_t mtime_ns;
	bool sized;          /* false: size is not known yet, and stat has to be asked */
	bool live;           /* text made when it is opened: nothing of it may be cached */
	double name_seconds; /* how long the name may be kept */
	double stat_seconds; /* how long size and times may be kept */
};

int view_lookup(struct view *view, uint64_t parent, const char *name, struct waiter *waiter,
		struct node *out);
int view_stat(struct view *view, uint64_t ino, struct waiter *waiter, struct node *out);
/* Where a link leads. */
int view_read_link(struct view *view, uint64_t ino, struct buf *out);

/* An open folder. */
struct folder;
struct entry {
	char name[NAME_BYTES];
	struct node node;
	off_t next; /* where the listing goes on after this entry */
};
int view_open_folder(struct view *view, uint64_t ino, struct waiter *waiter, struct folder **out);
/* The entry at that offset (0 at first, then an entry's next): 1, 0 at the end, or an error. */
int folder_entry(struct folder *folder, off_t offset, struct entry *out);
void folder_close(struct folder *folder);

/* An open file. */
struct handle;
int view_open(struct view *view, uint64_t ino, bool reading, bool writing, struct waiter *waiter,
	      struct handle **out);
/* It has its bytes since it was opened; false for content, which comes from a descriptor. */
bool handle_is_text(const struct handle *handle);
/* They were made for it alone; false for files, which never change under their address. */
bool handle_is_live(const struct handle *handle);
/* Bytes of a file, at that offset of the descriptor, until piece_done(). */
struct piece {
	int fd;
	off_t offset;
	size_t length;
	struct content *content;
};
/* Content at an offset: its length; out is only set when that is more than 0. */
ssize_t handle_content(struct handle *handle, off_t offset, size_t length, struct waiter *waiter,
		       struct piece *out);
/* When its bytes were read, or not: until then they stay. The handle may be closed by then. */
void piece_done(const struct piece *piece);
/* Whether the word of a status is another one than was last read; true when the item is gone. */
bool handle_has_news(struct handle *handle);
/* Before a status is read from its start: the text is what is known now. */
int handle_renew(struct handle *handle);
/* Copies at most length bytes of text at an offset; returns how many there were. */
size_t handle_text(struct handle *handle, off_t offset, char *out, size_t length);
/* One command. Returns 0 when all of it was carried out. */
int handle_write(struct handle *handle, const char *data, size_t length, off_t offset,
		 struct waiter *waiter);
void handle_close(struct handle *handle);

struct view_totals {
	uint64_t files;
	uint64_t bytes;
};
int view_totals(struct view *view, struct view_totals *out);

#endif
