/* The description of an API, loaded from its YAML file (format 1; README.md beside this file
 * explains it to who writes one). Pure: no I/O, no threads, no state; immutable once loaded, so any
 * thread may read it. All its text lives as long as it does.
 *
 * load*.c read the file and lint*.c check it as a whole; request.c, pages.c, many.c and graphql.c
 * build requests; answer.c judges answers, and row.c, parcel.c, document.c and token_read.c take
 * them apart; command*.c read what a person wrote to a trigger, usage.c says what can be written;
 * webhook.c reads what the API says by itself. */
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

/* What a command can say. A template that is one {field} alone becomes JSON of the field's type. */
enum field_type {
	FIELD_TEXT,
	FIELD_INTEGER,
	FIELD_DECIMAL, /* keeps its digits */
	FIELD_BOOLEAN,
	FIELD_LIST, /* texts: a,b,c or a JSON array; its text here is the JSON array */
	FIELD_JSON, /* any JSON value */
	FIELD_TIME, /* RFC 3339; a date alone is its first second, or with `end` its last, in UTC */
};

struct field {
	const char *name;
	const char *help;     /* or NULL */
	const char *fallback; /* or NULL */
	bool required;
	enum field_type type;
	bool end;             /* TIME */
	int64_t least, most;  /* INTEGER; equal: any */
	const char **choices; /* or NULL: any text; of a LIST for each element */
	int choice_count;
	bool open; /* the choices are suggestions: others are taken too */
};

enum effect { EFFECT_FREE, EFFECT_QUOTA, EFFECT_MONEY, EFFECT_CANCEL };
const char *effect_word(enum effect effect);

/* What happens to an item once its act was taken. */
enum then {
	THEN_NOTHING,
	THEN_QUEUED, /* it is queued until the API tells of another version, or grace_ms are over */
	THEN_GONE,   /* it is no more */
};

struct deliver_spec; /* opaque outside this floor: see parcel_read() */

/* One thing that a trigger can do. */
struct act {
	const char *word; /* what chooses it, see struct trigger; NULL where there is one */
	const char *help; /* or NULL */
	enum effect effect;
	struct field *fields;
	int field_count;
	int lines_most;             /* >0: so many lines of fields at most, as {lines} */
	const char *lines_distinct; /* a field that differs in all of them, or NULL */
	struct request_spec *request;
	const char *ok;       /* path to what must be true in the answer, or NULL */
	const char *problems; /* path to a list of what is wrong, empty when all is well; or NULL */
	const char *id;       /* create: path to the new item's id in the answer, or NULL */
	const char *row;      /* path to its row in the answer, or NULL: there is only the id */
	const char *record;   /* path to what is shown as its record until it is listed, or NULL */
	const char **remember; /* names of fields that the API does not give back */
	int remember_count;
	const char *example; /* a command that fits, or NULL */
	const char *needs;   /* the word that trigger.detect must find, or NULL */
	bool has_when;
	enum state when; /* of an item: it must be in that state */
	enum then then;
	int64_t grace_ms;
	struct deliver_spec *deliver; /* what the answer holds is kept; or NULL */
	const struct doc *node;       /* where it stands in the description */
};

/* Asks which of its acts the server has: the texts at `name` in each element at `names`. */
struct detect_spec {
	struct request_spec *request;
	const char *names;
	const char *name;
};

/* What writing to a trigger can do: one act, or several that one field tells apart. */
struct trigger {
	const char *choose; /* that field; NULL: there is one act */
	struct act *acts;
	int act_count;
	int fallback;               /* the act when the field is not given; -1: it must be */
	struct detect_spec *detect; /* or NULL: the server has them all */
	const struct doc *node;
};

/* A file of an item, or several: one for each element of an array. */
struct file_spec {
	const char *name;     /* template of members of the row, {n} counts elements from 1 */
	const char *name_url; /* or: path to a URL whose last segment is the name */
	const char *each;     /* path to an array in the row; or NULL */
	enum state when;      /* readable in that state */
	struct request_spec *resolve; /* one more request that gives the URL, or NULL */
	const char *url;   /* path: in the resolve answer, or in the row, or in the element */
	bool gone_expires; /* no URL in the answer: the item is expired */
	const char *host;  /* setting that, where set, replaces the URL's origin; or NULL */
	bool with_auth; /* (`auth: same`) at the API's own origin it takes the headers of `auth` */
	const char *password; /* template of settings: opens the archive; or NULL */
};

