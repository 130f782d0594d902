"""What an account with orders keeps across restarts: its objects as they are, in one file.

The file is written by the sandbox and read by the sandbox, nobody else has a use for it.
"""

import os
import pickle


class SavedState:
    """A file below --state, or nothing at all without it."""

    def __init__(self, path):
        self._path = path and path.removesuffix(".json") + ".pickle"

    def load(self):
        """What was saved last, or None."""
        if self._path is None or not os.path.exists(self._path):
            return None
        with open(self._path, "rb") as file:
            return pickle.load(file)

    def save(self, value):
        if self._path is None:
            return
        with open(self._path + ".new", "wb") as file:
            pickle.dump(value, file)
        os.replace(self._path + ".new", self._path)
