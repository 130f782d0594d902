"""Next Commerce, by its description alone: what is particular of this API.

A version header on every request, slashes at the end of every path, pages behind whole addresses,
four requests in a second, two words for a state and none for a failure.
"""

import errno
import json
import time
from urllib.parse import parse_qs

import pytest

from harness import fails_with, run, wait_until
from harness.commands import last

TRIGGER = "exports/trigger"
JULY = "date_from=2026-07-01 date_to=2026-07-31"
COMMAND = f"type=order_list {JULY}\n"
TYPES = ["order_list", "order_line_items", "customer_list", "transaction_list", "dispute_list",
         "subscription_list", "subscription_line_items", "open_cart_list",
         "open_cart_line_items", "return_list", "return_line_items", "fulfillment_list",
         "fulfillment_line_items"]
API_VERSION = "X-29next-API-Version"


@pytest.fixture
def shop(sandbox):
    """A store without exports; new ones stay pending."""
    made = sandbox(accounts="next", orders=0)
    made.event("freeze")
    return made


def unhurried(sandbox, **options):
    """A store that does not count requests, for tests of something else."""
    made = sandbox(accounts="next", **options)
    made.event("limit", per_second=0)
    return made


def exports(m):
    """The names in exports/ without the trigger."""
    return sorted(set(m.list("exports")) - {"trigger"})


def record(m, name):
    return json.loads(m.read(f"exports/{name}/export.json"))


def asked(shop):
    """All requests to the API itself."""
    return [request for request in shop.requests() if request["operation"] != "download"]


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
        for copy in ("rsync -a", "cp --sparse=never", "dd status=none bs=64k"):
            target = tmp_path / "copy"
            words = f"{copy} if={path} of={target}" if copy[:2] == "dd" else f"{copy} {path} {target}"
            assert run(words).returncode == 0
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


# ---- how it is asked


def test_every_request_has_its_slash_its_version_and_its_token(sandbox, mount):
    shop = unhurried(sandbox, orders=3, page_size=2, export_seconds=0)
    m = mount(shop)
    m.wait_listed()
    m.write(TRIGGER, COMMAND)
    m.read("types.json")
    m.refresh()
    for name in exports(m):
        assert [m.read_bytes(f"exports/{name}/{file}") for file in m.list(f"exports/{name}")]
    made = asked(shop)
    assert {request["operation"] for request in made} >= {
        "exportsList", "exportsCreate", "exportsTypesRetrieve", "exportsDownloadRetrieve"}
    assert all(request["path"].endswith("/") and "//" not in request["path"] for request in made)
    assert {request["headers"].get(API_VERSION) for request in made} == {"2024-04-01"}
    assert all(request["authorization"] for request in made)
    assert {request["status"] for request in made} == {200, 201}
    downloads = shop.requests("download")
    assert downloads and not any(request["authorization"] for request in downloads)
    assert not any(API_VERSION.lower() in map(str.lower, request["headers"])
                   for request in downloads)
    assert {request["method"] for request in downloads} == {"GET"}


def test_a_slash_after_base_url_does_no_harm(sandbox, mount):
    shop = unhurried(sandbox, orders=1)
    base_url = shop.accounts["next"]["base_url"]
    m = mount(shop, account={"base_url": base_url + "/"})
    m.wait_listed()
    assert exports(m) == ["1"]
    assert {request["status"] for request in asked(shop)} == {200}


@pytest.mark.parametrize("version", ["unstable", "2023-02-10"])
def test_the_version_can_be_chosen(mount, shop, version):
    m = mount(shop, account={"version": version})
    m.wait_listed()
    assert {request["headers"][API_VERSION] for request in asked(shop)} == {version}


def test_at_most_four_requests_in_a_second(sandbox, mount, spawn):
    """Over everything: listings, states, sizes, and commands side by side."""
    shop = sandbox(accounts="next", orders=4, page_size=2)
    shop.event("freeze")
    m = mount(shop)
    m.wait_listed()
    readers = [spawn(f"cat {m.account}/exports/*/*.csv > /dev/null"),
               spawn(f"ls -lR {m.account}"), spawn(f"cat {m.account}/types.json"),
               spawn(f"echo {COMMAND.strip()} > {m.account}/{TRIGGER}"),
               spawn(f"echo now > {m.control}/refresh")]
    assert [reader.wait(60).returncode for reader in readers] == [0] * len(readers), [
        reader.wait() for reader in readers]
    times = [request["time"] for request in asked(shop)]
    assert len(times) >= 12
    assert 429 not in [request["status"] for request in asked(shop)]
    assert all(later - first > 0.9 for first, later in zip(times, times[4:]))


def test_somebody_else_uses_up_the_limit(mount, shop):
    """The store counts all who use the token. An answer 429 costs time, and nothing else."""
    shop.event("job", id="7")
    m = mount(shop)
    m.wait_listed()
    for operation in ("exportsList", "exportsDownloadRetrieve"):
        shop.fault(operation, status=429, headers={"Retry-After": "1"}, times=2)
    m.refresh()
    assert m.read_bytes("exports/7/order_list.csv") == shop.raw_file("7")
    assert m.read("status") == "ok\n"
    refused = [request for request in asked(shop) if request["status"] == 429]
    assert len(refused) == 4


