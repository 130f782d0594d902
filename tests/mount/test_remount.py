"""Promise 3: inode numbers and mtimes are the same on every mount of the same state, and a second
`rsync -a` of an account, also after a remount, transfers nothing."""

import re

import pytest

from harness import run, wait_until

# Path, type, inode, mtime and size of everything in an account.
EVERYTHING = r"find . -printf '%P\t%y\t%i\t%T@\t%s\n' | sort"
FILTER = "filter=ge(created_at,2026-03-01):lt(created_at,2026-04-01)"


def everything(m):
    m.wait_listed()
    result = run(EVERYTHING, cwd=m.account)
    assert result.returncode == 0, result
    return result.stdout.splitlines()


def unmoved(lines):
    """Without the folders whose dates tell that a name came or went."""
    return [line for line in lines
            if not re.match(r"(completed|by-status/ready|by-date|by-date/[\d-]+)\td\t", line)]


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copy"


def rsync(m, to, *options):
    """What rsync says that it did: a line for each thing."""
    m.wait_listed()
    result = run(["rsync", "-ai", *options, f"{m.account}/", to])
    assert result.returncode == 0, result
    return result.stdout.splitlines()


@pytest.fixture
def m(sandbox, mount):
    """Jobs of all kinds that do not change any more, and one that was started here."""
    shop = sandbox(orders=20, export_seconds=0.1)
    shop.event("job", id="nothing in it", bytes=0)
    shop.event("job", id="new\nline", bytes=1)
    made = mount(shop)
    made.write("jobs/trigger", FILTER)
    started = shop.jobs()[0]["id"]
    wait_until(lambda: made.read(f"jobs/{started}/status") == "ready\n")
    made.refresh()
    return made


def test_p03_all_is_the_same_after_a_remount(m):
    before = everything(m)
    assert sum("orders.csv" in line for line in before) >= 10
    m.remount()
    assert everything(m) == before


def test_p03_all_is_the_same_after_a_crash(m):
    before = everything(m)
    m.kill()
    m.remount()
    assert everything(m) == before


def test_p03_all_is_the_same_after_reading_and_refreshing(m):
    before = everything(m)
    assert run(["grep", "-r", "order_number", m.account]).returncode == 0
    m.refresh()
    assert everything(m) == before


def test_p03_an_item_that_came_later_changes_no_other(sandbox, mount):
    shop = sandbox(orders=5)
    m = mount(shop)
    before = everything(m)
    shop.event("job", id="a late one", bytes=10)
    m.remount()
    m.refresh()
    after = everything(m)
    later = [line for line in after if "a late one" in line]
    assert len(later) == 7, "its folder, job.json, status, orders.csv twice, and two links"
    assert unmoved(line for line in after if line not in later) == unmoved(before)


def test_p03_inode_numbers_are_unique(m):
    numbers = [line.split("\t")[2] for line in everything(m) if not line.startswith("completed/")]
    assert len(set(numbers)) == len(numbers)


def test_p03_times_are_those_of_the_api(sandbox, mount):
    """Not those of the mount: a job of last week is not new because it was listed today."""
    shop = sandbox(orders=1)
    job, = shop.jobs()
    m = mount(shop)
    created, updated = int(job["created"]), int(job["updated"])
    folder = f"jobs/{job['id']}"
    assert m.stat(folder).st_mtime_ns // 10**9 == created
    for name in ("orders.csv", "status", "job.json"):
        assert m.stat(f"{folder}/{name}").st_mtime_ns // 10**9 == updated, name


def test_p03_the_second_rsync_transfers_nothing(m, copy):
    assert rsync(m, copy)
    assert rsync(m, copy) == []
    assert run(["diff", "-r", m.account, copy]).returncode == 0


def test_p03_nor_does_one_after_a_remount(m, copy):
    assert rsync(m, copy)
    m.remount()
    assert rsync(m, copy) == []


def test_p03_nor_does_one_that_compares_contents(m, copy):
    assert rsync(m, copy)
    m.remount()
    assert rsync(m, copy, "--checksum") == []


def test_p03_only_what_is_new_is_transferred(m, sandbox, copy):
    assert rsync(m, copy)
    shop, = sandbox.all
    shop.event("job", id="late", bytes=10)
    m.refresh()
    done = rsync(m, copy)
    files = [line.split()[1] for line in done if line.startswith(">f")]
    assert files == ["completed/late-orders.csv",
                     *(f"jobs/late/{name}" for name in ("job.json", "orders.csv", "status"))]
