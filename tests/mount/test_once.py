"""Promise 12: a command is sent at most once, and what became of it is found out.

`sent(shop)` are the requests that reached the API, whatever came of them: one, in every test.
"""

import errno
import json
import signal

import pytest

from harness import fails_with, wait_until
from harness.commands import COMMAND, FILTER, TRIGGER, history, last, refresh, sent
from harness.past import let_commands_age


@pytest.fixture
def shop(sandbox):
    """Three finished jobs, and new ones stay queued."""
    made = sandbox(orders=3)
    made.event("freeze")
    return made


@pytest.fixture
def m(mount, shop):
    made = mount(shop, limits={"deadline": "2s"})
    made.list("jobs")
    return made


def is_adopted(m, shop):
    """List until the unanswered command has its job; that remembers what was asked for."""
    def listed():
        refresh(m)
        return last(m).outcome == "adopted"
    wait_until(listed)
    job = shop.jobs()[0]
    assert last(m).id == job["id"]
    assert last(m).fields["filter"] == job["filter"] == FILTER
    record = json.loads(m.read(f"jobs/{job['id']}/job.json"))
    assert record["id"] == job["id"]
    assert record["orderfs"] == {"filter": FILTER}
    assert m.read("status") == "ok\n", "it went well after all"
    return job


# ---- the API acted, and its answer never came

ACTED = [
    {"drop": "after"},
    {"drop": "after", "reset": True},
    {"drop_after": 5},
    {"status": 500, "act": True},
    {"status": 502, "body_kind": "html", "act": True},
    {"body_kind": "html", "act": True},
    {"body_kind": "empty", "act": True},
    {"body_kind": "json-cut"},
    {"body": '{"data": []}', "act": True},
    {"stall_after": 5},
    {"delay_ms": 2_500},
]


@pytest.mark.parametrize("fault", ACTED, ids=str)
def test_p12_what_was_made_without_an_answer_is_adopted(m, shop, fault):
    shop.fault("createJob", **fault)
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    wait_until(lambda: len(shop.jobs()) == 4, what="the API acts")
    is_adopted(m, shop)
    assert len(sent(shop)) == 1
    assert [row.outcome for row in history(m)] == ["adopted"]


# ---- nothing was made, and nobody can know

SILENT = [
    {"drop": "before"},
    {"drop": "before", "reset": True},
    {"status": 500},
    {"status": 503, "headers": {"Retry-After": "0"}},
    {"hang": True},
]


@pytest.mark.parametrize("fault", SILENT, ids=str)
def test_p12_what_is_not_known_is_said_so_and_not_sent_again(m, shop, fault):
    shop.fault("createJob", **fault)
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    assert last(m).outcome == "unknown"
    assert "not sent again" in last(m).words
    assert "its outcome is not known" in m.read("status")
    for _ in range(3):
        refresh(m)
    assert last(m).outcome == "unknown", "too early to call it lost"
    assert len(sent(shop)) == 1
    assert len(m.list("jobs")) == 4, "the three that were there, and the trigger"


def test_p12_a_kept_connection_that_is_cut_is_no_reason_to_send_again(m, shop):
    """HTTP libraries repeat a request by themselves when a connection that was kept breaks."""
    for _ in range(3):
        refresh(m)
    shop.fault("createJob", drop="before", reset=True, times=0)
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    assert len(sent(shop)) == 1


def test_p12_a_redirect_does_not_send_it_again(m, shop):
    shop.fault("createJob", redirect=shop.url + "{target}", redirect_status=307, times=0)
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    assert len(sent(shop)) == 1


# ---- the API refused: that is an answer, but not one to try again upon


@pytest.mark.parametrize("number, fault", [
    (errno.EACCES, {"status": 401}),
    (errno.EAGAIN, {"status": 429, "headers": {"Retry-After": "0"}}),
    (errno.EACCES, {"status": 403}),
    (errno.EINVAL, {"status": 400}),
], ids=str)
def test_p12_a_refusal_is_not_argued_with(m, shop, number, fault):
    shop.fault("createJob", **fault)
    with fails_with(number):
        m.write(TRIGGER, COMMAND)
    assert (last(m).outcome, last(m).error) == ("refused", errno.errorcode[number])
    assert len(sent(shop)) == 1
    # The next write is a new command, with a new token where the old one was refused.
    m.write(TRIGGER, COMMAND)
    assert last(m).outcome == "done"
    assert len(sent(shop)) == 2


