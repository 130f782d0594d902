/* News of the store as events; see events.h. */
#include "view/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "view/scene.h"

const char *event_name(const struct event *event)
{
	const char *slash = strrchr(event->path, '/');

	return slash ? slash + 1 : event->path;
}

void event_destroy(struct event *event)
{
	if (event) {
		free(event->target);
		free(event);
	}
}

void view_listen(struct view *view, const struct view_listener *listener)
{
	pthread_mutex_lock(&view->telling);
	view->listener = listener ? *listener : (struct view_listener){0};
	pthread_mutex_unlock(&view->telling);
	if (listener) {
		news_listen(view->options.store);
	}
}

static void send_leaf(const struct scene *scene, enum event_kind kind, enum leaf leaf)
{
	const struct collection *collection = account_collection(scene->account, scene->collection);
	const char *name = leaf_name_of(leaf, collection);
	struct buf path = {0};

	if (name) {
		scene_put_item(scene, &path);
		buf_printf(&path, "/%s", name);
		scene_send(scene, kind, scene_leaf(scene, leaf), scene->item, &path, NULL);
	}
}

static void tell_new_item(const struct scene *scene)
{
	struct buf path = {0};

	scene_put_item(scene, &path);
	scene_send(scene, EVENT_MKDIR, scene->item, scene_collection(scene), &path, NULL);
}

/* The record and the error come before the state, which is what people look at. */
static void tell_leaves(const struct scene *scene, const struct news *news)
{
	bool folder = scene_knows(scene, scene->item);
	const struct {
		bool there;
		enum event_kind kind;
		enum leaf leaf;
	} all[] = {
		{news->leaves & LEAF_NEWS_RECORD, EVENT_CHANGE, LEAF_RECORD},
		{news->leaves & LEAF_NEWS_PART_CAME, EVENT_CREATE, LEAF_PART},
		{news->leaves & LEAF_NEWS_PART_WENT, EVENT_UNLINK, LEAF_PART},
		{news->leaves & LEAF_NEWS_PART && !(news->leaves & LEAF_NEWS_PART_CAME),
		 EVENT_CHANGE, LEAF_PART},
		{news->leaves & LEAF_NEWS_ERROR_CAME, EVENT_CREATE, LEAF_ERROR},
		{news->leaves & LEAF_NEWS_ERROR_WENT, EVENT_UNLINK, LEAF_ERROR},
		{news->changes & CHANGE_ERROR &&
			 !(news->leaves & (LEAF_NEWS_ERROR_CAME | LEAF_NEWS_ERROR_WENT)),
		 EVENT_CHANGE, LEAF_ERROR},
		{news->changes & CHANGE_STATE, EVENT_CHANGE, LEAF_STATUS},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].there &&
		    (folder || scene_knows(scene, scene_leaf(scene, all[i].leaf)))) {
			send_leaf(scene, all[i].kind, all[i].leaf);
		}
	}
}

/* The small files that somebody has looked at go before their folder. Never the trigger: whoever
 * writes to it holds it. */
static void tell_end(const struct scene *scene, const struct news *news)
{
	static const enum leaf leaves[] = {LEAF_RECORD, LEAF_STATUS};
	struct buf path = {0};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		if (scene_knows(scene, scene_leaf(scene, leaves[i]))) {
			send_leaf(scene, EVENT_UNLINK, leaves[i]);
		}
	}
	if (news->leaves & LEAF_NEWS_ERROR_WENT &&
	    scene_knows(scene, scene_leaf(scene, LEAF_ERROR))) {
		send_leaf(scene, EVENT_UNLINK, LEAF_ERROR);
	}
	if (scene_knows(scene, scene_collection(scene))) {
		scene_put_item(scene, &path);
		scene_send(scene, EVENT_RMDIR, scene->item, scene_collection(scene), &path, NULL);
	}
}

static void tell_item(const struct scene *scene, const struct news *news, bool new_month)
{
	struct store *store = scene->view->options.store;

	if (news->changes & CHANGE_NEW) {
		if (news_item_showing(store, news->item, PLACE_OWN) != SHOWING) {
			tell_new_item(scene);
		}
	} else if (news->changes & CHANGE_GONE) {
		tell_end(scene, news);
	} else {
		tell_leaves(scene, news);
	}
	spots_tell_links(scene, news, new_month);
	if (news->changes & (CHANGE_STATE | CHANGE_GONE)) {
		scene->view->listener.wake(scene->view->listener.context,
					   scene_leaf(scene, LEAF_STATUS));
	}
}

/* ---- all of them */

