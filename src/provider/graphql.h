/* A GraphQL document, as far as it must be understood to be checked: that it is whole, what its
 * operation is, and which variables it speaks of. Pure. */
#ifndef PROVIDER_GRAPHQL_H
#define PROVIDER_GRAPHQL_H

#include <stdbool.h>
#include <stddef.h>

enum graphql_kind { GRAPHQL_QUERY, GRAPHQL_MUTATION, GRAPHQL_SUBSCRIPTION };

struct graphql {
	const char *text;
	enum graphql_kind kind;
	/* What stands between the parentheses after the operation's name; both NULL: none. */
	const char *variables;
	const char *variables_end;
	int line; /* of what is wrong, from 1 */
};
/* Reads a document of one operation and perhaps fragments. NULL when all is well, else what is
 * wrong (static text). The document lives as long as text. */
const char *graphql_read(const char *text, struct graphql *out);
/* The same for one field of a query, such as `order(id: $id) { id }`. */
const char *graphql_read_field(const char *text, struct graphql *out);

/* A variable's name, without its dollar. */
struct graphql_variable {
	const char *name;
	size_t length;
	bool has_default; /* of a declared one */
};
/* The next one that the operation declares, or that the document uses; *at is NULL at first. False
 * at the end. The document was read without complaint. */
bool graphql_declared(const struct graphql *document, const char **at,
		      struct graphql_variable *out);
bool graphql_used(const struct graphql *document, const char **at, struct graphql_variable *out);

#endif
