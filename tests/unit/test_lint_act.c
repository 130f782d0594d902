/* What is refused in triggers: each mistake is found in its line, and told with what to write
 * instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lints.h"

static void fields_are_sound(void **state)
{
	(void)state;
	assert_rest("        note: {", "        force: {}\n        note: {",
		    "a field cannot be called 'force'");
	assert_rest("        note: {", "        lines: {}\n        note: {",
		    "a field cannot be called 'lines'");
	assert_rest("        note: {", "        region: {}\n        note: {",
		    "there is a setting called 'region' already");
	assert_rest("        note: {", "        other: {}\n        note: {",
		    "'other' is used nowhere");
	assert_rest("default: csv", "default: pdf", "the default 'pdf' is not in 'enum'");
	assert_rest("{required: true, help: what", "{required: true, default: x, help: what",
		    "a required field has no default");
	assert_rest("{required: true, secret: true}", "{default: x, secret: true}",
		    "a secret setting has no default");
	assert_rest("[csv, xlsx]", "[]", "an empty list");
	assert_rest("[csv, xlsx]", "[csv, xlsx, csv]", "the choice 'csv' is there twice");
	assert_rest("enum: [csv, xlsx]", "suggest: [csv], enum: [csv, xlsx]",
		    "'suggest' where others are taken too");
	assert_rest("type: integer, least: 1, most: 9", "type: integer, enum: [1, two]",
		    "the choice 'two' is nothing for a field of that 'type'");
	assert_rest("least: 1, most: 9", "least: 1, most: 9, enum: [3, 10]", "the choice '10'");
	assert_rest("least: 1, most: 9", "least: 9, most: 1", "'least' must be less");
	assert_rest("least: 1, most: 9", "default: many", "the default 'many' is nothing");
	assert_rest("type: decimal, default: '1.50'", "type: decimal, default: '1.'",
		    "the default '1.' is nothing");
	assert_rest("type: decimal, default: '1.50'", "type: decimal, least: 1",
		    "'least' and 'most' go with type: integer");
	assert_rest("enum: [a, b]", "enum: [a, b], default: 'a,c'", "the default 'a,c'");
	assert_rest("{type: json}", "{type: json, enum: [a]}", "choices go with the types");
	assert_rest("{type: json}", "{type: json, default: '{'}", "the default '{' is nothing");
	assert_rest("default: no}", "default: maybe}", "the default 'maybe' is nothing");
	assert_rest("{type: time, end: true}", "{type: time, default: soon}",
		    "the default 'soon' is nothing");
	assert_rest("{type: json}", "{type: json, end: true}", "'end' goes with type: time");
	assert_rest("{type: json}", "{type: jason}", "did you mean 'json'?");
}

static void acts_are_sound(void **state)
{
	(void)state;
	assert_rest("example: filter=a", "example: kind=csv",
		    "the example does not fit: 'filter' is missing");
	assert_rest_at("      ok: fine", "      when: ready", "unknown key 'when'",
		       "      ok: fine");
	assert_rest_at("      ok: fine", "      if: a", "go with 'choose'", "      ok: fine");
	assert_graph("grace: 60s", "grace: 0", "more than 0");
	assert_graph_at("          grace: 60s\n", "", "'grace' is missing", "        export:");
	assert_graph("then: gone", "grace: 5s", "'grace' goes with then: queued");
	assert_graph("when: ready\n          example", "when: failed\n          example",
		     "no rule of 'states' says 'failed'");
	assert_graph("action=fetch", "action=delete", "the example is one of another act");
	assert_graph_at("if: exportOrder", "if: exportOrder\n          default: yes",
			"'fetch' is the default already",
			"          effect: free\n          request:");
	assert_graph_at("          effect: free\n          default: yes",
			"          effect: money\n          default: yes", "asked for by its word",
			"          default: yes");
	assert_graph("      choose: action", "      choose: id", "a field cannot be called 'id'");
	assert_graph_at("        export:\n", "        Fetch:\n",
			"'fetch' and 'Fetch' are the same word", "        export:\n");
	assert_graph_at("        export:\n", "        'ex port':\n", "is no word to choose by",
			"        export:\n");
	assert_graph_at("          if: exportOrder\n", "", "nothing depends on what 'detect' finds",
			"      detect:");
	assert_graph_at("help: takes it home", "fields: {action: {}}",
			"'action' tells the acts apart", "        fetch:");
	assert_graph_at("            record: delivery.json\n", "", "'record' is missing",
			"          deliver:");
	assert_graph("record: delivery.json", "record: delivery", "called like order.json");
	assert_graph_at("record: delivery.json", "record: order.json",
			"a file called 'order.json' already", "          deliver:");
	assert_graph("folder: keys", "folder: a/b", "a folder cannot be called 'a/b'");
	assert_graph("'archive-{n}.zip'", "archive.zip", "there are several");
	assert_graph("'archive-{n}.zip'", "'archive-{i}.zip'", "means nothing here, but {n}");
	assert_graph_at("              children: more\n", "", "'children' and a 'depth'",
			"inline:");
}

static void lines_are_sound(void **state)
{
	(void)state;
	assert_graph("'{lines}'", "['{product}']", "write \"{lines}\" for the list of them");
	assert_graph_at("'{lines}'", "x", "the lines are used nowhere", "lines: {most: 100");
	assert_graph("'{lines}'", "'a{lines}'", "{lines} is a list: it stands alone");
	assert_graph("distinct: product", "distinct: produkt", "'produkt' is no field");
	assert_graph("{most: 100, ", "{", "'most' is missing");
	assert_graph("lines: {most: 100", "lines: {most: 0", "whole number from 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_sound),
		cmocka_unit_test(acts_are_sound),
		cmocka_unit_test(lines_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
