"""Faults: what goes wrong on request, for which operation, and how often.

A fault is a plain dictionary, checked once when it is set. Three places act on it: this
file replaces whole answers, http1.send bends how an answer travels, and the API modules
and storage.py look for the few words that change what they say. A request without a fault
carries the empty dictionary, so nobody has to ask first.
"""

import threading

from http1 import Response

DEEP = 100_000
DEFAULT_HUGE = 64 * 1024 * 1024
HTML = b"<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>\n"

FIELDS = {
    "account": str, "operation": str, "times": int,
    "status": int, "headers": dict, "body": str, "body_kind": str, "huge_bytes": int,
    "act": bool, "delay_ms": int, "hang": bool, "drop": str, "reset": bool,
    "stall_after": int, "drop_after": int, "length": int, "no_length": bool,
    "no_length_close": bool, "slow_bytes_per_s": int, "redirect": str,
    "redirect_status": int, "ranges": bool, "etag": str, "content": str,
    "status_words": str, "create_object": bool, "file_href": str, "bare_error": bool,
    "lost_fields": list, "graphql_errors": list, "null_data": bool, "null_field": str,
    "null_items": int, "repeat_cursor": bool, "lag_ms": int,
}

WORDS = {
    "body_kind": ("json-cut", "json-deep", "json-huge", "html", "empty", "not-object"),
    "drop": ("before", "after"),
    "content": ("changed",),
    "status_words": ("upper", "complete"),
    "file_href": ("top",),
}


class BadFault(ValueError):
    """A fault that nobody would act on, said in words for its author."""


class Faults:
    """The faults set at present, oldest first. Shared by all connections."""

    def __init__(self):
        self._lock = threading.Lock()
        self._faults = []
        self._count = 0

    def add(self, fault):
        check(fault)
        with self._lock:
            self._count += 1
            self._faults.append({"times": 1, **fault, "id": self._count, "fired": 0})
            return self._count

    def take(self, account, operation):
        """The oldest fault with times left for this operation; fires it."""
        if not self._faults:
            return {}
        with self._lock:
            for fault in self._faults:
                if _applies(fault, account, operation):
                    fault["fired"] += 1
                    return fault
        return {}

    def listed(self):
        with self._lock:
            return [dict(fault) for fault in self._faults]

    def clear(self):
        with self._lock:
            self._faults.clear()


def _applies(fault, account, operation):
    return ((fault["times"] == 0 or fault["fired"] < fault["times"])
            and fault["account"] in ("*", account)
            and fault["operation"] in ("*", operation))


def check(fault):
    """Refuse misspelled faults: a test whose fault never fires proves nothing."""
    for name in ("account", "operation"):
        if name not in fault:
            raise BadFault(f"{name} is missing")
    for name, value in fault.items():
        kind = FIELDS.get(name)
        if kind is None:
            raise BadFault(f"unknown field {name}")
        if type(value) is not kind:
            raise BadFault(f"{name} must be a JSON value of type {kind.__name__}")
        if name in WORDS and value not in WORDS[name]:
            raise BadFault(f"{name} must be one of {', '.join(WORDS[name])}")
        if kind is int and value < 0:
            raise BadFault(f"{name} must not be negative")


def answer(fault, request, act, error):
    """The answer to a request under a fault.

    `act` does what the request asks and returns the honest answer; it is called unless the
    fault replaces that answer (and even then if the fault says "act"). `error` makes an
    error answer in the vendor's shape.
    """
    replacement = _replacement(fault, request, error)
    if replacement is None or fault.get("act"):
        honest = act()
    response = replacement or honest
    if fault.get("body_kind") == "json-cut":
        response = _cut_in_half(response)
    if "headers" in fault:
        response.headers = {**response.headers, **fault["headers"]}
    return response


def _replacement(fault, request, error):
    if "redirect" in fault:
        return _redirect(fault, request)
    status = fault.get("status", 200)
    kind = fault.get("body_kind")
    if "body" in fault:
        return Response(status, {"Content-Type": "application/json"}, fault["body"].encode())
    if kind == "html":
        return Response(status, {"Content-Type": "text/html; charset=utf-8"}, HTML)
    if kind not in (None, "json-cut"):
        return Response(status, {"Content-Type": "application/json"}, _made_body(kind, fault))
    return error(status, fault) if "status" in fault else None


def _redirect(fault, request):
    target = request.path + ("?" + request.query if request.query else "")
    location = fault["redirect"].replace("{target}", target)
    return Response(fault.get("redirect_status", 302), {"Location": location}, b"")


def _made_body(kind, fault):
    if kind == "json-deep":
        return b'{"data":' + b"[" * DEEP + b"]" * DEEP + b"}"
    if kind == "json-huge":
        return HugeJson(fault.get("huge_bytes", DEFAULT_HUGE))
    return b"" if kind == "empty" else b'"not an object"'


def _cut_in_half(response):
    whole = response.whole()
    return Response(response.status, response.headers, whole[:len(whole) // 2])


class HugeJson:
    """A valid JSON object of any size, `{"data":[{"id":"aaa…"}]}`, never held in memory."""

    HEAD = b'{"data":[{"id":"'
    TAIL = b'"}]}'
    FILLER = memoryview(b"a" * (1 << 20))

    def __init__(self, size):
        self._filler = max(0, size - len(self.HEAD) - len(self.TAIL))
        self.size = len(self.HEAD) + self._filler + len(self.TAIL)

    def pieces(self, _start, _count):
        """Always the whole: nobody asks for a part of an API answer."""
        yield self.HEAD
        for sent in range(0, self._filler, len(self.FILLER)):
            yield self.FILLER[:self._filler - sent]
        yield self.TAIL
