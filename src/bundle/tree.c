/* The entries of an archive while they are found; see tree.h.
 *
 * Names that meet are told apart in the order in which the archive has them, so that they are
 * the same each time: the first keeps its name, others become name~2, name~3. Folders are made
 * as paths go through them, and never merge with a file of the same name. */
#include "bundle/tree.h"
#include "base/name.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct bundle_limits bundle_default_limits = {
	.member_bytes = INT64_C(64) << 30,
	.total_bytes = INT64_C(256) << 30,
	.ratio = 250,
	.members = 250000,
	.depth = 32,
};

struct bundle *tree_create(const struct bundle_limits *limits)
{
	struct bundle *tree = calloc(1, sizeof(*tree));

	if (tree) {
		tree->limits = limits ? *limits : bundle_default_limits;
	}
	return tree;
}

static int compare(const void *a, const void *b)
{
	const struct bundle_entry *left = a;
	const struct bundle_entry *right = b;

	if (left->parent != right->parent) {
		return left->parent < right->parent ? -1 : 1;
	}
	return strcmp(left->name, right->name);
}

struct node *tree_node(const struct bundle *tree, uint32_t number)
{
	return number > 0 && number <= tree->count ? tree->nodes[number - 1] : NULL;
}

static struct node *find(const struct bundle *tree, uint32_t parent, const char *name)
{
	struct bundle_entry wanted = {.parent = parent, .name = name};
	struct node **found = tfind(&wanted, &tree->by_name, compare);

	return found ? *found : NULL;
}

/* A place for one more pointer. */
static int grow(struct bundle *tree)
{
	if (tree->count < tree->capacity) {
		return 0;
	}
	size_t capacity = tree->capacity ? tree->capacity * 2 : 64;
	struct node **nodes = realloc(tree->nodes, capacity * sizeof(struct node *));

	if (!nodes) {
		return -ENOMEM;
	}
	tree->nodes = nodes;
	tree->capacity = capacity;
	return 0;
}

static int add_node(struct bundle *tree, uint32_t parent, const char *name, bool is_folder,
		    struct node **out)
{
	size_t length = strlen(name);
	struct node *node = calloc(1, sizeof(*node) + length + 1);

	if (!node || grow(tree) < 0) {
		free(node);
		return -ENOMEM;
	}
	memcpy(node->name, name, length + 1);
	node->entry = (struct bundle_entry){
		.number = (uint32_t)tree->count + 1,
		.parent = parent,
		.is_folder = is_folder,
		.name = node->name,
	};
	if (!tsearch(&node->entry, &tree->by_name, compare)) {
		free(node);
		return -ENOMEM;
	}
	tree->nodes[tree->count++] = node;
	*out = node;
	return 0;
}

/* As name, with ~N behind it and still no longer than a name may be. */
static void number_name(const char *name, uint32_t number, char out[NAME_BYTES])
{
	char tail[16];
	size_t room = NAME_BYTES - 1 - (size_t)snprintf(tail, sizeof(tail), "~%u", number);
	size_t used = 0;

	for (size_t length = strlen(name); used < length;) {
		size_t step = utf8_length(name + used, length - used);

		if (step == 0 || used + step > room) {
			break;
		}
		used += step;
	}
	memcpy(out, name, used);
	strcpy(out + used, tail);
}

/* A node of a name that is taken. */
static int add_copy(struct bundle *tree, struct node *taken, bool is_folder, struct node **out)
{
	char name[NAME_BYTES];

	do {
		taken->copies++;
		number_name(taken->name, taken->copies + 1, name);
	} while (find(tree, taken->entry.parent, name));
	int r = add_node(tree, taken->entry.parent, name, is_folder, out);

	if (r == 0) {
		(*out)->is_renamed = true;
	}
	return r;
}

static int enter_folder(struct bundle *tree, uint32_t parent, const char *name, struct node **out)
{
	struct node *taken = find(tree, parent, name);

	if (!taken) {
		return add_node(tree, parent, name, true, out);
	}
	if (taken->entry.is_folder && !taken->is_renamed) {
		*out = taken;
		return 0;
	}
	if (taken->twin) {
		*out = tree_node(tree, taken->twin);
		return 0;
	}
	int r = add_copy(tree, taken, true, out);

	if (r == 0) {
		taken->twin = (*out)->entry.number;
	}
	return r;
}

static int add_file(struct bundle *tree, uint32_t parent, const char *name, struct node **out)
{
	struct node *taken = find(tree, parent, name);

	return taken ? add_copy(tree, taken, false, out) : add_node(tree, parent, name, false, out);
}

