"""Commands to the trigger of an account, and what is kept of them."""

import json
from types import SimpleNamespace

TRIGGER = "jobs/trigger"
FILTER = "eq(payment,paid)"
COMMAND = f"filter={FILTER}\n"

COLUMNS = ("when", "outcome", "trigger", "fields", "id", "error", "words")


def sent(shop):
    """The requests that would start a job, as the API received them."""
    return shop.requests("createJob")


def history(mount):
    """.orderfs/history: one object a command, oldest first, with `outcome`, `fields`, …"""
    rows = [SimpleNamespace(**dict(zip(COLUMNS, line.split("\t"), strict=True)))
            for line in mount.read(mount.control / "history").splitlines()]
    for row in rows:
        row.fields = json.loads(row.fields)
    return rows


def last(mount):
    """The newest command; one without an outcome when there was none."""
    return (history(mount) or [SimpleNamespace(outcome=None)])[-1]


def refresh(mount):
    """Have everything listed again, now."""
    mount.write(mount.control / "refresh", "now\n")
