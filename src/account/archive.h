/* An archive among the files of an item, shown as a folder beside it, or one packed file shown beside
 * its plain twin. A zip is listed from its directory alone and each member is unpacked when it is
 * read; all else is unpacked once, from front to back, when it is first looked into. */
#ifndef ACCOUNT_ARCHIVE_H
#define ACCOUNT_ARCHIVE_H

#include "account/content.h"
#include "bundle/bundle.h"

struct archive;

/* Waits until it is known what is in it. file is of a kind that bundle_kind_of() knows. -EIO,
 * -EBADMSG: damaged, or none of that kind; the words are in the item's `error` too. */
int archive_open(struct account *account, const struct file *file, struct waiter *waiter,
		 struct archive **out, struct problem *why);
void archive_close(struct archive *archive);

/* Valid until archive_close(). */
const struct bundle *archive_bundle(const struct archive *archive);

/* A member, to be read with content_read() from *base on, and closed with content_close(); the
 * archive may be closed before. Starts nothing. -EISDIR, -ENOENT. */
int archive_open_member(struct archive *archive, uint32_t number, struct content **out,
			int64_t *base, struct problem *why);

/* What was left out of the item's archive of that name (NULL: of all) while it is open, and why:
 * lines. NULL: nothing. The caller's. */
char *archives_words(struct contents *contents, uint32_t item, const char *name);

#endif
