"""One file operation in a process of its own (see forks.py), so that it may block and be given up.

Bytes or JSON on standard output; when a call fails, its errno on standard error and exit
status 9. Each operation makes just the system calls that its name says: the tests count them.
"""

import json
import os
import sys

FAILED = 9


def write_all(data):
    while data:
        data = data[os.write(1, data):]


def read_to_end(descriptor):
    while block := os.read(descriptor, 1 << 17):
        write_all(block)


def read(path):
    read_to_end(os.open(path, os.O_RDONLY))


def read_range(path, offset, length):
    write_all(os.pread(os.open(path, os.O_RDONLY), int(length), int(offset)))


def write(path, flags=os.O_WRONLY | os.O_TRUNC):
    """As `echo … > path` does, in one write."""
    descriptor = os.open(path, flags)
    os.write(descriptor, sys.stdin.buffer.read())
    return descriptor


def close_written(path):
    os.close(write(path))


def exchange(path):
    """Write, and read back through the same handle."""
    descriptor = write(path, os.O_RDWR)
    os.lseek(descriptor, 0, os.SEEK_SET)
    read_to_end(descriptor)


def listing(path):
    print(json.dumps(sorted(os.listdir(path))))


def stat(path):
    found = os.lstat(path)
    print(json.dumps({name: getattr(found, name) for name in dir(found)
                      if name.startswith("st_")}))


OPERATIONS = {"read": read, "read-range": read_range, "write": close_written,
              "exchange": exchange, "list": listing, "stat": stat}


def main(arguments):
    """OPERATION PATH [ARGUMENT ...]"""
    try:
        OPERATIONS[arguments[0]](*arguments[1:])
    except OSError as problem:
        print(problem.errno, file=sys.stderr)
        sys.exit(FAILED)
