/* Requests out of their descriptions: method, URL and headers. Pure; any thread. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "provider/build.h"

/* The end of the host and port that begin at text. */
static const char *authority_end(const char *text)
{
	return text + strcspn(text, "/?#\\");
}

int base_url_check(const char *text, struct problem *why)
{
	const char *host = NULL;

	if (strncasecmp(text, "https://", 8) == 0) {
		host = text + 8;
	} else if (strncasecmp(text, "http://", 7) == 0) {
		host = text + 7;
	}
	if (!host || authority_end(host) == host || *host == ':') {
		return problem_set(why, -EINVAL, "a base URL looks like https://api.example.org");
	}
	if (memchr(host, '@', (size_t)(authority_end(host) - host))) {
		return problem_set(why, -EINVAL, "a base URL holds no user name or password");
	}
	for (const char *c = host; *c; c++) {
		if (*c == '?' || *c == '#') {
			return problem_set(why, -EINVAL, "a base URL ends before any '%c'", *c);
		}
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '\\') {
			return problem_set(why, -EINVAL,
					   "a base URL holds no blanks, backslashes or other than "
					   "ASCII characters");
		}
	}
	return 0;
}

/* A name at the very beginning of a URL is a base URL, taken as it is but for slashes at its
 * end. */
static int add_base(struct expansion *e, const char **at, struct buf *url)
{
	struct piece piece;
	const char *wrong;
	const char *base;
	size_t length;
	int r;

	if (**at != '{' || (*at)[1] == '{') {
		return 0;
	}
	template_next(at, &piece, &wrong);
	r = wrong ? problem_set(e->why, -EINVAL, "%s", wrong) : template_value(e, &piece, &base);
	if (r == 0) {
		r = base_url_check(base, e->why);
	}
	if (r) {
		return r < 0 ? r : problem_set(e->why, -EINVAL, "a URL has no beginning");
	}
	length = strlen(base);
	while (base[length - 1] == '/') {
		length--;
	}
	buf_add(url, base, length);
	return 0;
}

/* `name=value`, joined by & to what is there; left out when an optional field was not given. */
static int add_param(struct expansion *e, const char *name, const char *template, struct buf *out)
{
	auto_finish(buf_finish) struct buf value = {0};
	int r = template_expand(e, template, PLACE_PARAM, &value);

	if (r) {
		return r == TEMPLATE_ABSENT ? 0 : r;
	}
	if (out->length) {
		buf_putc(out, '&');
	}
	template_encode(out, name);
	buf_putc(out, '=');
	buf_add(out, value.length ? value.data : "", value.length);
	return buf_status(out);
}

int build_params(struct expansion *e, const struct doc *params, struct buf *out)
{
	const struct doc *value;
	const char *name;
	int r = 0;

	for (size_t i = 0; r == 0 && doc_member(params, i, &name, &value); i++) {
		r = add_param(e, name, doc_text(value, NULL), out);
	}
	return r;
}

/* What a listing adds to the query. */
static void add_extras(const struct extras *extras, struct buf *out)
{
	for (int i = 0; i < extras->count; i++) {
		if (out->length) {
			buf_putc(out, '&');
		}
		template_encode(out, extras->list[i].name);
		buf_putc(out, '=');
		template_encode(out, extras->list[i].text);
	}
}

static int build_url(struct expansion *e, const struct request_spec *spec,
		     const struct extras *extras, struct request *out)
{
	auto_finish(buf_finish) struct buf url = {0};
	auto_finish(buf_finish) struct buf query = {0};
	const char *at = spec->url;
	int r = add_base(e, &at, &url);

	if (r == 0) {
		r = template_expand(e, at, PLACE_PATH, &url);
	}
	if (r == 0) {
		r = build_params(e, spec->query, &query);
	}
	if (r == 0 && !spec->is_token) {
		r = build_params(e, e->provider->rest->auth_query, &query);
	}
	if (r) {
		return r < 0 ? r : problem_set(e->why, -EINVAL, "a value for the URL is missing");
	}
	if (!spec->graphql) {
		add_extras(extras, &query);
	}
	if (buf_status(&query) < 0) {
		return -ENOMEM;
	}
	if (query.length) {
		buf_printf(&url, "?%s", query.data);
	}
	out->url = buf_take(&url);
	return out->url ? 0 : -ENOMEM;
}

