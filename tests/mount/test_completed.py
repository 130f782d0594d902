"""`completed/`: every finished file of an account under one more name, with promises 1 to 4 for it."""

import errno
import json
import sys

import pytest

from harness import apis, fails_with, onefile, run, wait_until
from harness.past import let_time_pass

# A name that is not of this sort would be a surprise.
UNSAFE = {*"/", *map(chr, range(0x20)), "\x7f"}
COUNT = """
import json, os, sys
print(json.dumps({name: os.lstat(os.path.join(folder, name)).st_nlink
                  for folder, _, names in os.walk(sys.argv[1]) for name in names}))
"""


def names_of(folder):
    """How many names each file below has, by the last of them."""
    result = run([sys.executable, "-I", "-S", "-c", COUNT, folder], timeout=60)
    assert result.returncode == 0, result
    return json.loads(result.stdout)


def mirrored(m, to, folder="completed", *options):
    """What `rsync -a` of it says that it did: a line for each thing."""
    result = run(["rsync", "-ai", *options, f"{m.account / folder}/", to], timeout=60)
    assert result.returncode == 0, result
    return result.stdout.splitlines()


@pytest.fixture
def everywhere(sandbox, mount):
    """All five APIs in one mount, each with a finished item: (mount, [(API, path of its file)])."""
    shop = sandbox(accounts=",".join(apis.ALL), orders=0)
    for name in apis.ALL:
        shop.event("freeze", account=name)
    make = {"eneba": ("order", {"keys": 3, "export": "COMPLETED"}),
            "wock": ("order", {"status": 30, "keys": 2})}
    items = {}
    for name in apis.ALL:
        event, fields = make.get(name, ("job", {}))
        made = shop.event(event, account=name, **fields)
        items[name] = made[f"{event}s"][0]["id"]
    m = mount(shop)
    m.wait_listed()
    found = []
    for name, api in apis.ALL.items():
        folder = m.path / name / api.folder / items[name]
        found.append((api, m.path / name, api.file_of(m, str(folder))))
    return m, found


def test_it_is_the_same_file(everywhere):
    """Inode, size and date; and what one name has learnt or read, the other has too."""
    m, found = everywhere
    for api, account, path in found:
        item, name = path.split("/")[-2:]
        other = account / "completed" / f"{item}-{name}"
        assert m.read_bytes(other) == m.read_bytes(path)
        one, two = m.stat(path), m.stat(other)
        for what in ("st_ino", "st_nlink", "st_size", "st_mtime_ns", "st_mode"):
            assert getattr(one, what) == getattr(two, what), (path, what)
        assert one.st_nlink == 2 and m.stat(account / "status").st_nlink == 1
    wock = m.path / "wock"
    assert any("-keys-" in name and name.endswith(".txt") for name in m.list(wock / "completed"))
    # What is in an archive is in its folder alone.
    alone = ("order.json", "status", "trigger", "keys.txt")
    for name, count in names_of(wock / "orders").items():
        assert count == (1 if name in alone else 2), name


def test_what_copies_a_mount_takes_all_of_it(everywhere, tmp_path):
    m, found = everywhere
    tar = tmp_path / "mount.tar"
    for command in (["rsync", "-a", f"{m.path}/", tmp_path / "rsync"],
                    ["rsync", "-aH", f"{m.path}/", tmp_path / "linked"],
                    ["cp", "-a", m.path, tmp_path / "cp"], ["tar", "-cf", tar, "-C", m.path, "."],
                    ["diff", "-r", "--no-dereference", m.path, tmp_path / "rsync"]):
        result = run(command, timeout=60)
        assert (result.returncode, result.stderr) == (0, ""), result
    for api, account, path in found:
        item, name = path.split("/")[-2:]
        for copy in (tmp_path / "linked", tmp_path / "cp"):
            one = copy / account.name / api.folder / item / name
            assert one.samefile(copy / account.name / "completed" / f"{item}-{name}")
            assert one.read_bytes() == m.read_bytes(path)
        plain = tmp_path / "rsync" / account.name
        assert not (plain / api.folder / item / name).samefile(
            plain / "completed" / f"{item}-{name}")
    assert run(f"tar -tvf {tar} | grep -c '^h'").stdout.strip() == str(sum(
        len(m.list(account / "completed")) for _, account, _ in found)), "links in the archive"
    sizes = [run(["du", "-bs", *options, m.path]).stdout.split()[0]
             for options in ([], ["--exclude=completed"])]
    assert sizes[0] == sizes[1], "du counts a file once"


def test_p03_rsync_of_completed_transfers_nothing_the_second_time(sandbox, mount, tmp_path):
    """Nor after a remount, nor when every address has expired; and no file's host is asked."""
    shop = sandbox(orders=20)
    m = mount(shop)
    copy = tmp_path / "copy"
    first = mirrored(m, copy)
    files = [job["id"] for job in shop.jobs() if job["status"] == "success"]
    assert sorted(line.split()[1] for line in first if line.startswith(">f")) == sorted(
        f"{name}-orders.csv" for name in files) and len(files) > 9
    for name in files:
        assert (copy / f"{name}-orders.csv").read_bytes() == shop.raw_file(name)
    shop.clear_requests()
    assert mirrored(m, copy) == []
    m.remount()
    m.wait_listed()
    assert mirrored(m, copy) == []
    shop.event("expire_urls")
    m.refresh()
    assert mirrored(m, copy) == []
    assert not shop.requests("download") and not shop.requests("getAJobFile")


