"""Accounts files for orderfs, written from plain dictionaries."""

import json
import os


def write(path, settings):
    """Write nested dictionaries as YAML that only the owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(_lines(settings, "")) + "\n")


def merged(first, second):
    """`second` laid over `first`, dictionary by dictionary."""
    result = dict(first)
    for key, value in second.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def secrets(settings):
    """The values in it that must never be shown."""
    found = set()
    for key, value in settings.items():
        if isinstance(value, dict):
            found |= secrets(value)
        elif any(word in key for word in ("secret", "password", "token")):
            found.add(str(value))
    return found


def _lines(settings, indent):
    for key, value in settings.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, bool):
            yield f"{indent}{key}: {'yes' if value else 'no'}"
        else:
            yield f"{indent}{key}: {json.dumps(str(value), ensure_ascii=False)}"
