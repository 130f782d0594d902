"""Keys and signatures of webhooks: RS256 over a body that is not part of it (RFC 7515, RFC 7797).

A modulus here has many small primes: it is quickly made, looks like any other from outside, and
protects nothing, which is all that a sandbox needs.
"""

import base64
import hashlib
import json
import math
import random

PRIMES = 8
PRIME_BITS = 260  # Together well over 2048.
EXPONENT = 65537
# What stands before a SHA-256 digest that is signed (RFC 8017, section 9.2).
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


class SigningKey:
    """A private key; what follows from `seed` is the same each time."""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.id = f"{chance.getrandbits(64):016x}"
        self._primes = [_prime(chance) for _ in range(PRIMES)]
        self.modulus = math.prod(self._primes)
        self._size = (self.modulus.bit_length() + 7) // 8

    def public(self):
        """As a set of keys tells it."""
        return {"kty": "RSA", "use": "sig", "key_ops": ["verify"], "alg": "RS256", "kid": self.id,
                "n": _encode(self.modulus.to_bytes(self._size, "big")),
                "e": _encode(EXPONENT.to_bytes(3, "big"))}

    def sign(self, body):
        """HEADER..SIGNATURE of a body that is sent as it is."""
        header = _encode(json.dumps({"alg": "RS256", "kid": self.id, "b64": False,
                                     "crit": ["b64"]}, separators=(",", ":")).encode())
        digest = hashlib.sha256(header.encode() + b"." + body).digest()
        filling = b"\xff" * (self._size - len(PREFIX) - len(digest) - 3)
        message = b"\0\1" + filling + b"\0" + PREFIX + digest
        number = self._root(int.from_bytes(message, "big"))
        return f"{header}..{_encode(number.to_bytes(self._size, 'big'))}"

    def _root(self, number):
        """What is that number to the power of the exponent: prime by prime, then put together."""
        result = 0
        for prime in self._primes:
            others = self.modulus // prime
            root = pow(number, pow(EXPONENT, -1, prime - 1), prime)
            result += root * others * pow(others, -1, prime)
        return result % self.modulus


def _prime(chance):
    while True:
        number = chance.getrandbits(PRIME_BITS) | 3 << (PRIME_BITS - 2) | 1
        if (number - 1) % EXPONENT and all(number % small for small in range(3, 1000, 2)) and \
                all(_looks_prime(number, chance.randrange(2, number - 1)) for _ in range(8)):
            return number


def _looks_prime(number, base):
    """Miller and Rabin's test."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
