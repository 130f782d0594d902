/* `webhook` of a description: what it may say, and what becomes of a body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lints.h"

static char *sample;

static int set_up(void **state)
{
	(void)state;
	auto_free char *settings = with(rest_sample, "settings:\n",
					"settings:\n"
					"  hush: {secret: true}\n"
					"  ring: {}\n"
					"  hat: {default: X-Hat}\n");
	sample = with(settings, "limits:",
		      "documents:\n"
		      "  prices.json: {request: {get: '{base_url}/prices'}}\n"
		      "webhook:\n"
		      "  header: '{hat}-Signature'\n"
		      "  signatures:\n"
		      "    - {kind: hmac-sha256-hex, secret: hush, rewritten: yes}\n"
		      "    - {kind: jws-rs256, keys: ring}\n"
		      "    - {kind: equal, secret: hush}\n"
		      "  event: meta.event ?? event\n"
		      "  hints:\n"
		      "    - {when: {about: price}, document: prices.json}\n"
		      "    - {when: {about: job}, collection: jobs, id: data.id}\n"
		      "    - {when: {about: jobs}, collection: jobs}\n"
		      "limits:");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(sample);
	return 0;
}

static void assert_hook(const char *from, const char *to, const char *words)
{
	assert_found_at(sample, from, to, words, from);
}

static void assert_hook_at(const char *from, const char *to, const char *words, const char *at)
{
	assert_found_at(sample, from, to, words, at);
}

static void signatures_are_sound(void **state)
{
	static const char hmac[] = "- {kind: hmac-sha256-hex, secret: hush, rewritten: yes}";
	static const char jws[] = "- {kind: jws-rs256, keys: ring}";

	(void)state;
	assert_hook(hmac, "- hush", "a signature is a mapping");
	assert_hook(hmac, "- {secret: hush}", "'kind' is missing");
	assert_hook(hmac, "- {kind: hmac-sha512, secret: hush}",
		    "it can be equal, hmac-sha256-hex or jws-rs256");
	assert_hook(hmac, "- {kind: hmac-sha256-hex}", "it takes 'secret'");
	assert_hook(hmac, "- {kind: hmac-sha256-hex, secret: hush, keys: ring}",
		    "it takes 'secret'");
	assert_hook(hmac, "- {kind: hmac-sha256-hex, secret: hash}", "hash");
	assert_hook(hmac, "- {kind: hmac-sha256-hex, secret: ring}", "write secret: true");
	assert_hook(hmac, "- {kind: hmac-sha256-hex, secret: hush, salt: x}", "unknown key 'salt'");
	assert_hook(jws, "- {kind: jws-rs256}", "'jws-rs256' takes 'keys'");
	assert_hook(jws, "- {kind: jws-rs256, secret: hush}", "'jws-rs256' takes 'keys'");
	assert_hook(jws, "- {kind: jws-rs256, keys: hush}", "and no secret");
	assert_hook("{kind: equal, secret: hush}", "{kind: equal, secret: hush, rewritten: yes}",
		    "'rewritten' is about");
	assert_hook("  ring: {}", "  ring: {default: 'http://h/keys'}", "begins with https://");
	assert_hook("'{hat}-Signature'", "'{hit}-Signature'", "did you mean '{hat}'?");
	assert_hook("'{hat}-Signature'", "'{hat} Signature'", "a header cannot be called");
	assert_hook_at("  header: '{hat}-Signature'\n", "", "'header' is missing", "webhook:");
	assert_hook("  hat: {default: X-Hat}", "  hot: {default: X-Hat}",
		    "the setting 'hot' is used "
		    "nowhere");
	assert_hook("  ring: {}", "  rung: {}\n  ring: {}", "is used nowhere");
}

static void hints_are_sound(void **state)
{
	static const char job[] = "- {when: {about: job}, collection: jobs, id: data.id}";

	(void)state;
	assert_hook(job, "- jobs", "a hint is a mapping");
	assert_hook(job, "- {when: {about: job}}", "one of 'collection' and 'document'");
	assert_hook(job, "- {when: {about: job}, collection: jobs, document: prices.json}",
		    "one of 'collection' and 'document'");
	assert_hook(job, "- {when: {about: job}, collection: jabs}",
		    "there is no collection 'jabs'");
	assert_hook(job, "- {when: {about: job}, document: prices}",
		    "there is no document 'prices'");
	assert_hook(job, "- {when: {about: job}, document: prices.json, id: id}", "takes no 'id'");
	assert_hook(job, "- {when: {about: price}, collection: jobs}", "never reached");
	assert_hook(job, "- {when: {about: job}, collection: jobs, id: 'data['}",
		    "'id' is no path");
	assert_hook_at("  event: meta.event ?? event\n  hints:\n", "  hints: []\n  hunts:\n",
		       "a list of", "  event: meta");
}

static void read_hook(const struct provider *provider, const char *text, struct doc **body,
		      struct webhook *out)
{
	struct problem why = {0};

	assert_int_equal(doc_parse_json(text, strlen(text), 0, body, &why), 0);
	webhook_read(provider->webhook, *body, out);
}

static void bodies_are_hints(void **state)
{
	struct provider *provider = load(sample);
	struct webhook webhook;
	struct doc *body;

	(void)state;
	read_hook(provider, "{\"event\":7,\"about\":\"job\",\"data\":{\"id\":42}}", &body,
		  &webhook);
	assert_string_equal(webhook.event, "7");
	assert_int_equal(webhook.collection, 0);
	assert_string_equal(webhook.id, "42");
	doc_destroy(body);
	read_hook(provider, "{\"meta\":{\"event\":\"e\"},\"about\":\"job\"}", &body, &webhook);
	assert_string_equal(webhook.event, "e");
	assert_int_equal(webhook.collection, 0);
	assert_null(webhook.id);
	doc_destroy(body);
	read_hook(provider, "{\"about\":\"price\"}", &body, &webhook);
	assert_null(webhook.event);
	assert_int_equal(webhook.document, 0);
	assert_int_equal(webhook.collection, -1);
	doc_destroy(body);
	for (size_t i = 0; i < 3; i++) {
		static const char *const about_nothing[] = {"{\"about\":\"us\"}", "[]", "7"};
		read_hook(provider, about_nothing[i], &body, &webhook);
		assert_int_equal(webhook.document, -1);
		assert_int_equal(webhook.collection, -1);
		doc_destroy(body);
	}
	provider_destroy(provider);
}

static void the_header_is_made_of_settings(void **state)
{
	static const struct value hat = {"hat", "X-Cap"};
	static const struct value bad = {"hat", "X\r\nY: "};
	const struct values values = {&hat, 1, NULL};
	const struct values wrong = {&bad, 1, NULL};
	struct provider *provider = load(sample);
	struct problem why = {0};
	char *header = NULL;

	(void)state;
	assert_int_equal(webhook_header(provider, &values, &header, &why), 0);
	assert_string_equal(header, "X-Cap-Signature");
	free(header);
	assert_int_equal(webhook_header(provider, &wrong, &header, &why), -EINVAL);
	problem_finish(&why);
	provider_destroy(provider);
}

/* Checked against Python's own json.dumps(json.loads(…)). */
static void a_body_is_rewritten_as_python_does(void **state)
{
	static const char text[] = "{\"a\":1,\"b\" : [ ],\"c\":{},\"d\":[1,2.50,-3e5,true,null],"
				   "\"\xc3\xa9\":\"\xe2\x82\xac \xf0\x9f\x98\x80 \\u00e9\\/"
				   "\\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f\"}";
	static const char wanted[] =
		"{\"a\": 1, \"b\": [], \"c\": {}, \"d\": [1, 2.50, -3e5, true, null], "
		"\"\\u00e9\": \"\\u20ac \\ud83d\\ude00 \\u00e9/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u007f\"}";
	struct problem why = {0};
	struct doc *doc = NULL;

	(void)state;
	assert_int_equal(doc_parse_json(text, strlen(text), 0, &doc, &why), 0);
	auto_free char *found = doc_print_ascii(doc);
	doc_destroy(doc);
	assert_string_equal(found, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_are_sound),
		cmocka_unit_test(hints_are_sound),
		cmocka_unit_test(bodies_are_hints),
		cmocka_unit_test(the_header_is_made_of_settings),
		cmocka_unit_test(a_body_is_rewritten_as_python_does),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
