"""What Saleor checks of an export before it starts, beyond what the schema says."""

from apis import saleor_ids

CHANNELS = ("1", "2")
NEEDS_CHANNEL = ("isPublished", "publishedFrom", "isAvailable", "availableFrom",
                 "isVisibleInListing", "price", "minimalPrice", "stockAvailability")


class Problem(Exception):
    """An entry of a mutation's own `errors`."""

    def __init__(self, field, message, code):
        super().__init__(message)
        self.entry = {"field": field, "message": message, "code": code}


def check_products(wish):
    _check_scope(wish, "Product")
    info = wish.get("exportInfo") or {}
    for name, kind in (("attributes", "Attribute"), ("warehouses", "Warehouse"),
                       ("channels", "Channel")):
        _check_ids(name, info.get(name) or (), kind, "GRAPHQL_ERROR")
    condition = wish.get("filter") or {}
    _check_ids("filter", condition.get("ids") or (), "Product", "GRAPHQL_ERROR")
    if wish["scope"] != "FILTER" or all(condition.get(name) is None for name in NEEDS_CHANNEL):
        return
    channels = info.get("channels") or ()
    if len(channels) != 1:
        raise Problem("channels", "This filter needs exactly one channel.", "REQUIRED")
    if saleor_ids.decode(channels[0])[1] not in CHANNELS:
        raise Problem("channels", "There is no such channel.", "NOT_FOUND")


def check_gift_cards(wish):
    _check_scope(wish, "GiftCard")


def check_voucher_codes(wish):
    voucher, ids = wish.get("voucherId"), wish.get("ids")
    if (voucher is None) == (ids is None):
        raise Problem(None, "Name either voucherId or ids.", "GRAPHQL_ERROR")
    if voucher is not None:
        _check_ids("voucherId", (voucher,), "Voucher", "INVALID")
    _check_ids("ids", ids or (), "VoucherCode", "INVALID")


def _check_scope(wish, kind):
    if wish["scope"] == "IDS":
        if not wish.get("ids"):
            raise Problem("ids", "You must provide at least one id.", "REQUIRED")
        _check_ids("ids", wish["ids"], kind, "GRAPHQL_ERROR")
    if wish["scope"] == "FILTER" and not wish.get("filter"):
        raise Problem("filter", "You must provide filter input.", "REQUIRED")


def _check_ids(field, ids, kind, code):
    for text in ids:
        found = saleor_ids.decode(text)
        if found is None or found[0] != kind:
            raise Problem(field, f"Invalid ID: {text}. Expected: {kind}.", code)
