"""Zip archives put together from parts that may be larger than memory.

An archive is a body in the sense of http1: a size, and pieces from any offset. Members held
in memory are encrypted; a bulk member is stored as it is and made while it is sent. Nothing
but names, contents and password goes in, so the same archive has the same bytes each time.
"""

import bisect
import functools
import hashlib
import itertools
import struct
import zlib

import zipcrypto
from http1 import Bytes

STORED, DEFLATED, AES = 0, 8, 99
ENCRYPTED = 1
VERSION = 20
AES_VERSION = 51
DATE = (2026 - 1980) << 9 | 1 << 5 | 1
DAYS = 28
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
CENTRAL_HEADER = struct.Struct("<4s6H3L5H2L")
END_RECORD = struct.Struct("<4s4H2LH")
AES_EXTRA = struct.Struct("<HHH2sBH")
COMPRESS_BELOW = 64 * 1024
MAX_BYTES = (1 << 32) - 1


class Segments:
    """Bodies one after the other, as one body."""

    def __init__(self, bodies):
        self._bodies = bodies
        self._ends = list(itertools.accumulate(body.size for body in bodies))
        self.size = self._ends[-1] if bodies else 0

    def pieces(self, start, count):
        number = bisect.bisect_right(self._ends, start)
        while count > 0:
            body = self._bodies[number]
            within = start - (self._ends[number] - body.size)
            length = min(count, body.size - within)
            yield from body.pieces(within, length)
            start, count, number = start + length, count - length, number + 1


class Member:
    """What the headers of one member say, and the body between them."""

    def __init__(self, name, method, flags, crc, size, body, extra=b""):
        self.name = name.encode()
        self.method = method
        self.flags = flags
        self.crc = crc
        self.size = size
        self.body = body
        self.extra = extra
        # A day in January 2026 that follows from the name.
        self.date = DATE + zlib.crc32(self.name) % DAYS
        self.time = (zlib.crc32(self.name) >> 8) % 24 << 11

    def local_header(self):
        return LOCAL_HEADER.pack(
            b"PK\3\4", self._version(), self.flags, self.method, self.time, self.date,
            self.crc, self.body.size, self.size, len(self.name), len(self.extra)
        ) + self.name + self.extra

    def central_header(self, offset):
        return CENTRAL_HEADER.pack(
            b"PK\1\2", VERSION, self._version(), self.flags, self.method, self.time,
            self.date, self.crc, self.body.size, self.size, len(self.name),
            len(self.extra), 0, 0, 0, 0, offset) + self.name + self.extra

    def _version(self):
        return AES_VERSION if self.method == AES else VERSION


def member(name, data, password, use_aes=False):
    """An encrypted member, compressed unless it is large (those here are images)."""
    method = DEFLATED if len(data) < COMPRESS_BELOW else STORED
    body = _encrypted(data, method, password, use_aes)
    if not use_aes:
        return Member(name, method, ENCRYPTED, zlib.crc32(data), len(data), body)
    extra = AES_EXTRA.pack(0x9901, 7, 2, b"AE", 3, method)
    return Member(name, AES, ENCRYPTED, 0, len(data), body, extra)


@functools.lru_cache(maxsize=256)
def _encrypted(data, method, password, use_aes):
    """Kept, since many keys of a large archive are alike and encrypting takes its time."""
    noise = hashlib.sha256(password + data).digest()
    packed = _deflated(data) if method == DEFLATED else data
    if use_aes:
        return Bytes(zipcrypto.aes(password, noise, packed))
    return Bytes(zipcrypto.zipcrypto(password, noise, zlib.crc32(data), packed))


def _deflated(data):
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return machine.compress(data) + machine.flush()


def bulk_member(name, body):
    """A member of any size, neither compressed nor encrypted."""
    crc = 0
    for piece in body.pieces(0, body.size):
        crc = zlib.crc32(piece, crc)
    return Member(name, STORED, 0, crc, body.size, body)


def archive(members):
    """The whole archive. What it would take to pass 4 GiB is not built in."""
    bodies, directory, offset = [], [], 0
    for each in members:
        header = each.local_header()
        directory.append(each.central_header(offset))
        bodies += [Bytes(header), each.body]
        offset += len(header) + each.body.size
    central = b"".join(directory)
    end = END_RECORD.pack(b"PK\5\6", 0, 0, len(directory), len(directory), len(central),
                          offset, 0)
    whole = Segments([*bodies, Bytes(central + end)])
    if whole.size > MAX_BYTES or len(directory) > 0xFFFF:
        raise ValueError("an archive holds 4 GiB and 65535 members at most")
    return whole
