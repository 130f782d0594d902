"""Content larger than the cache streams through it: at most `cache.size` stays on disk, and a slow
reader slows the download, not the disk."""

import hashlib
import os
import sys

import pytest

from harness import run, wait_until

MIB = 1 << 20
CACHE = 16 * MIB
SIZE = 96 * MIB
SLACK = 12 * MIB

SLOWLY = """import os, sys, time
file = os.open(sys.argv[1], os.O_RDONLY)
while block := os.read(file, 1 << 20):
    sys.stdout.buffer.write(block)
    sys.stdout.flush()
    time.sleep(0.01)
"""
FIRST = """import os, sys, time
file = os.open(sys.argv[1], os.O_RDONLY)
sys.stdout.buffer.write(os.read(file, 3 << 20))
sys.stdout.flush()
time.sleep(60)
"""


@pytest.fixture
def shop(sandbox):
    made = sandbox(orders=0)
    made.event("job", id="it", bytes=SIZE)
    return made


@pytest.fixture
def m(shop, mount):
    made = mount(shop, limits={"deadline": "30s"}, config={"cache": {"size": "16M"}})
    assert made.stat("jobs/it/orders.csv").st_size == SIZE
    return made


@pytest.fixture
def file(m):
    return m.account / "jobs" / "it" / "orders.csv"


def digest(shop):
    return hashlib.sha256(shop.raw_file("it")).hexdigest()


def on_disk(m):
    """What the nameless files take, as the kernel counts it; or the program's own word."""
    bytes_in_use = 0
    for name in os.listdir(f"/proc/{m.pid}/fd"):
        try:
            stat = os.stat(f"/proc/{m.pid}/fd/{name}")
            target = os.readlink(f"/proc/{m.pid}/fd/{name}")
        except OSError:
            continue
        if str(m.cache_dir) in target:
            bytes_in_use += stat.st_blocks * 512
    return bytes_in_use


def test_p16_a_file_larger_than_the_cache_is_read_whole(shop, m, file):
    assert run(f"sha256sum < {file}", timeout=60).stdout.split()[0] == digest(shop)
    assert on_disk(m) <= CACHE + SLACK
    assert sum(request["sent"] for request in shop.downloads()) <= SIZE + SLACK


def test_p16_while_it_is_read_too(shop, m, file, spawn):
    reader = spawn(f"{sys.executable} -I -S -c '{SLOWLY}' {file} | sha256sum")
    most = 0
    while reader.running:
        most = max(most, on_disk(m))
    assert reader.wait().stdout.split()[0] == digest(shop)
    assert most <= CACHE + SLACK, most


def test_p16_a_reader_who_stands_still_holds_the_download(shop, m, file, spawn):
    reader = spawn([sys.executable, "-I", "-S", "-c", FIRST, file])
    wait_until(lambda: len(reader.output()) == 3 * MIB)
    seen = []
    wait_until(lambda: seen.append(on_disk(m)) or (len(seen) > 30 and seen[-1] == seen[-30]))
    assert on_disk(m) <= CACHE + SLACK
    assert m.read_range(file, 50 * MIB, 1000) == shop.raw_file("it", first=50 * MIB,
                                                               last=50 * MIB + 999)


def test_p16_what_was_given_up_is_fetched_again(shop, m, file):
    assert run(f"sha256sum < {file}", timeout=60).stdout.split()[0] == digest(shop)
    run(["dd", f"if={file}", "iflag=nocache", "count=0"])
    assert m.read_range(file, MIB, 1000) == shop.raw_file("it", first=MIB, last=MIB + 999)
    assert run(f"sha256sum < {file}", timeout=60).stdout.split()[0] == digest(shop)


def test_p16_two_readers_far_from_each_other(shop, m, file, spawn):
    readers = [spawn(f"sha256sum < {file}"),
               spawn(f"tail -c {SIZE // 3} {file} | sha256sum")]
    results = [reader.wait(60).stdout.split()[0] for reader in readers]
    tail = shop.raw_file("it", first=SIZE - SIZE // 3, last=SIZE - 1)
    assert results == [digest(shop), hashlib.sha256(tail).hexdigest()]
    assert on_disk(m) <= CACHE + 2 * SLACK


def test_p16_a_server_without_ranges_is_held_too(shop, m, file, spawn):
    shop.fault("download", times=0, ranges=False)
    reader = spawn(f"{sys.executable} -I -S -c '{SLOWLY}' {file} | sha256sum")
    most = 0
    while reader.running:
        most = max(most, on_disk(m))
    assert reader.wait().stdout.split()[0] == digest(shop)
    assert most <= CACHE + SLACK, most
    assert len(shop.downloads()) == 1


def test_p16_what_is_not_open_goes_first(shop, m, file):
    for name in ("one", "two", "three"):
        shop.event("job", id=name, bytes=8 * MIB)
    m.refresh()
    for name in ("one", "two", "three"):
        assert m.read_bytes(f"jobs/{name}/orders.csv") == shop.raw_file(name)
    assert m.read_bytes("jobs/three/orders.csv") == shop.raw_file("three")
    assert on_disk(m) <= CACHE + SLACK
