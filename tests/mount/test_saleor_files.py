"""Saleor, by its description alone: records, and files that are called as the server does."""

import errno
import json
import re

import pytest

from harness import fails_with, run, wait_until
from harness.exports import TRIGGER, exports, file_of, record

PRODUCTS = "kind=products\n"


@pytest.fixture
def shop(sandbox):
    """A shop without exports; new ones stay pending."""
    return sandbox(accounts="saleor", orders=0).frozen()


@pytest.mark.parametrize("kind, file_type", [
    ("product", "CSV"), ("gift_card", "XLSX"), ("voucher_code", "CSV"), ("product", "XLSX")])
def test_p01_a_file_is_called_as_the_server_calls_it(mount, shop, tmp_path, kind, file_type):
    shop.event("job", id="7", kind=kind, file_type=file_type, created="2026-11-07T06:05:04Z")
    m = mount(shop)
    m.wait_listed()
    name = file_of(m, "7")
    assert re.fullmatch(rf"{kind}_data_07_11_2026_06_05_04_[0-9a-f-]{{36}}\.{file_type.lower()}",
                        name)
    wanted = shop.raw_file("7")
    assert m.stat(f"exports/7/{name}").st_size == len(wanted)
    assert run(["rsync", "-a", m.account / "exports/7", tmp_path]).returncode == 0
    assert (tmp_path / "7" / name).read_bytes() == wanted
    assert record(m, "7")["url"].endswith("/" + name)


@pytest.mark.parametrize("address, name", [
    ("http://localhost:1/a%2F..%2Fb.csv", "a%2F..%2Fb.csv"),
    ("http://localhost:1/media/%2E%2E", "%2E."),
    ("http://localhost:1/status", "status~2"),
    ("http://localhost:1/export.json?x=1", "export~2.json"),
    ("http://localhost:1/gift%20cards.csv#x", "gift cards.csv"),
    ("http://localhost:1/.hidden.csv", "%2Ehidden.csv"),
])
def test_p02_the_name_in_an_address_is_made_safe(mount, shop, address, name):
    shop.event("job", id="7")
    m = mount(shop)
    m.wait_listed()
    edge = {"node": {"id": "RXhwb3J0RmlsZTo4", "status": "SUCCESS", "url": address, "events": [],
                     "createdAt": "2026-11-07T06:05:04.000001+00:00",
                     "updatedAt": "2026-11-07T06:05:04.000001+00:00"}}
    shop.fault("exportFiles", body=json.dumps({"data": {"exportFiles": {
        "pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": [edge]}}}))
    m.refresh()
    assert m.list("exports/8") == sorted([name, "export.json", "status"])
    assert m.read("exports/8/status") == "ready\n"


def test_ids_are_shown_as_their_numbers(mount, shop):
    for number in ("1", "42", "100"):
        shop.event("job", id=number)
    m = mount(shop)
    m.wait_listed()
    assert exports(m) == ["1", "100", "42"]
    assert record(m, "42")["id"] == "RXhwb3J0RmlsZTo0Mg=="


def test_events_are_in_the_record_and_no_message(mount, shop):
    shop.event("job", id="7", status="pending")
    m = mount(shop)
    m.wait_listed()
    assert [event["type"] for event in record(m, "7")["events"]] == ["EXPORT_PENDING"]
    shop.event("fail", id="7", error="The disk is full")
    wait_until(lambda: m.read("exports/7/status") == "failed\n")
    events = record(m, "7")["events"]
    assert [event["type"] for event in events] == ["EXPORT_PENDING", "EXPORT_FAILED"]
    assert all(set(event) == {"type", "date"} for event in events)
    assert m.list("exports/7") == ["export.json", "status"]


def test_an_address_before_its_time_is_no_file(sandbox, mount):
    """The file stands there a while before the export counts as done, and may yet be taken back."""
    shop = sandbox(accounts="saleor", orders=0, export_seconds=1)
    m = mount(shop)
    m.write(TRIGGER, PRODUCTS)

    def early():
        job, = shop.jobs()
        return job["status"] == "PENDING" and job["bytes"]
    wait_until(early)
    shop.event("freeze")
    m.refresh()
    assert record(m, "1")["url"].endswith(".csv")
    assert m.list("exports/1") == ["export.json", "status"]
    assert m.read("exports/1/status") == "queued\n"
    assert not shop.requests("download")
    shop.event("thaw")
    wait_until(lambda: m.read("exports/1/status") == "ready\n")
    assert m.read_bytes(f"exports/1/{file_of(m, '1')}") == shop.raw_file("1")


