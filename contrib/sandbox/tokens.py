"""Bearer tokens: issued to a role, good for a while, forgotten on demand."""

import threading
import time
import uuid


class Tokens:
    """The tokens of one account. They live in memory: a restart makes them invalid."""

    def __init__(self, seconds):
        self.seconds = seconds
        self._lock = threading.Lock()
        self._tokens = {}

    def issue(self, role):
        """A new token and when it ends, in seconds since 1970."""
        now = time.time()
        token = uuid.uuid4().hex
        with self._lock:
            self._tokens = {old: grant for old, grant in self._tokens.items()
                            if grant[1] > now}
            self._tokens[token] = (role, now + self.seconds)
        return token, int(now + self.seconds)

    def role_of(self, request):
        """The role of the request's bearer, or None without a valid token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        role, ends = self._tokens.get(token.strip(), (None, 0))
        return role if scheme.lower() == "bearer" and ends > time.time() else None

    def clear(self):
        with self._lock:
            self._tokens = {}
