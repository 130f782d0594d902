/* Answers judged: a tree, or an errno with the API's words. Pure; any thread. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "provider/spec.h"
#include "provider/template.h"
#include "provider/words.h"

enum { WORDS_MOST = 300, ID_MOST = 100, TYPE_MOST = 60, SECRET_LEAST = 4 };

static int status_errno(int status)
{
	switch (status) {
	case 401:
	case 403:
		return -EACCES;
	case 404:
	case 410:
		return -ENOENT;
	case 408:
		return -ETIMEDOUT;
	case 429:
		return -EAGAIN;
	default:
		break;
	}
	if (status >= 200 && status < 300) {
		return 0;
	}
	if (status >= 400 && status < 500) {
		return -EINVAL;
	}
	return status >= 500 && status < 600 ? -EREMOTEIO : -EBADMSG;
}

/* The text a path leads to in an error answer; NULL for none. */
static const char *text_at(const struct doc *answer, const char *path, size_t *length)
{
	const char *text = answer && path ? doc_text(doc_path(answer, path), length) : NULL;

	return text && *length ? text : NULL;
}

/* Text for a sentence: without the secrets of the request, then in one line and cut. */
static void add_words(struct buf *out, const char *text, size_t length,
		      const struct provider *provider, const struct values *values, size_t most)
{
	auto_free char *masked = strndup(text, length);

	for (; values && masked; values = values->next) {
		for (int i = 0; i < values->count && masked; i++) {
			const struct value *value = &values->list[i];
			struct piece name = {.text = value->name, .length = strlen(value->name)};

			if (template_is_secret(provider, &name) && value->text &&
			    strlen(value->text) >= SECRET_LEAST) {
				char *next = words_mask(masked, value->text);
				free(masked);
				masked = next;
			}
		}
	}
	if (masked) {
		words_add(out, masked, strlen(masked), most);
	} else {
		out->failed = true;
	}
}

/* What is to be said of a body that is no JSON, or has no words in it. */
static void describe_body(struct buf *out, const struct response *response, bool is_json,
			  const struct problem *parse)
{
	const char *type = response_header(response, "Content-Type");

	if (is_json) {
		buf_puts(out, " without words");
	} else if (response->body_length == 0) {
		buf_puts(out, " with an empty answer");
	} else if (type && *type && !strcasestr(type, "json")) {
		buf_puts(out, ": answered with ");
		words_add(out, type, strcspn(type, ";"), TYPE_MOST);
		buf_puts(out, " instead of JSON");
	} else {
		buf_printf(out, ": %s", problem_words(parse, -EBADMSG));
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

static void add_hint(struct buf *out, const struct provider *provider, int status)
{
	char key[16];
	const char *hint;

	snprintf(key, sizeof(key), "%d", status);
	hint = doc_text(doc_get(provider->rest->hints, key), NULL);
	if (hint) {
		buf_printf(out, "; %s", hint);
	}
}

static int complain(const struct provider *provider, const struct response *response,
		    const struct values *values, const struct doc *answer,
		    const struct problem *parse, int err, struct problem *why)
{
	auto_finish(buf_finish) struct buf words = {0};
	size_t length = 0;
	const char *text = text_at(answer, provider->rest->error_message, &length);

	buf_printf(&words, "HTTP %d", response->status);
	if (response->status >= 300 && response->status < 400) {
		describe_redirect(&words, response);
	} else if (text) {
		buf_puts(&words, ": ");
		add_words(&words, text, length, provider, values, WORDS_MOST);
	} else {
		describe_body(&words, response, answer != NULL, parse);
	}
	text = text_at(answer, provider->rest->error_id, &length);
	if (text) {
		buf_puts(&words, " (request id ");
		add_words(&words, text, length, provider, values, ID_MOST);
		buf_putc(&words, ')');
	}
	add_hint(&words, provider, response->status);
	if (buf_status(&words) < 0) {
		return -ENOMEM;
	}
	return problem_set(why, err, "%s", words.data);
}

int answer_read(const struct provider *provider, const struct response *response,
		const struct values *values, struct doc **out, struct problem *why)
{
	struct problem parse = {0};
	struct doc *answer = NULL;
	int err = status_errno(response->status);
	int r = doc_parse_json(response->body ? response->body : "", response->body_length, 0,
			       &answer, &parse);

	if (r == 0 && err == 0) {
		*out = answer;
	} else if (r != -ENOMEM) {
		r = complain(provider, response, values, answer, &parse, err ? err : r, why);
		doc_destroy(answer);
	}
	problem_finish(&parse);
	return r;
}
