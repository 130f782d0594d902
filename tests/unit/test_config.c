/* The accounts file: what it means, where secrets come from, and what is said about its mistakes.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "config/secret.h"
#include "scarce.h"

/* The folder of one test. */
static char dir[64];

static const char description[] = "format: 1\n"
				  "name: plain\n"
				  "settings:\n"
				  "  base_url: {default: 'https://api.example.org'}\n"
				  "  id: {help: x}\n";

static const char plain[] =
	"format: 1\n"
	"name: plain\n"
	"settings:\n"
	"  base_url: {default: 'https://api.example.org'}\n"
	"  user: {required: true, help: who you are}\n"
	"  key: {required: true, secret: true}\n"
	"  note: {}\n"
	"auth: {headers: {Authorization: '{user} {key}', X-Note: '{note}'}}\n"
	"limits: {per_second: 7, burst: 8, parallel: 9}\n"
	"collections:\n"
	"  jobs:\n"
	"    item: {id: id, records: {job.json: list}, states: [{is: running, when: {s: r}}]}\n"
	"    list: {request: {get: '{base_url}/jobs'}, rows: data}\n"
	"    get: {request: {get: '{base_url}/jobs/{id}'}, row: data}\n"
	"    files: {none: there are none}\n";

static char *path_of(const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	auto_free char *path = path_of(name);
	auto_file FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fchmod(fileno(file), mode), 0);
}