def test_one_that_fails_after_its_address_was_there(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=0, export_seconds=1)
    m = mount(shop)
    m.write(TRIGGER, PRODUCTS)
    wait_until(lambda: shop.jobs()[0]["bytes"])
    shop.event("fail", id="1")
    wait_until(lambda: m.read("exports/1/status") == "failed\n")
    assert m.list("exports/1") == ["export.json", "status"]
    assert record(m, "1")["url"] is None


def test_rows_that_vanish_are_gone(mount, shop):
    shop.event("job", id="7", status="pending")
    shop.event("age", id="7", days=1)
    m = mount(shop)
    m.wait_listed()
    shop.event("vanish", id="7")
    wait_until(lambda: run(["cat", m.account / "exports/7/status"]).returncode)
    with fails_with(errno.ENOENT):
        m.read("exports/7/status")


def test_files_are_fetched_without_the_token(mount, shop):
    for number in ("1", "2"):
        shop.event("job", id=number)
    m = mount(shop)
    m.wait_listed()
    assert all(m.read_bytes(f"exports/{number}/{file_of(m, number)}") for number in ("1", "2"))
    downloads = shop.requests("download")
    assert downloads and not any(request["authorization"] for request in downloads)
    assert {request["status"] for request in downloads} <= {200, 206}


def signatures_in(m):
    """Where a signed address has been written down."""
    places = [path for path in m.state_dir.rglob("*")
              if path.is_file() and b"X-Signature" in path.read_bytes()]
    return places + [name for name in ("log", "history", "metrics")
                     if "X-Signature" in m.read(m.control / name)]


def test_signed_addresses_are_never_written_down(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=0)
    shop.event("media", signed=True)
    shop.event("job", id="7", bytes=300_000)
    m = mount(shop)
    m.wait_listed()
    name = file_of(m, "7")
    assert m.stat(f"exports/7/{name}").st_size == 300_000
    assert record(m, "7")["url"].endswith("/" + name), "without what follows the question mark"
    assert m.read_bytes(f"exports/7/{name}") == shop.raw_file("7")
    shop.fault("download", status=403, times=2)
    shop.fault("download", drop_after=100, times=1)
    m.remount()
    run(["cat", m.account / "exports/7" / name])
    assert not signatures_in(m)
    m.terminate()
    assert "X-Signature" not in m.stderr()
    m.remount()


def test_p03_another_signature_is_no_news(mount, shop):
    """The server signs anew for each who asks: the same file all the same."""
    shop.event("media", signed=True)
    shop.event("job", id="7")
    m = mount(shop)
    m.wait_listed()
    name = file_of(m, "7")
    before = m.stat(f"exports/7/{name}"), m.stat("exports/7/export.json")
    m.refresh()
    shop.event("expire_urls")
    m.refresh()
    assert (m.stat(f"exports/7/{name}"), m.stat("exports/7/export.json")) == before
    assert m.read_bytes(f"exports/7/{name}") == shop.raw_file("7")


def test_p17_a_signed_address_that_expired_is_asked_for_again(mount, shop, spawn, tmp_path):
    shop.event("media", signed=True)
    shop.event("job", id="7", bytes=8_000_000)
    m = mount(shop)
    m.wait_listed()
    name = file_of(m, "7")
    m.stat(f"exports/7/{name}")
    shop.fault("download", slow_bytes_per_s=2_000_000, drop_after=3_000_000)
    reader = spawn(["cp", m.account / "exports/7" / name, tmp_path / "copy"])
    wait_until(lambda: any(request["sent"] > 100_000 for request in shop.downloads()))
    shop.event("expire_urls")
    assert reader.wait(30).returncode == 0
    assert (tmp_path / "copy").read_bytes() == shop.raw_file("7")
    assert 403 in [request["status"] for request in shop.downloads()]


@pytest.mark.parametrize("ending", ["", "/"])
def test_files_come_from_media_url_where_the_server_names_a_wrong_host(mount, shop, ending):
    shop.event("job", id="7")
    port = shop.url.rpartition(":")[2]
    m = mount(shop, account={"media_url": f"http://127.0.0.1:{port}{ending}"})
    m.wait_listed()
    assert m.read_bytes(f"exports/7/{file_of(m, '7')}") == shop.raw_file("7")
    hosts = {request["headers"]["Host"] for request in shop.requests("download")}
    assert hosts == {f"127.0.0.1:{port}"}, "the server says localhost"
    assert record(m, "7")["url"].startswith("http://localhost:"), "the record is as it came"
