"""Events of POST /control/event for the eneba account."""

import random
import time
import uuid

from apis.eneba_orders import Export, make_order
from jobevents import BadEvent, check, needed
from jobs import DAY, SECOND

FIELDS = {"id": str, "state": str, "payment": str, "wholesale": bool, "count": int,
          "keys": int, "export": str, "days": (int, float), "status": str, "bytes": int,
          "images": int, "image_bytes": int, "aes": bool, "raw": str}
CONTENTS = ("bytes", "images", "image_bytes", "aes", "raw")


def apply(all_orders, archives, name, fields):
    """Make an event happen; returns what there is to tell about it."""
    check(fields, FIELDS)
    if name == "order":
        made = _make(all_orders, fields)
        return {"orders": [describe(all_orders, order) for order in made]}
    if name in ("freeze", "thaw"):
        getattr(all_orders, name)()
        return {}
    order = all_orders.behind(needed(fields, "id"))
    if order is None:
        raise BadEvent("no order of that id")
    if name in ON_ORDER:
        ON_ORDER[name](all_orders, order, fields)
    elif name in ON_EXPORT:
        if order.export is None:
            raise BadEvent("the order has no export")
        ON_EXPORT[name](all_orders, order.export, fields)
    else:
        raise BadEvent(f"unknown event {name}")
    if name == "archive":
        archives.body(order, False)
    return {"order": describe(all_orders, order)}


def describe(all_orders, order):
    """An order as the control API tells it."""
    export = order.export
    shown = order.shown
    return {"id": shown["entryToken"], "order_id": shown["id"],
            "number": shown["orderNumber"], "state": shown["orderState"],
            "created": order.created / SECOND,
            "export": export and export.id, "status": export and all_orders.status(export),
            "expired": bool(export and all_orders.expired(export))}


def _make(all_orders, fields):
    if "id" in fields and (fields.get("count", 1) > 1 or all_orders.get(fields["id"])):
        raise BadEvent("an order of that id exists")
    first = len(all_orders.listed(None, None))
    made = [_make_one(first + number, fields) for number in range(fields.get("count", 1))]
    all_orders.add_all(made)
    if "export" in fields:
        for order in made:
            _give_export(all_orders, order, fields["export"])
    return made


def _make_one(number, fields):
    order = make_order(random.SystemRandom(), number, time.time_ns(),
                       fields.get("state", "FULFILLED"), fields.get("payment", "PAID"),
                       fields.get("keys"))
    order.shown["entryToken"] = fields.get("id", order.shown["entryToken"])
    order.wholesale = fields.get("wholesale", True)
    order.contents = {name: fields[name] for name in CONTENTS if name in fields}
    return order


def _give_export(all_orders, order, status):
    now = time.time_ns()
    export = Export(str(uuid.uuid4()), now)
    if status != "PENDING":
        export.ended, export.pinned = now, status
    all_orders.adopt(order, export)


def _settle(export, status):
    export.ended, export.pinned = time.time_ns(), status


def _state(_all_orders, order, fields):
    order.shown["orderState"] = fields.get("state", order.shown["orderState"])
    order.shown["paymentState"] = fields.get("payment", order.shown["paymentState"])
    order.wholesale = fields.get("wholesale", order.wholesale)


def _archive(_all_orders, order, fields):
    order.contents = {name: fields[name] for name in CONTENTS if name in fields}
    order.generation += 1


ON_ORDER = {
    "state": _state,
    "archive": _archive,
    "export": lambda all_orders, order, fields: _give_export(
        all_orders, order, fields.get("status", "COMPLETED")),
    "age": lambda all_orders, order, fields: all_orders.age(
        order, int(needed(fields, "days") * DAY)),
    "vanish": lambda all_orders, order, fields: all_orders.vanish(order),
}

ON_EXPORT = {
    "finish": lambda all_orders, export, fields: _settle(export, "COMPLETED"),
    "fail": lambda all_orders, export, fields: _settle(export, "FAILED"),
    "status": lambda all_orders, export, fields: _settle(export, needed(fields, "status")),
    "expire": lambda all_orders, export, fields: setattr(export, "expired", True),
    "remove": lambda all_orders, export, fields: setattr(export, "removed", True),
}
