"""Saleor's global ids: the base64 of a type and a key."""

import base64


def encode(kind, key):
    return base64.b64encode(f"{kind}:{key}".encode("utf-8", "surrogatepass")).decode()


def decode(text):
    """(kind, key), or None if it is no global id."""
    try:
        kind, colon, key = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (kind, key) if colon else None
