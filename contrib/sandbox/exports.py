"""Export files: CSV of fixed-width rows, so that any offset of any size is cheap.

    header line
    0000000001,5f2c90aa,2026-01-01T03:12:40Z,complete,...,external reference\\n   128 bytes
    0000000002,5f2c90aa,...

Column two is the tag of the file, a hash of seed, job and generation; the last column is
filled up to the width. A file asked for by size is cut from an endless table: BLOCK_ROWS
rows are made once per seed, the tag is written over them once per file, and the leading
digits of the row number once per block. No Python runs per row while bytes flow, and yet
no two rows of a file are alike.
"""

import functools
import hashlib
import random

import orders

WIDTH = 128
BLOCK_ROWS = 10_000
BLOCK_BYTES = WIDTH * BLOCK_ROWS
NUMBER_DIGITS = 10
BLOCK_DIGITS = 6
TAG_AT = NUMBER_DIGITS + 1
TAG_DIGITS = 8
COLUMNS = ("status", "payment", "shipping", "currency", "with_tax", "without_tax", "name")
HEADER = ("order_number,export,created_at," + ",".join(COLUMNS) + ",external_ref\n").encode()


def tag_of(*parts):
    """The tag of a file: eight hexadecimal digits that differ from file to file."""
    text = "\0".join(str(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:TAG_DIGITS]


def order_file(tag, chosen):
    """The bytes of an export of these orders."""
    rows = [_row(order["order_number"], tag, order, order["external_ref"] + "-" + "0" * WIDTH)
            for order in chosen]
    return HEADER + b"".join(rows)


def order_file_size(chosen):
    return len(HEADER) + WIDTH * len(chosen)


def _row(number, tag, order, filler):
    fields = [number, tag, orders.iso_time(order["created_at"])]
    fields += [str(order[column]) for column in COLUMNS]
    text = ",".join(fields) + "," + filler
    return text.encode()[:WIDTH - 1] + b"\n"


@functools.lru_cache(maxsize=2)
def _block(seed):
    """The rows of the endless table, numbered from 0000000000, with an empty tag."""
    chance = random.Random(f"rows {seed}")
    sold = orders.make_orders(seed)
    rows = [_row(f"{row:0{NUMBER_DIGITS}d}", "0" * TAG_DIGITS, sold[row % len(sold)],
                 f"{chance.getrandbits(320):080x}") for row in range(BLOCK_ROWS)]
    return b"".join(rows)


@functools.lru_cache(maxsize=16)
def _tagged_block(seed, tag):
    block = bytearray(_block(seed))
    _overwrite(block, TAG_AT, tag)
    return memoryview(bytes(block))


def _overwrite(rows, column, digits):
    """Write the same digits into every row, from the given column on."""
    count = len(rows) // WIDTH
    for position, digit in enumerate(digits, column):
        rows[position::WIDTH] = digit.encode() * count


class BulkFile:
    """The first `size` bytes of the endless table with this tag; the last row may be cut."""

    def __init__(self, seed, tag, size):
        self.size = size
        self._block = _tagged_block(seed, tag)

    def pieces(self, start, count):
        """The bytes from `start` on, at most one block at a time."""
        end = start + count
        if start < min(end, len(HEADER)):
            yield HEADER[start:end]
            start = len(HEADER)
        while start < end:
            block, offset = divmod(start - len(HEADER), BLOCK_BYTES)
            length = min(end - start, BLOCK_BYTES - offset)
            yield self._part(block, offset, length)
            start += length

    def _part(self, block, offset, length):
        first = offset - offset % WIDTH
        last = -(-(offset + length) // WIDTH) * WIDTH
        if block == 0:
            return self._block[offset:offset + length]
        rows = bytearray(self._block[first:last])
        digits = f"{block:0{BLOCK_DIGITS}d}"
        zeros = len(digits) - len(digits.lstrip("0"))
        _overwrite(rows, zeros, digits[zeros:])
        return memoryview(rows)[offset - first:offset - first + length]
