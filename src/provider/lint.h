/* Inside the checks of a description. */
#ifndef PROVIDER_LINT_H
#define PROVIDER_LINT_H

#include "provider/spec.h"

struct lint {
	struct reader *reader;
	struct provider *provider;
};

/* What a request's templates may name besides the settings. */
struct scope {
	bool id;
	bool token;
	bool reads; /* it must change nothing */
	const struct act *act;
};

void lint_request(struct lint *lint, const struct request_spec *spec, struct scope scope);
void lint_auth(struct lint *lint);

#endif
