"""Saleor's way with GraphQL: its versions, its limits, and its shape of errors."""

import json

from graphqlschema import node_kind
from graphqlserver import Call, GraphQLServer, to_json
import http1

# What a version has not got, and whether it says that the exports will go.
VERSIONS = {
    "3.22": (("GiftCardFilterInput.assignedTo", "AccountError.attributes"), False),
    "3.23": ((), True),
    "3.24": (("Mutation.exportGiftCards", "Mutation.exportVoucherCodes"), True),
}
MOST_ALIASES = 100
MOST_MUTATIONS = 4
MOST_COST = 50_000
INTROSPECTION = ("__schema", "__type")
UNTITLED = {"exception": {"code": "GraphQLError"}}


class SaleorServer(GraphQLServer):
    """Executes calls as one version of Saleor does."""

    def __init__(self, version, resolvers):
        self._missing, self._deprecates = VERSIONS[version]
        super().__init__("saleor", resolvers)

    def read(self, request):
        """The call in a request; what is no JSON is taken for an empty request."""
        if request.media_type() != "application/json":
            return _problem("Must provide a query string.")
        if request.body.lstrip()[:1] == b"[":
            return _problem("Number of batch queries exceeded.")
        call = super().read(request)
        if call.document is not None:
            call.problem = _too_much(call.document)
        return call

    def reply(self, call, caller, fault):
        executed, result = self.execute(call, caller, fault)
        for entry in result.get("errors", ()):
            entry.setdefault("extensions", UNTITLED)
        if executed:
            result["extensions"] = {"cost": {"requestedQueryCost": _cost(call.document),
                                             "maximumAvailable": MOST_COST}}
        return http1.json_text_response(200 if executed else 400, to_json(result))

    def _load(self, lost):
        schema = super()._load((*self._missing, *lost))
        if not self._deprecates:
            for name, field in schema.get_type("Mutation").fields.items():
                if name.startswith("export"):
                    field.deprecation_reason = None
        return schema


def error(status, message):
    """An answer without data."""
    return http1.json_text_response(status, json.dumps(
        {"errors": [{"message": message, "extensions": UNTITLED}]}))


def _problem(message):
    call = Call()
    call.problem = {"message": message}
    return call


def _too_much(document):
    """The error of a document that asks for too much at once, else None."""
    for operation in _executable(document):
        roots = operation.selection_set.selections
        names = [node.name.value for node in roots if node_kind(node) == "Field"]
        kind = getattr(operation, "operation", "")
        if getattr(kind, "value", kind) == "mutation" and len(roots) > MOST_MUTATIONS:
            return {"message": f"A request may have {MOST_MUTATIONS} mutations at most."}
        if len(names) > 1 and any(name in INTROSPECTION for name in names):
            return {"message":
                    "Queries and introspection cannot be mixed in the same request."}
    aliases = sum(1 for node in _fields(document) if node.alias)
    if aliases > MOST_ALIASES:
        return {"message": f"A request may have {MOST_ALIASES} aliases at most."}
    return None


def _executable(document):
    return [node for node in document.definitions if getattr(node, "selection_set", None)]


def _fields(document):
    """All fields that a document selects, at any depth."""
    open_sets = [node.selection_set for node in _executable(document)]
    while open_sets:
        for node in open_sets.pop().selections:
            if node_kind(node) == "Field":
                yield node
            if getattr(node, "selection_set", None):
                open_sets.append(node.selection_set)


def _cost(document):
    return sum(1 for node in _fields(document) if node.name.value == "exportFile")
