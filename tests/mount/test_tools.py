"""Promise 1: however a file is read, and whatever sort of file it is, every tool sees the same bytes,
those that the server has. What stands in ROWS is tried with every one of them."""

import io
import sys
import zipfile
from types import SimpleNamespace

import pytest

from harness import onefile, run

GIB = 1 << 30
HUGE = 4 * GIB + 1
PASSWORD = b"buyer@example.org"


TABLES = {"empty": {"bytes": 0}, "byte": {"bytes": 1}, "csv": {"rows": 1000},
          "blocks-and-a-byte": {"bytes": (8 << 20) + 1}}
# Deflated; too large for that; and not encrypted.
MEMBERS = {"keys.txt": "deflated-member", "png": "stored-member", "bulk.csv": "open-member"}


def tables(shop):
    for name, size in TABLES.items():
        job = shop.event("job", account="elasticpath", **size)["jobs"][0]["id"]
        yield name, f"elasticpath/jobs/{job}/orders.csv", shop.raw_file(job, "elasticpath")


def archives(shop):
    """An archive, and what is in it as Python finds it."""
    order = shop.event("order", account="eneba", export="COMPLETED", keys=20, images=1,
                       image_bytes=70_001, bytes=300_001)["orders"][0]["id"]
    content = shop.raw_file(order, "eneba")
    yield "archive", f"eneba/orders/{order}/keys.zip", content
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        for ending, name in MEMBERS.items():
            path = next(path for path in opened.namelist() if path.endswith(ending))
            yield name, f"eneba/orders/{order}/keys/{path}", opened.read(path, PASSWORD)


# Each gives (name, path, bytes) of what it has made in the sandbox.
ROWS = (tables, archives)

# `$file` to `$to`.
COPIES = [
    "cat $file > $to", "cat < $file > $to", "cp $file $to", "cp --sparse=always $file $to",
    "cp --reflink=never $file $to", "rsync -a $file $to", "rsync -a --inplace -W $file $to",
    "rsync -a --checksum $file $to", "tar cf - -C ${file%/*} ${file##*/} | tar xOf - > $to",
    "zip -q $to.zip $file && unzip -p $to.zip > $to",
    "install $file $to", "head -c 100000000 $file > $to", "tail -c 100000000 $file > $to",
    "tail -c +1 $file > $to", "head -c -0 $file > $to", "sed '' $file > $to",
    "dd if=$file of=$to bs=1M", "dd if=$file of=$to bs=4097", "dd if=$file of=$to bs=131071",
    "dd if=$file of=$to bs=8M iflag=fullblock", "gzip -c $file | gunzip > $to",
    "split -b 999999 --filter='cat' $file > $to",
]
# What is said of `$file` is what is said of a copy, with the same exit status.
REPORTS = [
    "wc < $file", "md5sum < $file", "sha256sum < $file", "stat -c %s $file", "tac $file", "rev $file",
    "grep -c . $file", "grep -an ,unpaid, $file", "grep -q ,unpaid, $file", "sort $file",
    "cut -d, -f1 $file", "head -n 3 $file", "tail -n 3 $file", "tail -n 3 < $file",
    "dd if=$file bs=1 skip=8388608 count=5", "dd if=$file bs=511 skip=3 count=100",
    "dd if=$file bs=4097 skip=1000 count=7", "dd if=$file bs=131071 skip=63 count=9",
    "dd if=$file bs=1M skip=8 count=2", "dd if=$file bs=7 skip=1000000000 count=1",
    *(f"{end} -c {count} $file" for end in ("head", "tail") for count in
      (1, 2, 4095, 4096, 4097, 131073, 1 << 20)),
]
PROGRAM = """import errno, mmap, os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
out = open(sys.argv[2], 'wb', buffering=0)
size, buf = os.fstat(file).st_size, bytearray(70001)
"""
CALLS = {
    "mmap": "size and out.write(mmap.mmap(file, size, prot=mmap.PROT_READ)[:])",
    "private mmap": "size and out.write(mmap.mmap(file, 0, mmap.MAP_PRIVATE, mmap.PROT_READ)[:])",
    "sendfile": "while os.sendfile(out.fileno(), file, None, 1 << 20): pass",
    # Between two file systems not every kernel copies: cp goes on with read then, and so do we.
    "copy_file_range": "try:\n"
                       "    while os.copy_file_range(file, out.fileno(), 1 << 20): pass\n"
                       "except OSError as problem:\n"
                       "    assert problem.errno in (errno.EXDEV, errno.EINVAL), problem\n"
                       "    while block := os.read(file, 1 << 20): out.write(block)",
    "backwards": "for at in reversed(range(0, size, 65521)): "
                 "os.pwrite(out.fileno(), os.pread(file, 65521, at), at)",
    "readv": "while (n := os.preadv(file, [buf], out.tell())): out.write(buf[:n])",
    "splice": "a, b = os.pipe()\n"
              "while (n := os.splice(file, b, 1 << 16)): out.write(os.read(a, n))",
    "two handles": "other = os.open(sys.argv[1], os.O_RDONLY)\n"
                   "for at in range(0, size, 100000): out.write(os.pread("
                   "(file, other)[at // 100000 % 2], 100000, at))",
    "at and behind the end": "assert os.pread(file, 9, size) == os.pread(file, 9, size + 9) == b''\n"
                             "assert len(os.pread(file, 9, max(0, size - 1))) == min(size, 1)\n"
                             "out.write(os.pread(file, size + 1, 0))",
}


