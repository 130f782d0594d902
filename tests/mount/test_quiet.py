"""Promise 4: `ls`, `stat`, `find` and `df` of what is known make no request and wait for none,
whatever the network does. The size of a finished file is learnt by one small request, once and for
all."""

import contextlib
import errno

import pytest

from harness import fails_with, run, wait_until

# All of them in jobs/.
LOOKING = ["ls", "ls -l", "ls -laR", "ls *", "find", "find -ls", "find -size +1k",
           "stat -c %n:%i:%s:%Y *", "stat -c %n:%i:%s:%Y */orders.csv", "df .", "du -a",
           "test -e no-such-job"]


def look(m, command):
    result = run(command, cwd=m.account / "jobs")
    assert result.returncode == (1 if command.startswith("test") else 0), result
    return result.stdout


@contextlib.contextmanager
def asks_nothing(shop):
    shop.clear_requests()
    yield
    assert shop.requests() == []


@pytest.fixture
def shop(sandbox):
    return sandbox(orders=10)


@pytest.fixture
def m(shop, mount):
    """Everything is listed, no size is known yet. Who waits for the network, waits too long."""
    made = mount(shop, limits={"deadline": "90s", "stall": "90s"})
    made.wait_listed()
    return made


def test_p04_looking_at_what_is_known_asks_nothing(shop, m):
    look(m, "ls -lR")
    with asks_nothing(shop):
        for command in LOOKING:
            look(m, command)


def test_p04_not_even_after_a_remount(shop, m):
    """What the kernel kept is gone then, and orderfs alone answers."""
    look(m, "ls -lR")
    m.remount()
    m.wait_listed()
    with asks_nothing(shop):
        for command in LOOKING:
            look(m, command)


def test_p04_names_alone_ask_for_no_sizes(shop, m):
    with asks_nothing(shop):
        for command in ("ls", "ls -R", "ls *", "ls -ld *", "find", "find -type f",
                        "find -name '*.csv'", "df ."):
            look(m, command)


@pytest.mark.parametrize("network", ["refuses", "hangs", "answers errors"])
def test_p04_whatever_the_network_does(shop, m, network):
    seen = {command: look(m, command) for command in LOOKING}
    if network == "refuses":
        shop.stop()
    elif network == "hangs":
        shop.fault("*", times=0, hang=True)
    else:
        shop.fault("*", times=0, status=503)
    m.remount()
    for command in LOOKING:
        assert look(m, command) == seen[command], command


def test_p04_a_hanging_reader_hinders_nobody_who_looks(shop, m, spawn):
    shop.event("job", id="slow", bytes=8 << 20)
    m.refresh()
    look(m, "ls -lR")
    looked = len(shop.requests())
    shop.fault("*", times=0, hang=True)
    reader = spawn(["cat", m.account / "jobs" / "slow" / "orders.csv"])
    wait_until(lambda: len(shop.requests()) > looked)
    for command in LOOKING:
        look(m, command)
    assert reader.running


def test_p04_a_size_is_one_small_request(shop, m):
    shop.event("job", id="big", bytes=10**9)
    m.refresh()
    with asks_nothing(shop):
        assert m.list("jobs/big") == ["job.json", "orders.csv", "status"]
    assert m.stat("jobs/big/orders.csv").st_size == 10**9
    assert [request["operation"] for request in shop.requests()] == ["getAJobFile", "download"]
    assert shop.requests("download")[0]["sent"] < 1000


def test_p04_a_size_is_never_asked_for_again(shop, m):
    name = f"jobs/{next(job['id'] for job in shop.jobs() if job['bytes'])}/orders.csv"
    size = m.stat(name).st_size
    for restart in (m.terminate, m.kill, lambda: None):
        with asks_nothing(shop):
            assert m.stat(name).st_size == size
        restart()
        m.remount()
        m.wait_listed()
    shop.clear_requests()
    m.read(name)
    assert len(shop.requests("download")) == len(shop.downloads()) == 1, "nor by who reads"


def test_p04_many_who_ask_share_one_request(shop, m, spawn):
    shop.event("job", id="it", bytes=1000)
    m.refresh()
    shop.clear_requests()
    shop.fault("getAJobFile", delay_ms=500)
    name = m.account / "jobs" / "it" / "orders.csv"
    readers = [spawn(["stat", "-c", "%s", name]) for _ in range(8)]
    assert [reader.wait().stdout for reader in readers] == ["1000\n"] * 8
    assert len(shop.requests("getAJobFile")) == len(shop.requests("download")) == 1


def test_p04_an_unknown_size_hinders_no_listing(shop, m):
    """Where a size cannot be had, names and other files are still there."""
    shop.event("job", id="it", bytes=1000)
    m.refresh()
    shop.fault("download", times=0, status=403)
    with fails_with(errno.EACCES):
        m.stat("jobs/it/orders.csv")
    # A listing with sizes tells of the one that is missing, and shows the others.
    listing = run("ls -l", cwd=m.account / "jobs" / "it")
    assert listing.returncode != 0 and "job.json" in listing.stdout, listing
