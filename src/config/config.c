/* The accounts file as a whole; see config.h. */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config/file.h"
#include "config/loading.h"
#include "hook/hook.h"

enum {
	FILE_BYTES = 1024 * 1024,
	ACCOUNTS_MOST = 255,
	DEADLINE_MS = 10 * 1000,
	CONNECT_MS = 5 * 1000,
	STALL_MS = 30 * 1000,
	TIME_LEAST_MS = 100,
	CACHE_LEAST = 1 << 20,
	ANSWER_LEAST = 64 << 10,
};
#define CACHE_BYTES ((int64_t)1 << 30)
#define ANSWER_BYTES ((int64_t)64 << 20)

/* What to write, when there is nothing yet. */
static const char example[] = "accounts: {shop: {provider: NAME, base_url: https://…, …}}";

static char *load_dir(struct loading *l, const struct doc *object, const char *key,
		      const char *variable, const char *otherwise)
{
	const char *text = reader_text(&l->reader, object, key);
	auto_free char *base = NULL;
	char *dir;

	if (text && *text) {
		dir = file_expand(l->dir, text);
	} else {
		base = file_base(variable, otherwise);
		dir = base ? file_join(base, "orderfs") : NULL;
	}
	l->reader.no_memory |= !dir;
	return dir;
}

static int64_t load_time(struct loading *l, const struct doc *object, const char *key,
			 int64_t fallback_ms)
{
	int64_t value = reader_duration(&l->reader, object, key, fallback_ms);

	if (value < TIME_LEAST_MS) {
		reader_complain(&l->reader, doc_get(object, key), "'%s' is at least %d ms", key,
				TIME_LEAST_MS);
	}
	return value;
}

static int64_t load_bytes(struct loading *l, const struct doc *object, const char *key,
			  int64_t least, int64_t fallback)
{
	int64_t value = reader_bytes(&l->reader, object, key, fallback);

	if (value < least) {
		reader_complain(&l->reader, doc_get(object, key), "'%s' is at least %lldK", key,
				(long long)(least >> 10));
	}
	return value;
}

static void load_places(struct loading *l, const struct doc *root)
{
	static const char *const cache_keys[] = {"dir", "size", NULL};
	static const char *const limit_keys[] = {"deadline", "connect", "stall", "answer", NULL};
	const struct doc *cache = reader_object(&l->reader, root, "cache");
	const struct doc *limits = reader_object(&l->reader, root, "limits");
	struct config *config = l->config;

	reader_check_keys(&l->reader, cache, cache_keys);
	reader_check_keys(&l->reader, limits, limit_keys);
	config->state_dir = load_dir(l, root, "state", "XDG_STATE_HOME", ".local/state");
	config->cache_dir = load_dir(l, cache, "dir", "XDG_CACHE_HOME", ".cache");
	config->cache_bytes = load_bytes(l, cache, "size", CACHE_LEAST, CACHE_BYTES);
	config->deadline_ms = load_time(l, limits, "deadline", DEADLINE_MS);
	config->connect_ms = load_time(l, limits, "connect", CONNECT_MS);
	config->stall_ms = load_time(l, limits, "stall", STALL_MS);
	config->answer_bytes = load_bytes(l, limits, "answer", ANSWER_LEAST, ANSWER_BYTES);
}

static void load_listen(struct loading *l, const struct doc *root)
{
	const char *text = reader_text(&l->reader, root, "listen");
	struct sockaddr_storage address;
	socklen_t length;
	struct problem why = {0};

	if (!text) {
		return;
	}
	if (hook_address(text, &address, &length, &why) < 0) {
		reader_complain(&l->reader, doc_get(root, "listen"), "'listen': %s",
				problem_words(&why, 0));
	}
	problem_finish(&why);
	l->config->listen = strdup(text);
	l->reader.no_memory |= !l->config->listen;
}

