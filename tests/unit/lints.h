/* What the tests of checking share: a sample with one thing changed must be refused, in that line and
 * with these words. */
#ifndef TEST_LINTS_H
#define TEST_LINTS_H

#include <errno.h>

#include "base/cleanup.h"
#include "descriptions.h"

static inline int line_of(const char *text, const char *at)
{
	int line = 1;

	for (; text < at; text++) {
		line += *text == '\n';
	}
	return line;
}

static inline void tell(const struct findings *findings)
{
	for (int i = 0; i < findings->count; i++) {
		print_error("%d: %s\n", findings->list[i].line, findings->list[i].words);
	}
}

/* Loads the sample with one thing changed; there must be a finding with these words in the line
 * where it was changed (or where at says). */
static inline void assert_found_at(const char *sample, const char *from, const char *to,
				   const char *words, const char *at)
{
	struct findings findings = {0};
	struct provider *provider = NULL;
	auto_free char *text = with(sample, from, to);
	int line = strstr(sample, at) ? line_of(sample, strstr(sample, at)) : 0;

	if (provider_load("s.yaml", text, strlen(text), &findings, &provider) != -EINVAL) {
		fail_msg("nothing was found after '%s' became '%s'", from, to);
	}
	assert_null(provider);
	for (int i = 0; i < findings.count; i++) {
		if (findings.list[i].line == line && strstr(findings.list[i].words, words)) {
			findings_finish(&findings);
			return;
		}
	}
	tell(&findings);
	fail_msg("'%s' -> '%s': no '%s' in line %d", from, to, words, line);
}

static inline void assert_rest(const char *from, const char *to, const char *words)
{
	assert_found_at(rest_sample, from, to, words, from);
}

static inline void assert_rest_at(const char *from, const char *to, const char *words,
				  const char *at)
{
	assert_found_at(rest_sample, from, to, words, at);
}

static inline void assert_graph(const char *from, const char *to, const char *words)
{
	assert_found_at(graph_sample, from, to, words, from);
}

static inline void assert_graph_at(const char *from, const char *to, const char *words,
				   const char *at)
{
	assert_found_at(graph_sample, from, to, words, at);
}

#endif
