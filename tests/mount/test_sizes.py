"""Promise 1: a file has a name only when it can be read, and from the first moment it has its exact
size and its final mtime.

A size of 0 with data behind it makes rsync and tar store nothing and report success; a wrong one
makes them cut files. So all that is copied here is copied as early as that is possible.
"""

import errno
import json
import sys
from datetime import datetime

import pytest

from harness import fails_with, run, wait_until

FILTER = "filter=ge(created_at,2026-03-01):lt(created_at,2026-04-01)"

# One call on a file that was just opened and that nobody ever asked for its size.
CALLS = {
    "read": "while block := os.read(file, 1 << 20): out.write(block)",
    "pread": "out.write(os.pread(file, 1 << 20, 0))",
    "readinto": "out.write(open(file, 'rb', buffering=0).readall())",
    "lseek": "size = os.lseek(file, 0, os.SEEK_END); out.write(os.pread(file, size, 0))",
    "sendfile": "while os.sendfile(out.fileno(), file, None, 1 << 20): pass",
    "splice": "a, b = os.pipe(); os.splice(file, b, 1000); out.write(os.read(a, 1000)); "
              "os.sendfile(out.fileno(), file, None, 1 << 20)",
    "mmap": "import mmap; out.write(mmap.mmap(file, 0, prot=mmap.PROT_READ)[:])",
}


def nanoseconds(text):
    """A time as the API prints it: 2026-08-01T10:00:00.123456789Z."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 10**9 + int(f"{fraction:0<9}")


def updated(m, job):
    return nanoseconds(json.loads(m.read(f"jobs/{job}/job.json"))["timestamps"]["updated_at"])


@pytest.mark.parametrize("status", ["pending", "started", "failed", "resting"])
def test_p01_no_name_before_it_can_be_read(sandbox, mount, status):
    shop = sandbox(orders=0)
    shop.event("freeze")
    shop.event("job", id="it", bytes=1000, status=status)
    m = mount(shop)
    assert "orders.csv" not in m.list("jobs/it")
    with fails_with(errno.ENOENT):
        m.stat("jobs/it/orders.csv")
    with fails_with(errno.ENOENT):
        m.read("jobs/it/orders.csv")
    shop.event("finish", id="it")
    m.refresh()
    assert "orders.csv" in m.list("jobs/it")
    assert m.stat("jobs/it/orders.csv").st_size == 1000
    assert m.read_bytes("jobs/it/orders.csv") == shop.raw_file("it")


@pytest.mark.parametrize("copy", [
    "cat orders.csv > $to/orders.csv", "cp orders.csv $to", "rsync -a orders.csv $to",
    "tar cf - orders.csv | tar xf - -C $to",
])
def test_p01_a_copy_the_moment_status_says_ready(sandbox, mount, tmp_path, copy):
    shop = sandbox(orders=0, export_seconds=0.2)
    m = mount(shop)
    m.write("jobs/trigger", FILTER)
    job, = shop.jobs()
    command = f"until grep -qx ready status; do :; done; {copy}"
    result = run(command, cwd=m.account / "jobs" / job["id"], env={"to": str(tmp_path)})
    assert result.returncode == 0, result
    assert (tmp_path / "orders.csv").read_bytes() == shop.raw_file(job["id"]) != b""


@pytest.mark.parametrize("size", [0, 1, 511, 8 << 20, 5_000_000_000])
def test_p01_the_first_stat_has_the_exact_size(sandbox, mount, size):
    shop = sandbox(orders=0)
    shop.event("job", id="it", bytes=size)
    assert mount(shop).stat("jobs/it/orders.csv").st_size == size


def test_p01_the_first_stat_has_the_final_mtime(sandbox, mount):
    shop = sandbox(orders=0, export_seconds=0.2)
    m = mount(shop)
    m.write("jobs/trigger", FILTER)
    job, = shop.jobs()
    name = f"jobs/{job['id']}/orders.csv"
    wait_until(lambda: m.read(f"jobs/{job['id']}/status") == "ready\n")
    mtime = m.stat(name).st_mtime_ns
    assert mtime == updated(m, job["id"])
    m.read(name)
    m.refresh()
    assert m.stat(name).st_mtime_ns == mtime
    m.remount()
    assert m.stat(name).st_mtime_ns == mtime


@pytest.mark.parametrize("call", CALLS)
def test_p01_opened_without_a_stat(sandbox, mount, tmp_path, call):
    shop = sandbox(orders=0)
    shop.event("job", id="it", bytes=300_001)
    m = mount(shop)
    out = tmp_path / "out"
    program = (f"import os; out = open({str(out)!r}, 'wb', buffering=0); "
               f"file = os.open({str(m.account / 'jobs/it/orders.csv')!r}, os.O_RDONLY)\n"
               f"{CALLS[call]}")
    result = run([sys.executable, "-I", "-S", "-c", program])
    assert result.returncode == 0, result
    assert out.read_bytes() == shop.raw_file("it")


@pytest.mark.parametrize("size", [0, 1, 300_001])
@pytest.mark.parametrize("fault", [
    {"ranges": False},
    {"ranges": False, "no_length": True},
    {"ranges": False, "no_length_close": True},
    {"no_length": True},
], ids=lambda fault: "+".join(fault))
def test_p01_servers_that_tell_less(sandbox, mount, fault, size):
    """Without ranges, without a length: the size is exact nevertheless."""
    shop = sandbox(orders=0)
    shop.event("job", id="it", bytes=size)
    shop.fault("download", times=0, **fault)
    m = mount(shop)
    assert m.stat("jobs/it/orders.csv").st_size == size
    assert m.read_bytes("jobs/it/orders.csv") == shop.raw_file("it")
    assert m.stat("jobs/it/orders.csv").st_size == size
    if len(fault) == 2:
        # Where asking for the length is a download, the URL may be good for no other.
        seen = [request["operation"] for request in shop.requests()]
        assert seen[-4:] == ["getAJobFile", "download"] * 2


@pytest.mark.parametrize("operation, fault, error", [
    ("download", {"status": 500}, errno.EREMOTEIO),
    ("download", {"status": 403}, errno.EACCES),
    ("download", {"hang": True}, errno.ETIMEDOUT),
    ("download", {"ranges": False, "no_length": True, "drop_after": 1000}, errno.EIO),
    ("getAJobFile", {"status": 404}, errno.ENOENT),
    ("getAJobFile", {"body_kind": "html"}, errno.EBADMSG),
], ids=str)
def test_p01_a_size_that_cannot_be_learnt_is_an_error(sandbox, mount, tmp_path, operation, fault,
                                                      error):
    """Never a file of size 0 that copies well; and it is learnt as soon as that is possible."""
    shop = sandbox(orders=0)
    shop.event("job", id="it", bytes=5000)
    m = mount(shop, limits={"deadline": "1s"})
    m.wait_listed()
    shop.fault(operation, times=0, **fault)
    with fails_with(error):
        m.stat("jobs/it/orders.csv")
    copied = run(["rsync", "-a", f"{m.account}/jobs/it/orders.csv", f"{tmp_path}/copy"])
    assert copied.returncode != 0 and not (tmp_path / "copy").exists(), copied
    shop.clear_faults()
    assert m.stat("jobs/it/orders.csv").st_size == 5000
    assert m.read_bytes("jobs/it/orders.csv") == shop.raw_file("it")
