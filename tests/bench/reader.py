"""Opens and reads the paths on standard input one after another, and says how long each took.

    reader.py whole|first < PATHS

One process, so that nothing but the three calls is timed: `whole` is what cat does, from open
to close; `first` ends with the first read of one byte. Seconds on standard output, a line each.
"""

import os
import sys
from time import perf_counter


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


if __name__ == "__main__":
    read = {"whole": read_whole, "first": read_first}[sys.argv[1]]
    print("\n".join(str(read(line.rstrip("\n"))) for line in sys.stdin.readlines()))
