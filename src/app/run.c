/* `orderfs MOUNTPOINT`: puts the floors on top of each other, mounts, and takes them down again. */
#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/background.h"
#include "app/hooks.h"
#include "base/folder.h"
#include "base/log.h"
#include "mount/mount.h"
#include "store/store.h"

struct run {
	const struct cli *cli;
	struct config *config;
	char *mount_point; /* absolute */
	int report;        /* to the waiting parent; -1 in the foreground */
	struct store *store;
	struct http *http;
	struct contents *contents;
	char *kept_dir;
	struct account_shared shared;
	struct account **accounts;
	int account_count;
	struct hooks hooks;
	struct hook *hook;
	struct view *view;
	struct mount *mount;
};

static int fail(int r, const struct problem *why)
{
	fprintf(stderr, "orderfs: %s\n", problem_words(why, r));
	return r;
}

static void on_changed(void *context, unsigned account, unsigned collection,
		       const struct item_change *changes, int count)
{
	struct run *run = context;

	(void)account;
	(void)collection;
	(void)changes;
	(void)count;
	view_changed(run->view);
}

static void on_ready(void *context)
{
	struct run *run = context;

	if (run->report >= 0) {
		log_setup(LOG_LEVEL_INFO, false);
		background_ready(run->report);
	}
}

/* Asks for listings, and waits for none. */
static void on_hangup(void *context)
{
	struct run *run = context;

	for (int i = 0; i < run->account_count; i++) {
		struct waiter waiter;
		waiter_init(&waiter, 0);
		account_refresh(run->accounts[i], &waiter, NULL);
		waiter_finish(&waiter);
	}
}

/* All of them: created here, they are inherited by every thread, and the keeper takes them. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int create_accounts(struct run *run, struct problem *why)
{
	run->shared = (struct account_shared){
		.config = run->config,
		.store = run->store,
		.http = run->http,
		.contents = run->contents,
		.kept_dir = run->kept_dir,
		.changed = on_changed,
		.context = run,
	};
	run->accounts = calloc((size_t)run->config->account_count, sizeof(*run->accounts));
	if (!run->accounts) {
		return -ENOMEM;
	}
	for (int i = 0; i < run->config->account_count; i++) {
		int r = account_create(&run->shared, &run->config->accounts[i], &run->accounts[i],
				       why);
		if (r < 0) {
			return r;
		}
		run->account_count++;
	}
	return 0;
}

static int create_mount(struct run *run, struct problem *why)
{
	struct mount_options options = {
		.path = run->mount_point,
		.source = run->cli->source ? run->cli->source : "orderfs",
		.options = run->cli->options,
		.debug = run->cli->debug,
		.patience_ms = run->config->deadline_ms,
		.ready = on_ready,
		.hangup = on_hangup,
		.context = run,
	};

	return mount_create(&options, &run->mount, why);
}

/* From the bottom floor to the top. */
static int build(struct run *run, struct problem *why)
{
	int r = store_open(run->config->state_dir, &run->store, why);

	if (r == 0) {
		r = folder_make(run->config->cache_dir, "cache", why);
	}
	if (r == 0 && asprintf(&run->kept_dir, "%s/kept", run->config->state_dir) < 0) {
		run->kept_dir = NULL;
		r = -ENOMEM;
	}
	if (r == 0) {
		r = folder_make(run->kept_dir, "kept", why);
	}
	if (r == 0) {
		r = http_create(&run->http);
	}
	if (r == 0) {
		r = contents_create(run->config->cache_dir, run->config->cache_bytes,
				    &run->contents);
		problem_set(r < 0 ? why : NULL, r, "the cache folder %s: %s",
			    run->config->cache_dir, strerror(-r));
	}
	if (r == 0) {
		r = create_accounts(run, why);
	}
	if (r == 0) {
		struct view_options options = {run->store, run->contents, run->accounts,
					       run->account_count};
		r = view_create(&options, &run->view);
	}
	if (r == 0) {
		run->hooks = (struct hooks){run->accounts, run->account_count};
		r = hooks_start(run->config, &run->hooks, &run->hook, why);
	}
	if (r == 0) {
		r = create_mount(run, why);
	}
	if (r == 0) {
		mount_listen(run->mount, run->view);
	}
	return r;
}

static int serve(struct run *run)
{
	int r = 0;

	for (int i = 0; i < run->account_count && r == 0; i++) {
		r = account_start(run->accounts[i]);
	}
	return r == 0 ? mount_serve(run->mount, run->view) : r;
}

/* From the top floor to the bottom: whoever could call down is gone before what it calls. */
static void take_down(struct run *run)
{
	hook_destroy(run->hook);
	for (int i = 0; i < run->account_count; i++) {
		account_stop(run->accounts[i]);
	}
	contents_stop(run->contents); /* its threads tell the mount what changes */
	mount_destroy(run->mount);
	http_destroy(run->http);
	view_destroy(run->view);
	contents_destroy(run->contents);
	for (int i = 0; i < run->account_count; i++) {
		account_destroy(run->accounts[i]);
	}
	free(run->accounts);
	store_close(run->store);
	config_destroy(run->config);
	free(run->kept_dir);
	free(run->mount_point);
	log_finish();
}

/* Nothing is forked or mounted before the configuration and the mount point are known to be
 * good. */
static int prepare(struct run *run, struct problem *why)
{
	struct findings findings = {0};
	int r = config_load(run->cli->config, true, &findings, &run->config);

	print_findings(&findings);
	if (r < 0) {
		if (findings.count == 0) {
			fail(r, NULL);
		}
		findings_finish(&findings);
		return EXIT_USAGE;
	}
	findings_finish(&findings);
	r = mount_check(run->cli->mount_point, &run->mount_point, why);
	return r < 0 ? (fail(r, why), EXIT_FAILED) : EXIT_OK;
}

int run_mount(const struct cli *cli)
{
	struct run run = {.cli = cli, .report = -1};
	struct problem why = {0};

	log_setup(cli->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, cli->foreground);
	int code = prepare(&run, &why);
	if (code == EXIT_OK) {
		block_signals();
		int r = cli->foreground ? 0 : background_start(&run.report);
		if (r == 0) {
			r = build(&run, &why);
		}
		if (r < 0) {
			fail(r, &why);
		} else {
			r = serve(&run);
		}
		code = r < 0 ? EXIT_FAILED : EXIT_OK;
	}
	take_down(&run);
	problem_finish(&why);
	return code;
}
