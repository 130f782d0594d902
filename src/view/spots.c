/* Names that come and go: of items and files in their own folders, and of the same in completed,
 * by-status and by-date. */
#include "view/scene.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A name: what it stands for, and where. */
struct name {
	uint64_t ino;
	uint64_t folder;
	struct buf path;
};

static void drop(struct name *name)
{
	buf_finish(&name->path);
}

/* ---- links to items */

static bool has_links(enum address_view which, unsigned key)
{
	return which == VIEW_BY_STATUS || key != 0;
}

static uint64_t folder_of_links(const struct scene *scene, enum address_view which, unsigned key)
{
	return address_pack(links_key_folder(account_number(scene->account), which, key));
}

static uint64_t view_folder(const struct scene *scene, enum address_view which)
{
	return node_ino(ADDRESS_VIEW, account_number(scene->account), which, 0, LEAF_VIEW);
}

static void put_key(const struct scene *scene, enum address_view which, unsigned key,
		    struct buf *out)
{
	char month[NAME_BYTES];

	links_month_name(key, month);
	buf_printf(out, "%s/%s/%s", account_name(scene->account), links_view_name(which),
		   which == VIEW_BY_STATUS ? state_word((enum state)key) : month);
}

static struct name link_in(const struct scene *scene, enum address_view which, unsigned key)
{
	struct address link = links_key_folder(account_number(scene->account), which, key);
	struct name out = {.folder = address_pack(link)};
	char name[NAME_BYTES];

	link.row = scene->row;
	out.ino = address_pack(link);
	links_name(scene->view, link.account, scene->collection, scene->row, scene->name, name);
	put_key(scene, which, key, &out.path);
	buf_printf(&out.path, "/%s", name);
	return out;
}

static void tell_link(const struct scene *scene, enum address_view which, unsigned key)
{
	struct name link = link_in(scene, which, key);
	struct buf target = {0};

	buf_printf(&target, "../../%s/%s",
		   account_collection(scene->account, scene->collection)->name, scene->name);
	if (buf_status(&target) == 0) {
		scene_send(scene, EVENT_SYMLINK, link.ino, link.folder, &link.path, target.data);
	} else {
		drop(&link);
		view_told(scene->view, link.folder, link.ino);
	}
	buf_finish(&target);
}

static void tell_link_gone(const struct scene *scene, enum address_view which, unsigned key)
{
	struct name link = link_in(scene, which, key);

	if (has_links(which, key) && scene_knows(scene, link.folder)) {
		scene_send(scene, EVENT_UNLINK, link.ino, link.folder, &link.path, NULL);
	} else {
		drop(&link);
	}
}

/* ---- months */

static void tell_month(const struct scene *scene, unsigned month, enum event_kind kind)
{
	uint64_t folder = view_folder(scene, VIEW_BY_DATE);
	struct buf path = {0};

	if (scene_knows(scene, folder)) {
		put_key(scene, VIEW_BY_DATE, month, &path);
		scene_send(scene, kind, folder_of_links(scene, VIEW_BY_DATE, month), folder, &path,
			   NULL);
	}
}

/* Whether nobody has seen any item of that month. */
static bool is_new_month(const struct scene *scene, unsigned month)
{
	enum { FEW = 16 };
	struct view *view = scene->view;
	unsigned account = account_number(scene->account);
	struct linked list[FEW];
	uint32_t after = 0;
	int n;

	while ((n = linked_list(view->options.store, account, links_within(view, account),
				VIEW_BY_DATE, month, after, list, FEW)) > 0) {
		for (int i = 0; i < n; i++) {
			after = list[i].row;
			if (news_item_showing(view->options.store, after, PLACE_MONTH) != HIDDEN) {
				return false;
			}
		}
	}
	return true;
}

static bool is_over(const struct scene *scene, unsigned month)
{
	unsigned account = account_number(scene->account);
	unsigned found = 0;
	int r = linked_month(scene->view->options.store, account,
			     links_within(scene->view, account), month - 1, &found);

	return r == -ENOENT || (r == 0 && found != month);
}

/* The month of an item that is there; 0 when it is not. */
static unsigned month_of(const struct scene *scene)
{
	struct linked item = {0};

	return linked_by_row(scene->view->options.store, scene->row, &item) == 0 ? item.month : 0;
}

