"""Archives as folders: what members cost, who waits, and what happens when things go wrong."""

import errno
import gzip
import io
import os
import random
import signal
import tarfile
import zipfile

import pytest

from harness.mounted import fails_with
from harness.process import run, wait_until
from harness.shelf import Shelf

MIB = 1 << 20
SMALL = 16 * MIB  # what is found good before any of it is shown


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def zipped(members, method=zipfile.ZIP_STORED, level=0):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), data,
                             compress_type=method, compresslevel=level)
    return made.getvalue()


def tarred(members, mode="w:gz", **level):
    made = io.BytesIO()
    level = {"compresslevel": 0} if mode == "w:gz" else level
    with tarfile.open(fileobj=made, mode=mode, **level) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1714979290
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


@pytest.fixture
def shelf(request):
    """A factory: `shelf({"keys.zip": data})`."""
    made = []

    def make(files):
        made.append(Shelf(files).__enter__())
        return made[-1]
    yield make
    for service in made:
        service.__exit__()


def test_p20_one_member_costs_its_own_bytes(shelf, mount):
    members = {f"keys/{number:04}.txt": noise(20_000, number) for number in range(2000)}
    shop = shelf({"keys.zip": zipped(members)})
    m = shop.mount(mount)
    folder = shop.folder("keys.zip")
    assert len(m.list(f"{folder}/keys")) == 2000
    assert m.read_bytes(f"{folder}/keys/1234.txt") == members["keys/1234.txt"]
    directory = 2000 * (46 + len("keys/0000.txt"))
    assert shop.sent < directory + 5 * 128 * 1024, shop.requests
    assert len(shop.requests) <= 5
    # What is known costs nothing.
    shop.clear()
    result = run(["ls", "-lR", m.account / folder])
    assert result.returncode == 0 and result.stdout.count("20000") == 2000
    m.read_bytes(f"{folder}/keys/1234.txt")
    assert shop.requests == []


def test_p04_what_is_in_an_archive_is_not_asked_for_until_it_is_looked_at(shelf, mount):
    shop = shelf({"keys.zip": zipped({"one": b"1"}), "all.tar.gz": tarred({"one": b"1"})})
    m = shop.mount(mount)
    assert m.list("items/1") == ["item.json", "keys", "keys.zip", "status"]
    for number in 1, 2:
        m.stat(f"items/{number}/{('keys', 'all')[number - 1]}")
    assert shop.requests == []


def test_p03_members_have_the_same_numbers_and_dates_on_every_mount(shelf, mount):
    shop = shelf({"keys.zip": zipped({"a/one": b"1", "two": b"22"}), "more.tar": tarred(
        {"a/one": b"1"}, "w:")})
    m = shop.mount(mount)

    def looks():
        return [[(getattr(m.stat(path), field)) for field in ("st_ino", "st_mtime_ns", "st_size")]
                for path in ("items/1/keys", "items/1/keys/a", "items/1/keys/a/one",
                             "items/1/keys/two", "items/2/more/a/one")]
    before = looks()
    assert len({number for number, _, _ in before}) == 5
    m.remount()
    assert looks() == before


@pytest.mark.threads
@pytest.mark.parametrize("name, pack", [
    ("keys.zip", lambda members: zipped(members, zipfile.ZIP_DEFLATED)),
    ("keys.tar.xz", lambda members: tarred(members, "w:xz", preset=0))])
def test_p20_many_readers_read_many_members(name, pack, shelf, mount, spawn):
    members = {f"m{number}": noise(10_000 * number, number) for number in range(20)}
    shop = shelf({name: pack(members)})
    m = shop.mount(mount)
    folder = m.account / shop.folder(name)
    copies = [spawn(["cp", "-r", folder, spawn_folder(m, number)]) for number in range(4)]
    for number, copy in enumerate(copies):
        assert copy.wait(60).returncode == 0
        for member, data in members.items():
            assert (spawn_folder(m, number) / member).read_bytes() == data
    # Whatever the readers, each byte came once.
    assert shop.sent < len(shop.files[name]) * 1.1 + MIB


def spawn_folder(m, number):
    return m.folder / f"copy-{number}"


def large_zip(data):
    return zipped({"small": b"1", "large": data}, zipfile.ZIP_DEFLATED)


def test_p15_a_large_member_streams(shelf, mount):
    data = noise(2 * SMALL)
    shop = shelf({"keys.zip": large_zip(data)})
    m = shop.mount(mount)
    path = shop.folder("keys.zip") + "/large"
    assert m.read_range(path, 0, 1000) == data[:1000]
    # It stays a little ahead of its reader.
    assert shop.sent < len(data) * 3 / 4
    assert m.read_bytes(path, 60) == data


def test_p20_random_reads_within_a_member(shelf, mount):
    data = noise(SMALL + 4 * MIB)
    shop = shelf({"keys.zip": large_zip(data), "keys.tar.gz": tarred({"a": b"1", "large": data})})
    m = shop.mount(mount)
    for name in shop.files:
        for at in random.Random(7).sample(range(len(data) - 5000), 12):
            assert m.read_range(f"{shop.folder(name)}/large", at, 5000) == data[at:at + 5000]


@pytest.mark.plain
@pytest.mark.parametrize("name", ["keys.zip", "keys.tar.gz"])
def test_p20_a_member_larger_than_the_cache(name, shelf, mount):
    data = noise(40 * MIB)
    members = {"a": b"1", "large": data}
    shop = shelf({name: zipped(members) if name == "keys.zip" else tarred(members)})
    m = shop.mount(mount, config={"cache": {"size": "20M"}})
    path = shop.folder(name) + "/large"
    assert m.stat(path).st_size == len(data)
    assert m.read_bytes(path, 100) == data
    assert m.read_range(path, 5, 100, 60) == data[5:105]
    assert m.read(f"{shop.folder(name)}/a") == "1"


