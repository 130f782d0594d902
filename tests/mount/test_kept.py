"""Promise 28 for what was delivered: it is kept, on disk before it is shown, and served from there.
And what cannot be kept whole is not shown at all.
"""

import errno
import os
import stat

import pytest

from harness import fails_with, run, wait_until
from harness.commands import history, last
from harness.keyshop import contents, fetch, files, make, marks, orders
from harness.past import let_time_pass
from harness.wire import Wire

XML = '<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code></Error>'
IMAGES, IMAGE_BYTES = 500, 100_000
# The daemon with a listing has some 10 MB; what was delivered is 50 MB, and 67 on the way.
MODEST_KIB = 40 << 10


@pytest.fixture
def shop(sandbox):
    return sandbox(accounts="wock", orders=0).frozen()


def states(m):
    """Every file of the state: the database, its neighbours and what is kept."""
    return [path for path in m.state_dir.rglob("*") if path.is_file()]


def kept(m, order):
    """All but what is made anew for each reader."""
    return {name: body for name, body in contents(m, order).items()
            if name not in ("status", "trigger")}


# ---- what stays


def test_p28_what_was_delivered_is_served_without_the_network(shop, mount):
    order = make(shop, lines=2)
    m = mount(shop)
    fetch(m, order)
    m.refresh()
    before, facts = kept(m, order), files(m, order)
    shop.stop()
    assert kept(m, order) == before
    m.remount()
    assert kept(m, order) == before
    after = files(m, order)
    for name in before:
        assert after[name] == facts[name], "size, inode and date are the same"
    with fails_with(errno.EALREADY):
        fetch(m, order)


@pytest.mark.parametrize("event", ["unlist", "forget"])
def test_p28_it_stays_when_the_api_has_it_no_more(shop, mount, event):
    order, other = make(shop), make(shop)
    m = mount(shop)
    fetch(m, order)
    m.refresh()
    before = kept(m, order)
    shop.event(event, id=order)
    shop.event(event, id=other)
    m.refresh()
    let_time_pass(m)
    m.refresh()
    assert orders(m) == sorted([order, other]), "an order that leaves the list is not gone"
    assert kept(m, order) == before
    assert m.read(f"orders/{order}/status") == "ready\n" or event == "forget"
    assert m.read("status") == "ok\n"


