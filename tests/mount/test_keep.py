"""Promise 28: what was downloaded once stays readable after the API deletes it, where the account says
`keep: yes`; elsewhere nothing stays on disk."""

import hashlib
import os
import signal
import stat
import sys

import pytest

from harness import onefile, run, wait_until

SIZE = 3_000_001


@pytest.fixture
def shop(sandbox):
    return onefile.with_file(sandbox, SIZE)


@pytest.fixture
def m(shop, mount):
    made = mount(shop, account={"keep": True})
    made.wait_listed()
    return made


def kept(m):
    folder = m.state_dir / "kept"
    return sorted(folder.iterdir()) if folder.exists() else []


def cached(m):
    return [path for path in m.cache_dir.rglob("*") if path.is_file()]


def test_p28_it_is_read_when_the_server_is_gone(shop, m):
    expected = shop.raw_file("it")
    assert m.read_bytes("jobs/it/orders.csv") == expected
    m.terminate()
    file, = kept(m)
    assert file.read_bytes() == expected
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shop.stop()
    m.remount()
    assert m.read_bytes("jobs/it/orders.csv") == expected
    assert m.stat("jobs/it/orders.csv").st_size == SIZE


def test_p28_it_is_read_when_the_api_has_deleted_it(shop, m):
    expected = shop.raw_file("it")
    before = m.stat("jobs/it/orders.csv")
    assert m.read_bytes("jobs/it/orders.csv") == expected
    wait_until(lambda: kept(m))
    shop.event("vanish", id="it")
    for _ in range(4):
        m.refresh()
    assert m.read_bytes("jobs/it/orders.csv") == expected
    after = m.stat("jobs/it/orders.csv")
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_p28_what_was_read_in_pieces_is_kept_when_all_of_it_was(shop, m):
    file = m.account / "jobs" / "it" / "orders.csv"
    assert m.read_range(file, 2_000_000, 1000)
    assert not kept(m)
    result = run(f"cat {file} | sha256sum")
    assert result.stdout.split()[0] == hashlib.sha256(shop.raw_file("it")).hexdigest()
    wait_until(lambda: kept(m))


# All of it twice, with nothing left to the kernel.
TWICE = """import hashlib, os, sys
for _ in range(2):
    digest, file = hashlib.sha256(), os.open(sys.argv[1], os.O_RDONLY)
    while block := os.read(file, 1 << 20):
        digest.update(block)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)
    print(digest.hexdigest())
"""


@pytest.mark.plain
def test_p28_it_is_downloaded_once_by_who_opens_it_while_it_is_being_kept(shop, mount):
    shop.event("job", id="large", bytes=64 << 20)
    m = mount(shop, account={"keep": True})
    file = m.account / "jobs" / "large" / "orders.csv"
    digest = hashlib.sha256(shop.raw_file("large")).hexdigest()
    result = run([sys.executable, "-I", "-S", "-c", TWICE, file], timeout=60)
    assert result.stdout.split() == [digest, digest], result.stderr
    wait_until(lambda: kept(m))
    assert sum(request["sent"] for request in shop.downloads()) == 64 << 20
    m.terminate()
    assert len(kept(m)) == 1


def test_p28_a_part_is_not_kept(shop, mount):
    shop.event("job", id="large", bytes=40 << 20)
    m = mount(shop, account={"keep": True})
    file = m.account / "jobs" / "large" / "orders.csv"
    assert m.read_range(file, 20 << 20, 1000)
    m.terminate()
    assert not kept(m) and not cached(m)


def test_p28_the_sum_is_noted(shop, m):
    assert m.read_bytes("jobs/it/orders.csv") == shop.raw_file("it")
    m.terminate()
    sums = run(["sqlite3", m.state_dir / "orderfs.db", "SELECT sha256, kept FROM file"])
    if sums.returncode == 0:
        digest = hashlib.sha256(shop.raw_file("it")).hexdigest()
        assert sums.stdout.strip() == f"{digest}|{kept(m)[0].name}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["end", "kill"])
def test_p28_without_keep_nothing_stays(shop, mount, number):
    m = mount(shop)
    assert m.read_bytes("jobs/it/orders.csv") == shop.raw_file("it")
    assert m.stat("jobs/it/orders.csv").st_size == SIZE
    if number == signal.SIGKILL:
        m.kill()
    else:
        m.terminate()
    assert not kept(m) and not cached(m)


PAGES = [{"body_kind": "html"}, {"body": "<?xml version='1.0'?><Error><Code>X</Code></Error>"}]


@pytest.mark.parametrize("fault", PAGES, ids=lambda fault: next(iter(fault)))
def test_p18_a_page_is_no_archive(sandbox, mount, fault):
    """A name that promises an archive never shows the page of a server that has none."""
    shop = sandbox(orders=0, accounts="saleor")
    made = shop.event("job", account="saleor", kind="product", file_type="XLSX")
    row, = made["jobs"]
    m = mount(accounts={"saleor": shop.accounts["saleor"]})
    m.wait_listed()
    shop.fault("download", times=0, **fault)
    name, = [name for name in m.list(f"exports/{row['id']}") if name.endswith(".xlsx")]
    with pytest.raises(OSError):
        m.stat(f"exports/{row['id']}/{name}")
    with pytest.raises(OSError):
        m.read_bytes(f"exports/{row['id']}/{name}")
    assert "no xlsx" in m.read(f"exports/{row['id']}/error")
    shop.clear_faults()
    assert m.read_bytes(f"exports/{row['id']}/{name}").startswith(b"PK")
    assert "error" not in m.list(f"exports/{row['id']}")
