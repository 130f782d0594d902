/* What is refused in a description: each mistake is found in its line, and told with what to
 * write instead. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lints.h"

static void unknown_keys_and_wrong_types_are_found(void **state)
{
	(void)state;
	assert_rest("collections:", "collectoins:",
		    "unknown key 'collectoins', did you mean 'collections'?");
	assert_rest("    get: {", "    git: {", "unknown key 'git', did you mean 'get'?");
	assert_rest_at("format: 1", "format: 2", "format 2 is not known", "format: 1");
	assert_rest_at("format: 1\n", "\n", "'format: 1' is missing", "name: sample");
	assert_rest("is: ready", "is: redy", "did you mean 'ready'?");
	assert_rest("is: ready", "isnt: ready", "unknown key 'isnt'");
	assert_rest("7d", "soon", "'lifetime' takes a time such as");
	assert_rest("2s..20s", "20s..2s", "range of times");
	assert_rest("list: 30s", "list: 30ms", "polled more often than every second");
	assert_rest("size: 50", "size: 0", "whole number from 1");
	assert_rest("kind: offset", "kind: ofset", "did you mean 'offset'?");
	assert_rest("rows: data", "rows: data[*]", "is no path");
	assert_rest("{required: true, secret: true}", "yes", "'key' takes a mapping");
	assert_rest("effect: quota", "effect: qouta", "did you mean 'quota'?");
	assert_rest("when: ready", "when: later", "unknown value of 'when'");
	assert_rest("{null: yes}", "{nul: yes}", "unknown key 'nul', did you mean 'null'?");
	assert_rest("auth:\n", "webhoof: {}\nauth:\n", "unknown key 'webhoof'");
	assert_rest("gone: expired", "gone: failed", "it can be expired");
	assert_rest("missing: keep", "missing: kept", "did you mean 'keep'?");
	assert_graph("{kind: relay, first", "{kind: relay, take: a, first", "unknown key 'take'");
	assert_graph("{path: changed", "{from: x, path: changed", "unknown key 'from'");
	assert_graph("then: queued", "then: gonne", "did you mean 'gone'?");
	assert_graph("depth: 3", "depth: 99", "whole number from 1 to 8");
	assert_graph("most: 20", "most: 101", "whole number from 1 to 100");
	assert_graph("      row: node", "      raw: node", "did you mean 'row'?");
}

static void what_is_missing_is_found(void **state)
{
	(void)state;
	assert_rest_at("name: sample\n", "\n", "'name' is missing", "format: 1");
	assert_rest_at("      id: id\n      error", "      error", "'id' is missing", "    item:");
	assert_rest_at("      rows: data\n", "", "'rows' is missing", "    list:");
	assert_rest_at("      effect: quota\n", "", "'effect' is missing", "    create:");
	assert_rest(", total: total", "", "'total' is missing");
	assert_rest("name: out.csv, ", "", "'name' is missing");
	assert_rest(", url: u, gone", ", gone", "'url' is missing");
	assert_rest("is: ready, ", "", "says which state it is");
	assert_rest("resolve: {request: {get: '{base_url}/jobs/{id}/file'}, url: u, gone: expired}",
		    "auth: none", "where its URL is");
	assert_rest_at("    get: {request: {get: '{base_url}/jobs/{id}'}, row: data}\n", "",
		       "'get' is missing: the request that asks for one item; or 'get_many'",
		       "  jobs:");
	assert_rest_at("    value: t\n", "", "'value' is missing", "  token:");
	assert_graph_at("      id: ID!\n", "", "'id' is missing: the type of $id", "    get_many:");
	assert_graph_at("      post: '{url}/'\n      field", "      field", "'post' is missing",
			"    get_many:");
	assert_graph(", info: data.orders.pageInfo", "", "'info' is missing");
	assert_graph_at("    name: '{id}.json'\n", "", "'name' is missing", "  things:");
	assert_graph_at("            from: data.take\n", "", "'from' is missing", "deliver:");
	assert_graph_at("              body: key\n", "", "'body' is missing", "inline:");
	assert_graph("url: link, ", "", "'url' is missing");
	assert_graph_at("        name: name\n", "", "'name' is missing", "      detect:");
	assert_graph_at("      choose: action\n", "", "'choose' is missing", "    act:");
	assert_graph_at("      token: data.login.next\n", "", "'token' is missing", "    refresh:");
	assert_graph("{url: export.url}", "{link: export.url}", "'url' is missing");
	assert_graph("{path: changed, ", "{", "'path' is missing");
}

static void requests_are_one_thing(void **state)
{
	(void)state;
	assert_rest("post: '{base_url}/token'", "put: '{base_url}/token'", "unknown key 'put'");
	assert_rest("post: '{base_url}/token'", "get: '{base_url}/x', post: '{base_url}/token'",
		    "one of 'get' and 'post'");
	assert_rest("form: {key: '{key}', a b: '1&2'}", "form: {key: '{key}'}, json: {a: b}",
		    "one body");
	assert_rest("query: {sort: -created}", "json: {a: b}", "a 'get' has no body");
	assert_rest("query: {sort: -created}", "graphql: '{ a }'", "a 'get' has no body");
	assert_rest("query: {sort: -created}", "query: {sort: [a]}", "'sort' takes a text");
	assert_rest("query: {sort: -created}", "variables: {a: b}", "go with 'graphql'");
	assert_rest("query: {sort: -created}", "fallback: '{ a }'", "go with 'graphql'");
}

static void names_must_mean_something(void **state)
{
	(void)state;
	assert_rest("/jobs/{id}'}, row", "/jobs/{di}'}, row",
		    "'{di}' means nothing here, did you mean '{id}'?");
	assert_rest("'{base_url}/jobs', query", "'{base_url}/jobs/{id}', query",
		    "'{id}' means nothing here");
	assert_rest("sort: -created", "sort: '{filter}'", "'{filter}' means nothing here");
	assert_rest("a b: '1&2'", "a b: '{token}'", "'{token}' stands only in the headers");
	assert_rest("a b: '1&2'", "a b: '{refresh}'", "stands only in the request of 'refresh'");
	assert_rest("'k-{kind}'", "'k-{kind'", "is followed by a name and '}'");
	assert_rest("'k-{kind}'", "'k-{kind}}'", "a '}' without '{'");
	assert_rest("'k-{kind}'", "'{lines}'", "'{lines}' needs 'lines'");
	assert_rest("  region:", "  token: {}\n  region:", "a setting cannot be called 'token'");
	assert_rest("  region:", "  other: {}\n  region:", "'other' is used nowhere");
	assert_rest_at("{code: [slow", "{cide: [slow", "unknown key 'cide', did you mean 'code'?",
		       "{code: [slow");
	assert_rest("[filter, note]", "[filtr]", "'filtr' is no field");
	assert_rest_at("'Bearer {token}'", "'Bearer x'", "the token is used nowhere", "auth:");
	assert_rest("'{zip_word}'", "'{zip_wrd}'", "did you mean '{zip_word}'?");
	assert_rest("'{zip_word}'", "'{id}'", "'{id}' means nothing here");
	assert_rest("host: files_url", "host: file_url", "no setting called 'file_url'");
	assert_rest("host: files_url", "auth: sane", "did you mean 'same'?");
	assert_graph("{since: '{since}'}", "{since: '{sinse}'}", "did you mean '{since}'?");
	assert_graph_at("{since: '{since}'}", "{since: now}", "says nowhere since when",
			"    since: {path");
	assert_graph("{mail: '{mail}'}", "{mail: '{mial}'}", "did you mean '{mail}'?");
	assert_graph("static: app", "static: apps", "no setting called 'apps'");
	assert_graph_at("  app: {secret: true}", "  app: {}", "write secret: true", "static: app");
	assert_graph_at("'{refresh}'", "abc", "says nowhere which token",
			"post: '{url}/'\n        graphql: 'mutation Renew");
	assert_graph("{id: '{id}'}\n          deliver", "{id: '{product}'}\n          deliver",
		     "'{product}' means nothing here");
}

/* The sample with no login: the setting `app` is the token, or there is none. */
static void tokens_of_settings_are_sound(void **state)
{
	const char *login = strstr(graph_sample, "    request:\n");
	const char *end = strstr(graph_sample, "  headers: {Auth");
	struct findings findings = {0};
	struct provider *provider = NULL;
	auto_free char *text = NULL;

	(void)state;
	assert_true(asprintf(&text, "%.*s    ttl: 5m\n%s", (int)(login - graph_sample),
			     graph_sample, end) > 0);
	assert_int_equal(provider_load("s.yaml", text, strlen(text), &findings, &provider),
			 -EINVAL);
	assert_int_equal(findings.count, 3);
	assert_int_equal(findings.list[0].line, 11);
	assert_non_null(strstr(findings.list[0].words, "there is no 'request'"));
	assert_int_equal(findings.list[1].line, 10);
	assert_non_null(strstr(findings.list[1].words, "write required: true for 'app'"));
	assert_non_null(strstr(findings.list[2].words, "the setting 'mail' is used nowhere"));
	findings_finish(&findings);
}