void spots_tell_links(const struct scene *scene, const struct news *news, bool new_month)
{
	struct store *store = scene->view->options.store;

	if (news->changes & CHANGE_GONE) {
		tell_link_gone(scene, VIEW_BY_STATUS, news->state);
		tell_link_gone(scene, VIEW_BY_DATE, news->month);
		if (news->month && is_over(scene, news->month)) {
			tell_month(scene, news->month, EVENT_RMDIR);
		}
		return;
	}
	if (news->changes & CHANGE_STATE && !(news->changes & CHANGE_NEW)) {
		tell_link_gone(scene, VIEW_BY_STATUS, news->was);
	}
	if (!(news->changes & (CHANGE_NEW | CHANGE_STATE))) {
		return;
	}
	if (news_item_showing(store, news->item, PLACE_VIEW) != SHOWING) {
		tell_link(scene, VIEW_BY_STATUS, news->state);
	}
	if (new_month) {
		tell_month(scene, month_of(scene), EVENT_MKDIR);
	} else if (news_item_showing(store, news->item, PLACE_MONTH) != SHOWING) {
		tell_link(scene, VIEW_BY_DATE, month_of(scene));
	}
}

/* ---- files */

static struct name file_in(const struct scene *scene, const struct file *file, enum place place)
{
	struct name out = {
		.ino = node_ino(ADDRESS_FILE, file->account, 0, file->row, LEAF_CONTENT),
		.folder = scene->item,
	};

	if (place == PLACE_VIEW) {
		out.folder = view_folder(scene, VIEW_COMPLETED);
		buf_printf(&out.path, "%s/%s/%s", account_name(scene->account),
			   links_view_name(VIEW_COMPLETED), file->flat ? file->flat : "");
		return out;
	}
	if (file->parent) {
		out.folder = node_ino(ADDRESS_FILE, file->account, 0, file->parent, LEAF_CONTENT);
	}
	/* A folder that cannot be read is one that nobody can be told of. */
	if (scene_put_folder(scene, file->parent, &out.path) < 0) {
		out.path.failed = true;
	}
	buf_printf(&out.path, "/%s", file->name);
	return out;
}

static void send_file(const struct scene *scene, const struct file *file, enum place place,
		      bool comes)
{
	bool folder = file->kind == FILE_FOLDER;
	struct name name = file_in(scene, file, place);
	enum event_kind kind = comes ? (folder ? EVENT_MKDIR : EVENT_CREATE)
				     : (folder ? EVENT_RMDIR : EVENT_UNLINK);

	scene_send(scene, kind, name.ino, name.folder, &name.path, NULL);
}

/* What is shown beside it for what is in it; false: nothing. */
static bool beside_of(const struct scene *scene, const struct file *file, struct name *out,
		      bool *folder)
{
	char name[NAME_BYTES];
	struct node node;

	if (!archive_beside(file, name, &node)) {
		return false;
	}
	*out = file_in(scene, file, PLACE_OWN);
	out->ino = node.ino;
	if (buf_status(&out->path) == 0) {
		out->path.length -= strlen(file->name);
		buf_puts(&out->path, name);
	}
	*folder = S_ISDIR(node.mode);
	return true;
}

static void tell_beside(const struct scene *scene, const struct file *file, bool comes)
{
	struct name name;
	bool folder;

	if (!beside_of(scene, file, &name, &folder)) {
		return;
	}
	if (comes || scene_knows(scene, name.folder)) {
		enum event_kind kind = comes ? (folder ? EVENT_MKDIR : EVENT_CREATE)
					     : (folder ? EVENT_RMDIR : EVENT_UNLINK);
		scene_send(scene, kind, name.ino, name.folder, &name.path, NULL);
	} else {
		view_told(scene->view, name.folder, name.ino);
		drop(&name);
	}
}

static void tell_new_file(const struct scene *scene, const struct file *file, bool late)
{
	struct store *store = scene->view->options.store;
	bool own = news_file_showing(store, file->row, PLACE_OWN) != SHOWING;
	bool other = news_file_showing(store, file->row, PLACE_VIEW) != SHOWING;

	if ((own || other) && !late && file->kind == FILE_REMOTE && file->size < 0 &&
	    file->current) {
		lanes_measure(scene->view, scene->account, file);
	}
	if (own) {
		send_file(scene, file, PLACE_OWN, true);
	}
	if (news_file_showing(store, file->row, PLACE_BESIDE) != SHOWING) {
		tell_beside(scene, file, true);
	}
	if (other) {
		send_file(scene, file, PLACE_VIEW, true);
	}
}

