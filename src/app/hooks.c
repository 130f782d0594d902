/* Webhooks, between the accounts file, the listener and the accounts; see hooks.h. */
#include "app/hooks.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "provider/template.h"

static void *find_account(void *context, const char *name)
{
	const struct hooks *hooks = context;

	for (int i = 0; i < hooks->count; i++) {
		if (strcmp(account_name(hooks->accounts[i]), name) == 0) {
			return account_takes_hooks(hooks->accounts[i]) ? hooks->accounts[i] : NULL;
		}
	}
	return NULL;
}

static enum hook_status take(void *found, const struct hook_request *request)
{
	return account_take_hook(found, request);
}

/* The address of an account's webhooks; the caller's. */
static char *address_of(const char *origin, const char *account)
{
	struct buf text = {0};

	buf_printf(&text, "http://%s/", origin);
	template_encode(&text, account);
	return buf_take(&text);
}

int hooks_start(const struct config *config, const struct hooks *hooks, struct hook **out,
		struct problem *why)
{
	struct hook_options options = {
		.listen = config->listen,
		.find = find_account,
		.take = take,
		.context = (void *)hooks,
	};
	int r = config->listen ? hook_create(&options, out, why) : 0;

	for (int i = 0; r == 0 && config->listen && i < hooks->count; i++) {
		const char *name = account_name(hooks->accounts[i]);
		auto_free char *address = address_of(hook_origin(*out), name);

		if (account_takes_hooks(hooks->accounts[i])) {
			log_info("%s: takes webhooks at %s", name, address ? address : "?");
		}
	}
	return r;
}

static bool is_set(const struct account_config *account, const char *name)
{
	for (int i = 0; name && i < account->setting_count; i++) {
		if (strcmp(account->settings[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* The settings by which one knows the sender, and whether one of them is there. */
static bool list_settings(const struct account_config *account, struct buf *names)
{
	const struct webhook_spec *spec = account->provider->webhook;
	bool set = false;

	for (int i = 0; i < spec->signature_count; i++) {
		const struct signature_spec *signature = &spec->signatures[i];
		const char *name = signature->secret ? signature->secret : signature->keys;

		buf_printf(names, "%s%s", i ? " or " : "", name);
		set = set || is_set(account, name);
	}
	return set;
}

static void describe(const struct config *config, const struct account_config *account)
{
	auto_finish(buf_finish) struct buf names = {0};
	bool set = account->provider->webhook && list_settings(account, &names);

	if (!set && !config->listen) {
		return;
	}
	printf("webhooks for %s: ", account->name);
	if (!account->provider->webhook) {
		printf("none, this API sends none\n");
	} else if (!set) {
		printf("none is taken without %s\n", names.data ? names.data : "");
	} else if (!config->listen) {
		printf("none is taken without 'listen: 127.0.0.1:PORT' in the accounts file\n");
	} else if (strcmp(strrchr(config->listen, ':'), ":0") == 0) {
		printf("taken, at a port that .orderfs/log names\n");
	} else {
		auto_free char *address = address_of(config->listen, account->name);
		printf("taken at %s\n", address ? address : "?");
	}
}

void hooks_describe(const struct config *config)
{
	for (int i = 0; i < config->account_count; i++) {
		describe(config, &config->accounts[i]);
	}
}