static void urls_are_safe(void **state)
{
	(void)state;
	assert_rest("'{base_url}/jobs', query", "'http://api.example.org/jobs', query",
		    "begins with https://");
	assert_rest("'{base_url}/jobs', query", "'/jobs', query", "begins with https://");
	assert_rest("'{base_url}/jobs', query", "'{base_url}jobs', query", "followed by '/'");
	assert_rest("'{base_url}/jobs', query", "'{base_url}/jobs?a=b', query",
		    "ends before any '?'");
	assert_rest("'{base_url}/jobs', query", "'{base_url}/my jobs', query", "holds no blanks");
	assert_rest("'https://api.example.org/v1/'", "'http://api.example.org'",
		    "begins with https://");
	assert_rest("'https://api.example.org/v1/'", "'https://u:p@api.example.org'",
		    "no user name");
	assert_rest("sort: -created", "sort: '{key}'", "'{key}' is a secret");
	assert_rest("/jobs/{id}'}, row", "/{key}/{id}'}, row", "'{key}' is a secret");
	assert_rest_at("  headers: {Auth", "  query: {t: '{token}'}\n  headers: {Auth",
		       "'{token}' is a secret", "  headers: {Auth");
	assert_rest_at("post: '{base_url}/jobs'", "post: '{base_url}/jobs/{note}'",
		       "may be missing, and the URL needs it", "post: '{base_url}/jobs'");
	assert_rest("X-Region", "X Region", "no header's name");
	assert_rest("X-Note", "content-type", "leave out Content-Type");
	assert_rest("files_url: {}", "files_url: {default: 'http://x.example'}",
		    "a base URL begins with https://");
	assert_graph("      post: '{url}/'\n      field", "      post: '{app}/'\n      field",
		     "'{app}' is a secret");
	assert_graph_at("        post: '{url}/'\n        graphql: 'mutation Renew",
			"        post: '{url}/{refresh}'\n        graphql: 'mutation Renew",
			"'{refresh}' is a secret",
			"        post: '{url}/'\n        graphql: 'mutation Renew");
}

