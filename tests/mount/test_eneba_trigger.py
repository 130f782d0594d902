"""Writing to an order's trigger: the export that it begins, and what was there before. The answer
names nothing, and for a while the API goes on telling of the last export."""

import errno
import json

import pytest

from harness import fails_with, run, wait_until
from harness.commands import history, last
from harness.documents import TOP
from harness.eneba import (ARCHIVE, ORDER, TRIGGER, becomes, frozen_shop, mount_with, order, sent,
                           word, write)

DESCRIPTION = TOP / "src" / "provider" / "apis" / "eneba.yaml"


@pytest.fixture
def shop(sandbox):
    return frozen_shop(sandbox)


# ---- writing to the trigger of an order


def test_p11_an_export_from_its_trigger_to_its_keys(mount, shop):
    m = mount_with(mount, shop, days=30)
    assert word(m) == "none"
    assert "force=yes" in m.read(TRIGGER)
    shop.fault("O_exportOrderKeys", lag_ms=1_500)
    answer = json.loads(m.exchange(TRIGGER, "\n"))
    assert answer == {"path": ORDER, "id": "it", "state": "queued"}
    assert word(m) == "queued"
    becomes(m, "running")
    assert not m.exists(ARCHIVE)
    shop.event("finish", id="it")
    becomes(m, "ready")
    assert m.read_bytes(ARCHIVE) == shop.raw_file("it")
    assert (last(m).outcome, last(m).id) == ("done", "it")
    assert last(m).trigger == f"eneba/{TRIGGER}"
    assert len(sent(shop)) == 1


def test_p13_not_twice_while_it_is_on_its_way(mount, shop):
    m = mount_with(mount, shop)
    shop.fault("O_exportOrderKeys", lag_ms=1_500)
    write(m)
    for state in ("queued", "running"):
        becomes(m, state)
        with fails_with(errno.EALREADY):
            write(m)
        assert f"{ORDER} is already {state}" in last(m).words and "force=yes" in last(m).words
        assert f"already {state}" in m.read("status")
    assert len(sent(shop)) == 1
    first = order(shop)["export"]
    write(m, "force=yes\n")
    assert len(sent(shop)) == 2 and order(shop)["export"] != first
    shop.event("finish", id="it")
    becomes(m, "ready")
    write(m)
    assert len(sent(shop)) == 3


def test_p13_one_that_failed_may_be_tried_again(mount, shop):
    m = mount_with(mount, shop)
    for number in (1, 2):
        write(m)
        becomes(m, "running")
        shop.event("fail", id="it")
        becomes(m, "failed")
        assert len(sent(shop)) == number and not m.exists(ARCHIVE)


@pytest.mark.parametrize("text, advice", [
    ("kind=zip\n", "'kind'"), ("now\n", "key=value"), ('{"entryToken": "other"}', "entryToken"),
])
def test_p09_nothing_else_can_be_written(mount, shop, text, advice):
    m = mount_with(mount, shop)
    with fails_with(errno.EINVAL):
        write(m, text)
    assert advice in last(m).words and not sent(shop)


@pytest.mark.parametrize("fields, words", [
    ({"wholesale": False}, "only orders bought as wholesale orders can be exported"),
    ({"state": "NEW"}, "can be exported once it is fulfilled"),
])
def test_p10_what_the_api_refuses_is_said_in_words(mount, shop, fields, words):
    m = mount_with(mount, shop, **fields)
    with fails_with(errno.EINVAL):
        write(m)
    assert words in last(m).words and words in m.read("status")
    assert words in m.read(TRIGGER).splitlines()[-1]
    assert (last(m).outcome, word(m)) == ("refused", "none")
    shop.event("state", id="it", state="FULFILLED", wholesale=True)
    write(m)
    assert m.read("status") == "ok\n"
    assert len(sent(shop)) == 2


ACCIDENTS = [
    "find . -type f -exec cat {} +", "grep -r key .", "cp -r . {elsewhere}", "ls -lR",
    ": > orders/it/trigger", "touch orders/it/trigger", "truncate -s 0 orders/it/trigger",
    "cp /dev/null orders/it/trigger", "rm -f orders/it/trigger", "rm -rf orders", "rmdir orders/it",
    "mv orders/it orders/other", "mkdir orders/new", "touch orders/new", "ln -s it orders/new",
]


def test_p14_nothing_done_by_accident_starts_an_export(mount, shop, tmp_path):
    m = mount_with(mount, shop)
    for command in ACCIDENTS:
        run(command.format("{}", elsewhere=tmp_path / "copy"), cwd=m.account)
    assert not sent(shop) and not history(m)
    assert m.list("orders") == ["it"] and m.read("status") == "ok\n"


# ---- the record that was there before


