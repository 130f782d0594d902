/* The entries of an archive while they are found, and the bundle that they become. */
#ifndef BUNDLE_TREE_H
#define BUNDLE_TREE_H

#include "bundle/bundle.h"

/* What a zip's directory says about a member, for reading it. */
struct packed {
	int64_t offset; /* of its local header */
	int64_t bytes;  /* packed, behind that header */
	int64_t until;  /* where the next member or the directory begins */
	uint32_t crc;
	uint16_t method;
	uint16_t flags;
	uint16_t time;
	uint16_t date;
	uint8_t aes_version; /* 0: not AES */
	uint8_t aes_strength;
	uint16_t aes_method; /* below the cipher */
};

struct node {
	struct bundle_entry entry;
	struct packed packed;
	uint32_t twin;   /* the folder that wanted the name that this has */
	uint32_t copies; /* how many others wanted it */
	bool is_renamed;
	bool is_dropped;
	char name[];
};

enum { WORDS_MOST = 24 };

struct bundle {
	struct bundle_limits limits;
	struct node **nodes; /* by number - 1 */
	size_t count;
	size_t capacity;
	void *by_name;                      /* tsearch's, until the tree is complete */
	const struct bundle_entry **sorted; /* by folder and name, once it is */
	size_t sorted_count;
	int64_t total; /* bytes of all members, unpacked */
	char *words[WORDS_MOST];
	size_t words_count;
	size_t words_more; /* that many were not kept */
};

struct bundle *tree_create(const struct bundle_limits *limits);
/* The node of that path ('/' between segments), new or, of a folder, perhaps one that was there.
 * *out is NULL when it was left out, with words, and for "./", the archive itself. -ENOMEM; -EIO
 * with too many of them. */
int tree_add(struct bundle *tree, const char *path, size_t length, bool is_folder,
	     struct node **out, struct problem *why);
/* Counts the member's size; leaves it out, with words, when that passes a limit. packed is -1
 * where nothing says. Whether it is still there. */
bool tree_set_size(struct bundle *tree, struct node *node, int64_t size, int64_t packed);
/* Leaves out what was there, with words. */
void tree_drop(struct bundle *tree, struct node *node, const char *reason);
/* "PATH was left out: REASON". */
void tree_say(struct bundle *tree, const char *path, size_t length, const char *reason);
/* No more nodes come. */
int tree_complete(struct bundle *tree);
struct node *tree_node(const struct bundle *tree, uint32_t number);

#endif
