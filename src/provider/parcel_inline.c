/* Files that stand in an answer: a folder for each group, a file for each element with a body, and
 * a folder of the file's name for those below it. Pure; any thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "provider/base64.h"
#include "provider/extract.h"
#include "provider/parcel.h"

static const struct {
	const char *type;
	const char *suffix;
} suffixes[] = {
	{"text/plain", ".txt"}, {"image/png", ".png"},       {"image/jpeg", ".jpg"},
	{"image/gif", ".gif"},  {"image/bmp", ".bmp"},       {"application/json", ".json"},
	{"", ".txt"},           {"application/pdf", ".pdf"},
};

/* True when the media type (with parameters, perhaps) is this one. */
static bool is_type(const char *type, const char *wanted)
{
	size_t length = strcspn(type, "; \t");

	return strlen(wanted) == length && strncasecmp(type, wanted, length) == 0;
}

static const char *suffix_of(const char *type)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (is_type(type, suffixes[i].type)) {
			return suffixes[i].suffix;
		}
	}
	return ".bin";
}

static bool is_base64(const struct deliver_spec *spec, const char *type)
{
	for (int i = 0; i < spec->base64_count; i++) {
		if (is_type(type, spec->base64[i])) {
			return true;
		}
	}
	return false;
}

/* A safe name out of a path, or the number where there is nothing. */
static void name_at(const struct doc *node, const char *path, size_t number, char out[NAME_BYTES])
{
	const char *text = extract_text(node, path);

	if (text) {
		name_safe(text, strlen(text), NULL, out);
	} else {
		snprintf(out, NAME_BYTES, "%zu", number);
	}
}

/* The body of the file, as its bytes. */
static int fill(struct packing *p, struct parcel_file *file, const struct doc *body,
		const char *type)
{
	size_t length;
	const char *text = doc_text(body, &length);

	if (is_base64(p->spec, type)) {
		int r = base64_decode(text, length, &file->body, &file->length);
		return r == -EBADMSG ? problem_set(p->why, r, "%s is not whole: it is no base64",
						   file->path)
				     : r;
	}
	file->body = malloc(length + 1);
	if (!file->body) {
		return -ENOMEM;
	}
	memcpy(file->body, text, length + 1);
	file->length = length;
	return 0;
}

static int pack_files(struct packing *p, const struct doc *list, const char *folder, int level);

/* Those below a file; path is the file's, or NULL where it has no body itself. */
static int pack_children(struct packing *p, const struct doc *list, const char *folder,
			 const char *path, size_t suffix_length, const char *stem, int level)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;
	auto_free char *own = name ? strndup(name, strlen(name) - suffix_length) : strdup(stem);
	auto_free char *inner = own ? taken_add(&p->taken, folder, own, "") : NULL;

	return inner ? pack_files(p, list, inner, level + 1) : -ENOMEM;
}

/* What only holds others says so with an empty body. */
static bool has_body(const struct doc *body, bool has_children)
{
	const char *text = doc_text(body, NULL);

	return text && (*text || !has_children);
}

static int pack_file(struct packing *p, const struct doc *node, size_t number, const char *folder,
		     int level)
{
	const struct deliver_spec *spec = p->spec;
	const struct doc *children = spec->children && level < spec->depth
					     ? doc_path(node, spec->children)
					     : NULL;
	const struct doc *body = doc_path(node, spec->inline_body);
	const char *type = extract_text(node, spec->inline_type);
	const char *suffix = suffix_of(type ? type : "");
	struct parcel_file *file = NULL;
	char stem[NAME_BYTES];
	int r = 0;

	name_at(node, spec->inline_name, number, stem);
	if (has_body(body, doc_count(children) > 0)) {
		file = parcel_add(p, folder, stem, suffix);
		r = file ? fill(p, file, body, type ? type : "") : -ENOMEM;
	} else if (doc_count(children) == 0) {
		return problem_set(p->why, -EBADMSG, "%s/%s has nothing in it", folder, stem);
	}
	if (r == 0 && doc_count(children)) {
		/* The list of files may move while it grows; the path does not. */
		r = pack_children(p, children, folder, file ? file->path : NULL, strlen(suffix),
				  stem, level);
	}
	return r;
}

static int pack_files(struct packing *p, const struct doc *list, const char *folder, int level)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < doc_count(list); i++) {
		r = pack_file(p, doc_at(list, i), i + 1, folder, level);
	}
	return r;
}

static int pack_group(struct packing *p, const struct doc *group, size_t number, const char *top)
{
	const struct doc *list = doc_path(group, p->spec->inline_files);
	char name[NAME_BYTES];

	/* A group that has none yet shows no folder. */
	if (doc_kind(list) != DOC_ARRAY || doc_count(list) == 0) {
		return 0;
	}
	name_at(group, p->spec->inline_group, number, name);
	auto_free char *folder = taken_add(&p->taken, top, name, "");
	return folder ? pack_files(p, list, folder, 1) : -ENOMEM;
}

int parcel_pack_inline(struct packing *p, const struct doc *root)
{
	auto_free char *top = taken_add(&p->taken, NULL, p->spec->inline_folder, "");
	const struct doc *groups = doc_path(root, p->spec->inline_each);
	int r = top ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < doc_count(groups); i++) {
		r = pack_group(p, doc_at(groups, i), i + 1, top);
	}
	return r;
}
