/* Errors for a program and for a person; see error.h. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	int err;
	const char *words;
} meanings[] = {
	{EACCES, "access refused by the API"},
	{EPERM, "not allowed here"},
	{ENOENT, "gone"},
	{EINVAL, "the command does not fit"},
	{EALREADY, "the same job is already on its way"},
	{EAGAIN, "rate limit not over within the deadline"},
	{ETIMEDOUT, "no answer within the deadline"},
	{EHOSTUNREACH, "no connection"},
	{ECONNREFUSED, "connection refused"},
	{ESTALE, "the content changed"},
	{EREMOTEIO, "the API failed"},
	{EBADMSG, "the answer makes no sense"},
	{EIO, "damaged content"},
	{EINTR, "interrupted"},
	{ECANCELED, "orderfs is ending"},
};

const char *error_words(int err)
{
	err = abs(err);
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].err == err) {
			return meanings[i].words;
		}
	}
	const char *words = strerrordesc_np(err);
	return words ? words : "unknown error";
}

const char *error_name(int err)
{
	const char *name = strerrorname_np(abs(err));

	return name ? name : "E?";
}

int problem_set(struct problem *problem, int err, const char *format, ...)
{
	va_list args;
	char *words = NULL;

	if (!problem) {
		return err;
	}
	va_start(args, format);
	if (vasprintf(&words, format, args) < 0) {
		words = NULL; /* the errno's own words will do */
	}
	va_end(args);
	free(problem->words);
	problem->words = words;
	return err;
}

const char *problem_words(const struct problem *problem, int err)
{
	return problem && problem->words ? problem->words : error_words(err);
}

void problem_finish(struct problem *problem)
{
	free(problem->words);
	problem->words = NULL;
}

int findings_add(struct findings *findings, const char *file, int line, const char *format, ...)
{
	va_list args;
	struct finding *list = realloc(findings->list,
				       ((size_t)findings->count + 1) * sizeof(*list));

	if (!list) {
		return -ENOMEM;
	}
	findings->list = list;
	struct finding *f = &list[findings->count];
	*f = (struct finding){.file = strdup(file), .line = line};
	va_start(args, format);
	if (vasprintf(&f->words, format, args) < 0) {
		f->words = NULL;
	}
	va_end(args);
	if (!f->file || !f->words) {
		free(f->file);
		free(f->words);
		return -ENOMEM;
	}
	findings->count++;
	return -EINVAL;
}

void findings_finish(struct findings *findings)
{
	for (int i = 0; i < findings->count; i++) {
		free(findings->list[i].file);
		free(findings->list[i].words);
	}
	free(findings->list);
	*findings = (struct findings){0};
}
