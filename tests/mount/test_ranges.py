"""Promise 16: random access fetches the ranges that are read, not the file; and no byte twice."""

import os
import random
import sys

import pytest

from harness import onefile, run, wait_until

MIB = 1 << 20
GIB = 1 << 30
READS = """import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
for at in map(int, sys.argv[2:]):
    sys.stdout.buffer.write(os.pread(file, 65536, at))
"""


@pytest.fixture
def shop(sandbox):
    return sandbox(orders=0)


def opened(shop, mount, size, **options):
    """A mount with a file of that size, which is known already; and the file."""
    shop.event("job", id="it", bytes=size)
    m = onefile.mounted(shop, mount, **options)
    shop.clear_requests()
    return m, onefile.path_of(m)


def sent(shop):
    return sum(request["sent"] for request in shop.downloads())


def part(shop, first, count):
    return shop.raw_file("it", first=first, last=first + count - 1)


def test_p16_the_end_of_a_huge_file_costs_little(shop, mount):
    size = 4 * GIB + 1
    m, file = opened(shop, mount, size)
    assert run(["tail", "-c", "1000", file]).stdout.encode() == part(shop, size - 1000, 1000)
    assert sent(shop) <= MIB // 2 and len(shop.downloads()) <= 3


@pytest.mark.parametrize("at", [1, 2 * GIB - 500, 4 * GIB - 7, 4 * GIB])
def test_p16_so_do_others_of_its_places(shop, mount, at):
    size = 4 * GIB + 1
    m, file = opened(shop, mount, size)
    count = min(1000, size - at)
    assert m.read_range(file, at, 1000) == part(shop, at, count)
    if at > MIB:
        assert sent(shop) <= MIB // 2


def test_p16_random_reads_cost_at_most_five_times_their_bytes(shop, mount):
    size, count = 512 * MIB, 200
    m, file = opened(shop, mount, size)
    chance = random.Random(16)
    places = [chance.randrange(MIB, size - 65536) for _ in range(count)]
    out = m.folder / "out"
    result = run(f"{sys.executable} -I -S -c '{READS}' {file} {' '.join(map(str, places))} > {out}")
    assert result.returncode == 0, result
    with open(out, "rb") as read:
        for at in places:
            assert read.read(65536) == part(shop, at, 65536)
    assert sent(shop) <= 5 * count * 65536


def test_p16_who_reads_on_from_the_middle_gets_few_requests(shop, mount):
    size = 64 * MIB
    m, file = opened(shop, mount, size)
    result = run(f"dd if={file} bs=1M skip=20 count=30 status=none | sha256sum")
    expected = run("sha256sum", input=part(shop, 20 * MIB, 30 * MIB).decode())
    assert result.stdout == expected.stdout
    assert len(shop.downloads()) <= 6


def test_p16_backwards(shop, mount):
    size = 16 * MIB
    m, file = opened(shop, mount, size)
    result = run(f"tac {file} | sha256sum")
    expected = run(f"tac | sha256sum", input=shop.raw_file("it").decode())
    assert result.stdout == expected.stdout
    assert sent(shop) <= 2 * size


def test_p16_no_byte_comes_twice_at_a_time(shop, mount, spawn):
    """Many who read the same places, in the same order and in another."""
    size = 32 * MIB
    m, file = opened(shop, mount, size)
    shop.fault("download", times=0, slow_bytes_per_s=64 * MIB)
    places = [at * MIB + 77 for at in range(2, 30, 3)]
    readers = [spawn([sys.executable, "-I", "-S", "-c", READS, file, *order])
               for order in (places, places, places[::-1], places)]
    for reader in readers:
        assert reader.wait().returncode == 0
    seen = set()
    for request in shop.downloads():
        first, last = request["range"].removeprefix("bytes=").split("-")
        blocks = set(range(int(first) // 65536, int(last) // 65536 + 1))
        assert not blocks & seen, "a part was fetched twice"
        seen |= blocks


def test_p16_a_reader_of_the_end_does_not_wait_for_the_start(shop, mount, spawn):
    size = 64 * MIB
    m, file = opened(shop, mount, size)
    shop.fault("download", slow_bytes_per_s=MIB)
    slow = spawn(["cat", file])
    wait_until(lambda: slow.output())
    assert m.read_range(file, size - 1000, 1000) == part(shop, size - 1000, 1000)
    assert slow.running


@pytest.mark.parametrize("fault", [{"ranges": False}, {"ranges": False, "no_length": True}], ids=str)
def test_p16_a_server_without_ranges_is_read_to_the_place(shop, mount, spawn, fault):
    """The whole is streamed, once, and whoever reads elsewhere waits for it."""
    size = 8 * MIB
    m, file = opened(shop, mount, size)
    shop.fault("download", times=0, **fault)
    # While somebody has it open nothing is called off.
    holder = spawn(f"exec tail -f /dev/null < {file}")
    wait_until(lambda: os.readlink(f"/proc/{holder.child.pid}/fd/0") == str(file))
    for at in (5 * MIB, MIB, 7 * MIB, size - 1):
        assert m.read_range(file, at, 1000) == part(shop, at, min(1000, size - at))
    assert run(f"cat {file} | wc -c").stdout == f"{size}\n"
    assert len(shop.downloads()) <= 2 and sent(shop) <= 2 * size


@pytest.mark.parametrize("content_range", ["bytes 0-999/8388608", "bytes 5-4/8388608", "what",
                                           "bytes 4194304-5000000/99"])
def test_p16_a_wrong_range_is_never_shown(shop, mount, content_range):
    m, file = opened(shop, mount, 8 * MIB)
    shop.fault("download", times=0, headers={"Content-Range": content_range})
    with pytest.raises(OSError):
        m.read_range(file, 4 * MIB, 1000)


def test_p16_a_range_that_is_refused_is_an_error(shop, mount):
    """416 where the file has bytes: never an end of file."""
    m, file = opened(shop, mount, 8 * MIB)
    shop.fault("download", times=0, status=416)
    with pytest.raises(OSError):
        m.read_range(file, 4 * MIB, 1000)


def test_p16_what_is_packed_for_the_way_is_not_asked_for(shop, mount):
    m, file = opened(shop, mount, MIB)
    assert m.read_bytes(file) == shop.raw_file("it")
    for request in shop.requests("download"):
        assert request["headers"].get("Accept-Encoding") == "identity"
