"""Issue item 8: however a file is read, the same bytes are seen, those that the server has.

Each way of reading is tried on an empty file, on one byte, on a real export, and on a file that
ends one byte behind a block.
"""

import hashlib
import sys

import pytest

from harness import run

FILES = {"empty": {"bytes": 0}, "byte": {"bytes": 1}, "rows": {"rows": 1000},
         "large": {"bytes": (8 << 20) + 1}}

# `$file` to `$to`.
COPIES = [
    "cat $file > $to", "cat < $file > $to", "cp $file $to", "cp --sparse=always $file $to",
    "cp --reflink=never $file $to", "rsync -a $file $to", "rsync -a --inplace -W $file $to",
    "rsync -a --checksum $file $to", "tar cf - -C ${file%/*} orders.csv | tar xOf - > $to",
    "install $file $to", "head -c 100000000 $file > $to", "tail -c 100000000 $file > $to",
    "tail -c +1 $file > $to", "head -c -0 $file > $to", "sed '' $file > $to",
    "dd if=$file of=$to bs=1M", "dd if=$file of=$to bs=4097", "dd if=$file of=$to bs=131071",
    "dd if=$file of=$to bs=8M iflag=fullblock", "gzip -c $file | gunzip > $to",
    "split -b 999999 --filter='cat' $file > $to",
]
CALLS = {
    "mmap": "import mmap; size and out.write(mmap.mmap(file, size, prot=mmap.PROT_READ)[:])",
    "sendfile": "while os.sendfile(out.fileno(), file, None, 1 << 20): pass",
    "backwards": "for at in reversed(range(0, size, 65521)): "
                 "os.pwrite(out.fileno(), os.pread(file, 65521, at), at)",
    "readv": "while (n := os.preadv(file, [buf], out.tell())): out.write(buf[:n])",
    "splice": "a, b = os.pipe()\n"
              "while (n := os.splice(file, b, 1 << 16)): out.write(os.read(a, n))",
    "two handles": "other = os.open(sys.argv[1], os.O_RDONLY)\n"
                   "for at in range(0, size, 100000): out.write(os.pread("
                   "(file, other)[at // 100000 % 2], 100000, at))",
}
PROGRAM = """import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
out = open(sys.argv[2], 'wb', buffering=0)
size, buf = os.fstat(file).st_size, bytearray(70001)
"""


@pytest.fixture
def shop(sandbox):
    made = sandbox(orders=0)
    for name, size in FILES.items():
        made.event("job", id=name, **size)
    return made


@pytest.fixture
def m(shop, mount):
    return mount(shop)


def path(m, name):
    return m.account / "jobs" / name / "orders.csv"


@pytest.mark.parametrize("command", COPIES)
def test_p15_every_tool_sees_the_same_bytes(shop, m, tmp_path, command):
    for name in FILES:
        to = tmp_path / name
        result = run(f"set -o pipefail; {command}", env={"file": str(path(m, name)), "to": str(to)})
        assert result.returncode == 0, result
        assert to.read_bytes() == shop.raw_file(name), name


@pytest.mark.parametrize("call", CALLS)
def test_p15_every_call_sees_the_same_bytes(shop, m, tmp_path, call):
    for name in FILES:
        to = tmp_path / name
        result = run([sys.executable, "-I", "-S", "-c", PROGRAM + CALLS[call], path(m, name), to])
        assert result.returncode == 0, result
        assert to.read_bytes() == shop.raw_file(name), name


def test_p15_counts_and_sums(shop, m):
    for name in FILES:
        content = shop.raw_file(name)
        counted = run(["wc", "-lc", path(m, name)]).stdout.split()
        assert counted[:2] == [str(content.count(b"\n")), str(len(content))]
        assert run(["sha256sum", path(m, name)]).stdout.split()[0] == \
            hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("count", [1, 2, 4095, 4096, 4097, 131073, 1 << 20])
def test_p15_both_ends(shop, m, count):
    for name in FILES:
        content = shop.raw_file(name)
        for command, expected in (("head", content[:count]), ("tail", content[-count:])):
            result = run([command, "-c", count, path(m, name)])
            assert result.stdout.encode() == expected, (command, name)


@pytest.mark.parametrize("block, skip, count", [(1, 8 << 20, 5), (511, 3, 100), (4097, 1000, 7),
                                                (131071, 63, 9), (1 << 20, 8, 2), (7, 10**9, 1)])
def test_p15_odd_blocks_in_odd_places(shop, m, block, skip, count):
    for name in FILES:
        result = run(["dd", f"if={path(m, name)}", f"bs={block}", f"skip={skip}",
                      f"count={count}", "status=none"])
        at = block * skip
        assert result.stdout.encode() == shop.raw_file(name)[at:at + block * count], name


def test_p15_at_and_behind_the_end(shop, m):
    for name in FILES:
        size = len(shop.raw_file(name))
        assert m.read_range(path(m, name), size, 100) == b""
        assert m.read_range(path(m, name), size + 100, 100) == b""
        if size:
            assert m.read_range(path(m, name), size - 1, 100) == shop.raw_file(name)[-1:]


def test_p15_a_table_is_a_table(m):
    rows = run(["cut", "-d,", "-f1", path(m, "rows")]).stdout.splitlines()
    assert rows[0] == "order_number" and len(rows) == 1001
    assert rows[1:] == sorted(set(rows[1:]))
