/* What a download shows to be let in: nothing, since its URL is good for whoever has it. Only a file
 * whose description says `auth: same` has a URL that is one of the API's own requests, and is asked
 * for as they are: with the headers of `auth`, at that origin alone. */
#include <string.h>

#include "account/fetch.h"
#include "account/internal.h"
#include "base/cleanup.h"

static bool is_usual(const struct provider *provider)
{
	for (int i = 0; i < provider->collection_count; i++) {
		for (int j = 0; j < provider->collections[i].file_count; j++) {
			if (provider->collections[i].files[j].with_auth) {
				return false;
			}
		}
	}
	return true;
}

/* The collection, if the file's description says so. */
static int find_collection(struct account *account, const struct file *file,
			   const struct collection **out)
{
	struct item item = {0};
	int r = item_by_row(account->shared->store, file->item, &item);
	const struct work *work = r == 0 ? work_of(account, item.collection) : NULL;

	*out = work && file->spec < work->spec->file_count &&
			       work->spec->files[file->spec].with_auth
		       ? work->spec
		       : NULL;
	item_finish(&item);
	return r;
}

int badge_get(struct account *account, const struct file *file, const char *url,
	      struct waiter *waiter, struct badge *out, struct problem *why)
{
	const struct collection *collection = NULL;
	bool own = false;
	int r;

	*out = (struct badge){0};
	if (is_usual(account->provider)) {
		return 0;
	}
	r = find_collection(account, file, &collection);
	if (r == 0 && collection) {
		r = request_is_own(account->provider, collection, url, &account->scope, &own, why);
	}
	if (r == 0 && own) {
		r = token_get(account, waiter, false, &out->token, why);
	}
	if (r == 0 && own) {
		struct value token = {"token", out->token};
		struct values values = {&token, out->token ? 1 : 0, &account->scope};
		r = request_add_auth(account->provider, &values, &out->headers, why);
	}
	if (r < 0) {
		badge_finish(out);
	}
	return r;
}