static void only_triggers_change_anything(void **state)
{
	(void)state;
	assert_rest("get: '{base_url}/jobs', query", "post: '{base_url}/jobs', query",
		    "here would be sent by 'ls'");
	assert_rest("{get: '{base_url}/jobs/{id}'}", "{post: '{base_url}/jobs/{id}'}",
		    "would be sent by 'ls'");
	assert_rest("{get: '{base_url}/jobs/{id}/file'}", "{post: '{base_url}/jobs/{id}/file'}",
		    "would be sent by 'ls'");
	assert_rest_at("post: '{base_url}/jobs'\n", "get: '{base_url}/jobs'\n",
		       "a trigger changes something", "post: '{base_url}/jobs'\n");
	assert_graph("graphql: '{ me { id } }'", "graphql: 'mutation { me { id } }'",
		     "a mutation here would be sent by 'ls'");
	assert_graph("graphql: '{ me { id } }'", "json: {a: b}", "would be sent by 'ls'");
	assert_graph("'query T(", "'mutation T(", "a mutation here would be sent by 'ls'");
	assert_graph_at("          query Orders(", "          mutation Orders(",
			"a mutation here would be sent by 'ls'", "        graphql: |");
	assert_graph("fallback: 'query Orders", "fallback: 'mutation Orders",
		     "a mutation here would be sent by 'ls'");
	assert_graph("'query Has {", "'mutation Has {", "a mutation here would be sent by 'ls'");
	assert_graph("graphql: 'mutation Export(", "graphql: 'subscription Export(",
		     "a subscription does not end");
}

