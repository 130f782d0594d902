/* Tokens out of the answers to a login, or to a refresh. Pure; any thread. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/answer.h"
#include "provider/extract.h"

static int64_t life_in_ms(const struct token_spec *spec, const struct doc *answer)
{
	const double longest_s = 10.0 * 365 * 24 * 3600;
	double seconds = extract_number(answer, spec->expires);

	if (seconds > longest_s) {
		seconds = longest_s;
	}
	return seconds > 0 ? (int64_t)(seconds * 1000) : 0;
}

/* A login that is refused in so many words, which a rule may know better. */
static int refuse(const struct provider *provider, const struct doc *problems, struct buf *words,
		  struct problem *why)
{
	const char *code = extract_text(doc_at(problems, 0), "code");
	const struct error_rule *rule;

	if (buf_status(words) < 0) {
		return -ENOMEM;
	}
	rule = error_rule_for(provider, 200, true, code, words->data);
	return problem_set(why, rule && rule->err ? rule->err : -EACCES,
			   "the login was refused: %s%s%s", words->data,
			   rule && rule->say ? "; " : "", rule && rule->say ? rule->say : "");
}

int token_read(const struct provider *provider, bool refreshing, const struct doc *answer,
	       char **token, char **refresh, int64_t *expires_in_ms, struct problem *why)
{
	const struct token_spec *spec = provider->token;
	const struct token_source *source = refreshing ? &spec->refresh : &spec->login;
	const char *text = extract_text(answer, source->value);
	auto_finish(buf_finish) struct buf words = {0};
	int r;

	*token = NULL;
	*refresh = NULL;
	if (extract_problems(answer, source->problems, &words)) {
		return refuse(provider, doc_path(answer, source->problems), &words, why);
	}
	if (!text) {
		return problem_set(why, -EBADMSG, "the answer has no token at '%s'", source->value);
	}
	*token = strdup(text);
	r = *token ? extract_copy(answer, spec->refresh_token, refresh) : -ENOMEM;
	if (r < 0) {
		free(*token);
		*token = NULL;
	}
	*expires_in_ms = life_in_ms(spec, answer);
	return r;
}
