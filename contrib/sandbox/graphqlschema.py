"""Schemas from SDL files, alike under graphql-core 2.3 (Debian 12) and 3.2 (Debian 13).

The two differ in names, and neither builds a schema that can be executed as it is: scalars
of the vendors' own must take and give values unchanged, and fields need their resolvers.
Descriptions in the SDL files are # comments, the only kind that both can read.
"""

import decimal
import logging
import pathlib
import sys

try:
    import graphql
except ImportError:
    sys.exit("sandbox: GraphQL is missing, install it: apt install python3-graphql-core")

FOLDER = pathlib.Path(__file__).resolve().parent / "schema"
LEGACY = graphql.__version__.startswith("2.")
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}

# Failures of resolvers belong into answers, not onto standard error.
logging.getLogger("graphql").setLevel(logging.CRITICAL + 1)


class Number(float):
    """A number of a JSON request that still knows its digits."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def load(name, lost, resolver_of, runtime_type):
    """The schema of schema/NAME.graphql without the fields named in `lost`.

    A lost field is "Type.field", a lost argument "Type.field.argument".
    `resolver_of(type name, field name)` gives the resolver of each field, and
    `runtime_type(value)` the type name of a value where several are possible.
    """
    text = (FOLDER / f"{name}.graphql").read_text(encoding="utf-8")
    # Interfaces are joined by & now and were joined by a comma, which is white space.
    document = graphql.parse(text.replace(" & ", ", ") if LEGACY else text)
    for path in lost:
        _lose(document, path.split("."))
    schema = graphql.build_ast_schema(document)
    types = schema.get_type_map() if LEGACY else schema.type_map
    for type_name, kind in types.items():
        if not type_name.startswith("__") and type_name not in BUILT_IN:
            _prepare(kind, resolver_of, runtime_type)
    return schema


def _lose(document, path):
    """Take the definition that the path names out of the document."""
    holder, attribute = document, "definitions"
    for name, below in zip(path[:-1], ("fields", "arguments")):
        holder, attribute = _named(holder, attribute, name), below
    gone = _named(holder, attribute, path[-1])
    setattr(holder, attribute,
            tuple(node for node in getattr(holder, attribute) if node is not gone))


def _named(holder, attribute, name):
    for node in getattr(holder, attribute, ()):
        if getattr(node, "name", None) and node.name.value == name:
            return node
    raise ValueError(f"the schema has no {name} to lose")


def _prepare(kind, resolver_of, runtime_type):
    if isinstance(kind, graphql.GraphQLScalarType):
        kind.serialize = kind.parse_value = _as_given
        kind.parse_literal = _literal
    elif isinstance(kind, graphql.GraphQLEnumType):
        kind.serialize = _as_given  # Enums grow, and a test wants to see that.
    elif isinstance(kind, (graphql.GraphQLInterfaceType, graphql.GraphQLUnionType)):
        kind.resolve_type = lambda value, *_: runtime_type(value)
    elif isinstance(kind, graphql.GraphQLObjectType):
        for field_name, field in kind.fields.items():
            setattr(field, "resolver" if LEGACY else "resolve",
                    resolver_of(kind.name, field_name))


def _as_given(value):
    return decimal.Decimal(value.text) if isinstance(value, Number) else value


def _literal(node, _variables=None):
    """The value of a literal: text, or a number with exactly its digits."""
    kind = node_kind(node)
    if kind == "IntValue":
        return int(node.value)
    return decimal.Decimal(node.value) if kind == "FloatValue" else node.value


def node_kind(node):
    """Field, FragmentSpread and so on; newer versions say FieldNode."""
    return type(node).__name__.removesuffix("Node")
