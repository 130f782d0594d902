/* An archive shown as a folder.
 *
 * A zip is listed from its directory and read member by member, wherever they lie. What only
 * streams (.tar.*, .7z, .gz …) is walked once, from front to back, and every member passes by.
 * Either way the result is a bundle: the entries, with names that are safe and unique in their
 * folders, and words about what was left out and why.
 *
 * A bundle does not change and may be read by any number of threads. It keeps no hold of the
 * source: every call that needs bytes is given one, so that each caller waits with its own
 * patience, and members are read side by side without locks. */
#ifndef BUNDLE_BUNDLE_H
#define BUNDLE_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum bundle_kind {
	BUNDLE_NONE,
	BUNDLE_ZIP,
	BUNDLE_TAR,
	BUNDLE_TAR_GZ,
	BUNDLE_TAR_XZ,
	BUNDLE_TAR_ZST,
	BUNDLE_TAR_BZ2,
	BUNDLE_7Z,
	/* One file, packed. */
	BUNDLE_GZ,
	BUNDLE_XZ,
	BUNDLE_ZST,
	BUNDLE_BZ2,
};

/* By the end of the name ("keys.zip", "a.tar.gz", "a.TGZ"); *stem is how many bytes of it remain
 * for the folder or the plain twin. BUNDLE_NONE also when nothing would remain. */
enum bundle_kind bundle_kind_of(const char *name, size_t *stem);
/* A single packed file: its plain twin is a file, not a folder. */
bool bundle_kind_is_single(enum bundle_kind kind);
/* Whether the first bytes are those of that kind; 512 of them are enough. */
bool bundle_kind_fits(enum bundle_kind kind, const void *head, size_t length);
enum { BUNDLE_HEAD_BYTES = 512 };

/* The archive's bytes at an offset, wherever they come from; may wait. Returns how many of length
 * could be had (fewer only at the end), or -errno, with which everything then ends. */
struct bundle_source {
	int64_t size;
	ssize_t (*read)(void *context, int64_t offset, void *out, size_t length);
	void *context;
};

/* Members up to this are `small`: to be read whole, and thereby verified, before any of their
 * bytes are shown. */
enum { BUNDLE_SMALL_BYTES = 16 * 1024 * 1024 };

struct bundle_limits {
	int64_t member_bytes; /* one member, unpacked */
	int64_t total_bytes;  /* all of them, unpacked */
	int ratio;            /* unpacked to packed, of what is not small */
	int members;
	int depth; /* folders in each other */
};
extern const struct bundle_limits bundle_default_limits;

struct bundle_entry {
	int64_t size;     /* of a folder 0 */
	int64_t mtime_ns; /* 0: not known */
	uint32_t number;  /* from 1; the same for the same archive and limits */
	uint32_t parent;  /* its folder's number; 0 is the archive itself */
	bool is_folder;
	bool is_encrypted;
	bool is_small;
	const char *name;
};

struct bundle;

/* A zip's members from its directory: reads the last 64 KiB, then the directory once from its
 * start to its end. -EBADMSG: it is no zip; -EIO: a damaged or refused one; words in either
 * case. limits may be NULL: the default ones. */
int bundle_open(const struct bundle_source *source, const struct bundle_limits *limits,
		struct bundle **out, struct problem *why);
void bundle_close(struct bundle *bundle);

/* NULL when there is none. */
const struct bundle_entry *bundle_entry(const struct bundle *bundle, uint32_t number);
const struct bundle_entry *bundle_find(const struct bundle *bundle, uint32_t parent,
				       const char *name);
/* A folder's entries, sorted by the bytes of their names. */
const struct bundle_entry *const *bundle_list(const struct bundle *bundle, uint32_t parent,
					      size_t *count);
/* All entries of all folders, each folder's together. */
const struct bundle_entry *const *bundle_all(const struct bundle *bundle, size_t *count);
/* Sentences about what was left out and why, not more than a screen of them. */
const char *const *bundle_words(const struct bundle *bundle, size_t *count);

/* Where in a zip what a member needs lies: fetched as one range, nothing else is asked for. */
void bundle_range(const struct bundle *bundle, uint32_t number, int64_t *offset, int64_t *length);

/* A member of a zip, read from its start to its end. The source must outlive it; the password
 * may be NULL and is not kept. One thread at a time; others may read others meanwhile.
 * -EISDIR for a folder, -EACCES: password wrong or missing, -EOPNOTSUPP: packed in a way that
 * nothing here unpacks, -EIO: damaged. */
struct bundle_member;
int bundle_member_open(const struct bundle *bundle, uint32_t number,
		       const struct bundle_source *source, const char *password,
		       struct bundle_member **out, struct problem *why);
/* Returns 0 at the end. The call that would give the last bytes has verified all of them, and
 * fails instead when they are damaged: so a failed member never looks complete, and there are
 * never more bytes than entry->size. The old cipher lets one in a hundred wrong passwords pass
 * at first: what does not unpack then is -EACCES too. */
ssize_t bundle_member_read(struct bundle_member *member, void *out, size_t length,
			   struct problem *why);
void bundle_member_close(struct bundle_member *member);

/* Told while an archive passes by, in this order for each member: begin, data…, end. Any of them
 * may end the walk with -errno. */
struct bundle_visitor {
	/* A member; its size is what its header says, -1 where there is none. */
	int (*begin)(void *context, const struct bundle_entry *entry);
	int (*data)(void *context, uint32_t number, const void *data, size_t length);
	/* Its bytes were these; or err: they cannot be had (words say why), and the walk goes on. */
	int (*end)(void *context, uint32_t number, int err, const char *words);
	void *context;
};

/* All kinds but zip, from front to back. single_name is the name of a single packed file's only
 * entry, else NULL. Every member was handed to the visitor, or has words; a walk that fails
 * gives no bundle, so that half an archive is never taken for a whole one. */
int bundle_walk(enum bundle_kind kind, const struct bundle_source *source,
		const struct bundle_limits *limits, const char *single_name,
		const struct bundle_visitor *visitor, struct bundle **out, struct problem *why);

#endif
