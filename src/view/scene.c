/* What news are about, and sending events of it; see scene.h. */
#include "view/scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool scene_knows(const struct scene *scene, uint64_t ino)
{
	return scene->view->listener.knows(scene->view->listener.context, ino);
}

/* The item may be gone: its end is among the news then. */
static int find_item(struct scene *scene, const struct news *news)
{
	int r = item_place(scene->view->options.store, news->item, &scene->collection, scene->name);

	for (int i = 0; r == -ENOENT && i < scene->count; i++) {
		const struct news *end = &scene->list[i];
		if (end->kind == NEWS_ITEM && end->item == news->item) {
			scene->collection = end->collection;
			strcpy(scene->name, end->name);
			r = 0;
		}
	}
	return r;
}

int scene_set(struct scene *scene, const struct news *news)
{
	int r = 0;

	scene->account = view_account(scene->view, news->account);
	scene->row = news->item;
	if (news->kind == NEWS_ITEM) {
		scene->collection = news->collection;
		strcpy(scene->name, news->name);
	} else {
		r = find_item(scene, news);
	}
	if (r == 0 && (!scene->account || !account_collection(scene->account, scene->collection))) {
		r = -ENOENT;
	}
	scene->item = node_ino(ADDRESS_ITEM, news->account, scene->collection, news->item,
			       LEAF_FOLDER);
	return r;
}

uint64_t scene_leaf(const struct scene *scene, enum leaf leaf)
{
	struct address address = address_unpack(scene->item);

	address.leaf = leaf;
	return address_pack(address);
}

uint64_t scene_collection(const struct scene *scene)
{
	return node_ino(ADDRESS_ITEM, account_number(scene->account), scene->collection, 0,
			LEAF_FOLDER);
}

bool scene_is_listed(const struct scene *scene)
{
	struct view *view = scene->view;
	unsigned account = account_number(scene->account);
	bool *listed = &view->listed[account & 0xff][scene->collection & 0xf];
	int64_t at_ns = 0;

	if (!*listed &&
	    store_listed_at(view->options.store, account, scene->collection, &at_ns) == 0) {
		*listed = at_ns != 0;
	}
	return *listed;
}

void scene_put_item(const struct scene *scene, struct buf *out)
{
	buf_printf(out, "%s/%s/%s", account_name(scene->account),
		   account_collection(scene->account, scene->collection)->name, scene->name);
}

int scene_put_folder(const struct scene *scene, uint32_t parent, struct buf *out)
{
	struct file folder = {0};

	if (parent == 0) {
		scene_put_item(scene, out);
		return 0;
	}
	int r = file_by_row(scene->view->options.store, parent, &folder);
	if (r == 0) {
		r = scene_put_folder(scene, folder.parent, out);
	}
	if (r == 0) {
		buf_printf(out, "/%s", folder.name);
	}
	file_finish(&folder);
	return r;
}

static mode_t type_of(enum event_kind kind, uint64_t ino)
{
	struct address address = address_unpack(ino);

	if (kind == EVENT_MKDIR || kind == EVENT_RMDIR) {
		return S_IFDIR;
	}
	return address.kind == ADDRESS_VIEW && address.row ? S_IFLNK : S_IFREG;
}

static struct event *make(enum event_kind kind, uint64_t ino, uint64_t parent,
			  const struct buf *path, const char *target)
{
	struct event *event = malloc(sizeof(*event) + path->length + 1);

	if (!event) {
		return NULL;
	}
	*event = (struct event){.kind = kind,
				.type = type_of(kind, ino),
				.ino = ino,
				.parent = parent};
	memcpy(event->path, path->length ? path->data : "", path->length);
	event->path[path->length] = '\0';
	event->target = target ? strdup(target) : NULL;
	if (target && !event->target) {
		event_destroy(event);
		return NULL;
	}
	return event;
}

void scene_send(const struct scene *scene, enum event_kind kind, uint64_t ino, uint64_t parent,
		struct buf *path, const char *target)
{
	bool whole = buf_status(path) == 0;
	struct event *event = whole ? make(kind, ino, parent, path, target) : NULL;

	if (event) {
		lanes_send(scene->view, scene->row, event);
	} else {
		view_told(scene->view, parent, ino);
	}
	buf_finish(path);
}

void scene_send_stat(const struct scene *scene, uint64_t ino)
{
	struct buf none = {0};
	struct event *event = make(EVENT_STAT, ino, 0, &none, NULL);

	if (event) {
		scene->view->listener.tell(scene->view->listener.context, event);
	}
}
