"""The filter language of Elastic Path Commerce Cloud: `gt(created_at,2026-07-01):eq(...)`.

Parsed as strictly as the documentation has it: known attributes with their operators, at
most ten conditions joined with a colon, and only the characters of the classic syntax.
"""

import calendar
import re
import time

MAX_CONDITIONS = 10
CONDITION = re.compile(r"(\w+)\(([a-z_.]+),([A-Za-z0-9 $\-_*.]+)\)", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

EXACT = {"eq"}
TEXT = {"eq", "like"}
AMOUNT = {"gt", "ge", "lt", "le"}
INSTANT = {"eq", *AMOUNT}

OPERATORS = {
    **dict.fromkeys(("status", "payment", "shipping", "currency", "product_id",
                     "product_sku"), EXACT),
    **dict.fromkeys(("name", "email", "customer_id", "account_id", "account_member_id",
                     "contact.name", "contact.email", "shipping_postcode",
                     "billing_postcode", "external_ref", "order_number"), TEXT),
    **dict.fromkeys(("with_tax", "without_tax"), AMOUNT),
    **dict.fromkeys(("created_at", "updated_at"), INSTANT),
}

COMPARE = {
    "eq": lambda have, want: have == want,
    "gt": lambda have, want: have > want,
    "ge": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "le": lambda have, want: have <= want,
    "like": lambda have, want: want.fullmatch(have) is not None,
}


class FilterError(ValueError):
    """A filter the vendor would refuse."""


def parse(text):
    """The (operator, attribute, value) conditions of a filter; none for an empty one."""
    if not text:
        return []
    parts = text.split(":")
    if len(parts) > MAX_CONDITIONS:
        raise FilterError("too many filters")
    return [_condition(part) for part in parts]


def matches(conditions, order):
    return all(COMPARE[operator](order[attribute], value)
               for operator, attribute, value in conditions)


def _condition(text):
    match = CONDITION.fullmatch(text)
    if match is None:
        raise FilterError(text)
    operator, attribute, value = match.groups()
    if operator not in OPERATORS.get(attribute, ()):
        raise FilterError(text)
    return operator, attribute, _value(operator, attribute, value)


def _value(operator, attribute, value):
    """The value in the type that orders have for the attribute."""
    allowed = OPERATORS[attribute]
    if allowed is INSTANT:
        return _instant(value)
    if allowed is AMOUNT:
        return _integer(value)
    if operator == "like":
        return _pattern(value)
    return value


def _pattern(value):
    """A wildcard may stand at either end, nowhere else."""
    inner = value.removeprefix("*").removesuffix("*")
    if "*" in inner:
        raise FilterError(value)
    before = ".*" if value.startswith("*") else ""
    after = ".*" if value.endswith("*") else ""
    return re.compile(before + re.escape(inner) + after, re.DOTALL)


def _instant(value):
    """Seconds since 1970 from a day or from epoch milliseconds."""
    if DAY.fullmatch(value):
        try:
            return calendar.timegm(time.strptime(value, "%Y-%m-%d"))
        except ValueError:
            raise FilterError(value) from None
    return _integer(value) / 1000


def _integer(value):
    if not re.fullmatch(r"-?\d+", value):
        raise FilterError(value)
    return int(value)
