/* Which URL a file is fetched from, and what size it has.
 *
 * A download URL is asked for when it is needed and kept nowhere: it may hold a signature, and it
 * expires. The size is learnt by asking for one byte, since a URL that is signed for GET refuses
 * HEAD. */
#include "account/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/content.h"
#include "account/fetch.h"
#include "base/cleanup.h"
#include "base/log.h"

int resolve_rebase(struct account *account, const char *setting, char **url)
{
	const char *base = account_setting(account, setting);
	const char *path = strstr(*url, "://");
	char *moved = NULL;

	if (!base || !path) {
		return 0;
	}
	path = path + 3 + strcspn(path + 3, "/?#");
	size_t length = strlen(base);
	while (length > 0 && base[length - 1] == '/') {
		length--;
	}
	if (asprintf(&moved, "%.*s%s", (int)length, base, path) < 0) {
		return -ENOMEM;
	}
	wipe_text(*url);
	*url = moved;
	return 0;
}

/* The row as the description sees it: the record with the part in it. */
static int row_of_item(const struct collection *collection, const struct item *item,
		       struct doc **out, struct problem *why)
{
	struct doc *record = NULL;
	struct doc *part = NULL;
	const char *text = item->record ? item->record : "{}";

	int r = doc_parse_json(text, strlen(text), 0, &record, why);
	if (r == 0 && collection->part && item->part) {
		r = doc_parse_json(item->part, strlen(item->part), 0, &part, why);
	}
	if (r == 0 && part) {
		doc_set(record, collection->part, part);
	}
	doc_destroy(part);
	if (r == 0) {
		*out = record;
	} else {
		doc_destroy(record);
	}
	return r;
}

/* The API gives no address for what it said was ready. Where the description says so, the file is
 * gone there, and the item with it. */
static int fail_without_url(struct account *account, const struct item *item,
			    const struct file_spec *spec, const char *name, struct problem *why)
{
	struct item_change change = {0};

	if (!spec->gone_expires) {
		return problem_set(why, -ENOENT, "%s: the API gives no download address for it",
				   name);
	}
	if (item_expire(account->shared->store, item->row, &change) == 0 && change.changes) {
		account_report_changes(account, item->collection, &change, 1);
	}
	return problem_set(why, -ENOENT,
			   "%s: the API has removed it; writing to the item's trigger makes "
			   "another",
			   name);
}

/* Asks for the URL, or takes it out of what is known. */
static int find_url(struct account *account, struct call *call, const struct item *item,
		    const struct file *file, struct waiter *waiter, char **url, struct problem *why)
{
	const struct work *work = work_of(account, item->collection);
	struct doc *node = NULL;
	int r;

	if (!work || file->spec >= work->spec->file_count) {
		return problem_set(why, -ENOENT, "%s is no file of the description any more",
				   file->name);
	}
	const struct file_spec *spec = &work->spec->files[file->spec];
	if (spec->resolve) {
		struct value id = {"id", item->id};
		struct values values = {&id, 1, NULL};
		struct operation operation = {.spec = spec->resolve, .values = &values};
		r = call_run(account, call, &operation, waiter, &node, NULL, why);
	} else {
		r = row_of_item(work->spec, item, &node, why);
	}
	if (r == 0) {
		const char *text = file_url(spec, file->element, node);
		*url = text ? strdup(text) : NULL;
		r = *url   ? resolve_rebase(account, spec->host, url)
		    : text ? -ENOMEM
			   : fail_without_url(account, item, spec, file->name, why);
	}
	doc_destroy(node);
	return r;
}

int resolve_url(struct account *account, struct call *call, const struct file *file,
		struct waiter *waiter, char **url, struct problem *why)
{
	struct item item = {0};
	int r = item_by_row(account->shared->store, file->item, &item);

	if (r == 0) {
		r = find_url(account, call, &item, file, waiter, url, why);
	}
	item_finish(&item);
	return r;
}

struct learn {
	struct account *account;
	const struct file *file;
};

/* The server says no length: all of it is fetched, and stays in its spool for the reader to
 * come. */
static int measure(struct account *account, const struct file *file, struct waiter *waiter,
		   int64_t *size, struct problem *why)
{
	struct content *content = NULL;
	int r = content_open(account, file, &content);

	if (r < 0) {
		return r;
	}
	*size = content_measure(content, waiter, why);
	content_close(content);
	return *size < 0 ? (int)*size : 0;
}

/* Of the URL that is good now. *again: the token was not, and another one may be. */
static int ask_once(struct learn *learn, struct call *call, struct waiter *waiter, char **url,
		    struct fetch_facts *facts, bool *again, struct problem *why)
{
	struct account *account = learn->account;
	struct badge badge = {0};

	*facts = (struct fetch_facts){.size = -1};
	int r = resolve_url(account, call, learn->file, waiter, url, why);
	if (r == 0) {
		r = badge_get(account, learn->file, *url, waiter, &badge, why);
	}
	if (r == 0) {
		r = fetch_probe(account, *url, &badge, learn->file->name, waiter, facts, why);
	}
	*again = r < 0 && facts->status == 401 && badge.token && token_drop(account, badge.token);
	badge_finish(&badge);
	return r;
}

static int ask_facts(struct learn *learn, struct call *call, struct waiter *waiter, char **url,
		     struct fetch_facts *facts, struct problem *why)
{
	bool again = false;
	int r = ask_once(learn, call, waiter, url, facts, &again, why);

	if (again) {
		fetch_facts_finish(facts);
		wipe_text(take_ptr(url));
		r = ask_once(learn, call, waiter, url, facts, &again, why);
	}
	return r;
}

static int learn_size(void *context, struct call *call, struct waiter *waiter, struct problem *why)
{
	struct learn *learn = context;
	struct account *account = learn->account;
	struct fetch_facts facts = {.size = -1};
	char host[NAME_BYTES];
	char *url = NULL;

	int r = ask_facts(learn, call, waiter, &url, &facts, why);
	/* Where there is no length, the probe was a download: an address that is good for one is
	 * used up. */
	if (r == 0 && facts.size >= 0) {
		contents_remember(account->shared->contents, learn->file->row, url);
	}
	if (r == 0 && facts.size < 0) {
		r = measure(account, learn->file, waiter, &facts.size, why);
	}
	if (r == 0) {
		r = file_learn(account->shared->store, learn->file->row, facts.size, facts.etag,
			       facts.modified, url_host(url, host, sizeof(host)));
	}
	if (r == 0) {
		report_file(account, learn->file->item, learn->file->name, NULL);
	} else if (r != -EINTR && r != -ECANCELED) {
		report_file(account, learn->file->item, learn->file->name, problem_words(why, r));
	}
	fetch_facts_finish(&facts);
	wipe_text(url);
	return r;
}

int account_learn(struct account *account, uint32_t row, struct waiter *waiter, struct problem *why)
{
	struct file file = {0};
	int r = file_by_row(account->shared->store, row, &file);

	if (r == 0 && file.size < 0) {
		struct learn learn = {account, &file};
		r = flight_run(&account->flights, flight_key(FLIGHT_SIZE, row), 0, learn_size,
			       &learn, waiter, why);
	}
	file_finish(&file);
	return r;
}
