"""The program as a person types it: a home of its own, no -f, and what it left behind.

`harness/mounted.py` keeps the program in the foreground and watches it; this is for all that
happens around that: command lines, accounts files, going to the background, other users.
"""

import os
import shutil
import signal
from pathlib import Path

from harness import process
from harness.process import run, wait_until


class Program:
    """`orderfs` with HOME in `folder`, where every default place is found, and a mount point."""

    def __init__(self, program, folder, user=None):
        self.program = program
        self.home = folder / "home"
        self.path = folder / "shops"
        self.config_file = self.home / ".config" / "orderfs" / "orderfs.yaml"
        self.state_dir = self.home / ".local" / "state" / "orderfs"
        self.cache_dir = self.home / ".cache" / "orderfs"
        self._user = user
        self.home.mkdir()
        self.path.mkdir()
        self.own(self.home)
        self.own(self.path)

    def own(self, path):
        """Give a file to the user that the program is run as."""
        if self._user is not None:
            os.chown(path, self._user, self._user)

    def write(self, name, text, mode=0o600):
        """A file in the home; folders on the way are made."""
        path = self.home / name
        for folder in [*reversed(path.parents)]:
            if not folder.exists():
                folder.mkdir()
                self.own(folder)
        path.write_text(text)
        path.chmod(mode)
        self.own(path)
        return path

    def configure(self, text, mode=0o600):
        """The accounts file in its default place."""
        return self.write(self.config_file.relative_to(self.home), text, mode)

    def command(self, words):
        """A command line as the user, who is somebody else than the tester or nobody special."""
        if self._user is None:
            return [*words]
        user = str(self._user)
        return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", *words]

    @property
    def environment(self):
        """Empty means unset: nothing of the tester's own home is looked at."""
        return {"HOME": str(self.home), "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "",
                "XDG_CACHE_HOME": ""}

    def do(self, *words, timeout=20, **options):
        """Any command as that user, with that home."""
        environment = {**self.environment, **options.pop("env", {})}
        return run(self.command(words), timeout, env=environment, **options)

    def run(self, *arguments, **options):
        """`orderfs ARGUMENT …`; its Result when it comes back."""
        return self.do(self.program, *arguments, **options)

    def mount(self, *arguments, **options):
        """`orderfs ARGUMENT … MOUNTPOINT`, which must go well."""
        result = self.run(*arguments, self.path, **options)
        assert result.returncode == 0, result
        return result

    @property
    def entry(self):
        """What /proc/mounts says of the mount point: [source, path, type, options, …] or None."""
        table = Path("/proc/mounts").read_text(errors="surrogateescape").splitlines()
        lines = [line.split() for line in table if line.split()[1] == str(self.path)]
        return lines[-1] if lines else None

    @property
    def mounted(self):
        return self.entry is not None

    @property
    def pid(self):
        """Who serves the state in its default place; None when nobody ever did."""
        try:
            return int((self.state_dir / "lock").read_text())
        except (FileNotFoundError, NotADirectoryError):
            return None

    @property
    def running(self):
        """Whether that process is alive: not gone, and not a zombie that nobody reaps."""
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text()
        except FileNotFoundError:
            return False
        return status.rpartition(")")[2].split()[0] not in "ZX"

    def signal(self, number):
        os.kill(self.pid, number)

    def unmount(self):
        result = self.do("fusermount3", "-u", self.path)
        assert result.returncode == 0, result
        wait_until(lambda: not self.running, what="orderfs ends")

    def kill(self):
        """A crash; the dead mount stays."""
        self.signal(signal.SIGKILL)
        wait_until(lambda: not self.running, what="orderfs is killed")

    def finish(self):
        while self.mounted:
            process.run(["umount", "-l", self.path] if os.geteuid() == 0 else
                        ["fusermount3", "-uz", self.path])
        if self.pid and self.running and self._is_orderfs():
            os.kill(self.pid, signal.SIGKILL)

    def _is_orderfs(self):
        return "orderfs" in Path(f"/proc/{self.pid}/comm").read_text()


def copy_for_others(program, folder):
    """The program where every user can reach it, since a build may stand where only root can."""
    copy = folder / program.name
    shutil.copy(program, copy)
    copy.chmod(0o755)
    return copy
