"""What is in a Next Commerce export: a CSV table for each type, made from the shop's orders."""

import csv
import functools
import io
import json
from datetime import datetime

import orders

# Where the tag of a file goes; as wide as a tag, and nothing else in a table looks like it.
NO_TAG = "????????"

TYPES = {
    "order_list": "Orders",
    "order_line_items": "Order Line Items",
    "customer_list": "Customers",
    "transaction_list": "Transactions",
    "dispute_list": "Disputes",
    "subscription_list": "Subscriptions",
    "subscription_line_items": "Subscription Line Items",
    "open_cart_list": "Open Carts",
    "open_cart_line_items": "Open Cart Line Items",
    "return_list": "Returns",
    "return_line_items": "Return Line Items",
    "fulfillment_list": "Fulfillments",
    "fulfillment_line_items": "Fulfillment Line Items",
}


def _money(minor):
    return f"{minor // 100}.{minor % 100:02d}"


def _short(prefix, key):
    return lambda order: f"{prefix}-{order[key][:8]}"


VALUES = {
    "order_number": lambda order: int(order["order_number"]) + 10_000,
    "created_at": lambda order: orders.iso_time(order["created_at"]),
    "updated_at": lambda order: orders.iso_time(order["updated_at"]),
    "status": lambda order: order["status"],
    "payment_status": lambda order: order["payment"],
    "fulfillment_status": lambda order: order["shipping"],
    "currency": lambda order: order["currency"],
    "total_incl_tax": lambda order: _money(order["with_tax"]),
    "total_excl_tax": lambda order: _money(order["without_tax"]),
    "first_name": lambda order: order["name"].partition(" ")[0],
    "last_name": lambda order: order["name"].partition(" ")[2],
    "email": lambda order: order["email"],
    "customer_id": _short("C", "customer_id"),
    "shipping_postcode": lambda order: order["shipping_postcode"],
    "billing_postcode": lambda order: order["billing_postcode"],
    "sku": lambda order: order["product_sku"],
    "product_id": _short("P", "product_id"),
    "quantity": lambda order: order["with_tax"] % 3 + 1,
    "transaction_id": _short("T", "account_id"),
    "transaction_type": lambda order: "refund" if order["payment"] == "refunded" else "sale",
    "dispute_id": _short("D", "account_id"),
    "reason": lambda order: ("fraudulent", "duplicate", "not_received")[order["with_tax"] % 3],
    "subscription_id": _short("S", "account_id"),
    "interval_months": lambda order: 12 if order["product_sku"].startswith("SUB") else 1,
    "cart_id": _short("B", "account_id"),
    "return_id": _short("R", "account_id"),
    "fulfillment_id": _short("F", "account_id"),
    "tracking_code": lambda order: order["external_ref"],
    # Stores add metadata columns of their own to all tables.
    "metadata_batch": lambda _order: NO_TAG,
}

HEAD = ("order_number", "created_at")
CUSTOMER = ("customer_id", "first_name", "last_name", "email")
TOTALS = ("currency", "total_incl_tax", "total_excl_tax")
LINE = ("product_id", "sku", "quantity")

COLUMNS = {
    "order": (*HEAD, "status", "payment_status", "fulfillment_status", *TOTALS, *CUSTOMER,
              "shipping_postcode", "billing_postcode"),
    "customer": (*CUSTOMER, "created_at", "shipping_postcode", "billing_postcode"),
    "transaction": ("transaction_id", "transaction_type", *HEAD, "payment_status", *TOTALS),
    "dispute": ("dispute_id", "reason", *HEAD, *TOTALS),
    "subscription": ("subscription_id", "status", "interval_months", "created_at", *CUSTOMER),
    "open_cart": ("cart_id", "created_at", "updated_at", *TOTALS, "email"),
    "return": ("return_id", *HEAD, "reason", *TOTALS),
    "fulfillment": ("fulfillment_id", *HEAD, "fulfillment_status", "tracking_code"),
}

# Which orders have what an export is about; all of them, if it is not here.
CONCERNED = {
    "dispute": lambda order: order["payment"] == "refunded" and order["with_tax"] % 4 == 0,
    "subscription": lambda order: order["product_sku"].startswith("SUB"),
    "open_cart": lambda order: order["status"] == "incomplete",
    "return": lambda order: order["payment"] == "refunded",
    "fulfillment": lambda order: order["shipping"] == "fulfilled",
}


class ExportTables:
    """The contents of exports. `wish` is what was asked for, as JSON text."""

    def __init__(self, seed):
        self._orders = orders.make_orders(seed)
        self._table = functools.lru_cache(maxsize=1000)(self._make_table)

    def contents(self, wish, tag):
        return self._table(wish).replace(NO_TAG.encode(), tag.encode())

    def size(self, wish):
        return len(self._table(wish))

    def _make_table(self, text):
        wish = json.loads(text)
        family, columns = _layout(wish["type"])
        first = _seconds(wish["date_from"], float("-inf"))
        last = _seconds(wish["date_to"], float("inf"))
        concerned = CONCERNED.get(family, lambda order: True)
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(columns)
        for order in self._orders:
            if first <= order["created_at"] <= last and concerned(order):
                writer.writerow([VALUES[column](order) for column in columns])
        return table.getvalue().encode()


def _layout(export_type):
    """(family, columns) of a type; one nobody knows yet looks like orders."""
    family = export_type.removesuffix("_list").removesuffix("_line_items")
    if family not in COLUMNS:
        family = "order"
    columns = COLUMNS[family]
    if export_type.endswith("_line_items"):
        columns = (columns[0], *LINE, *TOTALS)
    return family, (*columns, "metadata_batch")


def _seconds(text, otherwise):
    return otherwise if text is None else datetime.fromisoformat(text).timestamp()
