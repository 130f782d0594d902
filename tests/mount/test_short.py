"""Promise 18: fewer bytes than promised is an error, never an end of file; and the next open is a
new beginning. The server has no ranges here, so that no download that broke can be picked up."""

import errno
import signal
import sys

import pytest

from harness import fails_with, onefile, run

SIZE = 3_000_001
HALF = SIZE // 2

FAULTS = [
    {"drop_after": HALF},
    {"drop_after": HALF, "reset": True},
    {"drop_after": 0},
    {"drop_after": SIZE - 1},
    {"drop": "before"},
    {"no_length": True, "drop_after": HALF},
    {"no_length_close": True, "drop_after": HALF},
    {"length": HALF},
    {"length": SIZE + 1},
    {"length": 0},
    {"stall_after": HALF},
    {"drop_after": 1000, "ranges": True},
    {"status": 500},
    {"status": 404},
    {"body": "a page of another sort"},
]
# Without zip, to which a read that fails may be the file's end.
TOOLS = ["cat orders.csv", "cp orders.csv $to/copy", "dd if=orders.csv bs=64k", "md5sum orders.csv",
         "tar cf $to/tar orders.csv", "sort orders.csv", "gzip -c orders.csv", "wc -l orders.csv",
         "head -c 2999999 orders.csv", "tail -n 1 orders.csv", "grep -c x orders.csv",
         "tac orders.csv", "rsync -a orders.csv $to/copy"]
MMAP = """import mmap, os, sys
with open(sys.argv[1], 'rb') as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as whole:
    print(len(bytes(whole)))"""


@pytest.fixture
def shop(sandbox):
    return onefile.with_file(sandbox, SIZE)


@pytest.fixture
def m(shop, mount):
    return onefile.mounted(shop, mount, limits={"stall": "500ms", "deadline": "8s"})


@pytest.fixture
def file(m):
    return onefile.path_of(m)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_p18_what_is_cut_is_an_error(shop, m, file, tmp_path, fault):
    shop.fault("download", times=0, **{"ranges": False, **fault})
    out = tmp_path / "out"
    result = run(f"cat {file} > {out}")
    assert result.returncode != 0, "cat says that all is well"
    assert len(out.read_bytes()) < SIZE and shop.raw_file("it").startswith(out.read_bytes())
    shop.clear_faults()
    assert m.read_bytes(file) == shop.raw_file("it"), "the next open"


@pytest.mark.parametrize("tool", TOOLS)
def test_p18_every_tool_says_so(shop, m, file, tmp_path, tool):
    shop.fault("download", times=0, ranges=False, drop_after=HALF)
    result = run(f"{tool} > $to/out", cwd=file.parent, env={"to": str(tmp_path)})
    assert result.returncode != 0, result
    shop.clear_faults()
    assert m.read_bytes(file) == shop.raw_file("it")


def test_p18_rsync_leaves_no_short_file(shop, m, file, tmp_path):
    shop.fault("download", times=0, ranges=False, drop_after=HALF)
    copy = ["rsync", "-a", file, tmp_path]
    assert run(copy).returncode == 23
    assert not (tmp_path / "orders.csv").exists()
    shop.clear_faults()
    assert run(copy).returncode == 0
    assert (tmp_path / "orders.csv").read_bytes() == shop.raw_file("it")


def test_p18_a_mapping_has_no_zeros_instead(shop, m, file):
    shop.fault("download", times=0, ranges=False, drop_after=HALF)
    assert run([sys.executable, "-c", MMAP, file]).returncode == -signal.SIGBUS
    shop.clear_faults()
    assert run([sys.executable, "-c", MMAP, file]).stdout == f"{SIZE}\n"


def test_p18_what_did_arrive_can_be_read(shop, m, file):
    shop.fault("download", times=0, ranges=False, drop_after=HALF)
    assert m.read_range(file, 0, 1000) == shop.raw_file("it", first=0, last=999)
    with pytest.raises(OSError) as failure:
        m.read_range(file, SIZE - 1000, 1000)
    assert failure.value.errno in (errno.EIO, errno.EHOSTUNREACH)


def test_p18_readers_who_share_a_download_share_its_end(shop, m, file, spawn):
    shop.fault("download", times=0, ranges=False, drop_after=HALF, slow_bytes_per_s=SIZE)
    readers = [spawn(["cat", file]) for _ in range(3)]
    assert all(reader.wait().returncode != 0 for reader in readers)
    shop.clear_faults()
    assert m.read_bytes(file) == shop.raw_file("it")


def test_p18_a_size_is_not_learnt_from_a_part(shop, mount, tmp_path):
    """Where the server tells no length, the size is that of a download that came to its end."""
    shop.fault("download", times=0, ranges=False, no_length=True, drop_after=HALF)
    m = mount(shop, limits={"deadline": "3s"})
    file = m.account / "jobs" / "it" / "orders.csv"
    with fails_with(errno.EIO):
        m.stat(file)
    assert run(["rsync", "-a", file, tmp_path / "copy"]).returncode == 23
    shop.clear_faults()
    assert m.stat(file).st_size == SIZE
    assert m.read_bytes(file) == shop.raw_file("it")


@pytest.mark.parametrize("lie", [HALF, 2 * SIZE])
def test_p18_a_wrong_size_was_learnt(shop, mount, tmp_path, lie):
    """One lie may be believed, but gives no copy that looks good; the next open sees the truth."""
    shop.fault("download", ranges=False, length=lie)
    m = mount(shop)
    file = m.account / "jobs" / "it" / "orders.csv"
    assert m.stat(file).st_size == lie
    assert run(["rsync", "-a", file, tmp_path / "copy"]).returncode == 23
    assert m.read_bytes(file) == shop.raw_file("it")
    assert m.stat(file).st_size == SIZE