static void states_are_sound(void **state)
{
	(void)state;
	assert_rest("- {is: failed, when: {s: failed}}",
		    "- {is: failed, when: {s: [failed, failed]}}", "there twice");
	assert_rest_at("- {is: ready", "- {is: failed}\n        - {is: ready",
		       "never reached: the one in line 34", "- {is: running");
	assert_rest("{is: failed, when: {s: failed}}",
		    "{is: failed, when: {s: [Done, new], n.count: '3', x: 1}}",
		    "'Done' is taken by the rule in line 34");
	assert_rest("{is: failed, when: {s: failed}}", "{is: failed, when: {s: {null: yes}}}",
		    "line 36");
	assert_rest("{is: failed, when: {s: failed}}",
		    "{is: failed, when: {s: {null: yes, present: no}}}", "line 36");
	assert_rest("{is: failed, when: {s: failed}}",
		    "{is: failed, when: {s: failed, error: {contains: nothing at all}}}",
		    "line 33");
	assert_rest("final: [ready, failed]", "final: [ready, running]",
		    "'final' names states in which an item stays");
	assert_rest("final: [ready, failed]", "final: [redy]", "'final' names states");
	assert_rest("final: [ready, failed]", "final: [ready, ready]", "'ready' is there twice");
	assert_rest("final: [ready, failed]", "final: ready", "'final' takes a list");
	assert_rest("stale: 2h", "stale: long", "'stale' takes a time");
	assert_graph_at("      final: []", "      final: []\n      stale: 1h",
			"'stale' is about items that are queued or running", "    list:");
	assert_rest("urls: [link]", "urls: [a.link]", "not paths");
}

static void files_are_sound(void **state)
{
	(void)state;
	assert_rest_at("{is: ready, when: {s: [done, ok]", "{is: expired, when: {s: [done, ok]",
		       "no rule of 'states' says 'ready'", "- {name: out.csv");
	assert_rest("- {name: out.csv, when: ready,", "- {name: out.csv, when: expired,",
		    "no rule of 'states' says 'expired'");
	assert_rest("name: out.csv", "name: a/b", "a file cannot be called 'a/b'");
	assert_rest("name: out.csv", "name: status", "a file cannot be called 'status'");
	assert_rest("name: out.csv", "name: job.json", "a file called 'job.json' already");
	assert_rest("name: out.csv", "name: '{a}/b'", "a file's name is made of letters");
	assert_rest("name: out.csv", "name: '{a'", "is followed by a name and '}'");
	assert_rest("'part-{n}.zip'", "part.zip", "there are several");
	assert_rest("job.json", "job", "called like order.json");
	assert_rest("{job.json: list}", "{job.json: get}", "'get' is nowhere given");
	assert_rest("{job.json: list}", "{job.json: list, b.json: list}",
		    "'job.json' shows that already");
	assert_rest("{job.json: list}", "{}", "'records' names the file");
	assert_graph("export.json: export", "export.json: exprt", "'exprt' is nowhere given");
	assert_graph("export.json: export", "order.txt: export", "called like order.json");
	assert_graph("      as: export\n", "      as: list\n", "'list' means the row itself");
	assert_graph_at("      as: export\n", "", "'export' is nowhere given", "      records:");
	assert_graph_at("    get_many:\n",
			"    get: {request: {post: '{url}/', graphql: '{ a }'}}\n    get_many:\n",
			"write the same 'as'", "      post: '{url}/'\n      field");
}

static void what_is_ready_can_be_read(void **state)
{
	const char *at = strstr(rest_sample, "    files:");
	auto_free char *head = strndup(rest_sample, (size_t)(at - rest_sample));
	auto_free char *unset = with(head, "  files_url: {}\n  zip_word: {secret: true}\n", "");
	auto_free char *none = NULL;
	struct findings findings = {0};
	struct provider *provider = NULL;

	(void)state;
	assert_int_equal(provider_load("s.yaml", unset, strlen(unset), &findings, &provider),
			 -EINVAL);
	assert_int_equal(findings.count, 1);
	assert_non_null(strstr(findings.list[0].words, "files: {none:"));
	findings_finish(&findings);
	assert_true(asprintf(&none, "%s    files: {none: sent by mail}\n", unset) > 0);
	provider = load(none);
	assert_int_equal(provider->collections[0].file_count, 0);
	provider_destroy(provider);
}

/* What an act brings can be read, too: no file and no reason are needed. */
static void what_is_delivered_can_be_read(void **state)
{
	auto_free char *text = with(graph_sample,
				    "    files:\n      - {name: {url: export.url}, when: ready, "
				    "url: export.url}\n",
				    "");
	struct provider *p = load(text);

	(void)state;
	assert_int_equal(p->collections[0].file_count, 0);
	provider_destroy(p);
}

