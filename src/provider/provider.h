/* The description of an API, loaded from its YAML file (format 1). Pure: no I/O, no threads, no
 * state; immutable once loaded, so any thread may read it. All its text lives as long as it does.
 *
 * provider.c loads and owns, lint.c checks the whole, request.c builds requests, answer.c and
 * extract.c read answers, command.c reads what a person wrote to a trigger. */
#ifndef PROVIDER_PROVIDER_H
#define PROVIDER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "doc/doc.h"
#include "orderfs/message.h"
#include "orderfs/state.h"

/* What an account may or must set. */
struct setting_spec {
	const char *name;
	const char *help;     /* or NULL */
	const char *fallback; /* the default, or NULL */
	bool required;
	bool secret;
	bool url; /* URLs begin with it: an http(s) URL without query, see base_url_check() */
};

/* One request of a description; opaque outside this floor. */
struct request_spec;

/* What a command can say. */
struct field {
	const char *name;
	const char *help;     /* or NULL */
	const char *fallback; /* or NULL */
	bool required;
	const char **choices; /* or NULL: any text */
	int choice_count;
};

enum effect { EFFECT_FREE, EFFECT_QUOTA, EFFECT_MONEY, EFFECT_CANCEL };
const char *effect_word(enum effect effect);

/* A trigger. */
struct act {
	enum effect effect;
	struct field *fields;
	int field_count;
	struct request_spec *request;
	const char *id;        /* path to the new item's id in the answer, or NULL */
	const char *row;       /* path to its row in the answer, or NULL: there is only the id */
	const char **remember; /* names of fields that the API does not give back */
	int remember_count;
	const char *example;    /* a command that fits, or NULL */
	const struct doc *node; /* where it stands in the description */
};

/* A file of an item. */
struct file_spec {
	const char *name;
	enum state when;              /* readable in that state */
	struct request_spec *resolve; /* one more request that gives the URL, or NULL */
	const char *url;              /* path: in the resolve answer, or in the row */
};

enum page_kind { PAGE_NONE, PAGE_OFFSET };
/* PAGE_OFFSET: the first request is sent as it is; while `total` says that there is more, the
 * next ones carry skip=<rows so far> and take=<size>. */
struct page {
	enum page_kind kind;
	const char *skip;
	const char *take;
	const char *total; /* path */
	int size;
	int cap; /* pages at most */
};

struct collection {
	const char *name;
	const char *record; /* the record's file name: job.json */
	struct request_spec *list;
	const char *rows; /* path to the array in the list's answer */
	struct page page;
	struct request_spec *get;
	const char *row;    /* path to the row in get's answer */
	struct act *create; /* or NULL */
	struct file_spec *files;
	int file_count;
	int64_t poll_list_ms;
	int64_t poll_active_min_ms;
	int64_t poll_active_max_ms;
	int64_t lifetime_ms;    /* after creation the API deletes it; 0: never */
	struct item_spec *item; /* opaque outside this floor */
};

struct limits {
	double per_second;
	int burst;
	int parallel;
};

struct token_spec {
	struct request_spec *request;
	const char *value;   /* path */
	const char *expires; /* path to seconds, or NULL */
	int64_t margin_ms;   /* asked for again that long before */
};

struct provider {
	const char *name;
	const char *title;
	struct setting_spec *settings;
	int setting_count;
	struct token_spec *token; /* or NULL */
	struct limits limits;
	struct collection *collections;
	int collection_count;
	struct provider_rest
		*rest; /* opaque outside this floor: auth headers, error paths, the tree */
};

/* Loads and lints. On findings -EINVAL, and every finding is there, not only the first. */
int provider_load(const char *file, const char *text, size_t length, struct findings *findings,
		  struct provider **out);
void provider_destroy(struct provider *provider);

/* ---- request.c */

/* Names and what stands for them, innermost scope first. Borrowed. */
struct value {
	const char *name;
	const char *text;
};
struct values {
	const struct value *list;
	int count;
	const struct values *next; /* the scope around it, or NULL */
};

/* 0 when text can stand at the beginning of URLs: http:// or https://, a host, perhaps a path;
 * -EINVAL with words that say what is wrong with it. */
int base_url_check(const char *text, struct problem *why);

/* Builds a request; every {x} is escaped for the place where it stands. -EINVAL with words when
 * a value is missing or makes the URL, a header, or the request no longer well formed.
 * Requests that carry a token or a secret setting say credentials; those of an act say once. */
int request_build(const struct provider *provider, const struct request_spec *spec,
		  const struct values *values, struct request *out, struct problem *why);

/* Where a listing stands. Zero-initialise for the first page. */
struct page_position {
	int pages; /* answered so far */
	int rows;
	bool done;
	bool cut; /* done for want of pages, not of rows: what was not seen is not gone */
};
/* The request for the next page. */
int page_build(const struct provider *provider, const struct collection *collection,
	       const struct page_position *position, const struct values *values,
	       struct request *out, struct problem *why);

/* ---- answer.c, extract.c */

/* Judges an answer: 2xx with a JSON body gives its tree. Otherwise the errno of the contract's
 * table (401 403 EACCES, 404 410 ENOENT, 400 409 422 EINVAL, 429 EAGAIN, 5xx EREMOTEIO, not JSON or
 * an unexpected redirect EBADMSG) with the API's words, the HTTP status and the request id in
 * `why`. The secrets among the values of the request never appear there. */
int answer_read(const struct provider *provider, const struct response *response,
		const struct values *values, struct doc **out, struct problem *why);

/* The rows of a page, and where the listing stands after it. -EBADMSG when there is no array. */
int page_read(const struct collection *collection, const struct doc *answer,
	      struct page_position *position, const struct doc **rows, struct problem *why);

enum { ROW_FILES = 8 };

/* One row, in the words of this project. Zero-initialise; row_finish after. */
struct row {
	char *id;
	enum state state;
	char *word; /* the API's own word for the state, or NULL */
	int64_t created_ns;
	int64_t updated_ns;
	char *error;                  /* or NULL */
	char *record;                 /* JSON text as shown */
	const char *files[ROW_FILES]; /* names, borrowed from the description */
	int file_count;
};
/* -EBADMSG with words when it has no id or is no object. */
int row_read(const struct collection *collection, const struct doc *node, struct row *out,
	     struct problem *why);
void row_finish(struct row *row);

/* The token in an answer to the token request. expires_in_ms is 0 when it does not say. */
int token_read(const struct provider *provider, const struct doc *answer, char **token,
	       int64_t *expires_in_ms, struct problem *why);

/* ---- command.c */

enum { COMMAND_BYTES = 64 * 1024 };

/* What a person wrote, checked against the fields. Zero-initialise. */
struct command_text {
	char *json; /* canonical: an object, the fields in the order of names, with defaults */
	struct value *values; /* of the fields, owned */
	int value_count;
	bool force; /* force=yes was among them */
};
/* Reads `key=value` words or lines (a value may be quoted with ' or "), or one JSON object with
 * text, number or boolean members. -EINVAL with words that name the field and what to write
 * instead. */
int command_parse(const struct act *act, const char *text, size_t length, struct command_text *out,
		  struct problem *why);
void command_text_finish(struct command_text *text);
/* What is to be remembered of a command, given its canonical JSON (of now or out of the journal): a
 * JSON object, the caller's; NULL when there is nothing. 0, -ENOMEM, -EBADMSG. */
int command_remembered(const struct act *act, const char *json, char **out);
/* What reading the trigger prints about it: fields, types, an example. Owned by the caller. */
char *command_usage(const struct act *act);

#endif
