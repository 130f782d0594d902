"""Next Commerce, by its description alone: its exports, from the command to the file.

Thirteen types and those that are new, days and moments, two words for a state and none for a
failure.
"""

import errno
import json

import pytest

from harness import fails_with, run, wait_until
from harness.commands import last
from harness.exports import TRIGGER, exports, record, unhurried

JULY = "date_from=2026-07-01 date_to=2026-07-31"
COMMAND = f"type=order_list {JULY}\n"
TYPES = ["order_list", "order_line_items", "customer_list", "transaction_list", "dispute_list",
         "subscription_list", "subscription_line_items", "open_cart_list",
         "open_cart_line_items", "return_list", "return_line_items", "fulfillment_list",
         "fulfillment_line_items"]


@pytest.fixture
def shop(sandbox):
    """A store without exports; new ones stay pending."""
    return sandbox(accounts="next", orders=0).frozen()


def wish(job):
    """What the API understood."""
    return json.loads(job["filter"])


# ---- creation


def test_every_type_can_be_exported_and_one_that_is_new(mount, shop):
    shop.event("new_type", code="gift_list", name="Gifts")
    codes = [*TYPES, "gift_list"]
    m = mount(shop)
    for code in codes:
        m.write(TRIGGER, f"type={code} {JULY}")
    started = {wish(job)["type"]: job["id"] for job in shop.jobs()}
    assert sorted(started) == sorted(codes)
    for number in started.values():
        shop.event("finish", id=number)
    m.refresh()
    for code, number in started.items():
        assert record(m, number)["type"] == code
        assert m.list(f"exports/{number}") == sorted([f"{code}.csv", "export.json", "status"])
    for code in ("return_line_items", "gift_list"):
        assert m.read_bytes(f"exports/{started[code]}/{code}.csv") == shop.raw_file(started[code])


@pytest.mark.parametrize("first, last_one, arrives", [
    ("2026-07-01", "2026-07-31", ("2026-07-01T00:00:00Z", "2026-07-31T23:59:59Z")),
    ("2026-07-01", "2026-07-01", ("2026-07-01T00:00:00Z", "2026-07-01T23:59:59Z")),
    ("2028-02-29", "2028-02-29", ("2028-02-29T00:00:00Z", "2028-02-29T23:59:59Z")),
    ("2026-07-01T06:30:00Z", "2026-07-01T07:00:00Z",
     ("2026-07-01T06:30:00Z", "2026-07-01T07:00:00Z")),
    ("2026-07-01T00:00:00+02:00", "2026-07-31T23:59:59.5-07:00",
     ("2026-06-30T22:00:00Z", "2026-08-01T06:59:59.500000Z")),
    ("2026-07-01T10:00:00Z", "2026-07-31", ("2026-07-01T10:00:00Z", "2026-07-31T23:59:59Z")),
])
def test_p09_dates_are_days_or_moments(mount, shop, first, last_one, arrives):
    m = mount(shop)
    m.write(TRIGGER, f"type=order_list date_from={first} date_to={last_one}")
    job, = shop.jobs()
    assert (wish(job)["date_from"], wish(job)["date_to"]) == arrives
    assert record(m, job["id"])["date_to"] == arrives[1]


@pytest.mark.parametrize("text, advice", [
    ("type=order_list date_from=2026-07-01", "'date_to' is missing"),
    (JULY, "'type' is missing"),
    ("type=order_list date_from=yesterday date_to=2026-07-31", "'date_from' takes a date such as"),
    ("type=order_list date_from=2026-02-29 date_to=2026-07-31", "not '2026-02-29'"),
    ("type=order_list date_from=01.07.2026 date_to=2026-07-31", "not '01.07.2026'"),
    ("type=order_list date_from=2026-07-01T10:00:00 date_to=2026-07-31", "2026-07-31T10:00:00Z"),
    ("type=order_list date_from=2026-07-01T25:00:00Z date_to=2026-07-31", "'date_from' takes"),
    (f"{COMMAND} format=xlsx", "'format'"),
])
def test_p09_what_the_api_cannot_take_is_not_sent(mount, shop, text, advice):
    m = mount(shop)
    m.list("exports")
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, text)
    assert advice in last(m).words and advice in m.read("status")
    assert not shop.requests("exportsCreate")


