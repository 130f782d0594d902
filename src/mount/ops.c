/* The request handlers: take the address, call the view, reply once. */
#include "mount/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "orderfs/address.h"

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	/* Reads of up to a MiB; the command limit is far below. */
	conn->max_write = 1024 * 1024;
	if (conn->capable & FUSE_CAP_SPLICE_WRITE) {
		conn->want |= FUSE_CAP_SPLICE_WRITE;
	}
	if (conn->capable & FUSE_CAP_SPLICE_MOVE) {
		conn->want |= FUSE_CAP_SPLICE_MOVE;
	}
	/* Names of one folder side by side. Older libraries do not pass it on. */
	if (conn->capable & FUSE_CAP_PARALLEL_DIROPS) {
		conn->want |= FUSE_CAP_PARALLEL_DIROPS;
	}
	log_info("mounted");
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry;
	struct node node;
	struct visit visit;

	if (own_lookup(req, parent, name)) {
		return;
	}
	visit_begin(&visit, req);
	int r = view_lookup(mount_of(req)->view, parent, name, &visit.waiter, &node);
	visit_end(&visit);
	if (r < 0) {
		reply_error(req, r);
		return;
	}
	fill_entry(req, &node, &entry);
	reply_entry(req, &entry);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	known_forget(&mount_of(req)->known, ino, count);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++) {
		known_forget(&mount_of(req)->known, forgets[i].ino, forgets[i].nlookup);
	}
	fuse_reply_none(req);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;
	struct node node;
	struct visit visit;

	(void)fi;
	if (own_getattr(req, ino)) {
		return;
	}
	visit_begin(&visit, req);
	int r = view_stat(mount_of(req)->view, ino, &visit.waiter, &node);
	visit_end(&visit);
	if (r < 0) {
		reply_error(req, r);
		return;
	}
	fill_stat(req, &node, &st);
	fuse_reply_attr(req, &st, node.stat_seconds);
}

/* `echo > trigger` truncates before it writes, which means nothing here. All else that would
 * change attributes is refused. */
static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		       struct fuse_file_info *fi)
{
	bool command = address_takes_commands(address_unpack(ino));

	if ((to_set & FUSE_SET_ATTR_SIZE) && own_getattr(req, ino)) {
		return;
	}
	if (command && (to_set & FUSE_SET_ATTR_SIZE) && attr->st_size == 0 &&
	    !(to_set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))) {
		op_getattr(req, ino, fi);
	} else {
		reply_error(req, -EPERM);
	}
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct buf target = {0};
	int r = view_read_link(mount_of(req)->view, ino, &target);

	if (r < 0) {
		reply_error(req, r);
	} else {
		fuse_reply_readlink(req, target.data);
	}
	buf_finish(&target);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct folder *folder = NULL;
	struct visit visit;

	visit_begin(&visit, req);
	int r = view_open_folder(mount_of(req)->view, ino, &visit.waiter, &folder);
	visit_end(&visit);
	if (r < 0) {
		reply_error(req, r);
		return;
	}
	fi->fh = (uintptr_t)folder;
	if (fuse_reply_open(req, fi) == -ENOENT) {
		folder_close(folder); /* the caller is gone, and no release will come */
	}
}

/* The kernel takes no reference for "." and "..", nor does it get attributes that are not known
 * yet: an address of 0 says so. */
static bool takes_reference(const struct entry *e)
{
	return e->node.sized && strcmp(e->name, ".") != 0 && strcmp(e->name, "..") != 0;
}

/* Adds one entry; returns its size, which is more than is left when it does not fit. */
static size_t add_entry(fuse_req_t req, char *at, size_t left, const struct entry *e, bool plus)
{
	struct fuse_entry_param entry;

	fill_entry(req, &e->node, &entry);
	if (!plus) {
		return fuse_add_direntry(req, at, left, e->name, &entry.attr, e->next);
	}
	if (!takes_reference(e)) {
		entry.ino = 0;
	}
	return fuse_add_direntry_plus(req, at, left, e->name, &entry, e->next);
}

/* The kernel takes a reference of each entry that it got attributes of. */
struct counted {
	uint64_t *list;
	size_t count;
	size_t capacity;
};

static void count_entry(struct known *known, struct counted *counted, uint64_t ino)
{
	if (counted->count == counted->capacity) {
		size_t capacity = counted->capacity ? 2 * counted->capacity : 128;
		uint64_t *longer = reallocarray(counted->list, capacity, sizeof(*longer));
		if (!longer) {
			return;
		}
		counted->list = longer;
		counted->capacity = capacity;
	}
	counted->list[counted->count++] = ino;
	known_add(known, ino);
}

/* None, when the reply did not arrive. */
static void count_end(struct known *known, struct counted *counted, bool arrived)
{
	for (size_t i = 0; !arrived && i < counted->count; i++) {
		known_forget(known, counted->list[i], 1);
	}
	free(counted->list);
}

