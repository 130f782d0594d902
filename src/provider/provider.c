/* A description as a whole: loading it from its YAML text, and letting it go. One thread, at
 * start. */
#include "provider/provider.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "provider/spec.h"

const char *effect_word(enum effect effect)
{
	static const char *const words[] = {
		[EFFECT_FREE] = "free",
		[EFFECT_QUOTA] = "quota",
		[EFFECT_MONEY] = "money",
		[EFFECT_CANCEL] = "cancel",
	};

	return words[effect];
}

static void load_setting(struct loader *l, const struct doc *settings, const char *name,
			 struct setting_spec *out)
{
	static const char *const keys[] = {"default", "required", "secret", "help", NULL};
	const struct doc *node = reader_object(&l->reader, settings, name);

	out->name = name;
	reader_check_keys(&l->reader, node, keys);
	out->help = reader_text(&l->reader, node, "help");
	out->fallback = reader_text(&l->reader, node, "default");
	out->required = reader_flag(&l->reader, node, "required", false);
	out->secret = reader_flag(&l->reader, node, "secret", false);
}

static void load_settings(struct loader *l, const struct doc *root)
{
	const struct doc *settings = reader_object(&l->reader, root, "settings");
	struct provider *provider = l->provider;
	const struct doc *value;
	const char *name;

	provider->settings = load_array(l, doc_count(settings), sizeof(*provider->settings));
	for (size_t i = 0; provider->settings && doc_member(settings, i, &name, &value); i++) {
		load_setting(l, settings, name, &provider->settings[provider->setting_count++]);
	}
}

static void load_limits(struct loader *l, const struct doc *root)
{
	static const char *const keys[] = {"per_second", "burst", "parallel", NULL};
	const struct doc *node = reader_object(&l->reader, root, "limits");
	struct limits *limits = &l->provider->limits;

	reader_check_keys(&l->reader, node, keys);
	limits->per_second = reader_decimal(&l->reader, node, "per_second", 0);
	limits->burst = reader_integer(&l->reader, node, "burst", 1, 100000, 1);
	limits->parallel = reader_integer(&l->reader, node, "parallel", 1, 1000, 4);
}

static void load_head(struct loader *l, const struct doc *root)
{
	const char *format = reader_text(&l->reader, root, "format");

	if (!format) {
		reader_complain(&l->reader, root, "'format: 1' is missing");
	} else if (strcmp(format, "1") != 0) {
		reader_complain(&l->reader, doc_get(root, "format"),
				"format %s is not known; this orderfs reads format 1", format);
	}
	l->provider->name = reader_text(&l->reader, root, "name");
	l->provider->title = reader_text(&l->reader, root, "title");
	if (!doc_get(root, "name")) {
		reader_complain(&l->reader, root,
				"'name' is missing: the file's name without .yaml");
	}
	if (!l->provider->title) {
		l->provider->title = l->provider->name;
	}
}

static void load_root(struct loader *l, const struct doc *root)
{
	static const char *const keys[] = {"format",      "name",    "title",  "settings",
					   "auth",        "limits",  "errors", "documents",
					   "collections", "webhook", NULL};

	if (doc_kind(root) != DOC_OBJECT) {
		reader_complain(&l->reader, root, "a description is a mapping of keys");
		return;
	}
	reader_check_keys(&l->reader, root, keys);
	load_head(l, root);
	load_settings(l, root);
	load_credentials(l, root);
	load_limits(l, root);
	load_errors(l, root);
	load_documents(l, root);
	load_collections(l, root);
	load_webhook(l, root);
	if (!l->reader.no_memory) {
		lint_provider(&l->reader, l->provider);
	}
}

int provider_load(const char *file, const char *text, size_t length, struct findings *findings,
		  struct provider **out)
{
	struct loader l = {.reader = {.file = file, .findings = findings}};
	struct provider *provider = calloc(1, sizeof(*provider));
	int r;

	if (!provider || !(provider->rest = calloc(1, sizeof(*provider->rest)))) {
		free(provider);
		return -ENOMEM;
	}
	l.provider = provider;
	r = doc_parse_yaml(file, text, length, findings, &provider->rest->tree);
	if (r == 0) {
		load_root(&l, provider->rest->tree);
	}
	if (l.reader.no_memory) {
		r = -ENOMEM;
	} else if (l.reader.found) {
		r = -EINVAL;
	}
	if (r < 0) {
		provider_destroy(provider);
	} else {
		*out = provider;
	}
	return r;
}

static void token_spec_destroy(struct token_spec *token)
{
	if (token) {
		request_spec_destroy(token->login.request);
		request_spec_destroy(token->refresh.request);
	}
	free(token);
}

static void rest_destroy(struct provider_rest *rest)
{
	for (int i = 0; i < rest->rule_count; i++) {
		rule_finish(&rest->rules[i].match);
	}
	free(rest->rules);
	doc_destroy(rest->tree);
	free(rest);
}

void provider_destroy(struct provider *provider)
{
	if (!provider) {
		return;
	}
	for (int i = 0; i < provider->collection_count; i++) {
		collection_finish(&provider->collections[i]);
	}
	for (int i = 0; i < provider->document_count; i++) {
		listing_finish(&provider->documents[i].list);
	}
	free(provider->collections);
	free(provider->documents);
	free(provider->settings);
	token_spec_destroy(provider->token);
	webhook_destroy(provider->webhook);
	rest_destroy(provider->rest);
	free(provider);
}
