"""Events of POST /control/event for the wock account."""

import random
import time
from decimal import Decimal

from apis.wock_catalogue import IMAGE, TEXT
from apis.wock_orders import BROKEN, COMPLETED, NEW, READY, make_order
from jobevents import BadEvent, needed
from jobs import SECOND

CONTENTS = {"image_bytes": int, "archives": int, "bytes": int, "aes": bool}
FIELDS = {"id": str, "ready": bool, "status": int, "error": str, "count": int, "lines": int,
          "keys": int, "images": bool, "legacy": bool, "product": int, "price": str,
          "stock": int, "disabled": bool, "name": str, "mode": str, "type": str,
          "available": str, "maximum": int, **CONTENTS}
MODES = ("both", "archives", "inline")


def apply(account, name, fields):
    """Make an event happen; returns what there is to tell about it."""
    for field, value in fields.items():
        if field not in FIELDS:
            raise BadEvent(f"unknown field {field}")
        if type(value) is not FIELDS[field]:
            raise BadEvent(f"{field} must be a JSON value of type {FIELDS[field].__name__}")
    if name in ON_ACCOUNT:
        return ON_ACCOUNT[name](account, fields) or {}
    if name not in ON_ORDER:
        raise BadEvent(f"unknown event {name}")
    order = account.orders.get(needed(fields, "id"))
    if order is None:
        raise BadEvent("no order of that id")
    ON_ORDER[name](account, order, fields)
    return {"order": describe(order)}


def describe(order):
    """An order as the control API tells it, with who has taken delivery of it."""
    return {"id": order.id, "status": order.shown["status"], "ready": order.ready,
            "error": order.error, "created": order.created / SECOND, "listed": order.listed,
            "keys_selected": order.keys_selected,
            "archives_selected": order.archives_selected,
            "delivered": order.delivered_at and order.delivered_at / SECOND}


def _make(account, fields):
    made = [_make_one(account, fields) for _ in range(fields.get("count", 1))]
    return {"orders": [describe(order) for order in made]}


def _make_one(account, fields):
    """Ready unless told otherwise; one that is not gets ready by itself in a while."""
    chance = random.SystemRandom()
    quantity = fields.get("keys", 3)
    products = chance.sample(account.catalogue.rows(), fields.get("lines", 1))
    lines = [(product, quantity, IMAGE if fields.get("images") else TEXT,
              account.catalogue.price(product, quantity), None) for product in products]
    order = make_order(chance, account.catalogue, chance.randrange(10 ** 5, 10 ** 6),
                       time.time_ns(), lines, fields.get("legacy", False))
    if "id" in fields:
        if account.orders.get(fields["id"]):
            raise BadEvent("an order of that id exists")
        order.shown["id"] = fields["id"].lower()
    order.contents = {field: fields[field] for field in CONTENTS if field in fields}
    order.error = fields.get("error")
    order.ready = fields.get("ready", order.error is None)
    order.shown["status"] = fields.get("status", NEW if not order.ready else READY)
    if order.shown["status"] == COMPLETED:
        order.delivered_at = order.created
    account.orders.add(order)
    return order


def _material(account, order, fields):
    """Other keys, and other sizes of them."""
    order.contents = {field: fields[field] for field in CONTENTS if field in fields}
    for line in order.lines:
        line["quantity"] = fields.get("keys", line["quantity"])
        if "images" in fields:
            line["keyType"] = IMAGE if fields["images"] else TEXT
    order.generation += 1
    account.orders.version += 1


def _status(account, order, fields):
    order.shown["status"] = needed(fields, "status")
    account.orders.version += 1


def _product(account, fields):
    product = account.catalogue.change(needed(fields, "product"), fields)
    return {"product": {"id": product["id"], "name": product["name"],
                        "price": str(account.catalogue.price(product, 1))}}


def _archives(account, fields):
    if needed(fields, "mode") not in MODES:
        raise BadEvent(f"mode must be one of {', '.join(MODES)}")
    account.delivery_by = fields["mode"]


def _partner(account, fields):
    account.partner.kind = fields.get("type", account.partner.kind)
    if "available" in fields:
        account.partner.available = Decimal(fields["available"])


def _take_max(account, fields):
    account.max_take = needed(fields, "maximum")


ON_ACCOUNT = {
    "order": _make,
    "product": _product,
    "archives": _archives,
    "partner": _partner,
    "take_max": _take_max,
    "freeze": lambda account, fields: account.orders.freeze(),
    "thaw": lambda account, fields: account.orders.thaw(),
}

ON_ORDER = {
    "ready": lambda account, order, fields: account.orders.settle(order, True),
    "fail": lambda account, order, fields: account.orders.settle(
        order, False, fields.get("error", BROKEN)),
    "status": _status,
    "material": _material,
    "unlist": lambda account, order, fields: account.orders.unlist(order),
    "forget": lambda account, order, fields: account.orders.forget(order),
}