enum page_kind { PAGE_NONE, PAGE_OFFSET, PAGE_RELAY, PAGE_CURSOR, PAGE_NEXT_URL, PAGE_NUMBER };
/* Names are those of query parameters, or of variables in a GraphQL request.
 * OFFSET: skip=<rows so far> and take=<size>; in a query from the second page on, while `total`
 *         says that there is more; in GraphQL always.
 * RELAY:  first=<size> and, from the second page on, after=<endCursor>; hasNextPage says if.
 * CURSOR: `cursor`=<text at next> from the second page on, until there is none.
 * NEXT_URL: the address at `next` (or header:Link, rel=next), of the same origin only.
 * NUMBER: `cursor`=1, 2, … until a page is empty, or past the number at `total`. */
struct page {
	enum page_kind kind;
	const char *skip;
	const char *take;   /* OFFSET; NUMBER: may be NULL; RELAY: `first` */
	const char *cursor; /* RELAY: `after` */
	const char *next;   /* path, or header:Link */
	const char *info;   /* RELAY: path to pageInfo */
	const char *total;  /* path; RELAY: may be NULL */
	int size;
	int cap; /* pages at most */
};

/* How rows are listed: of a collection, or of documents. */
struct listing {
	struct request_spec *request;
	const char *rows; /* path to the array in the answer */
	const char *row;  /* path to the row in its element; NULL: the element itself */
	struct page page;
	bool newest_first; /* a page without news ends all but full passes */
	bool keep_missing; /* what is not listed any more stays */
};

/* How one or several items are asked for by one GraphQL field, repeated under aliases. */
struct many_spec;

struct collection {
	const char *name;
	const char *record;      /* the record's file name: job.json */
	const char *part_record; /* that of the part, or NULL */
	const char
		*part; /* the member of a row that get or many gives (`as`); NULL: they give rows */
	struct listing list;
	struct request_spec *get; /* or NULL: see many */
	const char *row;          /* path to the row (or part) in get's answer */
	struct many_spec *many;   /* or NULL */
	int many_most;            /* items in one request; 0 without many */
	struct trigger *create;   /* or NULL */
	struct trigger *act;      /* of an item; or NULL */
	struct file_spec *files;
	int file_count;
	bool final[STATE_COUNT]; /* in these states an item stays */
	int64_t stale_ms; /* after creation, queued and running turn into unknown; 0: never */
	int64_t poll_list_ms;
	int64_t poll_active_min_ms;
	int64_t poll_active_max_ms;
	int64_t lifetime_ms;    /* after creation the API deletes it; 0: never */
	struct item_spec *item; /* opaque outside this floor */
};

/* A file of the account (one answer) or a folder of them (one for each row). */
struct document {
	const char *name;
	bool is_folder;
	struct listing list;  /* is_folder; else only its request */
	const char *show;     /* path to what is shown; NULL: the answer */
	const char *row_name; /* is_folder: template of members of the row */
	const char *since;    /* path to a date in a row, or NULL: see document_row() */
	int64_t full_ms;      /* with since: a full listing so often */
	int64_t every_ms;
};

struct limits {
	double per_second;
	int burst;
	int parallel;
};

/* One way of getting a token. */
struct token_source {
	struct request_spec *request;
	const char *value;    /* path */
	const char *problems; /* path to a list of what is wrong, or NULL */
};

struct token_spec {
	const char *fixed; /* (`static`) setting that is the token where it is set; or NULL */
	struct token_source login;   /* request NULL: there is only the setting */
	struct token_source refresh; /* request NULL: none; it may name {refresh} */
	const char *refresh_token;   /* path in the login's answer, or NULL */
	const char *expires;         /* path to seconds in either answer, or NULL */
	int64_t ttl_ms;              /* its life where the answer does not say */
	int64_t ttl_cap_ms;          /* it is believed no longer; 0: as long as it says */
	int64_t margin_ms;           /* asked for again that long before */
};

/* How a webhook shows that it comes from the API. */
enum signature_kind {
	SIGNATURE_EQUAL,           /* the header is the secret */
	SIGNATURE_HMAC_SHA256_HEX, /* of the body */
	SIGNATURE_JWS_RS256,       /* HEADER..SIGNATURE of the body */
	SIGNATURE_COUNT,
};
struct signature_spec {
	enum signature_kind kind;
	const char *secret; /* the setting with it; or NULL */
	const char *keys;   /* the setting with the address of the public keys; or NULL */
	bool rewritten;     /* or of the body as doc_print_ascii() would print it */
	const struct doc *node;
};
struct hint_spec; /* opaque outside this floor */