/* The next segment of a path that is not empty and not "."; false at its end. */
static bool next_segment(const char **path, const char *end, size_t *length)
{
	const char *at = *path + *length;

	for (;;) {
		while (at < end && *at == '/') {
			at++;
		}
		size_t rest = at < end ? (size_t)(end - at) : 0;
		const char *slash = memchr(at, '/', rest);

		*length = slash ? (size_t)(slash - at) : rest;
		if (*length != 1 || *at != '.') {
			break;
		}
		at++;
	}
	*path = at;
	return *length > 0;
}

/* What is wrong with a path as a whole, or NULL. */
static const char *path_fault(const struct bundle *tree, const char *path, size_t length,
			      bool is_folder)
{
	const char *at = path;
	int depth = 0;

	if (length > 0 && path[0] == '/') {
		return "its name is absolute";
	}
	for (size_t segment = 0; next_segment(&at, path + length, &segment);) {
		if (segment == 2 && at[0] == '.' && at[1] == '.') {
			return "its name leads out of the archive";
		}
		depth++;
	}
	if (depth == 0 && !is_folder) {
		return "it has no name";
	}
	return depth - 1 > tree->limits.depth ? "it lies in too many folders" : NULL;
}

/* The node at the end of the path, and folders on the way to it. */
static int add_path(struct bundle *tree, const char *path, const char *end, bool is_folder,
		    struct node **out)
{
	uint32_t parent = 0;
	size_t length = 0;
	int r = 0;
	bool more = next_segment(&path, end, &length);

	while (more && r == 0) {
		char name[NAME_BYTES];

		name_safe(path, length, NULL, name);
		more = next_segment(&path, end, &length);
		r = more || is_folder ? enter_folder(tree, parent, name, out)
				      : add_file(tree, parent, name, out);
		if (r == 0) {
			parent = (*out)->entry.number;
		}
	}
	return r;
}

int tree_add(struct bundle *tree, const char *path, size_t length, bool is_folder,
	     struct node **out, struct problem *why)
{
	const char *fault = path_fault(tree, path, length, is_folder);

	*out = NULL;
	if (fault) {
		tree_say(tree, path, length, fault);
		return 0;
	}
	int r = add_path(tree, path, path + length, is_folder, out);

	/* Folders count as well: each costs as much. */
	if (r == 0 && tree->count > (size_t)tree->limits.members) {
		return problem_set(why, -EIO, "the archive has more than %d members",
				   tree->limits.members);
	}
	return r;
}

bool tree_set_size(struct bundle *tree, struct node *node, int64_t size, int64_t packed)
{
	const struct bundle_limits *limits = &tree->limits;
	const char *fault = NULL;

	if (size < 0 || size > limits->member_bytes) {
		fault = "it is too large";
	} else if (packed >= 0 && size > BUNDLE_SMALL_BYTES && size / limits->ratio > packed) {
		fault = "it would grow too much when unpacked";
	} else if (size > limits->total_bytes - tree->total) {
		fault = "the archive is too large with it";
	}
	if (fault) {
		tree_drop(tree, node, fault);
		return false;
	}
	tree->total += size;
	node->entry.size = size;
	node->entry.is_small = size <= BUNDLE_SMALL_BYTES;
	return true;
}

static void keep_node(void *node)
{
	(void)node; /* tree->nodes owns it */
}

static int compare_entries(const void *a, const void *b)
{
	const struct bundle_entry *const *left = a;
	const struct bundle_entry *const *right = b;

	return compare(*left, *right);
}

int tree_complete(struct bundle *tree)
{
	tree->sorted = calloc(tree->count + 1, sizeof(*tree->sorted));
	if (!tree->sorted) {
		return -ENOMEM;
	}
	tdestroy(tree->by_name, keep_node);
	tree->by_name = NULL;
	for (size_t i = 0; i < tree->count; i++) {
		if (!tree->nodes[i]->is_dropped) {
			tree->sorted[tree->sorted_count++] = &tree->nodes[i]->entry;
		}
	}
	qsort(tree->sorted, tree->sorted_count, sizeof(*tree->sorted), compare_entries);
	return 0;
}

void bundle_close(struct bundle *bundle)
{
	if (!bundle) {
		return;
	}
	tdestroy(bundle->by_name, keep_node);
	for (size_t i = 0; i < bundle->count; i++) {
		free(bundle->nodes[i]);
	}
	for (size_t i = 0; i < bundle->words_count; i++) {
		free(bundle->words[i]);
	}
	free(bundle->nodes);
	free(bundle->sorted);
	free(bundle);
}
