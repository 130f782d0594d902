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
#include "base/clock.h"
#include "base/log.h"

static const struct file_spec *spec_of(const struct collection *collection, const char *name)
{
	for (int i = 0; i < collection->file_count; i++) {
		if (strcmp(collection->files[i].name, name) == 0) {
			return &collection->files[i];
		}
	}
	return NULL;
}

/* The URL out of the answer, or out of the item's record. */
static int take_url(const struct doc *node, const struct file_spec *spec, const char *name,
		    char **url, struct problem *why)
{
	const char *text = doc_text(doc_path(node, spec->url), NULL);

	if (!text || !*text) {
		return problem_set(why, -ENOENT, "%s: the API gives no download address for it",
				   name);
	}
	*url = strdup(text);
	return *url ? 0 : -ENOMEM;
}

int resolve_url(struct account *account, struct call *call, const struct file *file,
		struct waiter *waiter, char **url, struct problem *why)
{
	struct item item = {0};
	struct doc *answer = NULL;
	const struct file_spec *spec = NULL;

	int r = item_by_row(account->shared->store, file->item, &item);
	struct work *work = r == 0 ? work_of(account, item.collection) : NULL;
	if (work) {
		spec = spec_of(work->spec, file->name);
	}
	if (r == 0 && !spec) {
		r = problem_set(why, -ENOENT, "%s is no file of the description any more",
				file->name);
	}
	if (r == 0 && spec->resolve) {
		struct value id = {"id", item.id};
		struct values values = {&id, 1, NULL};
		struct operation operation = {.spec = spec->resolve, .values = &values};
		r = call_run(account, call, &operation, waiter, &answer, NULL, why);
	} else if (r == 0) {
		r = doc_parse_json(item.record, strlen(item.record), 0, &answer, why);
	}
	if (r == 0) {
		r = take_url(answer, spec, file->name, url, why);
	}
	doc_destroy(answer);
	item_finish(&item);
	return r;
}

void resolve_report(struct account *account, uint32_t row, const char *words)
{
	struct item item = {0};
	bool changed = false;

	if (item_set_trouble(account->shared->store, row, words, &changed) < 0 || !changed ||
	    item_by_row(account->shared->store, row, &item) < 0) {
		return;
	}
	struct item_change change = {.row = row, .changes = CHANGE_ERROR, .state = item.state};
	snprintf(change.name, sizeof(change.name), "%s", item.name);
	if (words) {
		log_error(0, "%s: %s: %s", account->config->name, item.name, words);
	}
	account_report_changes(account, item.collection, &change, 1);
	item_finish(&item);
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

static int learn_size(void *context, struct call *call, struct waiter *waiter, struct problem *why)
{
	struct learn *learn = context;
	struct account *account = learn->account;
	struct fetch_facts facts = {.size = -1};
	char *url = NULL;

	int r = resolve_url(account, call, learn->file, waiter, &url, why);
	if (r == 0) {
		r = fetch_probe(account, url, waiter, &facts, why);
	}
	if (r == 0 && facts.size < 0) {
		r = measure(account, learn->file, waiter, &facts.size, why);
	}
	if (r == 0) {
		r = file_learn(account->shared->store, learn->file->row, facts.size, facts.etag,
			       facts.modified);
	}
	if (r == 0) {
		resolve_report(account, learn->file->item, NULL);
	} else if (r != -EINTR && r != -ECANCELED) {
		resolve_report(account, learn->file->item, problem_words(why, r));
	}
	fetch_facts_finish(&facts);
	fetch_wipe(url);
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
