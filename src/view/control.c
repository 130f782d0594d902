/* Texts about the mount and its commands: metrics, history, and what reading a trigger says. */
#include "view/internal.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { HISTORY_LINES = 10000 };

/* A label's value: the format knows these three escapes. */
static void add_label(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			buf_puts(out, "\\n");
			continue;
		}
		if (*text == '"' || *text == '\\') {
			buf_putc(out, '\\');
		}
		buf_putc(out, *text);
	}
}

/* One sample of an account. */
static void add_sample(struct buf *out, const char *name, const struct account *account,
		       uint64_t value)
{
	buf_printf(out, "orderfs_%s{account=\"", name);
	add_label(out, account_name(account));
	buf_printf(out, "\"} %" PRIu64 "\n", value);
}

/* One counter of every account, in Prometheus' text format. */
static void add_counter(struct view *view, struct buf *out, const char *name, const char *help,
			uint64_t (*pick)(const struct account_counts *))
{
	buf_printf(out, "# HELP orderfs_%s %s\n# TYPE orderfs_%s counter\n", name, help, name);
	for (int i = 0; i < view->options.account_count; i++) {
		struct account_counts counts = {0};
		account_counts(view->options.accounts[i], &counts);
		add_sample(out, name, view->options.accounts[i], pick(&counts));
	}
}

static uint64_t requests(const struct account_counts *c)
{
	return c->http.requests;
}

static uint64_t repeats(const struct account_counts *c)
{
	return c->http.repeats;
}

static uint64_t failures(const struct account_counts *c)
{
	return c->http.failures;
}

static uint64_t bytes(const struct account_counts *c)
{
	return c->http.bytes;
}

static uint64_t listings(const struct account_counts *c)
{
	return c->listings;
}

static uint64_t listing_failures(const struct account_counts *c)
{
	return c->listing_failures;
}

static uint64_t triggers(const struct account_counts *c)
{
	return c->triggers;
}

static uint64_t downloads(const struct account_counts *c)
{
	return c->downloads.begun;
}

static uint64_t download_failures(const struct account_counts *c)
{
	return c->downloads.failed;
}

static uint64_t downloaded(const struct account_counts *c)
{
	return c->downloads.bytes;
}

static uint64_t hooks(const struct account_counts *c)
{
	return c->hooks;
}

static uint64_t hooks_refused(const struct account_counts *c)
{
	return c->hooks_refused;
}

static uint64_t hooks_repeated(const struct account_counts *c)
{
	return c->hooks_repeated;
}

static void add_gauge(struct buf *out, const char *name, const char *help, int64_t value)
{
	buf_printf(out, "# HELP orderfs_%s %s\n# TYPE orderfs_%s gauge\norderfs_%s %" PRId64 "\n",
		   name, help, name, name, value);
}

static void add_running(struct view *view, struct buf *out)
{
	buf_puts(out, "# HELP orderfs_downloads_running Downloads under way.\n"
		      "# TYPE orderfs_downloads_running gauge\n");
	for (int i = 0; i < view->options.account_count; i++) {
		struct account_counts counts = {0};
		account_counts(view->options.accounts[i], &counts);
		add_sample(out, "downloads_running", view->options.accounts[i],
			   counts.downloads.running);
	}
}

