"""Archives when things are scarce: room, places for those who unpack, passwords, the network; and what
of them is brought in that nobody asked for."""

import errno
import gzip
import os
import zipfile

import pytest

from harness import keyshop, wait_until
from harness.devices import needs_root, tmpfs
from harness.mounted import fails_with
from harness.process import run
from harness.shelf import Shelf
from test_archives import MIB, SMALL, noise, tarred, zipped
from test_corpus import zips


@pytest.fixture
def shelf():
    """A factory: `shelf({"keys.zip": data})`."""
    made = []

    def make(files):
        made.append(Shelf(files).__enter__())
        return made[-1]
    yield make
    for service in made:
        service.__exit__()


@pytest.mark.plain
@pytest.mark.parametrize("size, more", [(3 * MIB, 2 * MIB), (SMALL + MIB, 2 * MIB)])
def test_p20_a_member_costs_its_own_bytes_and_not_what_is_behind_it(size, more, shelf, mount):
    data = noise(size)
    shop = shelf({"keys.zip": zipped({"first": data, "rest": noise(MIB, 2) * 64})})
    m = shop.mount(mount)
    assert m.read_bytes(shop.folder("keys.zip") + "/first", 60) == data
    settled(shop)
    assert shop.sent < size + more, shop.requests


def settled(shop):
    """Until nothing has been sent for a while."""
    seen = []

    def stands_still():
        seen.append(shop.sent)
        return len(seen) > 20 and seen[-1] == seen[-20]
    wait_until(stands_still, 60)


@pytest.mark.plain
def test_p16_looks_further_and_further_back_in_a_member_larger_than_the_cache(shelf, mount):
    data = (noise(20_000) + bytes(MIB - 20_000)) * 240
    shop = shelf({"keys.zip": zipped({"large": data}, zipfile.ZIP_DEFLATED, 1)})
    m = shop.mount(mount, config={"cache": {"size": "20M"}})
    path = shop.folder("keys.zip") + "/large"
    for at in range(230 * MIB, 0, -20 * MIB):
        assert m.read_range(path, at, 5000) == data[at:at + 5000], at


@pytest.mark.parametrize("name", ["keys.zip", "keys.tar.gz", "keys.csv.gz"])
def test_p28_a_kept_archive_opens_when_the_server_is_gone(name, shelf, mount):
    data = noise(300_000)
    shop = shelf({name: PACKERS[name]({"a/key": data})})
    m = shop.mount(mount, config={"accounts": {"shelf": {"keep": True}}})
    member = shop.folder(name) + ("" if name == "keys.csv.gz" else "/a/key")
    m.read_bytes(f"items/1/{name}")
    wait_until(lambda: list((m.state_dir / "kept").iterdir()))
    before = looks(m, member)
    m.terminate()
    shop.__exit__()
    m.remount()
    assert m.read_bytes(member) == data and looks(m, member) == before
    assert not m.exists("items/1/error")


PACKERS = {"keys.zip": zipped, "keys.tar.gz": tarred,
           "keys.csv.gz": lambda members: gzip.compress(*members.values(), mtime=1234567890)}


def looks(m, path):
    seen = m.stat(path)
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def test_p28_a_delivered_archive_opens_when_the_server_is_gone(sandbox, mount):
    shop = sandbox(accounts="wock", orders=0).frozen()
    order = keyshop.make(shop, keys=2)
    m = mount(shop)
    keyshop.fetch(m, order)
    folder = f"orders/{order}/archive-1"
    found = run(["find", folder, "-type", "f"], cwd=m.account).stdout.splitlines()
    before = [m.read(member) for member in found]
    m.terminate()
    shop.stop()
    m.remount()
    assert [m.read(member) for member in found] == before and all(before)


def test_p21_a_missing_password_has_words_that_stay(shelf, mount):
    data, = [data for name, data, _ in zips.passwords() if name == "password-none.zip"]
    shop = shelf({"keys.zip": data})
    m = shop.mount(mount)
    folder = shop.folder("keys.zip")
    for member in "described", "stored":
        with fails_with(errno.EACCES):
            m.read(f"{folder}/{member}")
    # That another member is good takes nothing away.
    assert m.read(f"{folder}/open") == "1"
    assert m.read(shop.item("keys.zip") + "/error").splitlines() == [
        'orderfs: keys.zip: "stored" is encrypted, and there is no password']


@pytest.mark.parametrize("name", ["keys.zip", "keys.tar.gz"])
def test_p17_a_replaced_archive_shows_its_new_members(name, shelf, mount):
    old = {"a": noise(3 * MIB), "old": noise(5 * MIB, 2)}
    new = {"a": noise(3 * MIB, 3), "new": b"new"}
    shop = shelf({name: PACKERS[name](old)})
    m = shop.mount(mount, config={"cache": {"size": "1M"}})
    folder = shop.folder(name)
    assert m.list(folder) == ["a", "old"]
    assert m.read_bytes(f"{folder}/old") == old["old"]
    shop.replace(name, PACKERS[name](new))
    with fails_with(errno.ESTALE):
        m.read_bytes(f"{folder}/a")
    wait_until(lambda: m.list(folder) == ["a", "new"])
    assert not m.exists(f"{folder}/old")
    assert [m.read_bytes(f"{folder}/{member}") for member in new] == list(new.values())


@needs_root
def test_a_member_that_finds_no_room_fails_for_its_reader_and_the_next_is_read(shelf, mount,
                                                                               tmp_path):
    members = {"large": noise(SMALL + MIB), "medium": noise(4 * MIB), "small": b"1"}
    shop = shelf({"keys.zip": zipped(members)})
    folder = shop.folder("keys.zip")
    with tmpfs(tmp_path / "disk", "size=3m") as disk:
        m = shop.mount(mount, config={"cache": {"dir": str(disk / "cache")}})
        for member in "large", "medium":
            with fails_with(errno.ENOSPC):
                m.read_bytes(f"{folder}/{member}", 60)
        assert "No space left" in m.read("items/1/error")
        # The kernel closes what failed a moment later.
        wait_until(lambda: m.read(f"{folder}/small") == "1")
        wait_until(lambda: os.statvfs(disk).f_bavail * 4096 > MIB, what="what did not fit is gone")
        m.terminate()


def test_p18_nothing_of_a_small_damaged_member_is_ever_shown(shelf, mount):
    data = noise(300_000)
    archive = bytearray(zipped({"key": data, "good": b"1"}))
    archive[len(data)] ^= 1  # near the member's end
    shop = shelf({"keys.zip": bytes(archive)})
    m = shop.mount(mount)
    for _ in range(2):  # what was unpacked in vain is still there the second time
        with fails_with(errno.EIO):
            m.read_range(shop.folder("keys.zip") + "/key", 0, 10)
    assert m.read(shop.folder("keys.zip") + "/good") == "1"
    assert 'keys.zip: "key" is damaged' in m.read("items/1/error")
