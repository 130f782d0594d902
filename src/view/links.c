/* What an account's folder shows of its items besides: completed/ with every file under one more
 * name, by-status/<state>/ and by-date/<YYYY-MM>/ with a link to each item.
 *
 * A link is called as its item. Where an account has several collections, two items may share a
 * name, so there all links are called <collection>+<item>; a collection's name holds no '+'. What
 * would be too long is called <collection>+%~<row> instead, as no item can be: in the name of one
 * two digits of a number follow every '%'. */
#include "view/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

#define BY_ROW "%~"

static const char *const names[] = {
	[VIEW_COMPLETED] = "completed",
	[VIEW_BY_STATUS] = "by-status",
	[VIEW_BY_DATE] = "by-date",
};

static struct address folder_of(unsigned account, enum address_view which, unsigned leaf)
{
	return (struct address){ADDRESS_VIEW, account, which, 0, leaf};
}

bool links_folder(struct view *view, unsigned account, enum address_view which, const char **name,
		  struct node *out)
{
	if (which > VIEW_BY_DATE) {
		return false;
	}
	*name = names[which];
	links_node_of_folder(view, folder_of(account, which, LEAF_VIEW), out);
	return true;
}

unsigned links_within(const struct view *view, unsigned account)
{
	unsigned mask = 0;
	unsigned number;

	for (int i = 0; (number = account_collection_number(view_account(view, account), i)); i++) {
		mask |= 1U << number;
	}
	return mask;
}

unsigned links_key(struct address folder)
{
	return folder.leaf - (folder.collection == VIEW_BY_STATUS ? LEAF_STATES : LEAF_MONTHS);
}

struct address links_key_folder(unsigned account, enum address_view which, unsigned key)
{
	return folder_of(account, which,
			 key + (which == VIEW_BY_STATUS ? LEAF_STATES : LEAF_MONTHS));
}

/* ---- Names. */

static bool has_several(const struct view *view, unsigned account)
{
	return account_collection_number(view_account(view, account), 1) != 0;
}

void links_name(const struct view *view, unsigned account, unsigned collection, uint32_t row,
		const char *name, char out[NAME_BYTES])
{
	const struct collection *of = account_collection(view_account(view, account), collection);
	int length = 0;

	if (!of || !has_several(view, account)) {
		snprintf(out, NAME_BYTES, "%s", name);
		return;
	}
	length = snprintf(out, NAME_BYTES, "%s+%s", of->name, name);
	if (length >= NAME_BYTES) {
		snprintf(out, NAME_BYTES, "%s+%s%" PRIu32, of->name, BY_ROW, row);
	}
}

/* The collection that a link's name begins with, which is cut off; 0 when it is none. */
static unsigned take_collection(const struct view *view, unsigned account, const char **name)
{
	struct account *of = view_account(view, account);
	size_t length = strcspn(*name, "+");
	unsigned number;

	if (!has_several(view, account)) {
		return account_collection_number(of, 0);
	}
	for (int i = 0; (number = account_collection_number(of, i)); i++) {
		const char *collection = account_collection(of, number)->name;
		if ((*name)[length] && strlen(collection) == length &&
		    memcmp(collection, *name, length) == 0) {
			*name += length + 1;
			return number;
		}
	}
	return 0;
}

/* The item whose link is called so, if any is. */
static int find(const struct view *view, unsigned account, const char *name, struct linked *out)
{
	const char *rest = name;
	unsigned collection = take_collection(view, account, &rest);
	char expected[NAME_BYTES];
	int r = -ENOENT;

	if (collection && strncmp(rest, BY_ROW, strlen(BY_ROW)) == 0) {
		unsigned long row = strtoul(rest + strlen(BY_ROW), NULL, 10);
		r = linked_by_row(view->options.store, row <= UINT32_MAX ? (uint32_t)row : 0, out);
	} else if (collection) {
		r = linked_by_name(view->options.store, account, collection, rest, out);
	}
	if (r < 0) {
		return r;
	}
	links_name(view, out->account, out->collection, out->row, out->name, expected);
	return out->account == account && strcmp(expected, name) == 0 ? 0 : -ENOENT;
}

const char *links_view_name(enum address_view which)
{
	return names[which];
}

void links_month_name(unsigned month, char out[NAME_BYTES])
{
	snprintf(out, NAME_BYTES, "%04u-%02u", month / 12, month % 12 + 1);
}

/* 0 when it is no month's. */
static unsigned parse_month(const char *name)
{
	char expected[NAME_BYTES];
	char *end;
	unsigned long year = strtoul(name, &end, 10);

	if (year > 9999 || *end != '-') {
		return 0;
	}
	unsigned long month = 12 * year + strtoul(end + 1, NULL, 10) - 1;
	if (month > UINT16_MAX) {
		return 0;
	}
	links_month_name((unsigned)month, expected);
	return strcmp(name, expected) == 0 ? (unsigned)month : 0;
}

/* ---- Attributes. */

/* What is told to the kernel as it changes may be kept. A month is not: the API may date an item
 * anew, which nobody watches for. */
static double kept_seconds(struct address address)
{
	return address.collection == VIEW_BY_DATE ? FRESH_SECONDS : KEPT_SECONDS;
}

