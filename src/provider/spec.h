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
	const char *graphql;         /* the document; then the method is POST */
	const char *fallback;        /* the smaller document, or NULL */
	const struct doc *variables; /* object of templates, or NULL */
	int number;                  /* see request_fallback(); -1: none */
	const struct doc *node;      /* the URL's, for findings */
	const struct doc *whole;     /* where its other keys are, for findings */
	const struct act *act;       /* it is this trigger's: its fields may be named */
	bool is_token;               /* it gets the token, so it carries none of auth's own */
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

/* One field of a query for one item, in which $id stands for the item's id: with count items the
 * request is query ($id0: TYPE, …) { x0: field with $id0 … }. */
struct many_spec {
	struct request_spec request; /* url and headers; graphql, fallback: the field */
	const char *id_type;
};

/* Paths into what `from` leads to; all but from and record may be NULL, and what belongs to
 * archives or inline is there with archive_each or inline_each. */
struct deliver_spec {
	const char *from;
	const char *record;
	const char **omit; /* members that the record is shown without, at any depth */
	int omit_count;
	const char *archive_each;
	const char *archive_name; /* template: {n} from 1 */
	const char *archive_url;
	const char *archive_password;
	const char *inline_folder;
	const char *inline_each;  /* groups: each is a folder */
	const char *inline_group; /* path in a group to its folder's name */
	const char *inline_files; /* path in a group to its files */
	const char *inline_name;
	const char *inline_body;
	const char *inline_type; /* path to the media type */
	const char **base64;     /* media types whose body is base64 */
	int base64_count;
	const char *children; /* path in a file to files that stand in a folder of its name */
	int depth;            /* levels of files */
	const struct doc *node;
};

/* Paths into a row; all but the id may be NULL. */
struct item_spec {
	const char *id;
	const char *name; /* path to what the folder is called */
	bool name_global; /* it is base64 of "Type:number": the folder is the number */
	const char *version;
	const char **urls; /* top-level members of a row that are URLs: shown without their query */
	int url_count;
	const char *created;
	const char *updated;
	const char *error;
	const char *word;         /* the API's own word for the state */
	const struct doc *node;   /* of the collection, for findings */
	struct state_rule *rules; /* the first that fits wins */
	int rule_count;
};

/* What an error answer means. Its conditions are on an object of status, code, message and json
 * (yes or no). */
struct error_rule {
	struct state_rule match; /* `is` is not used */
	int err;                 /* 0: as the status says */
	enum remedy remedy;
	const char *say; /* or NULL */
};

/* What a webhook is about, when its conditions hold for the body (`is` is not used). */
struct hint_spec {
	struct state_rule match;
	const char *collection;
	const char *document; /* one of both is NULL */
	const char *id;       /* path, or NULL */
	int index;            /* of the collection or document; set by lint_webhook() */
};

struct provider_rest {
	struct doc *tree;
	const struct doc *auth_headers; /* objects of templates, or NULL */
	const struct doc *auth_query;
	const char *error_message; /* paths into an error answer, or NULL */
	const char *error_id;
	const char *error_code;
	struct error_rule *rules; /* the first that fits counts */
	int rule_count;
};

/* What loading carries along. */
struct loader {
	struct reader reader;
	struct provider *provider;
};

/* True when all conditions hold for the object. */
bool rule_matches(const struct state_rule *rule, const struct doc *object);
/* The conditions of `when`; the rule's node is set. rule_finish() frees them. */
void load_when(struct loader *l, const struct doc *parent, struct state_rule *rule);
void rule_finish(struct state_rule *rule);

/* count zeroed elements; NULL when count is 0 or without memory, which is then noted. */
void *load_array(struct loader *l, size_t count, size_t size);
/* The texts of a list; a single text is a list of one. The array is the caller's. */
const char **load_words(struct loader *l, const struct doc *node, const char *key, int *count);
/* The object member `request` of parent; a finding when there is none. */
struct request_spec *load_request(struct loader *l, const struct doc *parent,
				  const struct act *act);
/* auth: the headers and parameters of every request, and how a token is got. */
void load_credentials(struct loader *l, const struct doc *root);
void load_errors(struct loader *l, const struct doc *root);
void load_webhook(struct loader *l, const struct doc *root);
void webhook_destroy(struct webhook_spec *spec);
void load_collections(struct loader *l, const struct doc *root);
void load_documents(struct loader *l, const struct doc *root);
/* The triggers of a collection: parent's member key, or NULL. */
struct trigger *load_trigger(struct loader *l, const struct doc *parent, const char *key);
void trigger_destroy(struct trigger *trigger);
void load_files(struct loader *l, const struct doc *node, struct collection *out);
void load_listing(struct loader *l, const struct doc *node, struct listing *out);
void listing_finish(struct listing *listing);
void request_spec_destroy(struct request_spec *spec);
void collection_finish(struct collection *collection);

/* ---- states.c */
void load_states(struct loader *l, const struct doc *item, struct item_spec *spec);
void states_finish(struct item_spec *spec);
enum state states_match(const struct item_spec *spec, const struct doc *row);
/* ---- reach.c: complains about rules that can never be reached, and about words that are taken
 * already. The rules stand in structs of stride bytes. */
void rules_lint(struct reader *r, const struct state_rule *first, size_t stride, int count);

/* ---- lint.c: what can only be said of the whole. */
void lint_provider(struct reader *r, struct provider *provider);

#endif
