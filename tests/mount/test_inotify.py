"""Promise 23: what happens at the other end raises the events that a local change would: once each,
in order, on the folder and on the file; and a file is complete when it is told."""

import errno
import os
import signal
import sys

import pytest

from conftest import TOP
from harness import eneba, fails_with, run, wait_until
from harness.devices import needs_root, tmpfs
from harness.past import let_time_pass
from harness.told import CHANGED, CREATED, becomes, of_file, told

FINISHED = [*of_file("orders.csv", CREATED), *of_file("job.json", CHANGED),
            *of_file("status", CHANGED)]


@pytest.fixture
def shop(sandbox):
    """Jobs stay as they are until a test says otherwise. One is known, `old`."""
    made = sandbox(orders=0).frozen()
    made.event("job", id="old", status="pending")
    return made


@pytest.fixture
def m(mount, shop):
    made = mount(shop)
    made.wait_listed()
    return made


@pytest.fixture
def job(m):
    return m.account / "jobs/old"


def test_p23_a_new_job_is_a_folder_that_is_created(m, shop, watch):
    changes = watch(m.account / "jobs")
    shop.event("job", id="new")
    shop.event("job", id="newer", status="pending")
    m.refresh()
    wait_until(lambda: len(changes()) == 2)
    assert sorted(told(changes, m.account / "jobs")) == [("new", "CREATE,ISDIR"),
                                                         ("newer", "CREATE,ISDIR")]
    assert {"new", "newer"} <= set(m.list("jobs"))


def test_p23_a_finished_file_is_created_and_closed_before_the_status_says_so(m, shop, job, watch):
    changes = watch(job, job / "status")
    shop.event("finish", id="old")
    m.refresh()
    becomes(changes, job, FINISHED)
    becomes(changes, job / "status", of_file(".", CHANGED))
    assert m.read("jobs/old/status") == "ready\n"


def test_p23_it_is_complete_when_it_is_told(m, shop, job, spawn, tmp_path):
    """The shell loop copies at CLOSE_WRITE: what it gets is all of it."""
    loop = spawn(f"inotifywait -m -q -e close_write --format %f {job} | while read -r name; do"
                 f" [ $name != orders.csv ] || cp {job}/$name {tmp_path}/copy; done")
    wait_until(lambda: watches(loop) == 1)
    shop.event("finish", id="old")
    m.refresh()
    content = shop.raw_file("old")
    wait_until(lambda: (tmp_path / "copy").read_bytes() == content)