static void read_folder(fuse_req_t req, size_t size, off_t offset, struct fuse_file_info *fi,
			bool plus)
{
	struct folder *folder = (struct folder *)(uintptr_t)fi->fh;
	struct known *known = &mount_of(req)->known;
	struct counted counted = {0};
	struct entry entry;
	size_t used = 0;
	char *data = malloc(size);
	int r = data ? 1 : -ENOMEM;

	while (r == 1) {
		r = folder_entry(folder, offset, &entry);
		if (r == 1) {
			size_t n = add_entry(req, data + used, size - used, &entry, plus);
			if (n > size - used) {
				break;
			}
			used += n;
			offset = entry.next;
			if (plus && takes_reference(&entry)) {
				count_entry(known, &counted, entry.node.ino);
			}
		}
	}
	/* An error after some entries is told when the kernel asks for the next ones. */
	if (r < 0 && used == 0) {
		reply_error(req, r);
		r = 0;
	} else {
		r = fuse_reply_buf(req, data, used);
	}
	count_end(known, &counted, r == 0);
	free(data);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		       struct fuse_file_info *fi)
{
	(void)ino;
	read_folder(req, size, offset, fi, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
			   struct fuse_file_info *fi)
{
	(void)ino;
	read_folder(req, size, offset, fi, true);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	folder_close((struct folder *)(uintptr_t)fi->fh);
	reply_error(req, 0);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	int mode = fi->flags & O_ACCMODE;
	struct handle *handle = NULL;
	struct visit visit;

	if (own_open(req, ino, fi)) {
		return;
	}
	visit_begin(&visit, req);
	int r = view_open(mount_of(req)->view, ino, mode != O_WRONLY, mode != O_RDONLY,
			  &visit.waiter, &handle);
	visit_end(&visit);
	if (r < 0) {
		reply_error(req, r);
		return;
	}
	fi->fh = (uintptr_t)handle;
	fi->direct_io = handle_is_live(handle);
	fi->keep_cache = !fi->direct_io;
	if (fuse_reply_open(req, fi) == -ENOENT) {
		handle_close(handle);
	}
}

static void read_text(fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	char *data = malloc(size);

	int r = data ? 0 : -ENOMEM;

	if (r == 0 && offset == 0) {
		r = handle_renew(handle);
	}
	if (r < 0) {
		reply_error(req, r);
		free(data);
		return;
	}
	size_t n = handle_text(handle, offset, data, size);
	fuse_reply_buf(req, data, n);
	free(data);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	struct handle *handle = (struct handle *)(uintptr_t)fi->fh;
	struct fuse_bufvec data = FUSE_BUFVEC_INIT(0);
	struct visit visit;
	struct piece piece = {.fd = -1};

	(void)ino;
	if (handle_is_text(handle)) {
		read_text(req, handle, size, offset);
		return;
	}
	visit_begin(&visit, req);
	ssize_t n = handle_content(handle, offset, size, &visit.waiter, &piece);
	visit_end(&visit);
	if (n < 0) {
		reply_error(req, (int)n);
		return;
	}
	data.buf[0] = (struct fuse_buf){
		.size = (size_t)n,
		.flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK,
		.fd = piece.fd,
		.pos = piece.offset,
	};
	if (n == 0) {
		fuse_reply_buf(req, NULL, 0);
	} else {
		fuse_reply_data(req, &data, FUSE_BUF_SPLICE_MOVE);
		piece_done(&piece);
	}
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
		     struct fuse_file_info *fi)
{
	struct visit visit;

	(void)ino;
	visit_begin(&visit, req);
	int r = handle_write((struct handle *)(uintptr_t)fi->fh, data, size, offset, &visit.waiter);
	visit_end(&visit);
	if (r < 0) {
		reply_error(req, r);
	} else {
		fuse_reply_write(req, size);
	}
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct handle *handle = (struct handle *)(uintptr_t)fi->fh;

	(void)ino;
	polled_remove(&mount_of(req)->polled, handle);
	handle_close(handle);
	reply_error(req, 0);
}

/* All can be read and written at any time; a status also tells when it says something else. */
static void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
		    struct fuse_pollhandle *ph)
{
	struct handle *handle = (struct handle *)(uintptr_t)fi->fh;
	unsigned events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	polled_add(&mount_of(req)->polled, handle, ino, ph);
	if (handle_has_news(handle)) {
		events |= POLLPRI | POLLERR;
	}
	fuse_reply_poll(req, events);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	enum { BLOCK = 4096 };
	struct view_totals totals = {0};
	int r = view_totals(mount_of(req)->view, &totals);
	struct statvfs st = {
		.f_bsize = BLOCK,
		.f_frsize = BLOCK,
		.f_blocks = (totals.bytes + BLOCK - 1) / BLOCK,
		.f_files = totals.files,
		.f_namemax = NAME_BYTES - 1,
	};

	(void)ino;
	if (r < 0) {
		reply_error(req, r);
	} else {
		fuse_reply_statfs(req, &st);
	}
}

/* What a person does by accident has no effect: every way to change the tree but a trigger is
 * EPERM; unless it is the notifier that does it. */
static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)rdev;
	reply_error(req, -EPERM);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)mode;
	if (!own_make(req, EVENT_MKDIR, parent, name)) {
		reply_error(req, -EPERM);
	}
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	(void)mode;
	if (!own_create(req, parent, name, fi)) {
		reply_error(req, -EPERM);
	}
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	if (!own_remove(req, EVENT_UNLINK, parent, name)) {
		reply_error(req, -EPERM);
	}
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	if (!own_remove(req, EVENT_RMDIR, parent, name)) {
		reply_error(req, -EPERM);
	}
}

static void op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent, const char *name)
{
	(void)link;
	if (!own_make(req, EVENT_SYMLINK, parent, name)) {
		reply_error(req, -EPERM);
	}
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	(void)ino;
	op_mknod(req, parent, name, 0, 0);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
		      const char *new_name, unsigned flags)
{
	(void)new_parent;
	(void)new_name;
	(void)flags;
	op_mknod(req, parent, name, 0, 0);
}

const struct fuse_lowlevel_ops mount_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.releasedir = op_releasedir,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.release = op_release,
	.poll = op_poll,
	.statfs = op_statfs,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.create = op_create,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.link = op_link,
	.rename = op_rename,
};
