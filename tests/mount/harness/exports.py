"""Exports of accounts that have nothing else: what their folder shows, what was asked of them."""

import json

TRIGGER = "exports/trigger"


def exports(m):
    """The names in exports/ without the trigger."""
    return sorted(set(m.list("exports")) - {"trigger"})


def record(m, name):
    return json.loads(m.read(f"exports/{name}/export.json"))


def file_of(m, name):
    """The one file of an export that is neither its record nor its state."""
    found, = set(m.list(f"exports/{name}")) - {"export.json", "status", "error"}
    return found


def asked(shop):
    """All requests to the API itself."""
    return [request for request in shop.requests() if request["operation"] != "download"]


def unhurried(sandbox, **options):
    """A store that does not count requests, for tests of something else."""
    made = sandbox(accounts="next", **options)
    made.event("limit", per_second=0)
    return made


STARTS = ("exportProducts", "exportGiftCards", "exportVoucherCodes")


def sent(shop):
    """The mutations that reached the API."""
    return [request for request in shop.requests() if request["operation"] in STARTS]