def test_p03_only_what_is_new_is_transferred(sandbox, mount, tmp_path):
    shop = sandbox(orders=5)
    m = mount(shop)
    before = mirrored(m, tmp_path / "copy")
    shop.event("job", id="late", bytes=10)
    m.refresh()
    after = mirrored(m, tmp_path / "copy")
    assert before and [line for line in after if line.startswith(">f")] == [
        ">f+++++++++ late-orders.csv"]


def test_p02_names_are_safe_and_unique_and_stay(sandbox, mount):
    shop = sandbox(orders=0)
    ids = ["a/b", "..", "new\nline", "\x7f", "%41", "a-orders.csv", "ü" * 200, "x" * 300, "x" * 301,
           "x" * 245, "x" * 255, "-rf", "a b", "~"]
    for name in ids:
        shop.event("job", id=name, bytes=7)
    m = mount(shop)
    found = m.list("completed")
    assert len(found) == len(ids)
    for name in found:
        assert not UNSAFE & set(name) and not name.startswith(".")
        assert len(name.encode()) <= 255 and name.endswith(".csv")
        assert m.stat(f"completed/{name}").st_size == 7
    assert {"a%2Fb-orders.csv", "a b-orders.csv", "a-orders.csv-orders.csv"} <= set(found)
    m.remount()
    assert m.list("completed") == found


def test_p04_looking_asks_for_sizes_once_and_else_for_nothing(sandbox, mount):
    shop = sandbox(orders=12)
    m = mount(shop)
    m.wait_listed()
    files = m.list("completed")
    shop.clear_requests()
    for command in ("ls", "ls -R ..", "find", "find .. -name '*.csv'"):
        assert run(command, cwd=m.account / "completed").returncode == 0
    assert not shop.requests()
    seen = run("ls -l", cwd=m.account / "completed").stdout
    assert len(shop.requests("download")) == len(files)
    shop.clear_requests()
    for _ in range(2):
        assert run("ls -l", cwd=m.account / "completed").stdout == seen
        assert run("ls -lR; stat */*/orders.csv; du -a", cwd=m.account).returncode == 0
        assert not shop.requests()
        m.remount()
        m.wait_listed()
        shop.clear_requests()


@pytest.mark.parametrize("folder", ["completed", "by-date", "by-status/ready"])
def test_p05_where_nothing_was_ever_known_it_is_an_error(sandbox, mount, folder):
    shop = sandbox(orders=3)
    shop.fault("getMultipleJobs", times=0, status=403)
    m = mount(shop)
    with fails_with(errno.EACCES):
        m.list(folder)
    with fails_with(errno.EACCES):
        m.stat(f"{folder}/some-name")
    shop.clear_faults()
    m.refresh()
    assert m.list(folder)


def test_the_name_moves_to_a_new_version(sandbox, mount):
    """At once, though the kernel may keep names and attributes for long."""
    shop = onefile.with_file(sandbox, 1000)
    m = onefile.mounted(shop, mount)
    name = "completed/it-orders.csv"
    before = m.stat(name)
    shop.event("replace", id="it", bytes=2000)
    with fails_with(errno.ESTALE):
        m.read(name)
    wait_until(lambda: m.stat(name).st_ino != before.st_ino, what="the name moves")
    assert m.read_bytes(name) == shop.raw_file("it")
    after = m.stat(name)
    assert (after.st_ino, after.st_size, after.st_nlink) == (m.stat(onefile.FILE).st_ino, 2000, 2)
    assert m.list("completed") == ["it-orders.csv"]
    assert m.stat("completed").st_mtime_ns >= before.st_mtime_ns
    m.remount()
    assert m.stat(name).st_ino == after.st_ino


def test_what_vanished_goes(sandbox, mount):
    shop = sandbox(orders=0)
    for name in ("stays", "goes"):
        shop.event("job", id=name, bytes=10)
    m = mount(shop)
    m.wait_listed()
    let_time_pass(m)
    before = m.stat("completed").st_mtime_ns
    for name in ("completed/goes-orders.csv", "by-status/ready/goes", "by-status/ready/stays"):
        m.stat(name)
    shop.event("vanish", id="goes")
    m.refresh()
    assert m.list("completed") == ["stays-orders.csv"]
    assert m.list("by-status/ready") == ["stays"]
    for name in ("completed/goes-orders.csv", "by-status/ready/goes"):
        wait_until(lambda name=name: not m.exists(name), what=f"{name} goes")
    assert m.stat("completed").st_mtime_ns > before, "the folder's date says so"
    assert m.read_bytes("completed/stays-orders.csv") == shop.raw_file("stays")
