/* Listings. An offset says where the listing goes on, whatever happened in between: the place
 * among the fixed names first, then, where entries have rows, the row of the one before. */
#include "view/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

enum { FIRST_ROW_OFFSET = 64 };

/* A name that is there whatever the store says of items. */
struct fixed {
	char name[NAME_BYTES];
	struct node node;
};

struct folder {
	struct opened opened;
	struct view *view;
	struct address address;
	struct fixed *fixed;
	int fixed_count;
	int fixed_capacity;
	struct rows rows; /* what follows them */
	/* Of an archive. */
	struct archive_visit visit;
	size_t entry_count;
};

static int add_fixed(struct folder *folder, const char *name, const struct node *node)
{
	if (folder->fixed_count == folder->fixed_capacity) {
		int capacity = folder->fixed_capacity ? 2 * folder->fixed_capacity : 8;
		struct fixed *grown = reallocarray(folder->fixed, (size_t)capacity, sizeof(*grown));
		if (!grown) {
			return -ENOMEM;
		}
		folder->fixed = grown;
		folder->fixed_capacity = capacity;
	}
	struct fixed *fixed = &folder->fixed[folder->fixed_count++];
	snprintf(fixed->name, sizeof(fixed->name), "%s", name);
	fixed->node = *node;
	return 0;
}

static int add_leaves(struct folder *folder, const struct item *item)
{
	const struct account *account = view_account(folder->view, folder->address.account);
	const struct collection *collection =
		account ? account_collection(account, folder->address.collection) : NULL;
	int count = 0;
	const struct leaf_info *info = leaves_in(folder->address, &count);
	int r = 0;

	for (int i = 0; i < count && r == 0; i++) {
		struct address address = folder->address;
		struct node node;
		address.leaf = info[i].leaf;
		r = node_of_leaf(folder->view, address, item, &node);
		if (r == 0) {
			r = add_fixed(folder, leaf_name(&info[i], collection), &node);
		} else if (r == -ENOENT) {
			r = 0; /* not there at the moment */
		}
	}
	return r;
}

/* Accounts; .orderfs is reached by name alone, so that no copy of the mount takes it. */
static int fill_root(struct folder *folder)
{
	struct view *view = folder->view;
	int r = 0;

	for (int i = 0; i < view->options.account_count && r == 0; i++) {
		const struct account *account = view->options.accounts[i];
		struct node node;
		node_folder(&node,
			    node_ino(ADDRESS_CTRL, account_number(account), 0, 0, LEAF_ACCOUNT),
			    view->since_ns);
		r = add_fixed(folder, account_name(account), &node);
	}
	return r;
}

