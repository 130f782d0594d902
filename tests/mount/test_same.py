"""Promise 13: the same command while its job is on its way is EALREADY."""

import errno

import pytest

from harness import fails_with, wait_until
from harness.commands import COMMAND, FILTER, TRIGGER, history, last, refresh, sent

OTHER = "filter=eq(payment,unpaid)\n"


@pytest.fixture
def shop(sandbox):
    made = sandbox(orders=0)
    made.event("freeze")
    return made


@pytest.fixture
def m(mount, shop):
    made = mount(shop, limits={"deadline": "3s"})
    made.list("jobs")
    return made


def refused(m, command=COMMAND):
    """It is refused, naming the job that is on its way; gives the words."""
    with fails_with(errno.EALREADY):
        m.write(TRIGGER, command)
    assert (last(m).outcome, last(m).error) == ("refused", "EALREADY")
    return last(m).words


@pytest.mark.parametrize("status, word", [("pending", "queued"), ("started", "running")])
def test_p13_the_same_again_names_the_job_that_is_on_its_way(m, shop, status, word):
    m.write(TRIGGER, COMMAND)
    job, = shop.jobs()
    shop.event("status", id=job["id"], status=status)
    refresh(m)
    words = refused(m)
    assert f"jobs/{job['id']}" in words and word in words and "force=yes" in words
    assert f"jobs/{job['id']}" in m.read("status")
    assert len(sent(shop)) == 1


@pytest.mark.parametrize("event", ["finish", "fail"])
def test_p13_the_same_again_is_fine_when_it_is_over(m, shop, event):
    m.write(TRIGGER, COMMAND)
    shop.event(event, id=shop.jobs()[0]["id"])
    # No listing tells of it: the API is asked about the job before a command is refused.
    shop.fault("getMultipleJobs", status=500, times=0)
    wait_until(lambda: m.write(TRIGGER, COMMAND) is None)
    assert len(sent(shop)) == 2
    assert len(shop.jobs()) == 2


def test_p13_the_same_again_is_fine_when_its_job_is_gone(m, shop):
    m.write(TRIGGER, COMMAND)
    job, = shop.jobs()
    shop.event("age", id=job["id"], days=1)  # a young one might only not be known everywhere yet
    refresh(m)
    shop.event("vanish", id=job["id"])
    wait_until(lambda: m.write(TRIGGER, COMMAND) is None)
    assert len(shop.jobs()) == 1


@pytest.mark.parametrize("force", ["yes", "true"])
def test_p13_force_starts_another(m, shop, force):
    m.write(TRIGGER, COMMAND)
    m.write(TRIGGER, f"{COMMAND}force={force}\n")
    assert len(sent(shop)) == 2
    assert "force" not in last(m).fields, "it is no part of what the job is"
    refused(m, f"{COMMAND}force=no\n")


def test_p13_another_command_is_not_the_same(m, shop):
    m.write(TRIGGER, COMMAND)
    m.write(TRIGGER, OTHER)
    assert len(shop.jobs()) == 2


@pytest.mark.parametrize("form", [
    f"job_type=order_export\nfilter={FILTER}\n",
    f"filter='{FILTER}'",
    '{"job_type": "order_export", "filter": "%s"}' % FILTER,
    '{"filter": "eq(payment,\\u0070aid)"}',
], ids=repr)
def test_p13_it_is_the_same_in_other_words(m, shop, form):
    m.write(TRIGGER, COMMAND)
    refused(m, form)
    assert len(sent(shop)) == 1


def test_p13_two_writers_at_the_same_moment(m, shop, spawn):
    shop.fault("createJob", delay_ms=500)
    writers = [spawn(f"echo 'filter={FILTER}' > {m.account}/{TRIGGER}") for _ in range(8)]
    results = [writer.wait() for writer in writers]
    assert sorted(result.returncode for result in results) == [0] + [1] * 7
    assert sum("already in progress" in result.stderr for result in results) == 7
    assert len(sent(shop)) == 1
    assert sorted(row.outcome for row in history(m)) == ["done"] + ["refused"] * 7


def test_p13_also_after_a_remount(m, shop):
    m.write(TRIGGER, COMMAND)
    m.remount()
    refused(m)
    assert len(sent(shop)) == 1


def test_p13_while_its_outcome_is_not_known(m, shop):
    shop.fault("createJob", drop="before")
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    assert "force=yes" in refused(m)
    assert len(sent(shop)) == 1
    m.write(TRIGGER, f"{COMMAND}force=yes\n")
    assert len(sent(shop)) == 2


def test_p13_a_command_that_was_refused_may_be_tried_again(m, shop):
    shop.fault("createJob", status=403)
    with fails_with(errno.EACCES):
        m.write(TRIGGER, COMMAND)
    m.write(TRIGGER, COMMAND)
    assert len(shop.jobs()) == 1
