"""What is to be seen of an archive over a mount, as the lines of tests/archives/make.py.

    python3 inside.py PATH ARCHIVE      a folder that it is shown as, or a plain twin

Run as a child: a reader that is stuck in the kernel must not be the test's own process.
"""

import errno
import os
import sys
import zlib

PIECE = 65536


def name_of(problem):
    """The one of two that the program says."""
    name = errno.errorcode[problem.errno]
    return "EOPNOTSUPP" if name == "ENOTSUP" else name


def second(status, beside):
    """The mtime; 0: the member has none, and the archive's stands for it."""
    return 0 if status.st_mtime_ns == beside.st_mtime_ns else status.st_mtime_ns // 10**9


def member(path, shown, beside):
    """Path, size, CRC of what was read or the errno, and mtime."""
    size, crc, status = 0, 0, os.lstat(path)
    try:
        with open(path, "rb", buffering=0) as file:
            while piece := file.read(PIECE):
                size, crc = size + len(piece), zlib.crc32(piece, crc)
        assert size == status.st_size, f"{shown}: {size} of {status.st_size} bytes"
        result = f"{crc:08x}"
    except OSError as problem:
        result = name_of(problem)
    return f"{shown} {status.st_size} {result} {second(status, beside)}"


def lines(folder, beside, prefix=""):
    for name in sorted(os.listdir(folder), key=os.fsencode):
        path, shown = os.path.join(folder, name), prefix + name
        if os.path.isdir(path):
            yield shown + "/"
            yield from lines(path, beside, shown + "/")
        else:
            yield member(path, shown, beside)


def main():
    path = sys.argv[1]
    try:
        beside = os.lstat(sys.argv[2])
        found = (list(lines(path, beside)) if os.path.isdir(path)
                 else [member(path, os.path.basename(path), beside)])
    except OSError as problem:
        found = [f"= {name_of(problem)}"]
    sys.stdout.buffer.write(os.fsencode("\n".join(found)))


if __name__ == "__main__":
    main()