static bool has_name(const struct folder *folder, int count, const char *name)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(folder->fixed[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Files of the store, after what is there already: a name stands for what a lookup finds first. */
static int add_files(struct folder *folder, uint32_t item, uint32_t parent)
{
	struct file *files = NULL;
	int count = 0;
	int others = folder->fixed_count;
	int r = files_in(folder->view->options.store, folder->address.account, item, parent, &files,
			 &count);

	for (int i = 0; i < count && r == 0; i++) {
		struct node node;
		node_of_file(&node, &files[i]);
		if (node_is_shown(folder->view, address_pack(folder->address), &node) &&
		    !has_name(folder, others, files[i].name)) {
			r = add_fixed(folder, files[i].name, &node);
		}
	}
	for (int i = 0; i < count && r == 0; i++) {
		struct node node;
		char beside[NAME_BYTES];
		if (archive_beside(&files[i], beside, &node) &&
		    node_is_shown(folder->view, address_pack(folder->address), &node) &&
		    !has_name(folder, folder->fixed_count, beside)) {
			r = add_fixed(folder, beside, &node);
		}
	}
	files_finish(files, count);
	return r;
}

static int fill_account(struct folder *folder)
{
	const struct account *account = view_account(folder->view, folder->address.account);
	int r = add_leaves(folder, NULL);
	const char *name;
	struct node shown;
	unsigned number;

	for (enum address_view which = VIEW_COMPLETED;
	     r == 0 && links_folder(folder->view, folder->address.account, which, &name, &shown);
	     which++) {
		r = add_fixed(folder, name, &shown);
	}
	for (int i = 0; r == 0 && (number = account_collection_number(account, i)); i++) {
		struct node node;
		node_of_item(&node, folder->address.account, number, 0, folder->view->since_ns);
		r = add_fixed(folder, account_collection(account, number)->name, &node);
	}
	return r < 0 ? r : add_files(folder, 0, 0);
}

static int fill_item(struct folder *folder)
{
	struct item item = {0};

	int r = item_by_row(folder->view->options.store, folder->address.row, &item);
	if (r == 0) {
		r = add_leaves(folder, &item);
	}
	if (r == 0) {
		r = add_files(folder, item.row, 0);
	}
	item_finish(&item);
	return r;
}

static int fill_file_folder(struct folder *folder)
{
	struct file file = {0};

	int r = file_by_row(folder->view->options.store, folder->address.row, &file);
	if (r == 0 && !file.current) {
		r = -ENOENT;
	} else if (r == 0 && file.kind != FILE_FOLDER) {
		r = -ENOTDIR;
	}
	if (r == 0) {
		r = add_files(folder, file.item, file.row);
	}
	file_finish(&file);
	return r;
}

/* A collection is shown once the API has said what is in it. Where it cannot be asked, what is
 * known is shown; where nothing is known, that is an error and no empty folder. */
static int demand_listed(struct folder *folder, unsigned collection, struct waiter *waiter)
{
	struct account *account = view_account(folder->view, folder->address.account);
	struct problem why = {0};
	struct item_line first;

	int r = account_list_first(account, collection, waiter, &why);
	if (r < 0 && r != -EINTR &&
	    items_list(folder->view->options.store, folder->address.account, collection, 0, &first,
		       1) == 1) {
		r = 0;
	}
	if (r < 0) {
		log_debug("%s: %s", account_name(account), problem_words(&why, r));
	}
	problem_finish(&why);
	return r;
}

static int fill_collection(struct folder *folder, struct waiter *waiter)
{
	int r = demand_listed(folder, folder->address.collection, waiter);

	return r < 0 ? r : add_leaves(folder, NULL);
}

/* What is in the collections is in here. */
static int fill_view(struct folder *folder, struct waiter *waiter)
{
	struct account *account = view_account(folder->view, folder->address.account);
	int r = rows_are_in(folder->address) ? 0 : -ENOTDIR;
	unsigned number;

	for (int i = 0; r == 0 && (number = account_collection_number(account, i)); i++) {
		r = demand_listed(folder, number, waiter);
	}
	return r;
}

static int fill(struct folder *folder, struct waiter *waiter)
{
	struct address a = folder->address;

	if (a.account && !view_account(folder->view, a.account)) {
		return -ENOENT;
	}
	if (a.kind == ADDRESS_CTRL && a.leaf == LEAF_ROOT) {
		return fill_root(folder);
	}
	if (a.kind == ADDRESS_CTRL && a.leaf == LEAF_ACCOUNT) {
		return fill_account(folder);
	}
	if (a.kind == ADDRESS_CTRL && a.leaf == LEAF_CONTROL) {
		return add_leaves(folder, NULL);
	}
	if (a.kind == ADDRESS_ITEM && a.leaf == LEAF_FOLDER) {
		return a.row ? fill_item(folder) : fill_collection(folder, waiter);
	}
	if (a.kind == ADDRESS_FILE) {
		return fill_file_folder(folder);
	}
	if (a.kind == ADDRESS_ENTRY) {
		return archive_list(folder->view, a, waiter, &folder->visit, &folder->entry_count);
	}
	if (a.kind == ADDRESS_VIEW) {
		return fill_view(folder, waiter);
	}
	return -ENOTDIR;
}

static void close_opened(struct opened *opened)
{
	folder_close((struct folder *)opened);
}

int view_open_folder(struct view *view, uint64_t ino, struct waiter *waiter, struct folder **out)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	if (!folder) {
		return -ENOMEM;
	}
	folder->view = view;
	folder->address = address_unpack(ino);
	folder->rows = (struct rows){.view = view, .folder = folder->address};
	int r = fill(folder, waiter);
	if (r < 0) {
		folder_close(folder);
		return r;
	}
	opened_add(view, &folder->opened, close_opened);
	*out = folder;
	return 0;
}

int folder_entry(struct folder *folder, off_t offset, struct entry *out)
{
	/* Offsets 0 and 1 are the folder itself and the one above. */
	if (offset < 2) {
		strcpy(out->name, offset == 0 ? "." : "..");
		node_folder(&out->node, address_pack(folder->address), folder->view->since_ns);
		out->next = offset + 1;
		return 1;
	}
	if (offset - 2 < folder->fixed_count) {
		const struct fixed *fixed = &folder->fixed[offset - 2];
		strcpy(out->name, fixed->name);
		out->node = fixed->node;
		out->next = offset + 1;
		return 1;
	}
	if (folder->visit.archive && (size_t)offset - 2 < folder->entry_count) {
		archive_entry(&folder->visit, (size_t)offset - 2, out->name, &out->node);
		out->next = offset + 1;
		return 1;
	}
	if (!rows_are_in(folder->address)) {
		return 0;
	}
	int r = rows_entry(&folder->rows,
			   offset < FIRST_ROW_OFFSET ? 0 : (uint32_t)(offset - FIRST_ROW_OFFSET),
			   out);
	out->next += FIRST_ROW_OFFSET;
	return r;
}

void folder_close(struct folder *folder)
{
	if (folder) {
		opened_remove(folder->view, &folder->opened);
		archive_visit_end(&folder->visit);
		free(folder->fixed);
		rows_finish(&folder->rows);
		free(folder);
	}
}
