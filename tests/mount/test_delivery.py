"""Promise 14 where reading is delivery: an order's trigger fetches what there is, whole, and once,
whoever gives up waiting for it.
"""

import base64
import errno
import io
import json
import os
import signal
import zipfile

import pytest

from harness import fails_with, run, wait_until
from harness.commands import history, last
from harness.keyshop import contents, fetch, files, make, marks
from harness.wire import Wire

SLOW = {"slow_bytes_per_s": 100_000}
MEBIBYTE = 1 << 20


@pytest.fixture
def shop(sandbox):
    return sandbox(accounts="wock", orders=0).frozen()


def fetched(m, order):
    return m.exists(f"orders/{order}/delivery.json")


def delivery(m, order):
    return json.loads(m.read(f"orders/{order}/delivery.json"))


# ---- what comes


@pytest.mark.parametrize("images", [False, True], ids=["text", "images"])
def test_an_order_s_delivery_is_what_the_api_handed_out(shop, mount, images):
    order = make(shop, lines=2, keys=4, images=images)
    with Wire(shop) as wire:
        told = []
        wire.change = lambda body, answer: (told.append(answer), answer)[1]
        m = mount(shop, account=wire.account)
        assert sorted(m.list(f"orders/{order}")) == ["order.json", "status", "trigger"]
        fetch(m, order)
    answer, = [json.loads(text)["data"]["delivery"] for text in told if "subKeys" in text]
    here = contents(m, order)
    for number in (1, 2):
        assert here[f"archive-{number}.zip"] == shop.raw_file(f"{order}-{number}")
    for product in answer["products"]:
        for key in product["keys"]:
            found, = [name for name in here if key["id"] in name.rpartition("/")[2]]
            assert found.startswith("keys/") and found.endswith(".png" if images else ".txt")
            body = base64.b64decode(key["key"]) if images else key["key"].encode()
            assert here[found] == body
            assert not images or body.startswith(b"\x89PNG")
    assert len(here) == 4 + 2 + 8 + 1, "a key below the first, and nothing else"
    assert marks(shop, order) == (1, 1)


def test_p21_each_archive_opens_with_its_own_password(shop, mount):
    order = make(shop, lines=3, keys=2)
    m = mount(shop)
    fetch(m, order)
    told = delivery(m, order)
    passwords = [archive["password"] for archive in told["archives"]]
    assert len(set(passwords)) == 3
    here = contents(m, order)
    for number, password in enumerate(passwords, 1):
        with zipfile.ZipFile(io.BytesIO(here[f"archive-{number}.zip"])) as archive:
            name, = archive.namelist()
            text = archive.read(name, password.encode())
        # Nobody needs to know it: beside the archive its members are open.
        assert m.read_bytes(f"orders/{order}/archive-{number}/{name}") == text
        for key in told["products"][number - 1]["keys"]:
            path, = [name for name in here if name.endswith(f"/{key['id']}.txt")]
            assert here[path] in text.splitlines()


@pytest.mark.parametrize("mode, archives, keys", [("archives", 2, 0), ("inline", 0, 2 * 3 + 1)])
def test_a_delivery_may_come_one_way_only(shop, mount, mode, archives, keys):
    shop.event("archives", mode=mode)
    order = make(shop, lines=2)
    m = mount(shop)
    fetch(m, order)
    names = files(m, order)
    assert len([name for name in names if name.startswith("archive-")]) == archives
    assert len([name for name in names if name.startswith("keys/")]) == keys


def key(number, text, *below, kind="text/plain"):
    return {"id": f"key-{number}", "key": text, "mimeType": kind, "subKeys": list(below)}


def test_keys_below_keys_stand_in_folders_three_deep(shop, mount):
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256))).decode()
    nested = [key(1, "A", key(2, "B", key(3, picture, kind="image/png")), key(4, "D")),
              key(5, "", key(6, "F", kind="application/x-unheard-of"))]
    with Wire(shop) as wire:
        order, m = rewritten(shop, mount, wire, lambda _, product: product.update(keys=nested))
        product = delivery(m, order)["products"][0]["details"]["name"]
        fetched_keys = {name.partition("/")[2].partition("/")[2]: body
                        for name, body in contents(m, order).items() if name.startswith("keys/")}
    assert fetched_keys == {"key-1.txt": b"A", "key-1/key-2.txt": b"B", "key-1/key-4.txt": b"D",
                            "key-1/key-2/key-3.png": base64.b64decode(picture),
                            "key-5/key-6.bin": b"F"}, product


def rewritten(shop, mount, wire, change, lines=1):
    """An order whose products arrive changed, and the mount that fetched it."""
    def answer(_, text):
        if "subKeys" not in text:
            return text
        value = json.loads(text)
        for number, product in enumerate(value["data"]["delivery"]["products"]):
            change(number, product)
        return json.dumps(value)
    order = make(shop, lines=lines, keys=1, archives=0)
    wire.change = answer
    m = mount(shop, account=wire.account)
    fetch(m, order)
    return order, m


NAMES = ["../../../etc/passwd", "a/b", "..", ".", "", "x" * 300, "é" * 200, "new\nline\x1b[2J\0",
         "/absolute", "-rf", "twice", "twice", "Twice", "con: 50% \\ *?", None]


