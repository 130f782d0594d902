"""Opens and reads the paths on standard input one after another, and says how long each took.

    reader.py whole|first|places < PATHS

One process, so that nothing but the three calls is timed: `whole` is what cat does, from open
to close; `first` ends with the first read of one byte; `places` reads 64 KiB at 200 places that are the
same for every path. Seconds on standard output, a line each.
"""

import os
import random
import sys
from time import perf_counter

READ = 65536
PLACES = 200


def read_whole(path):
    began = perf_counter()
    file = os.open(path, os.O_RDONLY)
    while os.read(file, 1 << 17):
        pass
    os.close(file)
    return perf_counter() - began


def read_first(path):
    began = perf_counter()
    file = os.open(path, os.O_RDONLY)
    byte = os.read(file, 1)
    seconds = perf_counter() - began
    os.close(file)
    if not byte:
        sys.exit(f"{path}: empty")
    return seconds


def read_places(path):
    file = os.open(path, os.O_RDONLY)
    chance, last = random.Random(PLACES), os.fstat(file).st_size - READ
    began = perf_counter()
    for _ in range(PLACES):
        if len(os.pread(file, READ, chance.randrange(last))) != READ:
            sys.exit(f"{path}: a short read")
    seconds = perf_counter() - began
    os.close(file)
    return seconds


if __name__ == "__main__":
    read = {"whole": read_whole, "first": read_first, "places": read_places}[sys.argv[1]]
    print("\n".join(str(read(line.rstrip("\n"))) for line in sys.stdin.readlines()))