@pytest.mark.parametrize("old", ["COMPLETED", "FAILED", "EXPIRED", None])
def test_p06_what_was_before_does_not_pass_for_what_was_asked_for(mount, shop, spawn, old):
    """For a while the API goes on telling of it, also when the new one is there already."""
    status = "COMPLETED" if old == "EXPIRED" else old
    m = mount_with(mount, shop, export=status)
    if old == "EXPIRED":
        shop.event("expire", id="it")
        becomes(m, "expired")
    if old == "COMPLETED":
        becomes(m, "ready")
        assert m.read_bytes(ARCHIVE) == shop.raw_file("it")
    shop.event("archive", id="it", images=3)
    shop.fault("O_exportOrderKeys", lag_ms=2_500)
    write(m)
    shop.event("finish", id="it")
    asked = len(shop.requests("O_orderExport"))
    watcher = spawn("while w=$(cat status) && [ $w = queued ] && ! [ -e keys.zip ]; do echo $w; "
                    "done; cat status", cwd=m.account / ORDER)
    told = watcher.wait().stdout.splitlines()
    assert set(told[:-1]) == {"queued"} and told[-1] == "ready"
    assert len(shop.requests("O_orderExport")) >= asked + 2, "the old one was told of meanwhile"
    assert json.loads(m.read(f"{ORDER}/export.json"))["id"] == order(shop)["export"]
    assert m.read_bytes(ARCHIVE) == shop.raw_file("it")


def test_p06_after_a_while_it_is_believed_again(mount, shop):
    """Where a server gives the new one the number of the old. The user's own description goes
    before the one that is there, and waits for a second, not for a minute."""
    m = mount_with(mount, shop, export="COMPLETED")
    text = DESCRIPTION.read_text()
    assert "grace: 60s" in text
    own = m.folder / "providers"
    own.mkdir()
    (own / DESCRIPTION.name).write_text(text.replace("grace: 60s", "grace: 2s"))
    m.remount()
    becomes(m, "ready")
    shop.fault("O_exportOrderKeys", lag_ms=60_000)
    write(m)
    assert word(m) == "queued" and not m.exists(ARCHIVE)
    shop.event("finish", id="it")
    becomes(m, "ready")
    assert m.read_bytes(ARCHIVE) == shop.raw_file("it")
    assert len(sent(shop)) == 1


# ---- an answer that never comes


@pytest.mark.parametrize("old, fault", [
    (None, {"drop": "after"}), ("FAILED", {"drop": "after", "reset": True}),
    ("COMPLETED", {"drop": "after", "lag_ms": 1_500}), (None, {"status": 500, "act": True}),
    ("COMPLETED", {"body_kind": "html", "act": True}), (None, {"body_kind": "json-cut"}),
    ("COMPLETED", {"delay_ms": 3_500}),
], ids=str)
def test_p12_what_was_begun_without_an_answer_is_adopted(mount, shop, old, fault):
    m = mount_with(mount, shop, export=old)
    shop.fault("O_exportOrderKeys", **fault)
    with pytest.raises(OSError):
        write(m)
    wait_until(lambda: order(shop)["status"] == "PENDING", what="the API acts")
    becomes(m, "running")
    wait_until(lambda: last(m).outcome == "adopted", what="the command's end is known")
    assert last(m).id == "it"
    assert len(sent(shop)) == len(history(m)) == 1


@pytest.mark.parametrize("fault", [
    {"drop": "before"}, {"drop": "before", "reset": True}, {"status": 500}, {"hang": True},
], ids=str)
def test_p12_what_is_not_known_is_not_sent_again(mount, shop, fault):
    m = mount_with(mount, shop)
    shop.fault("O_exportOrderKeys", **fault)
    with pytest.raises(OSError):
        write(m)
    assert last(m).outcome == "unknown" and "not sent again" in last(m).words
    for _ in range(2):
        m.refresh()
        with fails_with(errno.EALREADY):
            write(m)
    assert not m.exists(ARCHIVE)
    m.remount()
    m.refresh()
    assert len(sent(shop)) == 1
    write(m, "force=yes\n")
    becomes(m, "running")
    assert len(sent(shop)) == 2


def test_p12_a_crash_while_it_is_on_its_way(mount, shop, spawn):
    m = mount_with(mount, shop)
    shop.fault("O_exportOrderKeys", delay_ms=1_000)
    spawn(f"exec echo > {m.account}/{TRIGGER}")
    wait_until(lambda: sent(shop), what="the command is sent")
    m.kill()
    wait_until(lambda: order(shop)["export"], what="the API acts")
    m.remount()
    becomes(m, "running")
    wait_until(lambda: last(m).outcome in ("adopted", "done"))
    assert len(sent(shop)) == 1
