/* Between the files that read recorded answers: one case of an expect.yaml. What comes out of it
 * is a tree in the words that expect.yaml uses, so that comparing needs to know of nothing else. */
#ifndef APP_CHECK_CASE_H
#define APP_CHECK_CASE_H

#include "doc/reader.h"
#include "provider/provider.h"

/* A folder of recorded answers. */
struct answers {
	const char *dir;
	const struct provider *provider;
	struct reader reader;
	struct values scope; /* what templates may name: settings and tokens */
	int64_t now_ns;      /* when the answers are read */
};

enum asked {
	ASKED_TOKEN,
	ASKED_REFRESH,
	ASKED_LIST,
	ASKED_GET,
	ASKED_CREATE,
	ASKED_ACT,
	ASKED_FILE,
	ASKED_DETECT,
	ASKED_DOCUMENT,
};

/* What a case is about. */
struct subject {
	const struct doc *node; /* the case */
	enum asked asked;
	const struct collection *collection;
	const struct document *document;    /* DOCUMENT */
	const struct listing *listing;      /* LIST, and DOCUMENT where it is a folder */
	const struct request_spec *request; /* NULL: a listing's, or of many */
	const struct trigger *trigger;      /* CREATE, ACT, DETECT */
	const struct act *act;              /* CREATE, ACT */
	const struct file_spec *file;       /* FILE */
	const char *ids[100];               /* GET: the items asked for */
	int id_count;
};

/* ---- check_subject.c: fills in what the subject's node names, of which key says what was asked.
 * False with a finding. */
bool case_find(struct answers *a, const char *key, struct subject *s);

/* ---- check_read.c: reads the answer; what comes of it, or -errno with words. */
int case_read(struct answers *a, const struct subject *subject, const struct response *response,
	      struct doc *found, struct problem *why);

/* ---- check_request.c: builds the request, and tells it. */
int case_build(struct answers *a, const struct subject *subject, struct request *out,
	       struct problem *why);
int case_tell_request(const struct request *request, struct doc *found);
/* Where a listing stands, as the case says by `from`. */
void case_position(struct answers *a, const struct subject *subject, struct page_position *out);

/* ---- check_tell.c: words for what was read. */
/* Trees in a list, and the list as a member. */
void tell_add(struct buf *list, const struct doc *node);
int tell_list(struct doc *object, const char *key, struct buf *list);
void tell_row(struct doc *object, const struct row *row);
int tell_parcel(struct doc *object, const struct parcel *parcel);
/* JSON text as a tree; text that is none as text. */
void tell_json(struct doc *object, const char *key, const char *text);
/* What stands in expect.yaml, with its plain 5, true and null as JSON has them. */
int tell_typed(const struct doc *yaml, struct doc **out);

/* ---- check_compare.c: how many differences there are; the first in words, the caller's. */
int case_compare(const struct doc *expected, const struct doc *found, char **first);

#endif
