/* Archives that only stream, from front to back, by libarchive.
 *
 * libarchive is told what it has to expect and guesses nothing: of the kinds that it knows only the
 * one that name and first bytes agree on is let in. Links, devices and names that lead elsewhere
 * are left out; how much comes out of how little is watched all the while. */
#include "base/cleanup.h"
#include "bundle/flow.h"
#include "bundle/tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DATA_BYTES = 128 * 1024 };

struct walk {
	struct flow flow;
	const struct bundle_visitor *visitor;
	const char *single_name;
	struct bundle *tree;
	struct archive *archive;
	struct problem *why;
	int64_t unpacked; /* bytes of members, also of those left out */
	int headers;
	unsigned char data[DATA_BYTES];
};

static int damaged(struct walk *w)
{
	if (w->flow.err) {
		return w->flow.err;
	}
	if (archive_errno(w->archive) == ENOMEM) {
		return -ENOMEM;
	}
	if (archive_read_has_encrypted_entries(w->archive) > 0) {
		return problem_set(w->why, -EOPNOTSUPP,
				   "the archive is encrypted in a way that cannot be read here");
	}
	return problem_set(w->why, -EIO, "the archive is damaged");
}

/* Whether what has come out so far is out of all proportion. */
static int check_bounds(struct walk *w)
{
	const struct bundle_limits *limits = &w->tree->limits;
	/* Of .7z this is a place, and its directory is at the end. */
	int64_t out = w->flow.kind == BUNDLE_7Z ? 0 : archive_filter_bytes(w->archive, 0);

	out = out > w->unpacked ? out : w->unpacked;
	if (w->unpacked > limits->total_bytes) {
		return problem_set(w->why, -EIO, "the archive is too large");
	}
	if (out > BUNDLE_SMALL_BYTES && out / limits->ratio > w->flow.taken) {
		return problem_set(w->why, -EIO, "the archive grows too much when unpacked");
	}
	return 0;
}

/* Passes over a member's data. Plain ones are not even fetched. */
static int pass(struct walk *w)
{
	const void *block;
	size_t length;
	int64_t offset;

	if (w->flow.kind == BUNDLE_TAR) {
		return archive_read_data_skip(w->archive) < ARCHIVE_WARN ? damaged(w) : 0;
	}
	for (;;) {
		int r = archive_read_data_block(w->archive, &block, &length, &offset);

		if (r == ARCHIVE_FATAL) {
			return damaged(w);
		}
		if (r != ARCHIVE_OK) {
			return 0;
		}
		w->unpacked += (int64_t)length;
		r = check_bounds(w);
		if (r < 0) {
			return r;
		}
	}
}

/* Hands over the data; *size is how much it was. *fault is the member's own, and the walk can go
 * on. */
static int hand_over(struct walk *w, const struct node *node, int64_t *size, int *fault)
{
	const struct bundle_visitor *v = w->visitor;

	*size = 0;
	for (;;) {
		la_ssize_t n = archive_read_data(w->archive, w->data, DATA_BYTES);

		if (n == ARCHIVE_FATAL) {
			return damaged(w);
		}
		if (n <= 0) {
			*fault = n < 0 ? -EIO : 0;
			return 0;
		}
		*size += n;
		w->unpacked += n;
		if (*size > w->tree->limits.member_bytes) {
			return problem_set(w->why, -EIO, "\"%s\" is too large", node->name);
		}
		int r = check_bounds(w);

		if (r == 0) {
			r = v->data(v->context, node->entry.number, w->data, (size_t)n);
		}
		if (r < 0) {
			return r;
		}
	}
}

static int end_member(struct walk *w, struct node *node, int64_t size, int fault)
{
	const struct bundle_visitor *v = w->visitor;
	struct problem words = {0};

	if (node->entry.size < 0) {
		node->entry.size = 0;
		tree_set_size(w->tree, node, size, -1);
	} else if (fault == 0 && node->entry.size != size) {
		fault = -EIO;
	}
	if (fault == -EIO) {
		problem_set(&words, 0, "\"%s\" is damaged", node->name);
	} else if (fault < 0) {
		problem_set(&words, 0, "\"%s\" is encrypted in a way that cannot be read here",
			    node->name);
	}
	int r = v->end(v->context, node->entry.number, fault, words.words);

	problem_finish(&words);
	return r;
}

static int visit(struct walk *w, struct node *node)
{
	const struct bundle_visitor *v = w->visitor;
	int64_t size = 0;
	int fault = node->entry.is_encrypted ? -EOPNOTSUPP : 0;
	int r = v->begin(v->context, &node->entry);

	if (r == 0 && fault == 0) {
		r = hand_over(w, node, &size, &fault);
	}
	return r < 0 ? r : end_member(w, node, size, fault);
}

