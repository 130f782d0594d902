/* Documents of an account: an answer as one file, or a file for each of its rows. Pure; any
 * thread. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/extract.h"
#include "provider/member.h"

int document_text(const struct document *document, const struct doc *answer, char **text,
		  struct problem *why)
{
	const struct doc *shown = doc_path(answer, document->show ? document->show : ".");

	*text = NULL;
	if (doc_kind(shown) == DOC_ABSENT || doc_kind(shown) == DOC_NULL) {
		return problem_set(why, -EBADMSG, "the answer has nothing at '%s' for %s",
				   document->show ? document->show : ".", document->name);
	}
	*text = doc_print(shown, true);
	return *text ? 0 : -ENOMEM;
}

int document_row(const struct document *document, const struct doc *row, char **name, char **text,
		 char **since, struct problem *why)
{
	auto_free char *file = NULL;
	auto_free char *date = NULL;
	int r = member_expand(document->row_name, row, NULL, 0, &file);

	*name = *text = *since = NULL;
	if (r < 0) {
		return r;
	}
	if (!file) {
		return problem_set(why, -EBADMSG, "a row of %s lacks what its file is named by: %s",
				   document->name, document->row_name);
	}
	r = extract_copy(row, document->since, &date);
	if (r == 0) {
		*text = doc_print(row, true);
		r = *text ? 0 : -ENOMEM;
	}
	if (r == 0) {
		*name = take_ptr(&file);
		*since = take_ptr(&date);
	}
	return r;
}