static int add_headers(struct expansion *e, const struct doc *headers, struct request *out)
{
	const struct doc *template;
	const char *name;
	int r = 0;

	for (size_t i = 0; r == 0 && doc_member(headers, i, &name, &template); i++) {
		auto_finish(buf_finish) struct buf value = {0};

		r = template_expand(e, doc_text(template, NULL), PLACE_HEADER, &value);
		if (r == 0) {
			r = request_add_header(out, name, value.length ? value.data : "");
		} else if (r == TEMPLATE_ABSENT) {
			r = 0;
		}
	}
	return r;
}

static bool has_header(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (strcasecmp(request->headers[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

static int build_headers(struct expansion *e, const struct request_spec *spec, struct request *out)
{
	int r = add_headers(e, spec->headers, out);

	if (r == 0 && !spec->is_token) {
		r = add_headers(e, e->provider->rest->auth_headers, out);
	}
	if (r == 0 && !has_header(out, "Accept")) {
		r = request_add_header(out, "Accept", "application/json");
	}
	if (r == 0 && (spec->json || spec->graphql)) {
		r = request_add_header(out, "Content-Type", "application/json");
	}
	if (r == 0 && spec->form) {
		r = request_add_header(out, "Content-Type", "application/x-www-form-urlencoded");
	}
	return r;
}

int build_request(const struct provider *provider, const struct request_spec *spec, bool narrow,
		  const struct values *values, const struct extras *extras, struct request *out,
		  struct problem *why)
{
	struct expansion e = {.provider = provider,
			      .act = spec->act,
			      .values = values,
			      .why = why,
			      .is_token = spec->is_token};
	int r;

	*out = (struct request){.method = spec->method, .once = spec->act != NULL};
	r = build_url(&e, spec, extras, out);
	if (r == 0) {
		r = build_headers(&e, spec, out);
	}
	if (r == 0) {
		r = build_body(&e, spec, narrow, extras, out);
	}
	out->body_length = out->body ? strlen(out->body) : 0;
	out->credentials = e.secret;
	if (r < 0) {
		request_finish(out);
	}
	return r;
}

int request_build(const struct provider *provider, const struct request_spec *spec, bool narrow,
		  const struct values *values, struct request *out, struct problem *why)
{
	return build_request(provider, spec, narrow, values, &(struct extras){0}, out, why);
}

int request_is_own(const struct provider *provider, const struct collection *collection,
		   const char *url, const struct values *values, bool *own, struct problem *why)
{
	struct expansion e = {.provider = provider, .values = values, .why = why};
	struct request api = {0};
	int r = build_url(&e, collection->list.request, &(struct extras){0}, &api);

	*own = r == 0 && url_same_origin(api.url, url);
	request_finish(&api);
	return r;
}

int request_add_auth(const struct provider *provider, const struct values *values,
		     struct request *out, struct problem *why)
{
	struct expansion e = {.provider = provider, .values = values, .why = why};

	return add_headers(&e, provider->rest->auth_headers, out);
}

int request_fallback(const struct request_spec *spec)
{
	return spec && spec->fallback ? spec->number : -1;
}

int file_password(const struct provider *provider, const struct file_spec *spec,
		  const struct values *settings, char **out)
{
	struct expansion e = {.provider = provider, .values = settings};
	struct buf text = {0};

	*out = NULL;
	int r = spec->password ? template_expand(&e, spec->password, PLACE_JSON, &text)
			       : TEMPLATE_ABSENT;
	if (r == 0) {
		r = buf_status(&text);
	}
	if (r == 0) {
		*out = buf_take(&text);
	}
	if (text.data) {
		wipe_bytes(text.data, text.length);
	}
	buf_finish(&text);
	return r < 0 ? r : 0;
}
