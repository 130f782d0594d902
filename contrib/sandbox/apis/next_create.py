"""The body of a Next Commerce export request, checked as Django REST Framework checks it."""

import json
import re
from datetime import datetime, timezone

REQUIRED = "This field is required."
NOT_NULL = "This field may not be null."
BAD_TIME = ("Datetime has wrong format. Use one of these formats instead: "
            "YYYY-MM-DDThh:mm:ss[.uuuuuu](+HH:MM|-HH:MM|Z).")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class Refused(Exception):
    """A request that cannot be carried out; `body` says why, in the vendor's shape."""

    def __init__(self, status, body):
        super().__init__(status)
        self.status = status
        self.body = body


def parse(request, types):
    """{"type", "date_from", "date_to"} of a good request, the times in UTC."""
    fields = _fields(request)
    if not isinstance(fields, dict):
        text = f"Invalid data. Expected a dictionary, but got {type(fields).__name__}."
        raise Refused(400, {"non_field_errors": [text]})
    wish, problems = {}, {}
    for name, check in (("type", lambda value: _choice(value, types)),
                        ("date_from", drf_time), ("date_to", drf_time)):
        try:
            wish[name] = check(_present(fields, name))
        except ValueError as problem:
            problems[name] = [str(problem)]
    if problems:
        raise Refused(400, problems)
    if _moment(wish["date_to"]) < _moment(wish["date_from"]):
        raise Refused(400, {"non_field_errors": ["date_to must not be before date_from."]})
    return wish


def _fields(request):
    kind = request.media_type()
    if kind == "application/x-www-form-urlencoded":
        return request.form_fields()
    if kind != "application/json":
        raise Refused(415, {"detail": f'Unsupported media type "{kind}" in request.'})
    if not request.body:
        return {}
    try:
        return json.loads(request.body)
    except ValueError as problem:
        raise Refused(400, {"detail": f"JSON parse error - {problem}"}) from None


def _present(fields, name):
    if name not in fields:
        raise ValueError(REQUIRED)
    if fields[name] is None:
        raise ValueError(NOT_NULL)
    return fields[name]


def _choice(value, types):
    if not isinstance(value, str) or value not in types:
        raise ValueError(f'"{value}" is not a valid choice.')
    return value


def drf_time(value):
    """A date-time as the API gives it back: in UTC, with Z."""
    if not isinstance(value, str) or not RFC_3339.fullmatch(value):
        raise ValueError(BAD_TIME)
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError(BAD_TIME) from None
    return moment.isoformat().replace("+00:00", "Z")


def _moment(text):
    return datetime.fromisoformat(text)
