/* One account of the accounts file: its provider, its settings, what it may do. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "config/file.h"
#include "config/loading.h"
#include "config/secret.h"
#include "orderfs/message.h"

static const char *const own_keys[] = {"provider", "insecure", "spend", "cancel",
				       "keep",     "limits",   NULL};
enum { OWN_KEYS = 6 };

static void check_name(struct loading *l, const char *name, const struct doc *node)
{
	bool bad = !*name || *name == '.' || strlen(name) > 255;

	for (const char *c = name; *c; c++) {
		bad |= *c == '/' || (unsigned char)*c < ' ' || *c == 0x7f;
	}
	if (bad) {
		reader_complain(&l->reader, node,
				"an account is a folder, which cannot be called '%s': no '/', no "
				"dot in front, at most 255 bytes",
				name);
	}
}

/* The keys an account can have: its own and its provider's settings. */
static void check_keys(struct loading *l, const struct doc *node, const struct provider *provider)
{
	size_t count = OWN_KEYS + (size_t)provider->setting_count + 1;
	auto_free const char **keys = calloc(count, sizeof(*keys));

	if (!keys) {
		l->reader.no_memory = true;
		return;
	}
	memcpy(keys, own_keys, OWN_KEYS * sizeof(*keys));
	for (int i = 0; i < provider->setting_count; i++) {
		keys[OWN_KEYS + i] = provider->settings[i].name;
	}
	reader_check_keys(&l->reader, node, keys);
}

static char *copy(struct loading *l, const char *text)
{
	char *made = strdup(text);

	l->reader.no_memory |= !made;
	return made;
}

/* What the accounts file says about a setting; NULL when it says nothing, or with a finding. */
static char *read_value(struct loading *l, const struct doc *account,
			const struct setting_spec *spec)
{
	const struct doc *node = doc_get(account, spec->name);
	const char *text;

	if (doc_kind(node) == DOC_OBJECT) {
		return secret_read(&l->reader, l->dir, node, spec->secret, l->secrets);
	}
	text = reader_text(&l->reader, account, spec->name);
	if (!text) {
		return NULL;
	}
	if (!*text) {
		reader_complain(&l->reader, node, "'%s' is empty", spec->name);
		return NULL;
	}
	if (spec->secret && l->is_shared) {
		reader_complain(&l->reader, node,
				"'%s' is a secret, and this file is not yours alone: chmod 600 %s, "
				"or write {file: …}",
				spec->name, l->reader.file);
		return NULL;
	}
	return copy(l, text);
}

static void check_url(struct loading *l, const struct account_config *account,
		      const struct doc *node, const char *name, const char *url)
{
	struct problem why = {0};

	if (base_url_check(url, &why) < 0) {
		reader_complain(&l->reader, node, "'%s': %s", name, problem_words(&why, -EINVAL));
	} else if (strncasecmp(url, "https://", 8) != 0 &&
		   !(account->insecure && url_is_loopback(url))) {
		reader_complain(&l->reader, node,
				"'%s' begins with https://; http:// is for this machine alone "
				"(127.0.0.1), with insecure: yes",
				name);
	}
	problem_finish(&why);
}

static void read_setting(struct loading *l, const struct doc *node, const struct setting_spec *spec,
			 struct account_config *account)
{
	const struct doc *given = doc_get(node, spec->name);
	char *value = read_value(l, node, spec);

	if (!given && spec->required) {
		reader_complain(&l->reader, node, "'%s' is missing%s%s", spec->name,
				spec->help ? ": " : "", spec->help ? spec->help : "");
	}
	if (!given && spec->fallback) {
		value = copy(l, spec->fallback);
	}
	if (given && !value && !l->secrets) {
		value = copy(l, ""); /* somewhere else, and not asked for */
	}
	if (!value) {
		return;
	}
	if (spec->secret) {
		log_mask(value);
	}
	if (spec->url && *value) {
		check_url(l, account, given ? given : node, spec->name, value);
	}
	account->settings[account->setting_count].value = value;
	account->settings[account->setting_count].name = copy(l, spec->name);
	account->setting_count++;
}

static void read_settings(struct loading *l, const struct doc *node, struct account_config *account)
{
	const struct provider *provider = account->provider;

	account->settings = calloc((size_t)provider->setting_count + 1, sizeof(*account->settings));
	if (!account->settings) {
		l->reader.no_memory = true;
		return;
	}
	for (int i = 0; i < provider->setting_count; i++) {
		read_setting(l, node, &provider->settings[i], account);
	}
}

static void read_limits(struct loading *l, const struct doc *node, struct limits *limits)
{
	static const char *const keys[] = {"per_second", "burst", "parallel", NULL};
	const struct doc *own = reader_object(&l->reader, node, "limits");

	reader_check_keys(&l->reader, own, keys);
	limits->per_second = reader_decimal(&l->reader, own, "per_second", limits->per_second);
	limits->burst = reader_integer(&l->reader, own, "burst", 1, 100000, limits->burst);
	limits->parallel = reader_integer(&l->reader, own, "parallel", 1, 1000, limits->parallel);
}

/* The description, loaded once for all accounts that use it. */
static struct provider *get_provider(struct loading *l, const struct doc *accounts, int index,
				     const struct doc *node)
{
	const char *name = reader_text(&l->reader, node, "provider");
	auto_free char *path = NULL;
	struct provider *provider = NULL;
	struct problem why = {0};
	int r;

	for (int i = 0; name && i < index; i++) {
		const struct doc *other;
		const char *key;

		doc_member(accounts, (size_t)i, &key, &other);
		const char *used = doc_text(doc_get(other, "provider"), NULL);
		if (used && strcmp(used, name) == 0) {
			return l->config->accounts[i].provider;
		}
	}
	if (!name || !*name) {
		reader_complain(&l->reader, node,
				"an account says which API it is: provider: NAME");
		return NULL;
	}
	path = strchr(name, '/') ? file_expand(l->dir, name) : strdup(name);
	r = path ? find_provider(l->dir, path, l->reader.findings, &provider, &why) : -ENOMEM;
	if (r == -ENOENT) {
		reader_complain(&l->reader, doc_get(node, "provider"), "%s",
				problem_words(&why, r));
	}
	problem_finish(&why);
	l->reader.no_memory |= r == -ENOMEM;
	l->reader.found |= r < 0;
	return provider;
}

void load_account(struct loading *l, const struct doc *accounts, int index)
{
	struct account_config *account = &l->config->accounts[index];
	const struct doc *node;
	const char *name;

	doc_member(accounts, (size_t)index, &name, &node);
	account->name = copy(l, name);
	check_name(l, name, node);
	if (!reader_object(&l->reader, accounts, name)) {
		return;
	}
	account->provider = get_provider(l, accounts, index, node);
	account->insecure = reader_flag(&l->reader, node, "insecure", false);
	account->spend = reader_flag(&l->reader, node, "spend", false);
	account->cancel = reader_flag(&l->reader, node, "cancel", false);
	account->keep = reader_flag(&l->reader, node, "keep", false);
	if (!account->provider) {
		return;
	}
	account->limits = account->provider->limits;
	read_limits(l, node, &account->limits);
	check_keys(l, node, account->provider);
	read_settings(l, node, account);
}
