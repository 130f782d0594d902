"""The filters and sort orders of the wock account, as its GraphQL server has them.

    {"status": {"in": [30, 40]}, "createdAt": {"gte": "2026-04-01T00:00:00Z"}}
    {"or": [{"name": {"contains": "Rally"}}, {"quantity": {"all": {"gt": 0}}}]}

What stands beside each other holds together. Rows are dictionaries as the API shows them;
times are text there, all of one width and zone, so that they compare as text.
"""

from datetime import datetime, timezone

import moments

TIMES = ("createdAt", "lastUpdateDateTime")
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"

COMPARISONS = {
    "eq": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "contains": lambda value, wanted: wanted in value,
    "startsWith": lambda value, wanted: value.startswith(wanted),
    "endsWith": lambda value, wanted: value.endswith(wanted),
}
NULL_COMPARISONS = ("eq", "in")
# neq, nin, ngt …: what is told by an n in front, and what it negates.
POSITIVE = {"n" + word: word for word in COMPARISONS}
QUANTIFIERS = {
    "all": lambda values, where: all(matches(value, where) for value in values),
    "some": lambda values, where: any(matches(value, where) for value in values),
    "none": lambda values, where: not any(matches(value, where) for value in values),
    "any": lambda values, where: bool(values) == where,
}


def shown_time(instant):
    return moments.moment(instant).strftime(TIME_FORMAT)


def prepared(where):
    """The filter with its times as rows have them; ValueError for what is none."""
    result = {}
    for name, wanted in where.items():
        if name in ("and", "or"):
            result[name] = [prepared(part) for part in wanted]
        elif name in TIMES:
            result[name] = {word: _time(value) for word, value in wanted.items()}
        else:
            result[name] = wanted
    return result


def _time(value):
    if isinstance(value, list):
        return [_time(each) for each in value]
    if value is None:
        return None
    when = datetime.fromisoformat(value)
    if when.tzinfo is None:
        raise ValueError("a time needs an offset")
    return when.astimezone(timezone.utc).strftime(TIME_FORMAT)


def matches(value, where):
    """Whether a row, or what a row holds, fits a prepared filter."""
    return all(_holds(value, word, wanted) for word, wanted in where.items())


def _holds(value, word, wanted):
    if word == "and":
        return all(matches(value, part) for part in wanted)
    if word == "or":
        return any(matches(value, part) for part in wanted)
    if isinstance(value, dict):
        return matches(value.get(word), wanted)
    if isinstance(value, list):
        return QUANTIFIERS[word](value, wanted)
    positive = POSITIVE.get(word, word)
    if (value is None or wanted is None) and positive not in NULL_COMPARISONS:
        return positive != word
    return COMPARISONS[positive](value, wanted) == (positive == word)


def ordered(rows, order):
    """The rows by [{"createdAt": "ASC"}, {"id": "DESC"}]: the first counts most."""
    for part in reversed(order):
        for name, direction in reversed(part.items()):
            rows = sorted(rows, key=lambda row: _rank(row.get(name)),
                          reverse=direction == "DESC")
    return rows


def _rank(value):
    """Nothing comes first."""
    return (value is not None, value)
