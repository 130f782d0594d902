"""The wholesale orders of the eneba account and the exports of their keys.

An order is the dictionary that the API shows, its archive and its exports are kept beside
it. An export's state follows from the clock, so nothing runs in the background. Instants are
nanoseconds since 1970.
"""

import random
import threading
import time
import uuid

import moments
import orders
from jobs import DAY, SECOND

SEEDED_DAYS = 14
RETENTION = 3 * DAY
PRODUCTS = (("game-of-stars-steam-key-global", "Game of Stars Steam Key GLOBAL", 2499),
            ("winter-rally-gog-key-europe", "Winter Rally GOG Key EUROPE", 1299),
            ("tower-and-moat-season-pass-key-global", "Tower & Moat: Season Pass", 899),
            ("wallet-card-20-eur", "Wallet Card 20 €", 1940))

# The twelve kinds of orders that exist at start, in turns, as (state, payment, export).
SEEDED_KINDS = (
    ("FULFILLED", "PAID", None), ("FULFILLED", "PAID", "COMPLETED"),
    ("FULFILLED", "PAID", "COMPLETED"), ("FULFILLED", "PAID", None),
    ("FULFILLED", "PAID", "PENDING"), ("FULFILLED", "PAID", "COMPLETED"),
    ("FULFILLED", "PAID", "EXPIRED"), ("NEW", "AWAITING_PAYMENT", None),
    ("FULFILLED", "PAID", "COMPLETED"), ("FULFILLED", "PAID", "FAILED"),
    ("FULFILLED", "PAID", None), ("CANCELLED", "REFUNDED", None))


class Export:
    """One run. `pinned` is a state that the clock does not change any more."""

    __slots__ = ("id", "started", "ended", "pinned", "expired", "removed")

    def __init__(self, export_id, started, ended=None, pinned=None):
        self.id = export_id
        self.started = started
        self.ended = ended
        self.pinned = pinned
        self.expired = False
        self.removed = False


class Order:
    """`shown` is what the API shows of it, `contents` what its archive holds."""

    __slots__ = ("shown", "created", "wholesale", "contents", "generation", "export",
                 "earlier", "quiet_until")

    def __init__(self, shown, created, contents, wholesale=True):
        self.shown = shown
        self.created = created
        self.contents = contents
        self.wholesale = wholesale
        self.generation = 0
        self.export = None
        self.earlier = None
        self.quiet_until = 0

    def rank(self):
        return (-self.created, self.shown["id"])


class Orders:
    """All orders, newest first. Callers hold `lock` from first look to last."""

    def __init__(self, seconds_each):
        self.lock = threading.RLock()
        self._duration = int(seconds_each * SECOND)
        self._orders = []
        self._by_name = {}
        self._by_export = {}
        self._frozen_since = None

    def add_all(self, made):
        for order in made:
            for name in ("id", "orderNumber", "entryToken"):
                self._by_name[order.shown[name]] = order
            if order.export:
                self._by_export[order.export.id] = order
        self._orders = sorted(self._orders + made, key=Order.rank)

    def listed(self, state, ids):
        """The orders, newest first; all of them, or those in a state or with those ids."""
        if state is None and ids is None:
            return self._orders
        return [order for order in self._orders
                if state in (None, order.shown["orderState"])
                and (ids is None or order.shown["id"] in ids)]

    def get(self, name):
        """The order of that id, number or entry token."""
        return self._by_name.get(name)

    def behind(self, name):
        """The order whose archive an export's id, or any name of the order, stands for."""
        return self._by_export.get(name) or self._by_name.get(name)

    def start(self, order, lag_ms):
        """Begin a run; for a while whoever asks is still told of the one before."""
        now = time.time_ns()
        order.earlier, order.quiet_until = order.export, now + lag_ms * 1_000_000
        self.adopt(order, Export(str(uuid.uuid4()), self._frozen_since or now))

    def adopt(self, order, export):
        order.export = export
        self._by_export[export.id] = order

    def told(self, order):
        """The run that the API tells of at present, or None."""
        return order.earlier if time.time_ns() < order.quiet_until else order.export

    def status(self, export):
        if export.pinned:
            return export.pinned
        now = self._frozen_since or time.time_ns()
        if now < export.started + self._duration:
            return "PENDING"
        export.ended = export.started + self._duration
        export.pinned = "COMPLETED"
        return export.pinned

    def expired(self, export):
        over = export.ended is not None and time.time_ns() > export.ended + RETENTION
        return export.expired or over

    def vanish(self, order):
        self._orders.remove(order)
        for names in (self._by_name, self._by_export):
            for name in [name for name, other in names.items() if other is order]:
                del names[name]

    def age(self, order, duration):
        """Make an order and its export older."""
        order.created -= duration
        order.shown["createdAt"] = shown_time(order.created)
        if order.export:
            order.export.started -= duration
            order.export.ended = order.export.ended and order.export.ended - duration
        self._orders.sort(key=Order.rank)

    def freeze(self):
        """Let no export end."""
        self._frozen_since = self._frozen_since or time.time_ns()

    def thaw(self):
        """Let the exports go on where they stopped."""
        if self._frozen_since is None:
            return
        now = time.time_ns()
        for order in self._orders:
            if order.export and not order.export.pinned:
                order.export.started += now - self._frozen_since
        self._frozen_since = None


def make_order(chance, number, created, state="FULFILLED", payment="PAID", quantity=None):
    """An order of one or two products; each has `quantity` keys if told."""
    products = chance.sample(PRODUCTS, 1 + (number % 3 == 0))
    items = [_item(chance, *product, quantity or chance.randrange(1, 12))
             for product in products]
    total = sum(item["totalPrice"]["amount"] for item in items)
    shown = {"id": orders.make_uuid(chance),
             "orderNumber": f"o-{chance.getrandbits(30):06X}{number}", "number": 10_000 + number,
             "entryToken": orders.make_uuid(chance), "orderState": state,
             "paymentState": payment, "totalPrice": _euros(total),
             "createdAt": shown_time(created), "items": items}
    return Order(shown, created, {})


def _item(chance, slug, name, price, quantity):
    return {"shortId": f"{chance.getrandbits(24):06x}", "sellableSlug": slug,
            "sellableName": name, "quantity": quantity,
            "totalPrice": _euros(price * quantity)}


def _euros(amount):
    return {"amount": amount, "currency": "EUR"}


def seeded_orders(seed, count):
    """Orders that exist when the account opens, evenly over the last days."""
    chance = random.Random(f"eneba orders {seed}")
    now = time.time_ns()
    step = SEEDED_DAYS * DAY // max(count, 1)
    return [_seeded_order(chance, number, now, now - number * step) for number in range(count)]


def _seeded_order(chance, number, now, created):
    state, payment, export = SEEDED_KINDS[number % len(SEEDED_KINDS)]
    order = make_order(chance, number, created, state, payment)
    export_id = orders.make_uuid(chance)
    ended = max(created, now - chance.randrange(DAY, 2 * DAY))
    if export == "EXPIRED":
        order.export = Export(export_id, created, min(ended, now - RETENTION), "COMPLETED")
        order.export.expired = True
    elif export == "PENDING":
        order.export = Export(export_id, now)
    elif export:
        order.export = Export(export_id, ended, ended, export)
    return order


def shown_time(instant):
    return moments.moment(instant).isoformat(timespec="seconds")
