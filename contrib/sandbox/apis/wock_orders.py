"""The orders of the wock account: when they are ready, and who has taken delivery.

Orders become ready by the clock, whoever looks first lets them. `shown` is what the list
of orders shows; `lines` are its products with what their delivery needs beyond that.
Instants are nanoseconds since 1970.
"""

import random
import threading
import time

import orders
from apis import wock_filter
from apis.wock_catalogue import IMAGE, TEXT
from jobs import DAY, SECOND

NEW, READY, COMPLETED = 10, 30, 40
SEEDED_DAYS = 14
BROKEN = "The supplier could not deliver all keys"

# The twelve kinds of orders that exist at start, in turns, newest first.
SEEDED_KINDS = ("ready", "ready", "pending", "completed", "ready", "failed",
                "completed", "ready", "completed", "ready", "completed", "completed")


class Order:
    """One order. `due` is when its delivery is ready, None if it is or never will be."""

    __slots__ = ("shown", "created", "lines", "due", "ready", "error", "listed",
                 "delivered_at", "keys_selected", "archives_selected", "contents",
                 "generation", "cost")

    def __init__(self, shown, created, lines):
        self.shown = shown
        self.created = created
        self.lines = lines
        self.due = None
        self.ready = False
        self.error = None
        self.listed = True
        self.delivered_at = None
        self.keys_selected = 0
        self.archives_selected = 0
        self.contents = {}
        self.generation = 0
        self.cost = sum(line["price"] * line["quantity"] for line in lines)

    @property
    def id(self):
        return self.shown["id"]


class Orders:
    """All orders, oldest first. `version` changes with every change of what a list shows."""

    def __init__(self, seconds_each, on_ready):
        self.lock = threading.RLock()
        self.version = 0
        self._duration = int(seconds_each * SECOND)
        self._on_ready = on_ready
        self._orders = {}
        self._by_legacy = {}
        self._waiting = []
        self._frozen_since = None

    def add(self, order):
        """Take in an order; what is neither ready nor broken gets ready in a while."""
        self._orders[order.id] = order
        if order.shown["legacyId"]:
            self._by_legacy[order.shown["legacyId"]] = order
        if not order.ready and order.error is None:
            order.due = order.due or time.time_ns() + self._duration
            self._waiting.append(order)
        self.version += 1

    def all(self):
        self._catch_up()
        return list(self._orders.values())

    def rows(self):
        return [order.shown for order in self.all() if order.listed]

    def get(self, order_id=None, legacy_id=None):
        self._catch_up()
        if order_id is not None:
            return self._orders.get(order_id.lower())
        return self._by_legacy.get(legacy_id)

    def outstanding(self):
        """What the orders cost that are not ready yet."""
        self._catch_up()
        return sum(order.cost for order in self._waiting)

    def settle(self, order, ready, error=None):
        """End the wait for a delivery, one way or the other."""
        if order in self._waiting:
            self._waiting.remove(order)
        if ready and not order.ready:
            self._on_ready(order)
            order.shown["status"] = READY
        order.due, order.ready, order.error = None, ready, error
        self.version += 1

    def take_delivery(self, order):
        """Whoever has seen keys or archives of a finished order has got it."""
        if order.ready and order.delivered_at is None:
            order.delivered_at = time.time_ns()
            order.shown["status"] = COMPLETED
            self.version += 1

    def forget(self, order):
        del self._orders[order.id]
        self._by_legacy.pop(order.shown["legacyId"], None)
        if order in self._waiting:
            self._waiting.remove(order)
        self.version += 1

    def unlist(self, order):
        """Leave it out of the list; its delivery is still there."""
        order.listed = False
        self.version += 1

    def freeze(self):
        """Let no order get ready."""
        self._catch_up()
        self._frozen_since = self._frozen_since or time.time_ns()

    def thaw(self):
        """Let the orders go on where they stopped."""
        if self._frozen_since is not None:
            for order in self._waiting:
                order.due += time.time_ns() - self._frozen_since
            self._frozen_since = None

    def _catch_up(self):
        if self._frozen_since is None:
            now = time.time_ns()
            for order in [order for order in self._waiting if order.due <= now]:
                self.settle(order, True)


def make_order(chance, catalogue, number, created, lines, legacy=False):
    """An order of (product, quantity, key type, price, the partner's name for it)."""
    rows = [_line(number, place, *line) for place, line in enumerate(lines, 1)]
    shown = {"id": orders.make_uuid(chance), "legacyId": f"L{number}" if legacy else None,
             "createdAt": wock_filter.shown_time(created), "status": NEW,
             # The slashes are real, and nobody should make folders of them.
             "identifier": f"OUT/2026/{number:06d}", "products": rows}
    return Order(shown, created, rows)


def _line(number, place, product, quantity, key_type, price, partner_product_id):
    """What the API shows of a line, and what a delivery tells beyond that."""
    return {"id": product["id"], "name": product["name"], "quantity": quantity,
            "price": price, "children": [], "keyType": key_type, "product": product,
            "partnerProductId": partner_product_id, "deliveryIdentifier": f"DEL-{number}-{place}"}


def seeded_orders(seed, count, catalogue):
    """Orders that exist when the account opens, oldest first, the last of them just made."""
    chance = random.Random(f"wock orders {seed}")
    now = time.time_ns()
    step = SEEDED_DAYS * DAY // max(count, 1)
    made = [_seeded_order(chance, catalogue, number, now - number * step)
            for number in range(count)]
    return made[::-1]


def _seeded_order(chance, catalogue, number, created):
    products = chance.sample(catalogue.rows(), 1 + number % 2)
    lines = []
    for product in products:
        quantity = chance.randrange(1, 13)
        key_type = IMAGE if chance.random() < 0.3 else TEXT
        lines.append((product, quantity, key_type, catalogue.price(product, quantity), None))
    order = make_order(chance, catalogue, number, created, lines, legacy=number % 10 == 9)
    kind = SEEDED_KINDS[number % len(SEEDED_KINDS)]
    if kind == "pending":
        return order
    order.shown["status"] = COMPLETED if kind == "completed" else READY
    order.ready = kind != "failed"
    order.error = None if order.ready else BROKEN
    if kind == "completed":
        order.delivered_at = created + chance.randrange(_up_to_an_hour(created))
    return order


def _up_to_an_hour(created):
    return max(1, min(3600 * SECOND, time.time_ns() - created))
