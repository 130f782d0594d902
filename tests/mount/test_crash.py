"""Promise 26, second half: SIGKILL at any moment leaves nothing half-written. The next start works,
the state is sound, names keep their inode numbers, and no command is sent a second time."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from harness import run, wait_until

COMMAND = "filter=eq(payment,paid)"


def inodes(m, folder="jobs"):
    """What `ls -i` shows: {name: inode number}."""
    result = run(["ls", "-iU1", m.account / folder])
    assert result.returncode == 0, result
    lines = (line.split(maxsplit=1) for line in result.stdout.splitlines())
    return {name: int(number) for number, name in lines}


def assert_sound(m, tmp_path):
    """The state as the crash left it, looked at in a copy: the program must repair it itself."""
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(m.state_dir, copy)
    with closing(sqlite3.connect(copy / "orderfs.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        orphans = database.execute(
            "SELECT count(*) FROM item WHERE NOT EXISTS"
            " (SELECT 1 FROM record WHERE record.row = item.row)").fetchone()
        assert orphans == (0,), "items without a record"


def assert_same(m, before):
    """Whatever had a name has it still, under the same number."""
    after = inodes(m)
    assert {name: after.get(name) for name in before} == before
    assert len(set(after.values())) == len(after)


# A moment: what is begun, and the sight of it under way.
def listing(shop, m, spawn):
    shop.fault("getMultipleJobs", hang=True)
    spawn(f"echo now > {m.control}/refresh")
    return lambda: len(shop.requests("getMultipleJobs")) >= 2


def half_a_listing(shop, m, spawn):
    shop.event("job", count=60, bytes=100)
    shop.fault("getMultipleJobs", slow_bytes_per_s=20_000)
    spawn(f"echo now > {m.control}/refresh")
    return lambda: any(request["sent"] > 1000 for request in shop.requests("getMultipleJobs")[1:])


def command_sent(shop, m, spawn):
    shop.fault("createJob", hang=True)
    spawn(f"echo '{COMMAND}' > {m.account}/jobs/trigger")
    return lambda: shop.requests("createJob")


def command_done(shop, m, spawn):
    shop.fault("createJob", stall_after=10)
    spawn(f"echo '{COMMAND}' > {m.account}/jobs/trigger")
    return lambda: len(shop.jobs()) > 8


def command_answered(shop, m, spawn):
    writer = spawn(f"echo '{COMMAND}' > {m.account}/jobs/trigger")
    return lambda: not writer.running


def status_asked(shop, m, spawn):
    shop.event("freeze")
    shop.event("job", id="busy", status="pending")
    shop.fault("getAJob", hang=True)
    m.write(m.control / "refresh", "now")
    spawn(f"while cat {m.account}/jobs/busy/status; do :; done")
    return lambda: shop.requests("getAJob")


def file_half_read(shop, m, spawn):
    shop.event("job", id="large", bytes=5_000_000)
    m.write(m.control / "refresh", "now")
    wait_until(lambda: m.stat("jobs/large/orders.csv").st_size == 5_000_000)
    shop.fault("download", stall_after=1_000_000)
    spawn(["cat", m.account / "jobs/large/orders.csv"])
    return lambda: any(request["sent"] >= 1_000_000 for request in shop.requests("download"))


def nothing(shop, m, spawn):
    return lambda: True


MOMENTS = [nothing, listing, half_a_listing, command_sent, command_done, command_answered,
           status_asked, file_half_read]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_p26_a_crash_leaves_nothing_half_written(moment, sandbox, mount, spawn, tmp_path):
    shop = sandbox(orders=8, export_seconds=0.1)
    m = mount(shop)
    wait_until(lambda: m.exists(m.control / "ready"))
    before = inodes(m)
    begun = moment(shop, m, spawn)
    wait_until(begun)
    m.kill()
    assert_sound(m, tmp_path)
    shop.clear_faults()
    m.remount()
    assert_same(m, before)
    m.write(m.control / "refresh", "now")
    assert m.list("jobs") == sorted([*(job["id"] for job in shop.jobs()), "trigger"])
    assert len(shop.requests("createJob")) <= 1
    assert_same(m, before)


@pytest.mark.parametrize("seed", range(3))
def test_p26_crash_after_crash(seed, sandbox, mount, spawn, tmp_path):
    """Killed after the first request, after the second, after the third … of listings in pages,
    with readers and a writer at work."""
    shop = sandbox(orders=40, page_size=7, export_seconds=0.1, latency_ms=3 + seed, seed=seed + 1)
    m = mount(shop)
    known = {}
    for moment in range(1, 6):
        busy = spawn(f"while :; do ls -l {m.account}/jobs; cat {m.account}/jobs/*/status;"
                     f" echo 'filter=gt(created_at,2026-01-0{moment})' > {m.account}/jobs/trigger;"
                     f" echo > {m.control}/refresh; done")
        since = max([request["n"] for request in shop.requests()], default=0)
        wait_until(lambda: len(shop.requests(since=since)) >= moment * (seed + 2))
        m.kill()
        busy.finish()
        assert_sound(m, tmp_path)
        m.remount()
        wait_until(lambda: m.exists(m.control / "ready"))
        assert_same(m, known)
        known = inodes(m)
    assert len(known) > 41, "no command ever came through"


def test_p26_a_crash_while_starting(sandbox, mount, spawn, tmp_path):
    """Killed as soon as each of the files of a new state is there."""
    shop = sandbox(orders=3)
    m = mount(shop)
    m.terminate()
    for name in ("lock", "orderfs.db", "orderfs.db-wal", "orderfs.db-shm"):
        shutil.rmtree(m.state_dir)
        starting = spawn(m._command)
        wait_until(lambda: (m.state_dir / name).exists())
        starting.signal(9)
        assert starting.wait().returncode == -9
        run(["fusermount3", "-uz", m.path])
        m.remount()
        wait_until(lambda: len(m.list("jobs")) == 4)
        m.terminate()


def test_p26_history_tells_what_a_crash_left_open(sandbox, mount, spawn):
    shop = sandbox(orders=2, export_seconds=0.1)
    m = mount(shop)
    wait_until(lambda: m.exists(m.control / "ready"))
    shop.fault("createJob", hang=True)
    spawn(f"echo '{COMMAND}' > {m.account}/jobs/trigger")
    wait_until(lambda: shop.requests("createJob"))
    m.kill()
    m.remount()
    line, = m.read(m.control / "history").splitlines()
    assert "unknown" in line and "eq(payment,paid)" in line
    assert len(shop.requests("createJob")) == 1
