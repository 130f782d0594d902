"""`by-status/` and `by-date/`: links to the items of an account in each state and of each month, and
what all of an account's views are called where it has several collections."""

import os
import re
import time
from pathlib import Path

import pytest

from harness import run, wait_until
from harness.past import let_time_pass

DESCRIPTION = Path(__file__).resolve().parents[2] / "src/provider/apis/elasticpath.yaml"
WORDS = ["empty", "expired", "failed", "none", "queued", "ready", "running", "unknown"]
# By the API's word.
STATES = {"pending": "queued", "started": "running", "success": "ready", "failed": "failed",
          "resting": "unknown"}
MANY = 600  # more than are read at once
LINKS = r"find {} -type l -printf '%P\t%l\t%T@\t%i\n' | sort"


def links(m, folder):
    """{path of a link: where it leads}."""
    found = run(LINKS.format(folder), cwd=m.account).stdout.splitlines()
    return {line.split("\t")[0]: line.split("\t")[1] for line in found}


@pytest.fixture
def shop(sandbox):
    return sandbox(orders=0).frozen()


def test_each_state_has_a_folder_and_each_item_is_in_one(shop, mount):
    for word, state in STATES.items():
        shop.event("job", id=f"is {state}", status=word)
    m = mount(shop)
    assert m.list("by-status") == WORDS, "also those that no item is in"
    found = links(m, "by-status")
    assert found == {f"{state}/is {state}": f"../../jobs/is {state}" for state in STATES.values()}
    assert links(m, "by-date") == {f"{time.strftime('%Y-%m', time.gmtime())}/is {state}":
                                   f"../../jobs/is {state}" for state in STATES.values()}
    for name, target in found.items():
        link = m.stat(f"by-status/{name}")
        assert link.st_size == len(target) and link.st_mode & 0o777 == 0o777
    said = run("for state in by-status/*/*/status; do cat \"$state\"; done", cwd=m.account)
    assert sorted(said.stdout.split()) == sorted(STATES.values())


def test_a_link_moves_with_the_state(shop, mount):
    """At once, though the kernel may keep names for long; the folders' dates tell."""
    shop.event("job", id="it", status="pending")
    m = mount(shop)
    assert m.stat("by-status/queued/it").st_size and m.list("by-status/ready") == []
    before = {state: m.stat(f"by-status/{state}").st_mtime_ns for state in WORDS}
    shop.event("finish", id="it")
    m.refresh()
    wait_until(lambda: not m.exists("by-status/queued/it"), what="it is queued no more")
    assert m.list("by-status/queued") == [] and m.list("by-status/ready") == ["it"]
    assert m.read("by-status/ready/it/status") == "ready\n"
    wait_until(lambda: {state for state in WORDS if m.stat(f"by-status/{state}").st_mtime_ns >
                        before[state]} == {"queued", "ready"}, what="two folders changed")


@pytest.fixture
def old(sandbox, mount):
    """Exports of several months, of which one is about to vanish: (sandbox, mount)."""
    shop = sandbox(accounts="next", orders=0).frozen()
    for number, when in enumerate(["2024-12-31T23:59:59Z", "2025-01-01T00:00:00Z",
                                   "2026-02-28T12:00:00Z", "2026-02-01T00:00:00Z"], 1):
        shop.event("job", id=str(number), bytes=10, created=when)
    m = mount(shop)
    m.wait_listed()
    return shop, m


def test_months_are_those_of_creation_in_utc(old):
    shop, m = old
    assert links(m, "by-date") == {f"{month}/{number}": f"../../exports/{number}" for month, number
                                   in [("2024-12", 1), ("2025-01", 2), ("2026-02", 3),
                                       ("2026-02", 4)]}
    assert m.list("by-date") == ["2024-12", "2025-01", "2026-02"]
    assert m.stat("by-date/2025-01/2").st_mtime_ns == 1735689600 * 10**9
    for name in ("2025-02", "2025-1", "2025-01x", "0", "2025-00", "2026-02/2", "-1"):
        assert not m.exists(f"by-date/{name}"), name
    let_time_pass(m)
    m.wait_listed()
    shop.event("vanish", id="2")
    m.refresh()
    assert m.list("by-date") == ["2024-12", "2026-02"]
    wait_until(lambda: not m.exists("by-date/2025-01"), what="the month goes")


def test_p03_rsync_of_links_transfers_nothing_the_second_time(old, tmp_path):
    _, m = old
    mirror = ["rsync", "-ai", f"{m.account}/by-date", f"{m.account}/by-status", tmp_path / "copy"]
    assert "by-date/2024-12/1 -> ../../exports/1" in run(mirror).stdout
    assert run(mirror).stdout == ""
    m.remount()
    m.wait_listed()
    assert run(mirror).stdout == ""


def test_p04_many_are_listed_without_a_request(sandbox, mount):
    shop = sandbox(orders=MANY)
    m = mount(shop)
    m.wait_listed()
    shop.clear_requests()
    expected = sorted(job["id"] for job in shop.jobs())
    for folder in ("by-status", "by-date"):
        found = run(f"find {folder} -type l -ls", cwd=m.account).stdout.splitlines()
        assert sorted(line.split()[10].rpartition("/")[2] for line in found) == expected
    ready = [job["id"] for job in shop.jobs() if job["status"] == "success"]
    assert m.list("completed") == sorted(f"{name}-orders.csv" for name in ready)
    assert not shop.requests()
    assert run(["rm", "-rf", m.account / "by-status/ready"]).returncode == 1
    assert len(m.list("by-status/ready")) + len(m.list("by-status/empty")) >= len(ready)


@pytest.fixture
def double(shop, mount, tmp_path):
    """A mount of an API that tells the same items in two collections."""
    text = DESCRIPTION.read_text().replace("name: elasticpath", "name: double")
    jobs = re.search(r"^  jobs:\n.*\Z", text, re.M | re.S)[0]
    path = tmp_path / "double.yaml"
    path.write_text(f"{text.rstrip()}\n\n{jobs.replace('  jobs:', '  tasks:', 1)}")
    long = "x" * 255
    for name in ("it", "tasks+it", long):
        shop.event("job", id=name, bytes=10)
    m = mount(shop, account={"provider": str(path)})
    m.wait_listed()
    return m, long


def test_p02_items_of_two_collections_have_two_names(double):
    m, long = double
    found = links(m, "by-status/ready")
    named = {name: target for name, target in found.items() if "%~" not in name}
    assert named == {f"{folder}+{item}": f"../../{folder}/{item}"
                     for folder in ("jobs", "tasks") for item in ("it", "tasks+it")}
    assert sorted(set(found.values()) - set(named.values())) == [
        f"../../jobs/{long}", f"../../tasks/{long}"], "those that would be too long"
    for name in found:
        assert os.path.basename(found[name]) and m.exists(f"by-status/ready/{name}/status")
    for name in ("it", "+it", "orders+it", *(f"jobs+%~{row}" for row in range(8))):
        assert name in found or not m.exists(f"by-status/ready/{name}"), name
    files = m.list("completed")
    assert len(files) == 6 and {"it-orders.csv", "it-orders~2.csv"} <= set(files)
    assert len({m.stat(f"completed/{name}").st_ino for name in files}) == 6
    m.remount()
    m.wait_listed()
    assert m.list("completed") == files and links(m, "by-status/ready") == found