static void load_accounts(struct loading *l, const struct doc *root)
{
	const struct doc *accounts = reader_object(&l->reader, root, "accounts");
	size_t count = doc_count(accounts);
	struct config *config = l->config;

	if (count == 0 || count > ACCOUNTS_MOST) {
		reader_complain(&l->reader, accounts ? accounts : root,
				count ? "there are at most 255 accounts"
				      : "there are no accounts; write for example %s",
				example);
		return;
	}
	config->accounts = calloc(count, sizeof(*config->accounts));
	if (!config->accounts) {
		l->reader.no_memory = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		load_account(l, accounts, config->account_count++);
	}
}

static void load_root(struct loading *l, const struct doc *root)
{
	static const char *const keys[] = {"accounts", "state", "cache", "limits", "listen", NULL};

	if (doc_kind(root) != DOC_OBJECT) {
		int line = doc_line(root);
		l->reader.found = true;
		findings_add(l->reader.findings, l->config->file, line ? line : 1,
			     "an accounts file looks like %s", example);
		return;
	}
	reader_check_keys(&l->reader, root, keys);
	load_places(l, root);
	load_listen(l, root);
	load_accounts(l, root);
}

/* Reads and checks; the text may hold secrets, so it is wiped. */
static int load_file(struct loading *l)
{
	struct doc *root = NULL;
	struct stat st;
	char *text;
	size_t length;
	int r = file_read(l->config->file, FILE_BYTES, &text, &length, &st);

	if (r == -ENOMEM) {
		return r;
	}
	if (r == -ENOENT) {
		return findings_add(l->reader.findings, l->config->file, 0,
				    "there is no such file; write one, for example: %s", example);
	}
	if (r < 0) {
		return findings_add(l->reader.findings, l->config->file, 0, "cannot be read: %s",
				    strerror(-r));
	}
	l->is_shared = (st.st_mode & 077) || st.st_uid != geteuid();
	r = doc_parse_yaml(l->config->file, text, length, l->reader.findings, &root);
	explicit_bzero(text, length);
	free(text);
	if (r == 0) {
		load_root(l, root);
	}
	doc_destroy(root);
	if (l->reader.no_memory) {
		return -ENOMEM;
	}
	return r == 0 && l->reader.found ? -EINVAL : r;
}

static char *find_file(const char *file)
{
	auto_free char *base = NULL;

	if (file) {
		return strdup(file);
	}
	base = file_base("XDG_CONFIG_HOME", ".config");
	return base ? file_join(base, "orderfs/orderfs.yaml") : NULL;
}

int config_load(const char *file, bool secrets, struct findings *findings, struct config **out)
{
	struct config *config = calloc(1, sizeof(*config));
	auto_free char *dir = NULL;
	int r = -ENOMEM;

	if (!config) {
		return -ENOMEM;
	}
	config->file = find_file(file);
	dir = config->file ? file_folder(config->file) : NULL;
	if (dir) {
		struct loading l = {
			.reader = {.file = config->file, .findings = findings},
			.config = config,
			.dir = dir,
			.secrets = secrets,
		};
		r = load_file(&l);
	}
	if (r < 0) {
		config_destroy(config);
	} else {
		*out = config;
	}
	return r;
}

static bool is_shared_with_earlier(const struct config *config, int index)
{
	for (int i = 0; i < index; i++) {
		if (config->accounts[i].provider == config->accounts[index].provider) {
			return true;
		}
	}
	return false;
}

static void finish_account(struct account_config *account)
{
	for (int i = 0; i < account->setting_count; i++) {
		wipe_text(account->settings[i].value);
		free(account->settings[i].name);
	}
	free(account->settings);
	free(account->name);
}

void config_destroy(struct config *config)
{
	if (!config) {
		return;
	}
	for (int i = config->account_count; i-- > 0;) {
		if (!is_shared_with_earlier(config, i)) {
			provider_destroy(config->accounts[i].provider);
		}
		finish_account(&config->accounts[i]);
	}
	free(config->accounts);
	free(config->file);
	free(config->listen);
	free(config->state_dir);
	free(config->cache_dir);
	free(config);
}
