"""`orderfs wait`: sleeps until an item is in a state, for scripts; a word and an exit status for
every end that can come."""

import signal
from pathlib import Path

import pytest

from harness import run, wait_until
from harness.past import let_time_pass

FAILED, USAGE, OTHER, TIMEOUT, GONE = 1, 2, 6, 7, 8


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


def asleep(spawn, orderfs, m):
    """`orderfs wait jobs/old` beside the test, which sleeps in poll(2)."""
    made = spawn([orderfs, "wait", "jobs/old"], cwd=m.account)
    where = Path(f"/proc/{made.child.pid}/wchan")
    wait_until(lambda: "poll" in where.read_text())
    return made


@pytest.fixture
def wait(orderfs, m):
    """`orderfs wait ARGUMENT …` in the account's folder."""
    return lambda *arguments: run([orderfs, "wait", *arguments], cwd=m.account)


@pytest.fixture
def waiting(orderfs, m, spawn):
    return asleep(spawn, orderfs, m)


def ended(result, status, word="", *words):
    assert (result.returncode, result.stdout) == (status, word and f"{word}\n"), result
    for text in words:
        assert text in result.stderr, result
    assert words or result.stderr == "", result


def test_p08_it_sleeps_until_the_item_is_ready_and_its_files_are_there(m, shop, waiting, spawn,
                                                                     orderfs):
    copying = spawn(f"{orderfs} wait jobs/old && cat jobs/old/orders.csv", cwd=m.account)
    shop.event("status", id="old", status="started")
    m.refresh()
    shop.event("finish", id="old")
    m.refresh()
    ended(waiting.wait(), 0, "ready")
    assert copying.wait().stdout.encode() == b"ready\n" + shop.raw_file("old")


def test_it_ends_when_the_item_vanishes(m, shop, orderfs, spawn):
    let_time_pass(m)
    waiting = asleep(spawn, orderfs, m)
    shop.event("vanish", id="old")
    m.refresh()
    ended(waiting.wait(), GONE, "", "jobs/old: gone")


def test_it_ends_with_the_mount(m, waiting):
    m.terminate()
    ended(waiting.wait(), FAILED, "", "jobs/old: the mount has ended")


def test_it_is_ended_as_any_program_is(waiting):
    waiting.signal(signal.SIGINT)
    ended(waiting.wait(), -signal.SIGINT)


def test_states_that_are_there_and_those_that_cannot_come(m, shop, wait):
    shop.event("job", id="done")
    shop.event("job", id="bad", status="failed", error="Out of paper")
    shop.event("job", id="bare", status="failed", error="No results matched the supplied filter")
    m.refresh()
    ended(wait("jobs/done"), 0, "ready")
    ended(wait("by-status/ready/done/status"), 0, "ready")
    ended(wait("jobs/bare"), 0, "empty")
    ended(wait("jobs/bad"), OTHER, "failed", "jobs/bad: failed, and stays so: Out of paper")
    ended(wait("--state", "failed,expired", "jobs/bad"), 0, "failed")
    ended(wait("--state", "ready", "jobs/bare"), OTHER, "empty", "empty, and stays so")
    ended(wait("--state", "expired", "--timeout", "0", "jobs/done"), TIMEOUT, "ready", "time was up")
    ended(wait("--state", "running,queued", "jobs/old"), 0, "queued")


def test_its_time_is_up(wait):
    for time in "0", "0.3", "300ms":
        ended(wait("--timeout", time, "jobs/old"), TIMEOUT, "queued", "jobs/old: queued when the time")


def test_an_api_that_hangs_does_not_make_it_late(m, shop, wait):
    """It would be heard of by its deadline, ten seconds later."""
    shop.fault("*", hang=True, times=0)
    m.remount()
    result = wait("--timeout", "500ms", "jobs/old")
    ended(result, TIMEOUT, "", "no answer when the time was up")
    assert "ETIMEDOUT" not in result.stderr


def test_an_api_that_fails_is_told_of_once_and_waited_for(m, shop, orderfs, spawn):
    for operation in "getAJob", "getMultipleJobs":
        shop.fault(operation, status=503, times=0)
    m.remount()
    made = spawn([orderfs, "wait", "jobs/old"], cwd=m.account)
    wait_until(lambda: m.stderr().count("status: EREMOTEIO") >= 2)
    shop.event("finish", id="old")
    shop.clear_faults()
    result = made.wait()
    ended(result, 0, "ready", "jobs/old: EREMOTEIO: ", "still waiting")
    assert result.stderr.count("\n") == 1


def test_what_is_no_item(m, wait):
    for path, words in {
        "jobs/none": "No such file",
        "jobs": "not an item's folder",
        ".": "not an item",
        "status": "not an item",
        "jobs/old/job.json": "neither an item's folder nor its status",
        m.folder: "not in an orderfs mount",
    }.items():
        ended(wait(path), FAILED, "", f"orderfs: {path}: {words}")


@pytest.mark.parametrize("arguments, words", [
    (["wait"], "the item is missing"),
    (["wait", "a", "b"], "one item"),
    (["wait", "--state", "done", "a"], "'done': not one of none queued"),
    (["wait", "--state", "", "a"], "'': not one of"),
    (["wait", "--timeout", "soon", "a"], "'soon': no time"),
    (["wait", "--timeout", "-1", "a"], "'-1': no time"),
    (["wait", "-f", "a"], "no other option"),
    (["--timeout", "5", "a"], "--state and --timeout are for wait"),
    (["check", "--state", "ready"], "--state and --timeout are for wait"),
])
def test_a_bad_command_line_is_a_usage_error(program, arguments, words):
    ended(program.run(*arguments), USAGE, "", words, "--help")
