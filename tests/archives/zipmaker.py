"""Zip archives in which every field can be a lie: what Python's zipfile cannot write."""

import bz2
import lzma
import struct
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "contrib/sandbox"))
import zipcrypto

STORED, DEFLATED, BZIP2, LZMA, PPMD = 0, 8, 12, 14, 98
FAT, UNIX = 0, 3
ENCRYPTED, DESCRIPTOR, STRONG, UTF8, MASKED = 1, 8, 1 << 6, 1 << 11, 1 << 13
LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s2B5H3L5H2L")
END = struct.Struct("<4s4H2LH")
FULL = 0xFFFFFFFF
# 2024-05-06 07:08:10, which nobody says the zone of.
DATE = (2024 - 1980) << 9 | 5 << 5 | 6
TIME = 7 << 11 | 8 << 5 | 10 // 2
MTIME = 1714979290


def pack(method, data):
    """The data as that method packs it."""
    if method == DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush()
    if method == BZIP2:
        return bz2.compress(data)
    if method == LZMA:
        packer = lzma.compress(data, lzma.FORMAT_ALONE)
        return struct.pack("<BBH", 9, 20, 5) + packer[:5] + packer[13:]
    return data


class Member:
    """One member; what is given as a keyword replaces what would be true."""

    def __init__(self, name, data=b"", method=STORED, flags=0, **lies):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data
        self.method = method
        self.flags = flags
        self.local_flags = lies.get("local_flags", flags)
        self.crc = lies.get("crc", zlib.crc32(data))
        self.body = lies.get("body", pack(method, data))
        if "password" in lies:
            self.flags |= ENCRYPTED
            self.local_flags |= ENCRYPTED
            self.body = zipcrypto.zipcrypto(lies["password"], bytes(range(11)), self.crc, self.body)
        self.size = lies.get("size", len(data))
        self.packed = lies.get("packed", len(self.body))
        self.made_by = lies.get("made_by", UNIX)
        self.mode = lies.get("mode", 0)
        self.attributes = lies.get("attributes", 0)
        self.extra = lies.get("extra", b"")
        self.local_extra = lies.get("local_extra", self.extra)
        self.local_name = lies.get("local_name", self.name)
        self.local_sign = lies.get("local_sign", b"PK\3\4")
        self.offset = lies.get("offset")
        self.disk = lies.get("disk", 0)
        self.is_64 = lies.get("is_64", False)
        self.time = lies.get("time", TIME)
        self.date = lies.get("date", DATE)

    def header(self):
        return LOCAL.pack(self.local_sign, 20, self.local_flags, self.method, self.time,
                          self.date, self.crc, self.packed & FULL, self.size & FULL,
                          len(self.local_name), len(self.local_extra)) \
            + self.local_name + self.local_extra

    def record(self, offset):
        offset = offset if self.offset is None else self.offset
        sizes = [self.packed, self.size, offset]
        extra = self.extra
        if self.is_64:
            extra = struct.pack("<HH3Q", 1, 24, self.size, self.packed, offset) + extra
            sizes = [FULL] * 3
        return CENTRAL.pack(b"PK\1\2", 20, self.made_by, 20, self.flags, self.method, self.time,
                            self.date, self.crc, *sizes[:2], len(self.name), len(extra), 0,
                            self.disk, 0, self.attributes | self.mode << 16, sizes[2]) \
            + self.name + extra


def archive(members, comment=b"", prefix=b"", count=None, is_64=False, behind=b"", gap=b"",
            disk=0, offsets_from=0):
    """The bytes of the archive. Offsets count from offsets_from into it; behind the comment may
    stand what it does not count, and a gap between directory and end."""
    out = bytearray(prefix)
    places = []
    for member in members:
        places.append(len(out) - offsets_from)
        out += member.header() + member.body
    start = len(out) - offsets_from
    directory = b"".join(map(Member.record, members, places))
    out += directory + gap
    count = len(members) if count is None else count
    if is_64:
        record = len(out) - offsets_from
        out += struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count,
                           len(directory), start)
        out += struct.pack("<4sLQL", b"PK\6\7", 0, record, 1)
        out += END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, FULL, FULL, len(comment))
    else:
        out += END.pack(b"PK\5\6", disk, 0, count & 0xFFFF, count & 0xFFFF, len(directory), start,
                        len(comment))
    return bytes(out + comment + behind)
