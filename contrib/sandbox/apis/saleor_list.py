"""Saleor's list of exports: filters, orders, and relay pages over them."""

import base64
import json

import moments
from apis.saleor_callers import denied

WORDS = {"pending": "PENDING", "started": "PENDING", "success": "SUCCESS", "failed": "FAILED"}
CONNECTION = "exportFiles"
MOST = 100

# Only the last tells apart what happened in the same instant; the others skip such rows.
ORDERS = {
    None: lambda row: [row.number],
    "STATUS": lambda row: [word(row)],
    "CREATED_AT": lambda row: [row.created],
    "UPDATED_AT": lambda row: [row.updated or row.created],
    "LAST_MODIFIED_AT": lambda row: [row.updated or row.created, row.number],
}


def word(row):
    return WORDS.get(row.status, row.status)


def refused(message):
    return denied(message, "GraphQLError")


def connection(rows, arguments, render):
    """A page of rows as GraphQL shows it; `render(row)` makes its node."""
    first, last = _counts(arguments)
    order = arguments.get("sortBy") or {}
    key = ORDERS[order.get("field")]
    descending = order.get("direction") == "DESC"
    rows = sorted(rows, key=key, reverse=descending)
    total = len(rows)
    after, before = (_position(arguments.get(name)) for name in ("after", "before"))
    start, end = 0, len(rows)
    if after is not None:
        start = next((place for place, row in enumerate(rows)
                      if _beyond(key(row), after, descending)), end)
    if before is not None:
        end = next((place for place, row in enumerate(rows)
                    if not _beyond(before, key(row), descending)), end)
    if first is not None:
        end = min(end, start + first)
    else:
        start = max(start, end - last)
    edges = [{"node": render(row), "cursor": _cursor(key(row))} for row in rows[start:end]]
    return {"edges": edges, "totalCount": total,
            "pageInfo": {"hasNextPage": end < total, "hasPreviousPage": start > 0,
                         "startCursor": edges[0]["cursor"] if edges else None,
                         "endCursor": edges[-1]["cursor"] if edges else None}}


def _counts(arguments):
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        raise refused(f"The {CONNECTION} connection needs first or last.")
    if first is not None and last is not None:
        raise refused(f"The {CONNECTION} connection takes first or last, not both.")
    if (first is not None and arguments.get("before")) or (
            last is not None and arguments.get("after")):
        raise refused(f"The {CONNECTION} connection goes with first and after, or with last "
                      "and before.")
    if not 1 <= (last if first is None else first) <= MOST:
        raise refused(f"The {CONNECTION} connection gives 1 to {MOST} rows at a time.")
    return first, last


def _beyond(one, other, descending):
    return one < other if descending else one > other


def _cursor(values):
    text = json.dumps([str(value) for value in values], separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _position(cursor):
    """The values in a cursor: numbers, unless they are states."""
    if cursor is None:
        return None
    try:
        values = json.loads(base64.b64decode(cursor, validate=True))
        return [int(value) if value.isdecimal() else value for value in values]
    except (ValueError, TypeError, AttributeError):
        raise refused("Received cursor is invalid.") from None


def wanted(row, condition):
    """Whether a row fits a filter."""
    status = condition.get("status")
    return (status in (None, word(row))
            and _within(row.created, condition.get("createdAt"))
            and _within(row.updated or row.created, condition.get("updatedAt"))
            and all(_made_by(row, kind, condition.get(kind)) for kind in ("user", "app")))


def _within(instant, bounds):
    bounds, when = bounds or {}, moments.moment(instant)
    try:
        return ((not bounds.get("gte") or moments.parsed(bounds["gte"]) <= when)
                and (not bounds.get("lte") or when <= moments.parsed(bounds["lte"])))
    except ValueError as problem:
        raise refused(str(problem)) from None


def _made_by(row, kind, words):
    creator = json.loads(row.filter)["creator"]
    return not words or (creator[0] == kind and words.lower() in creator[1].lower())
