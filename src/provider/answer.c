/* Answers judged: a tree, or an errno with the API's words. Pure; any thread. */
#include <errno.h>
#include <string.h>

#include "provider/answer.h"

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

static bool is_graphql(const struct question *question)
{
	return !question->request || question->request->graphql;
}

/* Something other than null; an object of nothing but nulls is no more than that. */
static bool says_something(const struct doc *node)
{
	const struct doc *value;
	const char *name;

	if (doc_kind(node) != DOC_OBJECT) {
		return doc_kind(node) != DOC_ABSENT && doc_kind(node) != DOC_NULL;
	}
	for (size_t i = 0; doc_member(node, i, &name, &value); i++) {
		if (doc_kind(value) != DOC_NULL) {
			return true;
		}
	}
	return false;
}

/* GraphQL: what an answer of status 2xx means. *partial: there are errors, and still what was asked
 * for. */
static int graphql_errno(const struct question *question, const struct doc *answer, bool *partial)
{
	bool has_errors = doc_count(doc_get(answer, "errors")) > 0;

	if (!has_errors) {
		return doc_kind(doc_get(answer, "data")) == DOC_OBJECT ? 0 : -EBADMSG;
	}
	*partial = question->partial && says_something(doc_path(answer, question->partial));
	return question->writes ? -EINVAL : -EREMOTEIO;
}

/* What the answer means: 0 or an errno, and what would help. */
static int judge(struct judged *judged, bool *partial, enum remedy *remedy)
{
	int err = status_errno(judged->response->status);

	if (err == 0 && !judged->answer) {
		err = -EBADMSG;
	} else if (err == 0 && is_graphql(judged->question)) {
		err = graphql_errno(judged->question, judged->answer, partial);
	}
	if (err < 0 && !*partial) {
		judged->rule = error_rule_of(judged);
	}
	if (judged->rule) {
		*remedy = judged->rule->remedy;
		err = judged->rule->err ? judged->rule->err : err;
	}
	return *partial ? 0 : err;
}

int answer_read(const struct provider *provider, const struct question *question,
		const struct response *response, struct doc **out, enum remedy *remedy,
		struct problem *why)
{
	struct problem parse = {0};
	struct doc *answer = NULL;
	bool partial = false;
	int r = doc_parse_json(response->body ? response->body : "", response->body_length, 0,
			       &answer, &parse);

	*remedy = REMEDY_NONE;
	if (r != -ENOMEM) {
		struct judged judged = {.provider = provider,
					.question = question,
					.response = response,
					.answer = answer,
					.parse = &parse};

		r = judge(&judged, &partial, remedy);
		if (r < 0 || partial) {
			r = error_tell(&judged, r, why);
		}
	}
	if (r == 0) {
		*out = answer;
	} else {
		doc_destroy(answer);
	}
	problem_finish(&parse);
	return r;
}
