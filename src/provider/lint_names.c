/* Checks of names: of settings and fields, which stand in braces, and of files, which stand in
 * shells. */
#include <ctype.h>
#include <string.h>

#include "provider/lint.h"

#define LETTERS_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define FILE_CHARACTERS LETTERS_DIGITS "._-"

enum { FILE_NAME_MOST = 100 };

bool word_is_among(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(word, *words) == 0) {
			return true;
		}
	}
	return false;
}

bool name_is_for_template(const char *name)
{
	return *name && !isdigit((unsigned char)*name) && !name[strspn(name, LETTERS_DIGITS "_")];
}

bool name_is_for_file(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= FILE_NAME_MOST && *name != '.' && *name != '-' &&
	       strspn(name, FILE_CHARACTERS) == length;
}

struct setting_spec *lint_find_setting(const struct lint *lint, const char *name)
{
	struct piece piece = {.text = name, .length = strlen(name)};

	return template_setting(lint->provider, &piece);
}

struct setting_spec *lint_setting_name(struct lint *lint, const struct doc *node, const char *name)
{
	struct setting_spec *setting = lint_find_setting(lint, name);

	if (!setting) {
		reader_complain(lint->reader, node, "there is no setting called '%s'", name);
	}
	return setting;
}

void lint_file_template(struct lint *lint, const struct doc *node, const char *text,
			const char *only, bool varies)
{
	struct piece piece;
	const char *wrong;
	bool plain = true;
	bool found = false;

	while (template_next(&text, &piece, &wrong)) {
		if (!piece.is_name) {
			plain &= strspn(piece.text, FILE_CHARACTERS) >= piece.length;
		} else if (only && !piece_is(&piece, only)) {
			reader_complain(lint->reader, node, "'{%.*s}' means nothing here, but {%s}",
					(int)piece.length, piece.text, only);
		}
		found |= piece.is_name;
	}
	if (wrong) {
		reader_complain(lint->reader, node, "%s", wrong);
	}
	if (!plain) {
		reader_complain(
			lint->reader, node,
			"a file's name is made of letters, digits, '.', '-', '_' and {names}");
	}
	if (varies && !found && !wrong) {
		reader_complain(lint->reader, node,
				"there are several, so the name needs something that differs, such "
				"as {%s}",
				only ? only : "id");
	}
}

void lint_record_name(struct lint *lint, const struct doc *node, const char *name)
{
	size_t length = strlen(name);

	if (!name_is_for_file(name) || length < 6 || strcmp(name + length - 5, ".json") != 0) {
		reader_complain(lint->reader, node, "a record is called like order.json, not '%s'",
				name);
	}
}
