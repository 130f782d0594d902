/* Members that share bytes: what makes a small archive large without end, and what no program
 * writes that means well. */
#include "bundle/directory.h"

#include <errno.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const struct node *left = *(struct node *const *)a;
	const struct node *right = *(struct node *const *)b;

	if (left->packed.offset != right->packed.offset) {
		return left->packed.offset < right->packed.offset ? -1 : 1;
	}
	/* Of two in one place the one that comes first in the directory stays. */
	return left->entry.number < right->entry.number ? -1 : 1;
}

/* Where a member ends at the earliest; INT64_MAX when no archive reaches so far. */
static int64_t end_of(const struct packed *packed)
{
	if (packed->offset > INT64_MAX - LOCAL_BYTES - packed->bytes) {
		return INT64_MAX;
	}
	return packed->offset + LOCAL_BYTES + packed->bytes;
}

static void check(struct bundle *tree, struct node **members, size_t count, int64_t directory)
{
	struct node *before = NULL;

	for (size_t i = 0; i < count; i++) {
		struct packed *packed = &members[i]->packed;

		if (end_of(packed) > directory) {
			tree_drop(tree, members[i], "it reaches into the archive's directory");
			continue;
		}
		if (before && end_of(&before->packed) > packed->offset) {
			tree_drop(tree, members[i], "it shares bytes with another member");
			continue;
		}
		if (before) {
			before->packed.until = packed->offset;
		}
		packed->until = directory;
		before = members[i];
	}
}

int overlap_check(struct bundle *tree, const struct ending *ending)
{
	struct node **members = calloc(tree->count + 1, sizeof(struct node *));
	size_t count = 0;

	if (!members) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < tree->count; i++) {
		if (!tree->nodes[i]->entry.is_folder && !tree->nodes[i]->is_dropped) {
			members[count++] = tree->nodes[i];
		}
	}
	qsort(members, count, sizeof(struct node *), compare);
	check(tree, members, count, ending->directory);
	free(members);
	return 0;
}
