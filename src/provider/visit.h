/* All requests of a description, and all templates of a request, for the checks that look at
 * each. */
#ifndef PROVIDER_VISIT_H
#define PROVIDER_VISIT_H

#include "provider/spec.h"

/* JSON: the body's own or the variables of a GraphQL document. */
enum part { PART_URL, PART_QUERY, PART_HEADER, PART_FORM, PART_JSON };

/* node is where text stands, for findings. */
typedef void (*visit_fn)(void *context, enum part part, const struct doc *node, const char *text);

void visit_templates(const struct doc *object, enum part part, visit_fn visit, void *context);
void visit_request(const struct request_spec *spec, visit_fn visit, void *context);
/* True when one of the templates of the request (NULL: of none) has {name} in it. */
bool visit_finds(const struct request_spec *spec, const char *name);
/* The same for the texts of an object, for one text, and for the whole description. */
bool visit_finds_in(const struct doc *object, const char *name);
bool visit_finds_text(const char *text, const char *name);
bool visit_finds_anywhere(const struct provider *provider, const char *name);

#endif
