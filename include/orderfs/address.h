/* An inode number is an address: which account, which row, which leaf.
 *
 *  62   60 59     52 51    48 47               16 15           0
 * ┌───────┬─────────┬────────┬───────────────────┬──────────────┐
 * │ kind  │ account │ coll.  │ row in the store  │ leaf         │
 * └───────┴─────────┴────────┴───────────────────┴──────────────┘
 *
 * Of what is in an archive, kind ENTRY, the row has 28 bits (from 24 on) and the leaf, which is the
 * member's number, 24.
 *
 * Rows and account numbers come from the store and are never reused, so a number
 * means the same thing on every mount of the same state and no table is kept.
 * The root must be 1 (FUSE_ROOT_ID): kind CTRL is 0 and leaf ROOT is 1. */
#ifndef ORDERFS_ADDRESS_H
#define ORDERFS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum address_kind {
	ADDRESS_CTRL = 0, /* the root, account folders, .orderfs; row 0 */
	ADDRESS_ITEM = 1, /* a collection (row 0), an item's folder, its small files */
	ADDRESS_FILE = 2, /* content, or a folder of it; one row per version of a file, leaf 0 */
	ADDRESS_ENTRY =
		3,        /* an archive's folder (leaf 0) and what is in it, by the archive's row */
	ADDRESS_VIEW = 4, /* what an account shows of its items besides; row: a link's item, or 0 */
};

/* Of kind VIEW, in the place of the collection. Stored: append only. */
enum address_view {
	VIEW_COMPLETED = 1, /* a folder of files, which have addresses of their own */
	VIEW_BY_STATUS = 2,
	VIEW_BY_DATE = 3,
};

/* Leaves by kind. Stored nowhere, but exported inode numbers hang on them: append only. */
enum leaf {
	/* CTRL, account 0 */
	LEAF_ROOT = 1,
	LEAF_CONTROL = 2, /* the folder .orderfs */
	LEAF_VERSION = 3,
	LEAF_LOG = 4,
	LEAF_METRICS = 5,
	LEAF_READY = 6,
	LEAF_HISTORY = 7,
	LEAF_REFRESH = 8,
	LEAF_FILES = 9,
	LEAF_TRANSFERS = 10,
	/* CTRL, an account */
	LEAF_ACCOUNT = 32, /* the account's folder */
	LEAF_ACCOUNT_STATUS = 33,
	/* ITEM; with row 0 LEAF_FOLDER is the collection, and LEAF_TRIGGER is its trigger */
	LEAF_FOLDER = 64,
	LEAF_RECORD = 65,
	LEAF_STATUS = 66,
	LEAF_ERROR = 67,
	LEAF_TRIGGER = 68,
	LEAF_PART = 69, /* the record of the item's part */
	/* VIEW */
	LEAF_VIEW = 96,    /* completed, by-status and by-date themselves */
	LEAF_STATES = 128, /* plus a state: by-status/<state>; with a row, the link in it */
	LEAF_MONTHS = 0,   /* plus a month (12 * year + month - 1): by-date/<month>; the same */
	/* FILE */
	LEAF_CONTENT = 0,
};

struct address {
	enum address_kind kind;
	unsigned account;    /* 0..255 */
	unsigned collection; /* 0..15; of an entry 0 */
	uint32_t row;        /* of an entry below ENTRY_ROWS */
	unsigned leaf;
};

#define ENTRY_ROWS (UINT32_C(1) << 28)
#define ENTRY_LEAVES (UINT32_C(1) << 24)

static inline uint64_t address_pack(struct address a)
{
	uint64_t above = (uint64_t)a.kind << 60 | (uint64_t)(a.account & 0xff) << 52;

	if (a.kind == ADDRESS_ENTRY) {
		return above | (uint64_t)(a.row & (ENTRY_ROWS - 1)) << 24 |
		       (a.leaf & (ENTRY_LEAVES - 1));
	}
	return above | (uint64_t)(a.collection & 0xf) << 48 | (uint64_t)a.row << 16 |
	       (a.leaf & 0xffff);
}

static inline struct address address_unpack(uint64_t ino)
{
	struct address a = {
		.kind = (enum address_kind)(ino >> 60 & 0x7),
		.account = (unsigned)(ino >> 52 & 0xff),
		.collection = (unsigned)(ino >> 48 & 0xf),
		.row = (uint32_t)(ino >> 16 & 0xffffffff),
		.leaf = (unsigned)(ino & 0xffff),
	};

	if (a.kind == ADDRESS_ENTRY) {
		a.collection = 0;
		a.row = (uint32_t)(ino >> 24 & (ENTRY_ROWS - 1));
		a.leaf = (unsigned)(ino & (ENTRY_LEAVES - 1));
	}
	return a;
}

/* What is written to it is a command. */
static inline bool address_takes_commands(struct address a)
{
	return (a.kind == ADDRESS_ITEM && a.leaf == LEAF_TRIGGER) ||
	       (a.kind == ADDRESS_CTRL && a.leaf == LEAF_REFRESH);
}

#endif
