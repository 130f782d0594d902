/* Requests that the notifier's own thread makes: what it announced is carried out here, and is how
 * a name comes and goes for everybody else. Anybody else who asks for the same is refused. */
#include "mount/internal.h"

#include <errno.h>
#include <string.h>

static bool claims(fuse_req_t req, uint64_t parent, const char *name, struct claim *claim)
{
	return notifier_claims(mount_of(req)->notifier, fuse_req_ctx(req)->pid, parent, name,
			       claim);
}

static bool comes(const struct claim *claim)
{
	return claim->kind == EVENT_CREATE || claim->kind == EVENT_MKDIR ||
	       claim->kind == EVENT_SYMLINK;
}

static void reply_node(fuse_req_t req, const struct node *node)
{
	struct fuse_entry_param entry;

	fill_entry(req, node, &entry);
	reply_entry(req, &entry);
}

/* An ordinary user may not open for writing what nobody may write to, not even here: its modes say
 * so to everybody else. */
static void reply_writable(fuse_req_t req, uint64_t parent, const char *name)
{
	struct node node;
	int r = view_find(mount_of(req)->view, parent, name, &node);

	if (r < 0) {
		reply_error(req, r);
		return;
	}
	node.mode |= S_IWUSR;
	reply_node(req, &node);
}

/* What comes is not there before, and what goes is there until then, whatever others see. */
bool own_lookup(fuse_req_t req, uint64_t parent, const char *name)
{
	struct mount *mount = mount_of(req);
	struct claim claim;

	if (parent == FUSE_ROOT_ID &&
	    notifier_meets(mount->notifier, fuse_req_ctx(req)->pid, name)) {
		reply_error(req, -ENOENT);
		return true;
	}
	if (!claims(req, parent, name, &claim)) {
		return false;
	}
	if (comes(&claim)) {
		reply_error(req, -ENOENT);
	} else if (claim.kind == EVENT_CHANGE) {
		reply_writable(req, parent, name);
	} else {
		struct event event = {.ino = claim.ino, .type = claim.type};
		struct node node;
		view_recall(mount->view, &event, &node);
		reply_node(req, &node);
	}
	return true;
}

static bool changes(fuse_req_t req, uint64_t ino)
{
	struct claim claim;

	return claims(req, 0, NULL, &claim) && claim.kind == EVENT_CHANGE && claim.ino == ino;
}

/* Of what the thread's call is about, or the folder it is in: both may be gone already, and what is
 * not known of a file is not waited for here. */
bool own_getattr(fuse_req_t req, uint64_t ino)
{
	struct view *view = mount_of(req)->view;
	struct claim claim;
	struct node node;
	struct stat st;

	if (!claims(req, 0, NULL, &claim) || (ino != claim.ino && ino != claim.parent)) {
		return false;
	}
	struct event about = {.ino = ino, .type = ino == claim.ino ? claim.type : S_IFDIR};
	enum address_kind kind = address_unpack(ino).kind;
	if (kind == ADDRESS_FILE || kind == ADDRESS_ENTRY ||
	    view_stat(view, ino, NULL, &node) < 0) {
		view_recall(view, &about, &node);
	}
	if (claim.kind == EVENT_CHANGE && ino == claim.ino) {
		node.mode |= S_IWUSR;
		node.stat_seconds = 0;
	}
	fill_stat(req, &node, &st);
	fuse_reply_attr(req, &st, node.stat_seconds);
	return true;
}

bool own_open(fuse_req_t req, uint64_t ino, struct fuse_file_info *fi)
{
	if (!changes(req, ino)) {
		return false;
	}
	fi->fh = 0;
	fi->direct_io = 1;
	fuse_reply_open(req, fi);
	return true;
}

/* The node that is told by this; after it everybody finds it. */
static int publish(fuse_req_t req, const struct claim *claim, uint64_t parent, const char *name,
		   struct node *node)
{
	struct view *view = mount_of(req)->view;
	int r = view_find(view, parent, name, node);

	/* It went while it was waiting to come. */
	if (r == 0 && node->ino != claim->ino) {
		r = -ENOENT;
	}
	if (r == 0) {
		view_told(view, parent, claim->ino);
	}
	return r;
}

bool own_create(fuse_req_t req, uint64_t parent, const char *name, struct fuse_file_info *fi)
{
	struct mount *mount = mount_of(req);
	struct fuse_entry_param entry;
	struct claim claim;
	struct node node;

	if (!claims(req, parent, name, &claim) || claim.kind != EVENT_CREATE) {
		return false;
	}
	int r = publish(req, &claim, parent, name, &node);
	if (r < 0) {
		reply_error(req, r);
		return true;
	}
	fill_entry(req, &node, &entry);
	fi->fh = 0;
	fi->direct_io = node.live;
	fi->keep_cache = !node.live;
	known_add(&mount->known, entry.ino);
	if (fuse_reply_create(req, &entry, fi) == -ENOENT) {
		known_forget(&mount->known, entry.ino, 1);
	}
	return true;
}

bool own_make(fuse_req_t req, enum event_kind kind, uint64_t parent, const char *name)
{
	struct claim claim;
	struct node node;

	if (!claims(req, parent, name, &claim) || claim.kind != kind) {
		return false;
	}
	int r = publish(req, &claim, parent, name, &node);
	if (r < 0) {
		reply_error(req, r);
	} else {
		reply_node(req, &node);
	}
	return true;
}

/* In the store it has gone already. */
bool own_remove(fuse_req_t req, enum event_kind kind, uint64_t parent, const char *name)
{
	struct claim claim;

	if (!claims(req, parent, name, &claim) || claim.kind != kind) {
		return false;
	}
	reply_error(req, 0);
	return true;
}
