#!/usr/bin/python3
"""Makes the corpus of archives: make.py FOLDER zips|streams

Most archives NAME have a NAME.want beside them: what is to be seen of it, line by line.

    password: WORD              the one to read with
    a/                          a folder
    a/b.txt 5 3610a686 SECONDS  a member: path, size, CRC of what was read or the errno, mtime
    ! WORDS                     what was left out
    = ERRNO                     the archive cannot be opened
"""

import sys
from pathlib import Path

import streams
import zips


def main():
    folder = Path(sys.argv[1])
    corpus = {"zips": zips, "streams": streams}[sys.argv[2]].corpus()
    for name, (data, want) in corpus.items():
        (folder / name).write_bytes(data)
        if want is not None:
            (folder / (name + ".want")).write_text("".join(line + "\n" for line in want))


if __name__ == "__main__":
    main()
