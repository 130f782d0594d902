"""Orders of an API that makes the archive of an order's keys when it is asked to, tells of it apart
from the listing, and forgets it after three days."""

import errno
import json
import sys
import time

import pytest

from harness import fails_with, run, wait_until
from harness.eneba import ARCHIVE, ORDER, becomes, frozen_shop, mount_with, order, word, write


@pytest.fixture
def shop(sandbox):
    return frozen_shop(sandbox)


# ---- what an order's folder says


@pytest.mark.parametrize("status, expected, files", [
    (None, "none", []),
    ("PENDING", "running", ["export.json"]),
    ("COMPLETED", "ready", ["export.json", "keys", "keys.zip"]),
    ("FAILED", "failed", ["export.json"]),
])
def test_p06_the_words_and_the_files_that_go_with_them(mount, shop, status, expected, files):
    m = mount_with(mount, shop, export=status)
    assert word(m) == expected
    assert m.list(ORDER) == sorted([*files, "order.json", "status", "trigger"])
    assert json.loads(m.read(f"{ORDER}/order.json"))["entryToken"] == "it"
    if status:
        record = json.loads(m.read(f"{ORDER}/export.json"))
        assert record == {"id": order(shop)["export"], "status": status, "expired": False}


@pytest.mark.parametrize("status", ["PENDING", "COMPLETED", "FAILED", "RESTING"])
def test_p06_expired_counts_more_than_the_word_beside_it(mount, shop, status):
    m = mount_with(mount, shop, export="COMPLETED")
    becomes(m, "ready")
    shop.event("status", id="it", status=status)
    shop.event("expire", id="it")
    becomes(m, "expired")
    assert not m.exists(ARCHIVE)
    assert json.loads(m.read(f"{ORDER}/export.json"))["status"] == status


def test_p06_a_word_that_nobody_knows_is_unknown_and_told_once(mount, shop):
    m = mount_with(mount, shop, export="PENDING")
    shop.event("status", id="it", status="RESTING")
    becomes(m, "unknown")
    assert m.list(ORDER) == ["export.json", "order.json", "status", "trigger"]
    asked = len(shop.requests("O_orderExport"))
    wait_until(lambda: word(m) and len(shop.requests("O_orderExport")) > asked + 1)
    told = "orders/it: the description has no state for what the API says; see export.json"
    assert m.log().count(told) == 1
    assert json.loads(m.read(f"{ORDER}/export.json"))["status"] == "RESTING"


def test_p07_a_state_that_cannot_be_asked_for_is_no_word(mount, shop):
    m = mount_with(mount, shop, export="PENDING", deadline="1s")
    for fault, number in (({"null_data": True}, errno.EBADMSG), ({"hang": True}, errno.ETIMEDOUT),
                          ({"status": 502, "body_kind": "html"}, errno.EREMOTEIO)):
        shop.clear_faults()
        shop.fault("O_orderExport", times=0, **fault)
        wait_until(lambda: run(["cat", m.account / ORDER / "status"]).returncode)
        with fails_with(number):
            word(m)
    shop.clear_faults()
    becomes(m, "running")
    assert m.read("status") == "ok\n"


def test_p07_an_error_about_one_order_is_not_its_state(mount, shop):
    """The answer has null for it, which alone would say that there never was an export."""
    shop.event("order", id="other", export="PENDING")
    m = mount_with(mount, shop, export="PENDING")
    shop.fault("O_orderExport", times=0, null_field="x0",
               graphql_errors=[{"message": "Shelf 7 is on fire", "path": ["x0"]}])
    wait_until(lambda: run(["cat", m.account / ORDER / "status"]).returncode)
    with pytest.raises(OSError):
        word(m)
    assert m.read("orders/other/status") == "running\n"
    assert "Shelf 7 is on fire" in m.log()


def test_p27_what_fails_in_the_background_is_told_in_words(mount, shop):
    shop.fault("O_orderExport", lost_fields=["O_API_OrderExport.expired"], times=0)
    m = mount_with(mount, shop, export="PENDING")
    wait_until(lambda: m.read("status") != "ok\n")
    assert 'Cannot query field "expired"' in m.read("status")
    with fails_with(errno.EREMOTEIO):
        word(m)
    shop.clear_faults()
    becomes(m, "running")
    assert m.read("status") == "ok\n"


# ---- the archive


def test_p01_the_archive_has_its_exact_bytes_size_and_date(mount, shop):
    begun = time.time()
    m = mount_with(mount, shop, export="COMPLETED", days=2, images=2)
    assert word(m) == "ready"
    seen = m.stat(ARCHIVE)
    content = m.read_bytes(ARCHIVE)
    assert content == shop.raw_file("it") and content.startswith(b"PK")
    assert seen.st_size == len(content)
    # The API tells no date of it: that is when it was first seen, not when the order was made.
    assert begun - 1 <= seen.st_mtime_ns / 1e9 <= time.time()