def test_who_asks_goes_before_a_listing(sandbox, mount, spawn):
    """Thirty pages take seven seconds at this pace; a person does not wait behind them."""
    shop = sandbox(accounts="next", orders=60, page_size=2)
    shop.event("freeze")
    m = mount(shop)
    first = spawn(["ls", m.account / "exports"])
    wait_until(lambda: len(shop.requests("exportsList")) >= 2)
    answer = json.loads(m.exchange(TRIGGER, COMMAND))
    begun = time.monotonic()
    wait_until(lambda: m.read(f"{answer['path']}/status") == "queued\n"
               and shop.requests("exportsRetrieve"))
    assert time.monotonic() - begun < 3
    assert first.running, "the listing goes on meanwhile"
    m.wait_listed()
    assert len(exports(m)) == 61
    assert 429 not in [request["status"] for request in asked(shop)]


# ---- pages


def test_many_pages_are_followed_to_the_end(sandbox, mount):
    shop = unhurried(sandbox, orders=23, page_size=5)
    m = mount(shop)
    m.wait_listed()
    assert exports(m) == sorted(str(number + 1) for number in range(23))
    pages = shop.requests("exportsList")
    assert len(pages) == 5
    assert len({parse_qs(page["query"]).get("cursor", [""])[0] for page in pages}) == 5


def page(next_page, *rows):
    """An answer to a listing, as text."""
    return json.dumps({"next": next_page, "previous": None, "results": [
        {"id": number, "created_at": "2026-08-01T12:00:00Z", "type": "order_list",
         "status": "available", "date_from": None, "date_to": None, "url": "https://x.invalid/"}
        for number in rows]})


@pytest.mark.parametrize("elsewhere", [
    "http://127.0.0.2:{port}/next/api/admin/exports/?cursor=x",
    "http://127.0.0.1:1/next/api/admin/exports/?cursor=x",
    "https://127.0.0.1:{port}/next/api/admin/exports/?cursor=x",
    "//127.0.0.2:{port}/exports/?cursor=x",
    "file:///etc/passwd",
])
def test_a_next_page_elsewhere_is_refused(mount, shop, elsewhere):
    port = shop.url.rpartition(":")[2]
    shop.event("job", id="7")
    m = mount(shop)
    m.wait_listed()
    shop.clear_requests()
    shop.fault("exportsList", body=page(elsewhere.format(port=port), 8))
    with fails_with(errno.EBADMSG):
        m.refresh()
    assert len(shop.requests("exportsList")) == 1 and not shop.requests("unknown")
    assert "7" in exports(m), "half a listing takes nothing away"
    assert "next" in m.read("status") and "EBADMSG" in m.read("status")


@pytest.mark.parametrize("spelled", ["/next/api/admin/exports/?cursor={cursor}",
                                     "?cursor={cursor}", "{url}/next/api/admin/exports/?cursor={cursor}"])
def test_a_next_page_may_be_spelled_in_other_ways(sandbox, mount, spelled):
    shop = unhurried(sandbox, orders=4, page_size=2)
    m = mount(shop)
    m.wait_listed()
    cursor = parse_qs(shop.requests("exportsList")[1]["query"])["cursor"][0]
    shop.fault("exportsList", body=page(spelled.format(cursor=cursor, url=shop.url), 4, 3))
    shop.clear_requests()
    m.refresh()
    assert len(shop.requests("exportsList")) == 2
    assert exports(m) == ["1", "2", "3", "4"]


def test_a_next_that_is_left_out_is_the_end(mount, shop):
    shop.fault("exportsList", body='{"results": []}')
    m = mount(shop)
    m.wait_listed()
    assert m.list("exports") == ["trigger"]


def test_a_page_that_leads_to_itself_ends_the_listing(sandbox, mount):
    shop = unhurried(sandbox, orders=9, page_size=2)
    m = mount(shop)
    m.wait_listed()
    shop.clear_requests()
    shop.fault("exportsList", repeat_cursor=True, times=0)
    m.refresh()
    assert len(shop.requests("exportsList")) <= 3
    assert len(exports(m)) == 9, "what was not listed is not gone"
    assert "leads to the page that was just read" in m.log()


def test_pages_that_lead_in_a_circle_end_too(sandbox, mount):
    shop = unhurried(sandbox, orders=2)
    here = shop.accounts["next"]["base_url"] + "/exports/"
    for _ in range(60):
        shop.fault("exportsList", body=page(f"{here}?cursor=b", 1))
        shop.fault("exportsList", body=page(f"{here}?cursor=a", 2))
    m = mount(shop)
    m.list("exports")
    assert len(shop.requests("exportsList")) <= 4
    assert exports(m) == ["1", "2"]


