"""What an item's folder holds, and what becomes of it when the job or its file changes at the far
end."""

import errno
import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest

from harness import fails_with, run, wait_until
from harness.past import let_time_pass

FILTER = "ge(created_at,2026-03-01):lt(created_at,2026-04-01)"
WORDS = {"pending": "queued", "started": "running", "PROCESSING": "running", "success": "ready",
         "Complete": "ready", "failed": "failed", "resting": "unknown"}
# Says that it has the file open, reads it when it is told to, and says how that went.
READER = """import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
print("open", flush=True)
sys.stdin.readline()
try:
    print(len(os.pread(file, 1 << 20, 0)), flush=True)
except OSError as problem:
    print(problem.errno, flush=True)
"""
# Reads each file, and again at once when that fails.
TWICE = """import os, sys
def read(path):
    file = os.open(path, os.O_RDONLY)
    try:
        return len(os.read(file, 1 << 20))
    except OSError as problem:
        return problem.errno
    finally:
        os.close(file)
for path in sys.argv[1:]:
    print(read(path), read(path))
"""
SIZE = 2_000_001


def api_row(shop, job_id):
    """A job as the API tells it to anybody who asks."""
    settings = shop.accounts[shop.account]
    form = urllib.parse.urlencode({"grant_type": "client_credentials", **{
        name: settings[name] for name in ("client_id", "client_secret")}})
    base = settings["base_url"]
    with urllib.request.urlopen(f"{base}/oauth/access_token", form.encode(), 10) as answer:
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(f"{base}/v2/jobs/{job_id}",
                                     headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["data"]


def test_a_record_is_what_the_api_gave(sandbox, mount):
    shop = sandbox(orders=12)
    m = mount(shop)
    m.wait_listed()
    for job in shop.jobs():
        text = m.read(f"jobs/{job['id']}/job.json")
        assert json.loads(text) == api_row(shop, job["id"])
        assert text.endswith("\n")


def test_a_record_remembers_the_filter(sandbox, mount):
    """The API does not tell it; and the API's own part stays as it is."""
    shop = sandbox(orders=1, export_seconds=0.1)
    m = mount(shop)
    m.write("jobs/trigger", f"filter={FILTER}")
    job = shop.jobs()[0]["id"]
    wait_until(lambda: m.read(f"jobs/{job}/status") == "ready\n")
    for restart in (m.refresh, m.remount, m.kill):
        record = json.loads(m.read(f"jobs/{job}/job.json"))
        assert record.pop("orderfs")["filter"] == FILTER
        assert record == api_row(shop, job)
        restart()
    m.remount()
    other = json.loads(m.read(f"jobs/{shop.jobs()[1]['id']}/job.json"))
    assert "orderfs" not in other, "nobody knows the filter of a job that was not started here"


@pytest.mark.parametrize("status, word", WORDS.items())
def test_a_folder_holds_what_its_state_has(sandbox, mount, status, word):
    shop = sandbox(orders=0)
    shop.event("freeze")
    shop.event("job", id="it", bytes=10, status=status)
    m = mount(shop)
    expected = ["job.json", "status"]
    if word == "ready":
        expected.insert(1, "orders.csv")
    assert m.list("jobs/it") == expected
    assert m.read("jobs/it/status") == word + "\n"


def test_p27_error_exists_only_when_there_are_words(sandbox, mount):
    shop = sandbox(orders=0)
    shop.event("job", id="silent", status="failed")
    shop.event("job", id="told", status="failed", error="Disk on fire\nand <smoke> & ßteam")
    shop.event("job", id="none", status="failed", error="No results matched the supplied filter")
    shop.event("job", id="fine", bytes=10)
    m = mount(shop)
    m.wait_listed()
    found = [name for name in ("fine", "none", "silent", "told") if m.exists(f"jobs/{name}/error")]
    assert found == ["none", "told"]
    assert m.read("jobs/told/error") == "Disk on fire\nand <smoke> & ßteam\n"
    assert m.read("jobs/told/status") == "failed\n"
    assert m.read("jobs/none/status") == "empty\n"
    with fails_with(errno.ENOENT):
        m.read("jobs/fine/error")


def test_p27_error_comes_and_goes_with_a_download_that_fails(sandbox, mount):
    shop = sandbox(orders=0)
    shop.event("job", id="it", bytes=1000)
    m = mount(shop)
    shop.fault("download", times=0, status=403)
    with fails_with(errno.EACCES):
        m.read("jobs/it/orders.csv")
    assert "403" in m.read("jobs/it/error")
    shop.clear_faults()
    m.read("jobs/it/orders.csv")
    assert not m.exists("jobs/it/error")


def test_a_job_that_vanished_disappears(sandbox, mount):
    shop = sandbox(orders=0)
    for name in ("stays", "goes"):
        shop.event("job", id=name, bytes=10)
    m = mount(shop)
    m.wait_listed()
    let_time_pass(m)
    m.wait_listed()
    assert m.stat("jobs/goes/orders.csv").st_size == 10
    shop.event("vanish", id="goes")
    m.refresh()
    assert m.list("jobs") == ["stays", "trigger"]
    for name in ("jobs/goes", "jobs/goes/status", "jobs/goes/orders.csv"):
        with fails_with(errno.ENOENT):
            m.stat(name)
    assert m.read_bytes("jobs/stays/orders.csv") == shop.raw_file("stays")


def test_a_job_that_vanished_is_found_out_by_who_asks(sandbox, mount):
    shop = sandbox(orders=0)
    shop.event("job", id="goes", status="resting", created=time.time() - 3600)
    m = mount(shop)
    m.wait_listed()
    shop.event("vanish", id="goes")
    wait_until(lambda: not can_read(m, "jobs/goes/status"), what="nobody tells its state")
    assert m.list("jobs") == ["trigger"]


def can_read(m, name):
    try:
        m.read(name)
    except FileNotFoundError:
        return False
    return True


@pytest.mark.parametrize("size", [100_000, 200_000, 10])
def test_p17_a_file_that_changed_under_an_open_handle(sandbox, mount, spawn, size):
    """The handle promised one content: it gets no other, not even one of the same size."""
    shop = sandbox(orders=0)
    shop.event("job", id="it", bytes=100_000)
    m = mount(shop)
    file = m.account / "jobs" / "it" / "orders.csv"
    before = shop.raw_file("it")
    reader = spawn([sys.executable, "-c", READER, file], stdin=subprocess.PIPE)
    wait_until(lambda: reader.output() == "open\n")
    shop.event("replace", id="it", bytes=size)
    reader.child.stdin.write(b"\n")
    reader.child.stdin.close()
    assert reader.wait().stdout == f"open\n{errno.ESTALE}\n"
    assert m.read_bytes(file) == shop.raw_file("it") != before, "the next open"
    assert m.stat(file).st_size == size


def test_p17_the_next_open_sees_the_new_content(sandbox, mount):
    """At once: nothing of the old version hangs on, neither here nor in the kernel."""
    shop = sandbox(orders=0)
    files = []
    m = mount(shop)
    for number in range(20):
        shop.event("job", id=f"it{number}", bytes=1000)
        files.append(m.account / "jobs" / f"it{number}" / "orders.csv")
    m.refresh()
    assert run(["stat", *files]).returncode == 0
    for number in range(20):
        shop.event("replace", id=f"it{number}", bytes=2000)
    result = run([sys.executable, "-c", TWICE, *files])
    assert result.stdout == f"{errno.ESTALE} 2000\n" * 20, result


def test_p17_two_versions_are_never_mixed(sandbox, mount):
    """The first half of one version is here already when the download of the other begins."""
    shop = sandbox(orders=0)
    shop.event("job", id="it", bytes=SIZE)
    m = mount(shop)
    file = m.account / "jobs" / "it" / "orders.csv"
    assert m.stat(file).st_size == SIZE
    shop.fault("download", drop_after=SIZE // 2)
    before = shop.raw_file("it")
    assert m.read_range(file, 0, 100_000) == before[:100_000]
    shop.event("replace", id="it")
    halves = run(["cat", file])
    assert halves.returncode != 0 and before.startswith(halves.stdout.encode())
    after = m.read_bytes(file)
    assert after == shop.raw_file("it") != before
