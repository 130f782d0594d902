"""Promise 19: a dropped connection is picked up where it broke; the reader notices nothing but time."""

import errno

import pytest

from harness import onefile, run, wait_until

SIZE = 8 << 20


@pytest.fixture
def shop(sandbox):
    return onefile.with_file(sandbox, SIZE)


@pytest.fixture
def m(shop, mount):
    made = onefile.mounted(shop, mount, limits={"stall": "1s", "deadline": "20s"})
    shop.clear_requests()
    return made


@pytest.fixture
def file(m):
    return onefile.path_of(m)


def starts(shop):
    return [int((request["range"] or "bytes=0-").removeprefix("bytes=").split("-")[0])
            for request in shop.downloads()]


@pytest.mark.parametrize("fault", [
    {"drop_after": 3 << 20}, {"drop_after": 3 << 20, "reset": True}, {"drop_after": SIZE - 1},
    {"drop_after": 1}, {"stall_after": 3 << 20}, {"no_length": True, "drop_after": 3 << 20},
    {"no_length_close": True, "drop_after": 3 << 20}, {"drop": "before"}, {"drop_after": 0},
    {"status": 503},
], ids=str)
def test_p19_what_broke_goes_on(shop, m, file, fault):
    shop.fault("download", **fault)
    assert m.read_bytes(file) == shop.raw_file("it")
    assert not m.exists("jobs/it/error")


def test_p19_from_where_it_broke(shop, m, file):
    shop.fault("download", drop_after=3 << 20, times=2)
    assert m.read_bytes(file) == shop.raw_file("it")
    assert starts(shop) == [0, 3 << 20, 6 << 20]
    assert sum(request["sent"] for request in shop.downloads()) == SIZE


def test_p19_again_and_again_as_long_as_it_gets_on(shop, m, file):
    shop.fault("download", drop_after=400_000, times=0)
    assert m.read_bytes(file) == shop.raw_file("it")
    assert len(shop.downloads()) >= SIZE // 400_000


def test_p19_with_the_same_etag_or_not_at_all(shop, m, file):
    shop.fault("download", drop_after=3 << 20)
    assert m.read_bytes(file) == shop.raw_file("it")
    second = shop.downloads()[1]["headers"]
    assert second["If-Range"].startswith('"')


def test_p19_a_range_too(shop, m, file):
    shop.fault("download", drop_after=100, times=2)
    assert m.read_range(file, 5 << 20, 50_000) == \
        shop.raw_file("it", first=5 << 20, last=(5 << 20) + 49_999)


def test_p19_a_server_without_ranges_begins_again(shop, m, file):
    shop.fault("download", drop_after=3 << 20, ranges=False)
    shop.fault("download", times=0, ranges=False)
    assert m.read_bytes(file) == shop.raw_file("it")


def test_p19_one_that_gets_nowhere_is_given_up(shop, m, file):
    shop.fault("download", drop_after=1000, times=0, ranges=False)
    with pytest.raises(OSError) as failure:
        m.read_bytes(file)
    assert failure.value.errno == errno.EIO
    assert 4 <= len(shop.downloads()) <= 7
    assert "orders.csv" in m.read("jobs/it/error")
    shop.clear_faults()
    assert m.read_bytes(file) == shop.raw_file("it"), "the next open is a new beginning"
    assert not m.exists("jobs/it/error")


@pytest.mark.parametrize("after", [1000, 3 << 20])
def test_p19_silence_ends_before_the_readers_patience(shop, mount, after):
    """Also where a stall alone is given more time than a reader has."""
    m = mount(shop, limits={"stall": "60s", "deadline": "6s"})
    assert m.stat("jobs/it/orders.csv").st_size == SIZE
    shop.fault("download", stall_after=after)
    assert m.read_bytes("jobs/it/orders.csv") == shop.raw_file("it")


def test_p19_a_server_that_comes_back(shop, m, file, spawn):
    """The reader waits through a restart of the server."""
    shop.fault("download", slow_bytes_per_s=8 << 20)
    reader = spawn(f"sha256sum < {file}")
    wait_until(lambda: sum(request["sent"] for request in shop.downloads()) > 1 << 20)
    shop.fault("download", drop="before", times=2)
    expected = run("sha256sum", input=shop.raw_file("it").decode()).stdout
    assert reader.wait().stdout == expected
