/* What the view says, in the kernel's terms; see internal.h. */
#include "mount/internal.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"

struct mount *mount_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

void reply_error(fuse_req_t req, int r)
{
	if (r == -ECANCELED || (r == -EINTR && visits_are_ending(mount_of(req)))) {
		r = -ENOTCONN;
	}
	fuse_reply_err(req, -r);
}

void fill_stat(fuse_req_t req, const struct node *node, struct stat *st)
{
	const struct mount *mount = mount_of(req);
	struct timespec mtime = clock_timespec(node->mtime_ns);

	*st = (struct stat){
		.st_ino = node->ino,
		.st_mode = node->mode,
		.st_nlink = S_ISDIR(node->mode) || node->twice ? 2 : 1,
		.st_uid = mount->uid,
		.st_gid = mount->gid,
		.st_size = node->size,
		.st_blocks = S_ISLNK(node->mode) ? 0 : (node->size + 511) / 512,
		.st_blksize = 128 * 1024,
		.st_mtim = mtime,
		.st_ctim = mtime,
		.st_atim = mtime,
	};
}

void reply_entry(fuse_req_t req, const struct fuse_entry_param *entry)
{
	struct known *known = &mount_of(req)->known;

	known_add(known, entry->ino);
	if (fuse_reply_entry(req, entry) == -ENOENT) {
		known_forget(known, entry->ino, 1); /* the caller is gone, and took nothing */
	}
}

void fill_entry(fuse_req_t req, const struct node *node, struct fuse_entry_param *entry)
{
	*entry = (struct fuse_entry_param){
		.ino = node->ino,
		.generation = 1,
		.attr_timeout = node->stat_seconds,
		.entry_timeout = node->name_seconds,
	};
	fill_stat(req, node, &entry->attr);
}
