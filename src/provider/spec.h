/* The inside of a description, for the files of this floor. All text and all nodes are borrowed
 * from the tree of the description, which lives as long as the provider. */
#ifndef PROVIDER_SPEC_H
#define PROVIDER_SPEC_H

#include "doc/reader.h"
#include "provider/provider.h"

/* Templates are texts with {names} in them; query, headers and form are objects of templates, json
 * is a tree with templates for texts. All but method and url may be NULL. */
struct request_spec {
	const char *method;
	const char *url;
	const struct doc *query;
	const struct doc *headers;
	const struct doc *form;
	const struct doc *json;
	const struct doc *node; /* the URL's, for findings */
	const struct act *act;  /* it is this trigger's: its fields may be named */
	bool is_token;          /* it gets the token, so it carries none of auth's own */
};

enum test_kind { TEST_WORDS, TEST_CONTAINS, TEST_NULL, TEST_PRESENT };

/* One thing that a state rule wants of the value at a path. */
struct condition {
	const char *path;
	enum test_kind kind;
	const char **words; /* WORDS, CONTAINS: any of them */
	int word_count;
	bool wanted; /* NULL, PRESENT: yes or no */
	const struct doc *node;
};

struct state_rule {
	enum state is;
	struct condition *conditions; /* all of them */
	int condition_count;
	const struct doc *node;
};

/* Paths into a row; all but the id may be NULL. */
struct item_spec {
	const char *id;
	const char *created;
	const char *updated;
	const char *error;
	const char *word;         /* the API's own word for the state */
	const struct doc *node;   /* of the collection, for findings */
	struct state_rule *rules; /* the first that fits wins */
	int rule_count;
};

struct provider_rest {
	struct doc *tree;
	const struct doc *auth_headers; /* objects of templates, or NULL */
	const struct doc *auth_query;
	const char *error_message; /* paths into an error answer, or NULL */
	const char *error_id;
	const struct doc *hints; /* HTTP status -> what to say besides, or NULL */
};

/* What loading carries along. */
struct loader {
	struct reader reader;
	struct provider *provider;
};

/* count zeroed elements; NULL when count is 0 or without memory, which is then noted. */
void *load_array(struct loader *l, size_t count, size_t size);
/* The texts of a list; a single text is a list of one. The array is the caller's. */
const char **load_words(struct loader *l, const struct doc *node, const char *key, int *count);
/* The object member `request` of parent; a finding when there is none. */
struct request_spec *load_request(struct loader *l, const struct doc *parent,
				  const struct act *act);
/* auth: the headers and parameters of every request, and how a token is got. */
void load_credentials(struct loader *l, const struct doc *root);
void load_collections(struct loader *l, const struct doc *root);
void collection_finish(struct collection *collection);

/* ---- states.c, reach.c */
void load_states(struct loader *l, const struct doc *item, struct item_spec *spec);
void states_finish(struct item_spec *spec);
enum state states_match(const struct item_spec *spec, const struct doc *row);
/* Complains about rules that can never be reached, and about words that are taken already. */
void states_lint(struct reader *r, const struct item_spec *spec);

/* ---- lint.c: what can only be said of the whole. */
void lint_provider(struct reader *r, struct provider *provider);

#endif
