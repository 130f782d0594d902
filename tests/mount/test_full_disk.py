"""A full disk under the cache or the state: whoever needs the room hears it, nobody else does,
nothing is sent that could not be written down, and all goes on when there is room again."""

import errno
import gzip
import os
import random

import pytest

from harness import fails_with, run, wait_until
from harness.devices import needs_root, tmpfs
from harness.shelf import Shelf

pytestmark = needs_root
MIB = 1 << 20
COMMAND = "filter=eq(payment,paid)"


@pytest.fixture
def disk(tmp_path):
    with tmpfs(tmp_path / "disk", "size=2m") as path:
        yield path


def fill(disk):
    """Take every byte that is left; gives the file to remove."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as problem:
                assert problem.errno == errno.ENOSPC
    return ballast


def test_a_download_that_finds_no_room_fails_for_its_reader(sandbox, mount, disk):
    shop = sandbox(orders=0)
    shop.event("job", id="large", bytes=8 * MIB)
    shop.event("job", id="small", bytes=100_000)
    m = mount(shop, config={"cache": {"dir": str(disk / "cache")}})
    wait_until(lambda: m.exists("jobs/large"))
    with fails_with(errno.ENOSPC):
        m.read_bytes("jobs/large/orders.csv")
    assert "No space left" in m.read("jobs/large/error")
    assert m.read_bytes("jobs/small/orders.csv") == shop.raw_file("small")
    assert m.read("jobs/large/status") == "ready\n"
    m.write("jobs/trigger", COMMAND)
    assert os.statvfs(disk).f_bavail * 4096 > MIB, "what did not fit was left behind"


def test_a_download_works_when_there_is_room_again(sandbox, mount, disk):
    shop = sandbox(orders=0)
    shop.event("job", id="one", bytes=MIB)
    m = mount(shop, config={"cache": {"dir": str(disk / "cache")}})
    wait_until(lambda: m.exists("jobs/one"))
    ballast = fill(disk)
    with fails_with(errno.ENOSPC):
        m.read_bytes("jobs/one/orders.csv")
    assert "files" in m.list(m.control)
    with fails_with(errno.ENOSPC):
        m.read(m.control / "files")
    assert "No space left" in m.log().splitlines()[-1]
    ballast.unlink()
    assert m.read_bytes("jobs/one/orders.csv") == shop.raw_file("one")
    assert not m.exists("jobs/one/error")
    assert m.read(m.control / "files").count("\n") == 1


def test_what_nobody_reads_gives_way_where_the_disk_is_smaller_than_the_limit(sandbox, mount, disk):
    shop = sandbox(orders=0)
    names = [job["id"] for job in shop.event("job", bytes=MIB + MIB // 2, count=3)["jobs"]]
    m = mount(shop, config={"cache": {"dir": str(disk / "cache")}})
    m.wait_listed()
    for name in [*names, *names]:
        try:
            read = m.read_bytes(f"jobs/{name}/orders.csv")
        except OSError:  # The kernel may tell of the last close a little later.
            read = m.read_bytes(f"jobs/{name}/orders.csv")
        assert read == shop.raw_file(name)


def test_a_disk_that_fills_in_the_middle_stops_that_reader_alone(sandbox, mount, spawn, tmp_path):
    with tmpfs(tmp_path / "larger", "size=12m") as disk:
        shop = sandbox(orders=0)
        for name, size in (("large", 8 * MIB), ("read", MIB), ("unread", 1000)):
            shop.event("job", id=name, bytes=size)
        m = mount(shop, config={"cache": {"dir": str(disk / "cache")}})
        m.wait_listed()
        assert m.read_bytes("jobs/read/orders.csv") == shop.raw_file("read")
        shop.fault("download", times=0, slow_bytes_per_s=4 * MIB)
        reader = spawn(["cat", m.account / "jobs/large/orders.csv"])
        wait_until(lambda: len(reader.output()) > MIB)
        ballast = fill(disk)
        ended = reader.wait()
        assert ended.returncode != 0 and "No space left on device" in ended.stderr
        assert shop.raw_file("large").startswith(ended.stdout.encode())
        forgotten = run(["dd", f"if={m.account}/jobs/read/orders.csv", "iflag=nocache", "count=0"])
        assert forgotten.returncode == 0, "the kernel gives back its own copy"
        assert m.read_bytes("jobs/read/orders.csv") == shop.raw_file("read")
        assert m.read("jobs/large/status") == "ready\n" and m.stat("jobs/unread/orders.csv")
        ballast.unlink()
        shop.clear_faults()
        assert m.read_bytes("jobs/large/orders.csv") == shop.raw_file("large")
        assert m.read_bytes("jobs/unread/orders.csv") == shop.raw_file("unread")


def test_what_is_unpacked_finds_no_room_either(mount, disk):
    small, large = (random.Random(size).randbytes(size) for size in (1000, 3 * MIB))
    with Shelf({"large.gz": gzip.compress(large, 0), "small.gz": gzip.compress(small)}) as shelf:
        m = shelf.mount(mount, config={"cache": {"dir": str(disk / "cache")}})
        with fails_with(errno.ENOSPC):
            m.read_bytes("items/1/large")
        # The kernel tells of a close a little later: then the room is given back.
        wait_until(lambda: m.read_bytes("items/2/small") == small)
        assert "No space left" in m.read("items/1/error")


@pytest.fixture
def full(sandbox, mount, disk):
    """A mount that knows its jobs, and whose state has no byte left."""
    shop = sandbox(orders=6)
    shop.event("job", id="done", bytes=5000)
    m = mount(shop, config={"state": str(disk / "state")})
    m.names = sorted([*(job["id"] for job in shop.jobs()), "trigger"])
    assert m.list("jobs") == m.names
    wait_until(lambda: m.exists(m.control / "ready"))
    m.ballast = fill(disk)
    return shop, m


def test_what_is_known_is_still_shown(full):
    shop, m = full
    assert m.list("jobs") == m.names
    assert m.stat("jobs/done/job.json").st_size == len(m.read_bytes("jobs/done/job.json"))
    assert m.read("jobs/done/status") == "ready\n"
    assert m.read(m.control / "history") == ""


def test_p12_a_command_that_cannot_be_written_down_is_not_sent(full):
    shop, m = full
    with fails_with(errno.ENOSPC):
        m.write("jobs/trigger", COMMAND)
    assert shop.requests("createJob") == []
    assert "not sent" in m.read("status")


def test_the_same_command_is_sent_when_there_is_room_again(full):
    shop, m = full
    with fails_with(errno.ENOSPC):
        m.write("jobs/trigger", COMMAND)
    m.ballast.unlink()
    m.write("jobs/trigger", COMMAND)
    assert len(shop.requests("createJob")) == 1
    assert len(m.list("jobs")) == len(m.names) + 1
    wait_until(lambda: m.read("status") == "ok\n")


def test_news_wait_until_there_is_room(full):
    shop, m = full
    shop.event("job", id="new", count=1, bytes=200)
    with fails_with(errno.ENOSPC):
        m.write(m.control / "refresh", "now")
    assert m.list("jobs") == m.names and not m.exists(m.control / "ready")
    m.ballast.unlink()
    m.write(m.control / "refresh", "now")
    assert "new" in m.list("jobs") and m.exists(m.control / "ready")


def test_a_full_disk_is_no_damage(full):
    shop, m = full
    with fails_with(errno.ENOSPC):
        m.write("jobs/trigger", COMMAND)
    m.terminate()
    m.ballast.unlink()
    m.remount()
    assert m.list("jobs") == m.names