void links_node_of_folder(struct view *view, struct address folder, struct node *out)
{
	struct store *store = view->options.store;
	enum address_view which = folder.collection;
	int64_t mtime_ns = view->since_ns;
	int r = 0;

	/* Months come and go with items; the states are always there. */
	if (folder.leaf != LEAF_VIEW) {
		unsigned key = links_key(folder);
		r = view_touched(store, folder.account, which, key, key, &mtime_ns);
	} else if (which != VIEW_BY_STATUS) {
		r = view_touched(store, folder.account, which, 0, UINT16_MAX, &mtime_ns);
	}
	node_folder(out, address_pack(folder), r < 0 ? view->since_ns : mtime_ns);
	out->name_seconds = out->stat_seconds = kept_seconds(folder);
}

static int print_target(const struct view *view, const struct linked *item, struct buf *out)
{
	const struct collection *collection = account_collection(view_account(view, item->account),
								 item->collection);

	if (!collection) {
		return -ENOENT;
	}
	buf_printf(out, "../../%s/%s", collection->name, item->name);
	return buf_status(out);
}

int links_node(struct view *view, struct address folder, const struct linked *item,
	       struct node *out)
{
	struct buf target = {0};
	int r = print_target(view, item, &target);

	folder.row = item->row;
	*out = (struct node){
		.ino = address_pack(folder),
		.mode = S_IFLNK | 0777,
		.size = (int64_t)target.length,
		.mtime_ns = folder.collection == VIEW_BY_STATUS ? item->state_ns : item->created_ns,
		.sized = true,
		.name_seconds = kept_seconds(folder),
		.stat_seconds = kept_seconds(folder),
	};
	buf_finish(&target);
	return r;
}

int view_read_link(struct view *view, uint64_t ino, struct buf *out)
{
	struct address address = address_unpack(ino);
	struct linked item;

	if (address.kind != ADDRESS_VIEW || !address.row) {
		return -EINVAL;
	}
	int r = linked_by_row(view->options.store, address.row, &item);
	return r < 0 ? r : print_target(view, &item, out);
}

int links_stat(struct view *view, struct address address, struct node *out)
{
	struct linked item;

	if (!address.row) {
		links_node_of_folder(view, address, out);
		return 0;
	}
	/* Whoever has the link goes on with it, though its item may be elsewhere by now. */
	int r = linked_by_row(view->options.store, address.row, &item);
	return r < 0 ? r : links_node(view, address, &item, out);
}

/* ---- Lookups. */

static int look_for_file(struct view *view, unsigned account, const char *name, struct node *out)
{
	struct file file = {0};
	int r = file_by_flat(view->options.store, account, links_within(view, account), name,
			     &file);

	if (r == 0) {
		node_of_file(out, &file);
	}
	file_finish(&file);
	return r;
}

static int look_for_state(struct view *view, unsigned account, const char *name, struct node *out)
{
	int state = state_parse(name);

	if (state < 0) {
		return -ENOENT;
	}
	links_node_of_folder(view, links_key_folder(account, VIEW_BY_STATUS, (unsigned)state), out);
	return 0;
}

static int look_for_month(struct view *view, unsigned account, const char *name, struct node *out)
{
	unsigned month = parse_month(name);
	unsigned found = 0;

	if (!month) {
		return -ENOENT;
	}
	int r = linked_month(view->options.store, account, links_within(view, account), month - 1,
			     &found);
	if (r < 0 || found != month) {
		return r < 0 ? r : -ENOENT;
	}
	links_node_of_folder(view, links_key_folder(account, VIEW_BY_DATE, month), out);
	return 0;
}

static int look_for_link(struct view *view, struct address folder, const char *name,
			 struct node *out)
{
	struct linked item;
	int r = find(view, folder.account, name, &item);

	if (r < 0) {
		return r;
	}
	bool here = links_key(folder) ==
		    (folder.collection == VIEW_BY_STATUS ? item.state : item.month);
	return here ? links_node(view, folder, &item, out) : -ENOENT;
}

static int look(struct view *view, struct address folder, const char *name, struct node *out)
{
	if (folder.row) {
		return -ENOTDIR;
	}
	if (folder.leaf != LEAF_VIEW) {
		return look_for_link(view, folder, name, out);
	}
	if (folder.collection == VIEW_BY_STATUS) {
		return look_for_state(view, folder.account, name, out);
	}
	return folder.collection == VIEW_BY_DATE ? look_for_month(view, folder.account, name, out)
						 : look_for_file(view, folder.account, name, out);
}

/* While a collection was never listed nobody can say that something in it is not there. */
int links_look(struct view *view, struct address folder, const char *name, struct waiter *waiter,
	       struct node *out)
{
	struct account *account = view_account(view, folder.account);
	struct problem why = {0};
	unsigned number;
	int r = look(view, folder, name, out);

	if (r != -ENOENT || !waiter) {
		return r;
	}
	r = 0;
	for (int i = 0; r == 0 && (number = account_collection_number(account, i)); i++) {
		r = account_list_first(account, number, waiter, &why);
	}
	if (r < 0 && r != -EINTR) {
		log_debug("%s: %s: %s", account_name(account), error_name(r),
			  problem_words(&why, r));
	}
	problem_finish(&why);
	return r < 0 ? r : look(view, folder, name, out);
}
