"""Next Commerce, by its description alone: how it is asked, and what it may answer.

A version header on every request, slashes at the end of every path, pages behind whole addresses,
four requests in a second.
"""

import errno
import json
import time
from urllib.parse import parse_qs

import pytest

from harness import fails_with, wait_until
from harness.commands import last
from harness.exports import TRIGGER, asked, exports, unhurried

COMMAND = "type=order_list date_from=2026-07-01 date_to=2026-07-31\n"
API_VERSION = "X-29next-API-Version"


@pytest.fixture
def shop(sandbox):
    """A store without exports; new ones stay pending."""
    return sandbox(accounts="next", orders=0).frozen()


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


@pytest.mark.parametrize("spelled", [
    "?cursor={cursor}",
    "/next/api/admin/exports/?cursor={cursor}",
    "{url}/next/api/admin/exports/?cursor={cursor}",
])
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


def test_ids_keep_their_digits(mount, shop):
    """2^53 + 1 is no number to those who count in floating point."""
    shop.fault("exportsList", body=page(None, 9007199254740993, 9223372036854775807))
    m = mount(shop)
    m.list("exports")
    assert exports(m) == ["9007199254740993", "9223372036854775807"]
    m.read("exports/9223372036854775807/status")
    with pytest.raises(OSError):
        m.read_bytes("exports/9007199254740993/order_list.csv")
    assert any("/9007199254740993/" in request["path"]
               for request in shop.requests("exportsDownloadRetrieve"))


def test_null_rows_are_passed_over(sandbox, mount):
    shop = unhurried(sandbox, orders=9)
    shop.fault("exportsList", null_items=3, times=0)
    m = mount(shop)
    m.wait_listed()
    assert len(exports(m)) == 6
    assert m.read("status") == "ok\n" and "left out" not in m.log()


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
