/* Loading descriptions: everything that one says arrives where it belongs, whatever it holds it
 * loads or says why not, and nothing is lost when memory runs out. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "descriptions.h"
#include "provider/spec.h"
#include "scarce.h"

enum { HOUR_MS = 3600 * 1000 };

static void settings_and_limits_are_loaded(void **state)
{
	struct provider *p = load(rest_sample);

	(void)state;
	assert_string_equal(p->name, "sample");
	assert_string_equal(p->title, "sample");
	assert_int_equal(p->setting_count, 5);
	assert_true(p->settings[0].url && !p->settings[1].url);
	assert_true(p->settings[1].required && p->settings[1].secret);
	assert_string_equal(p->settings[2].help, "where");
	assert_true(p->settings[3].url);
	assert_true(p->limits.per_second > 0.4 && p->limits.per_second < 0.6);
	assert_int_equal(p->limits.burst, 3);
	assert_int_equal(p->limits.parallel, 2);
	provider_destroy(p);
	provider_destroy(NULL);
}

static void tokens_are_loaded(void **state)
{
	struct provider *p = load(rest_sample);
	struct provider *graph = load(graph_sample);

	(void)state;
	assert_null(p->token->fixed);
	assert_true(p->token->login.request->is_token);
	assert_string_equal(p->token->login.value, "t");
	assert_string_equal(p->token->expires, "e");
	assert_int_equal(p->token->ttl_ms, 600 * 1000);
	assert_int_equal(p->token->ttl_cap_ms, HOUR_MS);
	assert_int_equal(p->token->margin_ms, 30 * 1000);
	assert_null(p->token->refresh.request);
	assert_string_equal(graph->token->fixed, "app");
	assert_string_equal(graph->token->login.problems, "data.login.errors");
	assert_string_equal(graph->token->refresh_token, "data.login.next");
	assert_string_equal(graph->token->refresh.value, "data.renew.token");
	assert_true(graph->token->refresh.request->is_token);
	provider_destroy(p);
	provider_destroy(graph);
}

static void a_setting_alone_can_be_the_token(void **state)
{
	auto_free char *required = with(graph_sample, "app: {secret",
					"app: {required: true, secret");
	auto_free char *used = with(required, "'{ me { id } }'",
				    "'query ($m: String) { me(m: $m) }', variables: {m: '{mail}'}");
	const char *login = strstr(used, "    request:\n      post: '{url}/'\n");
	auto_free char *text = NULL;
	struct provider *p;

	(void)state;
	assert_non_null(login);
	assert_true(asprintf(&text, "%.*s%s", (int)(login - used), used,
			     strstr(used, "  headers: {Auth")) > 0);
	p = load(text);
	assert_string_equal(p->token->fixed, "app");
	assert_null(p->token->login.request);
	provider_destroy(p);
}

static void error_rules_are_loaded(void **state)
{
	struct provider *p = load(rest_sample);
	const struct provider_rest *rest = p->rest;

	(void)state;
	assert_string_equal(rest->error_message, "m");
	assert_string_equal(rest->error_code, "c");
	assert_string_equal(rest->error_id, "i");
	assert_int_equal(rest->rule_count, 2);
	assert_int_equal(rest->rules[0].err, 0);
	assert_string_equal(rest->rules[0].say, "ask for more");
	assert_int_equal(rest->rules[0].match.condition_count, 2);
	assert_int_equal(rest->rules[1].err, -EAGAIN);
	assert_int_equal(rest->rules[1].remedy, REMEDY_NONE);
	assert_null(rest->rules[1].say);
	provider_destroy(p);
}

static void meanings_have_an_errno_and_a_remedy(void **state)
{
	static const struct {
		const char *is;
		int err;
		enum remedy remedy;
	} cases[] = {
		{"is: renew", -EACCES, REMEDY_TOKEN},
		{"is: denied", -EACCES, REMEDY_NONE},
		{"is: forbidden", -EPERM, REMEDY_NONE},
		{"is: refused", -EINVAL, REMEDY_NONE},
		{"is: gone", -ENOENT, REMEDY_NONE},
		{"is: broken", -EREMOTEIO, REMEDY_NONE},
		{"is: schema", -EREMOTEIO, REMEDY_NARROW},
		{"is: smaller", -EREMOTEIO, REMEDY_SMALLER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_free char *text = with(rest_sample, "is: busy", cases[i].is);
		struct provider *p = load(text);

		assert_int_equal(p->rest->rules[1].err, cases[i].err);
		assert_int_equal(p->rest->rules[1].remedy, cases[i].remedy);
		provider_destroy(p);
	}
}

static void collections_are_loaded(void **state)
{
	struct provider *p = load(rest_sample);
	const struct collection *jobs = &p->collections[0];

	(void)state;
	assert_int_equal(p->collection_count, 1);
	assert_string_equal(jobs->name, "jobs");
	assert_string_equal(jobs->record, "job.json");
	assert_null(jobs->part);
	assert_int_equal(jobs->list.page.kind, PAGE_OFFSET);
	assert_int_equal(jobs->list.page.size, 50);
	assert_int_equal(jobs->list.page.cap, 3);
	assert_true(jobs->list.keep_missing && !jobs->list.newest_first);
	assert_string_equal(jobs->row, "data");
	assert_true(jobs->final[STATE_READY] && jobs->final[STATE_FAILED]);
	assert_false(jobs->final[STATE_EMPTY] || jobs->final[STATE_EXPIRED]);
	assert_int_equal(jobs->stale_ms, 2 * HOUR_MS);
	assert_int_equal(jobs->poll_list_ms, 30000);
	assert_int_equal(jobs->poll_active_min_ms, 2000);
	assert_int_equal(jobs->poll_active_max_ms, 20000);
	assert_int_equal(jobs->lifetime_ms, 7LL * 24 * HOUR_MS);
	assert_int_equal(jobs->item->url_count, 1);
	assert_int_equal(p->fallback_count, 0);
	provider_destroy(p);
}

static void items_asked_for_together_are_loaded(void **state)
{
	struct provider *p = load(graph_sample);
	const struct collection *orders = &p->collections[0];

	(void)state;
	assert_string_equal(orders->record, "order.json");
	assert_string_equal(orders->part_record, "export.json");
	assert_string_equal(orders->part, "export");
	assert_null(orders->get);
	assert_int_equal(orders->many_most, 20);
	assert_string_equal(orders->many->id_type, "ID!");
	assert_string_equal(orders->many->request.method, "POST");
	assert_string_equal(orders->list.row, "node");
	assert_true(orders->list.newest_first);
	assert_int_equal(orders->list.page.kind, PAGE_RELAY);
	assert_string_equal(orders->list.page.take, "first");
	assert_string_equal(orders->list.page.cursor, "after");
	assert_string_equal(orders->list.page.info, "data.orders.pageInfo");
	assert_true(orders->item->name_global);
	assert_string_equal(orders->item->version, "export.id");
	for (int i = 0; i < STATE_COUNT; i++) {
		assert_false(orders->final[i]);
	}
	assert_int_equal(p->fallback_count, 2);
	assert_int_equal(orders->list.request->number, 0);
	assert_int_equal(orders->many->request.number, 1);
	assert_int_equal(p->token->login.request->number, -1);
	provider_destroy(p);
}

static void fields_are_loaded(void **state)
{
	struct provider *p = load(rest_sample);
	const struct act *act = &p->collections[0].create->acts[0];
	const struct field *field = act->fields;

	(void)state;
	assert_int_equal(p->collections[0].create->act_count, 1);
	assert_null(p->collections[0].create->choose);
	assert_int_equal(act->effect, EFFECT_QUOTA);
	assert_int_equal(act->field_count, 9);
	assert_true(field[0].required && field[0].type == FIELD_TEXT);
	assert_true(field[1].choice_count == 2 && !field[1].open);
	assert_true(field[2].choice_count == 2 && field[2].open);
	assert_true(field[3].type == FIELD_INTEGER && field[3].least == 1 && field[3].most == 9);
	assert_true(field[4].type == FIELD_DECIMAL && field[4].least == field[4].most);
	assert_int_equal(field[5].type, FIELD_LIST);
	assert_int_equal(field[6].type, FIELD_JSON);
	assert_int_equal(field[7].type, FIELD_BOOLEAN);
	assert_true(field[8].type == FIELD_TIME && field[8].end);
	assert_string_equal(act->ok, "fine");
	assert_string_equal(act->record, "data");
	assert_int_equal(act->remember_count, 2);
	assert_ptr_equal(act->request->act, act);
	provider_destroy(p);
}

static void one_bound_leaves_the_other_open(void **state)
{
	auto_free char *text = with(rest_sample, "least: 1, most: 9", "least: -5");
	struct provider *p = load(text);
	const struct field *count = &p->collections[0].create->acts[0].fields[3];

	(void)state;
	assert_true(count->least == -5 && count->most == INT64_MAX);
	provider_destroy(p);
}

static void acts_are_loaded(void **state)
{
	struct provider *p = load(graph_sample);
	const struct trigger *act = p->collections[0].act;
	const struct trigger *create = p->collections[0].create;

	(void)state;
	assert_string_equal(act->choose, "action");
	assert_int_equal(act->act_count, 3);
	assert_int_equal(act->fallback, 0);
	assert_string_equal(act->detect->names, "data.__schema.fields");
	assert_string_equal(act->acts[0].word, "fetch");
	assert_string_equal(act->acts[0].help, "takes it home");
	assert_true(act->acts[0].has_when && act->acts[0].when == STATE_READY);
	assert_int_equal(act->acts[0].then, THEN_NOTHING);
	assert_string_equal(act->acts[1].needs, "exportOrder");
	assert_string_equal(act->acts[1].problems, "data.exportOrder.errors");
	assert_int_equal(act->acts[1].then, THEN_QUEUED);
	assert_int_equal(act->acts[1].grace_ms, 60000);
	assert_int_equal(act->acts[2].effect, EFFECT_CANCEL);
	assert_int_equal(act->acts[2].then, THEN_GONE);
	assert_false(act->acts[2].has_when);
	assert_int_equal(create->acts[0].lines_most, 100);
	assert_string_equal(create->acts[0].lines_distinct, "product");
	assert_string_equal(create->acts[0].row, "data.buy");
	provider_destroy(p);
}

static void deliveries_are_loaded(void **state)
{
	struct provider *p = load(graph_sample);
	const struct deliver_spec *deliver = p->collections[0].act->acts[0].deliver;

	(void)state;
	assert_string_equal(deliver->from, "data.take");
	assert_string_equal(deliver->record, "delivery.json");
	assert_int_equal(deliver->omit_count, 2);
	assert_string_equal(deliver->archive_name, "archive-{n}.zip");
	assert_string_equal(deliver->archive_password, "password");
	assert_string_equal(deliver->inline_folder, "keys");
	assert_string_equal(deliver->inline_group, "name");
	assert_string_equal(deliver->inline_body, "key");
	assert_int_equal(deliver->base64_count, 1);
	assert_string_equal(deliver->children, "more");
	assert_int_equal(deliver->depth, 3);
	provider_destroy(p);
}

static void files_and_documents_are_loaded(void **state)
{
	struct provider *p = load(rest_sample);
	struct provider *graph = load(graph_sample);
	const struct file_spec *files = p->collections[0].files;

	(void)state;
	assert_int_equal(p->collections[0].file_count, 2);
	assert_true(files[0].when == STATE_READY && files[0].gone_expires && files[0].resolve);
	assert_string_equal(files[1].each, "parts");
	assert_string_equal(files[1].host, "files_url");
	assert_string_equal(files[1].password, "{zip_word}");
	assert_string_equal(graph->collections[0].files[0].name_url, "export.url");
	assert_int_equal(graph->document_count, 2);
	assert_false(graph->documents[0].is_folder);
	assert_string_equal(graph->documents[0].show, "data.me");
	assert_int_equal(graph->documents[0].every_ms, 300 * 1000);
	assert_true(graph->documents[1].is_folder);
	assert_string_equal(graph->documents[1].row_name, "{id}.json");
	assert_string_equal(graph->documents[1].since, "changed");
	assert_int_equal(graph->documents[1].full_ms, 12 * HOUR_MS);
	provider_destroy(p);
	provider_destroy(graph);
}

static void every_kind_of_page_is_loaded(void **state)
{
	static const char offset[] =
		"{kind: offset, skip: 'page[offset]', take: limit, size: 50, total: total, cap: 3}";
	auto_free char *cursor = with(rest_sample, offset,
				      "{kind: cursor, parameter: c, next: meta.next}");
	auto_free char *next_url = with(rest_sample, offset, "{kind: next_url, next: header:Link}");
	auto_free char *number =
		with(rest_sample, offset,
		     "{kind: page_number, parameter: page, take: limit, total: pages}");
	struct provider *p = load(cursor);

	(void)state;
	assert_int_equal(p->collections[0].list.page.kind, PAGE_CURSOR);
	assert_string_equal(p->collections[0].list.page.cursor, "c");
	assert_string_equal(p->collections[0].list.page.next, "meta.next");
	assert_true(p->collections[0].list.page.cap > 0);
	provider_destroy(p);
	p = load(next_url);
	assert_int_equal(p->collections[0].list.page.kind, PAGE_NEXT_URL);
	assert_string_equal(p->collections[0].list.page.next, "header:Link");
	provider_destroy(p);
	p = load(number);
	assert_int_equal(p->collections[0].list.page.kind, PAGE_NUMBER);
	assert_string_equal(p->collections[0].list.page.cursor, "page");
	assert_string_equal(p->collections[0].list.page.total, "pages");
	assert_true(p->collections[0].list.page.size > 0);
	provider_destroy(p);
}

static uint32_t random_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void load_damaged(const char *sample, size_t length, uint32_t *seed)
{
	struct findings findings = {0};
	struct provider *provider = NULL;
	auto_free char *text = strdup(sample);
	int r;

	for (uint32_t n = 1 + random_next(seed) % 4; n; n--) {
		size_t at = random_next(seed) % length;
		size_t from = random_next(seed) % length;
		text[at] = random_next(seed) % 2 ? sample[from] : (char)random_next(seed);
	}
	r = provider_load("s.yaml", text, length, &findings, &provider);
	assert_true(r == 0 ? findings.count == 0 : r == -EINVAL && findings.count > 0);
	provider_destroy(provider);
	findings_finish(&findings);
}

/* Bytes changed, lost and doubled: it loads or says why not. */
static void damaged_descriptions_do_no_harm(void **state)
{
	uint32_t seed = 88172645;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		load_damaged(rest_sample, sizeof(rest_sample) - 1, &seed);
		load_damaged(graph_sample, sizeof(graph_sample) - 1, &seed);
	}
}

