"""Child processes that cannot outlive or hang the tests, and waiting for a condition.

Whatever may block in the kernel (any call on a mount) belongs into a child: a child that is
stuck can be given up, the test process cannot. Every child gets a session of its own, so that
^C reaches pytest alone and the clean-up is orderly, and ends with pytest, however that ends.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time

from harness import forks

# What the watchdog ends when a test is stuck: a call that waits in the kernel for a file
# system comes back when the process behind that file system is gone.
RUNNING = set()

ENVIRONMENT = {"LC_ALL": "C.UTF-8"}


class TimedOut(AssertionError):
    """Something that must happen within a bound did not."""


class Result:
    """How a command ended; `stdout` and `stderr` are text."""

    def __init__(self, command, returncode, stdout, stderr):
        self.command = command
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    def __repr__(self):
        return (f"<{self.command!r} exited with {self.returncode}; "
                f"stdout {self.stdout!r}; stderr {self.stderr!r}>")


def start(command, env=None, **options):
    """A Popen in a session of its own, told to end when this process does."""
    if isinstance(command, str):
        command = ["bash", "-c", command]
    command = ["setpriv", "--pdeathsig", "TERM", *map(str, command)]
    child = subprocess.Popen(command, start_new_session=True,
                             env={**os.environ, **ENVIRONMENT, **(env or {})}, **options)
    RUNNING.add(child)
    return child


def end(child, seconds=5):
    """Kill a child and all that it started. False when it is stuck in the kernel even so."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    RUNNING.discard(child)
    return True


def end_all():
    """Kill whatever still runs: the watchdog's way out."""
    for child in list(RUNNING):
        end(child, 1)


def run(command, timeout=20, input=None, env=None, cwd=None):
    """Run a command (a list, or a line for bash) and give its Result, within `timeout`."""
    child = start(command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                  stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
                  text=True, errors="surrogateescape")
    try:
        stdout, stderr = child.communicate(input, timeout)
    except subprocess.TimeoutExpired:
        stuck = "" if end(child) else ", and cannot be killed"
        raise TimedOut(f"{command!r} did not end within {timeout} s{stuck}") from None
    except BaseException:
        end(child)
        raise
    RUNNING.discard(child)
    return Result(command, child.returncode, stdout, stderr)


def call(function, arguments, data, timeout):
    """One of the functions of forks.py in a child: exit status, output and errors, as bytes."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(open(os.memfd_create(name), "r+b", buffering=0))
                 for name in ("stdin", "stdout", "stderr")]
        files[0].write(data)
        files[0].seek(0)
        child = forks.start(function, arguments, *files)
        RUNNING.add(child)
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimedOut(f"{function} {arguments}: not within {timeout} s") from None
        finally:
            if child.returncode is None:
                end(child)
        RUNNING.discard(child)
        return (child.returncode, *(read_from_start(file) for file in files[1:]))


def read_from_start(file):
    file.seek(0)
    return file.read()


def wait_until(condition, seconds=15, what=None):
    """Poll `condition` until it gives something true, and return that.

    An OSError counts as "not yet", so that the condition may read what does not exist at first.
    """
    ends = time.monotonic() + seconds
    pause, problem = threading.Event(), None
    while True:
        try:
            value, problem = condition(), None
            if value:
                return value
        except OSError as error:
            problem = error
        if time.monotonic() >= ends:
            break
        pause.wait(0.02)
    name = what or getattr(condition, "__name__", "the condition")
    raise TimedOut(f"{name}: not within {seconds} s" + (f", last {problem!r}" if problem else ""))


class Background:
    """A command that runs beside the test; its output goes to files."""

    def __init__(self, command, folder, **options):
        self.command = command
        self._paths = (folder / "stdout", folder / "stderr")
        with open(self._paths[0], "wb") as stdout, open(self._paths[1], "wb") as stderr:
            options.setdefault("stdin", subprocess.DEVNULL)
            self.child = start(command, stdout=stdout, stderr=stderr, **options)

    @property
    def running(self):
        return self.child.poll() is None

    def output(self):
        """What it has written to standard output so far."""
        return self._paths[0].read_text(errors="surrogateescape")

    def signal(self, number=signal.SIGINT):
        """To the command and all it started, as ^C in a terminal."""
        os.killpg(self.child.pid, number)

    def wait(self, timeout=20):
        """Its Result, when it ends by itself within `timeout`."""
        try:
            self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimedOut(f"{self.command!r} did not end within {timeout} s") from None
        RUNNING.discard(self.child)
        return Result(self.command, self.child.returncode, self.output(),
                      self._paths[1].read_text(errors="surrogateescape"))

    def finish(self):
        """End it if it still runs."""
        return end(self.child)