void control_metrics(struct view *view, struct buf *out)
{
	int64_t spool_bytes = 0;
	int spools = 0;

	contents_usage(view->options.contents, &spool_bytes, &spools);
	add_counter(view, out, "requests_total", "Requests sent to the API.", requests);
	add_counter(view, out, "repeats_total", "Of these, sent again after a failure.", repeats);
	add_counter(view, out, "failures_total", "Requests that got no answer.", failures);
	add_counter(view, out, "received_bytes_total", "Bytes of API answers.", bytes);
	add_counter(view, out, "listings_total", "Listings that succeeded.", listings);
	add_counter(view, out, "listing_failures_total", "Listings that failed.", listing_failures);
	add_counter(view, out, "commands_total", "Commands written to triggers.", triggers);
	add_counter(view, out, "webhooks_total", "Webhooks that were taken.", hooks);
	add_counter(view, out, "webhooks_refused_total", "Webhooks without a good signature.",
		    hooks_refused);
	add_counter(view, out, "webhooks_repeated_total", "Webhooks that had come before.",
		    hooks_repeated);
	add_counter(view, out, "downloads_total", "Downloads begun, those taken up again included.",
		    downloads);
	add_counter(view, out, "download_failures_total",
		    "Of these, refused, broken off or not what was promised.", download_failures);
	add_counter(view, out, "downloaded_bytes_total", "Bytes of files.", downloaded);
	add_running(view, out);
	buf_puts(out, "# HELP orderfs_ready Whether the last listing succeeded.\n"
		      "# TYPE orderfs_ready gauge\n");
	for (int i = 0; i < view->options.account_count; i++) {
		struct account *account = view->options.accounts[i];
		add_sample(out, "ready", account, account_is_ready(account));
	}
	add_gauge(out, "spool_bytes", "Bytes of downloads on disk.", spool_bytes);
	add_gauge(out, "spools", "Downloads on disk.", spools);
}

void control_column(struct buf *out, const char *text)
{
	buf_putc(out, '\t');
	for (; *text; text++) {
		buf_putc(out, (unsigned char)*text < 0x20 ? ' ' : *text);
	}
}

/* The folder of the item whose trigger it was. */
static void add_item_name(struct view *view, struct buf *out, uint32_t row)
{
	struct item item = {0};

	if (row) {
		int r = item_by_row(view->options.store, row, &item);
		buf_printf(out, "/%s", r == 0 ? item.name : "-");
	}
	item_finish(&item);
}

static void add_command(struct view *view, struct buf *out, const struct command *c)
{
	const struct account *account = view_account(view, c->account);
	const struct collection *collection = account ? account_collection(account, c->collection)
						      : NULL;
	char when[CLOCK_TEXT_BYTES];

	buf_puts(out, clock_print(c->at_ns, when));
	control_column(out, outcome_word(c->outcome));
	buf_printf(out, "\t%s/%s", account ? account_name(account) : "-",
		   collection ? collection->name : "-");
	add_item_name(view, out, c->item);
	buf_puts(out, "/trigger");
	control_column(out, c->fields);
	control_column(out, c->id ? c->id : "-");
	control_column(out, c->err ? error_name(c->err) : "-");
	control_column(out, c->words ? c->words : "-");
	buf_putc(out, '\n');
}

int control_history(struct view *view, struct buf *out)
{
	struct command *list = NULL;
	int count = 0;
	int r = journal_list(view->options.store, 0, HISTORY_LINES, &list, &count);

	for (int i = 0; i < count && r == 0; i++) {
		add_command(view, out, &list[i]);
	}
	commands_finish(list, count);
	return r ? r : buf_status(out);
}

int64_t control_last_ns(struct view *view, struct address address)
{
	struct command last = {0};
	int64_t at_ns = view->since_ns;

	if (address.leaf == LEAF_TRIGGER &&
	    journal_last(view->options.store, address.account, address.collection, address.row,
			 &last) == 0) {
		at_ns = last.at_ns;
		command_finish(&last);
	}
	return at_ns;
}

int control_trigger(struct view *view, struct address address, struct buf *out)
{
	auto_free char *usage = account_usage(view_account(view, address.account),
					      address.collection, address.row != 0);
	struct command last = {0};
	char when[CLOCK_TEXT_BYTES];

	if (!usage) {
		return -ENOMEM;
	}
	buf_puts(out, usage);
	int r = journal_last(view->options.store, address.account, address.collection, address.row,
			     &last);
	if (r == -ENOENT) {
		return buf_status(out);
	}
	if (r < 0) {
		return r;
	}
	buf_printf(out, "Last: %s %s %s", clock_print(last.at_ns, when), outcome_word(last.outcome),
		   last.fields);
	if (last.id) {
		buf_printf(out, " -> %s", last.id);
	}
	if (last.words) {
		buf_printf(out, ": %s", last.words);
	}
	buf_putc(out, '\n');
	command_finish(&last);
	return buf_status(out);
}
