"""What is kept between runs: the state folder, its owner, and what happens when it is damaged."""

import os
import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from harness import MountFailed, run, wait_until
from harness.devices import needs_root, tmpfs


@pytest.fixture
def known(sandbox, mount):
    """A mount that knows its jobs, ended in order."""
    shop = sandbox(orders=8)
    m = mount(shop)
    m.names = sorted([*(job["id"] for job in shop.jobs()), "trigger"])
    assert m.list("jobs") == m.names
    m.terminate()
    m.database = m.state_dir / "orderfs.db"
    return m


def refused(m, *words):
    """Starting again fails with these words and exit status 1; gives all that was said."""
    before = len(m.stderr())
    with pytest.raises(MountFailed, match="exited with 1:"):
        m.remount()
    said = m.stderr()[before:]
    assert all(str(word) in said for word in words), said
    assert not m.mounted
    # An end that was expected, not one for the fixture to complain of.
    m._killed = True
    return said


def test_the_state_is_its_owners_alone(known):
    known.remount()
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in known.state_dir.iterdir()}
    assert oct(known.state_dir.stat().st_mode & 0o777) == "0o700"
    assert modes.pop("kept") == "0o700"
    assert set(modes.values()) == {"0o600"}, modes
    assert {"orderfs.db", "lock"} <= set(modes)
    assert oct(known.cache_dir.stat().st_mode & 0o777) == "0o700"


def test_a_loose_database_is_closed_to_others(known):
    known.database.chmod(0o644)
    known.remount()
    assert known.database.stat().st_mode & 0o777 == 0o600


def test_the_database_is_sound_and_written_ahead(known):
    with closing(sqlite3.connect(known.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA user_version").fetchone()[0] >= 1


def test_a_second_orderfs_on_the_same_state_is_refused(sandbox, mount, tmp_path):
    shop = sandbox(orders=1)
    first = mount(shop)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    result = run([*first._command[:-1], elsewhere])
    assert result.returncode == 1
    assert str(first.pid) in result.stderr and str(first.state_dir) in result.stderr
    assert "state:" in result.stderr
    assert not os.path.ismount(elsewhere)
    assert len(first.list("jobs")) == 2, "the first one was disturbed"


def test_the_state_is_free_again_after_a_crash(known):
    known.remount()
    known.kill()
    known.remount()
    assert known.list("jobs") == known.names


def set_aside(m):
    """The damaged databases that were kept, without what lies beside them."""
    return [path for path in m.state_dir.glob("orderfs.db.damaged-*")
            if not path.name.endswith(("-wal", "-shm"))]


def damage_garbage(path):
    path.write_bytes(os.urandom(path.stat().st_size))


def damage_header(path):
    with open(path, "r+b") as file:
        file.write(b"\0" * 100)


def damage_cut(path):
    os.truncate(path, path.stat().st_size // 2)


def damage_middle(path):
    """Every page but the first, which opening looks at."""
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * (path.stat().st_size - 4096))


def damage_one_page(path):
    """A page of records, which nobody looks at when the mount is only listed."""
    content = path.read_bytes()
    page = content.index(b'"job_type"') // 4096
    with open(path, "r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xaa" * 100)


def damage_text(path):
    path.write_text("This is a shopping list, and no database.\n" * 200)


DAMAGE = [damage_garbage, damage_header, damage_cut, damage_middle, damage_one_page, damage_text]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_database_is_set_aside(damage, known):
    damage(known.database)
    broken = known.database.read_bytes()
    said = refused(known, known.database, "damaged", "renamed")
    aside, = set_aside(known)
    assert str(aside) in said and re.search(r"damaged-\d{8}T\d{6}", aside.name)
    assert aside.read_bytes() == broken


def test_the_next_start_begins_anew(known):
    damage_garbage(known.database)
    refused(known, "damaged")
    known.remount()
    wait_until(lambda: known.list("jobs") == known.names)
    assert set_aside(known)


def test_damage_twice_loses_neither(known):
    for expected in (1, 2):
        damage_garbage(known.database)
        refused(known, "damaged")
        assert len(set_aside(known)) == expected
        known.remount()
        known.terminate()


def test_an_empty_database_is_a_new_one(known):
    os.truncate(known.database, 0)
    known.remount()
    wait_until(lambda: known.list("jobs") == known.names)


def test_the_database_of_a_newer_orderfs_is_left_alone(known):
    with closing(sqlite3.connect(known.database)) as database:
        database.execute("PRAGMA user_version = 999")
    before = known.database.read_bytes()
    refused(known, known.database, "newer", "999")
    assert known.database.read_bytes() == before
    assert not set_aside(known)


def test_state_that_is_a_file_is_refused(known):
    shutil.rmtree(known.state_dir)
    known.state_dir.write_text("not a folder")
    refused(known, known.state_dir)
    assert known.state_dir.read_text() == "not a folder"
    known.state_dir.unlink()
    known.state_dir.mkdir()


@needs_root
def test_state_that_cannot_be_written_is_refused(known):
    shutil.rmtree(known.state_dir)
    with tmpfs(known.state_dir, "ro,size=1m"):
        refused(known, known.state_dir, "Read-only file system")


@needs_root
def test_a_cache_that_cannot_be_made_is_refused(known):
    known.cache_dir.rmdir()
    known.cache_dir.write_text("not a folder")
    refused(known, known.cache_dir)
    known.cache_dir.unlink()
