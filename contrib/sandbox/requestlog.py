"""What has been asked so far: the last hundred thousand requests, in order.

An entry keeps the head as it was received and is spelled out only when somebody asks, so
that logging costs next to nothing while a benchmark runs.
"""

import hashlib
import threading
import time
from collections import deque

import http1

KEPT = 100_000


class Entry:
    """One request; `status` stays None until an answer is about to be sent."""

    __slots__ = ("number", "time", "account", "operation", "head", "path", "query",
                 "method", "connection", "status", "sent", "over")

    def __init__(self, number, request, account, operation):
        self.number = number
        self.time = time.time()
        self.account = account
        self.operation = operation
        self.head = request.head
        self.method = request.method
        self.path = request.path
        self.query = request.query
        self.connection = request.connection
        self.status = None
        self.sent = 0
        self.over = False

    def count_sent(self, count):
        self.sent += count

    def spelled_out(self):
        """The entry as JSON shows it. Signatures and tokens are not repeated."""
        block = self.head.decode("latin-1").partition("\r\n")[2]
        headers = {name: _harmless(name, value) for name, value in http1.header_pairs(block)}
        lower = {name.lower(): value for name, value in headers.items()}
        return {
            "n": self.number,
            "time": self.time,
            "account": self.account,
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "query": "" if self.operation == "download" else self.query,
            "status": self.status,
            "sent": self.sent,
            "over": self.over,
            "range": lower.get("range"),
            "authorization": "authorization" in lower,
            "connection": self.connection,
            "headers": headers,
        }


def _harmless(name, value):
    if name.lower() != "authorization":
        return value
    scheme, _, secret = value.partition(" ")
    return f"{scheme} {hashlib.sha256(secret.encode()).hexdigest()[:16]}"


class RequestLog:
    """Shared by all connections."""

    def __init__(self):
        self._lock = threading.Lock()
        self._entries = deque(maxlen=KEPT)
        self._count = 0

    def begin(self, request, account, operation):
        """Record a request that has just arrived."""
        with self._lock:
            self._count += 1
            entry = Entry(self._count, request, account, operation)
            self._entries.append(entry)
        return entry

    def select(self, account=None, operation=None, since=0):
        """The entries numbered above `since`, as JSON values."""
        with self._lock:
            entries = list(self._entries)
        return [entry.spelled_out() for entry in entries
                if entry.number > since
                and account in (None, entry.account)
                and operation in (None, entry.operation)]

    def clear(self):
        """Forget all entries; the numbering goes on."""
        with self._lock:
            self._entries.clear()
