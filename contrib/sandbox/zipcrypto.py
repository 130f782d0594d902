"""The two ciphers of zip archives, for writing: Python's zipfile can encrypt with neither.

ZipCrypto is the old one that every program reads; it takes a microsecond a byte here. AES
is that of WinZip (AE-2, 256 bits); the cipher itself is borrowed from the openssl program.
"""

import hashlib
import hmac
import subprocess

SALT_BYTES = 16
VERIFIER_BYTES = 2
MAC_BYTES = 10
AES_KEY_BYTES = 32
AES_ROUNDS = 1000
AES_BLOCK = 16


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = _crc_table()


def zipcrypto(password, noise, crc, data):
    """The encrypted data with its header: eleven bytes of noise and a byte to check by."""
    keys = _mixed((0x12345678, 0x23456789, 0x34567890), password)[1]
    return _mixed(keys, noise[:11] + bytes([crc >> 24]) + data)[0]


def _mixed(keys, data):
    """The data encrypted, and the keys after it. Written for speed, not for looks."""
    table = CRC_TABLE
    first, second, third = keys
    out = bytearray(data)
    for index, byte in enumerate(data):
        pad = third & 0xFFFF | 2
        out[index] = byte ^ (pad * (pad ^ 1) >> 8 & 0xFF)
        first = first >> 8 ^ table[(first ^ byte) & 0xFF]
        second = (second + (first & 0xFF)) * 134775813 + 1 & 0xFFFFFFFF
        third = third >> 8 ^ table[(third ^ second >> 24) & 0xFF]
    return bytes(out), (first, second, third)


def aes(password, noise, data):
    """The encrypted data between salt and verifier before, and the first of the MAC after."""
    salt = noise[:SALT_BYTES]
    made = hashlib.pbkdf2_hmac("sha1", password, salt, AES_ROUNDS,
                               2 * AES_KEY_BYTES + VERIFIER_BYTES)
    key, mac_key = made[:AES_KEY_BYTES], made[AES_KEY_BYTES:2 * AES_KEY_BYTES]
    encrypted = _xor(data, _aes_stream(key, -(-len(data) // AES_BLOCK)))
    mac = hmac.new(mac_key, encrypted, hashlib.sha1).digest()[:MAC_BYTES]
    return salt + made[2 * AES_KEY_BYTES:] + encrypted + mac


def _aes_stream(key, blocks):
    """Counters from 1, little-endian as only zip has them, each encrypted by itself."""
    counters = b"".join(number.to_bytes(AES_BLOCK, "little")
                        for number in range(1, blocks + 1))
    command = ["openssl", "enc", "-aes-256-ecb", "-nopad", "-K", key.hex()]
    return subprocess.run(command, input=counters, stdout=subprocess.PIPE, check=True).stdout


def _xor(data, stream):
    size = len(data)
    mixed = int.from_bytes(data, "little") ^ int.from_bytes(stream[:size], "little")
    return mixed.to_bytes(size, "little")
