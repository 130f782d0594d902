"""Promise 6: `cat status` asks the API, and says one of a few words.

Unless an answer is less than a second old or the state is final; who asks at the same time
shares one request.
"""

import errno
import json
import time
from pathlib import Path

import pytest

from harness import fails_with, run, wait_until
from harness.commands import refresh

WEEK_AND_A_DAY = 8 * 86400


@pytest.fixture
def shop(sandbox):
    """Jobs keep the state that a test gives them."""
    made = sandbox(orders=0)
    made.event("freeze")
    return made


def mount_with(mount, shop, **job):
    """A mount that knows of one job, `x`, and lists no more: all else is asked live."""
    shop.event("job", id="x", **job)
    m = mount(shop)
    m.list("jobs")
    shop.fault("getMultipleJobs", status=500, times=0)
    return m


def ask_live(m, shop):
    """Read until the API was asked: what the listing said is good for a second."""
    before = len(shop.requests("getAJob"))
    return wait_until(lambda: (m.read("jobs/x/status"),
                               len(shop.requests("getAJob")) > before))[0]


def test_p06_the_word_is_what_the_api_says_now(mount, shop):
    m = mount_with(mount, shop, status="pending")
    assert m.read("jobs/x/status") == "queued\n"
    shop.event("status", id="x", status="started")
    wait_until(lambda: m.read("jobs/x/status") == "running\n")
    shop.event("finish", id="x")
    wait_until(lambda: m.read("jobs/x/status") == "ready\n")
    assert len(shop.requests("getAJob")) >= 2


def test_p06_an_answer_serves_for_a_second(mount, shop):
    m = mount_with(mount, shop, status="pending")
    path = m.account / "jobs/x/status"
    wait_until(lambda: run(["cat", path]).stdout and shop.requests("getAJob"))
    shop.clear_requests()
    begun = time.monotonic()
    assert run(["cat", path, path, path, path]).stdout == "queued\n" * 4
    if time.monotonic() - begun < 1:
        assert len(shop.requests("getAJob")) <= 1
    wait_until(lambda: m.read("jobs/x/status") and len(shop.requests("getAJob")) >= 2)


def test_p06_what_was_just_listed_is_not_asked_again(mount, shop):
    shop.event("job", id="x", status="pending")
    m = mount(shop)
    m.list("jobs")
    path = m.account / "jobs/x/status"

    def reads_right_after_a_listing():
        begun = time.monotonic()
        shop.clear_requests()
        run(f"echo now > {m.control}/refresh; cat {path} {path}")
        return time.monotonic() - begun < 0.9
    wait_until(reads_right_after_a_listing)
    assert shop.requests("getMultipleJobs") and not shop.requests("getAJob")


@pytest.mark.parametrize("job, word", [
    ({"status": "success"}, "ready"),
    ({"status": "failed", "error": "Out of paper"}, "failed"),
    ({"status": "failed", "error": "No results matched the supplied filter"}, "empty"),
])
def test_p06_a_final_state_is_never_asked_for(mount, shop, job, word):
    m = mount_with(mount, shop, **job)
    shop.event("job", id="open", status="pending")
    shop.clear_faults()
    refresh(m)
    shop.fault("getMultipleJobs", status=500, times=0)
    # When the open one is asked for, the listing is old enough for all of them.
    wait_until(lambda: m.read("jobs/open/status") and shop.requests("getAJob"))
    shop.clear_requests()
    assert m.read("jobs/x/status") == f"{word}\n"
    assert not shop.requests("getAJob")


def test_p06_many_readers_share_one_request(mount, shop, spawn):
    m = mount_with(mount, shop, status="pending")
    ask_live(m, shop)
    old = time.monotonic() + 1.1
    wait_until(lambda: time.monotonic() > old)
    shop.clear_requests()
    shop.event("status", id="x", status="started")
    shop.fault("getAJob", delay_ms=700)
    readers = [spawn(["cat", m.account / "jobs/x/status"]) for _ in range(10)]
    assert [reader.wait().stdout for reader in readers] == ["running\n"] * 10
    assert len(shop.requests("getAJob")) == 1


def test_p06_the_request_outlives_the_reader_who_began_it(mount, shop, spawn):
    m = mount_with(mount, shop, status="pending")
    path = m.account / "jobs/x/status"
    shop.fault("getAJob", delay_ms=1000)
    first = None

    def asked():
        nonlocal first
        if first is None or not first.running:
            first = spawn(["cat", path])
        return shop.requests("getAJob")
    wait_until(asked)
    others = [spawn(["cat", path]) for _ in range(3)]
    wait_until(lambda: all(waits_for_an_answer(other) for other in others))
    first.signal()
    assert first.wait().returncode < 0
    assert [other.wait().stdout for other in others] == ["queued\n"] * 3
    assert len(shop.requests("getAJob")) == 1


def waits_for_an_answer(reader):
    """It runs `cat` (no longer what starts it), and that sleeps: there is only one reason."""
    _, name, state = Path(f"/proc/{reader.child.pid}/stat").read_text().split()[:3]
    return name == "(cat)" and state in "SD"


@pytest.mark.parametrize("status, error, word", [
    ("pending", None, "queued"),
    ("started", None, "running"),
    ("processing", None, "running"),
    ("success", None, "ready"),
    ("complete", None, "ready"),
    ("failed", "No results matched the supplied filter", "empty"),
    ("failed", "Internal error", "failed"),
    ("sideways", None, "unknown"),
])
def test_p06_the_words(mount, shop, status, error, word):
    m = mount_with(mount, shop, status=status, **({"error": error} if error else {}))
    assert m.read("jobs/x/status") == f"{word}\n"
    assert json.loads(m.read("jobs/x/job.json"))["status"] == status


def row(age_seconds):
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age_seconds))
    return json.dumps({"data": [{"id": "x", "type": "job", "status": "pending",
                                 "timestamps": {"created_at": when, "updated_at": when}}]})


def test_p06_a_job_past_its_lifetime_is_expired(mount, shop):
    shop.fault("getMultipleJobs", body=row(WEEK_AND_A_DAY), times=0)
    m = mount(shop)
    wait_until(lambda: m.read("jobs/x/status") == "expired\n")
    shop.clear_requests()
    assert m.read("jobs/x/status") == "expired\n"
    assert not shop.requests("getAJob"), "expired is final"


def test_p06_a_young_job_that_the_api_lost_is_gone_not_expired(mount, shop):
    shop.fault("getMultipleJobs", body=row(60), times=0)
    m = mount(shop)
    assert m.list("jobs") == ["trigger", "x"]
    wait_until(lambda: run(["cat", m.account / "jobs/x/status"]).returncode)
    with fails_with(errno.ENOENT):
        m.read("jobs/x/status")
    assert shop.requests("getAJob")


@pytest.mark.parametrize("words, raw", [
    ("upper", ["PENDING", "STARTED", "SUCCESS"]),
    ("complete", ["pending", "processing", "complete"]),
])
def test_p06_the_words_of_other_versions_of_the_api(mount, shop, words, raw):
    for operation in ("getMultipleJobs", "getAJob"):
        shop.fault(operation, status_words=words, times=0)
    shop.event("job", id="x", status="pending")
    m = mount(shop)
    seen = []
    for event in ({}, {"event": "status", "status": "started"}, {"event": "finish"}):
        if event:
            shop.event(id="x", **event)
            refresh(m)
        seen.append((m.read("jobs/x/status"), json.loads(m.read("jobs/x/job.json"))["status"]))
    assert seen == list(zip(["queued\n", "running\n", "ready\n"], raw))
