"""One run of the program: its accounts file, its folders, its mount, its process.

Paths given to the methods are relative to the account's folder; absolute ones (from `path`,
`account`, `control`) will do too. All that touches the mount runs in children, see process.py.
"""

import contextlib
import errno
import json
import os
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

from harness import accounts, fileop, process
from harness.process import run, wait_until


class MountFailed(AssertionError):
    """The program ended before it answered, or never answered."""


def mounts_below(folder):
    """What is mounted on a folder or below it, by the kernel's table: this never blocks."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        points = [line.split()[4] for line in table]
    return [point for point in points if Path(folder) in (Path(point), *Path(point).parents)]


@contextlib.contextmanager
def fails_with(number):
    """The block must raise an OSError of this errno: `with fails_with(errno.EPERM): …`."""
    name = errno.errorcode[number]
    try:
        yield
    except OSError as problem:
        found = errno.errorcode.get(problem.errno, problem.errno)
        assert problem.errno == number, f"failed with {found}, not with {name}"
    else:
        raise AssertionError(f"did not fail; {name} was expected")


class Mount:
    """The program on a mount point in `folder`; see the fixture `mount` for the arguments."""

    def __init__(self, program, folder, settings, options=None, arguments=(), environment=None,
                 descriptions=None):
        self.folder = folder
        self.path = folder / "shops"
        self.control = self.path / ".orderfs"
        self.config_file = folder / "accounts.yaml"
        self.state_dir = folder / "state"
        self.cache_dir = folder / "cache"
        self.account = self.path / next(iter(settings["accounts"]))
        self.settings = accounts.merged(
            {"state": str(self.state_dir), "cache": {"dir": str(self.cache_dir)}}, settings)
        accounts.write(self.config_file, self.settings)
        self.path.mkdir()
        # Whatever the program looks for in a person's home, it must not be the tester's.
        self._environment = {"HOME": str(folder), **{f"XDG_{name}_HOME": str(folder / name.lower())
                             for name in ("CONFIG", "STATE", "CACHE")}, **(environment or {})}
        for name, text in (descriptions or {}).items():
            place = folder / "providers"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{name}.yaml").write_text(text)
        self._command = [program, "-c", self.config_file, "-f",
                         *(["-o", options] if options else []), *arguments, self.path]
        self._errors = folder / "stderr"
        self._killed = False
        self._child = None
        self._start()

    def _start(self):
        self._killed = False
        with open(self._errors, "ab") as stderr:
            self._child = process.start(self._command, env=self._environment, stdout=stderr,
                                        stderr=stderr, stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.mounted or not self.running, 30, "the mount appears")
            if not self.running:
                raise MountFailed(f"orderfs exited with {self._child.returncode}:\n{self.stderr()}")
            self.stat(self.path)
        except AssertionError:
            process.end(self._child)
            self.finish()
            raise

    @property
    def pid(self):
        return self._child.pid

    @property
    def running(self):
        return self._child.poll() is None

    @property
    def exit_status(self):
        """None while it runs; negative for a signal."""
        return self._child.poll()

    @property
    def mounted(self):
        """Whether something is mounted there; asking never blocks."""
        return str(self.path) in mounts_below(self.path)

    def stderr(self):
        """What the program has said so far, all runs on this mount point together."""
        return self._errors.read_text(errors="replace")

    def log(self):
        """What .orderfs/log shows."""
        return self.read(self.control / "log")

    def rss_kib(self):
        """The memory that the process has in use."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise OSError(errno.ESRCH, "no VmRSS: the program has ended")

    def signal(self, number):
        self._child.send_signal(number)

    def read(self, name, timeout=20):
        """The whole file as text."""
        return self.read_bytes(name, timeout).decode("utf-8", "surrogateescape")

    def read_bytes(self, name, timeout=20):
        return self._operate("read", name, timeout=timeout)

    def read_range(self, name, offset, length, timeout=20):
        """One pread(2)."""
        return self._operate("read-range", name, offset, length, timeout=timeout)

    def write(self, name, text, timeout=20):
        """Open, one write of text or bytes, close: what `echo` does to a trigger."""
        self._operate("write", name, data=text, timeout=timeout)

    def exchange(self, name, text, timeout=20):
        """Write, and give what the same handle reads back."""
        return self._operate("exchange", name, data=text, timeout=timeout).decode()

    def list(self, name=".", timeout=20):
        """The names in a folder, sorted."""
        return json.loads(self._operate("list", name, timeout=timeout))

    def stat(self, name, timeout=20):
        """lstat(2): `st_size`, `st_mtime_ns`, `st_ino`, …"""
        return SimpleNamespace(**json.loads(self._operate("stat", name, timeout=timeout)))

    def exists(self, name, timeout=20):
        try:
            self.stat(name, timeout)
        except FileNotFoundError:
            return False
        return True

    def _operate(self, operation, name, *arguments, data="", timeout):
        """One operation of fileop.py. Raises the OSError that it met."""
        path = self.account / name
        status, out, errors = process.call("fileop", [operation, path, *arguments],
                                           data if isinstance(data, bytes) else data.encode(),
                                           timeout)
        if status == fileop.FAILED:
            number = int(errors)
            raise OSError(number, os.strerror(number), str(path))
        assert status == 0, f"{operation} {path}: {errors.decode()}"
        return out

    def wait_listed(self):
        """Until the last listing of every account succeeded."""
        wait_until(lambda: self.exists(self.control / "ready"), what="every account is listed")

    def refresh(self, timeout=20):
        """List everything again, now."""
        self.write(self.control / "refresh", "now\n", timeout)

    def unmount(self):
        """fusermount3 -u, as a person does; the program must end well."""
        result = run(["fusermount3", "-u", self.path])
        assert result.returncode == 0, result
        self._ended_well()

    def terminate(self):
        """SIGTERM, which must unmount and end well."""
        self.signal(signal.SIGTERM)
        self._ended_well()
        assert not self.mounted, "still mounted after SIGTERM"

    def _ended_well(self):
        wait_until(lambda: not self.running, 30, "orderfs ends")
        process.RUNNING.discard(self._child)
        assert self.exit_status == 0, f"exit status {self.exit_status}\n{self.stderr()}"

    def kill(self):
        """A crash: SIGKILL, and the dead mount taken away so that remount() can follow."""
        self._killed = True
        self.signal(signal.SIGKILL)
        wait_until(lambda: not self.running, what="orderfs is killed")
        process.RUNNING.discard(self._child)
        self._unmount_lazily()

    def remount(self):
        """The same accounts file, state and mount point, a new process."""
        if self.running:
            self.terminate()
        self._start()

    def finish(self):
        """Leave nothing behind; gives what was not as it must be."""
        problems = []
        if self.running:
            self.signal(signal.SIGTERM)
            try:
                wait_until(lambda: not self.running, 30, "orderfs ends on SIGTERM")
            except process.TimedOut as problem:
                problems.append(str(problem))
                process.end(self._child)
        process.RUNNING.discard(self._child)
        if self.mounted:
            if not self._killed:
                problems.append("the mount was left behind")
            self._unmount_lazily()
        if self.exit_status != 0 and not self._killed:
            problems.append(f"orderfs exited with {self.exit_status}")
        return problems

    def _unmount_lazily(self):
        if self.mounted:
            run(["fusermount3", "-uz", self.path])
