"""The promises that are the same for every API, each proved with all five of them."""

import errno
import json
import re
import sys
import time

import pytest

from harness import apis, fails_with, run, wait_until
from harness.commands import history, last

# The size of each file by its name, how much there is to read, and the name.
SIZES = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        print(os.lstat(path).st_size, len(open(path, "rb").read()), path)
"""
EVERYTHING = r"find . -printf '%P\t%y\t%i\t%T@\t%s\n' | sort"


@pytest.fixture(params=apis.ALL)
def api(request):
    return apis.ALL[request.param]


@pytest.fixture
def shop(sandbox, api):
    """An account without items; what is on its way stays so until a test ends it."""
    made = sandbox(accounts=api.name, orders=0)
    made.event("freeze")
    return made


@pytest.fixture
def make(mount, shop, api):
    """Mounts it, with what costs allowed, and waits until it is listed."""
    def mounted(**options):
        m = mount(shop, account=api.settings, **options)
        m.wait_listed()
        return m
    return mounted


def everything(m):
    result = run(EVERYTHING, cwd=m.account)
    assert result.returncode == 0, result
    return result.stdout.splitlines()


def old_answers(m, shop, path):
    """Wait until what was last heard of an item is more than a second old."""
    until = time.monotonic() + 1.1
    wait_until(lambda: time.monotonic() > until)
    shop.clear_requests()


# ---- names, sizes and dates


def test_p01_a_file_appears_with_its_size_when_it_can_be_read(make, shop, api, tmp_path):
    path = api.running(shop)
    m = make()
    assert not any(name.endswith((".csv", ".zip")) for name in m.list(path))
    api.finish(shop, path)
    wait_until(lambda: m.read(f"{path}/status") == "ready\n")
    file = api.file_of(m, path)
    wanted = api.raw_file(shop, path)
    assert m.stat(file).st_size == len(wanted)
    assert m.read_bytes(file) == wanted
    assert run(["rsync", "-a", m.account / file, tmp_path / "copy"]).returncode == 0
    assert (tmp_path / "copy").read_bytes() == wanted


def test_p01_everything_has_the_size_that_it_shows(make, shop, api):
    path = api.ready(shop)
    m = make()
    api.file_of(m, path)
    result = run([sys.executable, "-c", SIZES, m.account])
    sizes = [line.split() for line in result.stdout.splitlines()]
    assert result.returncode == 0 and len(sizes) > 4, result
    assert [line for line in sizes if line[0] != line[1]] == []


@pytest.mark.parametrize("key", ["a/../b", "..", "trigger", "new\nline", "ä" * 120])
@pytest.mark.parametrize("name", ["elasticpath", "next", "saleor", "eneba"])
def test_p02_ids_are_no_paths(sandbox, mount, name, key):
    shop = sandbox(accounts=name, orders=0)
    shop.event("order" if name == "eneba" else "job", id=key)
    m = mount(shop)
    m.wait_listed()
    found = sorted(m.list(apis.ALL[name].folder))
    assert len(found) == 1 + (name != "eneba"), "and the trigger, where there is one"
    folder, = set(found) - {"trigger"}
    assert not re.search(r"[/\0-\x1f]|^\.\.?$", folder) and len(folder.encode()) <= 255
    assert apis.ALL[name].record in m.list(f"{apis.ALL[name].folder}/{folder}")
    m.remount()
    assert sorted(m.list(apis.ALL[name].folder)) == found


def test_p03_a_second_rsync_transfers_nothing_not_even_after_a_remount(make, shop, api, tmp_path):
    paths = [api.ready(shop) for _ in range(3)]
    m = make()
    for path in paths:
        api.file_of(m, path)
    m.refresh()
    before = everything(m)
    mirror = ["rsync", "-ai", f"{m.account}/", tmp_path / "copy"]
    assert len(run(mirror).stdout.splitlines()) > 9
    assert run(mirror).stdout == ""
    m.remount()
    m.wait_listed()
    assert everything(m) == before
    assert run(mirror).stdout == ""


# ---- asked, and not asked


def test_p04_looking_asks_nothing(make, shop, api):
    for _ in range(3):
        api.ready(shop)
    m = make()
    run("ls -lR", cwd=m.account)
    shop.clear_requests()
    for command in ("ls -lR", "find . -size +1k", "du -a", "df .", "stat -c %s:%Y */*/*"):
        assert run(command, cwd=m.account).returncode == 0
    assert not shop.requests()
    m.remount()
    m.wait_listed()
    shop.clear_requests()
    # What is in an archive is looked up once in each run.
    assert run("find . -name keys -prune -o -ls", cwd=m.account).returncode == 0
    assert not shop.requests()


def test_p04_find_over_all_five_asks_nothing_after_the_first_time(sandbox, mount):
    shop = sandbox(accounts=",".join(apis.ALL), orders=0)
    for api in apis.ALL.values():
        api.make(Of(shop, api.name), False)
    m = mount(shop)
    m.wait_listed()
    assert m.list(m.path) == sorted(apis.ALL)
    run("ls -lR", cwd=m.path)
    shop.clear_requests()
    found = run("find . -ls", cwd=m.path)
    assert found.returncode == 0 and len(found.stdout.splitlines()) > 5 * 5
    assert run("ls -lR", cwd=m.path).returncode == 0
    assert not shop.requests()


class Of:
    """One account of a sandbox that has several."""

    def __init__(self, shop, account):
        self._shop, self._account = shop, account

    def event(self, event, **fields):
        return self._shop.event(event, account=self._account, **fields)


def test_p05_what_was_known_stays_when_it_cannot_be_listed(make, shop, api):
    for _ in range(3):
        api.ready(shop)
    m = make()
    known = m.list(api.folder)
    shop.fault(api.listing, status=403, times=0)
    with fails_with(errno.EACCES):
        m.refresh()
    assert m.list(api.folder) == known and len(api.items(m)) == 3
    assert not m.exists(m.control / "ready")
    shop.stop()
    m.remount()
    assert m.list(api.folder) == known
    assert api.record in m.list(f"{api.folder}/{api.items(m)[0]}")


@pytest.mark.parametrize("fault, number", [
    ({"status": 403}, errno.EACCES), ({"body_kind": "html"}, errno.EBADMSG),
    ({"body": "{}"}, errno.EBADMSG), ({"hang": True}, errno.ETIMEDOUT)], ids=str)
def test_p05_where_nothing_was_ever_known_it_is_an_error(mount, shop, api, fault, number):
    shop.fault(api.listing, times=0, **fault)
    m = mount(shop, limits={"deadline": "1s", "stall": "1s"})
    with fails_with(number):
        m.list(api.folder)
    with pytest.raises(OSError):
        m.stat(f"{api.folder}/some-item")
    shop.clear_faults()
    # The listing that hangs has to end first.
    wait_until(lambda: m.refresh() is None)
    assert api.items(m) == []


def test_p06_who_asks_at_the_same_time_shares_a_request(make, shop, api, spawn):
    path = api.running(shop)
    m = make()
    word = m.read(f"{path}/status")
    assert word in ("queued\n", "running\n")
    shop.fault(api.listing, status=403, times=0)
    old_answers(m, shop, path)
    shop.fault(api.asking, delay_ms=700)
    readers = [spawn(["cat", m.account / path / "status"]) for _ in range(10)]
    assert [reader.wait().stdout for reader in readers] == [word] * 10
    assert 1 <= len(shop.requests(api.asking)) <= 2, "one, and perhaps the poll of that moment"


@pytest.mark.parametrize("fault, number", [
    ({"hang": True}, errno.ETIMEDOUT), ({"status": 403}, errno.EACCES),
    ({"body_kind": "html"}, errno.EBADMSG)], ids=str)
def test_p07_when_it_cannot_be_asked_there_is_no_word(make, shop, api, fault, number):
    path = api.running(shop)
    m = make(limits={"deadline": "2s"})
    m.read(f"{path}/status")
    for operation in (api.listing, api.asking):
        shop.fault(operation, times=0, **fault)
    old_answers(m, shop, path)
    begun = time.monotonic()
    with fails_with(number):
        m.read(f"{path}/status")
    assert time.monotonic() - begun < 4


def test_p07_nor_when_there_is_no_connection(make, shop, api):
    path = api.running(shop)
    m = make(limits={"deadline": "2s"})
    m.read(f"{path}/status")
    shop.stop()
    wait_until(lambda: run(["cat", m.account / path / "status"]).returncode)
    with fails_with(errno.ECONNREFUSED):
        m.read(f"{path}/status")


# ---- commands


def sent(shop, api):
    return shop.requests(api.starting)


def test_p09_what_is_no_command_is_not_sent(make, shop, api):
    m = make()
    path, _ = api.trigger(m, shop)
    for text in ("colour=red", "hello", "{", "x=" + "y" * 70_000, b"\xff\xfe"):
        with fails_with(errno.EINVAL):
            m.write(path, text)
        assert (last(m).outcome, last(m).error) == ("refused", "EINVAL")
        assert len(last(m).words) > 10
    assert not sent(shop, api)


@pytest.mark.parametrize("fault, number", [
    ({"status": 403}, errno.EACCES), ({"status": 500}, errno.EREMOTEIO),
    ({"body_kind": "html"}, errno.EBADMSG), ({"hang": True}, errno.ETIMEDOUT)], ids=str)
def test_p10_the_write_fails_when_the_command_does(make, shop, api, fault, number):
    m = make(limits={"deadline": "2s"})
    path, command = api.trigger(m, shop)
    shop.fault(api.starting, **fault)
    with fails_with(number):
        m.write(path, command)
    assert last(m).error == errno.errorcode[number]
    assert errno.errorcode[number] in m.read("status")
    assert len(sent(shop, api)) == 1


def test_p11_a_command_is_answered_and_reading_has_no_effect(make, shop, api):
    m = make()
    path, command = api.trigger(m, shop)
    shop.clear_requests()
    usage = m.read(path)
    run(["head", "-c", "9", m.account / path])
    assert "Example: " in usage or "Write" in usage
    assert not sent(shop, api) and not history(m)
    answer = json.loads(m.exchange(path, command))
    assert answer["path"].startswith(f"{api.folder}/")
    assert answer["state"] in ("queued", "running")
    assert answer["path"].rpartition("/")[2] in api.items(m)
    assert len(sent(shop, api)) == 1
    assert (last(m).outcome, last(m).id) == ("done", answer["id"])
    assert "Last: " in m.read(path)


@pytest.mark.parametrize("fault", [{"drop": "before"}, {"drop": "after"}, {"hang": True},
                                   {"status": 503, "headers": {"Retry-After": "0"}}], ids=str)
def test_p12_a_command_is_sent_once(make, shop, api, fault):
    m = make(limits={"deadline": "2s"})
    path, command = api.trigger(m, shop)
    shop.fault(api.starting, **fault)
    with pytest.raises(OSError):
        m.write(path, command)
    for _ in range(2):
        m.refresh()
    m.remount()
    m.wait_listed()
    assert last(m).outcome in ("unknown", "adopted")
    assert len(sent(shop, api)) == 1


def test_p13_the_same_command_is_refused_while_it_is_on_its_way(make, shop, api):
    if api.name == "next":
        shop.event("limit", per_second=0)  # a new process knows nothing of what the last one asked
    m = make()
    path, command = api.trigger(m, shop)
    m.write(path, command)
    for _ in range(2):
        with fails_with(errno.EALREADY):
            m.write(path, command)
        assert api.folder in last(m).words and "force=yes" in last(m).words
        m.remount()
        m.wait_listed()
    assert len(sent(shop, api)) == 1
    m.write(path, command.strip() + " force=yes")
    assert len(sent(shop, api)) == 2


# ---- failing, in words


@pytest.mark.parametrize("fault, words", [
    ({"status": 403}, "EACCES since 2"), ({"status": 500}, "HTTP 500"),
    ({"body_kind": "html"}, "instead of JSON")], ids=str)
def test_p27_what_is_wrong_is_one_line_in_status(make, shop, api, fault, words):
    m = make(limits={"deadline": "2s"})
    assert m.read("status") == "ok\n"
    shop.fault(api.listing, times=0, **fault)
    with pytest.raises(OSError):
        m.refresh()
    said = wait_until(lambda: (text := m.read("status")) != "ok\n" and text)
    assert words in said and said.count("\n") == 1
    shop.clear_faults()
    m.refresh()
    assert m.read("status") == "ok\n"
