"""So many requests in a second: what vendors answer with 429 when it is more."""

import threading
import time
from collections import deque

# Requests sent a quarter of a second apart do not arrive exactly so.
WINDOW = 0.98


class Throttle:
    """Counts the requests of each caller in the second that has just passed."""

    def __init__(self, per_second):
        self._per_second = per_second
        self._lock = threading.Lock()
        self._callers = {}

    def limit(self, per_second):
        """Another limit from now on; 0 is none."""
        with self._lock:
            self._per_second = per_second
            self._callers.clear()

    def admit(self, caller):
        """Whether this request may pass. One that may not does not count."""
        with self._lock:
            if not self._per_second:
                return True
            now = time.monotonic()
            passed = self._callers.setdefault(caller, deque())
            while passed and passed[0] <= now - WINDOW:
                passed.popleft()
            if len(passed) >= self._per_second:
                return False
            passed.append(now)
            return True
