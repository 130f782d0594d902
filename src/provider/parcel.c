/* What an act delivers: a record, archives that are elsewhere, and files that stand in the answer
 * itself. It is told whole or not at all, since asking for it again may not be for free. Pure; any
 * thread. */
#include "provider/parcel.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/extract.h"

static bool make_room(struct parcel *parcel)
{
	size_t count = (size_t)parcel->file_count;
	struct parcel_file *list;

	/* Doubled at every power of two. */
	if (count & (count - 1)) {
		return true;
	}
	list = count < INT_MAX / 2 ? realloc(parcel->files, (count ? count * 2 : 1) * sizeof(*list))
				   : NULL;
	if (list) {
		parcel->files = list;
	}
	return list != NULL;
}

/* Takes over path, also when it fails; NULL without memory. */
static struct parcel_file *add_at(struct parcel *out, char *path)
{
	if (!path || !make_room(out)) {
		free(path);
		return NULL;
	}
	out->files[out->file_count] = (struct parcel_file){.path = path};
	return &out->files[out->file_count++];
}

struct parcel_file *parcel_add(struct packing *p, const char *folder, const char *stem,
			       const char *suffix)
{
	return add_at(p->out, taken_add(&p->taken, folder, stem, suffix));
}

static int pack_archive(struct packing *p, const struct doc *root, const struct doc *archive,
			int number)
{
	const struct deliver_spec *spec = p->spec;
	const char *url = extract_text(archive, spec->archive_url);
	auto_free char *name = NULL;
	struct parcel_file *file;
	int r = member_expand(spec->archive_name, archive, root, number, &name);

	if (r < 0) {
		return r;
	}
	if (!url || !name) {
		return problem_set(p->why, -EBADMSG, "archive %d has no %s", number,
				   url ? "name" : "address");
	}
	file = add_at(p->out, taken_add_foreign(&p->taken, name));
	if (!file) {
		return -ENOMEM;
	}
	file->url = strdup(url);
	r = extract_copy(archive, spec->archive_password, &file->password);
	return file->url ? r : -ENOMEM;
}

static int pack_archives(struct packing *p, const struct doc *root)
{
	const struct doc *list = p->spec->archive_each ? doc_path(root, p->spec->archive_each)
						       : NULL;
	int count = doc_kind(list) == DOC_ARRAY ? (int)doc_count(list) : 0;
	int r = 0;

	for (int i = 0; i < count && r == 0; i++) {
		r = pack_archive(p, root, doc_at(list, (size_t)i), i + 1);
	}
	return r;
}

/* The record's name is the first that is taken. */
static int pack_record(struct packing *p, const struct doc *root)
{
	const struct deliver_spec *spec = p->spec;
	const struct doc_view view = {.omit = spec->omit, .omit_count = spec->omit_count};

	if (!spec->record) {
		return 0;
	}
	p->out->record_name = taken_add(&p->taken, NULL, spec->record, "");
	p->out->record = doc_print_view(root, &view);
	return p->out->record_name && p->out->record ? 0 : -ENOMEM;
}

static int pack(struct packing *p, const struct doc *root)
{
	int r = pack_record(p, root);

	if (r == 0) {
		r = pack_archives(p, root);
	}
	if (r == 0 && p->spec->inline_files) {
		r = parcel_pack_inline(p, root);
	}
	if (r == 0 && p->out->file_count == 0 && (p->spec->archive_each || p->spec->inline_files)) {
		r = problem_set(p->why, -EBADMSG, "the answer holds no files yet");
	}
	return r;
}

int parcel_read(const struct act *act, const struct doc *answer, struct parcel *out,
		struct problem *why)
{
	struct packing p = {.spec = act->deliver, .out = out, .why = why};
	const struct doc *root = doc_path(answer, act->deliver->from);
	int r;

	*out = (struct parcel){0};
	if (doc_kind(root) != DOC_OBJECT && doc_kind(root) != DOC_ARRAY) {
		return problem_set(why, -EBADMSG, "the answer holds nothing at '%s'",
				   act->deliver->from);
	}
	r = pack(&p, root);
	taken_finish(&p.taken);
	if (r < 0) {
		parcel_finish(out);
	}
	return r;
}

/* Keys and addresses do not stay in memory. */
void parcel_finish(struct parcel *parcel)
{
	for (int i = 0; i < parcel->file_count; i++) {
		struct parcel_file *file = &parcel->files[i];
		free(file->path);
		wipe_bytes(file->body, file->length);
		wipe_text(file->url);
		wipe_text(file->password);
	}
	free(parcel->files);
	free(parcel->record_name);
	wipe_text(parcel->record);
	*parcel = (struct parcel){0};
}

const char *parcel_record(const struct act *act)
{
	return act->deliver->record;
}
