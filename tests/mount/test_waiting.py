"""Promise 25: nobody is stuck. ^C frees whoever waits, nothing waits longer than the deadline,
and those who wait are in nobody's way."""

import errno
import signal
import time

import pytest

from harness import fails_with, waits, wait_until

# A machine that does other things too may take a while; the deadline is ten seconds.
AT_ONCE = 1.0
DEADLINE, LATE = 2.5, 2.0  # twice the deadline would be later than that


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
@pytest.mark.parametrize("kind", waits.KINDS)
def test_p25_a_waiting_call_is_freed_at_once(kind, number, sandbox, mount, spawn):
    shop, m = waits.prepare(kind, sandbox, mount)
    reader = waits.start(kind, shop, m, spawn)
    reader.signal(number)
    assert reader.wait(timeout=AT_ONCE).returncode == -number
    assert m.list(m.path, timeout=AT_ONCE) == [m.account.name]


def test_p25_one_that_is_freed_leaves_the_others_their_answer(sandbox, mount, spawn):
    """Readers share one request; the one that sent it goes, its answer still comes. There are
    some, so that one has surely joined by then."""
    shop, m = waits.prepare("status", sandbox, mount)
    shop.clear_faults()
    shop.fault("getAJob", delay_ms=3000)
    first = waits.start("status", shop, m, spawn)
    wait_until(lambda: shop.requests("getAJob"))
    others = [waits.start("status", shop, m, spawn) for _ in range(4)]
    first.signal(signal.SIGINT)
    assert first.wait(timeout=AT_ONCE).returncode == -signal.SIGINT
    for other in others:
        result = other.wait()
        assert (result.returncode, result.stdout) == (0, "queued\n")
    assert len(shop.requests("getAJob")) == 1


@pytest.mark.parametrize("kind", waits.KINDS)
def test_p25_no_call_outlives_its_deadline(kind, sandbox, mount, spawn):
    shop, m = waits.prepare(kind, sandbox, mount, limits={"deadline": f"{DEADLINE * 1000:.0f}ms"})
    began = time.monotonic()
    result = waits.start(kind, shop, m, spawn).wait()
    assert result.returncode > 0
    assert "timed out" in result.stderr
    assert time.monotonic() - began < DEADLINE + LATE


def test_p25_nor_do_those_who_wait_for_the_same_bytes(sandbox, mount, spawn):
    """The kernel asks once for all of them; when that fails, for each of them, one after the
    other. Also behind one who is gone: what he asked for goes on."""
    shop, m = waits.prepare("read", sandbox, mount, limits={"deadline": f"{DEADLINE * 1000:.0f}ms"})
    gone = waits.start("read", shop, m, spawn)
    began = time.monotonic()
    others = [waits.start("read", shop, m, spawn) for _ in range(3)]
    gone.signal(signal.SIGINT)
    assert all("timed out" in other.wait().stderr for other in others)
    assert time.monotonic() - began < DEADLINE + LATE
    later = waits.start("read", shop, m, spawn)
    later.signal(signal.SIGINT)
    assert later.wait().returncode == -signal.SIGINT, "who comes later has patience of his own"
    shop.clear_faults()
    assert m.read_bytes("jobs/done/orders.csv") == shop.raw_file("done")


def test_p25_the_deadline_is_told_as_such(sandbox, mount):
    shop, m = waits.prepare("status", sandbox, mount, limits={"deadline": "300ms"})
    with fails_with(errno.ETIMEDOUT):
        m.read("jobs/busy/status")
    assert shop.requests("getAJob"), "nobody asked"


def test_p25_who_waits_for_a_name_is_freed_and_frees_who_stands_behind(sandbox, mount, spawn):
    """Until the first listing nobody can say that a name is not there. The kernel asks for one
    name of a folder after the other, so the second waits for the first, and then for itself."""
    shop, m = waits.prepare("name", sandbox, mount)
    first = waits.start("name", shop, m, spawn)
    second = spawn(["ls", m.account / "jobs" / "another-name"])
    wait_until(lambda: waits.in_kernel(second.child.pid))
    for waiting in (first, second):
        waiting.signal(signal.SIGINT)
        assert waiting.wait(timeout=AT_ONCE).returncode == -signal.SIGINT
    assert "Write one command" in m.read("jobs/trigger", timeout=AT_ONCE)


@pytest.mark.threads
@pytest.mark.parametrize("count", [60, 150])
def test_p25_who_waits_is_in_nobodys_way(count, sandbox, mount, spawn):
    """Each waits for an answer of its own; even when there are more than may wait, the rest of
    the tree is answered."""
    shop = sandbox(orders=0)
    shop.event("freeze")
    shop.event("job", status="pending", count=count)
    names = [job["id"] for job in shop.jobs()]
    m = mount(shop)
    wait_until(lambda: len(m.list("jobs")) == count + 1)
    shop.fault("*", hang=True, times=0)
    m.remount()
    readers = [spawn(["cat", m.account / "jobs" / name / "status"]) for name in names]
    wait_until(lambda: all(not reader.running or waits.in_kernel(reader.child.pid)
                           for reader in readers))
    assert sum(reader.running for reader in readers) >= 60
    began = time.monotonic()
    assert m.list("jobs") == sorted([*names, "trigger"])
    assert m.stat(f"jobs/{names[0]}/job.json").st_size > 0
    assert m.read(m.control / "version")
    assert time.monotonic() - began < 3 * AT_ONCE
    waiting = [reader for reader in readers if reader.running]
    for reader in waiting:
        reader.signal(signal.SIGINT)
    for reader in waiting:
        reader.wait(timeout=AT_ONCE)


def test_p25_one_account_that_hangs_does_not_hold_up_another(sandbox, mount, spawn):
    shop, other = sandbox(orders=1), sandbox(orders=1)
    shop.fault("*", hang=True, times=0)
    m = mount(shop, name="stuck", accounts={"fine": other.accounts[other.account]})
    readers = [spawn(["ls", m.path / "stuck" / "jobs"]) for _ in range(10)]
    wait_until(lambda: all(waits.in_kernel(reader.child.pid) for reader in readers))
    assert len(m.list(m.path / "fine" / "jobs", timeout=5)) == 2
    assert all(reader.running for reader in readers)
    m.terminate()
