"""Promise 15: bytes stream: the first arrive before the last have been sent; and however many read
a file, it is downloaded once."""

import hashlib

import pytest

from harness import onefile, run, wait_until

SIZE = 8 << 20


@pytest.fixture
def shop(sandbox):
    return onefile.with_file(sandbox, SIZE)


@pytest.fixture
def m(shop, mount):
    return onefile.mounted(shop, mount, limits={"deadline": "60s", "stall": "60s"})


@pytest.fixture
def file(m):
    return onefile.path_of(m)


def sent(shop):
    return sum(request["sent"] for request in shop.downloads())


@pytest.mark.parametrize("command", ["head -c 500000", "dd bs=500000 count=1 iflag=fullblock",
                                     "dd bs=1 count=2", "head -n 3000"])
def test_p15_the_first_bytes_come_from_a_download_that_never_ends(shop, file, command):
    shop.fault("download", stall_after=SIZE // 2)
    result = run(f"{command} < {file}")
    assert result.returncode == 0 and result.stdout
    assert shop.raw_file("it").startswith(result.stdout.encode())


def test_p15_the_middle_too_once_it_was_sent(shop, m, file):
    shop.fault("download", stall_after=SIZE // 2)
    assert m.read_range(file, 3 << 20, 1000) == shop.raw_file("it", first=3 << 20,
                                                              last=(3 << 20) + 999)


def test_p15_what_comes_slowly_is_read_as_it_comes(shop, file, spawn):
    shop.fault("download", slow_bytes_per_s=1 << 20)
    reader = spawn(["cat", file])
    wait_until(lambda: len(reader.output()) >= 1 << 18)
    assert reader.running and sent(shop) < SIZE


def test_p15_readers_share_one_download(shop, file, spawn):
    shop.fault("download", slow_bytes_per_s=SIZE)
    readers = [spawn(f"sha256sum < {file}") for _ in range(5)]
    wait_until(lambda: sent(shop) > 0)
    readers.append(spawn(f"sha256sum < {file}"))
    expected = hashlib.sha256(shop.raw_file("it")).hexdigest() + "  -\n"
    assert [reader.wait().stdout for reader in readers] == [expected] * 6
    assert len(shop.downloads()) == 1


def test_p15_who_reads_later_finds_it_here(shop, m, file):
    assert m.read_bytes(file) == shop.raw_file("it")
    forgotten = run(["dd", f"if={file}", "iflag=nocache", "count=0"])
    assert forgotten.returncode == 0, "the kernel gives back its own copy"
    assert m.read_bytes(file) == shop.raw_file("it")
    assert len(shop.downloads()) == 1


def test_p15_one_who_leaves_takes_nothing_from_the_others(shop, file, spawn):
    shop.fault("download", slow_bytes_per_s=2 * SIZE)
    first = spawn(["cat", file])
    wait_until(lambda: first.output())
    second = spawn(f"sha256sum < {file}")
    first.signal()
    assert first.wait().returncode != 0
    assert second.wait().stdout.split()[0] == hashlib.sha256(shop.raw_file("it")).hexdigest()
    assert len(shop.downloads()) <= 2, "the second may have come too late for the first's"


def test_p15_what_nobody_reads_is_not_downloaded(shop, m):
    """A download that nobody waits for any more ends; what came of it is there for the next reader."""
    shop.event("job", id="huge", bytes=40 * SIZE)
    m.refresh()
    shop.fault("download", times=0, slow_bytes_per_s=SIZE)
    assert run(f"head -c 1000 < {m.account}/jobs/huge/orders.csv").returncode == 0
    wait_until(lambda: all(request["over"] for request in shop.downloads()))
    assert 1000 <= sent(shop) < 40 * SIZE
    shop.clear_faults()
    assert m.read_range("jobs/huge/orders.csv", 0, 1000) == shop.raw_file("huge", first=0,
                                                                         last=999)


def test_p15_two_files_at_a_time(shop, m, spawn):
    """A download that hangs hinders no other file."""
    shop.event("job", id="other", bytes=100_000)
    m.refresh()
    shop.fault("download", stall_after=0)
    stuck = spawn(["cat", m.account / "jobs" / "it" / "orders.csv"])
    wait_until(lambda: shop.downloads())
    assert m.read_bytes("jobs/other/orders.csv") == shop.raw_file("other")
    assert stuck.running
