/* From names and addresses to nodes; see view.h. */
#include "view/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int view_create(const struct view_options *options, struct view **out)
{
	struct view *view = calloc(1, sizeof(*view));

	if (!view) {
		return -ENOMEM;
	}
	view->options = *options;
	view->since_ns = store_since_ns(options->store);
	for (int i = 0; i < options->account_count; i++) {
		struct account *account = options->accounts[i];
		view->by_number[account_number(account) & 0xff] = account;
	}
	pthread_mutex_init(&view->mutex, NULL);
	pthread_mutex_init(&view->telling, NULL);
	*out = view;
	return 0;
}

void view_destroy(struct view *view)
{
	if (!view) {
		return;
	}
	/* No other thread is left. */
	while (view->opened) {
		view->opened->close(view->opened);
	}
	if (view->roll) {
		roll_put(view, view->roll, true);
	}
	lanes_finish(view);
	pthread_mutex_destroy(&view->telling);
	pthread_mutex_destroy(&view->mutex);
	free(view);
}

void opened_add(struct view *view, struct opened *opened, void (*close)(struct opened *))
{
	pthread_mutex_lock(&view->mutex);
	*opened = (struct opened){.next = view->opened, .close = close};
	if (opened->next) {
		opened->next->previous = opened;
	}
	view->opened = opened;
	pthread_mutex_unlock(&view->mutex);
}

void opened_remove(struct view *view, struct opened *opened)
{
	pthread_mutex_lock(&view->mutex);
	if (opened->next) {
		opened->next->previous = opened->previous;
	}
	if (opened->previous) {
		opened->previous->next = opened->next;
	} else if (view->opened == opened) {
		view->opened = opened->next;
	}
	pthread_mutex_unlock(&view->mutex);
}

struct account *view_account(const struct view *view, unsigned number)
{
	return view->by_number[number & 0xff];
}

static int look_in_root(struct view *view, const char *name, struct node *out)
{
	if (strcmp(name, ".orderfs") == 0) {
		node_folder(out, node_ino(ADDRESS_CTRL, 0, 0, 0, LEAF_CONTROL), view->since_ns);
		return 0;
	}
	for (int i = 0; i < view->options.account_count; i++) {
		const struct account *account = view->options.accounts[i];
		if (strcmp(name, account_name(account)) == 0) {
			node_folder(out,
				    node_ino(ADDRESS_CTRL, account_number(account), 0, 0,
					     LEAF_ACCOUNT),
				    view->since_ns);
			return 0;
		}
	}
	return -ENOENT;
}

static int look_for_leaf(struct view *view, struct address folder, const char *name,
			 const struct item *item, struct node *out)
{
	const struct account *account = view_account(view, folder.account);
	const struct collection *collection = account ? account_collection(account,
									   folder.collection)
						      : NULL;
	int count = 0;
	const struct leaf_info *info = leaves_in(folder, &count);

	for (int i = 0; i < count; i++) {
		const char *leaf = leaf_name(&info[i], collection);
		if (leaf && strcmp(name, leaf) == 0) {
			folder.leaf = info[i].leaf;
			return node_of_leaf(view, folder, item, out);
		}
	}
	return -ENOENT;
}

static int look_for_view(struct view *view, struct address folder, const char *name,
			 struct node *out)
{
	const char *found;

	for (enum address_view which = VIEW_COMPLETED;
	     links_folder(view, folder.account, which, &found, out); which++) {
		if (strcmp(name, found) == 0) {
			return 0;
		}
	}
	return -ENOENT;
}

static int look_for_collection(struct view *view, struct address folder, const char *name,
			       struct node *out)
{
	const struct account *account = view_account(view, folder.account);
	unsigned number;

	for (int i = 0; (number = account_collection_number(account, i)); i++) {
		if (strcmp(name, account_collection(account, number)->name) == 0) {
			node_of_item(out, folder.account, number, 0, view->since_ns);
			return 0;
		}
	}
	return -ENOENT;
}

/* Says in the log what a waiting call could not get; the waiter's own end needs no words. */
static int complain(struct account *account, int r, struct problem *why)
{
	if (r < 0 && r != -EINTR && r != -ENOENT) {
		log_debug("%s: %s: %s", account_name(account), error_name(r),
			  problem_words(why, r));
	}
	problem_finish(why);
	return r;
}

static int look_for_item(struct view *view, struct address folder, const char *name,
			 struct waiter *waiter, struct node *out)
{
	struct store *store = view->options.store;
	struct item item = {0};

	int r = item_by_name(store, folder.account, folder.collection, name, &item);
	if (r == -ENOENT && waiter) {
		/* In a collection that was never listed nobody can say that it is not there. */
		struct account *account = view_account(view, folder.account);
		struct problem why = {0};
		r = account_list_first(account, folder.collection, waiter, &why);
		r = complain(account, r, &why);
		if (r == 0) {
			r = item_by_name(store, folder.account, folder.collection, name, &item);
		}
	}
	if (r == 0) {
		node_of_item(out, folder.account, folder.collection, item.row, item.changed_ns);
	}
	item_finish(&item);
	return r;
}

/* In the folder of files parent; 0: the item's own, or with item 0 the account's. */
static int look_for_file(struct view *view, unsigned account, uint32_t item, uint32_t parent,
			 const char *name, struct node *out)
{
	struct file file = {0};
	int r = file_by_name(view->options.store, account, item, parent, name, &file);

	if (r == 0) {
		node_of_file(out, &file);
	} else if (r == -ENOENT) {
		r = archive_lookup_beside(view, account, item, parent, name, out);
	}
	file_finish(&file);
	return r;
}