struct webhook_spec {
	const char *header; /* template of settings; see webhook_header() */
	struct signature_spec *signatures;
	int signature_count; /* those whose setting is set count: any of them will do */
	const char *event;   /* path to what is the same when it comes again, or NULL */
	struct hint_spec *hints;
	int hint_count;
	const struct doc *node;
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
	struct document *documents;
	int document_count;
	struct webhook_spec *webhook; /* or NULL: the API sends none */
	int fallback_count;           /* requests with a smaller document, see request_fallback() */
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
 * Requests that carry a token or a secret setting say credentials; those of an act say once.
 * narrow: with the smaller document, where it has one. */
int request_build(const struct provider *provider, const struct request_spec *spec, bool narrow,
		  const struct values *values, struct request *out, struct problem *why);
/* Whether the URL has the origin (scheme, host, port) of the requests that list the collection. */
int request_is_own(const struct provider *provider, const struct collection *collection,
		   const char *url, const struct values *values, bool *own, struct problem *why);
/* Adds the headers of `auth`, which every request to the API has. */
int request_add_auth(const struct provider *provider, const struct values *values,
		     struct request *out, struct problem *why);
/* The number (0 to fallback_count - 1) of a request that has a smaller document, else -1: an
 * account remembers by it which of them its server needs. */
int request_fallback(const struct request_spec *spec);

/* Where a listing stands. Zero-initialise for the first page; page_position_finish() after. */
struct page_position {
	int pages; /* answered so far */
	int rows;
	int size;     /* rows asked for at a time; 0: as the description says */
	double total; /* as the first page said; 0: it does not */
	char *next;   /* cursor or URL of the next page, or NULL */
	char *mark; /* one that `next` was before, or NULL: pages that lead there go in a circle */
	bool shifted; /* the total changed meanwhile: a row may have slipped through */
	bool done;
	bool cut; /* done for want of pages, not of rows: what was not seen is not gone */
};
void page_position_finish(struct page_position *position);
/* The request for the next page. */
int page_build(const struct provider *provider, const struct listing *listing, bool narrow,
	       const struct page_position *position, const struct values *values,
	       struct request *out, struct problem *why);
/* The server finds the page too large: halves it. False when it cannot be smaller. */
bool page_shrink(const struct listing *listing, struct page_position *position);

/* One request for the items with these ids, at most many_most of them. */
int many_build(const struct provider *provider, const struct collection *collection, bool narrow,
	       const char *const *ids, int count, const struct values *values, struct request *out,
	       struct problem *why);
int many_fallback(const struct many_spec *many);
/* What the answer says of the index-th of them: a row, or the part of one; ABSENT when it says
 * nothing (an error beside it), NULL when the API knows of none. */
const struct doc *many_answer(const struct doc *answer, int index);

/* ---- answer.c, extract.c */

/* What would help against a refusal, besides giving up. */
enum remedy {
	REMEDY_NONE,
	REMEDY_TOKEN,   /* a new token */
	REMEDY_NARROW,  /* the smaller document: the server lacks a field */
	REMEDY_SMALLER, /* a smaller page */
};

/* What was asked, and so how its answer is judged. */
struct question {
	const struct request_spec *request; /* NULL: of many */
	/* GraphQL: with something other than null at this path, errors beside it are only told (in
	 * `why`, with 0). NULL: any error fails. */
	const char *partial;
	bool writes; /* it is an act: refused by the API is EINVAL and not EREMOTEIO */
	const struct values *values; /* its secrets never appear in words */
};

/* Judges an answer: 2xx with a JSON body gives its tree. Otherwise the errno of the contract's
 * table (401 403 EACCES, 404 410 ENOENT, 400 409 422 EINVAL, 429 EAGAIN, 5xx EREMOTEIO, not JSON or
 * an unexpected redirect EBADMSG) or of the rules in `errors`, with the API's words, the HTTP
 * status and the request id in `why`. GraphQL: `errors` in the body of any status count. */
int answer_read(const struct provider *provider, const struct question *question,
		const struct response *response, struct doc **out, enum remedy *remedy,
		struct problem *why);
/* What an act's answer says in data: -EINVAL with words when `ok` is not true or `problems` has
 * any. */
int act_check(const struct act *act, const struct doc *answer, struct problem *why);

/* The rows of a page, and where the listing stands after it. -EBADMSG when there is no array.
 * response: of that answer, for headers and for the address it came from (url). */
int page_read(const struct listing *listing, const struct doc *answer,
	      const struct response *response, const char *url, struct page_position *position,
	      const struct doc **rows, struct problem *why);
/* The index-th row; NULL when it is null or absent. */
const struct doc *page_row(const struct listing *listing, const struct doc *rows, size_t index);

/* A file that a row has. */
struct row_file {
	char *name; /* safe, and unlike any other in the item's folder */
	int spec;   /* index in collection.files */
	int element;
};

/* One row, in the words of this project. Zero-initialise; row_finish after. */
struct row {
	char *id;
	char *name; /* what the folder is called, not yet safe; NULL: the id */
	enum state state;
	char *word; /* the API's own word for the state, or NULL */
	int64_t created_ns;
	int64_t updated_ns;
	char *error;   /* or NULL */
	char *record;  /* JSON text as shown, query strings of `urls` cut off; of the row alone */
	char *part;    /* JSON text of the part, or NULL: not known */
	char *version; /* of its files, or NULL */
	struct row_file *files;
	int file_count;
};
/* id: the item's, where it is known already (what was made may have a record of another shape);
 * NULL: it is in the row. part: what is known of the row's part (collection.part), or NULL; it may
 * stand in the row itself. now_ns: wall time, for `stale`. -EBADMSG with words when there is no id
 * or the row is no object. */
int row_read(const struct collection *collection, const char *id, const struct doc *node,
	     const struct doc *part, int64_t now_ns, struct row *out, struct problem *why);
void row_finish(struct row *row);

/* The URL of a file: spec's path in the resolve answer, or in the row (record and part joined);
 * NULL when there is none there. */
const char *file_url(const struct file_spec *spec, int element, const struct doc *node);
/* What opens the file, by the settings; *out is NULL when nothing does, else the caller's, to be
 * wiped. */
int file_password(const struct provider *provider, const struct file_spec *spec,
		  const struct values *settings, char **out);

/* The token in an answer to the token request, and the one that refreshes it (or NULL). Both the
 * caller's. expires_in_ms is 0 when it does not say. */
int token_read(const struct provider *provider, bool refreshing, const struct doc *answer,
	       char **token, char **refresh, int64_t *expires_in_ms, struct problem *why);

/* True when the answer to a trigger's detect names it. */
bool detect_finds(const struct detect_spec *detect, const struct doc *answer, const char *word);

/* What an act with `deliver` brought. */
struct parcel_file {
	char *path; /* folders and name, joined by '/', each made safe, unique */
	void *body; /* its bytes; NULL: they are at url */
	size_t length;
	char *url;
	char *password; /* of the archive, or NULL */
};
struct parcel {
	char *record_name;
	char *record; /* JSON text, without what `omit` names */
	struct parcel_file *files;
	int file_count;
};
/* -EBADMSG with words when it holds nothing, or what it holds makes no sense. */
int parcel_read(const struct act *act, const struct doc *answer, struct parcel *out,
		struct problem *why);
void parcel_finish(struct parcel *parcel); /* wipes */
/* The name of the record that an act with `deliver` leaves: it is there once all is. */
const char *parcel_record(const struct act *act);

/* The text of a document that is one file. */
int document_text(const struct document *document, const struct doc *answer, char **text,
		  struct problem *why);
/* One row of a document that is a folder: the file's name (not yet safe) and text, and its date (or
 * NULL): the newest of them is the value {since} of the next request. All the caller's. */
int document_row(const struct document *document, const struct doc *row, char **name, char **text,
		 char **since, struct problem *why);

/* ---- webhook.c */

/* The name of the header with the signature; the caller's. -EINVAL when a setting is missing. */
int webhook_header(const struct provider *provider, const struct values *settings, char **out,
		   struct problem *why);
/* What a webhook is about: an item of a collection, a collection or a document, by their index in
 * the description. Text lives as long as the body. */
struct webhook {
	const char *event; /* the same when it comes again; NULL: it does not say */
	int collection;    /* -1: none */
	int document;      /* -1: none */
	const char *id;    /* the item's, as the API calls it; NULL: it does not say */
};
/* False when it is about nothing that the account shows; event is set all the same. */
bool webhook_read(const struct webhook_spec *spec, const struct doc *body, struct webhook *out);

/* ---- command.c */

enum { COMMAND_BYTES = 64 * 1024 };

/* What a person wrote, checked against the fields. Zero-initialise. */
struct command_text {
	const struct act *act;
	char *json; /* canonical: an object, the fields in the order of names, with defaults */
	struct value *values; /* of the fields (and `lines`: a JSON array), owned */
	int value_count;
	bool force; /* force=yes was among them */
};
/* Reads `key=value` words or lines (a value may be quoted with ' or "), or one JSON object with
 * text, number or boolean members (also lists and objects where the field is of that type). Where
 * the act takes several lines each line is one set of fields, and JSON an array of objects.
 * -EINVAL with words that name the field and what to write instead. */
int command_parse(const struct trigger *trigger, const char *text, size_t length,
		  struct command_text *out, struct problem *why);
void command_text_finish(struct command_text *text);
/* What is to be remembered of a command, given its canonical JSON (of now or out of the journal): a
 * JSON object, the caller's; NULL when there is nothing. 0, -ENOMEM, -EBADMSG. */
int command_remembered(const struct trigger *trigger, const char *json, char **out);
/* What reading the trigger prints about it: acts, fields, types, examples. offered: which of its
 * acts the server has, or NULL for all. Owned by the caller. */
char *command_usage(const struct trigger *trigger, const bool *offered);

#endif
