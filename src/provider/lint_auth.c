/* Checks of what makes requests welcome: that the token comes from somewhere and goes somewhere. */
#include "provider/lint.h"

static void lint_fixed(struct lint *lint, const struct doc *node, const struct token_spec *token)
{
	const struct doc *at = doc_get(node, "static");
	struct setting_spec *setting = lint_setting_name(lint, at, token->fixed);

	if (setting && !setting->secret) {
		reader_complain(lint->reader, at, "the setting '%s' is a token: write secret: true",
				token->fixed);
	}
	if (setting && !setting->required && !token->login.request) {
		reader_complain(lint->reader, at,
				"without a 'request' the token is this setting or none: write "
				"required: true for '%s'",
				token->fixed);
	}
}

static void lint_refresh(struct lint *lint, const struct token_spec *token)
{
	const struct request_spec *request = token->refresh.request;

	lint_request(lint, request, (struct scope){.refresh = true});
	if (request && !visit_finds(request, "refresh")) {
		reader_complain(lint->reader, request->node,
				"the request of 'refresh' says nowhere which token: {refresh}");
	}
}

static void lint_token(struct lint *lint, const struct doc *auth, const struct token_spec *token)
{
	const struct doc *node = doc_get(auth, "token");

	if (token->fixed) {
		lint_fixed(lint, node, token);
	}
	lint_request(lint, token->login.request, (struct scope){0});
	lint_refresh(lint, token);
	if (token->ttl_ms && token->margin_ms >= token->ttl_ms) {
		reader_complain(lint->reader, node,
				"a 'margin' as long as 'ttl' asks for a token each time");
	}
	if (!visit_finds_in(lint->provider->rest->auth_headers, "token")) {
		reader_complain(lint->reader, auth,
				"the token is used nowhere: "
				"headers: {Authorization: \"Bearer {token}\"}");
	}
}

void lint_auth(struct lint *lint)
{
	const struct provider_rest *rest = lint->provider->rest;
	const struct token_spec *token = lint->provider->token;
	struct scope scope = {.token = token != NULL};

	lint_headers(lint, rest->auth_headers);
	lint_texts(lint, rest->auth_headers, PART_HEADER, &scope);
	lint_texts(lint, rest->auth_query, PART_QUERY, &scope);
	if (token) {
		lint_token(lint, doc_get(rest->tree, "auth"), token);
	}
}
