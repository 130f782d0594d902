/* What is refused in GraphQL documents: each mistake is found in its line, and told with what to
 * write instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lints.h"

static void graphql_is_whole(void **state)
{
	static const char good[] = "'{ me { id } }'";

	(void)state;
	assert_graph(good, "'{ me { id }'", "a '{', '(' or '[' without its end");
	assert_graph(good, "'{ me { id } ]'", "does not fit what it ends");
	assert_graph(good, "'{ me { id } } }'", "one operation and fragments");
	assert_graph(good, "'{ me { } }'", "nothing in them");
	assert_graph(good, "'{ me() }'", "nothing in them");
	assert_graph(good, "'{ me(a: \"}) }'", "a \" without its end");
	assert_graph(good, "'{ me(a: \"\"\"}\"\") }'", "a \"\"\" without its end");
	assert_graph(good, "'{ me # } }'", "without its end");
	assert_graph(good, "'{ me % }'", "means nothing in GraphQL");
	assert_graph(good, "'{ me(a: $) }'", "a '$' is followed by a name");
	assert_graph(good, "'query A { a } query B { b }'", "a second operation");
	assert_graph(good, "'fragment F on T { a }'", "it holds no operation");
	assert_graph(good, "'fragment on T { a } { b }'", "a fragment has a name");
	assert_graph(good, "'fragment F { a } { b }'", "on which type it is");
	assert_graph(good, "'type T { a: Int }'", "one operation and fragments");
	assert_graph(good, "'query Q'", "a '{' with fields is missing");
	assert_graph(good, "''", "it holds no operation");
	assert_graph_at("            orders(first", "            ) orders(first",
			"in the document's line 2", "        graphql: |");
}

static void graphql_may_hold_anything_in_texts(void **state)
{
	static const char *const good[] = {
		"'{ me(a: \"} \\\" {\") { id } }'",
		"'{ me(a: \"\"\"} \" \\\"\"\" {\"\"\") { id } }'",
		"'query Q @d(a: {b: {}}) { me(c: [1, -2.5e3, {}]) { id } }'",
		"\"{ me # } {\\n { id } }\"",
		"'query Q($a: Int = 3) { me(a: $a) { ... on X { b @skip(if: false) } } }'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		auto_free char *text = with(graph_sample, "'{ me { id } }'", good[i]);

		provider_destroy(load(text));
	}
}

static void variables_are_declared_used_and_given(void **state)
{
	(void)state;
	assert_graph("{mail: '{mail}'}", "{mial: '{mail}'}", "declares no variable $mial");
	assert_graph_at("{mail: '{mail}'}", "{}", "the variable $mail gets no value",
			"graphql: 'mutation Login");
	assert_graph("login(mail: $mail)", "login(mail: $mial)", "$mial is not declared");
	assert_graph("login(mail: $mail)", "login", "$mail is declared and never used");
	assert_graph("'query T($skip: Int, ", "'query T(", "$skip is not declared");
	assert_graph("'query T($skip: Int, ", "'query T(",
		     "declares no variable $skip, which 'page' sets");
	assert_graph_at("{since: '{since}'}", "{since: '{since}', skip: 0}",
			"'page' sets $skip already", "{since: '{since}'}");
	assert_graph_at(
		"first: Int!, $after: String) { orders(first: $first, after: $after) { id }",
		"first: Int!) { orders(first: $first) { id }",
		"declares no variable $after, which 'page' sets", "        fallback: 'query");
	assert_graph_at(
		"kind: relay, first: first, after: after, size: 10, info: data.orders.pageInfo",
		"kind: next_url, next: next", "GraphQL pages are all at one address",
		"        post: '{url}/'\n        graphql: |");
}

static void fields_of_many_are_one_field(void **state)
{
	(void)state;
	assert_graph("'export(order: $id) { id status }'", "'export(order: $id) { id } more'",
		     "something follows the field");
	assert_graph("'export(order: $id) { id status }'", "'a: export(order: $id) { id }'",
		     "something follows the field");
	assert_graph("'export(order: $id) { id status }'", "'{ export(order: $id) }'",
		     "a field begins with its name");
	assert_graph("'export(order: $id) { id status }'", "'export(order: $id) { id '",
		     "without its end");
	assert_graph("'export(order: $id) { id status }'", "'export(order: $order) { id }'",
		     "$order means nothing here, but $id");
	assert_graph("'export(order: $id) { id status }'", "'export { id }'",
		     "is nowhere in the field");
	assert_graph("fallback: 'export(order: $id) { status }'", "fallback: 'export'",
		     "is nowhere in the field");
	assert_graph("id: ID!", "id: '[ID!]'", "no type of $id");
	assert_graph("id: ID!", "id: 'ID!!'", "no type of $id");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(graphql_is_whole),
		cmocka_unit_test(graphql_may_hold_anything_in_texts),
		cmocka_unit_test(variables_are_declared_used_and_given),
		cmocka_unit_test(fields_of_many_are_one_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