static int set_up(void **state)
{
	auto_free char *providers = NULL;

	(void)state;
	strcpy(dir, "/tmp/test_config.XXXXXX");
	assert_non_null(mkdtemp(dir));
	providers = path_of("providers");
	assert_int_equal(mkdir(providers, 0755), 0);
	write_file("providers/plain.yaml", plain, 0644);
	setenv("HOME", dir, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	log_finish();
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct config *load_with(const char *text, bool secrets)
{
	auto_free char *path = path_of("orderfs.yaml");
	struct findings findings = {0};
	struct config *config = NULL;

	write_file("orderfs.yaml", text, 0600);
	if (config_load(path, secrets, &findings, &config) < 0) {
		fail_msg("line %d: %s", findings.list[0].line, findings.list[0].words);
	}
	assert_int_equal(findings.count, 0);
	return config;
}

static struct config *load(const char *text)
{
	return load_with(text, true);
}

static void assert_found_mode(const char *text, mode_t mode, int line, const char *words)
{
	auto_free char *path = path_of("orderfs.yaml");
	struct findings findings = {0};
	struct config *config = NULL;

	write_file("orderfs.yaml", text, mode);
	if (config_load(path, true, &findings, &config) != -EINVAL) {
		fail_msg("nothing was found in: %s", text);
	}
	for (int i = 0; i < findings.count; i++) {
		if (findings.list[i].line == line && strstr(findings.list[i].words, words)) {
			findings_finish(&findings);
			return;
		}
	}
	fail_msg("no '%s' in line %d of:\n%s\nfirst of %d is %s:%d: %s", words, line, text,
		 findings.count, findings.list[0].file, findings.list[0].line,
		 findings.list[0].words);
}

static void assert_found(const char *text, int line, const char *words)
{
	assert_found_mode(text, 0600, line, words);
}

static const char *setting_of(const struct account_config *account, const char *name)
{
	for (int i = 0; i < account->setting_count; i++) {
		if (strcmp(account->settings[i].name, name) == 0) {
			return account->settings[i].value;
		}
	}
	return NULL;
}

static void assert_path(const char *path, const char *name)
{
	auto_free char *expected = path_of(name);

	assert_string_equal(path, expected);
}

static void defaults_fill_what_is_not_said(void **state)
{
	struct config *c = load("accounts: {shop: {provider: plain, user: u, key: k123}}\n");
	const struct account_config *shop = &c->accounts[0];

	(void)state;
	assert_path(c->file, "orderfs.yaml");
	assert_path(c->state_dir, ".local/state/orderfs");
	assert_path(c->cache_dir, ".cache/orderfs");
	assert_int_equal(c->cache_bytes, 1 << 30);
	assert_int_equal(c->deadline_ms, 10000);
	assert_int_equal(c->answer_bytes, 64 << 20);
	assert_true(c->connect_ms > 0 && c->stall_ms > 0);
	assert_int_equal(c->account_count, 1);
	assert_string_equal(shop->name, "shop");
	assert_string_equal(shop->provider->name, "plain");
	assert_string_equal(setting_of(shop, "base_url"), "https://api.example.org");
	assert_string_equal(setting_of(shop, "user"), "u");
	assert_string_equal(setting_of(shop, "key"), "k123");
	assert_null(setting_of(shop, "note"));
	assert_int_equal(shop->limits.burst, 8);
	assert_false(shop->insecure || shop->spend || shop->cancel);
	config_destroy(c);
	config_destroy(NULL);
}

static void everything_can_be_said(void **state)
{
	struct config *c = load("state: ~/s\n"
				"listen: '[::1]:8787'\n"
				"cache: {dir: c/d, size: 2G}\n"
				"limits: {deadline: 3s, connect: 500ms, stall: 1m, answer: 1M}\n"
				"accounts:\n"
				"  a: {provider: plain, user: '1', key: k, spend: On}\n"
				"  b c:\n"
				"    provider: ./providers/plain.yaml\n"
				"    user: u\n"
				"    key: k\n"
				"    note: n\n"
				"    insecure: true\n"
				"    cancel: yes\n"
				"    base_url: http://127.0.0.1:8080/x\n"
				"    limits: {per_second: 0.5}\n"
				"  d: {provider: plain, user: u, key: k}\n");

	(void)state;
	assert_path(c->state_dir, "s");
	assert_string_equal(c->listen, "[::1]:8787");
	assert_path(c->cache_dir, "c/d");
	assert_int_equal(c->cache_bytes, (int64_t)2 << 30);
	assert_int_equal(c->deadline_ms, 3000);
	assert_int_equal(c->connect_ms, 500);
	assert_int_equal(c->stall_ms, 60000);
	assert_int_equal(c->answer_bytes, 1 << 20);
	assert_int_equal(c->account_count, 3);
	assert_true(c->accounts[0].spend && !c->accounts[0].cancel);
	assert_string_equal(c->accounts[1].name, "b c");
	assert_true(c->accounts[1].insecure && c->accounts[1].cancel && !c->accounts[1].spend);
	assert_string_equal(setting_of(&c->accounts[1], "base_url"), "http://127.0.0.1:8080/x");
	assert_string_equal(setting_of(&c->accounts[1], "note"), "n");
	assert_true(c->accounts[1].limits.per_second == 0.5);
	assert_int_equal(c->accounts[1].limits.burst, 8);
	assert_ptr_equal(c->accounts[0].provider, c->accounts[2].provider);
	assert_ptr_not_equal(c->accounts[0].provider, c->accounts[1].provider);
	config_destroy(c);
}

static void xdg_folders_are_used(void **state)
{
	struct config *c = NULL;
	struct findings findings = {0};
	auto_free char *config_home = path_of("etc");
	auto_free char *folder = path_of("etc/orderfs");
	auto_free char *own = path_of("etc/orderfs/providers");

	(void)state;
	setenv("XDG_STATE_HOME", "/xdg/state", 1);
	setenv("XDG_CACHE_HOME", "relative", 1);
	setenv("XDG_CONFIG_HOME", config_home, 1);
	assert_int_equal(mkdir(config_home, 0700) | mkdir(folder, 0700) | mkdir(own, 0700), 0);
	write_file("etc/orderfs/providers/plain.yaml", plain, 0644);
	write_file("etc/orderfs/orderfs.yaml", "accounts: {a: {provider: plain, user: u, key: k}}",
		   0600);
	assert_int_equal(config_load(NULL, true, &findings, &c), 0);
	assert_string_equal(c->state_dir, "/xdg/state/orderfs");
	assert_path(c->cache_dir, ".cache/orderfs");
	assert_path(c->file, "etc/orderfs/orderfs.yaml");
	config_destroy(c);
}

static void mistakes_are_found_with_their_lines(void **state)
{
	(void)state;
	assert_found("", 1, "an accounts file looks like accounts:");
	assert_found("# only\n", 1, "an accounts file looks like accounts:");
	assert_found("- a\n", 1, "an accounts file looks like accounts:");
	assert_found("listen: 0.0.0.0:80\n", 1, "it is 127.0.0.1:PORT or");
	assert_found("state: x\n", 1, "there are no accounts; write for example accounts:");
	assert_found("accounts: {}\n", 1, "there are no accounts");
	assert_found("accounts: [a]\n", 1, "'accounts' takes a mapping");
	assert_found("account: {}\n", 1, "unknown key 'account', did you mean 'accounts'?");
	assert_found("accounts:\n  a: x\n", 2, "'a' takes a mapping");
	assert_found("accounts:\n  a: {user: u, key: k}\n", 2, "which API it is: provider: NAME");
	assert_found("accounts:\n  a:\n    provider: plian\n", 3,
		     "there is no provider 'plian', did you mean 'plain'?");
	assert_found("accounts:\n  a:\n    provider: zzzzzz\n", 3,
		     "no zzzzzz.yaml in /tmp/test_config");
	assert_found("accounts:\n  a:\n    provider: ./x.yaml\n", 3,
		     "there is no file /tmp/test_config");
	assert_found("accounts:\n  a:\n    provider: plain\n    key: k\n", 2,
		     "'user' is missing: who you are");
	assert_found("accounts:\n  a:\n    provider: plain\n    user: u\n    key: k\n    usr: u\n",
		     6, "unknown key 'usr', did you mean 'user'?");
	assert_found("accounts:\n  a: {provider: plain, user: u, key: ''}\n", 2, "'key' is empty");
	assert_found("accounts:\n  a: {provider: plain, user: [u], key: k}\n", 2,
		     "'user' takes a text");
	assert_found("accounts:\n  a: {provider: plain, user: u, key: k, spend: perhaps}\n", 2,
		     "'spend' takes yes or no, not 'perhaps'");
	assert_found("accounts:\n  a: {provider: plain, user: u, key: k, limits: {burst: 0}}\n", 2,
		     "whole number from 1");
	assert_found("accounts:\n  .a: {provider: plain, user: u, key: k}\n", 2,
		     "an account is a folder, which cannot be called '.a'");
	assert_found("accounts:\n  a/b: {provider: plain, user: u, key: k}\n", 2,
		     "cannot be called 'a/b'");
	assert_found("accounts:\n  '': {provider: plain, user: u, key: k}\n", 2,
		     "cannot be called ''");
	assert_found("accounts:\n  a: {provider: plain, user: u, key: k}\n"
		     "  a: {provider: plain, user: u, key: k}\n",
		     3, "the key 'a' is there twice");
	assert_found("cache: {size: 5}\naccounts:\n  a: {provider: plain, user: u, key: k}\n", 1,
		     "'size' is at least 1024K");
	assert_found("cache: {size: big}\naccounts:\n  a: {provider: plain, user: u, key: k}\n", 1,
		     "a size such as 512M or 1G");
	assert_found("limits: {deadline: 10}\naccounts:\n  a: {provider: plain, user: u, key: k}\n",
		     1, "a time such as");
	assert_found("limits: {stall: 0}\naccounts:\n  a: {provider: plain, user: u, key: k}\n", 1,
		     "'stall' is at least 100 ms");
}

static void names_are_at_most_255_bytes(void **state)
{
	char text[400];
	char name[257];
	struct config *c;

	(void)state;
	memset(name, 'x', sizeof(name));
	snprintf(text, sizeof(text), "accounts:\n  %.255s: {provider: plain, user: u, key: k}\n",
		 name);
	c = load(text);
	assert_int_equal(strlen(c->accounts[0].name), 255);
	config_destroy(c);
	snprintf(text, sizeof(text), "accounts:\n  %.256s: {provider: plain, user: u, key: k}\n",
		 name);
	assert_found(text, 2, "at most 255 bytes");
}

static void base_urls_are_https_or_of_this_machine(void **state)
{
	static const char *const bad[] = {
		"http://api.example.org", "http://127.0.0.1", "ftp://x",
		"https://u:p@h",          "https://h?a=b",    "api.example.org",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
			 "accounts:\n  a: {provider: plain, user: u, key: k,\n"
			 "      base_url: '%s'}\n",
			 bad[i]);
		assert_found(text, 3, "'base_url'");
	}
	assert_found("accounts:\n  a: {provider: plain, user: u, key: k, insecure: yes,\n"
		     "      base_url: 'http://api.example.org'}\n",
		     3, "http:// is for this machine alone");
}

static void all_mistakes_are_found_at_once(void **state)
{
	static const char text[] = "stat: x\n"
				   "accounts:\n"
				   "  a: {provider: nowhere, user: u}\n"
				   "  b: {provider: plain, user: u}\n"
				   "  c: {provider: plain, usr: u, key: k}\n"
				   "  d: {provider: nowhere}\n";
	auto_free char *path = path_of("orderfs.yaml");
	struct findings findings = {0};
	struct config *config = NULL;

	(void)state;
	write_file("orderfs.yaml", text, 0600);
	assert_int_equal(config_load(path, true, &findings, &config), -EINVAL);
	assert_null(config);
	assert_int_equal(findings.count, 5);
	findings_finish(&findings);
}

static void findings_of_a_description_come_through(void **state)
{
	auto_free char *file = path_of("providers/plain.yaml");
	auto_free char *path = path_of("orderfs.yaml");
	struct findings findings = {0};
	struct config *config = NULL;

	(void)state;
	write_file("providers/plain.yaml", description, 0644);
	write_file("orderfs.yaml", "accounts: {a: {provider: plain}}", 0600);
	assert_int_equal(config_load(path, true, &findings, &config), -EINVAL);
	assert_true(findings.count > 0);
	assert_string_equal(findings.list[0].file, file);
	findings_finish(&findings);
}

static void a_missing_file_says_what_to_write(void **state)
{
	auto_free char *path = path_of("absent.yaml");
	struct findings findings = {0};
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_load(path, true, &findings, &config), -EINVAL);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.list[0].file, path);
	assert_non_null(strstr(findings.list[0].words,
			       "there is no such file; write one, for example: accounts:"));
	findings_finish(&findings);
	assert_int_equal(config_load(dir, true, &findings, &config), -EINVAL);
	findings_finish(&findings);
}

