"""`.orderfs/files`: a line for each finished file, with what no `ls` shows."""

import hashlib
import sqlite3
from collections import namedtuple
from contextlib import closing
from datetime import datetime

import pytest

from harness import onefile, run, wait_until
from harness.keyshop import fetch, make

Line = namedtuple("Line", "path size date etag sha256 host")
SIZE = 1_000_001
MANY = 60_000
# What the program takes more while such a list is made and read: a piece of it, never the list.
MODEST_KIB = 4 << 10
# So many more files, each of an item of its own.
SEED = f"""
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
INSERT INTO item (account, collection, id, name, state, changed_ns, state_ns, record_ns, first_ns)
SELECT account, collection, 'seed-' || i, 'seed-' || i, state, changed_ns, state_ns, record_ns,
first_ns FROM item, n WHERE id = 'it';
INSERT INTO file (item, account, name, size, mtime_ns, etag, host)
SELECT row, account, 'orders.csv', row, changed_ns, printf('"%064d"', row), 'files.example.org'
FROM item WHERE name LIKE 'seed-%';
"""


def lines(m):
    return [Line(*line.split("\t")) for line in m.read(m.control / "files").splitlines()]


def seconds(date):
    return int(datetime.fromisoformat(date).timestamp())


@pytest.fixture
def shop(sandbox):
    made = onefile.with_file(sandbox, SIZE).frozen()
    made.event("job", id="busy", status="pending")
    return made


def test_a_line_tells_all_that_is_known_of_a_file(shop, mount):
    m = mount(shop, name="my shop", account={"keep": True})
    m.wait_listed()
    facts = m.stat(onefile.FILE)
    line, = lines(m)
    assert line.path == f"my shop/{onefile.FILE}"
    assert (m.path / line.path) == m.account / onefile.FILE, "the path is one below the mount"
    assert int(line.size) == SIZE == facts.st_size
    assert seconds(line.date) == facts.st_mtime_ns // 10**9 and line.date.endswith("Z")
    assert line.host == "localhost" and line.sha256 == "-"
    expected = shop.raw_file("it")
    assert m.read_bytes(onefile.FILE) == expected
    kept = wait_until(lambda: [line for line in lines(m) if line.sha256 != "-"])
    assert kept == [line._replace(sha256=hashlib.sha256(expected).hexdigest())]
    with closing(sqlite3.connect(m.state_dir / "orderfs.db")) as state:
        assert state.execute("SELECT etag FROM file").fetchall() == [(line.etag,)]
    shop.stop()
    m.remount()
    assert lines(m) == kept, "it is remembered"


def test_what_is_not_known_is_a_dash_and_nothing_is_asked(shop, mount):
    shop.fault("download", times=0, status=503)
    m = mount(shop, limits={"deadline": "1s"})
    m.wait_listed()
    line, = lines(m)
    assert line[1] == line[3] == line[4] == line[5] == "-" and line.date != "-"


def test_a_new_version_takes_the_line_of_the_old_one(shop, mount):
    m = onefile.mounted(shop, mount)
    old, = lines(m)
    m.stat(m.control / "files")  # makes a text that nobody reads
    shop.event("replace", id="it", bytes=SIZE + 1)
    with pytest.raises(OSError):
        m.read_bytes(onefile.FILE)
    assert m.stat(onefile.FILE).st_size == SIZE + 1
    new, = lines(m)
    assert new.path == old.path and int(new.size) == SIZE + 1 and new.etag != old.etag


def test_what_was_delivered_is_there_with_its_folders(sandbox, mount):
    shop = sandbox(accounts="wock", orders=0).frozen()
    order = make(shop, lines=2)
    m = mount(shop)
    m.wait_listed()
    fetch(m, order)
    listed = lines(m)
    found = run(f"find {m.account}/orders/{order} -name 'archive-[12]' -prune -o -type f "
                f"! -name order.json ! -name status ! -name trigger -printf '%P\\t%s\\n' | sort").stdout.splitlines()
    prefix = f"wock/orders/{order}/"
    assert any("keys/" in path for path in found)
    assert m.list("products"), "of documents there is no line"
    assert sorted(f"{line.path.removeprefix(prefix)}\t{line.size}" for line in listed) == found
    hashed = {line.path: line.sha256 for line in listed if line.sha256 != "-"}
    assert hashed == {f"{prefix}archive-{number}.zip": hashlib.sha256(
        shop.raw_file(f"{order}-{number}")).hexdigest() for number in (1, 2)}, \
        "and none of a key, which a short one could be guessed by"


def test_p27_no_address_and_no_secret_is_in_it(shop, mount):
    m = onefile.mounted(shop, mount)
    text = m.read(m.control / "files")
    assert text and not any(word in text for word in ("//", "?", "&", "@", "="))


def test_p01_it_has_its_size_and_many_lines_take_no_memory(shop, mount, sanitized):
    m = onefile.mounted(shop, mount)
    m.terminate()
    shop.stop()
    with closing(sqlite3.connect(m.state_dir / "orderfs.db")) as state:
        state.executescript(SEED)
    m.remount()
    m.read(m.control / "version")
    before = m.rss_kib()
    result = run(f"wc -lc < {m.control}/files; stat -c %s {m.control}/files; "
                 f"tail -n 1 {m.control}/files")
    count, length, size, last = result.stdout.split(maxsplit=3)
    assert int(count) >= MANY and length == size
    assert last.startswith("elasticpath/jobs/seed-") and last.count("\t") == 5
    assert sanitized or m.rss_kib() - before < MODEST_KIB
