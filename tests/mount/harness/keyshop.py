"""Orders of keys at a `wock` sandbox: made, fetched, and who has seen what of them."""

import base64
import json
import sys

from harness.process import run

SPENDING = {"spend": True, "cancel": True}
MARKS = ("keys_selected", "archives_selected")


def make(shop, **fields):
    """A new order, ready unless told otherwise; gives its id."""
    return shop.event("order", **fields)["orders"][0]["id"]


def fetch(m, order, command="action=fetch\n", **options):
    """Take delivery."""
    m.write(f"orders/{order}/trigger", command, **options)


def marks(shop, order=None):
    """How often keys and archives were selected, of one order or of all: (keys, archives)."""
    rows = [row for row in shop.jobs("wock") if order in (None, row["id"])]
    return tuple(sum(row[mark] for row in rows) for mark in MARKS)


def orders(m):
    """The names in orders/ without the trigger."""
    return sorted(set(m.list("orders")) - {"trigger"})


# One process for a whole folder: {path: what is asked for}.
WALK = """
import base64, json, os, sys
found = {}
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        facts = os.lstat(path)
        found[os.path.relpath(path, sys.argv[1])] = (
            [facts.st_size, facts.st_ino, facts.st_mtime_ns] if sys.argv[2] == "facts"
            else base64.b64encode(open(path, "rb").read()).decode())
print(json.dumps(found))
"""


def walk(m, folder, what):
    result = run([sys.executable, "-I", "-S", "-c", WALK, m.account / folder, what], timeout=60)
    assert result.returncode == 0, result
    found = json.loads(result.stdout)
    # Without what is shown of archives beside them.
    return {path: value for path, value in found.items()
            if path.partition("/")[0] + ".zip" not in found}


def files(m, order):
    """Every file below the order's folder: {path: [size, inode, date]}."""
    return walk(m, f"orders/{order}", "facts")


def contents(m, order):
    """What is in every file below the order's folder."""
    return {path: base64.b64decode(text)
            for path, text in walk(m, f"orders/{order}", "bytes").items()}
