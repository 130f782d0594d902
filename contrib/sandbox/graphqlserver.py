"""GraphQL over HTTP for the API modules: from a POST body to an answer.

    self._graphql = GraphQLServer("eneba", {"Query.O_orders": self._list_orders, ...})
    call = self._graphql.read(request)           in route(): call.operation is for the log
    return self._graphql.answer(call, context, fault)                       in answer()

Resolvers of root fields are called as function(context, **arguments), those of other types as
function(context, source, **arguments). All other fields are keys or attributes of what a
resolver gave. A resolver refuses by raising GraphQLFailure.
"""

import decimal
import functools
import json
import re
import sys
import traceback

import graphqlfaults
import graphqlschema
import http1
from graphqlschema import graphql  # Which says what to install if it is missing.

KEPT_DOCUMENTS = 1000
ROOT_TYPES = ("Query", "Mutation", "QueryRoot", "MutationRoot")
EXACT = re.compile(r'"\\u0000(-?[0-9.E+-]+)"')


class GraphQLFailure(Exception):
    """An entry for `errors`, with the field it came from set to null."""

    def __init__(self, message, extensions=None):
        super().__init__(message)
        self.extensions = extensions


class Call:
    """What a client sent. `problem` says why it is none, `operation` is its name in the log,
    `fields` the number of root fields, those of fragments counted once."""

    __slots__ = ("text", "variables", "name", "document", "problem", "operation", "fields")

    def __init__(self, text="", variables=None, name=None):
        self.text = text
        self.variables = variables
        self.name = name
        self.document = None
        self.problem = None
        self.operation = "graphql"
        self.fields = 0


class Execution:
    """The context of one execution: the API module's own, and what the faults ask for."""

    __slots__ = ("context", "arguments")

    def __init__(self, context):
        self.context = context
        self.arguments = {}


class GraphQLServer:
    """Executes the calls of one API."""

    def __init__(self, schema_name, resolvers):
        self._schema_name = schema_name
        self._resolvers = resolvers
        self._parsed = functools.lru_cache(KEPT_DOCUMENTS)(_parse)
        self._schema = functools.lru_cache(KEPT_DOCUMENTS)(self._load)
        self._complaints = functools.lru_cache(KEPT_DOCUMENTS)(self._validate)
        self._schema(())  # What is wrong with a schema shows at the start.

    def read(self, request):
        """The call in a request, whatever it holds."""
        try:
            body = json.loads(request.body, parse_float=graphqlschema.Number)
        except (ValueError, RecursionError):
            return _refused(Call(), "The body is not JSON")
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return _refused(Call(), "The body has no query")
        call = Call(body["query"], body.get("variables"), body.get("operationName"))
        if not isinstance(call.variables, (dict, type(None))):
            return _refused(call, "The variables are not an object")
        call.document, problem = self._parsed(call.text)
        if call.document is None:
            call.problem = problem
        else:
            names = _root_fields(call.document, call.name)
            call.operation = "+".join(dict.fromkeys(names)) or "graphql"
            call.fields = len(names)
        return call

    def answer(self, call, context, fault, bad_status=400, media_type="application/json"):
        """The Response: `bad_status` without data if the call cannot be executed at all."""
        executed, result = self.execute(call, context, fault)
        response = http1.json_text_response(200 if executed else bad_status, to_json(result))
        response.headers["Content-Type"] = media_type
        return response

    def execute(self, call, context, fault):
        """(whether it came to execution, the GraphQL answer as a dictionary)."""
        if call.problem is not None:
            return False, {"errors": [call.problem]}
        lost = tuple(fault.get("lost_fields", ()))
        complaints = self._complaints(call.text, lost)
        if complaints:
            return False, {"errors": complaints}
        execution = Execution(context)
        try:
            outcome = graphql.execute(
                self._schema(lost), call.document, context_value=execution,
                variable_values=call.variables, operation_name=call.name)
        except Exception as problem:  # Version 2 raises what version 3 returns.
            return False, {"errors": [_entry(problem)]}
        errors = [_entry(error) for error in outcome.errors or ()]
        if outcome.data is None and not any("path" in error for error in errors):
            return False, {"errors": errors}
        return True, graphqlfaults.bend(fault, execution.arguments, outcome.data, errors)

    def _load(self, lost):
        return graphqlschema.load(self._schema_name, lost, self._resolver, _runtime_type)

    def _validate(self, text, lost):
        document, _ = self._parsed(text)
        return [_entry(error) for error in graphql.validate(self._schema(lost), document)]

    def _resolver(self, type_name, field_name):
        function = self._resolvers.get(f"{type_name}.{field_name}")
        if type_name in ROOT_TYPES:
            if function is None:
                raise LookupError(f"nothing resolves {type_name}.{field_name}")
            return functools.partial(_resolve_root, function)
        if function is None:
            return functools.partial(_look_up, field_name)
        return functools.partial(_resolve_below, function)