def watches(spawned):
    """How many inotify watches a spawned pipeline has."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(pid)) != spawned.child.pid:
                continue
            for descriptor in os.listdir(f"/proc/{pid}/fdinfo"):
                with open(f"/proc/{pid}/fdinfo/{descriptor}", encoding="ascii") as info:
                    count += sum(line.startswith("inotify ") for line in info)
        except OSError:
            pass
    return count


def test_p23_nobody_finds_a_file_before_it_is_told(mount, shop, watch, spawn):
    """Its size takes a while to learn: no name, no listing; and what reads `ready` finds it."""
    m = mount(shop)
    m.wait_listed()
    job = m.account / "jobs/old"
    changes = watch(job)
    shop.fault("download", delay_ms=1500)
    shop.event("finish", id="old")
    refresh = spawn(f"echo now > {m.control}/refresh")
    wait_until(lambda: shop.requests("download"))
    assert "orders.csv" not in m.list("jobs/old") and not m.exists("jobs/old/orders.csv")
    assert told(changes, job) == [] and refresh.running
    reader = spawn(f"cat {job}/status; cat {job}/orders.csv | wc -c")
    size = len(shop.raw_file("old"))
    assert reader.wait().stdout == f"ready\n{size}\n"
    assert refresh.wait().returncode == 0
    becomes(changes, job, FINISHED)
    assert m.stat("jobs/old/orders.csv").st_size == size


def test_p23_a_size_that_cannot_be_learnt_is_not_waited_for(mount, shop, watch):
    m = mount(shop, limits={"deadline": "1s"})
    m.wait_listed()
    job = m.account / "jobs/old"
    changes = watch(job)
    shop.fault("download", hang=True)
    shop.event("finish", id="old")
    m.refresh()
    wait_until(lambda: ("status", "CLOSE_WRITE") in told(changes, job))
    assert told(changes, job)[:2] == of_file("orders.csv", CREATED)
    assert m.read_bytes("jobs/old/orders.csv") == shop.raw_file("old")


def test_p23_words_of_the_api_come_as_a_file(m, shop, job, watch):
    changes = watch(job)
    shop.event("fail", id="old", error="Out of paper")
    m.refresh()
    becomes(changes, job, [*of_file("job.json", CHANGED), *of_file("error", CREATED),
                           *of_file("status", CHANGED)])
    assert m.read("jobs/old/error") == "Out of paper\n"


def test_p23_what_vanishes_is_deleted(m, shop, watch):
    shop.event("job", id="done")
    m.refresh()
    let_time_pass(m)
    jobs = m.account / "jobs"
    assert m.stat("jobs/done/orders.csv").st_size
    changes = watch(jobs, jobs / "done", jobs / "done/orders.csv", jobs / "done/status")
    shop.event("vanish", id="done")
    m.refresh()
    becomes(changes, jobs, [("done", "DELETE,ISDIR")])
    for path in "orders.csv", "status":
        assert (path, "DELETE") in told(changes, jobs / "done")
        assert (".", "DELETE_SELF") in told(changes, jobs / "done" / path)
    assert (".", "DELETE_SELF") in told(changes, jobs / "done")
    assert m.list("jobs") == ["old", "trigger"]


def test_p23_a_new_version_takes_the_place_of_the_old(sandbox, mount, watch):
    shop = eneba.frozen_shop(sandbox)
    m = eneba.mount_with(mount, shop, export="COMPLETED")
    order = m.account / eneba.ORDER
    old = m.stat(eneba.ARCHIVE).st_ino
    changes = watch(order)
    eneba.write(m)
    wait_until(lambda: ("status", "CLOSE_WRITE") in told(changes, order))
    assert ("keys.zip", "DELETE") in told(changes, order)
    shop.event("finish", id="it")
    eneba.becomes(m, "ready")
    wait_until(lambda: ("keys.zip", "CLOSE_WRITE") in told(changes, order))
    events = [event for event in told(changes, order) if event[0] == "keys.zip"]
    assert events == [("keys.zip", "DELETE"), *of_file("keys.zip", CREATED)]
    assert m.stat(eneba.ARCHIVE).st_ino != old and m.stat(eneba.ARCHIVE).st_size


def test_p23_other_content_under_the_same_name_is_another_file(m, shop, watch):
    shop.event("job", id="done", bytes=300_000)
    m.refresh()
    job = m.account / "jobs/done"
    assert m.stat("jobs/done/orders.csv").st_size == 300_000
    changes = watch(job)
    shop.event("replace", id="done", bytes=400_000)
    with fails_with(errno.ESTALE):
        m.read_bytes("jobs/done/orders.csv")
    assert m.read_bytes("jobs/done/orders.csv") == shop.raw_file("done")
    becomes(changes, job, [("orders.csv", "DELETE"), *of_file("orders.csv", CREATED)])


def test_p23_a_first_listing_raises_nothing(sandbox, mount, watch):
    shop = sandbox(orders=0).frozen()
    shop.event("job", count=300)
    shop.fault("getMultipleJobs", status=500, times=2)
    m = mount(shop)
    changes = watch(m.account / "jobs")
    wait_until(lambda: len(m.list("jobs")) == 301)
    assert changes() == []


def test_p23_nobody_looked_nobody_is_told(m, shop):
    """Folders that the kernel has not heard of cost no calls, and no sizes are asked for."""
    shop.event("job", count=20)
    shop.event("finish", id="old")
    m.refresh()
    assert "orders.csv" in m.list("jobs/old")
    assert not shop.requests("download")


def test_p23_what_changes_twice_before_it_is_told_is_told_once(m, shop, job, watch):
    changes = watch(job)
    shop.fault("download", delay_ms=3000)
    shop.event("finish", id="old")
    m.signal(signal.SIGHUP)
    wait_until(lambda: shop.requests("download"))
    shop.event("status", id="old", status="started")
    m.signal(signal.SIGHUP)
    wait_until(lambda: m.read("jobs/old/status") == "running\n")
    wait_until(lambda: ("status", "CLOSE_WRITE") in told(changes, job))
    assert [event for event in told(changes, job) if event[0] != "error"] == [
        *of_file("job.json", CHANGED), *of_file("status", CHANGED)], "the file came and went"


def test_p23_a_thousand_changes_at_once_are_all_told(sandbox, mount, watch):
    shop = sandbox(orders=0).frozen()
    shop.event("job", status="pending", count=1000)
    m = mount(shop)
    m.wait_listed()
    names = [name for name in m.list("jobs") if name != "trigger"]
    jobs = m.account / "jobs"
    changes = watch(jobs, *(jobs / name / "status" for name in names))
    shop.fault("getMultipleJobs", status_words="upper", times=0)
    shop.event("job", status="pending", count=1000)
    for name in names[:100]:
        shop.event("status", id=name, status="started")
    m.refresh()
    wait_until(lambda: len(told(changes, jobs)) >= 1000)
    created = told(changes, jobs)
    assert len(created) == len(set(created)) == 1000
    assert {masks for _, masks in created} == {"CREATE,ISDIR"}
    for name in names[:100]:
        becomes(changes, jobs / name / "status", of_file(".", CHANGED))
    assert not any(told(changes, jobs / name / "status") for name in names[100:])


REFUSED = ["mkdir {jobs}/mine", "touch {jobs}/old/mine", "rmdir {jobs}/old", "rm -f {jobs}/old/status",
           "ln -s x {jobs}/mine", "ln {jobs}/old/status {jobs}/old/mine", "mv {jobs}/old {jobs}/mine",
           "truncate -s 0 {jobs}/old/job.json", "chmod 700 {jobs}/old", "touch {jobs}/old/status",
           "sh -c ': > {jobs}/old/orders.csv'"]


@pytest.mark.parametrize("command", REFUSED)
def test_p23_nobody_else_makes_what_the_mount_makes(m, shop, job, spawn, command):
    """Not even the very names, at the moment when they come."""
    at_it = spawn(f"while :; do {command.format(jobs=m.account / 'jobs')} && echo done; done 2> "
                  "/dev/null")
    shop.event("finish", id="old")
    shop.event("job", id="mine")
    m.refresh()
    result = run(command.format(jobs=m.account / "jobs"))
    assert result.returncode != 0 and ("not permitted" in result.stderr or
                                       "exists" in result.stderr), result
    assert at_it.running and at_it.output() == ""
    assert "orders.csv" in m.list("jobs/old") and m.exists("jobs/mine")


def test_p23_an_ordinary_user_is_told_too(sandbox, somebody, spawn):
    shop = sandbox(orders=0).frozen()
    shop.event("job", id="old", status="pending")
    somebody.configure((shop.folder / "sandbox.yaml").read_text())
    # The tree may be where nobody else can look.
    somebody.write(".config/orderfs/providers/elasticpath.yaml",
                   (TOP / "src/provider/apis/elasticpath.yaml").read_text())
    somebody.mount()
    jobs = somebody.path / shop.account / "jobs"
    wait_until(lambda: somebody.do("test", "-e", somebody.path / ".orderfs/ready").returncode == 0)
    watcher = spawn(somebody.command(["inotifywait", "-m", "-q", "-e",
                                      "create,modify,close_write,delete", "--format", "%f %e",
                                      jobs, jobs / "old"]))
    wait_until(lambda: watches(watcher) == 2)
    shop.event("finish", id="old")
    shop.event("job", id="new")
    somebody.do("sh", "-c", f"echo now > {somebody.path}/.orderfs/refresh")
    expected = ["new CREATE,ISDIR", *(f"{name} {mask}" for name, mask in FINISHED)]
    wait_until(lambda: len(watcher.output().splitlines()) >= len(expected))
    lines = watcher.output().replace("CLOSE_WRITE,CLOSE", "CLOSE_WRITE").splitlines()
    assert sorted(lines) == sorted(expected)
    assert [line for line in lines if "orders" in line or "status" in line] == [
        line for line in expected if "orders" in line or "status" in line]


def test_p23_what_is_delivered_is_whole_when_its_folder_comes(sandbox, mount, spawn):
    """A recursive watcher lists the folder as soon as it is told of it."""
    shop = sandbox(accounts="wock", orders=0).frozen()
    shop.event("order", id="it", lines=2)
    m = mount(shop)
    m.wait_listed()
    order = m.account / "orders/it"
    loop = spawn(f"inotifywait -m -q -e create --format %f {order} | while read -r name; do"
                 f" [ $name != keys ] || find {order}/keys -type f -size +0 | wc -l; done")
    wait_until(lambda: watches(loop) == 1)
    m.write("orders/it/trigger", "\n")
    keys = int(run(f"find {order}/keys -type f -size +0 | wc -l").stdout)
    wait_until(lambda: loop.output() == f"{keys}\n")
    assert keys > 1


def test_p23_completed_and_by_status_are_told_too(m, shop, watch):
    states = [m.account / "by-status" / state for state in ("queued", "ready")]
    completed = m.account / "completed"
    changes = watch(completed, *states)
    shop.event("finish", id="old")
    m.refresh()
    becomes(changes, completed, of_file("old-orders.csv", CREATED))
    becomes(changes, states[0], [("old", "DELETE")])
    becomes(changes, states[1], [("old", "CREATE")])
    assert m.read_bytes("completed/old-orders.csv") == shop.raw_file("old")
    shop.event("job", id="new", status="pending")
    m.refresh()
    becomes(changes, states[0], [("old", "DELETE"), ("new", "CREATE")])


@needs_root
def test_p23_what_lies_over_the_mount_is_not_touched(m, shop, watch):
    """Nor what lies under it, when it was moved: the mount goes on without events."""
    m.list("jobs")
    with tmpfs(m.path, "size=1m"):
        below = m.path / m.account.name / "jobs"
        below.mkdir(parents=True)
        shop.event("job", id="new")
        m.signal(signal.SIGHUP)
        wait_until(lambda: len(shop.requests("getMultipleJobs")) > 1)
        wait_until(lambda: "raise no events" in m.stderr())
        assert os.listdir(below) == []
    wait_until(lambda: "new" in m.list("jobs"))
    shop.event("job", id="newest")
    watched = watch(m.account / "jobs")
    m.refresh()
    becomes(watched, m.account / "jobs", [("newest", "CREATE,ISDIR")])


@pytest.mark.parametrize("end", ["signal", "fusermount3"])
def test_p26_it_ends_in_the_middle_of_a_burst(sandbox, mount, watch, spawn, end):
    shop = sandbox(orders=0).frozen()
    m = mount(shop)
    m.wait_listed()
    changes = watch(m.account / "jobs")
    shop.event("job", status="pending", count=2000)
    spawn(f"echo now > {m.control}/refresh")
    wait_until(changes)
    if end == "signal":
        m.terminate()
    else:
        run(["fusermount3", "-uz", m.path])
        wait_until(lambda: not m.running)
        assert m.exit_status == 0


# Reads the folder into memory that is not there before a download has brought it: the kernel holds
# the folder meanwhile.
HOLDER = """
import ctypes, mmap, os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
page = mmap.mmap(file, 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
folder = os.open(sys.argv[2], os.O_RDONLY)
where = ctypes.addressof(ctypes.c_char.from_buffer(page))
print("reading", flush=True)
ctypes.CDLL(None).syscall(217, folder, ctypes.c_void_p(where), 4096)
"""


def test_p23_who_holds_a_folder_holds_up_nobody_else(mount, shop, watch, spawn):
    shop.event("job", id="held", bytes=300_000)
    m = mount(shop, limits={"deadline": "25s", "stall": "25s"})
    m.wait_listed()
    assert m.stat("jobs/held/orders.csv").st_size == 300_000
    shop.fault("download", stall_after=0, times=0)
    holder = spawn([sys.executable, "-c", HOLDER, m.account / "jobs/held/orders.csv",
                    m.account / "jobs"])
    wait_until(lambda: shop.downloads())
    changes = watch(m.account / "jobs/old")
    shop.event("job", id="new")
    shop.event("status", id="old", status="started")
    m.signal(signal.SIGHUP)
    wait_until(lambda: ("status", "CLOSE_WRITE") in told(changes, m.account / "jobs/old"))
    assert "somebody holds the folder" in m.stderr()
    holder.signal(signal.SIGKILL)
    holder.wait()
    shop.clear_faults()
    assert m.exists("jobs/new")
    watched = watch(m.account / "jobs")
    shop.event("job", id="newest")
    m.refresh()
    becomes(watched, m.account / "jobs", [("newest", "CREATE,ISDIR")])