def test_p18_a_large_member_that_is_damaged_fails_before_its_end(shelf, mount):
    data = noise(SMALL + MIB)
    archive = bytearray(zipped({"large": data}))
    archive[len(data)] ^= 1  # near the member's end
    shop = shelf({"keys.zip": bytes(archive)})
    m = shop.mount(mount)
    path = shop.folder("keys.zip") + "/large"
    assert m.read_range(path, 0, MIB) == data[:MIB]
    with fails_with(errno.EIO):
        m.read_bytes(path, 60)
    assert 'keys.zip: "large" is damaged' in m.read(shop.item("keys.zip") + "/error")


def test_p25_who_waits_for_an_archive_is_let_go(shelf, mount, spawn):
    shop = shelf({"keys.zip": zipped({"large": noise(4 * MIB)}),
                  "keys.tar.gz": tarred({"large": noise(4 * MIB)})})
    m = shop.mount(mount)
    for name in shop.files:
        m.stat(f"{shop.item(name)}/{name}")
    shop.frozen.clear()
    for name in shop.files:
        reader = spawn(["cat", m.account / shop.folder(name) / "large"])
        before = len(shop.requests)
        wait_until(lambda: len(shop.requests) > before or not reader.running)
        assert reader.running
        reader.signal(signal.SIGINT)
        assert reader.wait(5).returncode == -signal.SIGINT
    shop.frozen.set()
    for name in shop.files:
        assert m.read_bytes(shop.folder(name) + "/large") == noise(4 * MIB)


def test_p26_unmounting_while_an_archive_is_unpacked(shelf, mount, spawn):
    shop = shelf({"keys.zip": large_zip(noise(SMALL + 1)),
                  "keys.tar.gz": tarred({"large": noise(4 * MIB)})})
    m = shop.mount(mount)
    shop.frozen.clear()
    readers = [spawn(["cat", m.account / shop.folder(name) / "large"]) for name in shop.files]
    wait_until(lambda: len(shop.requests) >= 3)
    m.terminate()
    for reader in readers:
        assert reader.wait(10).returncode != 0


def test_p25_what_takes_longer_than_the_deadline_is_there_the_next_time(shelf, mount):
    data = noise(4 * MIB)
    shop = shelf({"keys.tar.gz": tarred({"large": data})})
    m = shop.mount(mount, limits={"deadline": "1s"})
    folder = shop.folder("keys.tar.gz")
    m.stat(shop.item("keys.tar.gz") + "/keys.tar.gz")
    shop.frozen.clear()
    with fails_with(errno.ETIMEDOUT):
        m.list(folder)
    shop.frozen.set()
    wait_until(lambda: reads(m, f"{folder}/large", data))
    # Nobody fetched it twice.
    assert shop.sent < 1.5 * len(data)


def reads(m, path, data):
    try:
        return m.read_bytes(path) == data
    except OSError as problem:
        assert problem.errno == errno.ETIMEDOUT
        return False


def test_p02_a_name_that_is_taken_stays_what_it_is(shelf, mount):
    shop = shelf({"item.json.gz": tarred({}), "status.zip": zipped({"one": b"1"})})
    m = shop.mount(mount)
    assert m.list("items/1") == ["item.json", "item.json.gz", "status"]
    assert m.list("items/2") == ["item.json", "status", "status.zip"]
    assert m.read("items/2/status") == "ready\n"


def test_p22_nothing_in_an_archive_can_be_changed(shelf, mount):
    shop = shelf({"keys.zip": zipped({f"k{number}": b"1" for number in range(80)})})
    m = shop.mount(mount)
    folder = m.account / shop.folder("keys.zip")
    for command in (["rm", "-rf", folder], ["touch", folder / "new"],
                    *(["truncate", "-s", "0", folder / f"k{number}"] for number in range(80)),
                    ["sh", "-c", f"echo 1 > {folder}/k5"], ["mv", folder / "k1", folder / "k2"]):
        assert run(command).returncode != 0
    assert len(os.listdir(folder)) == 80 and m.read(f"{folder}/k7") == "1"


def test_p20_a_plain_twin_has_its_size_when_it_is_asked_for(shelf, mount):
    data = noise(300_000)
    shop = shelf({"orders.csv.gz": gzip.compress(data)})
    m = shop.mount(mount)
    assert m.list("items/1") == ["item.json", "orders.csv", "orders.csv.gz", "status"]
    assert shop.requests == []
    assert m.stat("items/1/orders.csv").st_size == len(data)
    m.remount()
    shop.clear()
    assert m.stat("items/1/orders.csv").st_size == len(data)
    assert shop.requests == [], "it was learnt for good"
    assert m.read_bytes("items/1/orders.csv") == data
    assert run(["rsync", "-a", m.account, m.folder / "copy"]).returncode == 0
    assert (m.folder / "copy/shelf/items/1/orders.csv").read_bytes() == data


@pytest.mark.plain
def test_p01_a_listing_of_many_members(shelf, mount):
    shop = shelf({"keys.zip": zipped({f"{number % 7}/{number}": b"" for number in range(100_000)})})
    m = shop.mount(mount)
    folder = m.account / shop.folder("keys.zip")
    names = run(["find", folder, "-type", "f", "-printf", "%P\\n"], timeout=60).stdout.split()
    assert sorted(names) == sorted(f"{number % 7}/{number}" for number in range(100_000))
