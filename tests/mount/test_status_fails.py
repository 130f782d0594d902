"""Promise 7: when the API cannot be asked, `cat status` fails, with the reason and in time.

It never prints a word that the API did not say just now.
"""

import errno
import json
import os
import time

import pytest

from harness import run, wait_until

OTHER = json.dumps({"data": {"id": "another", "type": "job", "status": "success"}})


@pytest.fixture
def shop(sandbox):
    """One job that waits, and goes on waiting."""
    made = sandbox(orders=0)
    made.event("freeze")
    made.event("job", id="x", status="pending")
    return made


def mounted(mount, shop, deadline="2s", **limits):
    m = mount(shop, limits={"deadline": deadline, **limits})
    m.list("jobs")
    shop.fault("getMultipleJobs", status=500, times=0)
    return m


def cat(m):
    """`cat status`, once the API was really asked: what was listed is good for a second.
    Gives the Result and how long the last try took."""
    def ask():
        begun = time.monotonic()
        result = run(["cat", m.account / "jobs/x/status"], timeout=30)
        took = time.monotonic() - begun
        return (result, took) if result.returncode or result.stdout != "queued\n" else None
    return wait_until(ask)


def assert_failed(result, number):
    """It printed nothing, and named the reason as any tool does."""
    assert (result.returncode, result.stdout) == (1, ""), result
    assert result.stderr.endswith(f": {os.strerror(number)}\n"), result


@pytest.mark.parametrize("number, fault", [
    (errno.EACCES, {"status": 403}),
    (errno.ENOENT, {"status": 404}),
    (errno.ENOENT, {"status": 410}),
    (errno.EAGAIN, {"status": 429}),
    (errno.EREMOTEIO, {"status": 500}),
    (errno.EREMOTEIO, {"status": 503}),
    (errno.EBADMSG, {"body_kind": "html"}),
    (errno.EBADMSG, {"body_kind": "empty"}),
    (errno.EBADMSG, {"body_kind": "json-cut"}),
    (errno.EBADMSG, {"body_kind": "json-deep"}),
    (errno.EBADMSG, {"body_kind": "not-object"}),
    (errno.EBADMSG, {"body": "{}"}),
    (errno.EBADMSG, {"body": '{"data": null}'}),
    (errno.EBADMSG, {"body": '{"data": {"status": "success"}}'}),
    (errno.EBADMSG, {"body": OTHER}),
    (errno.EREMOTEIO, {"status": 502, "body_kind": "html"}),
    (errno.EBADMSG, {"redirect": "https://elsewhere.example/{target}"}),
], ids=lambda value: str(value) if isinstance(value, int) else " ".join(map(str, value.values())))
def test_p07_an_answer_of_no_use_fails_the_read(mount, shop, number, fault):
    m = mounted(mount, shop)
    shop.fault("getAJob", times=0, **fault)
    result, took = cat(m)
    assert_failed(result, number)
    assert took < 4
    assert not shop.requests("token")[1:], "only a 401 is worth a new token"


def test_p07_a_huge_answer_is_not_read_to_its_end(mount, shop):
    m = mounted(mount, shop, answer="1M", deadline="10s")
    shop.fault("getAJob", body_kind="json-huge", huge_bytes=200 << 20, times=0)
    result, _ = cat(m)
    assert_failed(result, errno.EBADMSG)
    assert all(request["sent"] < 100 << 20 for request in shop.requests("getAJob"))
    assert m.rss_kib() < 100 << 10


@pytest.mark.parametrize("fault", [
    {"hang": True},
    {"stall_after": 20},
    {"delay_ms": 20_000},
], ids=str)
def test_p07_no_answer_ends_with_the_deadline(mount, shop, fault):
    m = mounted(mount, shop, deadline="1s")
    shop.fault("getAJob", times=0, **fault)
    result, took = cat(m)
    assert_failed(result, errno.ETIMEDOUT)
    assert 0.5 < took < 4


def test_p07_a_token_that_never_comes_ends_with_the_deadline_too(mount, shop):
    m = mounted(mount, shop, deadline="1s")
    shop.event("expire_tokens")
    shop.fault("token", hang=True, times=0)
    result, took = cat(m)
    assert_failed(result, errno.ETIMEDOUT)
    assert took < 4


def test_p07_no_connection(mount, shop):
    m = mounted(mount, shop)
    shop.stop()
    result, took = cat(m)
    assert_failed(result, errno.ECONNREFUSED)
    assert took < 4


def test_p07_a_dropped_connection_is_tried_again(mount, shop):
    m = mounted(mount, shop)
    shop.event("status", id="x", status="started")
    shop.fault("getAJob", drop="before")
    result, _ = cat(m)
    assert result.stdout == "running\n"


def test_p07_connections_that_always_drop(mount, shop):
    m = mounted(mount, shop)
    shop.fault("getAJob", drop="before", times=0)
    result, took = cat(m)
    assert (result.returncode, result.stdout) == (1, ""), result
    assert took < 4


def test_p07_a_refused_token_is_replaced_once(mount, shop):
    m = mounted(mount, shop)
    shop.fault("getAJob", status=401, times=0)
    shop.clear_requests()
    result, _ = cat(m)
    assert_failed(result, errno.EACCES)
    assert len(shop.requests("token")) == 1
    assert len(shop.requests("getAJob")) == 2


def test_p07_a_token_that_ended_early_is_not_noticed(mount, shop):
    m = mounted(mount, shop)
    shop.event("expire_tokens")
    shop.event("status", id="x", status="started")
    shop.clear_requests()
    result, _ = cat(m)
    assert result.stdout == "running\n"
    assert [request["status"] for request in shop.requests("getAJob")] == [401, 200]
    assert len(shop.requests("token")) == 1


def test_p07_wrong_credentials(mount, shop):
    m = mount(shop, account={"client_secret": "not the secret"})
    result = run(["cat", m.account / "jobs/x/status"])
    assert_failed(result, errno.EACCES)
    assert "HTTP 401" in m.read("status")


def test_p07_a_rate_limit_that_ends_in_time_is_waited_for(mount, shop):
    m = mounted(mount, shop, deadline="8s")
    shop.event("status", id="x", status="started")
    shop.fault("getAJob", status=429, headers={"Retry-After": "1"})
    result, took = cat(m)
    assert result.stdout == "running\n"
    assert 0.9 < took < 6
    assert [request["status"] for request in shop.requests("getAJob")] == [429, 200]


def test_p07_a_rate_limit_that_does_not_end_in_time_is_told_at_once(mount, shop):
    m = mounted(mount, shop, deadline="20s")
    shop.fault("getAJob", status=429, headers={"Retry-After": "60"}, times=0)
    result, took = cat(m)
    assert_failed(result, errno.EAGAIN)
    assert took < 5
    assert len(shop.requests("getAJob")) == 1


def test_p07_a_short_failure_is_not_noticed(mount, shop):
    m = mounted(mount, shop, deadline="5s")
    shop.event("status", id="x", status="started")
    shop.fault("getAJob", status=503)
    result, _ = cat(m)
    assert result.stdout == "running\n"


def test_p07_the_word_comes_back_with_the_api(mount, shop):
    m = mounted(mount, shop)
    fault = shop.fault("getAJob", status=403, times=0)
    assert_failed(cat(m)[0], errno.EACCES)
    assert [f["fired"] for f in shop.faults() if f["id"] == fault] > [0]
    shop.clear_faults()
    assert m.read("jobs/x/status") == "queued\n"
