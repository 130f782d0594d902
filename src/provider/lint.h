/* Inside the checks of a description. */
#ifndef PROVIDER_LINT_H
#define PROVIDER_LINT_H

#include "provider/spec.h"
#include "provider/template.h"
#include "provider/visit.h"

struct lint {
	struct reader *reader;
	struct provider *provider;
};

/* What a request's templates may name besides the settings, and what else is known of it. */
struct scope {
	bool id;
	bool token;
	bool refresh;
	bool since;
	bool reads; /* it must change nothing */
	const struct act *act;
	const struct page *page; /* whose parameters it has */
};

/* ---- lint_names.c: what names can be. */
bool word_is_among(const char *word, const char *const *words);
/* What {name} can name. */
bool name_is_for_template(const char *name);
/* What can be a file or folder without surprise. */
bool name_is_for_file(const char *name);
/* The setting; NULL when there is none. */
struct setting_spec *lint_find_setting(const struct lint *lint, const char *name);
/* The same, and a finding when there is none. */
struct setting_spec *lint_setting_name(struct lint *lint, const struct doc *node, const char *name);
/* The template of a file's name: well formed, and with plain characters between the {names}. With
 * `only`, that is the one name it may hold. `varies`: it must hold one. */
void lint_file_template(struct lint *lint, const struct doc *node, const char *text,
			const char *only, bool varies);
/* A file name that ends in .json. */
void lint_record_name(struct lint *lint, const struct doc *node, const char *name);

/* ---- lint_template.c: of a request, of an object of texts, or one that may name settings. */
void lint_templates(struct lint *lint, const struct request_spec *spec, const struct scope *scope);
void lint_texts(struct lint *lint, const struct doc *object, enum part part,
		const struct scope *scope);
void lint_settings_template(struct lint *lint, const struct doc *node, const char *text);

/* ---- lint_request.c, lint_graphql.c */
void lint_request(struct lint *lint, const struct request_spec *spec, struct scope scope);
/* All but what a GraphQL document says. */
void lint_envelope(struct lint *lint, const struct request_spec *spec, const struct scope *scope);
/* A request that is asked for page by page. */
void lint_listing(struct lint *lint, const struct listing *listing, struct scope scope);
void lint_headers(struct lint *lint, const struct doc *headers);
void lint_graphql(struct lint *lint, const struct request_spec *spec, const struct scope *scope);
void lint_many(struct lint *lint, const struct many_spec *many);

/* ---- lint_auth.c, lint_field.c, lint_act.c, lint_items.c */
void lint_auth(struct lint *lint);
bool lint_is_field_name(const char *name);
void lint_field(struct lint *lint, const struct act *act, const struct field *field);
void lint_trigger(struct lint *lint, const struct trigger *trigger,
		  const struct collection *collection, bool is_create);
void lint_items(struct lint *lint, const struct collection *collection);
/* Does a rule of `states` say it? */
bool lint_has_rule(const struct collection *collection, enum state state);

/* ---- lint_webhook.c */
void lint_webhook(struct lint *lint);
/* Does it name the setting? */
bool lint_webhook_names(const struct provider *provider, const char *setting);

#endif
