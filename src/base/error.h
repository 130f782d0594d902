/* What went wrong, for a program (a negative errno) and for a person (a problem).
 *
 * The lowest function that knows the name of the thing says it once, here or in the log; the
 * others pass the number on. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/* One sentence, without a final full stop, without secrets. Zero-initialise, finish after. */
struct problem {
	char *words; /* NULL until something was said */
};

/* Replaces the words; returns err, so that a failure is one return. problem may be NULL. */
int problem_set(struct problem *problem, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The words, or those of the errno. Never NULL. */
const char *problem_words(const struct problem *problem, int err);
void problem_finish(struct problem *problem);

/* What the errno means here, in a few words ("no answer within the deadline"). Never NULL;
 * takes err or -err. The one table of errors towards the user. */
const char *error_words(int err);
/* "ETIMEDOUT" and so on; never NULL. */
const char *error_name(int err);

/* Findings about a text file, each with its place: for the configuration and descriptions. */
struct finding {
	char *file;
	int line; /* from 1; 0 for the file as a whole */
	char *words;
};
struct findings {
	struct finding *list;
	int count;
};
/* Adds "file:line: words"; returns -EINVAL, so that a failure is one return. */
int findings_add(struct findings *findings, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void findings_finish(struct findings *findings);

#endif
