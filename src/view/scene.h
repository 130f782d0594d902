/* The inside of what makes events of news: events.c (items and their small files), spots.c (names
 * that come and go, wherever they are) and scene.c (what both need). All of it under the view's
 * `telling`. */
#ifndef VIEW_SCENE_H
#define VIEW_SCENE_H

#include "store/news.h"
#include "view/internal.h"

/* Where news are: the names on the way, and the folder. */
struct scene {
	struct view *view;
	const struct news *list; /* all of them */
	int count;
	struct account *account;
	unsigned collection;
	uint64_t item; /* the item's folder */
	uint32_t row;  /* its row */
	char name[NAME_BYTES];
};

/* -ENOENT when the account or the collection is none of the configuration any more. */
int scene_set(struct scene *scene, const struct news *news);
bool scene_knows(const struct scene *scene, uint64_t ino);
uint64_t scene_leaf(const struct scene *scene, enum leaf leaf);
uint64_t scene_collection(const struct scene *scene);
/* False while the collection was never listed to its end: what comes then is no news. */
bool scene_is_listed(const struct scene *scene);
/* The item's folder, from the root of the mount on. */
void scene_put_item(const struct scene *scene, struct buf *out);
/* One of a file in it, by its row; 0: the same. */
int scene_put_folder(const struct scene *scene, uint32_t folder, struct buf *out);
/* Tells it. Takes the path; of a link also where it leads, or NULL. Without memory nobody is told,
 * and all is there at once. */
void scene_send(const struct scene *scene, enum event_kind kind, uint64_t ino, uint64_t parent,
		struct buf *path, const char *target);
/* Attributes of ino are others. */
void scene_send_stat(const struct scene *scene, uint64_t ino);

/* ---- spots.c */
/* First for all news: what nobody can have missed is there at once, so that what is in a folder
 * that comes is there before the folder is. Returns whether a new month is to be told. */
bool spots_show(const struct scene *scene, const struct news *news);
/* Then in order: the names that came or went, of an item besides its own folder … */
void spots_tell_links(const struct scene *scene, const struct news *news, bool new_month);
/* … and of a file. */
void spots_tell_file(const struct scene *scene, const struct news *news);
/* Of something that is in no folder any more. */
void spots_give_up(struct view *view, const struct news *news);

#endif
