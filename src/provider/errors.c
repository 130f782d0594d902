/* What an error answer says: which rule of the description it fits, and its words in one line, in
 * which no secret of ours comes back. Pure; any thread. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "provider/answer.h"
#include "provider/extract.h"
#include "provider/template.h"
#include "provider/words.h"

enum { WORDS_MOST = 300, ID_MOST = 100, TYPE_MOST = 60, SECRET_LEAST = 4 };

/* What the conditions of a rule look at. */
static struct doc *describe(int status, bool json, const char *code, const char *message)
{
	struct doc *object = doc_object_create();
	char digits[16];

	snprintf(digits, sizeof(digits), "%d", status);
	doc_set_text(object, "status", digits);
	doc_set_text(object, "json", json ? "yes" : "no");
	if (code) {
		doc_set_text(object, "code", code);
	}
	if (message) {
		doc_set_text(object, "message", message);
	}
	return object;
}

const struct error_rule *error_rule_for(const struct provider *provider, int status, bool json,
					const char *code, const char *message)
{
	const struct provider_rest *rest = provider->rest;
	struct doc *object = rest->rule_count ? describe(status, json, code, message) : NULL;
	const struct error_rule *found = NULL;

	for (int i = 0; object && i < rest->rule_count && !found; i++) {
		if (rule_matches(&rest->rules[i].match, object)) {
			found = &rest->rules[i];
		}
	}
	doc_destroy(object);
	return found;
}

const struct error_rule *error_rule_of(const struct judged *judged)
{
	const struct provider_rest *rest = judged->provider->rest;

	return error_rule_for(judged->provider, judged->response->status, judged->answer != NULL,
			      extract_text(judged->answer, rest->error_code),
			      extract_text(judged->answer, rest->error_message));
}

/* The text with every secret of the question masked; NULL without memory. */
static char *mask(const struct judged *judged, const char *text)
{
	char *masked = strdup(text);
	const struct values *values = judged->question->values;

	for (; values && masked; values = values->next) {
		for (int i = 0; i < values->count && masked; i++) {
			const struct value *value = &values->list[i];
			struct piece name = {.text = value->name, .length = strlen(value->name)};

			if (template_is_secret(judged->provider, &name) && value->text &&
			    strlen(value->text) >= SECRET_LEAST) {
				char *next = words_mask(masked, value->text);
				free(masked);
				masked = next;
			}
		}
	}
	return masked;
}

static void add_words(struct buf *out, const struct judged *judged, const char *text, size_t most)
{
	auto_free char *masked = mask(judged, text);

	if (masked) {
		words_add(out, masked, strlen(masked), most);
	} else {
		out->failed = true;
	}
}

/* What is to be said of a body that is no JSON, or has no words in it. */
static void describe_body(struct buf *out, const struct judged *judged)
{
	const struct response *response = judged->response;
	const char *type = response_header(response, "Content-Type");

	if (judged->answer && response->status / 100 == 2) {
		buf_puts(out, " with neither data nor errors");
	} else if (doc_count(judged->answer) > 0) {
		/* Words of a shape that the description does not know are words all the same. */
		auto_free char *text = doc_print(judged->answer, false);
		buf_puts(out, ": ");
		add_words(out, judged, text ? text : "", WORDS_MOST);
	} else if (judged->answer) {
		buf_puts(out, " without words");
	} else if (response->body_length == 0) {
		buf_puts(out, " with an empty answer");
	} else if (type && *type && !strcasestr(type, "json")) {
		buf_puts(out, ": answered with ");
		words_add(out, type, strcspn(type, ";"), TYPE_MOST);
		buf_puts(out, " instead of JSON");
	} else {
		buf_printf(out, ": %s", problem_words(judged->parse, -EBADMSG));
	}
}

static void describe_redirect(struct buf *out, const struct response *response)
{
	const char *location = response_header(response, "Location");
	char origin[256];

	buf_puts(out, ": an unexpected redirect");
	if (location && strstr(location, "://")) {
		buf_printf(out, " to %s", url_origin(location, origin, sizeof(origin)));
	}
}

/* ` (code CODE, request id ID)`, as far as there are any. */
static void add_marks(struct buf *out, const struct judged *judged, const char *message)
{
	const struct provider_rest *rest = judged->provider->rest;
	const char *code = extract_text(judged->answer, rest->error_code);
	const char *id = extract_text(judged->answer, rest->error_id);

	if (code && message && strcmp(code, message) == 0) {
		code = NULL;
	}
	if (code) {
		buf_puts(out, " (code ");
		add_words(out, judged, code, ID_MOST);
	}
	if (id) {
		buf_puts(out, code ? ", request id " : " (request id ");
		add_words(out, judged, id, ID_MOST);
	}
	if (code || id) {
		buf_putc(out, ')');
	}
}

/* The sentence goes on. */
static void drop_stop(struct buf *words)
{
	while (words->length > 0 && words->data[words->length - 1] == '.') {
		words->data[--words->length] = '\0';
	}
}

int error_tell(const struct judged *judged, int err, struct problem *why)
{
	auto_finish(buf_finish) struct buf words = {0};
	const struct response *response = judged->response;
	const char *text = extract_text(judged->answer, judged->provider->rest->error_message);

	/* "HTTP 200" says nothing beside the API's own words. */
	if (!text || response->status != 200) {
		buf_printf(&words, "HTTP %d", response->status);
	}
	if (response->status >= 300 && response->status < 400) {
		describe_redirect(&words, response);
	} else if (text) {
		buf_puts(&words, words.length > 0 ? ": " : "");
		add_words(&words, judged, text, WORDS_MOST);
	} else {
		describe_body(&words, judged);
	}
	drop_stop(&words);
	add_marks(&words, judged, text);
	if (judged->rule && judged->rule->say) {
		buf_printf(&words, "; %s", judged->rule->say);
	}
	if (buf_status(&words) < 0) {
		return -ENOMEM;
	}
	return problem_set(why, err, "%s", words.data);
}
