/* What a webhook says, once it is known who sent it. Pure; any thread. */
#include <errno.h>

#include "provider/spec.h"
#include "provider/template.h"

int webhook_header(const struct provider *provider, const struct values *settings, char **out,
		   struct problem *why)
{
	struct expansion e = {.provider = provider, .values = settings, .why = why};
	struct buf name = {0};
	int r = template_expand(&e, provider->webhook->header, PLACE_HEADER, &name);

	r = r == 0 ? buf_status(&name) : r > 0 ? -EINVAL : r;
	if (r == 0) {
		*out = buf_take(&name);
	}
	buf_finish(&name);
	return r;
}

bool webhook_read(const struct webhook_spec *spec, const struct doc *body, struct webhook *out)
{
	*out = (struct webhook){.collection = -1, .document = -1};
	if (spec->event) {
		out->event = doc_text(doc_path(body, spec->event), NULL);
	}
	for (int i = 0; i < spec->hint_count; i++) {
		const struct hint_spec *hint = &spec->hints[i];

		if (!rule_matches(&hint->match, body)) {
			continue;
		}
		if (hint->collection) {
			out->collection = hint->index;
			out->id = hint->id ? doc_text(doc_path(body, hint->id), NULL) : NULL;
		} else {
			out->document = hint->index;
		}
		return true;
	}
	return false;
}
