/* Inside the judging of answers: answer.c says what one means, errors.c puts it into words. */
#ifndef PROVIDER_ANSWER_H
#define PROVIDER_ANSWER_H

#include "provider/spec.h"

/* An answer, and what was asked. */
struct judged {
	const struct provider *provider;
	const struct question *question;
	const struct response *response;
	const struct doc *answer;    /* NULL: it is no JSON */
	const struct problem *parse; /* then why not */
	const struct error_rule *rule;
};

/* The first rule of `errors` that fits the answer, or one that would be like this; or NULL. */
const struct error_rule *error_rule_of(const struct judged *judged);
const struct error_rule *error_rule_for(const struct provider *provider, int status, bool json,
					const char *code, const char *message);
/* Says in one line, without the question's secrets, what the API says. Returns err, or -ENOMEM. */
int error_tell(const struct judged *judged, int err, struct problem *why);

#endif