static int64_t time_ns(struct archive_entry *entry)
{
	const int64_t second_ns = INT64_C(1000000000);
	const int64_t most = INT64_MAX / second_ns - 1;
	int64_t seconds = archive_entry_mtime_is_set(entry) ? archive_entry_mtime(entry) : 0;

	if (seconds < -most || seconds > most) {
		return 0;
	}
	return seconds * second_ns + archive_entry_mtime_nsec(entry);
}

/* Why it is not for showing, or NULL. */
static const char *fault_of(struct archive_entry *entry, const char *path)
{
	if (!path) {
		return "it has no name";
	}
	if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK) {
		return "it is a link";
	}
	if (archive_entry_filetype(entry) != AE_IFREG &&
	    archive_entry_filetype(entry) != AE_IFDIR) {
		return "it is neither a file nor a folder";
	}
	return NULL;
}

/* *out is NULL when it was left out, with words. */
static int add_entry(struct walk *w, struct archive_entry *entry, struct node **out)
{
	const char *path = w->single_name ? w->single_name : archive_entry_pathname(entry);
	const char *fault;
	struct node *node = NULL;

	path = path ? path : archive_entry_pathname_utf8(entry);
	fault = fault_of(entry, path);
	*out = NULL;
	if (fault) {
		tree_say(w->tree, path ? path : "", path ? strlen(path) : 0, fault);
		return 0;
	}
	bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;
	int r = tree_add(w->tree, path, strlen(path), is_folder, &node, w->why);

	if (r < 0 || !node) {
		return r;
	}
	node->entry.mtime_ns = w->single_name ? 0 : time_ns(entry);
	node->entry.is_encrypted = archive_entry_is_data_encrypted(entry);
	if (!is_folder && !archive_entry_size_is_set(entry)) {
		node->entry.size = -1;
	} else if (!is_folder && !tree_set_size(w->tree, node, archive_entry_size(entry), -1)) {
		return 0;
	}
	*out = node;
	return 0;
}

static int take_entry(struct walk *w, struct archive_entry *entry)
{
	struct node *node = NULL;
	int r = check_bounds(w);

	/* Also those that are left out cost time. */
	if (r == 0 && ++w->headers > w->tree->limits.members) {
		return problem_set(w->why, -EIO, "the archive has more than %d members",
				   w->tree->limits.members);
	}
	if (r == 0) {
		r = add_entry(w, entry, &node);
	}
	if (r < 0) {
		return r;
	}
	if (node) {
		return node->entry.is_folder ? 0 : visit(w, node);
	}
	return pass(w);
}

/* To libarchive an error can look like an end, and the rest of a stream that is cut like something
 * that does not belong to it. */
static int check_end(struct walk *w)
{
	bool has_filter = archive_filter_count(w->archive) > 1;
	bool has_rest = has_filter && archive_filter_bytes(w->archive, -1) < w->flow.source->size;

	if (w->flow.err) {
		return w->flow.err;
	}
	return w->flow.is_damaged || has_rest ? damaged(w) : 0;
}

static int walk_entries(struct walk *w)
{
	struct archive_entry *entry;
	int r = 0;

	while (r == 0) {
		int status = archive_read_next_header(w->archive, &entry);

		if (status == ARCHIVE_EOF) {
			return check_end(w);
		}
		/* A warning is about an attribute or a name that could not be converted. */
		r = status == ARCHIVE_OK || status == ARCHIVE_WARN ? take_entry(w, entry)
								   : damaged(w);
	}
	return r;
}

static int walk_all(struct walk *w)
{
	int r = flow_open(&w->flow, w->archive, w->why);

	if (r == 0) {
		r = walk_entries(w);
	}
	return r < 0 ? r : tree_complete(w->tree);
}

/* Names are converted to what the locale says, which in a program like this one is ASCII. */
static int walk_in_utf8(struct walk *w)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	int r = walk_all(w);

	archive_read_free(w->archive);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return r;
}

int bundle_walk(enum bundle_kind kind, const struct bundle_source *source,
		const struct bundle_limits *limits, const char *single_name,
		const struct bundle_visitor *visitor, struct bundle **out, struct problem *why)
{
	struct walk *w = calloc(1, sizeof(*w));
	int r = -ENOMEM;

	if (!w) {
		return r;
	}
	w->visitor = visitor;
	w->single_name = bundle_kind_is_single(kind) ? single_name : NULL;
	w->why = why;
	w->tree = tree_create(limits);
	w->archive = archive_read_new();
	if (w->tree && w->archive) {
		r = flow_init(&w->flow, kind, source, why);
	} else {
		r = -ENOMEM;
	}
	if (r == 0) {
		r = walk_in_utf8(w);
	} else {
		archive_read_free(w->archive);
	}
	flow_finish(&w->flow);
	if (r == 0) {
		*out = take_ptr(&w->tree);
	}
	bundle_close(w->tree);
	free(w);
	return r;
}