static bool *show_all(struct scene *scene)
{
	bool *new_months = calloc((size_t)scene->count + 1, sizeof(*new_months));

	for (int i = 0; i < scene->count; i++) {
		const struct news *news = &scene->list[i];
		if (scene_set(scene, news) < 0) {
			spots_give_up(scene->view, news);
			continue;
		}
		bool new_month = spots_show(scene, news);
		if (new_months) {
			new_months[i] = new_month;
		}
	}
	return new_months;
}

void view_changed(struct view *view)
{
	struct scene scene = {.view = view};
	struct news *list = NULL;

	/* Held until all is told, so that what was written first is told first. */
	pthread_mutex_lock(&view->telling);
	if (view->listener.tell) {
		news_take(view->options.store, &list, &scene.count);
	}
	scene.list = list;
	bool *new_months = show_all(&scene);
	for (int i = 0; i < scene.count; i++) {
		if (scene_set(&scene, &list[i]) < 0) {
			continue;
		}
		if (list[i].kind == NEWS_ITEM) {
			tell_item(&scene, &list[i], new_months && new_months[i]);
		} else {
			spots_tell_file(&scene, &list[i]);
		}
	}
	pthread_mutex_unlock(&view->telling);
	free(new_months);
	news_finish(list, scene.count);
}

void view_recall(struct view *view, const struct event *event, struct node *out)
{
	struct address address = address_unpack(event->ino);
	struct file file = {0};

	node_folder(out, event->ino, clock_wall_ns());
	out->mode = event->type | (S_ISDIR(event->type) ? 0755 : 0444);
	/* Whoever has it open goes on reading. */
	bool of_file = address.kind == ADDRESS_FILE || address.kind == ADDRESS_ENTRY;
	if (of_file && file_by_row(view->options.store, address.row, &file) == 0) {
		char beside[NAME_BYTES];
		if (address.kind == ADDRESS_FILE) {
			node_of_file(out, &file);
		} else if (!archive_beside(&file, beside, out)) {
			out->ino = event->ino;
		}
	}
	file_finish(&file);
	out->name_seconds = 0;
	out->stat_seconds = 0;
}

/* Which file or item the name in that folder is one of, and which one; false: of none that comes
 * and goes. */
struct spot {
	bool file;
	uint32_t row;
	enum place place;
};
static bool spot_of(uint64_t parent, uint64_t ino, struct spot *out)
{
	struct address address = address_unpack(ino);
	enum address_kind folder = address_unpack(parent).kind;
	bool in_view = folder == ADDRESS_VIEW;

	*out = (struct spot){address.kind == ADDRESS_FILE, address.row, PLACE_OWN};
	if (address.kind == ADDRESS_ENTRY) {
		*out = (struct spot){true, address.row, PLACE_BESIDE};
		return folder != ADDRESS_ENTRY;
	}
	if (address.kind == ADDRESS_FILE) {
		out->place = in_view ? PLACE_VIEW : PLACE_OWN;
		return true;
	}
	if (address.kind == ADDRESS_VIEW) {
		out->place = address.collection == VIEW_BY_STATUS ? PLACE_VIEW : PLACE_MONTH;
		return address.row != 0;
	}
	return address.kind == ADDRESS_ITEM && address.leaf == LEAF_FOLDER && address.row;
}

static enum showing showing(struct view *view, uint64_t parent, uint64_t ino)
{
	struct store *store = view->options.store;
	struct spot spot;

	if (!spot_of(parent, ino, &spot)) {
		return SHOWING;
	}
	return spot.file ? news_file_showing(store, spot.row, spot.place)
			 : news_item_showing(store, spot.row, spot.place);
}

bool node_is_shown(struct view *view, uint64_t parent, struct node *node)
{
	enum showing how = showing(view, parent, node->ino);

	if (how == SHOWING_UNTOLD) {
		node->name_seconds = 0;
		node->stat_seconds = 0;
	}
	return how != HIDDEN;
}

/* An item's link in by-status has moved on: what is hidden of it is another name. */
static bool has_moved(struct view *view, uint64_t ino)
{
	struct address link = address_unpack(ino);
	struct linked item = {0};

	return link.kind == ADDRESS_VIEW && link.collection == VIEW_BY_STATUS && link.row &&
	       linked_by_row(view->options.store, link.row, &item) == 0 &&
	       links_key(link) != item.state;
}

bool view_is_hidden(struct view *view, uint64_t parent, uint64_t ino)
{
	return showing(view, parent, ino) == HIDDEN && !has_moved(view, ino);
}

void view_told(struct view *view, uint64_t parent, uint64_t ino)
{
	struct store *store = view->options.store;
	struct spot spot;

	if (!spot_of(parent, ino, &spot) || has_moved(view, ino)) {
		return;
	}
	if (spot.file) {
		news_told_file(store, spot.row, spot.place);
	} else {
		news_told_item(store, spot.row, spot.place);
	}
}