static void secrets_are_written_only_where_nobody_else_reads(void **state)
{
	static const char text[] =
		"accounts:\n  a:\n    provider: plain\n    user: u\n    key: k\n";

	(void)state;
	assert_found_mode(text, 0644, 5,
			  "'key' is a secret, and this file is not yours alone: chmod 600 /tmp");
	assert_found_mode(text, 0640, 5, "chmod 600");
	assert_found_mode(text, 0602, 5, "or write {file: …}");
	config_destroy(load(text));
}

static struct config *load_key(const char *source)
{
	char text[400];

	snprintf(text, sizeof(text), "accounts:\n  a: {provider: plain, user: u, key: %s}\n",
		 source);
	return load(text);
}

static void assert_key(const char *source, const char *value)
{
	struct config *c = load_key(source);

	assert_string_equal(setting_of(&c->accounts[0], "key"), value);
	config_destroy(c);
}

static void assert_no_key(const char *source, const char *words)
{
	char text[400];

	snprintf(text, sizeof(text), "accounts:\n  a: {provider: plain, user: u, key: %s}\n",
		 source);
	assert_found(text, 2, words);
}

static void secrets_come_from_files(void **state)
{
	(void)state;
	write_file("one", "s3cret\n", 0600);
	write_file("two", "s3 cret", 0400);
	write_file("crlf", "s3cret\r\n", 0600);
	write_file("open", "s3cret\n", 0604);
	write_file("lines", "s3cret\n\n", 0600);
	write_file("empty", "\n", 0600);
	assert_key("{file: one}", "s3cret");
	assert_key("{file: ~/one}", "s3cret");
	assert_key("{file: two}", "s3 cret");
	assert_key("{file: crlf}", "s3cret");
	assert_no_key("{file: open}", "others may read /tmp/test_config");
	assert_no_key("{file: open}", "chmod 600");
	assert_no_key("{file: lines}", "has more than one line");
	assert_no_key("{file: empty}", "is empty");
	assert_no_key("{file: absent}", "cannot read");
	assert_no_key("{file: providers}", "is no file of one line");
	assert_no_key("{fil: one}", "unknown key 'fil', did you mean 'file'?");
	assert_no_key("{file: one, env: X}", "write one of {file: …}");
	assert_no_key("{}", "write one of {file: …}");
	assert_no_key("{file: [one]}", "'file' takes a text");
}

