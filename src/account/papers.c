/* Documents of the account: one answer as one file, or one file for each row of a listing. In the
 * account's thread.
 *
 * Of a listing that tells when a row last changed, only what is newer is asked for, but for a full
 * one now and then: that alone tells what is gone. */
#include "account/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"

/* Files gathered from a listing. */
struct stack {
	struct keepsake *list;
	char **paths;
	char **texts;
	int count;
	int capacity;
};

static void stack_finish(struct stack *stack)
{
	for (int i = 0; i < stack->count; i++) {
		free(stack->paths[i]);
		free(stack->texts[i]);
	}
	free(stack->list);
	free(stack->paths);
	free(stack->texts);
}

static int stack_grow(struct stack *stack)
{
	size_t capacity = stack->capacity ? 2 * (size_t)stack->capacity : 64;
	struct keepsake *list = reallocarray(stack->list, capacity, sizeof(*list));
	stack->list = list ? list : stack->list;
	char **paths = reallocarray(stack->paths, capacity, sizeof(*paths));
	stack->paths = paths ? paths : stack->paths;
	char **texts = reallocarray(stack->texts, capacity, sizeof(*texts));
	stack->texts = texts ? texts : stack->texts;

	if (!list || !paths || !texts) {
		return -ENOMEM;
	}
	stack->capacity = (int)capacity;
	return 0;
}

/* Takes ownership of text. */
static int stack_add(struct stack *stack, const char *folder, const char *name, char *text)
{
	char safe[NAME_BYTES];
	char *path = NULL;
	int r = stack->count == stack->capacity ? stack_grow(stack) : 0;

	name_safe(name, strlen(name), NULL, safe);
	if (r == 0 &&
	    asprintf(&path, "%s%s%s", folder ? folder : "", folder ? "/" : "", safe) < 0) {
		path = NULL;
		r = -ENOMEM;
	}
	if (r < 0) {
		free(text);
		return r;
	}
	stack->paths[stack->count] = path;
	stack->texts[stack->count] = text;
	stack->list[stack->count++] = (struct keepsake){
		.path = path,
		.body = text,
		.length = strlen(text),
	};
	return 0;
}

static int keep(struct account *account, const struct stack *stack, const char *whole,
		struct problem *why)
{
	bool changed = false;
	int r = files_keep(account->shared->store, account->number, 0, stack->list, stack->count,
			   whole, &changed);

	return r < 0 ? problem_set(why, r, "the state folder: %s", strerror(-r)) : 0;
}

static int fetch_one(struct account *account, const struct document *document,
		     struct waiter *waiter, struct problem *why)
{
	struct operation operation = {.spec = document->list.request, .background = true};
	struct stack stack = {0};
	struct doc *answer = NULL;
	char *text = NULL;

	int r = pass_call(account, &operation, waiter, &answer, why);
	if (r == 0) {
		r = document_text(document, answer, &text, why);
	}
	if (r == 0) {
		r = stack_add(&stack, NULL, document->name, text);
	}
	if (r == 0) {
		r = keep(account, &stack, NULL, why);
	}
	stack_finish(&stack);
	doc_destroy(answer);
	return r;
}

/* The rows of a page; *newest moves on. */
static int add_rows(const struct document *document, const struct doc *rows, struct stack *stack,
		    char **newest, struct problem *why)
{
	int r = 0;

	for (size_t i = 0; i < doc_count(rows) && r == 0; i++) {
		const struct doc *row = page_row(&document->list, rows, i);
		auto_free char *name = NULL;
		auto_free char *since = NULL;
		char *text = NULL;
		if (!row) {
			continue;
		}
		r = document_row(document, row, &name, &text, &since, why);
		if (r == 0) {
			r = stack_add(stack, document->name, name, text);
		}
		/* Dates of one API have one form, in which later is greater. */
		if (r == 0 && since && (!*newest || strcmp(since, *newest) > 0)) {
			free(*newest);
			*newest = take_ptr(&since);
		}
	}
	return r;
}

static int fetch_folder(struct account *account, struct work *work, bool full,
			struct waiter *waiter, struct problem *why)
{
	const struct document *document = work->document;
	struct value since = {"since", work->since};
	struct values values = {&since, !full && work->since ? 1 : 0, NULL};
	struct page_position position = {.size = work->page_size};
	struct stack stack = {0};
	auto_free char *newest = work->since ? strdup(work->since) : NULL;
	int r = 0;

	while (r == 0 && !position.done) {
		struct doc *answer = NULL;
		const struct doc *rows = NULL;
		struct operation operation = {
			.listing = &document->list,
			.position = &position,
			.rows = &rows,
			.partial = document->list.rows,
			.values = &values,
			.background = true,
		};
		r = pass_call(account, &operation, waiter, &answer, why);
		if (r == 0) {
			r = add_rows(document, rows, &stack, &newest, why);
		}
		doc_destroy(answer);
	}
	if (r == 0) {
		r = keep(account, &stack, full && !position.cut ? document->name : NULL, why);
	}
	if (r == 0) {
		free(work->since);
		work->since = take_ptr(&newest);
		work->page_size = position.size;
	}
	page_position_finish(&position);
	stack_finish(&stack);
	return r;
}

int papers_fetch(struct account *account, struct work *work, bool full, struct waiter *waiter,
		 struct problem *why)
{
	return work->document->is_folder ? fetch_folder(account, work, full, waiter, why)
					 : fetch_one(account, work->document, waiter, why);
}
