"""inotify in a process of its own: prints each event of the given paths as one line.

    watch.py [--follow] PATH ...

First `ready`, when all are watched; then PATH, NAME and MASK[,MASK] with tabs between, NAME
being `.` for the path itself. A file that is gone ends its watch; the program ends with the
last one, or when it is told to. With --follow folders that come are watched too, and of a file that
was written and closed there is one more line: what its bytes are, `SHA256 <digits>`, read at once.
"""

import ctypes
import hashlib
import os
import struct
import sys

MASKS = {
    0x2: "MODIFY", 0x4: "ATTRIB", 0x8: "CLOSE_WRITE", 0x10: "CLOSE_NOWRITE", 0x20: "OPEN",
    0x40: "MOVED_FROM", 0x80: "MOVED_TO", 0x100: "CREATE", 0x200: "DELETE",
    0x400: "DELETE_SELF", 0x800: "MOVE_SELF", 0x4000: "OVERFLOW", 0x8000: "IGNORED",
    0x40000000: "ISDIR",
}
# All but reading: who only looks is of no interest.
WATCHED = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
HEAD = struct.Struct("iIII")


def watch(paths, follow):
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    watched = {}

    def add(path):
        number = libc.inotify_add_watch(descriptor, os.fsencode(path), WATCHED)
        if number < 0:
            sys.exit(f"{path}: {os.strerror(ctypes.get_errno())}")
        watched[number] = path

    for path in paths:
        add(path)
    print("ready", flush=True)
    while watched:
        for number, mask, name in events(os.read(descriptor, 1 << 16)):
            words = ",".join(word for bit, word in MASKS.items() if mask & bit)
            print(watched.get(number, "?"), name or ".", words, sep="\t", flush=True)
            path = os.path.join(watched.get(number, "?"), name)
            if follow and words == "CREATE,ISDIR":
                add(path)
            if follow and words == "CLOSE_WRITE" and name:
                print(watched[number], name, content(path), sep="\t", flush=True)
            if mask & 0x8000:
                watched.pop(number, None)


def content(path):
    try:
        with open(path, "rb") as file:
            return "SHA256 " + hashlib.sha256(file.read()).hexdigest()
    except OSError as problem:
        return f"SHA256 {problem.strerror}"


def events(data):
    while data:
        number, mask, _, length = HEAD.unpack_from(data)
        name, data = data[HEAD.size:HEAD.size + length], data[HEAD.size + length:]
        yield number, mask, os.fsdecode(name.rstrip(b"\0"))


if __name__ == "__main__":
    following = sys.argv[1] == "--follow"
    watch(sys.argv[1 + following:], following)
