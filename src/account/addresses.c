/* URLs of files, for some seconds after they were asked for: who learns a size opens the file as a
 * rule. Each is used once, and wiped. */
#include <stdlib.h>
#include <string.h>

#include "account/contents.h"
#include "base/cleanup.h"
#include "base/clock.h"

enum { FRESH_URL_MS = 10000, MOST = 64 };

struct address_entry {
	struct address_entry *next;
	uint32_t row;
	int64_t until_ms;
	char *url;
};

static void drop(struct address_entry **slot)
{
	struct address_entry *entry = *slot;

	*slot = entry->next;
	wipe_text(entry->url);
	free(entry);
}

/* Those that are too old, the one of that row, and those that are too many; newest are first. */
static void tidy_locked(struct contents *table, uint32_t row)
{
	int64_t now = clock_ms();
	int count = 0;

	for (struct address_entry **slot = &table->addresses; *slot;) {
		if ((*slot)->until_ms <= now || (*slot)->row == row || ++count >= MOST) {
			drop(slot);
		} else {
			slot = &(*slot)->next;
		}
	}
}

void contents_remember(struct contents *table, uint32_t row, const char *url)
{
	struct address_entry *entry = calloc(1, sizeof(*entry));

	if (!entry || !(entry->url = strdup(url))) {
		free(entry); /* it is asked for again then */
		return;
	}
	entry->row = row;
	entry->until_ms = clock_ms() + FRESH_URL_MS;
	pthread_mutex_lock(&table->mutex);
	tidy_locked(table, row);
	entry->next = table->addresses;
	table->addresses = entry;
	pthread_mutex_unlock(&table->mutex);
}

char *addresses_take(struct contents *table, uint32_t row)
{
	char *url = NULL;

	pthread_mutex_lock(&table->mutex);
	tidy_locked(table, 0);
	for (struct address_entry **slot = &table->addresses; *slot; slot = &(*slot)->next) {
		if ((*slot)->row == row) {
			url = (*slot)->url;
			(*slot)->url = NULL;
			drop(slot);
			break;
		}
	}
	pthread_mutex_unlock(&table->mutex);
	return url;
}

void addresses_finish(struct contents *table)
{
	while (table->addresses) {
		drop(&table->addresses);
	}
}
