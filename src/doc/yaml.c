/* YAML to the same tree, by way of libyaml's events. Only what a person writes by hand is
 * taken: mappings, lists and texts. Aliases, anchors, tags, merge keys and further documents are
 * findings, and so are keys that are there twice. One thread, at start. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "doc/doc.h"
#include "doc/node.h"

struct reading {
	yaml_parser_t parser;
	yaml_event_t event;
	const char *file;
	struct findings *findings;
	int depth;
	bool found; /* something to complain about */
};

static int line_of(const yaml_event_t *event)
{
	return (int)event->start_mark.line + 1;
}

/* A finding that does not keep the rest from being read. */
__attribute__((format(printf, 3, 4))) static void complain(struct reading *r, int line,
							   const char *format, ...)
{
	auto_free char *words = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&words, format, args) < 0) {
		words = NULL;
	}
	va_end(args);
	r->found = true;
	findings_add(r->findings, r->file, line, "%s", words ? words : "out of memory");
}

/* The next event replaces the one before. */
static int advance(struct reading *r)
{
	yaml_event_delete(&r->event);
	memset(&r->event, 0, sizeof r->event);
	if (yaml_parser_parse(&r->parser, &r->event)) {
		return 0;
	}
	if (r->parser.error == YAML_MEMORY_ERROR) {
		return -ENOMEM;
	}
	complain(r, (int)r->parser.problem_mark.line + 1, "not YAML: %s%s%s",
		 r->parser.problem ? r->parser.problem : "unreadable", r->parser.context ? " " : "",
		 r->parser.context ? r->parser.context : "");
	return -EINVAL;
}

static void check_extras(struct reading *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor) {
		complain(r, line_of(&r->event), "no anchors here: write '&%s' out where it is used",
			 (const char *)anchor);
	}
	if (tag) {
		complain(r, line_of(&r->event), "no tags here: leave out '%s'", (const char *)tag);
	}
}

static void set_line(struct json_object *node, int line)
{
	uintptr_t rest = node_mark(node_wrap(node)) & NODE_PLAIN;

	node_set_mark(node, (uintptr_t)line << NODE_LINE_SHIFT | rest);
}

static uintptr_t mark_of(const yaml_event_t *event, bool plain)
{
	return (uintptr_t)line_of(event) << NODE_LINE_SHIFT | (plain ? NODE_PLAIN : 0);
}

