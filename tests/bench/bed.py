"""What the rows are measured on: sandboxes, mounts, curl, and commands with a clock beside them.

The sandbox and the mounts are those of the tests (../mount/harness). One thing differs: here
nothing lists while something is measured, so the mounts get a copy of the description that
lists once, at the start.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections import namedtuple
from json import load
from pathlib import Path
from time import perf_counter

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "mount"))

from harness import accounts, process  # noqa: E402 (found by the line above)
from harness.mounted import Mount  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.program import Program  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402
from harness.shelf import DESCRIPTION  # noqa: E402

DESCRIPTIONS = TOP / "src" / "provider" / "apis"
READER = Path(__file__).with_name("reader.py")
MIB = 1 << 20
# Nothing is slowed down on purpose, and a listing of 100,000 jobs fits.
LIMITS = {"per_second": "100000", "burst": "100000"}
SETTINGS = {"limits": {"answer": "128M", "deadline": "120s"}, "cache": {"size": "8G"}}

Timed = namedtuple("Timed", "seconds cpu")
Asked = namedtuple("Asked", "status connects total first_byte")


class Unmeasured(Exception):
    """What was measured was not what it was meant to be."""


def timed(command, output=os.devnull, env=None):
    """Run a command; its seconds by the clock, and those of the processor."""
    command = [str(word) for word in command]
    with open(output, "wb") as stdout:
        began = perf_counter()
        child = subprocess.Popen(command, stdout=stdout, stdin=subprocess.DEVNULL,
                                 env={**os.environ, **process.ENVIRONMENT, **(env or {})})
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            raise
        seconds = perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise Unmeasured(f"{' '.join(command)}: exit status {child.returncode}")
    return Timed(seconds, usage.ru_utime + usage.ru_stime)


def cpu_of(pid):
    """The processor's seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(m, name):
    """MiB, by the kernel's name for it."""
    lines = Path(f"/proc/{m.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def read_each(paths, how="whole"):
    """Seconds that opening, reading and closing took, path by path."""
    result = process.run(["/usr/bin/python3", "-I", "-S", READER, how], timeout=300,
                         input="".join(f"{path}\n" for path in paths))
    if result.returncode:
        raise Unmeasured(result.stderr)
    return [float(line) for line in result.stdout.split()]


class Curl:
    """curl as a client of one sandbox: many URLs, one process, one connection."""

    def __init__(self, shop, folder):
        self._config = folder / f"curl-{shop.account}.conf"
        self._account = shop.accounts[shop.account]
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": self._account["client_id"],
            "client_secret": self._account["client_secret"]}).encode()
        with _open(f"{self._account['base_url']}/oauth/access_token", form) as answer:
            self._token = load(answer)["access_token"]

    def job(self, job_id, rest=""):
        """The URL of a job."""
        return f"{self._account['base_url']}/v2/jobs/{job_id}{rest}"

    def download_url(self, job_id):
        """A fresh address of its file, as the API gives it."""
        request = urllib.request.Request(self.job(job_id, "/file"),
                                         headers={"Authorization": f"Bearer {self._token}"})
        with _open(request) as answer:
            return load(answer)["data"]["href"]

    def ask(self, urls, signed=False):
        """GET each; what curl's own clock says of each. The connection must have been kept."""
        lines = ['write-out = "%{http_code} %{num_connects} %{time_total} '
                 '%{time_starttransfer}\\n"']
        if not signed:
            lines.append(f'header = "Authorization: Bearer {self._token}"')
        for url in urls:
            lines += [f'url = "{url}"', 'output = "/dev/null"']
        self._config.write_text("\n".join(lines) + "\n")
        result = process.run([*self._command(), "-K", self._config], timeout=300)
        asked = [Asked(*map(float, line.split())) for line in result.stdout.splitlines()]
        if [one.status for one in asked] != [200] * len(urls):
            raise Unmeasured(f"curl: {result}")
        if sum(one.connects for one in asked) != 1:
            raise Unmeasured("curl did not keep its connection")
        return asked

    def fetch(self, url, path):
        """`curl -o PATH URL`, Timed."""
        return timed([*self._command(), "--fail", "-o", path, url])

    @staticmethod
    def _command():
        return ["curl", "-q", "-s", "--noproxy", "*"]


def _open(request, data=None):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, data, timeout=30)


class Bed:
    """Makes what is needed under one folder, and takes all of it away again."""

    def __init__(self, orderfs, folder):
        self.orderfs = orderfs
        self._parent = folder
        self._stack = contextlib.ExitStack()
        self._count = 0

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="orderfs-bench-", dir=self._parent))
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._stack.callback(end_all, self.folder)
        return self

    def __exit__(self, *_):
        self._stack.close()

    def new_folder(self, parent=None):
        self._count += 1
        path = (parent or self.folder) / f"{self.folder.name}-{self._count}"
        path.mkdir()
        if parent:
            self._stack.callback(shutil.rmtree, path, ignore_errors=True)
        return path

    def sandbox(self, **options):
        made = Sandbox(self.new_folder(), **options)
        self._stack.callback(made.finish)
        return made

    def mount(self, shop):
        """Mounted and listed, in the foreground so that its process is known."""
        folder = self.new_folder()
        write_description(folder, shop)
        made = Mount(self.orderfs, folder, settings_of(shop))
        self._stack.callback(made.finish)
        wait_listed(made.path)
        return made

    def shelf_mount(self, shelf):
        """One that never saw the shelf, mounted and listed."""
        made = Mount(self.orderfs, self.new_folder(),
                     {"accounts": {"shelf": shelf.account()}, **SETTINGS},
                     descriptions={"shelf": DESCRIPTION})
        self._stack.callback(made.finish)
        wait_listed(made.path)
        return made

    def program(self, shop):
        """Not started, but it has listed once: what a second start finds."""
        made = Program(self.orderfs, self.new_folder())
        self._stack.callback(made.finish)
        made.configure("")
        write_description(made.config_file.parent, shop)
        accounts.write(made.config_file, settings_of(shop))
        made.mount()
        wait_listed(made.path)
        made.unmount()
        return made


def end_all(folder):
    """Whatever was only half made when something went wrong: processes, and mounts in a folder."""
    process.end_all()
    for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
        point = line.split()[4]
        if point.startswith(f"{folder}/"):
            process.run(["fusermount3", "-uz", point])


def write_description(folder, shop):
    """The account's description, but for the listing that comes in between."""
    path = DESCRIPTIONS / f"{shop.accounts[shop.account]['provider']}.yaml"
    text, found = re.subn(r"^( *poll: ).*$", r"\1{list: 1h, active: 1h..1h}",
                          path.read_text(), flags=re.MULTILINE)
    if found != 1:
        raise Unmeasured(f"{path} has no line `poll:`")
    (folder / "providers").mkdir()
    (folder / "providers" / path.name).write_text(text)


def settings_of(shop):
    account = {**shop.accounts[shop.account], "limits": LIMITS}
    return {"accounts": {shop.account: account}, **SETTINGS}


def wait_listed(path):
    wait_until((path / ".orderfs" / "ready").exists, 120, "the account is listed")
