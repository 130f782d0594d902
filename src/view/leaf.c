/* The small text files: which there are in which folder, whether they are there, and what they
 * say. */
#include "view/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "doc/doc.h"

enum { READ_ONLY = S_IFREG | 0444, TRIGGER = S_IFREG | 0644 };

static const struct leaf_info control_leaves[] = {
	{LEAF_VERSION, "version", READ_ONLY}, {LEAF_LOG, "log", READ_ONLY},
	{LEAF_METRICS, "metrics", READ_ONLY}, {LEAF_READY, "ready", READ_ONLY},
	{LEAF_HISTORY, "history", READ_ONLY}, {LEAF_REFRESH, "refresh", TRIGGER},
	{LEAF_FILES, "files", READ_ONLY},     {LEAF_TRANSFERS, "transfers", READ_ONLY},
};
static const struct leaf_info account_leaves[] = {
	{LEAF_ACCOUNT_STATUS, "status", READ_ONLY},
};
static const struct leaf_info collection_leaves[] = {
	{LEAF_TRIGGER, "trigger", TRIGGER},
};
static const struct leaf_info item_leaves[] = {
	{LEAF_RECORD, NULL, READ_ONLY},     {LEAF_PART, NULL, READ_ONLY},
	{LEAF_STATUS, "status", READ_ONLY}, {LEAF_ERROR, "error", READ_ONLY},
	{LEAF_TRIGGER, "trigger", TRIGGER},
};

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

const struct leaf_info *leaves_in(struct address folder, int *count)
{
	*count = 0;
	if (folder.kind == ADDRESS_CTRL && folder.leaf == LEAF_CONTROL) {
		*count = COUNT(control_leaves);
		return control_leaves;
	}
	if (folder.kind == ADDRESS_CTRL && folder.leaf == LEAF_ACCOUNT) {
		*count = COUNT(account_leaves);
		return account_leaves;
	}
	if (folder.kind == ADDRESS_ITEM && folder.leaf == LEAF_FOLDER) {
		*count = folder.row ? COUNT(item_leaves) : COUNT(collection_leaves);
		return folder.row ? item_leaves : collection_leaves;
	}
	return NULL;
}

const char *leaf_name(const struct leaf_info *info, const struct collection *collection)
{
	if (info->name) {
		return info->name;
	}
	return info->leaf == LEAF_PART ? collection->part_record : collection->record;
}

const char *leaf_name_of(enum leaf leaf, const struct collection *collection)
{
	const struct leaf_info *info = item_leaves;

	while (info->leaf != leaf) {
		info++;
	}
	return leaf_name(info, collection);
}

static bool has_part_record(const struct collection *collection, const struct item *item)
{
	return collection && collection->part_record && item && item->part && item->part[0] == '{';
}

static bool has_trigger(const struct collection *collection, struct address address)
{
	return collection && (address.row ? collection->act : collection->create);
}

bool leaf_exists(struct view *view, struct address address, const struct item *item)
{
	const struct account *account = view_account(view, address.account);
	const struct collection *collection = account ? account_collection(account,
									   address.collection)
						      : NULL;
	bool ready = true;

	switch (address.leaf) {
	case LEAF_READY:
		for (int i = 0; i < view->options.account_count; i++) {
			ready = ready && account_is_ready(view->options.accounts[i]);
		}
		return ready;
	case LEAF_TRIGGER:
		return has_trigger(collection, address);
	case LEAF_PART:
		return has_part_record(collection, item);
	case LEAF_ERROR:
		return item && (item->error || item->trouble);
	case LEAF_RECORD:
	case LEAF_STATUS:
		return item != NULL;
	default:
		return true;
	}
}

/* The record as the API gave it. What it does not give back, the command that made the item, stands
 * at its end under a name of our own. */
static int record_text(const struct item *item, struct buf *out)
{
	struct doc *record = NULL;
	struct doc *remembered = NULL;
	auto_free char *text = NULL;

	if (!item->remembered) {
		buf_puts(out, item->record);
		return buf_status(out);
	}
	int r = doc_parse_json(item->record, strlen(item->record), 0, &record, NULL);
	if (r == 0) {
		r = doc_parse_json(item->remembered, strlen(item->remembered), 0, &remembered,
				   NULL);
	}
	if (r == 0) {
		text = doc_print_with(record, "orderfs", remembered);
		r = text ? 0 : -ENOMEM;
	}
	if (r == 0) {
		buf_puts(out, text);
		r = buf_status(out);
	}
	doc_destroy(record);
	doc_destroy(remembered);
	return r;
}

static int part_text(const struct item *item, struct buf *out)
{
	struct doc *part = NULL;
	auto_free char *text = NULL;
	int r = doc_parse_json(item->part, strlen(item->part), 0, &part, NULL);

	if (r == 0) {
		text = doc_print(part, true);
		r = text ? 0 : -ENOMEM;
	}
	if (r == 0) {
		buf_puts(out, text);
		r = buf_status(out);
	}
	doc_destroy(part);
	return r;
}

static void error_text(const struct item *item, struct buf *out)
{
	if (item->error) {
		buf_printf(out, "%s\n", item->error);
	}
	/* Ours may be several lines. */
	for (const char *at = item->trouble; at && *at;) {
		size_t length = strcspn(at, "\n");
		buf_printf(out, "orderfs: %.*s\n", (int)length, at);
		at += length + (at[length] == '\n');
	}
}

static int log_text(struct buf *out)
{
	size_t length = 0;
	auto_free char *text = log_snapshot(&length);

	if (!text) {
		return -ENOMEM;
	}
	buf_add(out, text, length);
	return buf_status(out);
}

int leaf_text(struct view *view, struct address address, const struct item *item, struct buf *out)
{
	struct account *account = view_account(view, address.account);

	switch (address.leaf) {
	case LEAF_VERSION:
		buf_puts(out, "orderfs " ORDERFS_VERSION "\n");
		break;
	case LEAF_LOG:
		return log_text(out);
	case LEAF_METRICS:
		control_metrics(view, out);
		break;
	case LEAF_READY:
		buf_puts(out, "ready\n");
		break;
	case LEAF_HISTORY:
		return control_history(view, out);
	case LEAF_TRANSFERS:
		return control_transfers(view, out);
	case LEAF_REFRESH:
		buf_puts(out,
			 "Write anything to list every account again now, or an account's name "
			 "to list that one.\n");
		break;
	case LEAF_ACCOUNT_STATUS:
		account_describe(account, out);
		break;
	case LEAF_RECORD:
		return record_text(item, out);
	case LEAF_PART:
		return part_text(item, out);
	case LEAF_STATUS:
		buf_printf(out, "%s\n", state_word(item->state));
		break;
	case LEAF_ERROR:
		error_text(item, out);
		break;
	case LEAF_TRIGGER:
		return control_trigger(view, address, out);
	default:
		return -ENOENT;
	}
	return buf_status(out);
}

int64_t leaf_mtime(struct view *view, struct address address, const struct item *item)
{
	switch (address.leaf) {
	case LEAF_RECORD:
		return item->record_ns;
	case LEAF_PART:
		return item->part_ns;
	case LEAF_STATUS:
		return item->state_ns;
	case LEAF_ERROR:
		return item->error_ns;
	case LEAF_TRIGGER:
	case LEAF_HISTORY:
		return control_last_ns(view, address);
	default:
		return view->since_ns;
	}
}
