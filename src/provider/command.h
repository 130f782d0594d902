/* Inside the reading of commands: command_read.c takes the text apart, command_types.c brings each
 * value into the form of its field, command_set.c fills one set of fields, command.c makes a
 * command of it all. */
#ifndef PROVIDER_COMMAND_H
#define PROVIDER_COMMAND_H

#include "provider/provider.h"

/* Something that was said. */
struct said {
	char *name;
	char *text;         /* of an array or object its JSON */
	enum doc_kind kind; /* TEXT for words */
	int line;           /* or element of an array; from 1 */
};

/* A command being read. */
struct reading {
	const struct trigger *trigger;
	const struct act *act; /* NULL until it is known */
	struct said *said;
	int count;
	bool several; /* it is a JSON array */
	char *word;   /* what chooses the act, or NULL */
	bool force;
	bool force_given;
	struct problem *why;
};

/* What a command looks like here, as the end of a sentence; keep holds it. */
const char *command_pattern(struct buf *keep, const struct trigger *trigger);
/* A piece of the person's text, fit for a sentence; keep (zero-initialised) holds it. */
const char *command_quote(struct buf *keep, const char *text, size_t length);
/* Adds words, with commas between them. */
void command_list(struct buf *out, const char *const *words, int count);
/* What may stand for a value of the field: TEXT, csv|xlsx. */
void command_form(struct buf *out, const struct field *field);

/* The act that the word chooses, or the only one; NULL when there is none. word may be NULL. */
const struct act *command_act(const struct trigger *trigger, const char *word);

/* Takes the text apart. */
int command_read(struct reading *r, const char *text);

/* The value in the form that is kept and sent; *out is the caller's. -EINVAL with words. */
int command_type(const struct reading *r, const struct field *field, const struct said *said,
		 char **out);
/* A moment in RFC 3339, of a date its first second or (end) its last. False when it is none. */
bool command_time(const char *text, bool end, struct buf *out);

/* What was said in one line (0: all), in the order of the act's fields, with defaults; given has
 * room for them all and is the caller's, also on failure. */
int command_set(const struct reading *r, int line, char **given);
/* The JSON object of a set, its members in the order of their names; NULL without memory. With the
 * word that chose the act, if there is one and with_word. */
struct doc *command_object(const struct reading *r, char *const *given, bool with_word);

#endif
