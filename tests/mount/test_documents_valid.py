"""Every GraphQL document of the descriptions fits the API's schema: those that stand there, the
smaller ones for servers that lack a field, and what the engine makes of a field for several items.

Needs no program: the schemas are the sandbox's."""

import re
import sys
from pathlib import Path

import graphql
import pytest

TOP = Path(__file__).resolve().parents[2]
DESCRIPTIONS = TOP / "src/provider/apis"
sys.path.insert(0, str(TOP / "contrib/sandbox"))
import graphqlschema  # noqa: E402

# What older servers lack, and the smaller documents do without.
LOST = {
    "eneba": ["O_API_Order.id", "O_API_Order.orderNumber", "O_API_OrderItem.shortId",
              "O_API_OrderItem.sellableSlug"],
    "saleor": ["ExportFile.events"],
}
# Selecting one of these counts as taking delivery.
DELIVERED = {"keys", "key", "subKeys", "archives", "link", "password"}

KEY = re.compile(r'( *)(?:- )?(\w+): *(.*)')


class Document:
    """A document, where it stands, and what for: `list`, `get_many`, `act`, …"""

    def __init__(self, text, line, path, narrow):
        self.text = text
        self.line = line
        self.path = path
        self.narrow = narrow

    def __repr__(self):
        return f"{self.line}:{'.'.join(self.path)}"


def values_of(text):
    """(line, keys that lead there, value) of all that has one in a description: blocks of text are
    put together, comments are none."""
    found, path = [], []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        match = KEY.fullmatch(line)
        if not match or (path and path[-1][2] and len(match[1]) > path[-1][0]):
            continue
        indent, key, value = len(match[1]), match[2], match[3]
        path = [step for step in path if step[0] < indent] + [(indent, key, value == "|")]
        if value == "|":
            value = "\n".join(block(lines[number:], indent))
        found.append((number, [step[1] for step in path], value.strip("\"'")))
    return found


def block(lines, indent):
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return
        yield line


def composed(field, kind, count):
    """What the engine sends to ask for several items."""
    variables = ", ".join(f"$id{i}: {kind}" for i in range(count))
    fields = " ".join(f"x{i}: {field.replace('$id', f'$id{i}')}" for i in range(count))
    return f"query ({variables}) {{ {fields} }}"


def documents_of(name):
    text = (DESCRIPTIONS / f"{name}.yaml").read_text()
    values = values_of(text)
    found = []
    for number, path, value in values:
        if path[-1] == "graphql" or (path[-1] == "fallback" and path[-2] == "request"):
            found.append(Document(value, number, path[:-1], path[-1] == "fallback"))
        elif path[-2:] in (["get_many", "field"], ["get_many", "fallback"]):
            kind, = [value for _, other, value in values if other == [*path[:-1], "id"]]
            found += [Document(composed(value, kind, count), number, [*path[:-1], f"of {count}"],
                               path[-1] == "fallback") for count in (1, 3)]
    keys = re.findall(r"^ *(?:graphql|fallback|field):", text, re.M)
    assert len(keys) == len({document.line for document in found}), "one is not found by this test"
    return found


NAMES = sorted(path.stem for path in DESCRIPTIONS.glob("*.yaml") if documents_of(path.stem))
ALL = [pytest.param(name, document, id=f"{name}:{document}")
       for name in NAMES for document in documents_of(name)]


def complaints(name, document, lost=()):
    schema = graphqlschema.load(name, lost, lambda *_: None, lambda _: None)
    return [error.message for error in graphql.validate(schema, graphql.parse(document.text))]


def fields_of(node, found):
    """The names of all fields that are selected below."""
    if graphqlschema.node_kind(node) == "Field":
        found.add(node.name.value)
    for selection in getattr(getattr(node, "selection_set", None), "selections", ()):
        fields_of(selection, found)
    return found


def selected(document):
    return set().union(*(fields_of(node, set())
                         for node in graphql.parse(document.text).definitions))


def test_the_descriptions_with_a_schema_are_those_with_documents():
    schemas = {path.stem for path in graphqlschema.FOLDER.glob("*.graphql")}
    assert set(NAMES) == schemas == {"eneba", "saleor", "wock"}


@pytest.mark.parametrize("name, document", ALL)
def test_a_document_fits_the_schema(name, document):
    assert complaints(name, document) == []


@pytest.mark.parametrize("name, document", ALL)
def test_what_is_only_looked_at_changes_nothing(name, document):
    """A mutation stands where somebody writes, or logs in."""
    kinds = {node.operation for node in graphql.parse(document.text).definitions
             if graphqlschema.node_kind(node) == "OperationDefinition"}
    kinds = {getattr(kind, "value", kind) for kind in kinds}
    writes = {"act", "token"} & set(document.path) or \
        ("create" in document.path and "detect" not in document.path)
    assert kinds == {"query"} or writes, document


def test_no_key_is_selected_but_by_an_act():
    for name in NAMES:
        for document in documents_of(name):
            if "act" in document.path or name != "wock":
                continue
            assert not selected(document) & DELIVERED, f"{name}: {document}"
    assert any(selected(document) & DELIVERED for document in documents_of("wock"))


@pytest.mark.parametrize("name", LOST)
def test_the_smaller_documents_do_without_what_was_lost(name):
    """And the other ones do not, which the server says in words that the description knows."""
    found = documents_of(name)
    narrow = [document for document in found if document.narrow]
    assert narrow
    for document in narrow:
        assert complaints(name, document, LOST[name]) == []
    whole = [document for document in found if not document.narrow
             and any(document.path == other.path for other in narrow)]
    text = (DESCRIPTIONS / f"{name}.yaml").read_text()
    rule, = re.findall(r"contains: \[?(.*?)[\]}].*?\n? *.*is: schema", text)
    for document in whole:
        words = complaints(name, document, LOST[name])
        assert words, f"{document} has a smaller one in vain"
        for word in words:
            assert any(known.strip() in word.lower() for known in rule.split(",")), word


@pytest.mark.parametrize("name", LOST)
def test_nothing_is_lost_that_could_be_kept(name):
    """Each lost field is used where all is well."""
    used = set().union(*(selected(document) for document in documents_of(name)
                         if not document.narrow))
    assert {lost.split(".")[1] for lost in LOST[name]} <= used
