/* GraphQL documents; see graphql.h. Reads lexemes one after another and keeps nothing: who
 * wants to know something later reads the text again, which is short. */
#include "provider/graphql.h"

#include <string.h>

#include "provider/lexeme.h"

enum { DEPTH_MOST = 64 };

static char closer_of(char opener)
{
	return opener == '(' ? ')' : opener == '[' ? ']' : '}';
}

/* What is open, innermost last. */
struct nesting {
	char closers[DEPTH_MOST];
	int depth;
	int values; /* how many of them are parentheses: braces within hold values */
};

static void open_one(struct lexeme *s, struct nesting *nesting)
{
	if (nesting->depth == DEPTH_MOST) {
		lexeme_fail(s, "it is nested too deep");
		return;
	}
	nesting->closers[nesting->depth++] = closer_of(s->kind);
	nesting->values += s->kind == '(';
}

static void close_one(struct lexeme *s, struct nesting *nesting, bool is_empty)
{
	if (s->kind != nesting->closers[--nesting->depth]) {
		lexeme_fail(s, "a '}', ')' or ']' that does not fit what it ends");
	} else if (is_empty && (s->kind == ')' || (s->kind == '}' && !nesting->values))) {
		lexeme_fail(s, "braces or parentheses with nothing in them");
	}
	nesting->values -= s->kind == ')';
}

/* The lexeme opens something: goes on to the one behind its end. */
static void skip_nested(struct lexeme *s)
{
	struct nesting nesting = {.depth = 0};
	bool opened = false;

	do {
		bool opens = s->kind != LEXEME_END && strchr("([{", s->kind);

		if (s->kind == LEXEME_END) {
			lexeme_fail(s, "a '{', '(' or '[' without its end");
			return;
		}
		if (opens) {
			open_one(s, &nesting);
		} else if (strchr(")]}", s->kind)) {
			close_one(s, &nesting, opened);
		}
		opened = opens;
		lexeme_next(s);
	} while (nesting.depth > 0);
}

/* Arguments of directives and fields that stand where a '{' is awaited. */
static void skip_directives(struct lexeme *s)
{
	while (s->kind == '@') {
		lexeme_next(s);
		if (s->kind != LEXEME_NAME) {
			lexeme_fail(s, "an '@' is followed by a name");
			return;
		}
		lexeme_next(s);
		if (s->kind == '(') {
			skip_nested(s);
		}
	}
}

static void read_selection(struct lexeme *s)
{
	skip_directives(s);
	if (s->kind != '{') {
		lexeme_fail(s, "a '{' with fields is missing");
		return;
	}
	skip_nested(s);
}

static void read_operation(struct lexeme *s, struct graphql *out)
{
	lexeme_next(s);
	if (s->kind == LEXEME_NAME) {
		lexeme_next(s);
	}
	if (s->kind == '(') {
		out->variables = s->at;
		skip_nested(s);
		/* The end is before the lexeme that follows; no variable stands between. */
		out->variables_end = s->begin;
	}
	read_selection(s);
}

static void read_fragment(struct lexeme *s)
{
	lexeme_next(s);
	if (s->kind != LEXEME_NAME || lexeme_is(s, "on")) {
		lexeme_fail(s, "a fragment has a name");
		return;
	}
	lexeme_next(s);
	if (!lexeme_is(s, "on")) {
		lexeme_fail(s, "a fragment says on which type it is: fragment F on Type { … }");
		return;
	}
	lexeme_next(s);
	if (s->kind != LEXEME_NAME) {
		lexeme_fail(s, "a fragment says on which type it is: fragment F on Type { … }");
		return;
	}
	lexeme_next(s);
	read_selection(s);
}

/* The kind of the operation that begins here, or -1. */
static int kind_of(const struct lexeme *s)
{
	static const char *const words[] = {"query", "mutation", "subscription"};

	for (int i = 0; i < 3; i++) {
		if (lexeme_is(s, words[i])) {
			return i;
		}
	}
	return s->kind == '{' ? GRAPHQL_QUERY : -1;
}

static void read_definition(struct lexeme *s, struct graphql *out, int *operations)
{
	int kind = kind_of(s);

	if (lexeme_is(s, "fragment")) {
		read_fragment(s);
	} else if (kind < 0) {
		lexeme_fail(s, "it holds one operation and fragments: query Name { … }");
	} else if (++*operations > 1) {
		lexeme_fail(s, "there is a second operation, and one request does one thing");
	} else {
		out->kind = (enum graphql_kind)kind;
		if (s->kind == '{') {
			read_selection(s);
		} else {
			read_operation(s, out);
		}
	}
}

const char *graphql_read(const char *text, struct graphql *out)
{
	struct lexeme s = {.at = text, .line = 1};
	int operations = 0;

	*out = (struct graphql){.text = text};
	lexeme_next(&s);
	while (s.kind != LEXEME_END) {
		read_definition(&s, out, &operations);
	}
	if (operations == 0) {
		lexeme_fail(&s, "it holds no operation: query Name { … }");
	}
	out->line = s.line;
	return s.wrong;
}

const char *graphql_read_field(const char *text, struct graphql *out)
{
	struct lexeme s = {.at = text, .line = 1};

	*out = (struct graphql){.text = text};
	lexeme_next(&s);
	if (s.kind != LEXEME_NAME || kind_of(&s) > GRAPHQL_QUERY) {
		lexeme_fail(&s, "a field begins with its name: order(id: $id) { id }");
	}
	lexeme_next(&s);
	if (s.kind == '(') {
		skip_nested(&s);
	}
	skip_directives(&s);
	if (s.kind == '{') {
		skip_nested(&s);
	}
	if (s.kind != LEXEME_END) {
		lexeme_fail(
			&s,
			"something follows the field; it is one, such as order(id: $id) { id }");
	}
	out->line = s.line;
	return s.wrong;
}

/* The next `$name` before end (NULL: the end of the text). */
static bool find_variable(struct lexeme *s, const char *end, struct graphql_variable *out)
{
	for (lexeme_next(s); s->kind != LEXEME_END && (!end || s->begin < end); lexeme_next(s)) {
		if (s->kind != '$') {
			continue;
		}
		lexeme_next(s);
		*out = (struct graphql_variable){s->begin, (size_t)(s->at - s->begin), false};
		return true;
	}
	return false;
}

bool graphql_declared(const struct graphql *document, const char **at, struct graphql_variable *out)
{
	struct lexeme s = {.at = *at ? *at : document->variables};

	if (!s.at || !find_variable(&s, document->variables_end, out)) {
		return false;
	}
	*at = s.at;
	for (lexeme_next(&s);
	     s.kind != '$' && s.kind != LEXEME_END && s.begin < document->variables_end;
	     lexeme_next(&s)) {
		out->has_default |= s.kind == '=';
	}
	return true;
}

bool graphql_used(const struct graphql *document, const char **at, struct graphql_variable *out)
{
	struct lexeme s = {.at = *at ? *at : document->text};

	while (find_variable(&s, NULL, out)) {
		bool declares = document->variables && out->name >= document->variables &&
				out->name < document->variables_end;

		*at = s.at;
		if (!declares) {
			return true;
		}
	}
	return false;
}
