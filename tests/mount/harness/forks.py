"""Children that need no start: forked from a process that has loaded what they run.

A full run makes tens of thousands of file operations and starts a sandbox for most tests. Most of
their time went into starting Python and loading modules; a fork takes a millisecond. So each test
process has one parent for them all, begun when it is first needed, which ends when the test process
does and takes its children with it. Run as a program, this file is that parent.

    child = forks.start("fileop", ["stat", path], stdout=file, stderr=file)    # much like Popen
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
SANDBOX = HERE.parents[2] / "contrib" / "sandbox"
SET_PARENT_DEATH_SIGNAL = 1
LONGEST = 1 << 18
parent, lock = None, threading.Lock()


class Forked:
    """One child, with what of Popen is needed of it."""

    def __init__(self, report):
        self._report = report
        self.pid = int(report.recv(20))
        self.returncode = None

    def wait(self, timeout=None):
        """Its exit status, or -SIGKILL if it did not come to tell one."""
        if self.returncode is None:
            if not select.select([self._report], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.pid, timeout)
            self.returncode = int(self._report.recv(20) or -signal.SIGKILL)
            self._report.close()
        return self.returncode

    def poll(self):
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)


class Parent:
    """The process that forks, as its user sees it."""

    def __init__(self):
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._child = subprocess.Popen([sys.executable, __file__], stdin=theirs,
                                           start_new_session=True,
                                           env={**os.environ, "LC_ALL": "C.UTF-8"})

    @property
    def running(self):
        return self._child.poll() is None

    def fork(self, function, arguments, files):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            request = json.dumps([function, [os.fspath(word) for word in arguments]])
            socket.send_fds(self._socket, [request.encode("utf-8", "surrogateescape")],
                            [theirs.fileno(), *(file.fileno() for file in files)])
        return Forked(ours)


def start(function, arguments, stdin, stdout, stderr):
    """Fork a child that runs one of FUNCTIONS; the files are open ones."""
    global parent
    with lock:
        if parent is None or not parent.running:
            parent = Parent()
    return parent.fork(function, map(str, arguments), (stdin, stdout, stderr))


def run_sandbox(arguments):
    sys.argv = [str(SANDBOX / "sandbox.py"), *arguments]
    sandbox.main()


FUNCTIONS = {"fileop": lambda arguments: fileop.main(arguments), "sandbox": run_sandbox}


def become(function, arguments, files):
    """The child, to its end."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    report, *standard = files
    report = socket.socket(fileno=report)
    report.send(b"%d" % os.getpid())
    for number, file in enumerate(standard):
        os.dup2(file, number)
        os.close(file)
    status = 0
    try:
        FUNCTIONS[function](arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    report.send(b"%d" % status)
    os._exit(0)


def serve():
    """Fork for each request, until nobody is left to send one."""
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        request, files, _, _ = socket.recv_fds(control, LONGEST, 4)
        if not request:
            return
        if os.fork() == 0:
            control.close()
            become(*json.loads(request.decode("utf-8", "surrogateescape")), files)
        for file in files:
            os.close(file)


if __name__ == "__main__":
    # The sandbox's folder first: there is a sandbox.py here too.
    sys.path[:0] = [str(SANDBOX), str(HERE)]
    import fileop
    import sandbox
    for name in sandbox.APIS:
        importlib.import_module(f"apis.{name}")
    serve()
