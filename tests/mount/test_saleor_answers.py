"""Saleor, by its description alone: states, pages, and GraphQL answers that are not as they should
be.
"""

import errno
import json
import time

import pytest

from harness import fails_with, run, wait_until
from harness.exports import asked, exports, file_of, record

STALE_WORD = "and this API has no word for failed"


@pytest.fixture
def shop(sandbox):
    """A shop without exports; new ones stay pending."""
    return sandbox(accounts="saleor", orders=0).frozen()


# ---- states


@pytest.mark.parametrize("status, word", [
    ("PENDING", "queued"), ("FAILED", "failed"), ("SUCCESS", "ready"), ("DELETED", "expired"),
    ("ARCHIVED", "unknown")])
def test_p06_the_words(mount, shop, status, word):
    shop.event("job", id="7", status="pending")
    shop.event("status", id="7", status=status)
    for operation in ("exportFiles", "exportFile"):
        if status in ("DELETED", "ARCHIVED"):
            shop.fault(operation, body=answer_with(status, operation), times=0)
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == f"{word}\n"
    assert record(m, "7")["status"] == status


def answer_with(status, operation):
    """What a server would say that has words which its schema does not promise."""
    row = {"id": "RXhwb3J0RmlsZTo3", "status": status, "url": None, "events": [],
           "createdAt": "2026-11-07T06:05:04.000001+00:00",
           "updatedAt": "2026-11-07T06:05:04.000001+00:00"}
    if operation == "exportFile":
        return json.dumps({"data": {"exportFile": row, "i0": row}})
    return json.dumps({"data": {"exportFiles": {
        "pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": [{"node": row}]}}})


def test_p06_success_without_an_address_is_empty(mount, shop):
    shop.event("job", id="7")
    shop.fault("exportFiles", null_field="exportFiles.edges.node.url", times=0)
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == "empty\n"
    assert m.list("exports/7") == ["export.json", "status"]


def test_p06_a_worker_that_was_lost_leaves_unknown_after_a_day(mount, shop):
    shop.event("job", id="7", status="pending")
    shop.event("age", id="7", days=2)
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == "unknown\n"
    assert STALE_WORD in m.read("exports/7/error")


def test_p06_the_states_of_many_come_in_few_requests(mount, shop):
    shop.event("job", count=300, status="pending")
    m = mount(shop)
    m.wait_listed()
    assert len(exports(m)) == 300
    # What the listing said is good for a second.
    until = time.monotonic() + 1.1
    wait_until(lambda: time.monotonic() > until)
    shop.clear_requests()
    result = run(f"cat {m.account}/exports/*/status | sort | uniq -c", timeout=60)
    assert result.stdout.split() == ["300", "queued"]
    assert 6 <= len(asked(shop)) <= 30


def test_p06_an_answer_that_lacks_one_of_them_says_nothing_of_that_one(mount, shop):
    """Two are asked about in one request; an error beside the data concerns one of them."""
    shop.event("job", id="7", status="pending")
    shop.event("job", id="8", status="pending")
    m = mount(shop)
    m.wait_listed()
    shop.event("vanish", id="8")
    shop.event("finish", id="7")
    wait_until(lambda: m.read("exports/7/status") == "ready\n")
    assert m.read_bytes(f"exports/7/{file_of(m, '7')}") == shop.raw_file("7")


# ---- pages, and answers that are not as they should be


def test_many_pages_are_followed_to_the_end(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=250)
    m = mount(shop)
    m.wait_listed()
    assert exports(m) == sorted(str(number + 1) for number in range(250))
    assert len(shop.requests("exportFiles")) == 3


def test_a_cursor_that_comes_again_ends_the_listing(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=250)
    m = mount(shop)
    m.wait_listed()
    shop.clear_requests()
    shop.fault("exportFiles", repeat_cursor=True, times=0)
    m.refresh()
    assert len(shop.requests("exportFiles")) <= 4
    assert len(exports(m)) == 250
    assert "the listing ended before its end" in m.log()


def test_a_list_that_shifts_while_it_is_read_misses_nothing(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=350)
    shop.fault("exportFiles", delay_ms=150, times=4)
    m = mount(shop)
    for new in range(4):
        wait_until(lambda: len(shop.requests("exportFiles")) > new)
        shop.event("job", id=str(1001 + new))
        shop.event("vanish", id=str(350 - new))
    m.wait_listed()
    left = {str(number) for number in range(1, 347)}
    assert left <= set(exports(m)), "these were there all the time"
    m.refresh()
    assert left | {str(1001 + new) for new in range(4)} <= set(exports(m))
    assert not any("~" in name for name in exports(m)), "none is there twice"


def test_null_rows_are_passed_over(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=9)
    shop.fault("exportFiles", null_items=3, times=0)
    m = mount(shop)
    m.wait_listed()
    assert len(exports(m)) == 6
    assert m.read("status") == "ok\n" and "left out" not in m.log()


def test_rows_whose_node_is_null_are_passed_over(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=3)
    shop.fault("exportFiles", null_field="exportFiles.edges.node", times=0)
    m = mount(shop)
    m.wait_listed()
    assert exports(m) == []


def test_a_server_without_events_is_asked_without(mount, shop):
    """Once, and told once: the smaller document serves from then on."""
    shop.event("job", id="7", status="pending")
    for operation in ("exportFiles", "exportFile"):
        shop.fault(operation, lost_fields=["ExportFile.events"], times=0)
    m = mount(shop)
    m.wait_listed()
    assert "events" not in record(m, "7")
    assert [request["status"] for request in shop.requests("exportFiles")] == [400, 200]
    m.refresh()
    assert [request["status"] for request in shop.requests("exportFiles")] == [400, 200, 200]
    told = [line for line in m.log().splitlines() if "events" in line]
    assert len(told) == 1, m.log()
    shop.event("finish", id="7")
    wait_until(lambda: m.read("exports/7/status") == "ready\n")
    assert m.read_bytes(f"exports/7/{file_of(m, '7')}") == shop.raw_file("7")
    assert m.read("status") == "ok\n"


def test_a_server_that_lost_more_than_that_is_told(mount, shop):
    shop.fault("exportFiles", lost_fields=["ExportFile.url", "ExportFile.events"], times=0)
    m = mount(shop)
    with pytest.raises(OSError):
        m.list("exports")
    assert "url" in m.read("status") and "Cannot query field" in m.read("status")
    assert len(shop.requests("exportFiles")) <= 5


def test_partial_data_with_errors_is_used(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=4)
    shop.fault("exportFiles", times=0, null_field="exportFiles.edges.node.events",
               graphql_errors=[{"message": "Cannot return null for non-nullable field.",
                                "path": ["exportFiles", "edges", 0, "node", "events", 0],
                                "extensions": {"exception": {"code": "GraphQLError"}}}])
    m = mount(shop)
    m.list("exports")
    assert len(exports(m)) == 4
    name = exports(m)[0]
    assert record(m, name)["events"] is None
    assert m.read(f"exports/{name}/status") in ("ready\n", "failed\n")


def test_no_data_at_all_is_no_empty_folder(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=4)
    m = mount(shop)
    m.wait_listed()
    known = exports(m)
    for fault in ({"null_data": True}, {"null_field": "exportFiles"},
                  {"null_field": "exportFiles.edges"}):
        shop.fault("exportFiles", **fault)
        with fails_with(errno.EBADMSG):
            m.refresh()
        assert exports(m) == known
        assert "EBADMSG" in m.read("status")
    m.refresh()
    assert m.read("status") == "ok\n"
