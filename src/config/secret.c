/* Values of settings from elsewhere: a file, a command, the environment, systemd's credentials.
 * One thread, at start. */
#include "config/secret.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config/file.h"

enum { COMMAND_MS = 10 * 1000 };

/* Without the newline that editors and echo put at the end; NULL, with a finding, when it cannot be
 * a value. Takes ownership of text. */
static char *finish_value(struct reader *r, const struct doc *node, const char *what, char *text,
			  size_t length)
{
	const char *wrong = NULL;

	if (length && text[length - 1] == '\n') {
		length--;
		length -= length && text[length - 1] == '\r';
	}
	if (length == 0) {
		wrong = "is empty";
	} else if (memchr(text, '\0', length)) {
		wrong = "holds a NUL";
	} else if (memchr(text, '\n', length)) {
		wrong = "has more than one line";
	}
	if (!wrong) {
		text[length] = '\0';
		return text;
	}
	reader_complain(r, node, "%s %s", what, wrong);
	explicit_bzero(text, length);
	free(text);
	return NULL;
}

static char *read_file(struct reader *r, const struct doc *node, const char *path, bool is_secret)
{
	struct stat st;
	char *text;
	size_t length;
	int e = file_read(path, SECRET_BYTES, &text, &length, &st);

	if (e == -ENOMEM) {
		r->no_memory = true;
		return NULL;
	}
	if (e == -EINVAL || e == -EFBIG) {
		reader_complain(r, node, "%s is no file of one line", path);
		return NULL;
	}
	if (e < 0) {
		reader_complain(r, node, "cannot read %s: %s", path, strerror(-e));
		return NULL;
	}
	if (is_secret && (st.st_mode & 077)) {
		reader_complain(r, node, "others may read %s: chmod 600 %s", path, path);
		explicit_bzero(text, length);
		free(text);
		return NULL;
	}
	return finish_value(r, node, path, text, length);
}

static char *read_own_file(struct reader *r, const char *dir, const struct doc *node,
			   const char *name, bool is_secret)
{
	auto_free char *path = file_expand(dir, name);

	if (!path) {
		r->no_memory = true;
		return NULL;
	}
	return read_file(r, node, path, is_secret);
}

static char *read_command(struct reader *r, const struct doc *node, const char *command)
{
	struct problem why = {0};
	char *text;
	size_t length;
	int e = run_command(command, COMMAND_MS, &text, &length, &why);

	if (e == -ENOMEM) {
		r->no_memory = true;
	} else if (e < 0) {
		reader_complain(r, node, "%s", problem_words(&why, e));
	}
	problem_finish(&why);
	return e < 0 ? NULL : finish_value(r, node, "what the command printed", text, length);
}

static char *read_variable(struct reader *r, const struct doc *node, const char *name)
{
	const char *value = getenv(name);
	char *copy = value ? strdup(value) : NULL;

	if (!value) {
		reader_complain(r, node, "the environment has no %s", name);
		return NULL;
	}
	if (!copy) {
		r->no_memory = true;
		return NULL;
	}
	return finish_value(r, node, name, copy, strlen(copy));
}

/* systemd keeps them where only the service can read them. */
static char *read_credential(struct reader *r, const struct doc *node, const char *name)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	auto_free char *path = dir ? file_join(dir, name) : NULL;

	if (strchr(name, '/') || *name == '.') {
		reader_complain(r, node, "a credential is a plain name, not '%s'", name);
	} else if (!dir) {
		reader_complain(r, node,
				"there are no credentials: systemd gives them with "
				"LoadCredential=%s:…",
				name);
	} else if (!path) {
		r->no_memory = true;
	} else {
		return read_file(r, node, path, false);
	}
	return NULL;
}

char *secret_read(struct reader *r, const char *dir, const struct doc *source, bool is_secret,
		  bool resolve)
{
	static const char *const kinds[] = {"file", "command", "env", "credential", NULL};
	const struct doc *node;
	const char *kind;
	const char *text;

	reader_check_keys(r, source, kinds);
	if (doc_count(source) != 1 || !doc_member(source, 0, &kind, &node)) {
		reader_complain(r, source,
				"write one of {file: …}, {command: …}, {env: …} and "
				"{credential: …}");
		return NULL;
	}
	text = reader_text(r, source, kind);
	if (!text || !resolve) {
		return NULL;
	}
	if (strcmp(kind, "file") == 0) {
		return read_own_file(r, dir, node, text, is_secret);
	}
	if (strcmp(kind, "command") == 0) {
		return read_command(r, node, text);
	}
	if (strcmp(kind, "env") == 0) {
		return read_variable(r, node, text);
	}
	return strcmp(kind, "credential") == 0 ? read_credential(r, node, text) : NULL;
}
