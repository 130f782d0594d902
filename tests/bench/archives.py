"""An archive of very many members, of which a person wants one, their names, or all.

The archive is real, and it is served from the memory of this process (../mount/harness/shelf.py), which
says what went over the wire. Each pair has a mount that never saw it.
"""

import os
import random
import shutil
import zipfile

from bed import MIB, Unmeasured, memory_of, timed
from harness.shelf import Shelf

NAME, FOLDER = "keys.zip", "keys"
UNPACK = 'unzip -q "$0" -d "$1/there" && rsync -a "$1/there/" "$1/copy"'
BYTES_EACH = 17_000  # a key as a picture of a scratch card


def make(path, count):
    """Pictures: nothing that is random gets smaller, so that they are stored."""
    chance = random.Random(20)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            archive.writestr(f"{FOLDER}/{number:05}.png", chance.randbytes(BYTES_EACH))


def archives(bed, report, sizes, pairs):
    """One member, the names, and all of them, against unzip of a copy that is here already."""
    local, plain = bed.new_folder(), bed.new_folder()
    make(local / NAME, sizes.members)
    timed(["unzip", "-q", local / NAME, "-d", plain])
    rows = {"one": [], "asked": [], "names": ([], []), "all": ([], []), "memory": []}
    with Shelf({NAME: (local / NAME).read_bytes()}) as shelf:
        for _ in range(pairs):
            m = bed.shelf_mount(shelf)
            folder = m.account / shelf.folder(NAME) / FOLDER
            take_one(m, shelf, folder, sizes, rows)
            take_names(shelf, folder, plain / FOLDER, rows["names"])
            m.terminate()
            take_all(bed, shelf, local, rows)
    report_rows(report, f"{sizes.members:,} members", rows)


def take_one(m, shelf, folder, sizes, rows):
    number = sizes.members // 3
    shelf.clear()
    if len(m.read_bytes(folder / f"{number:05}.png", timeout=60)) != BYTES_EACH:
        raise Unmeasured("the member has another size")
    rows["one"].append(shelf.sent / MIB)
    rows["asked"].append(len(shelf.requests))


def take_names(shelf, folder, plain, samples):
    shelf.clear()
    for sample, path in zip(samples, (folder, plain)):
        sample.append(timed(["ls", "-l", path]).seconds)
    if shelf.requests:
        raise Unmeasured("ls -l of what is known made a request")


def take_all(bed, shelf, local, rows):
    m, ours, theirs = bed.shelf_mount(shelf), bed.new_folder(), bed.new_folder()
    source = m.account / shelf.folder(NAME)
    os.sync()
    rows["all"][0].append(timed(["rsync", "-a", f"{source}/", ours]).seconds)
    rows["memory"].append(memory_of(m, "VmHWM"))
    os.sync()
    rows["all"][1].append(timed(["sh", "-c", UNPACK, local / NAME, theirs]).seconds)
    if len(os.listdir(ours / FOLDER)) != len(os.listdir(theirs / "copy" / FOLDER)):
        raise Unmeasured("a copy is not whole")
    m.terminate()
    for copy in (ours, theirs):
        shutil.rmtree(copy)


def report_rows(report, name, rows):
    report.add(f"one of {name}: on the wire", rows["one"], aim=2, unit="MiB")
    report.add(f"one of {name}: requests", rows["asked"], aim=6, unit="requests")
    report.add(f"ls -l of {name} after that", *rows["names"], aim=2)
    report.add(f"rsync -a of {name}, cold", *rows["all"], aim=2)
    report.add("memory at most, reading them", rows["memory"], aim=64, unit="MiB")
