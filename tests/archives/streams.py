"""Archives of the corpus that only stream, each with what is to be seen of it."""

import bz2
import gzip
import io
import lzma
import tarfile

from zips import MIB, OUT, TEXT, out, seen
from zipmaker import MTIME


def tar(members, form=tarfile.PAX_FORMAT):
    """The bytes of a tar; members: (name, data, what else its header says)."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for name, data, says in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = MTIME
            for key, value in says.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def plain():
    link, hard = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, {
        "type": tarfile.LNKTYPE, "linkname": "./keys/one"}
    return [
        ("./", b"", {"type": tarfile.DIRTYPE}), ("./keys/one", b"one", {}), ("link", b"", link),
        ("hard", b"", hard), ("device", b"", {"type": tarfile.BLKTYPE}),
        ("../up", b"up", {}), ("/etc/passwd", b"up", {}), ("keys/one", b"again", {}),
        ("ключ", TEXT, {}), ("empty", b"", {}), ("d/", b"", {"type": tarfile.DIRTYPE}),
        ("l" * 150, b"long", {}),
    ], [
        out("link", "it is a link"), out("hard", "it is a link"),
        out("device", "it is neither a file nor a folder"), out("../up", OUT),
        out("/etc/passwd", "its name is absolute"), "d/", seen("empty"), "keys/",
        seen("keys/one", b"one"), seen("keys/one~2", b"again"), seen("l" * 150, b"long"),
        seen("ключ", TEXT),
    ]


# TEXT as zstd packs it, with a sum: Python has no zstd of its own.
TEXT_ZST = bytes.fromhex(
    "28b52ffd64d001c500005841414141412d422d430a410400b66a16008681610b1801ebae8222")


def packed(data):
    """The data as the programs of those names pack it."""
    yield ".gz", gzip.compress(data, mtime=1)
    yield ".xz", lzma.compress(data)
    yield ".bz2", bz2.compress(data)


def corpus():
    """name: (bytes, lines)"""
    members, want = plain()
    plain_tar = tar(members)
    made = {"plain.tar": (plain_tar, want), "gnu.tar": (tar(members, tarfile.GNU_FORMAT), want),
            "empty.tar": (bytes(10240), []), "cut.tar": (plain_tar[:1800], ["= EIO"]),
            "html.tar": (b"<html>" * 200, ["= EBADMSG"]),
            "html.txt.gz": (b"<html>" * 200, ["= EBADMSG"]),
            "html.7z": (b"<html>" * 200, ["= EBADMSG"])}
    for ending, data in packed(plain_tar):
        made["plain.tar" + ending] = data, want
        made["cut.tar" + ending] = data[:-30], ["= EIO"]
    for ending, data in packed(TEXT):
        made["text" + ending] = data, [seen("text", TEXT, 0)]
        made["twice" + ending] = data + data, [seen("twice", TEXT + TEXT, 0)]
        made["text-cut" + ending] = data[:-6], ["= EIO"]
        made["twice-cut" + ending] = data + data[:3], ["= EIO"]
        # One that holds another of its kind: unpacked once.
        for inner, again in packed(data):
            if inner == ending:
                made["inner" + ending] = again, [seen("inner", data, 0)]
    for ending, data in packed(b""):
        made["nothing" + ending] = data, [seen("nothing", b"", 0)]
    for ending, data in packed(bytes(64 * MIB)):
        made["bomb" + ending] = data, ["= EIO"]
    made["text.zst"] = TEXT_ZST, [seen("text", TEXT, 0)]
    made["twice.zst"] = TEXT_ZST * 2, [seen("twice", TEXT + TEXT, 0)]
    made["text-cut.zst"] = TEXT_ZST[:-2], ["= EIO"]
    made["twice-cut.zst"] = TEXT_ZST + TEXT_ZST[:3], ["= EIO"]
    sum_wrong = bytearray(gzip.compress(TEXT, mtime=1))
    sum_wrong[-8] ^= 1
    made["sum.gz"] = bytes(sum_wrong), ["= EIO"]
    made["zeros.gz"] = gzip.compress(TEXT, mtime=1) + bytes(512), [seen("zeros", TEXT, 0)]
    made["garbage.gz"] = gzip.compress(TEXT, mtime=1) + b"garbage", ["= EIO"]
    made["bomb.tar.gz"] = gzip.compress(tar([("zeros", bytes(64 * MIB), {})]), mtime=1), ["= EIO"]
    return made