static int look_in_file(struct view *view, struct address folder, const char *name,
			struct node *out)
{
	struct file file = {0};
	int r = file_by_row(view->options.store, folder.row, &file);

	if (r == 0 && file.kind != FILE_FOLDER) {
		r = -ENOTDIR;
	}
	if (r == 0) {
		r = look_for_file(view, file.account, file.item, file.row, name, out);
	}
	file_finish(&file);
	return r;
}

static int look_in_item(struct view *view, struct address folder, const char *name,
			struct node *out)
{
	struct item item = {0};

	int r = item_by_row(view->options.store, folder.row, &item);
	if (r == 0) {
		r = look_for_leaf(view, folder, name, &item, out);
	}
	if (r == -ENOENT && item.name) {
		r = look_for_file(view, folder.account, folder.row, 0, name, out);
	}
	item_finish(&item);
	return r;
}

static int look_in_account(struct view *view, struct address folder, const char *name,
			   struct node *out)
{
	int r = look_for_leaf(view, folder, name, NULL, out);

	if (r == -ENOENT) {
		r = look_for_view(view, folder, name, out);
	}
	if (r == -ENOENT) {
		r = look_for_collection(view, folder, name, out);
	}
	if (r == -ENOENT) {
		r = look_for_file(view, folder.account, 0, 0, name, out);
	}
	return r;
}

/* Without a waiter nothing is waited for. */
static int look(struct view *view, uint64_t parent, const char *name, struct waiter *waiter,
		struct node *out)
{
	struct address folder = address_unpack(parent);

	if (folder.kind == ADDRESS_CTRL && folder.leaf == LEAF_ROOT) {
		return look_in_root(view, name, out);
	}
	if (folder.account && !view_account(view, folder.account)) {
		return -ENOENT;
	}
	if (folder.kind == ADDRESS_CTRL && folder.leaf == LEAF_ACCOUNT) {
		return look_in_account(view, folder, name, out);
	}
	if (folder.kind == ADDRESS_ITEM && folder.leaf == LEAF_FOLDER && folder.row) {
		return look_in_item(view, folder, name, out);
	}
	if (folder.kind == ADDRESS_FILE) {
		return look_in_file(view, folder, name, out);
	}
	if (folder.kind == ADDRESS_ENTRY) {
		return archive_lookup_in(view, folder, name, waiter, out);
	}
	if (folder.kind == ADDRESS_VIEW) {
		return links_look(view, folder, name, waiter, out);
	}
	int r = look_for_leaf(view, folder, name, NULL, out);
	if (r == -ENOENT && folder.kind == ADDRESS_ITEM && folder.leaf == LEAF_FOLDER) {
		r = look_for_item(view, folder, name, waiter, out);
	}
	return r;
}

int view_find(struct view *view, uint64_t parent, const char *name, struct node *out)
{
	return look(view, parent, name, NULL, out);
}

int view_lookup(struct view *view, uint64_t parent, const char *name, struct waiter *waiter,
		struct node *out)
{
	int r = look(view, parent, name, waiter, out);

	return r == 0 && !node_is_shown(view, parent, out) ? -ENOENT : r;
}

static int stat_file(struct view *view, struct address address, struct waiter *waiter,
		     struct node *out)
{
	struct account *account = view_account(view, address.account);
	struct file file = {0};
	struct problem why = {0};

	int r = file_by_row(view->options.store, address.row, &file);
	if (r == 0 && file.kind == FILE_REMOTE && file.size < 0) {
		file_finish(&file);
		r = complain(account, account_learn(account, address.row, waiter, &why), &why);
		if (r == 0) {
			r = file_by_row(view->options.store, address.row, &file);
		}
	}
	if (r == 0) {
		node_of_file(out, &file);
	}
	file_finish(&file);
	return r;
}

static int stat_in_item(struct view *view, struct address address, struct node *out)
{
	struct item item = {0};
	int r = item_by_row(view->options.store, address.row, &item);

	if (r == 0 && address.leaf == LEAF_FOLDER) {
		node_of_item(out, address.account, address.collection, address.row,
			     item.changed_ns);
	} else if (r == 0) {
		r = node_of_leaf(view, address, &item, out);
	}
	item_finish(&item);
	return r;
}

int view_stat(struct view *view, uint64_t ino, struct waiter *waiter, struct node *out)
{
	struct address address = address_unpack(ino);

	if (address.account && !view_account(view, address.account)) {
		return -ENOENT;
	}
	if (address.kind == ADDRESS_FILE) {
		return stat_file(view, address, waiter, out);
	}
	if (address.kind == ADDRESS_ENTRY) {
		return archive_stat(view, address, waiter, out);
	}
	if (address.kind == ADDRESS_VIEW) {
		return links_stat(view, address, out);
	}
	if (address.kind == ADDRESS_ITEM && address.row) {
		return stat_in_item(view, address, out);
	}
	if (address.leaf == LEAF_ROOT || address.leaf == LEAF_CONTROL ||
	    address.leaf == LEAF_ACCOUNT || address.leaf == LEAF_FOLDER) {
		node_folder(out, ino, view->since_ns);
		return 0;
	}
	return node_of_leaf(view, address, NULL, out);
}

int view_totals(struct view *view, struct view_totals *out)
{
	struct store_totals totals = {0};
	int r = store_totals(view->options.store, &totals);

	*out = (struct view_totals){totals.items + totals.files, totals.bytes};
	return r;
}