def test_p28_only_the_owner_can_read_what_is_kept(shop, mount):
    order = make(shop, lines=2)
    before = os.umask(0)
    try:
        m = mount(shop)
    finally:
        os.umask(before)
    fetch(m, order)
    assert len(list((m.state_dir / "kept").iterdir())) == 2
    for path in states(m):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in (m.state_dir, m.state_dir / "kept"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_p28_it_is_on_disk_before_it_has_a_name(shop, mount, spawn):
    order = make(shop, bytes=1 << 20)
    m = mount(shop)
    m.list("orders")
    name = m.account / "orders" / order / "archive-1.zip"
    watcher = spawn(f"until [ -e {name} ]; do :; done; ls {m.state_dir}/kept; stat -c %s {name}")
    fetch(m, order)
    name, size = watcher.wait().stdout.split()
    assert (m.state_dir / "kept" / name).read_bytes() == shop.raw_file(f"{order}-1")
    assert int(size) == len(shop.raw_file(f"{order}-1"))


def test_p03_a_second_rsync_transfers_nothing(shop, mount, tmp_path):
    order = make(shop, lines=2)
    m = mount(shop)
    fetch(m, order)
    m.refresh()
    copy = ["rsync", "-ai", "--exclude=status", "--exclude=trigger", f"{m.account}/orders/",
            tmp_path / "copy"]
    assert "archive-2.zip" in run(copy).stdout
    assert run(copy).stdout == ""
    m.remount()
    assert run(copy).stdout == ""


def test_p27_no_address_and_no_key_stands_where_it_does_not_belong(shop, mount):
    order = make(shop, lines=2)
    m = mount(shop)
    fetch(m, order)
    record = m.read(f"orders/{order}/delivery.json")
    assert '"key"' not in record and '"link"' not in record and "://" not in record
    keys = [body for name, body in contents(m, order).items() if name.endswith(".txt")]
    assert len(keys) == 6
    said = "".join(m.read(m.control / name) for name in ("log", "history")) + m.stderr()
    assert not any(key.decode() in said for key in keys)
    for path in states(m):
        content = path.read_bytes()
        assert b"signature=" not in content and b"sig=" not in content, path
        assert b"localhost" not in content, "the host that the archives come from"


# ---- what cannot be kept

BROKEN = {
    "refused": ({"status": 403, "body": XML}, "HTTP 403"),
    "gone": ({"status": 404}, "HTTP 404"),
    "server error": ({"status": 500}, "HTTP 500"),
    "a page instead": ({"body": XML}, "archive-2.zip is no zip"),
    "HTML instead": ({"body_kind": "html"}, "archive-2.zip is no zip"),
    "nothing": ({"body_kind": "empty"}, "archive-2.zip is no zip"),
    "cut": ({"drop_after": 100, "ranges": False}, "archive-2.zip"),
    "too short": ({"length": 5_000}, "archive-2.zip"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_p01_an_archive_that_does_not_come_whole_has_no_name(shop, mount, name):
    fault, words = BROKEN[name]
    order = make(shop, lines=2)
    m = mount(shop, limits={"deadline": "5s", "stall": "2s"})
    m.list("orders")
    shop.fault("download", headers={"X-First": "whole"})
    broken = shop.fault("download", times=0, **fault)
    with pytest.raises(OSError):
        fetch(m, order)
    assert any(row["id"] == broken and row["fired"] for row in shop.faults())
    names = files(m, order)
    assert "archive-2.zip" not in names and "delivery.json" not in names
    assert words in last(m).words
    assert words in m.read(f"orders/{order}/error")
    assert "sig" not in last(m).words
    shop.clear_faults()
    fetch(m, order)
    for number in (1, 2):
        assert m.read_bytes(f"orders/{order}/archive-{number}.zip") == \
            shop.raw_file(f"{order}-{number}")
    assert not m.exists(f"orders/{order}/error")
    assert m.read("status") == "ok\n"
    assert [row.outcome for row in history(m)] == ["refused", "done"]


ANSWERS = {
    "cut": lambda text: text[:len(text) // 2],
    "no data": lambda _: '{"data": null}',
    "no delivery": lambda _: '{"data": {"delivery": null}}',
    "no files": lambda _: '{"data": {"delivery": {"archives": [], "products": []}}}',
    "no address": lambda text: text.replace('"link"', '"lnk"'),
    "no key": lambda text: text.replace('"key"', '"ky"'),
    "an error beside it": lambda text: text[:-1] + ', "errors": [{"message": "Half of it"}]}',
    "lost": lambda _: None,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_not_whole_can_be_asked_for_again(shop, mount, name):
    order = make(shop)
    with Wire(shop) as wire:
        m = mount(shop, account=wire.account, limits={"deadline": "5s"})
        m.list("orders")
        wire.change = lambda body, text: ANSWERS[name](text) if "subKeys" in body else text
        with pytest.raises(OSError):
            fetch(m, order)
        assert not any("archive" in path or "json" in path for path in files(m, order)
                       if path != "order.json")
        wire.change = lambda _, text: text
        fetch(m, order)
        assert m.read_bytes(f"orders/{order}/archive-1.zip") == shop.raw_file(f"{order}-1")


# ---- much of it


def test_fifty_megabytes_of_keys_in_one_answer(shop, mount, sanitized):
    shop.event("archives", mode="inline")
    order = make(shop, keys=IMAGES, images=True, image_bytes=IMAGE_BYTES)
    m = mount(shop)
    m.list("orders")
    before = m.rss_kib()
    try:
        fetch(m, order, timeout=30)
    except TimeoutError:
        assert "it goes on" in m.read("status")
    wait_until(lambda: m.exists(f"orders/{order}/delivery.json"), 60)
    product, = m.list(f"orders/{order}/keys")
    names = [name for name in m.list(f"orders/{order}/keys/{product}") if name.endswith(".png")]
    assert len(names) == IMAGES
    for name in names[:: IMAGES // 10]:
        picture = m.read_bytes(f"orders/{order}/keys/{product}/{name}")
        assert len(picture) == IMAGE_BYTES and picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert marks(shop, order) == (1, 1)
    assert sanitized or m.rss_kib() - before < MODEST_KIB
