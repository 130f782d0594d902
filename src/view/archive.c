/* Archives as folders beside them, and plain twins of packed files: names, attributes, listings.
 *
 * They are in no store: an archive's folder is there whenever the archive is, and what is in it is
 * known once somebody looked. A name that something else has already stays what it is. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "view/internal.h"

/* The name of the folder or the twin beside the file; false when it has none. */
static bool name_beside(const struct file *file, char out[NAME_BYTES], bool *is_twin)
{
	size_t stem = 0;
	enum bundle_kind kind = bundle_kind_of(file->name, &stem);
	bool packed = file->kind == FILE_REMOTE || file->kind == FILE_KEPT;

	if (!file->item || !packed || kind == BUNDLE_NONE || stem >= NAME_BYTES ||
	    file->row >= ENTRY_ROWS) {
		return false;
	}
	memcpy(out, file->name, stem);
	out[stem] = '\0';
	*is_twin = bundle_kind_is_single(kind);
	return strcmp(out, ".") != 0 && strcmp(out, "..") != 0;
}

static uint64_t ino_of(const struct file *file, uint32_t number)
{
	return node_ino(ADDRESS_ENTRY, file->account, 0, file->row, number);
}

static void node_of_entry(struct node *out, const struct file *file,
			  const struct bundle_entry *entry)
{
	int64_t mtime_ns = entry->mtime_ns ? entry->mtime_ns : file->mtime_ns;

	node_folder(out, ino_of(file, entry->number), mtime_ns);
	if (!entry->is_folder) {
		out->mode = S_IFREG | 0444;
		out->size = entry->size;
	}
}

/* Its size is known once it was unpacked. */
static void node_of_twin(struct node *out, const struct file *file)
{
	node_folder(out, ino_of(file, 1), file->mtime_ns);
	out->mode = S_IFREG | 0444;
	if (file->plain >= 0) {
		out->size = file->plain;
	} else {
		out->sized = false;
		out->stat_seconds = 0;
	}
}

bool archive_beside(const struct file *file, char name[NAME_BYTES], struct node *out)
{
	bool is_twin = false;

	if (!name_beside(file, name, &is_twin)) {
		return false;
	}
	if (is_twin) {
		node_of_twin(out, file);
	} else {
		node_folder(out, ino_of(file, 0), file->mtime_ns);
	}
	return true;
}

int archive_lookup_beside(struct view *view, unsigned account, uint32_t item, uint32_t parent,
			  const char *name, struct node *out)
{
	struct file *files = NULL;
	int count = 0;
	int r = files_beside(view->options.store, account, item, parent, name, &files, &count);
	bool found = false;

	for (int i = 0; i < count && !found; i++) {
		char beside[NAME_BYTES];
		found = archive_beside(&files[i], beside, out) && strcmp(beside, name) == 0;
	}
	files_finish(files, count);
	return r < 0 ? r : found ? 0 : -ENOENT;
}

int archive_visit(struct view *view, struct address address, struct waiter *waiter,
		  struct archive_visit *out)
{
	struct account *account = view_account(view, address.account);
	struct problem why = {0};

	*out = (struct archive_visit){0};
	int r = file_by_row(view->options.store, address.row, &out->file);
	if (r == 0) {
		r = archive_open(account, &out->file, waiter, &out->archive, &why);
	}
	if (r < 0 && r != -EINTR) {
		log_debug("%s: %s", account_name(account), problem_words(&why, r));
	}
	problem_finish(&why);
	if (r == 0 && address.leaf) {
		out->entry = bundle_entry(archive_bundle(out->archive), address.leaf);
		r = out->entry ? 0 : -ENOENT;
	}
	if (r < 0) {
		archive_visit_end(out);
	}
	return r;
}

void archive_visit_end(struct archive_visit *visit)
{
	if (visit->archive) {
		archive_close(visit->archive);
	}
	file_finish(&visit->file);
	*visit = (struct archive_visit){0};
}

int archive_lookup_in(struct view *view, struct address folder, const char *name,
		      struct waiter *waiter, struct node *out)
{
	struct archive_visit visit;
	int r = archive_visit(view, folder, waiter, &visit);

	if (r < 0) {
		return r;
	}
	const struct bundle_entry *entry = bundle_find(archive_bundle(visit.archive), folder.leaf,
						       name);
	if (entry) {
		node_of_entry(out, &visit.file, entry);
	}
	archive_visit_end(&visit);
	return entry ? 0 : -ENOENT;
}

int archive_stat(struct view *view, struct address address, struct waiter *waiter, struct node *out)
{
	struct archive_visit visit;
	struct file file = {0};
	char name[NAME_BYTES];
	int r = file_by_row(view->options.store, address.row, &file);

	/* What is known without looking into it. */
	bool known = r == 0 && archive_beside(&file, name, out) &&
		     out->ino == address_pack(address) && out->sized;
	file_finish(&file);
	if (r < 0 || known) {
		return r;
	}
	r = archive_visit(view, address, waiter, &visit);
	if (r == 0) {
		node_of_entry(out, &visit.file, visit.entry);
		archive_visit_end(&visit);
	}
	return r;
}

int archive_list(struct view *view, struct address folder, struct waiter *waiter,
		 struct archive_visit *out, size_t *count)
{
	int r = archive_visit(view, folder, waiter, out);

	if (r == 0 && ((out->entry && !out->entry->is_folder))) {
		archive_visit_end(out);
		r = -ENOTDIR;
	}
	if (r == 0) {
		out->list = bundle_list(archive_bundle(out->archive), folder.leaf, count);
	}
	return r;
}

void archive_entry(const struct archive_visit *visit, size_t index, char name[NAME_BYTES],
		   struct node *out)
{
	strcpy(name, visit->list[index]->name);
	node_of_entry(out, &visit->file, visit->list[index]);
}

int archive_open_content(struct view *view, struct address address, struct waiter *waiter,
			 struct content **out, int64_t *base, int64_t *size)
{
	struct archive_visit visit;
	struct problem why = {0};
	int r = archive_visit(view, address, waiter, &visit);

	if (r < 0) {
		return r;
	}
	r = visit.file.current ? 0 : -ESTALE;
	if (r == 0 && !visit.entry) {
		r = -EISDIR;
	}
	if (r == 0) {
		*size = visit.entry->size;
		r = archive_open_member(visit.archive, address.leaf, out, base, &why);
	}
	problem_finish(&why);
	archive_visit_end(&visit);
	return r;
}
