/* The lexemes of a GraphQL document, one after another. Pure; copies nothing. */
#ifndef PROVIDER_LEXEME_H
#define PROVIDER_LEXEME_H

#include <stdbool.h>

/* Kinds: a punctuator stands for itself, the rest are letters. */
enum {
	LEXEME_END = 0,
	LEXEME_NAME = 'n',
	LEXEME_VALUE = 'v',  /* a number or a text */
	LEXEME_SPREAD = '.', /* ... */
};

/* Where the reading stands. To begin, set `at` to the text and `line` to 1, and take the next. */
struct lexeme {
	const char *begin;
	const char *at; /* behind it */
	char kind;
	int line;
	const char *wrong; /* static text: what the text has that is no lexeme; it ends there */
};

void lexeme_next(struct lexeme *lexeme);
bool lexeme_is(const struct lexeme *lexeme, const char *word);
/* Ends the reading; the first reason is kept. */
void lexeme_fail(struct lexeme *lexeme, const char *wrong);

#endif