/* Every line left out in turn: parts miss that others rely on. */
static void descriptions_with_holes_do_no_harm(void **state)
{
	(void)state;
	for (const char *at = graph_sample; *at; at = strchr(at, '\n') + 1) {
		const char *end = strchr(at, '\n') + 1;
		struct findings findings = {0};
		struct provider *provider = NULL;
		auto_free char *text = NULL;
		int r;

		assert_true(asprintf(&text, "%.*s%s", (int)(at - graph_sample), graph_sample, end) >
			    0);
		r = provider_load("s.yaml", text, strlen(text), &findings, &provider);
		assert_true(r == 0 ? findings.count == 0 : r == -EINVAL && findings.count > 0);
		provider_destroy(provider);
		findings_finish(&findings);
	}
}

static int load_and_destroy(const char *text)
{
	struct findings findings = {0};
	struct provider *provider = NULL;
	int r = provider_load("s.yaml", text, strlen(text), &findings, &provider);

	provider_destroy(provider);
	findings_finish(&findings);
	return r;
}

/* Without the example of lines: it is read as JSON, and json-c's reader does not survive a lack of
 * memory. */
static void running_out_of_memory_is_an_error(void **state)
{
	auto_free char *text = with(graph_sample, "      example: product=1 count=2\n", "");

	(void)state;
	ASSERT_SURVIVES(load_and_destroy(text), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_and_limits_are_loaded),
		cmocka_unit_test(tokens_are_loaded),
		cmocka_unit_test(a_setting_alone_can_be_the_token),
		cmocka_unit_test(error_rules_are_loaded),
		cmocka_unit_test(meanings_have_an_errno_and_a_remedy),
		cmocka_unit_test(collections_are_loaded),
		cmocka_unit_test(items_asked_for_together_are_loaded),
		cmocka_unit_test(fields_are_loaded),
		cmocka_unit_test(one_bound_leaves_the_other_open),
		cmocka_unit_test(acts_are_loaded),
		cmocka_unit_test(deliveries_are_loaded),
		cmocka_unit_test(files_and_documents_are_loaded),
		cmocka_unit_test(every_kind_of_page_is_loaded),
		cmocka_unit_test(damaged_descriptions_do_no_harm),
		cmocka_unit_test(descriptions_with_holes_do_no_harm),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