def test_p02_a_product_may_be_called_whatever_it_likes(shop, mount):
    with Wire(shop) as wire:
        order, m = rewritten(shop, mount, wire, lambda number, product:
                             product["details"].update(name=NAMES[number]), len(NAMES))
        folders = m.list(f"orders/{order}/keys")
        assert len(folders) == len(NAMES)
        assert {"twice", "Twice", "-rf"} < set(folders)
        for folder in folders:
            assert len(os.fsencode(folder)) <= 255 and folder.isprintable()
            assert m.list(f"orders/{order}/keys/{folder}")
        assert len(contents(m, order)) == 4 + len(NAMES) + 1
        m.refresh()
        before = files(m, order)
        m.remount()
        assert files(m, order) == before


# ---- once


def test_p14_only_the_trigger_fetches_and_only_once(shop, mount, tmp_path):
    order, other = make(shop), make(shop)
    m = mount(shop)
    fetch(m, order)
    for _ in range(2):
        with fails_with(errno.EALREADY):
            fetch(m, order)
        assert "is kept here; force=yes" in last(m).words
    run(["rsync", "-a", f"{m.account}/", tmp_path / "copy"])
    m.refresh()
    m.remount()
    contents(m, order)
    with fails_with(errno.EALREADY):
        fetch(m, order)
    assert marks(shop, order) == (1, 1) and marks(shop, other) == (0, 0)
    fetch(m, order, "action=fetch force=yes")
    assert marks(shop, order) == (2, 2)


def test_p14_of_writers_that_race_one_fetches(shop, mount, spawn):
    order = make(shop, bytes=MEBIBYTE)
    m = mount(shop)
    m.list("orders")
    shop.fault("download", delay_ms=300)
    trigger = m.account / "orders" / order / "trigger"
    readers = [spawn(f"until cat {trigger.parent}/delivery.json; do :; done") for _ in range(2)]
    writers = [spawn(f"echo action=fetch > {trigger}") for _ in range(3)]
    outcomes = [writer.wait() for writer in writers]
    assert sorted(result.returncode for result in outcomes) == [0, 1, 1]
    assert all("already in progress" in result.stderr for result in outcomes if result.returncode)
    for reader in readers:
        assert json.loads(reader.wait().stdout)["orderId"] == order, "never half a record"
    assert marks(shop, order) == (1, 1)
    assert m.read_bytes(f"orders/{order}/archive-1.zip") == shop.raw_file(f"{order}-1")


@pytest.mark.parametrize("fields, number, words", [
    ({"ready": False}, errno.EAGAIN, "is queued: this takes one that is ready"),
    ({"ready": False, "status": 30}, errno.EAGAIN, "is queued"),
    ({"error": "No stock", "status": 30}, errno.EINVAL, "is failed: this takes one that is ready"),
])
def test_p14_what_is_not_ready_is_not_fetched(shop, mount, fields, number, words):
    order = make(shop, **{"status": 30, **fields})
    m = mount(shop)
    with fails_with(number):
        fetch(m, order)
    assert words in m.read(f"orders/{order}/trigger").splitlines()[-1]
    assert marks(shop) == (0, 0)


# ---- somebody does not wait for it


def slow(shop, mount, **options):
    """A mount, and an order whose archive takes three seconds."""
    order = make(shop, bytes=300_000)
    m = mount(shop, **options)
    m.list("orders")
    shop.fault("download", **SLOW)
    return order, m


def goes_on(m, shop, order):
    """The delivery ends by itself, whole."""
    assert not fetched(m, order) and "archive-1.zip" not in m.list(f"orders/{order}")
    wait_until(lambda: fetched(m, order))
    assert m.read_bytes(f"orders/{order}/archive-1.zip") == shop.raw_file(f"{order}-1")
    wait_until(lambda: last(m).outcome == "done")
    assert [row.outcome for row in history(m)] == ["done"]
    assert marks(shop, order) == (1, 1)


def test_p14_an_interrupted_writer_leaves_the_delivery_going_on(shop, mount, spawn):
    order, m = slow(shop, mount)
    writer = spawn(f"exec echo action=fetch > {m.account}/orders/{order}/trigger")
    wait_until(lambda: shop.downloads())
    writer.signal(signal.SIGINT)
    assert writer.wait(2).returncode != 0
    goes_on(m, shop, order)


def test_p14_a_deadline_leaves_the_delivery_going_on(shop, mount):
    order, m = slow(shop, mount, limits={"deadline": "1s"})
    with fails_with(errno.ETIMEDOUT):
        fetch(m, order)
    assert "it goes on" in m.read("status")
    with fails_with(errno.EALREADY):
        fetch(m, order)
    assert "is on its way: delivery.json appears when all of it is here" in m.read("status")
    wait_until(lambda: fetched(m, order))
    assert marks(shop, order) == (1, 1)


def test_p26_a_crash_in_the_middle_leaves_nothing_half_written(shop, mount, spawn):
    order, m = slow(shop, mount)
    spawn(f"echo action=fetch > {m.account}/orders/{order}/trigger")
    wait_until(lambda: any(request["sent"] > 10_000 for request in shop.downloads()))
    m.kill()
    shop.clear_faults()
    m.remount()
    assert not fetched(m, order) and "archive-1.zip" not in m.list(f"orders/{order}")
    assert all(size for size, _, _ in files(m, order).values())
    fetch(m, order)
    assert m.read_bytes(f"orders/{order}/archive-1.zip") == shop.raw_file(f"{order}-1")
    assert len(list((m.state_dir / "kept").iterdir())) == 1, "the half one is gone"
