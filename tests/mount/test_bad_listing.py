"""Listings that make no sense: what was known stays, and one bad row takes no other with it."""

import errno
import json

import pytest

from harness import fails_with, wait_until
from harness.commands import refresh
from harness.past import let_time_pass


@pytest.fixture
def shop(sandbox):
    return sandbox(orders=3)


@pytest.fixture
def m(mount, shop):
    made = mount(shop, limits={"answer": "1M", "deadline": "5s"})
    made.list("jobs")
    return made


def job(name="good", **fields):
    return {"id": name, "type": "job", "status": "pending", "link": {"href": ""},
            "timestamps": {"created_at": "2026-11-01T00:00:00Z",
                           "updated_at": "2026-11-01T00:00:00Z"}, **fields}


BAD_ANSWERS = {
    "html": (errno.EBADMSG, {"body_kind": "html"}),
    "empty": (errno.EBADMSG, {"body_kind": "empty"}),
    "cut": (errno.EBADMSG, {"body_kind": "json-cut"}),
    "deep": (errno.EBADMSG, {"body_kind": "json-deep"}),
    "huge": (errno.EBADMSG, {"body_kind": "json-huge"}),
    "text": (errno.EBADMSG, {"body_kind": "not-object"}),
    "object without rows": (errno.EBADMSG, {"body": "{}"}),
    "rows are null": (errno.EBADMSG, {"body": '{"data": null}'}),
    "rows are text": (errno.EBADMSG, {"body": '{"data": "none"}'}),
    "a number": (errno.EBADMSG, {"body": "5"}),
    "500": (errno.EREMOTEIO, {"status": 500}),
    "403": (errno.EACCES, {"status": 403}),
    "less than promised": (errno.EIO, {"drop_after": 100}),
}


@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_p05_what_was_known_stays(m, shop, kind):
    number, fault = BAD_ANSWERS[kind]
    let_time_pass(m)
    refresh(m)
    known = m.list("jobs")
    records = {name: m.read(f"jobs/{name}/job.json") for name in known if name != "trigger"}
    assert len(records) == 3 and m.exists(m.control / "ready")
    shop.fault("getMultipleJobs", times=0, **fault)
    with fails_with(number):
        refresh(m)
    assert m.list("jobs") == known
    assert all(m.read(f"jobs/{name}/job.json") == text for name, text in records.items())
    assert m.read("status").startswith(f"{errno.errorcode[number]} since ")
    assert "jobs" in m.read("status") and not m.exists(m.control / "ready")
    shop.clear_faults()
    refresh(m)
    assert m.list("jobs") == known
    assert m.read("status") == "ok\n" and m.exists(m.control / "ready")


@pytest.mark.parametrize("kind", [kind for kind in BAD_ANSWERS if kind != "less than promised"])
def test_p05_where_nothing_was_known_it_is_an_error(mount, shop, kind):
    number, fault = BAD_ANSWERS[kind]
    shop.fault("getMultipleJobs", times=0, **fault)
    m = mount(shop, limits={"answer": "1M"})
    with fails_with(number):
        m.list("jobs")
    shop.clear_faults()
    wait_until(lambda: len(m.list("jobs")) == 4)


@pytest.mark.parametrize("bad", [
    None, 5, True, "text", [], [[]], {}, {"id": None}, {"id": ""}, {"id": {}}, {"id": []},
    {"status": "pending"}, job(None), job({"id": "x"}),
], ids=json.dumps)
def test_p27_one_bad_row_takes_no_other_with_it(mount, sandbox, bad):
    shop = sandbox(orders=0)
    shop.fault("getMultipleJobs", times=0,
               body=json.dumps({"data": [job("first"), bad, job("last")]}))
    m = mount(shop)
    assert m.list("jobs") == ["first", "last", "trigger"]
    # A null is how some APIs write a row that they will not show: no mistake.
    assert ("row 1 is left out" in m.log()) == (bad is not None)
    assert m.read("jobs/last/status") == "queued\n"


@pytest.mark.parametrize("strange", [
    job(status=None), job(status=7), job(status={}), job(status="x" * 100_000),
    job(timestamps=None), job(timestamps="yesterday"), job(timestamps={"created_at": 1e300}),
    job(timestamps={"created_at": "0001-01-01T00:00:00Z", "updated_at": "9999-99-99"}),
    job(error={"deep": [1]}), job(error="\x00\x1b[31m\n"), job(link=None), {"id": "good"},
], ids=lambda row: json.dumps(row)[:60])
def test_p27_a_strange_row_is_shown_as_far_as_it_goes(mount, sandbox, strange):
    shop = sandbox(orders=0)
    shop.fault("getMultipleJobs", body=json.dumps({"data": [strange, job("other")]}), times=0)
    m = mount(shop)
    assert m.list("jobs") == ["good", "other", "trigger"]
    assert m.read("jobs/good/status") in ("queued\n", "unknown\n")
    assert json.loads(m.read("jobs/good/job.json")) == strange


def test_p27_a_page_of_many_rows(mount, sandbox):
    shop = sandbox(orders=0)
    rows = [job(f"job {number:05}") for number in range(5_000)]
    rows[2_500] = None
    shop.fault("getMultipleJobs", body=json.dumps({"data": rows}), times=0)
    m = mount(shop)
    assert len(m.list("jobs")) == 5_000