@pytest.mark.parametrize("text, words", [
    (f"type=no_such_list {JULY}", 'HTTP 400: "no_such_list" is not a valid choice'),
    ("type=order_list date_from=2026-08-01 date_to=2026-07-01",
     "HTTP 400: date_to must not be before date_from"),
])
def test_p10_what_the_api_refuses_is_told_in_its_words(mount, shop, text, words):
    m = mount(shop)
    m.wait_listed()
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, text)
    assert words in last(m).words and words in m.read("status") and words in m.read(TRIGGER)
    assert len(shop.requests("exportsCreate")) == 1 and not shop.jobs()
    m.write(TRIGGER, COMMAND)
    assert m.read("status") == "ok\n"


def test_p11_the_trigger_tells_what_it_takes_and_its_example_works(mount, shop):
    m = mount(shop)
    m.list("exports")
    usage = m.read(TRIGGER)
    assert all(code in usage for code in TYPES)
    assert "date_from=TIME" in usage and "2026-07-31T10:00:00Z" in usage
    example, = [line for line in usage.splitlines() if line.startswith("Example: ")]
    result = run(example.removeprefix("Example: "), cwd=m.account / "exports")
    assert result.returncode == 0, result
    assert wish(shop.jobs()[0]) == {"type": "order_list", "date_from": "2026-07-01T00:00:00Z",
                                    "date_to": "2026-07-31T23:59:59Z"}


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"status": 502, "act": True},
                                   {"body_kind": "json-cut"}], ids=str)
def test_p12_an_export_whose_answer_was_lost_is_found(mount, shop, fault):
    m = mount(shop, limits={"deadline": "3s"})
    m.list("exports")
    shop.fault("exportsCreate", **fault)
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    wait_until(lambda: shop.jobs(), what="the API acts")
    wait_until(lambda: m.refresh() or last(m).outcome == "adopted")
    assert last(m).id == shop.jobs()[0]["id"]
    assert len(shop.requests("exportsCreate")) == 1
    with fails_with(errno.EALREADY):
        m.write(TRIGGER, COMMAND)


def test_p13_the_same_export_is_not_started_twice(mount, shop):
    shop.event("limit", per_second=0)
    m = mount(shop)
    m.write(TRIGGER, COMMAND)
    same = '{"date_to": "2026-07-31T23:59:59Z", "date_from": "2026-07-01", "type": "order_list"}'
    with fails_with(errno.EALREADY):
        m.write(TRIGGER, same)
    assert "exports/1 is already queued" in last(m).words
    m.write(TRIGGER, "type=order_list date_from=2026-07-02 date_to=2026-07-31")
    m.remount()
    with fails_with(errno.EALREADY):
        m.write(TRIGGER, COMMAND)
    m.write(TRIGGER, COMMAND.strip() + " force=yes")
    assert len(shop.jobs()) == 3
    shop.event("finish", id="1")
    shop.event("finish", id="3")
    wait_until(lambda: m.write(TRIGGER, COMMAND) is None)
    assert len(shop.jobs()) == 4


# ---- files


def test_p01_a_file_has_its_exact_bytes_however_it_is_copied(sandbox, mount, tmp_path):
    shop = unhurried(sandbox, orders=0)
    shop.event("job", id="7", type="customer_list", date_from="2026-07-01T00:00:00Z")
    shop.event("job", id="8", type="order_line_items", bytes=3_000_000)
    m = mount(shop)
    m.wait_listed()
    for number, name in (("7", "customer_list.csv"), ("8", "order_line_items.csv")):
        path, wanted = m.account / "exports" / number / name, shop.raw_file(number)
        (tmp_path / "raw").write_bytes(wanted)
        assert m.stat(path).st_size == len(wanted)
        for copy in ("rsync -a {} {}", "cp --sparse=never {} {}", "dd status=none if={} of={}"):
            target = tmp_path / "copy"
            assert run(copy.format(path, target)).returncode == 0
            assert run(["cmp", target, tmp_path / "raw"]).returncode == 0
            target.unlink()


def test_a_pending_export_has_no_file(mount, shop):
    m = mount(shop)
    m.write(TRIGGER, COMMAND)
    assert m.list("exports/1") == ["export.json", "status"]
    shop.event("finish", id="1")
    wait_until(lambda: m.read("exports/1/status") == "ready\n")
    assert m.read_bytes("exports/1/order_list.csv") == shop.raw_file("1")