static int read_scalar(struct reading *r, struct json_object **out)
{
	const char *text = (const char *)r->event.data.scalar.value;
	size_t length = r->event.data.scalar.length;
	bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	check_extras(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
	if (memchr(text, '\0', length)) {
		complain(r, line_of(&r->event), "a text must not hold a NUL");
	}
	if (length > INT_MAX) {
		return -ENOMEM;
	}
	*out = json_object_new_string_len(text, (int)length);
	if (!*out) {
		return -ENOMEM;
	}
	node_set_mark(*out, mark_of(&r->event, plain));
	return 0;
}

static int read_node(struct reading *r, struct json_object **out);

static int read_list(struct reading *r, struct json_object *list)
{
	for (;;) {
		struct json_object *value = NULL;
		int s = advance(r);

		if (s < 0) {
			return s;
		}
		if (r->event.type == YAML_SEQUENCE_END_EVENT) {
			return 0;
		}
		s = read_node(r, &value);
		if (s == 0) {
			s = node_add_element(list, value);
		}
		if (s < 0) {
			return s;
		}
	}
}

/* The key the reading is at: NULL with a finding when it is none, which is then passed over. */
static int read_key(struct reading *r, const struct json_object *object, char **out)
{
	struct json_object *key = NULL;
	int line = line_of(&r->event);
	bool is_scalar = r->event.type == YAML_SCALAR_EVENT;
	int s = read_node(r, &key);

	if (s < 0) {
		return s;
	}
	*out = NULL;
	if (!is_scalar) {
		complain(r, line, "a key is a plain text, followed by ':'");
	} else {
		const char *text = json_object_get_string(key);

		if (strcmp(text, "<<") == 0) {
			complain(r, line, "no merge keys here: write out what '<<' stands for");
		} else if (json_object_object_get_ex(object, text, NULL)) {
			complain(r, line, "the key '%s' is there twice", text);
		} else if (!(*out = strdup(text))) {
			s = -ENOMEM;
		}
	}
	json_object_put(key);
	return s;
}

static int read_mapping(struct reading *r, struct json_object *object)
{
	for (;;) {
		auto_free char *key = NULL;
		struct json_object *value = NULL;
		int s = advance(r);
		int line = line_of(&r->event);

		if (s < 0) {
			return s;
		}
		if (r->event.type == YAML_MAPPING_END_EVENT) {
			return 0;
		}
		s = read_key(r, object, &key);
		if (s == 0) {
			s = advance(r);
		}
		if (s == 0) {
			s = read_node(r, &value);
		}
		if (s == 0 && key) {
			/* Who looks for a member looks for its key. */
			set_line(value, line);
			s = node_add_member(object, key, value);
		} else {
			json_object_put(value);
		}
		if (s < 0) {
			return s;
		}
	}
}

static int read_nested(struct reading *r, struct json_object **out)
{
	bool is_mapping = r->event.type == YAML_MAPPING_START_EVENT;
	struct json_object *json;
	int s;

	if (r->depth == 0) {
		complain(r, line_of(&r->event), "nested too deeply");
		return -EINVAL;
	}
	json = is_mapping ? json_object_new_object() : json_object_new_array();
	if (!json) {
		return -ENOMEM;
	}
	node_set_mark(json, mark_of(&r->event, false));
	r->depth--;
	s = is_mapping ? read_mapping(r, json) : read_list(r, json);
	r->depth++;
	if (s < 0) {
		json_object_put(json);
	} else {
		*out = json;
	}
	return s;
}

/* The node whose first event is the one the reading is at. */
static int read_node(struct reading *r, struct json_object **out)
{
	if (r->event.type == YAML_SCALAR_EVENT) {
		return read_scalar(r, out);
	}
	if (r->event.type == YAML_MAPPING_START_EVENT) {
		check_extras(r, r->event.data.mapping_start.anchor,
			     r->event.data.mapping_start.tag);
		return read_nested(r, out);
	}
	if (r->event.type == YAML_SEQUENCE_START_EVENT) {
		check_extras(r, r->event.data.sequence_start.anchor,
			     r->event.data.sequence_start.tag);
		return read_nested(r, out);
	}
	complain(r, line_of(&r->event), "no aliases here: write out what '*%s' stands for",
		 (const char *)r->event.data.alias.anchor);
	*out = json_object_new_string("");
	return *out ? 0 : -ENOMEM;
}

/* A stream with one document in it. */
static int read_stream(struct reading *r, struct json_object **out)
{
	int s = advance(r);

	if (s == 0) {
		s = advance(r);
	}
	if (s == 0 && r->event.type == YAML_STREAM_END_EVENT) {
		return 0; /* nothing but comments */
	}
	if (s == 0) {
		s = advance(r);
	}
	if (s == 0) {
		s = read_node(r, out);
	}
	if (s == 0) {
		s = advance(r);
	}
	if (s == 0) {
		s = advance(r);
	}
	if (s == 0 && r->event.type != YAML_STREAM_END_EVENT) {
		complain(r, line_of(&r->event),
			 "only one document here: leave out the second '---'");
	}
	return s;
}

int doc_parse_yaml(const char *file, const char *text, size_t length, struct findings *findings,
		   struct doc **out)
{
	struct reading r = {.file = file, .findings = findings, .depth = DOC_DEPTH};
	struct json_object *json = NULL;
	int s;

	if (!yaml_parser_initialize(&r.parser)) {
		return -ENOMEM;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, length);
	s = read_stream(&r, &json);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (s == 0 && r.found) {
		s = -EINVAL;
	}
	if (s < 0) {
		json_object_put(json);
	} else {
		*out = (struct doc *)json;
	}
	return s;
}
