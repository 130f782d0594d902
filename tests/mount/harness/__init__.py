"""What the tests of the real program over a real mount are made of.

The fixtures are in ../conftest.py; this is what a test imports by name.
"""

from harness.process import TimedOut, run, wait_until
from harness.mounted import MountFailed, fails_with

__all__ = ["MountFailed", "TimedOut", "fails_with", "run", "wait_until"]
