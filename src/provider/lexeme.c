/* The lexemes of GraphQL; see lexeme.h. Blanks, commas and comments stand between them and mean
 * nothing. */
#include "provider/lexeme.h"

#include <ctype.h>
#include <string.h>

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void skip_blanks(struct lexeme *s)
{
	for (; *s->at; s->at++) {
		if (*s->at == '#') {
			s->at += strcspn(s->at, "\n");
		}
		if (*s->at == '\n') {
			s->line++;
		} else if (!*s->at || !strchr(" \t\r,", *s->at)) {
			return;
		}
	}
}

static void skip_block_text(struct lexeme *s)
{
	for (s->at += 3; strncmp(s->at, "\"\"\"", 3) != 0; s->at++) {
		if (!*s->at) {
			s->wrong = "a \"\"\" without its end";
			return;
		}
		s->line += *s->at == '\n';
		if (strncmp(s->at, "\\\"\"\"", 4) == 0) {
			s->at += 3;
		}
	}
	s->at += 3;
}

static void skip_text(struct lexeme *s)
{
	if (strncmp(s->at, "\"\"\"", 3) == 0) {
		skip_block_text(s);
		return;
	}
	for (s->at++; *s->at != '"'; s->at++) {
		if (*s->at == '\\' && s->at[1]) {
			s->at++;
		}
		if (!*s->at || *s->at == '\n') {
			s->wrong = "a \" without its end";
			return;
		}
	}
	s->at++;
}

void lexeme_next(struct lexeme *s)
{
	skip_blanks(s);
	s->begin = s->at;
	if (!*s->at) {
		s->kind = LEXEME_END;
	} else if (*s->at == '"') {
		s->kind = LEXEME_VALUE;
		skip_text(s);
	} else if (isdigit((unsigned char)*s->at) || *s->at == '-') {
		s->kind = LEXEME_VALUE;
		s->at += 1 + strspn(s->at + 1, "0123456789.eE+-");
	} else if (is_name_char(*s->at)) {
		s->kind = LEXEME_NAME;
		while (is_name_char(*s->at)) {
			s->at++;
		}
	} else if (strncmp(s->at, "...", 3) == 0) {
		s->kind = LEXEME_SPREAD;
		s->at += 3;
	} else if (*s->at == '$' && !is_name_char(s->at[1])) {
		s->wrong = "a '$' is followed by a name";
	} else if (strchr("!$&()[]{}:=@|", *s->at)) {
		s->kind = *s->at++;
	} else {
		s->wrong = "a character that means nothing in GraphQL";
	}
	if (s->wrong) {
		s->kind = LEXEME_END;
	}
}

bool lexeme_is(const struct lexeme *s, const char *word)
{
	size_t length = strlen(word);

	return s->kind == LEXEME_NAME && (size_t)(s->at - s->begin) == length &&
	       strncmp(s->begin, word, length) == 0;
}

void lexeme_fail(struct lexeme *s, const char *wrong)
{
	if (!s->wrong) {
		s->wrong = wrong;
	}
	s->kind = LEXEME_END;
}
