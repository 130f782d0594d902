"""Faults inside GraphQL answers: what only a GraphQL server can get wrong.

They work on the finished data, so an answer may be bent in ways that its schema forbids;
vendors manage that as well. Fields of a fault:

    graphql_errors: [...]   these entries join `errors`
    null_data: true         `data` is null
    null_field: "a.b.c"     that field of the answer is null, in every row on the way
    null_items: k           every k-th row of the lists right below a root field is null
    repeat_cursor: true     a page ends with the cursor it was asked to start after
"""


def bend(fault, arguments, data, errors):
    """The answer as a dictionary. `arguments` are those of the root fields, by their keys."""
    errors = errors + fault.get("graphql_errors", [])
    if data is not None:
        data = _bent(fault, arguments, data)
    answer = {"errors": errors} if errors else {}
    answer["data"] = data
    return answer


def _bent(fault, arguments, data):
    if fault.get("null_data"):
        return None
    if "null_field" in fault:
        _set_null(data, fault["null_field"].split("."))
    for key, value in data.items():
        if isinstance(value, dict) and fault.get("null_items"):
            data[key] = value = _with_null_rows(value, fault["null_items"])
        if isinstance(value, dict) and fault.get("repeat_cursor"):
            _repeat_cursor(value.get("pageInfo"), arguments.get(key, {}).get("after"))
    return data


def _set_null(value, path):
    if isinstance(value, list):
        for row in value:
            _set_null(row, path)
    elif isinstance(value, dict) and path[0] in value:
        if len(path) == 1:
            value[path[0]] = None
        else:
            _set_null(value[path[0]], path[1:])


def _with_null_rows(page, step):
    return {name: [None if number % step == 0 else row
                   for number, row in enumerate(value, 1)]
            if isinstance(value, list) else value for name, value in page.items()}


def _repeat_cursor(page_info, after):
    if page_info is None:
        return
    if "hasNextPage" in page_info:
        page_info["hasNextPage"] = True
    if "endCursor" in page_info and after is not None:
        page_info["endCursor"] = after