@pytest.fixture
def files(sandbox, mount):
    """All of it, which nobody has read: `name`, `path`, `content`."""
    shop = sandbox(accounts="elasticpath,eneba", orders=0)
    rows = [row for make in ROWS for row in make(shop)]
    m = mount(shop)
    m.wait_listed()
    return [SimpleNamespace(name=name, path=m.path / path, content=content)
            for name, path, content in rows]


@pytest.mark.parametrize("command", COPIES)
def test_p01_every_tool_sees_the_same_bytes(files, tmp_path, command):
    for file in files:
        to = tmp_path / file.name
        result = run(f"set -o pipefail; {command}", env={"file": str(file.path), "to": str(to)})
        assert result.returncode == 0, result
        assert to.read_bytes() == file.content, file.name


@pytest.mark.parametrize("call", CALLS)
def test_p01_every_call_sees_the_same_bytes(files, tmp_path, call):
    for file in files:
        to = tmp_path / file.name
        result = run([sys.executable, "-I", "-S", "-c", PROGRAM + CALLS[call], file.path, to])
        assert result.returncode == 0, result
        assert to.read_bytes() == file.content, file.name


@pytest.mark.parametrize("command", REPORTS)
def test_p01_every_tool_says_the_same(files, tmp_path, command):
    for file in files:
        copy = tmp_path / file.name
        copy.write_bytes(file.content)
        said, expected = (run(command, env={"file": str(path)}) for path in (file.path, copy))
        assert (said.returncode, said.stdout) == (expected.returncode, expected.stdout), file.name


# Of a file that is larger than 32 bits can say: (what prints some of it, its place, how much).
MAPPED = """import mmap, sys
with open(sys.argv[1], "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as whole:
    open(sys.argv[2], "wb").write(whole[(1 << 31) - 9:(1 << 31) + 9] + whole[-1:])
"""
PLACES = [
    ("head -c 70000 $file", 0, 70000), ("dd if=$file bs=1M skip=4096", HUGE - 1, 1),
    ("dd if=$file bs=4k skip=524287 count=2", 2 * GIB - 4096, 8192),
    ("tail -c 999 $file", HUGE - 999, 999), ("tail -c +4294967297 $file", HUGE - 1, 1),
]


@pytest.fixture
def huge(sandbox, mount):
    """One byte more than four gibibytes, which nobody keeps: on disk are 64 MiB at most."""
    shop = onefile.with_file(sandbox, HUGE)
    m = onefile.mounted(shop, mount, config={"cache": {"size": "64M"}})
    return SimpleNamespace(shop=shop, path=onefile.path_of(m))


def test_p01_the_ends_and_the_middle_of_what_is_huge(huge, tmp_path):
    def part(first, count):
        return huge.shop.raw_file("it", first=first, last=first + count - 1)
    out = tmp_path / "out"
    for command, first, count in PLACES:
        assert run(f"{command} > {out}", env={"file": str(huge.path)}).returncode == 0
        assert out.read_bytes() == part(first, count), command
    mapped = run([sys.executable, "-I", "-S", "-c", MAPPED, huge.path, out])
    assert mapped.returncode == 0, mapped
    assert out.read_bytes() == part(2 * GIB - 9, 18) + part(HUGE - 1, 1)


@pytest.mark.long
def test_p01_p18_the_whole_of_what_is_huge(huge):
    """One stream through a small window, every byte once; cmp fails on a byte more or less."""
    true = f"{huge.shop.url}/control/file/it?account={huge.shop.account}"
    result = run(f"cmp {huge.path} <(curl -sf --noproxy '*' '{true}')", timeout=400)
    assert result.returncode == 0, result
    download, = huge.shop.downloads()
    assert download["sent"] == HUGE