static void secrets_come_from_commands(void **state)
{
	(void)state;
	assert_key("{command: echo s3cret}", "s3cret");
	assert_key("{command: 'cat; echo one | tr o 0'}", "0ne");
	assert_no_key("{command: 'echo x; exit 3'}", "the command ended with status 3");
	assert_no_key("{command: 'kill -9 $$'}", "the command was ended by signal 9");
	assert_no_key("{command: 'true'}", "what the command printed is empty");
	assert_no_key("{command: 'printf \"a\\0b\"'}", "holds a NUL");
	assert_no_key("{command: 'yes'}", "the command printed more than 64 KiB");
}

static void commands_have_a_limit(void **state)
{
	struct problem why = {0};
	int64_t before = clock_ms();
	size_t length;
	char *text;

	(void)state;
	assert_int_equal(run_command("exec tail -f /dev/null", 1000, &text, &length, &why),
			 -ETIMEDOUT);
	assert_string_equal(why.words, "the command did not end within 1 s");
	assert_int_equal(run_command("echo x; exec >/dev/null; exec tail -f /dev/null", 200, &text,
				     &length, &why),
			 -ETIMEDOUT);
	/* What stays in the background with the output open is not waited for. */
	assert_int_equal(run_command("exec 3>&1; tail -f /dev/null >/dev/null & echo $!", 60000,
				     &text, &length, &why),
			 0);
	assert_true(clock_ms() - before < 30000);
	assert_int_equal(kill((pid_t)atoi(text), SIGKILL), 0);
	free(text);
	problem_finish(&why);
}

