/* `orderfs check`: what is wrong with the accounts file and the descriptions, with file and
 * line. */
#include "app/app.h"

#include <stdio.h>

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

static int check_descriptions(const struct cli *cli, struct findings *findings)
{
	int result = 0;

	for (int i = 0; i < cli->argument_count; i++) {
		struct provider *provider = NULL;
		int r = config_load_provider(NULL, cli->arguments[i], findings, &provider);
		if (r == 0) {
			printf("%s: %s: %d collection%s, no mistakes\n", cli->arguments[i],
			       provider->title, provider->collection_count,
			       provider->collection_count == 1 ? "" : "s");
		}
		provider_destroy(provider);
		result = result ? result : r;
	}
	return result;
}

static int check_accounts(const struct cli *cli, struct findings *findings)
{
	struct config *config = NULL;
	int r = config_load(cli->config, true, findings, &config);

	if (r == 0) {
		printf("%s: %d account%s, no mistakes\n", config->file, config->account_count,
		       config->account_count == 1 ? "" : "s");
	}
	config_destroy(config);
	return r;
}

int run_check(const struct cli *cli)
{
	struct findings findings = {0};
	int r = cli->argument_count > 0 ? check_descriptions(cli, &findings)
					: check_accounts(cli, &findings);

	print_findings(&findings);
	if (r < 0 && findings.count == 0) {
		fprintf(stderr, "orderfs: %s\n", error_words(r));
	}
	findings_finish(&findings);
	return r < 0 ? EXIT_USAGE : EXIT_OK;
}