def test_p17_the_address_of_a_file_is_asked_for_again_when_it_expired(sandbox, mount):
    shop = unhurried(sandbox, orders=0)
    shop.event("job", id="7", bytes=200_000)
    m = mount(shop)
    m.wait_listed()
    m.stat("exports/7/order_list.csv")
    shop.event("expire_urls")
    assert m.read_bytes("exports/7/order_list.csv") == shop.raw_file("7")
    assert 403 not in [request["status"] for request in shop.downloads()] or \
        len(shop.requests("exportsDownloadRetrieve")) > 1


@pytest.mark.parametrize("code, name", [
    ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd.csv"),
    ("order list", "order list.csv"),
    ("näher", "näher.csv"),
])
def test_p02_a_type_is_no_path(mount, shop, code, name):
    shop.event("job", id="7", type=code)
    m = mount(shop)
    m.list("exports")
    assert m.list("exports/7") == sorted([name, "export.json", "status"])
    assert m.read_bytes(f"exports/7/{name}") == shop.raw_file("7")


def test_types_json_is_what_the_api_has(mount, shop):
    m = mount(shop)
    m.wait_listed()
    types = json.loads(m.read("types.json"))["types"]
    assert [entry["code"] for entry in types] == TYPES
    assert types[0] == {"code": "order_list", "name": "Orders"}
    assert m.stat("types.json").st_size == len(m.read_bytes("types.json"))
    assert len(shop.requests("exportsTypesRetrieve")) == 1
    shop.event("new_type", code="gift_list", name="Gifts")
    m.refresh()
    wait_until(lambda: "gift_list" in m.read("types.json"))


def test_a_document_that_cannot_be_fetched_has_no_name(mount, shop):
    shop.event("job", id="7")
    shop.fault("exportsTypesRetrieve", status=403, times=0)
    m = mount(shop)
    assert exports(m) == ["7"]
    said = wait_until(lambda: "types.json" in (text := m.read("status")) and text)
    assert said.startswith("EACCES since 2") and "exports:read" in said
    assert "types.json" not in m.list(".") and not m.exists(m.control / "ready")
    shop.clear_faults()
    m.refresh()
    assert "types.json" in m.list(".") and m.read("status") == "ok\n"


# ---- states


def test_p06_there_are_two_words(mount, shop):
    shop.event("job", id="7", status="pending")
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == "queued\n"
    shop.event("finish", id="7")
    wait_until(lambda: m.read("exports/7/status") == "ready\n")
    shop.clear_requests()
    assert m.read("exports/7/status") == "ready\n"
    assert not shop.requests(), "it is final"


@pytest.mark.parametrize("word", ["", "sleeping"])
def test_p06_a_state_that_is_absent_or_new_is_unknown(mount, shop, word):
    shop.event("job", id="7", status="pending")
    shop.event("status", id="7", status=word)
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == "unknown\n"
    assert record(m, "7").get("status", "") == word
    assert m.list("exports/7") == ["export.json", "status"]
    m.refresh()
    assert m.log().count("exports/7: the description has no state for what the API says") == 1
    shop.event("finish", id="7")
    wait_until(lambda: m.read("exports/7/status") == "ready\n")


def test_p06_one_that_broke_is_unknown_after_a_day(mount, shop):
    """The API has no word for it: it stays pending, and says nothing more."""
    for number, days in (("7", 0.9), ("8", 2)):
        shop.event("job", id=number, status="pending")
        shop.event("fail", id=number)
        shop.event("age", id=number, days=days)
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == "queued\n"
    assert m.list("exports/7") == ["export.json", "status"]
    assert m.read("exports/8/status") == "unknown\n"
    assert "pending" in m.read("exports/8/error") or "queued" in m.read("exports/8/error")
    assert record(m, "8")["status"] == "pending"


def test_one_that_is_late_may_still_come(mount, shop):
    shop.event("job", id="8", status="pending")
    shop.event("age", id="8", days=2)
    m = mount(shop)
    m.list("exports")
    assert m.exists("exports/8/error")
    shop.event("finish", id="8")
    wait_until(lambda: m.read("exports/8/status") == "ready\n")
    wait_until(lambda: m.list("exports/8") == ["export.json", "order_list.csv", "status"])


def test_one_that_grows_stale_while_it_is_mounted(mount, shop):
    """Nothing comes from the API at that moment: time alone makes the difference."""
    shop.event("job", id="8", status="pending")
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/8/status") == "queued\n"
    shop.event("age", id="8", days=2)
    wait_until(lambda: m.read("exports/8/status") == "unknown\n")
    wait_until(lambda: m.read("exports/8/error"))
