/* What is wrong with an item's files, where people look for it: lines of its `error`, each with the
 * name of the file that it is about. */
#include <stdlib.h>
#include <string.h>

#include "account/archive.h"
#include "account/internal.h"
#include "base/cleanup.h"
#include "base/log.h"

static bool is_about(const char *line, const char *name)
{
	size_t length = strlen(name);

	return strncmp(line, name, length) == 0 && strncmp(line + length, ": ", 2) == 0;
}

static void add_line(struct buf *out, const char *line, size_t length)
{
	if (out->length) {
		buf_putc(out, '\n');
	}
	buf_add(out, line, length);
}

/* About some other member of that archive than the one that was read now. */
static bool is_about_another(const char *line, const char *name, const char *member)
{
	const char *word = line + strlen(name) + 2;
	size_t length = strlen(member);

	return *word == '"' && !(strncmp(word + 1, member, length) == 0 && word[1 + length] == '"');
}

static bool has_line(const char *lines, const char *line, size_t length)
{
	for (; lines && *lines; lines += strspn(lines, "\n")) {
		size_t here = strcspn(lines, "\n");
		if (here == length && memcmp(lines, line, length) == 0) {
			return true;
		}
		lines += here;
	}
	return false;
}

/* What is to stay of what was said: nothing of that file, or nothing but of its other members. What
 * it lacks is said anew. */
static void add_others(struct buf *out, const char *lines, const char *name, const char *member,
		       const char *lacks)
{
	while (lines && *lines) {
		size_t length = strcspn(lines, "\n");
		if (!is_about(lines, name) || (member && is_about_another(lines, name, member) &&
					       !has_line(lacks, lines, length))) {
			add_line(out, lines, length);
		}
		lines += length + (lines[length] == '\n');
	}
}

static void add_words(struct buf *out, const char *name, const char *words)
{
	auto_finish(buf_finish) struct buf line = {0};

	if (name && !is_about(words, name)) {
		buf_printf(&line, "%s: ", name);
	}
	buf_puts(&line, words);
	add_line(out, line.data ? line.data : "", line.length);
}

/* What is to stand there now, and whether that is something else. */
static bool set(struct account *account, const struct item *item, const char *name,
		const char *member, const char *words)
{
	struct contents *contents = account->shared->contents;
	auto_free char *lacks = archives_words(contents, item->row, name);
	auto_finish(buf_finish) struct buf all = {0};
	bool changed = false;

	if (name) {
		add_others(&all, item->trouble, name, member, lacks);
	}
	if (words) {
		add_words(&all, name, words);
	}
	if (lacks) {
		add_line(&all, lacks, strlen(lacks));
	}
	int r = buf_status(&all);
	if (r == 0) {
		r = item_set_trouble(account->shared->store, item->row,
				     all.length ? all.data : NULL, &changed);
	}
	return r == 0 && changed;
}

static void report(struct account *account, uint32_t row, const char *name, const char *member,
		   const char *words)
{
	struct item item = {0};

	/* Lines are kept, so that one is put there at a time. */
	pthread_mutex_lock(&account->mutex);
	int r = item_by_row(account->shared->store, row, &item);
	bool changed = r == 0 && set(account, &item, name, member, words);
	pthread_mutex_unlock(&account->mutex);
	if (changed && words) {
		log_error(0, "%s: %s: %s%s%s", account->config->name, item.name,
			  name && !is_about(words, name) ? name : "",
			  name && !is_about(words, name) ? ": " : "", words);
	}
	if (changed) {
		account_report_item(account, &item, CHANGE_ERROR);
	}
	item_finish(&item);
}

void report_file(struct account *account, uint32_t row, const char *name, const char *words)
{
	report(account, row, name, NULL, words);
}

void report_member_good(struct account *account, uint32_t row, const char *name, const char *member)
{
	report(account, row, name, member, NULL);
}
