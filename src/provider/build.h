/* Inside the building of requests: request.c makes URL and headers, body.c what is sent along,
 * pages.c and many.c the requests that are not the same each time. */
#ifndef PROVIDER_BUILD_H
#define PROVIDER_BUILD_H

#include "provider/spec.h"
#include "provider/template.h"

/* What a request says besides its description: a variable in GraphQL, else a parameter of the
 * query. */
struct extra {
	const char *name;
	const char *text;
	bool is_number;
};
struct extras {
	const struct extra *list;
	int count;
};

/* As request_build(), with extras. */
int build_request(const struct provider *provider, const struct request_spec *spec, bool narrow,
		  const struct values *values, const struct extras *extras, struct request *out,
		  struct problem *why);
/* `name=value` of every member, joined by & to what is there. */
int build_params(struct expansion *e, const struct doc *params, struct buf *out);
/* Sets the body, where the description has one. */
int build_body(struct expansion *e, const struct request_spec *spec, bool narrow,
	       const struct extras *extras, struct request *out);

#endif
