"""Who calls Saleor, and what they may do: apps with tokens for ever, staff with short ones.

A staff token is signed and not remembered, so that it outlives a restart of the sandbox.
"""

import base64
import hashlib
import hmac
import json
import threading
import time

from graphqlserver import GraphQLFailure
from jobs import SECOND

APP_TOKEN = "sandbox-saleor-token"
APPS = {
    APP_TOKEN: ("orderfs", ("MANAGE_PRODUCTS", "MANAGE_GIFT_CARD", "MANAGE_DISCOUNTS")),
    "sandbox-saleor-products": ("products only", ("MANAGE_PRODUCTS",)),
    "sandbox-saleor-gift-cards": ("gift cards only", ("MANAGE_GIFT_CARD",)),
}
STAFF = {
    "staff@example.org": ("sandbox-password",
                          ("MANAGE_PRODUCTS", "MANAGE_GIFT_CARD", "MANAGE_DISCOUNTS",
                           "MANAGE_STAFF")),
    "customer@example.org": ("sandbox-password", ()),
}
REFRESH_SECONDS = 30 * 86400
HASH_ROUNDS = 100_000
LONGEST_DELAY = 3600
EXPIRED = "JWT_SIGNATURE_EXPIRED"


def denied(message, code="PermissionDenied"):
    return GraphQLFailure(message, {"exception": {"code": code}})


class BadToken(Exception):
    """A token that is none, or none any more; its text is the API's code."""


class Caller:
    """Whoever sent a request. Nobody may do nothing; an expired token spoils all of it."""

    def __init__(self, kind=None, name=None, permissions=(), expired=False):
        self.kind = kind
        self.name = name
        self.permissions = permissions
        self.expired = expired

    def check(self):
        if self.expired:
            raise denied("Signature has expired", "ExpiredSignatureError")

    def require(self, permission):
        if permission not in self.permissions:
            raise denied("To access this path, you need one of the following permissions: "
                         f"{permission}")


class StaffTokens:
    """Access tokens for minutes, and refresh tokens for a month."""

    def __init__(self, seed, seconds):
        self._secret = f"saleor staff {seed}".encode()
        self._seconds = {"access": seconds, "refresh": REFRESH_SECONDS}
        self._valid_from = {"access": 0, "refresh": 0}

    def issue(self, email, kind):
        now = time.time_ns()
        claims = {"email": email, "type": kind, "iat": now,
                  "exp": now + self._seconds[kind] * SECOND}
        text = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
        return f"{text}.{self._signature(text)}"

    def email_of(self, token, kind):
        text, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            raise BadToken("JWT_DECODE_ERROR")
        claims = json.loads(_decoded(text.partition(".")[2]))
        if claims["type"] != kind:
            raise BadToken("JWT_INVALID_TOKEN")
        if claims["exp"] <= time.time_ns() or claims["iat"] < self._valid_from[kind]:
            raise BadToken(EXPIRED)
        return claims["email"]

    def expire_all(self, *kinds):
        """None of those handed out so far is any good from now on."""
        for kind in kinds:
            self._valid_from[kind] = time.time_ns()

    def caller(self, request):
        """Who sent a request. A token that nobody knows is as good as none."""
        token = request.headers.get("authorization-bearer", "")
        if not token:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() not in ("bearer", "jwt"):
                return Caller()
        token = token.strip()
        if token in APPS:
            return Caller("app", *APPS[token])
        try:
            email = self.email_of(token, "access")
        except BadToken as problem:
            return Caller(expired=str(problem) == EXPIRED)
        return Caller("user", email, STAFF[email][1])

    def _signature(self, text):
        digest = hmac.new(self._secret, text.encode("utf-8", "surrogateescape"), hashlib.sha256)
        return _base64(digest.digest())


class Door:
    """Where passwords are checked: one at a time, and ever more slowly after wrong ones."""

    def __init__(self):
        self._lock = threading.Lock()
        self._busy = False
        self._failures = 0
        self._opens = 0.0

    def enter(self, email, password):
        """None for a member of staff, else the API's code for what is wrong."""
        with self._lock:
            if self._busy or time.monotonic() < self._opens:
                return "LOGIN_ATTEMPT_DELAYED"
            self._busy = True
        # Hashing takes its time here as well: that is when others are told to wait.
        right = email in STAFF and _hash(email, password) == _hash(email, STAFF[email][0])
        with self._lock:
            self._busy = False
            self._failures = 0 if right else self._failures + 1
            delay = 0 if right else min(2 ** (self._failures - 1), LONGEST_DELAY)
            self._opens = time.monotonic() + delay
        return None if right else "INVALID_CREDENTIALS"


def _hash(email, password):
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogatepass"),
                               email.encode(), HASH_ROUNDS)


def _base64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _encoded(value):
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