static void names_in_the_account_differ(void **state)
{
	(void)state;
	assert_rest("  jobs:", "  by-date:", "a collection cannot be called 'by-date'");
	assert_graph("  me.json:", "  status:", "a document cannot be called 'status'");
	assert_graph("  me.json:", "  completed:", "a document cannot be called 'completed'");
	assert_graph("  me.json:", "  .orderfs:", "a document cannot be called '.orderfs'");
	assert_graph("  things:", "  orders:", "a collection called 'orders' already");
	assert_graph("name: '{id}.json'", "name: id.json", "there are several");
	assert_graph("every: 5m", "every: 5ms", "more often than every second");
}

static void errors_are_sound(void **state)
{
	(void)state;
	assert_rest("is: busy", "is: bussy", "did you mean 'busy'?");
	assert_rest(", is: busy", "", "says nothing");
	assert_rest("{code: [slow, later]}", "{code.x: slow}", "unknown key 'code.x'");
	assert_rest("when: {code: [slow, later]}, ", "", "'when' is missing");
	assert_rest("json: no", "json: maybe", "it can be yes or no");
	assert_rest_at("  code: c\n", "\n", "does not say where an answer keeps that",
		       "{code: [slow");
	assert_rest_at("  rules:", "  hints: {403: x}\n  rules:", "unknown key 'hints'",
		       "  rules:");
	assert_rest("{code: [slow, later]}", "{json: no, status: 403, code: [slow]}",
		    "never reached: the one in line 24");
	assert_rest("{code: [slow, later]}", "{code: [slow, SLOW]}", "'SLOW' is there twice");
	assert_rest("ttl: 10m", "ttl: ever", "'ttl' takes a time");
	assert_rest_at("margin: 30s", "margin: 10m", "asks for a token each time", "  token:");
}

static void all_findings_of_a_description_are_found(void **state)
{
	struct findings findings = {0};
	struct provider *provider = NULL;
	auto_free char *one = with(rest_sample, "rows: data", "rows: a..b");
	auto_free char *two = with(one, "lifetime: 7d", "lifetime: 7x");
	auto_free char *three = with(two, "/jobs/{id}'}, row", "/jobs/{di}'}, row");

	(void)state;
	assert_int_equal(provider_load("s.yaml", three, strlen(three), &findings, &provider),
			 -EINVAL);
	assert_int_equal(findings.count, 3);
	assert_string_equal(findings.list[0].file, "s.yaml");
	findings_finish(&findings);
	assert_int_equal(provider_load("s.yaml", "#\n", 2, &findings, &provider), -EINVAL);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.list[0].words, "a description is a mapping of keys");
	findings_finish(&findings);
}

/* The file's text; the caller's. */
static char *read_file(const char *path)
{
	auto_file FILE *file = fopen(path, "re");
	struct buf text = {0};
	char chunk[4096];
	size_t n;

	assert_non_null(file);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		buf_add(&text, chunk, n);
	}
	return buf_take(&text);
}

static void shipped_descriptions_are_sound(void **state)
{
	glob_t files = {0};

	(void)state;
	assert_int_equal(glob(ORDERFS_PROVIDERS_SOURCE "/*.yaml", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 5);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		auto_free char *text = read_file(files.gl_pathv[i]);

		print_message("%s\n", files.gl_pathv[i]);
		provider_destroy(load(text));
	}
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_keys_and_wrong_types_are_found),
		cmocka_unit_test(what_is_missing_is_found),
		cmocka_unit_test(requests_are_one_thing),
		cmocka_unit_test(names_must_mean_something),
		cmocka_unit_test(tokens_of_settings_are_sound),
		cmocka_unit_test(urls_are_safe),
		cmocka_unit_test(only_triggers_change_anything),
		cmocka_unit_test(states_are_sound),
		cmocka_unit_test(files_are_sound),
		cmocka_unit_test(what_is_ready_can_be_read),
		cmocka_unit_test(what_is_delivered_can_be_read),
		cmocka_unit_test(names_in_the_account_differ),
		cmocka_unit_test(errors_are_sound),
		cmocka_unit_test(all_findings_of_a_description_are_found),
		cmocka_unit_test(shipped_descriptions_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
