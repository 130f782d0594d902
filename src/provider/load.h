/* Inside the loading of a description: small parts that many of its places have. */
#ifndef PROVIDER_LOAD_H
#define PROVIDER_LOAD_H

#include "provider/spec.h"

/* Complains when node has no member key; what says what it would be. */
void load_missing(struct loader *l, const struct doc *node, const char *key, const char *what);
/* Memory of one zeroed element when wanted. */
static inline void *load_one(struct loader *l, bool wanted, size_t size)
{
	return load_array(l, wanted ? 1 : 0, size);
}
/* An object whose members are all texts: templates of parameters or headers. */
const struct doc *load_templates(struct loader *l, const struct doc *node, const char *key);
/* The state that the member names; fallback when it is absent, or with a finding. */
enum state load_state(struct loader *l, const struct doc *node, const char *key,
		      enum state fallback);
/* `fields` of an act. */
void load_fields(struct loader *l, const struct doc *node, struct act *act);
/* `deliver` of an act, or NULL. */
struct deliver_spec *load_deliver(struct loader *l, const struct doc *node);
void deliver_destroy(struct deliver_spec *spec);
/* The smaller document of a request, and the request's number if it has one. */
void load_fallback(struct loader *l, const struct doc *node, struct request_spec *spec);

#endif