def test_p03_neither_inode_nor_date_depend_on_the_run(mount, shop):
    m = mount_with(mount, shop, export="COMPLETED", days=2)
    assert word(m) == "ready"
    names = [ORDER, ARCHIVE, f"{ORDER}/order.json", f"{ORDER}/export.json"]
    before = [(seen.st_ino, seen.st_mtime_ns, seen.st_size) for seen in map(m.stat, names)]
    m.remount()
    m.wait_listed()
    becomes(m, "ready")
    assert [(seen.st_ino, seen.st_mtime_ns, seen.st_size) for seen in map(m.stat, names)] == before


def test_the_address_is_asked_for_only_by_who_wants_the_archive(mount, shop):
    """It is a secret, and made anew for each who asks. Who asked for it is told by a server that
    does not have it."""
    shop.event("order", count=30, export="COMPLETED")
    m = mount_with(mount, shop, export="COMPLETED")
    shop.fault("O_orderExport", lost_fields=["O_API_OrderExport.downloadUrl"], times=0)
    shop.clear_requests()
    m.refresh()
    wait_until(lambda: run("cat orders/*/status", cwd=m.account).stdout == "ready\n" * 31 and
               len(shop.requests("O_orderExport")) >= 2)
    run("find . -name keys -prune -o -type f -name '*.json' -exec cat {} +; ls orders/*",
        cwd=m.account)
    assert {request["status"] for request in shop.requests("O_orderExport")} == {200}
    with pytest.raises(OSError):
        m.stat(ARCHIVE)
    assert [request["status"] for request in shop.requests("O_orderExport")].count(400) == 1
    shop.clear_faults()
    shop.clear_requests()
    assert m.read_bytes(ARCHIVE) == shop.raw_file("it")
    assert {request["authorization"] for request in shop.requests("download")} == {False}


@pytest.mark.parametrize("known", ["nothing", "its size"])
def test_p27_an_archive_without_an_address_is_gone(mount, shop, known):
    m = mount_with(mount, shop, export="COMPLETED")
    assert word(m) == "ready"
    if known == "its size":
        assert m.stat(ARCHIVE).st_size
    shop.event("remove", id="it")
    with fails_with(errno.ENOENT):
        m.read_bytes(ARCHIVE)
    assert m.list(ORDER) == ["error", "export.json", "order.json", "status", "trigger"]
    assert "removed" in m.read(f"{ORDER}/error") and "trigger" in m.read(f"{ORDER}/error")
    asked = len(shop.requests("O_orderExport"))
    wait_until(lambda: word(m) == "expired" and len(shop.requests("O_orderExport")) > asked,
               what="the API says COMPLETED again, and is not believed")
    assert not m.exists(ARCHIVE)
    write(m)
    wait_until(lambda: word(m) == "running")
    shop.event("finish", id="it")
    becomes(m, "ready")
    assert m.read_bytes(ARCHIVE) == shop.raw_file("it")
    assert not m.exists(f"{ORDER}/error")


# Reads the first half; the rest when it is told to, and says what it got in all.
HALVES = """import sys
with open(sys.argv[1], "rb", buffering=0) as file:
    text = file.read(1 << 16)
    print("half", flush=True)
    sys.stdin.readline()
    try:
        while piece := file.read(1 << 16):
            text += piece
    except OSError as problem:
        print(problem.errno, flush=True)
open(sys.argv[2], "wb").write(text)
"""


def test_p17_another_export_is_another_archive(mount, shop, spawn, tmp_path):
    m = mount_with(mount, shop, export="COMPLETED", bytes=3_000_000)
    assert word(m) == "ready"
    seen, before = m.stat(ARCHIVE), shop.raw_file("it")
    shop.fault("download", slow_bytes_per_s=2_000_000)
    reader = spawn([sys.executable, "-c", HALVES, m.account / ARCHIVE, tmp_path / "got"],
                   stdin=-1)
    wait_until(lambda: reader.output() == "half\n")
    shop.event("archive", id="it", bytes=3_000_001)
    write(m)
    shop.event("finish", id="it")
    becomes(m, "ready")
    after = m.stat(ARCHIVE)
    assert after.st_ino != seen.st_ino and after.st_mtime_ns > seen.st_mtime_ns
    assert m.read_bytes(ARCHIVE) == shop.raw_file("it") != before
    reader.child.stdin.write(b"\n")
    reader.child.stdin.close()
    said, got = reader.wait().stdout, (tmp_path / "got").read_bytes()
    assert before.startswith(got)
    assert got == before or said == f"half\n{errno.ESTALE}\n"