def _refused(call, message):
    call.problem = {"message": message}
    return call


def _parse(text):
    """(document, None) or (None, the error). Both can be kept: nothing changes them."""
    try:
        return graphql.parse(text), None
    except (graphql.GraphQLError, RecursionError) as problem:
        return None, _entry(problem)


def _root_fields(document, wanted):
    """The names of the operation's root fields, as the log and the faults call it."""
    fragments, operations = {}, []
    for node in document.definitions:
        kind = graphqlschema.node_kind(node)
        if kind == "FragmentDefinition":
            fragments[node.name.value] = node
        elif kind == "OperationDefinition":
            if not wanted or (node.name and node.name.value == wanted):
                operations.append(node)
    names = []
    if operations:
        _collect_names(operations[0].selection_set, fragments, names)
    return names


def _collect_names(selection_set, fragments, names):
    for node in selection_set.selections:
        kind = graphqlschema.node_kind(node)
        if kind == "Field":
            names.append(node.name.value)
        elif kind == "InlineFragment":
            _collect_names(node.selection_set, fragments, names)
        elif node.name.value in fragments:
            # Taken out, so that a fragment that spreads itself comes to an end.
            _collect_names(fragments.pop(node.name.value).selection_set, fragments, names)


def _resolve_root(function, _source, info, **arguments):
    key = info.path[0] if graphqlschema.LEGACY else info.path.key
    info.context.arguments[key] = arguments
    return _guarded(function, info.context.context, **arguments)


def _resolve_below(function, source, info, **arguments):
    return _guarded(function, info.context.context, source, **arguments)


def _look_up(name, source, _info, **_arguments):
    return source.get(name) if isinstance(source, dict) else getattr(source, name, None)


def _guarded(function, *values, **arguments):
    """A mistake in a resolver is told to its author; the client learns that there was one."""
    try:
        return function(*values, **arguments)
    except GraphQLFailure:
        raise
    except Exception:
        traceback.print_exc(file=sys.stderr)
        raise GraphQLFailure("Internal error") from None


def _runtime_type(value):
    return _look_up("__typename", value, None)


def _entry(error):
    """An error as the answer shows it."""
    message = getattr(error, "message", None) or str(error)
    if not graphqlschema.LEGACY and getattr(error, "original_error", None) is None:
        message = message.replace("'", '"')  # As all other servers quote names.
    entry = {"message": message}
    locations = getattr(error, "locations", None)
    if locations:
        entry["locations"] = [{"line": place.line, "column": place.column}
                              for place in locations]
    for name in ("path", "extensions"):
        value = getattr(error, name, None)
        if value:
            entry[name] = value
    return entry


def to_json(value):
    """JSON text in which decimals have exactly their digits."""
    text = json.dumps(value, separators=(",", ":"), default=_marked)
    return EXACT.sub(r"\1", text) if "\\u0000" in text else text


def _marked(value):
    if isinstance(value, decimal.Decimal):
        return f"\0{value}"
    raise TypeError(f"{type(value).__name__} is no JSON")
