"""Content larger than the cache streams through it: at most `cache.size` stays on disk, and a slow
reader slows the download, not the disk."""

import hashlib
import os
import subprocess
import sys

import pytest

from harness import onefile, process, run, wait_until

MIB = 1 << 20
CACHE = 16 * MIB
SIZE = 96 * MIB
SLACK = 12 * MIB

# Reads a little, and holds the file open.
FIRST = """import os, signal, sys
file = os.open(sys.argv[1], os.O_RDONLY)
sys.stdout.buffer.write(os.read(file, 3 << 20))
sys.stdout.flush()
signal.pause()
"""


@pytest.fixture
def shop(sandbox):
    return onefile.with_file(sandbox, SIZE)


@pytest.fixture
def m(shop, mount):
    return onefile.mounted(shop, mount, limits={"deadline": "30s"},
                           config={"cache": {"size": "16M"}})


@pytest.fixture
def file(m):
    return onefile.path_of(m)


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


def read_in_steps(m, file):
    """Read by somebody who goes on only when the disk was looked at; gives the digest."""
    reader, seen = process.start(["cat", file], stdout=subprocess.PIPE), hashlib.sha256()
    try:
        while block := reader.stdout.read(MIB):
            seen.update(block)
            assert on_disk(m) <= CACHE + SLACK
    finally:
        reader.stdout.close()
        process.end(reader)
    return seen.hexdigest()


def test_p16_a_file_larger_than_the_cache_is_read_whole(shop, m, file):
    assert run(f"sha256sum < {file}", timeout=60).stdout.split()[0] == digest(shop)
    assert on_disk(m) <= CACHE + SLACK
    assert sum(request["sent"] for request in shop.downloads()) <= SIZE + SLACK


def test_p16_while_it_is_read_too(shop, m, file):
    assert read_in_steps(m, file) == digest(shop)


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


def test_p16_a_server_without_ranges_is_held_too(shop, m, file):
    shop.fault("download", times=0, ranges=False)
    assert read_in_steps(m, file) == digest(shop)
    assert len(shop.downloads()) == 1


def test_p16_what_is_not_open_goes_first(shop, m, file):
    for name in ("one", "two", "three"):
        shop.event("job", id=name, bytes=8 * MIB)
    m.refresh()
    for name in ("one", "two", "three"):
        assert m.read_bytes(f"jobs/{name}/orders.csv") == shop.raw_file(name)
    assert m.read_bytes("jobs/three/orders.csv") == shop.raw_file("three")
    assert on_disk(m) <= CACHE + SLACK


# Reads more than there is room for, then what had to go for it.
AGAIN = """import hashlib, os, sys
first, second = [os.open(path, os.O_RDONLY) for path in sys.argv[1:]]
for at in range(0, 14 << 20, 1 << 17):
    os.pread(first, 1 << 17, at)
for at in range(0, 6 << 20, 1 << 17):
    os.pread(second, 1 << 17, at)
for at in 14 << 20, 0:
    os.posix_fadvise(first, 0, 0, os.POSIX_FADV_DONTNEED)
    again = os.pread(first, 1 << 17, at)
print(hashlib.sha256(again).hexdigest())
"""


def test_p16_so_is_what_came_without_a_length(sandbox, mount):
    """It is whole once, so that its length is known; then it goes like any other."""
    shop = onefile.with_file(sandbox, 15 * MIB)
    shop.event("job", id="other", bytes=14 * MIB)
    shop.fault("download", times=0, no_length=True, ranges=False)
    m = mount(shop, limits={"deadline": "8s"}, config={"cache": {"size": "16M"}})
    m.wait_listed()
    result = run([sys.executable, "-I", "-S", "-c", AGAIN, onefile.path_of(m),
                  m.account / "jobs" / "other" / "orders.csv"], timeout=40)
    start = shop.raw_file("it", first=0, last=(1 << 17) - 1)
    assert result.stdout.strip() == hashlib.sha256(start).hexdigest(), result.stderr