def test_a_list_that_shifts_while_it_is_read_misses_nothing(sandbox, mount, spawn):
    shop = unhurried(sandbox, orders=20, page_size=4)
    shop.fault("exportsList", delay_ms=150, times=5)
    m = mount(shop)
    # A listing has five pages. New exports come in at its front, and old ones go, in its middle.
    for new in range(5):
        wait_until(lambda: len(shop.requests("exportsList")) > new)
        shop.event("job", id=f"new{new}")
        shop.event("vanish", id=str(20 - new))
    m.wait_listed()
    left = {str(number) for number in range(1, 16)}
    assert left <= set(exports(m)), "these were there all the time"
    m.refresh()
    assert left | {f"new{new}" for new in range(5)} <= set(exports(m))
    assert not any("~" in name for name in exports(m)), "none is there twice"


def test_null_rows_are_passed_over(sandbox, mount):
    shop = unhurried(sandbox, orders=9)
    shop.fault("exportsList", null_items=3, times=0)
    m = mount(shop)
    m.wait_listed()
    assert len(exports(m)) == 6
    assert m.read("status") == "ok\n" and "left out" not in m.log()


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


# ---- refusals, in words


@pytest.mark.parametrize("token, words", [
    ("no-such-token", "access_token is not valid in this store"),
    ("sandbox-next-nobody", "the app needs the scopes exports:read and exports:write"),
])
def test_p27_who_is_not_let_in_is_told_why(mount, shop, token, words):
    m = mount(shop, account={"access_token": token})
    with fails_with(errno.EACCES):
        m.list("exports")
    assert words in m.read("status")
    assert m.read("status").startswith("EACCES since 2")
    assert not m.exists(m.control / "ready")


def test_p27_who_may_only_read_is_told_when_he_writes(mount, shop):
    shop.event("job", id="7")
    m = mount(shop, account={"access_token": "sandbox-next-reader"})
    m.wait_listed()
    assert m.read_bytes("exports/7/order_list.csv") == shop.raw_file("7")
    with fails_with(errno.EACCES):
        m.write(TRIGGER, COMMAND)
    assert "exports:write" in last(m).words
    assert len(shop.requests("exportsCreate")) == 1


@pytest.mark.parametrize("number, fault, words", [
    (errno.EINVAL, {"status": 400, "body": '{"date_to": ["Datetime has wrong format."]}'},
     "HTTP 400: Datetime has wrong format"),
    (errno.EINVAL, {"status": 400, "body": '{"non_field_errors": ["Too many objects."]}'},
     "HTTP 400: Too many objects"),
    (errno.EINVAL, {"status": 400, "body": '{"detail": "JSON parse error"}'}, "JSON parse error"),
    (errno.EINVAL, {"status": 400, "body": '{"surprise": ["Never seen."]}'}, "Never seen."),
    (errno.EINVAL, {"status": 400, "body": '["Odd."]'}, "Odd."),
    (errno.EREMOTEIO, {"status": 500}, "HTTP 500"),
    (errno.EREMOTEIO, {"status": 503, "body_kind": "html"}, "HTTP 503"),
    (errno.EBADMSG, {"body_kind": "html", "status": 200}, "instead of JSON"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_p27_whatever_the_api_says_is_one_line(mount, shop, number, fault, words):
    m = mount(shop)
    m.list("exports")
    shop.fault("exportsCreate", **{"headers": {"Content-Type": "application/json"}, **fault}
               if "body" in fault else fault)
    with fails_with(number):
        m.write(TRIGGER, COMMAND)
    assert words in m.read("status")
    assert m.read("status").count("\n") == 1


def test_p27_a_wrong_version_is_told(mount, shop):
    m = mount(shop, account={"version": "1999-12-31"})
    with fails_with(errno.EINVAL):
        m.list("exports")
    assert "X-29next-API-Version is missing or unknown" in m.read("status")


def test_p27_a_wrong_base_url_is_told(mount, shop):
    base_url = shop.accounts["next"]["base_url"].replace("/api/", "/ipa/")
    m = mount(shop, account={"base_url": base_url})
    with pytest.raises(OSError):
        m.list("exports")
    assert "HTTP 404" in m.read("status") and "check the address" in m.read("status")


def test_p27_a_file_that_is_not_there_after_all(mount, shop):
    shop.event("job", id="7")
    m = mount(shop)
    m.wait_listed()
    shop.fault("exportsDownloadRetrieve", status=404, times=0)
    with fails_with(errno.ENOENT):
        m.read("exports/7/order_list.csv")
    assert "404" in m.read("exports/7/error")


def test_created_moments_become_dates(mount, shop):
    """The folder and its files are as old as the export."""
    shop.event("job", id="7", created="2026-05-06T07:08:09Z")
    m = mount(shop)
    m.wait_listed()
    for name in ("", "/export.json", "/status"):
        moment = time.gmtime(m.stat(f"exports/7{name}").st_mtime_ns // 10**9)
        assert time.strftime("%Y-%m-%dT%H:%M:%SZ", moment) == "2026-05-06T07:08:09Z"