def test_p12_what_could_not_be_sent_is_no_riddle(m, shop):
    shop.stop()
    with fails_with(errno.ECONNREFUSED):
        m.write(TRIGGER, COMMAND)
    assert last(m).outcome == "refused"
    shop.start()
    refresh(m)
    m.write(TRIGGER, COMMAND)
    assert len(sent(shop)) == 1


def test_p12_what_no_listing_shows_is_lost(m, shop):
    """After a while, so that an API may be slow to list what it has made."""
    shop.fault("getMultipleJobs", status=500, times=0)
    shop.fault("createJob", drop="before")
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    with pytest.raises(OSError):
        refresh(m)
    assert last(m).outcome == "unknown", "nothing was listed"
    let_commands_age(m)
    shop.clear_faults()
    refresh(m)
    assert (last(m).outcome, last(m).error) == ("lost", "EHOSTUNREACH")
    for text in last(m).words, m.read("status"), m.read(m.control / "log"), m.read(TRIGGER):
        assert "no answer came, and no item could be told to be its" in text
    m.write(TRIGGER, COMMAND)
    assert m.read("status") == "ok\n" and len(sent(shop)) == 2, "it may be sent again"


# ---- somebody ends while it is on its way


def writer_on_its_way(m, shop, spawn, **fault):
    shop.fault("createJob", **fault)
    writer = spawn(f"exec echo 'filter={FILTER}' > {m.account}/{TRIGGER}")
    wait_until(lambda: sent(shop), what="the command is sent")
    return writer


def test_p12_a_writer_is_interrupted(m, shop, spawn):
    writer = writer_on_its_way(m, shop, spawn, delay_ms=1_000)
    writer.signal(signal.SIGINT)
    assert writer.wait().returncode != 0
    assert last(m).outcome == "unknown"
    wait_until(lambda: len(shop.jobs()) == 4, what="the API acts")
    is_adopted(m, shop)
    assert len(sent(shop)) == 1


def test_p12_a_writer_is_interrupted_before_it_was_sent(mount, shop, spawn):
    shop.fault("token", delay_ms=2_000)
    m = mount(shop)
    writer = spawn(f"exec echo 'filter={FILTER}' > {m.account}/{TRIGGER}")
    wait_until(lambda: last(m).outcome == "sending", what="it waits for a token")
    writer.signal(signal.SIGINT)
    assert writer.wait().returncode != 0
    assert last(m).outcome == "refused"
    assert len(m.list("jobs")) == 4, "the token came"
    assert not sent(shop)


def test_p12_a_crash_while_it_is_on_its_way(m, shop, spawn):
    writer_on_its_way(m, shop, spawn, delay_ms=1_000)
    m.kill()
    wait_until(lambda: len(shop.jobs()) == 4, what="the API acts")
    m.remount()
    is_adopted(m, shop)
    assert len(sent(shop)) == 1


def test_p12_a_crash_and_nothing_was_made(m, shop, spawn):
    writer_on_its_way(m, shop, spawn, hang=True)
    m.kill()
    m.remount()
    refresh(m)
    assert last(m).outcome == "unknown"
    assert last(m).fields["filter"] == FILTER
    assert len(sent(shop)) == 1


def test_p12_an_end_while_it_is_on_its_way(mount, shop, spawn):
    m = mount(shop, limits={"deadline": "20s"})
    m.list("jobs")
    writer = writer_on_its_way(m, shop, spawn, hang=True)
    m.terminate()
    assert writer.wait().returncode != 0
    m.remount()
    assert last(m).outcome == "unknown"
    refresh(m)
    assert len(sent(shop)) == 1


# ---- adopting is careful


def test_p12_of_two_that_fit_none_is_taken(m, shop):
    shop.fault("createJob", drop="before")
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    shop.fault("getMultipleJobs", status=500, times=0)
    with pytest.raises(OSError):
        refresh(m)
    shop.event("job", id="one", status="pending")
    shop.event("job", id="two", status="pending")
    shop.clear_faults()
    refresh(m)
    assert last(m).outcome == "unknown"
    assert "orderfs" not in json.loads(m.read("jobs/one/job.json"))


def test_p12_the_job_of_an_answered_command_is_not_taken_for_another_s(m, shop):
    shop.fault("createJob", drop="before")
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    m.write(TRIGGER, "filter=eq(payment,unpaid)")
    refresh(m)
    assert [row.outcome for row in history(m)] == ["unknown", "done"]