/* Whoever inherited the writing end of the pipe is gone when reading says that it is at its end. */
static void commands_are_ended_with_all_they_started(void **state)
{
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	struct pollfd end = {.fd = ends[0], .events = POLLIN};
	char *text;
	size_t length;
	assert_int_equal(run_command("tail -f /dev/null >/dev/null & tail -f /dev/null", 200, &text,
				     &length, NULL),
			 -ETIMEDOUT);
	close(ends[1]);
	assert_int_equal(poll(&end, 1, 30000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

static void secrets_come_from_elsewhere(void **state)
{
	(void)state;
	setenv("TEST_CONFIG_KEY", "s3cret", 1);
	assert_key("{env: TEST_CONFIG_KEY}", "s3cret");
	assert_no_key("{env: TEST_CONFIG_NONE}", "the environment has no TEST_CONFIG_NONE");
	assert_no_key("{credential: key}", "LoadCredential=key:");
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	write_file("key", "s3cret\n", 0440);
	assert_key("{credential: key}", "s3cret");
	assert_no_key("{credential: ../key}", "a credential is a plain name");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void secrets_never_reach_the_log(void **state)
{
	struct config *c;
	char *log;
	size_t length;

	(void)state;
	log_setup(LOG_LEVEL_INFO, false);
	write_file("one", "s3cret\n", 0600);
	c = load_key("{file: one}");
	log_info("the key is s3cret, the user is u");
	log = log_snapshot(&length);
	assert_non_null(log);
	assert_null(strstr(log, "s3cret"));
	assert_non_null(strstr(log, "the user is u"));
	free(log);
	config_destroy(c);
}

static void checks_read_no_secrets(void **state)
{
	auto_free char *marker = path_of("ran");
	char text[300];
	struct config *c;

	(void)state;
	snprintf(
		text, sizeof(text),
		"accounts:\n"
		"  a: {provider: plain, user: {env: NOWHERE}, key: {command: 'touch %s; echo x'}}\n"
		"  b: {provider: plain, user: u, key: {file: absent}, base_url: {env: NOWHERE}}\n",
		marker);
	c = load_with(text, false);
	assert_string_equal(setting_of(&c->accounts[0], "key"), "");
	assert_int_equal(access(marker, F_OK), -1);
	config_destroy(c);
	c = NULL;
	c = load_with("accounts: {a: {provider: plain, user: u, key: k}}", false);
	assert_string_equal(setting_of(&c->accounts[0], "key"), "k");
	config_destroy(c);
}

static void shipped_descriptions_are_found(void **state)
{
	struct findings findings = {0};
	struct provider *provider = NULL;
	auto_free char *path = path_of("providers/plain.yaml");

	(void)state;
	assert_int_equal(config_load_provider(dir, path, &findings, &provider), 0);
	provider_destroy(provider);
	assert_int_equal(config_load_provider(NULL, "elasticpath", &findings, &provider), 0);
	assert_string_equal(provider->name, "elasticpath");
	provider_destroy(provider);
	assert_int_equal(config_load_provider(dir, "elasticpaht", &findings, &provider), -EINVAL);
	assert_int_equal(findings.count, 1);
	assert_non_null(strstr(findings.list[0].words, "did you mean 'elasticpath'?"));
	findings_finish(&findings);
}

static void running_out_of_memory_is_an_error(void **state)
{
	static const char text[] =
		"state: s\ncache: {dir: c}\naccounts:\n"
		"  a: {provider: plain, user: u, key: {file: one}}\n"
		"  b: {provider: plain, user: u, key: k, base_url: 'https://x'}\n";
	auto_free char *path = path_of("orderfs.yaml");

	(void)state;
	write_file("one", "s3cret\n", 0600);
	write_file("orderfs.yaml", text, 0600);
	for (long n = 1; SCARCE; n++) {
		struct findings findings = {0};
		struct config *config = NULL;
		long before = scarce_blocks();
		int r;

		scarce_at(n);
		r = config_load(path, true, &findings, &config);
		bool happened = scarce_happened();
		scarce_at(0);
		config_destroy(config);
		findings_finish(&findings);
		log_finish();
		if (!happened) {
			assert_int_equal(r, 0);
			return;
		}
		if ((r != -ENOMEM && r != 0) || scarce_blocks() != before) {
			fail_msg("allocation %ld: %d, %ld blocks lost", n, r,
				 scarce_blocks() - before);
		}
	}
}

#define test_in_folder(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(defaults_fill_what_is_not_said),
		test_in_folder(everything_can_be_said),
		test_in_folder(xdg_folders_are_used),
		test_in_folder(mistakes_are_found_with_their_lines),
		test_in_folder(names_are_at_most_255_bytes),
		test_in_folder(base_urls_are_https_or_of_this_machine),
		test_in_folder(all_mistakes_are_found_at_once),
		test_in_folder(findings_of_a_description_come_through),
		test_in_folder(a_missing_file_says_what_to_write),
		test_in_folder(secrets_are_written_only_where_nobody_else_reads),
		test_in_folder(secrets_come_from_files),
		test_in_folder(secrets_come_from_commands),
		test_in_folder(commands_have_a_limit),
		test_in_folder(commands_are_ended_with_all_they_started),
		test_in_folder(secrets_come_from_elsewhere),
		test_in_folder(secrets_never_reach_the_log),
		test_in_folder(checks_read_no_secrets),
		test_in_folder(shipped_descriptions_are_found),
		test_in_folder(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
