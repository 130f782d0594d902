"""The partner behind the wock account: the balance, and what may be bought with it."""

import random
import time
from decimal import Decimal

import orders
from apis.wock_catalogue import STOCK
from apis.wock_orders import COMPLETED, make_order

BALANCE = Decimal("25000.50")
STOCK_LIMIT = 500
MOST = 500
EXTERNAL = "External"


class Refused(Exception):
    """An order that is not made; the code is the vendor's."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Partner:
    """Callers hold the account's lock."""

    def __init__(self, seed):
        self.kind = EXTERNAL
        self.available = BALANCE
        self._used = Decimal("0.00")
        self._id = orders.make_uuid(random.Random(f"wock partner {seed}"))

    def shown(self):
        return {"id": self._id, "available": self.available, "used": self._used,
                "partnerType": self.kind, "stockLimit": STOCK_LIMIT}

    def pay(self, order):
        """The balance changes when a delivery is there, not before."""
        self.available -= order.cost
        self._used += order.cost

    def order(self, all_orders, catalogue, wishes):
        """Make an order of the lines of a createOrder, or raise Refused."""
        if self.kind != EXTERNAL:
            raise Refused("PARTNER_ERR", "Only external partners can create orders")
        if not wishes:
            raise Refused("ORDER_ERR", "The order has no products")
        ids = [wish["productId"] for wish in wishes]
        if len(set(ids)) < len(ids):
            raise Refused("PRODUCT_UNIQUE_ERR", "A product is in the order twice")
        lines = [_line(catalogue, wish) for wish in wishes]
        cost = sum(price * quantity for _, quantity, _, price, _ in lines)
        if cost > self.available - all_orders.outstanding():
            raise Refused("PARTNER_BALANCE_ERR", "The balance does not cover the order")
        for product, quantity, key_type, _, _ in lines:
            catalogue.take(product, key_type, quantity)
        chance = random.SystemRandom()
        order = make_order(chance, catalogue, chance.randrange(10 ** 5, 10 ** 6),
                           time.time_ns(), lines)
        all_orders.add(order)
        return order

    def cancel(self, all_orders, order):
        if order is None or order.shown["status"] == COMPLETED or order.error:
            raise Refused("ORDER_ERR", "The order cannot be deleted")
        if order.ready:
            self.available += order.cost
            self._used -= order.cost
        all_orders.forget(order)


def _line(catalogue, wish):
    """A line of an order, with the checks that the vendor makes for each."""
    product = catalogue.products.get(wish["productId"])
    if product is None or product["isDisabled"]:
        raise Refused("PRODUCT_NOT_FOUND", f"There is no product {wish['productId']}")
    quantity, key_type = wish["quantity"], wish.get("keyType")
    if not 1 <= quantity <= MOST:
        raise Refused("PRODUCT_QTY_ERR", f"The quantity must be between 1 and {MOST}")
    if key_type not in STOCK:
        raise Refused("ORDER_KEY_TYPE_ERR", "The key type must be 10 or 20")
    if quantity > product["quantity"][STOCK[key_type]]:
        raise Refused("PRODUCT_STOCK_MISMATCH", "There are not as many in stock")
    price = catalogue.price(product, quantity)
    if Decimal(str(wish["unitPrice"])) != price:
        raise Refused("PRODUCT_PRICE_MISMATCH", "The price is not the current one")
    return product, quantity, key_type, price, wish.get("partnerProductId")
