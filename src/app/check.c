/* `orderfs check`: what is wrong with the accounts file and the descriptions, with file and line;
 * then what is wrong with the accounts, in a line each. Or what a description makes of recorded
 * answers. */
#include "app/app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/check.h"
#include "app/hooks.h"
#include "base/cleanup.h"
#include "base/log.h"

void print_findings(const struct findings *findings)
{
	for (int i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->list[i];
		if (f->line > 0) {
			fprintf(stderr, "%s:%d: %s\n", f->file, f->line, f->words);
		} else {
			fprintf(stderr, "%s: %s\n", f->file, f->words);
		}
	}
}

/* Prints what was found; the exit code that goes with it. */
static int judge(int r, struct findings *findings)
{
	print_findings(findings);
	if (r < 0 && findings->count == 0) {
		fprintf(stderr, "orderfs: %s\n", error_words(r));
	}
	findings_finish(findings);
	return r < 0 ? EXIT_USAGE : EXIT_OK;
}

static int run_descriptions(const struct cli *cli)
{
	struct findings findings = {0};
	int result = 0;

	for (int i = 0; i < cli->argument_count; i++) {
		struct provider *provider = NULL;
		int r = config_load_provider(NULL, cli->arguments[i], &findings, &provider);
		if (r == 0) {
			printf("%s: %s: %d collection%s, no mistakes\n", cli->arguments[i],
			       provider->title, provider->collection_count,
			       provider->collection_count == 1 ? "" : "s");
		}
		provider_destroy(provider);
		result = result ? result : r;
	}
	return judge(result, &findings);
}

static int run_accounts(const struct cli *cli)
{
	struct findings findings = {0};
	struct config *config = NULL;

	int code = judge(config_load(cli->config, true, &findings, &config), &findings);
	if (code == EXIT_OK) {
		printf("%s: %d account%s, no mistakes\n", config->file, config->account_count,
		       config->account_count == 1 ? "" : "s");
		hooks_describe(config);
		fflush(stdout);
		code = cli->offline ? EXIT_OK : check_accounts(config);
	}
	config_destroy(config);
	log_finish();
	return code;
}

/* The folder is called as its provider is, unless a description is named. */
static int load_described(const struct cli *cli, struct findings *findings, struct provider **out)
{
	auto_free char *full = realpath(cli->answers, NULL);

	if (!full) {
		return findings_add(findings, cli->answers, 0, "%s", strerror(errno));
	}
	const char *name = cli->argument_count > 0 ? cli->arguments[0] : strrchr(full, '/') + 1;
	return config_load_provider(NULL, name, findings, out);
}

static int run_answers(const struct cli *cli)
{
	struct findings findings = {0};
	struct provider *provider = NULL;
	int count = 0;

	int r = load_described(cli, &findings, &provider);
	if (r == 0) {
		r = check_answers(provider, cli->answers, &findings, &count);
	}
	if (r == 0) {
		printf("%s: %d case%s, all as expected\n", cli->answers, count,
		       count == 1 ? "" : "s");
	} else if (count > 0) {
		printf("%s: %d of %d cases not as expected\n", cli->answers, findings.count, count);
	}
	provider_destroy(provider);
	return judge(r, &findings);
}

int run_check(const struct cli *cli)
{
	log_setup(LOG_LEVEL_ERROR, false);
	if (cli->answers) {
		return run_answers(cli);
	}
	return cli->argument_count > 0 ? run_descriptions(cli) : run_accounts(cli);
}
