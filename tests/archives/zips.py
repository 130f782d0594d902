"""The zips of the corpus, each with what is to be seen of it."""

import struct
import zlib

from zipmaker import (BZIP2, DEFLATED, DESCRIPTOR, END, FAT, LZMA, MASKED, MTIME, PPMD, STORED,
                      STRONG, UTF8, Member, archive)
import zipcrypto

LINK, DEVICE, PIPE, FOLDER, FILE = 0o120777, 0o060600, 0o010600, 0o040755, 0o100644
MIB = 1 << 20
TEXT = b"AAAAA-BBBBB-CCCCC\n" * 40
PASSWORD = b"open sesame"
OUT = "its name leads out of the archive"


def seen(path, data=b"", mtime=MTIME):
    """The line of a member that can be read."""
    return f"{path} {len(data)} {zlib.crc32(data):08x} {mtime}"


def fails(path, size, err, mtime=MTIME):
    return f"{path} {size} {err} {mtime}"


def out(path, why):
    return f'! "{path}" was left out: {why}'


def hashed(data):
    """FNV-1a, which the names that are cut end in."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return f"{value:016x}"


def plain():
    members = [Member("keys/one.txt", b"one"), Member("keys/", mode=FOLDER),
               Member("keys/deep/er/two.txt", TEXT, DEFLATED), Member("empty.txt"),
               Member("readme", TEXT, DEFLATED, made_by=FAT)]
    return members, ["empty.txt 0 00000000 %d" % MTIME, "keys/", "keys/deep/", "keys/deep/er/",
                     seen("keys/deep/er/two.txt", TEXT), seen("keys/one.txt", b"one"),
                     seen("readme", TEXT)]


def endings():
    """Where the directory is, and what looks like one."""
    one, want = [Member("one", b"one")], [seen("one", b"one")]
    two, two_want = [Member("two", TEXT)], [seen("two", TEXT)]
    whole = archive(two)
    size = len(archive(one))
    # An end record in the comment that names the true directory as one of no members.
    forged = END.pack(b"PK\5\6", 0, 0, 1, 1, 46 + 3, size - 22 - 46 - 3, 0)
    nowhere = END.pack(b"PK\5\6", 0, 0, 1, 1, 46, 1 << 30, 0)
    yield "empty.zip", archive([]), []
    yield "empty-comment.zip", archive([], b"nothing here"), []
    yield "empty-64.zip", archive([], is_64=True), []
    yield "far.zip", archive(one, b"x" * 65535), want
    yield "far-64.zip", archive(one, b"x" * 65535, is_64=True), want
    yield "comment-zip.zip", archive(one, whole), want
    yield "comment-end.zip", archive(one, forged), want
    yield "comment-nowhere.zip", archive(one, nowhere), want
    yield "comment-many.zip", archive(one, nowhere * 2900), want
    yield "inner.zip", archive([Member("inner.zip", whole)]), [seen("inner.zip", whole)]
    yield "prefix.zip", archive(one, prefix=b"#!/bin/sh\n" * 9), want
    yield "prefix-shift.zip", archive(one, prefix=b"#" * 90, offsets_from=90), want
    yield "prefix-64.zip", archive(one, prefix=b"#" * 90, offsets_from=90, is_64=True), want
    yield "behind.zip", archive(two, behind=b"\0" * 100), two_want
    yield "sixtyfour.zip", archive([Member("one", b"one", is_64=True)], is_64=True), want
    yield "signed.zip", archive(one, gap=b"PK\5\5\4\0abcd"), want
    yield "html.zip", b"<html><body>Not found</body></html>", ["= EBADMSG"]
    yield "nothing.zip", b"", ["= EBADMSG"]
    yield "disks.zip", archive(one, disk=1), ["= EBADMSG"]
    yield "count.zip", archive(one, count=2), ["= EIO"]
    yield "count-64.zip", archive(one, count=1 << 60, is_64=True), ["= EIO"]
    yield "wrapped.zip", archive([Member("a", b"a")] * 2 + [Member("b")], count=65536 + 3), [
        seen("a", b"a"), seen("a~2", b"a"), seen("b")]


def names():
    odd = struct.pack("<BL", 1, zlib.crc32(b"?.txt")) + "ключ.txt".encode()
    stale = struct.pack("<BL", 1, 7) + b"stale.txt"
    path = lambda data: struct.pack("<HH", 0x7075, len(data)) + data
    long = "n" * 300
    return [
        Member("../up", b"x"), Member("a/../../up", b"x"), Member("/etc/passwd", b"x"),
        Member("..\\win", b"x", made_by=FAT), Member("", b"x"), Member("./", b""),
        Member("dir\\file", b"1", made_by=FAT), Member("back\\slash", b"2"),
        Member(b"nul\0x", b"3"), Member("bell\a\x1b[2J", b"4"), Member("a//b/./c", b"5"),
        Member(".hidden", b"6"), Member("50%", b"7"),
        Member("größe".encode("cp437"), b"8", made_by=FAT), Member("größe2", b"9", flags=UTF8),
        Member("größe3", b"10"), Member(b"bad\xff\xfe", b"11", flags=UTF8),
        Member("?.txt", b"12", extra=path(odd)), Member("stale", b"13", extra=path(stale)),
        Member(long, b"14"),
    ], [
        out("../up", OUT), out("a/../../up", OUT), out("/etc/passwd", "its name is absolute"),
        out("../win", OUT), out("", "it has no name"),
        seen("%2Ehidden", b"6"), seen("50%25", b"7"), "a/", "a/b/", seen("a/b/c", b"5"),
        seen("back\\slash", b"2"), seen("bad%FF%FE", b"11"), seen("bell%07%1B[2J", b"4"),
        "dir/", seen("dir/file", b"1"), seen("größe", b"8"), seen("größe2", b"9"),
        seen("größe3", b"10"), seen("n" * 238 + "~" + hashed(long.encode()), b"14"),
        seen("nul%00x", b"3"), seen("stale", b"13"),
        seen("ключ.txt", b"12"),
    ]


def twins():
    return [
        Member("a", b"1"), Member("a", b"2"), Member("a~2", b"3"), Member("a", b"4"),
        Member("a/b", b"5"), Member("a/c", b"6"), Member("f/g", b"7"), Member("f", b"8"),
        Member("f/", mode=FOLDER), Member("f", b"9"),
    ], [
        seen("a", b"1"), seen("a~2", b"2"), seen("a~2~2", b"3"), seen("a~3", b"4"), "a~4/",
        seen("a~4/b", b"5"), seen("a~4/c", b"6"), "f/", seen("f/g", b"7"), seen("f~2", b"8"),
        seen("f~3", b"9"),
    ]


def kinds():
    return [
        Member("link", b"/etc/passwd", mode=LINK), Member("device", mode=DEVICE),
        Member("pipe", mode=PIPE), Member("file", b"1", mode=FILE), Member("folder", mode=FOLDER),
        Member("dos", made_by=FAT, attributes=0x10), Member("masked", b"2", flags=MASKED),
    ], [
        out("link", "it is a link"), out("device", "it is neither a file nor a folder"),
        out("pipe", "it is neither a file nor a folder"), out("masked", "its record is encrypted"),
        "dos/", seen("file", b"1"), "folder/",
    ]


def times():
    utc = struct.pack("<HHBl", 0x5455, 5, 1, 1234567890)
    ntfs = struct.pack("<HHLHH3Q", 10, 32, 0, 1, 24, *[(1234567890 + 11644473600) * 10**7] * 3)
    return [Member("utc", extra=utc), Member("ntfs", extra=ntfs), Member("none", date=0, time=0),
            Member("broken", extra=b"\x55\x54\xff\xff\1")], \
        [seen("broken"), seen("none", mtime=0), seen("ntfs", mtime=1234567890),
         seen("utc", mtime=1234567890)]


SHARES = "it shares bytes with another member"
REACHES = "it reaches into the archive's directory"


def overlaps():
    same = [Member("one", TEXT), Member("two", TEXT, offset=0), Member("three", b"3")]
    yield "overlap-same.zip", archive(same), [out("two", SHARES), seen("one", TEXT),
                                              seen("three", b"3")]
    quoted = [Member("outer", TEXT), Member("inner", b"", offset=50), Member("last", b"3")]
    yield "overlap-inner.zip", archive(quoted), [out("inner", SHARES), seen("last", b"3"),
                                                 seen("outer", TEXT)]
    yield "overlap-directory.zip", archive([Member("one", b"1"), Member("two", b"2", packed=9)]), [
        out("two", REACHES), seen("one", b"1")]
    yield "overlap-beyond.zip", archive([Member("one", b"1", offset=1 << 30)]), [
        out("one", REACHES)]
    far = Member("one", b"1", offset=(1 << 63) - 1, packed=(1 << 63) - 1, is_64=True)
    yield "overlap-farthest.zip", archive([far]), [out("one", REACHES)]
    wild = Member("one", b"1", offset=(1 << 64) - 1, is_64=True)
    yield "overlap-wild.zip", archive([wild]), [out("one", "its record is damaged")]


def bombs():
    zeros = bytes(32 * MIB)
    grow = "it would grow too much when unpacked"
    flat = archive([Member("zeros", zeros, DEFLATED), Member("key", b"1")])
    yield "bomb-flat.zip", flat, [out("zeros", grow), seen("key", b"1")]
    yield "bomb-nested.zip", archive([Member("bomb.zip", flat, DEFLATED)]), [
        seen("bomb.zip", flat)]
    mild = bytes(MIB)
    yield "bomb-mild.zip", archive([Member("zeros", mild, DEFLATED)]), [seen("zeros", mild)]
    # The directory speaks of little: no more than that may come out.
    yield "bomb-lying.zip", archive([Member("zeros", zeros, DEFLATED, size=100)]), [
        fails("zeros", 100, "EIO")]
    yield "bomb-huge.zip", archive([Member("huge", b"1", size=1 << 50, is_64=True)]), [
        out("huge", "it is too large")]
    deep = "/".join("d" * 40)
    yield "deep.zip", archive([Member(deep, b"1"), Member("key", b"1")]), [
        out(deep, "it lies in too many folders"), seen("key", b"1")]
    many = [Member("%d/../x" % number) for number in range(100)]
    yield "words.zip", archive(many), [out(f"{number}/../x", OUT) for number in range(23)] + [
        "! and 77 more were left out"]


def lies():
    return [
        Member("crc", TEXT, DEFLATED, crc=1), Member("crc-stored", TEXT, crc=1),
        Member("long", TEXT, DEFLATED, size=len(TEXT) + 1),
        Member("short", TEXT, DEFLATED, size=len(TEXT) - 1),
        Member("long-stored", b"12345", size=6), Member("short-stored", b"12345", size=4),
        Member("cut", TEXT, DEFLATED, packed=len(Member("", TEXT, DEFLATED).body) - 5),
        Member("garbage", TEXT, DEFLATED, body=b"\xff" * 30),
        Member("method", b"12345", DEFLATED, body=b"12345"),
        Member("sign", b"12345", local_sign=b"PK\3\5"),
        Member("described", TEXT, DEFLATED, flags=DESCRIPTOR),
        Member("local", TEXT, DEFLATED, local_name=b"other"), Member("last", TEXT),
    ], [
        fails("crc", len(TEXT), "EIO"), fails("crc-stored", len(TEXT), "EIO"),
        fails("cut", len(TEXT), "EIO"), seen("described", TEXT), fails("garbage", len(TEXT), "EIO"),
        seen("last", TEXT), seen("local", TEXT), fails("long", len(TEXT) + 1, "EIO"),
        fails("long-stored", 6, "EIO"), fails("method", 5, "EIO"),
        fails("short", len(TEXT) - 1, "EIO"), fails("short-stored", 4, "EIO"),
        fails("sign", 5, "EIO"),
    ]


def passes(password, body, crc):
    """Whether the check byte of the old cipher lets that password pass."""
    keys = zipcrypto._mixed((0x12345678, 0x23456789, 0x34567890), password)[1]
    for byte in body[:12]:
        pad = keys[2] & 0xFFFF | 2
        last = byte ^ (pad * (pad ^ 1) >> 8 & 0xFF)
        keys = zipcrypto._mixed(keys, bytes([last]))[1]
    return last == crc >> 24


def passwords():
    """What is encrypted, with the right password and others."""
    members = [Member("stored", TEXT, password=PASSWORD),
               Member("deflated", TEXT, DEFLATED, password=PASSWORD), Member("open", b"1"),
               Member("described", TEXT, DEFLATED, DESCRIPTOR, password=PASSWORD)]
    data = archive(members)
    size = len(TEXT)
    right = [seen("deflated", TEXT), seen("described", TEXT), seen("open", b"1"),
             seen("stored", TEXT)]
    wrong = [fails("deflated", size, "EACCES"), fails("described", size, "EACCES"),
             seen("open", b"1"), fails("stored", size, "EACCES")]
    yield "password.zip", data, ["password: " + PASSWORD.decode()] + right
    yield "password-none.zip", data, wrong
    yield "password-wrong.zip", data, ["password: shut sesame"] + wrong
    for method, name in (STORED, "stored"), (DEFLATED, "deflated"):
        member = Member("key", TEXT, method, password=PASSWORD)
        other = next(word for word in map("word {}".format, range(100000))
                     if passes(word.encode(), member.body, member.crc))
        yield f"password-{name}-passes.zip", archive([member]), [
            "password: " + other, fails("key", size, "EACCES")]
    damaged = Member("key", TEXT, password=PASSWORD)
    damaged.body = damaged.body[:-1] + b"\0"
    yield "password-damaged.zip", archive([damaged]), [
        "password: " + PASSWORD.decode(), fails("key", size, "EACCES")]
    yield "password-strong.zip", archive([Member("key", TEXT, flags=STRONG | 1)]), [
        "password: any word", fails("key", size, "EOPNOTSUPP")]


def methods():
    return [Member("bzip2", TEXT, BZIP2), Member("ppmd", TEXT, PPMD)], \
        [seen("bzip2", TEXT), fails("ppmd", len(TEXT), "EOPNOTSUPP")]


def lzma():
    """Not every libzip has it."""
    return [Member("lzma", TEXT, LZMA, flags=2)], [seen("lzma", TEXT)]


def many():
    return archive([Member(f"{number // 1000}/{number}", str(number).encode())
                    for number in range(100000)], is_64=True)


def large():
    """What stands before and behind five gibibytes of zeros and one."""
    size = (5 << 30) + 1
    member = Member("zeros", packed=size, size=size, is_64=True)
    whole = archive([member], is_64=True)
    head = member.header()
    # Offsets behind the data move by its size: that of the directory, and the zip64 record's.
    tail = bytearray(whole[len(head):])
    for place in len(tail) - 22 - 20 - 8, len(tail) - 22 - 12:
        struct.pack_into("<Q", tail, place, struct.unpack_from("<Q", tail, place)[0] + size)
    return head, bytes(tail)


def corpus():
    """name: (bytes, lines)"""
    head, tail = large()
    made = {"many.zip": (many(), None), "large.head": (head, None), "large.tail": (tail, None)}
    for case in plain, names, twins, kinds, times, lies, methods, lzma:
        members, want = case()
        made[case.__name__ + ".zip"] = archive(members), want
    for group in endings, overlaps, bombs, passwords:
        for name, data, want in group():
            made[name] = data, want
    return made