/* With its item only what somebody has looked at goes by itself. */
static void tell_gone_file(const struct scene *scene, const struct file *file)
{
	struct name own = file_in(scene, file, PLACE_OWN);
	struct name other = file_in(scene, file, PLACE_VIEW);
	unsigned collection;
	char name[NAME_BYTES];
	bool alone = item_place(scene->view->options.store, file->item, &collection, name) == 0;

	if (alone) {
		tell_beside(scene, file, false);
	}
	if (scene_knows(scene, alone ? own.folder : own.ino)) {
		send_file(scene, file, PLACE_OWN, false);
	} else {
		view_told(scene->view, own.folder, own.ino);
	}
	/* A file with two names is only gone when both are. */
	if (file->flat && (scene_knows(scene, other.folder) || scene_knows(scene, own.ino))) {
		send_file(scene, file, PLACE_VIEW, false);
	} else {
		view_told(scene->view, other.folder, other.ino);
	}
	drop(&own);
	drop(&other);
}

void spots_tell_file(const struct scene *scene, const struct news *news)
{
	struct file file = {0};

	if (file_by_row(scene->view->options.store, news->file, &file) == 0) {
		if (news->kind == NEWS_FILE) {
			tell_new_file(scene, &file, news->changes & FILE_NEWS_LATE);
		} else {
			tell_gone_file(scene, &file);
		}
	}
	file_finish(&file);
}

/* ---- what needs no telling */

/* Nobody who has not heard of the folder can have missed something in it. Who looks for the first
 * time while this happens finds it, or is told. */
static void show_item_in(const struct scene *scene, enum place place, uint64_t folder)
{
	struct store *store = scene->view->options.store;
	bool listed = scene_is_listed(scene);

	if (listed && scene_knows(scene, folder)) {
		return;
	}
	news_show_item(store, scene->row, place);
	if (!listed || !scene_knows(scene, folder)) {
		news_told_item(store, scene->row, place);
	}
}

static bool show_item(const struct scene *scene, const struct news *news)
{
	bool new_month = false;

	if (news->changes & CHANGE_NEW) {
		unsigned month = month_of(scene);
		uint64_t folder = folder_of_links(scene, VIEW_BY_DATE, month);
		new_month = scene_is_listed(scene) &&
			    scene_knows(scene, view_folder(scene, VIEW_BY_DATE)) &&
			    !scene_knows(scene, folder) && month && is_new_month(scene, month);
		show_item_in(scene, PLACE_OWN, scene_collection(scene));
		show_item_in(scene, PLACE_MONTH, folder);
	}
	if (news->changes & (CHANGE_NEW | CHANGE_STATE)) {
		show_item_in(scene, PLACE_VIEW,
			     folder_of_links(scene, VIEW_BY_STATUS, news->state));
	}
	return new_month;
}

static void show_file_in(const struct scene *scene, uint32_t row, enum place place, uint64_t folder)
{
	struct store *store = scene->view->options.store;
	bool listed = scene_is_listed(scene);

	if (listed && scene_knows(scene, folder)) {
		return;
	}
	news_show_file(store, row, place);
	if (!listed || !scene_knows(scene, folder)) {
		news_told_file(store, row, place);
	}
}

static void show_file(const struct scene *scene, const struct news *news)
{
	struct store *store = scene->view->options.store;
	struct file file = {0};

	if (news->kind != NEWS_FILE) {
		return;
	}
	if (file_by_row(store, news->file, &file) < 0) {
		news_told_file(store, news->file, PLACES);
	} else {
		struct name own = file_in(scene, &file, PLACE_OWN);
		bool folder;
		struct name beside;
		show_file_in(scene, file.row, PLACE_OWN, own.folder);
		if (beside_of(scene, &file, &beside, &folder)) {
			show_file_in(scene, file.row, PLACE_BESIDE, beside.folder);
			drop(&beside);
		} else {
			news_told_file(store, file.row, PLACE_BESIDE);
		}
		show_file_in(scene, file.row, PLACE_VIEW,
			     file.flat ? view_folder(scene, VIEW_COMPLETED) : 0);
		drop(&own);
	}
	file_finish(&file);
}

/* Dates of folders that are known, though nobody was told of what came. */
static void send_dates(const struct scene *scene)
{
	const uint64_t folders[] = {scene_collection(scene), view_folder(scene, VIEW_COMPLETED),
				    view_folder(scene, VIEW_BY_DATE)};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (scene_knows(scene, folders[i])) {
			scene_send_stat(scene, folders[i]);
		}
	}
}

bool spots_show(const struct scene *scene, const struct news *news)
{
	bool new_month = false;

	if (news->kind == NEWS_ITEM) {
		new_month = show_item(scene, news);
	} else {
		show_file(scene, news);
	}
	if (!scene_is_listed(scene)) {
		send_dates(scene);
	}
	return new_month;
}

void spots_give_up(struct view *view, const struct news *news)
{
	if (news->kind == NEWS_FILE) {
		news_told_file(view->options.store, news->file, PLACES);
	} else if (news->kind == NEWS_ITEM) {
		news_told_item(view->options.store, news->item, PLACES);
	}
}
