"""What is in a Saleor export: products, gift cards or voucher codes, as CSV or as a workbook.

Each file has products and codes of its own, numbered from its tag. All numbers are equally
long, so that a size is known without making the file.
"""

import csv
import functools
import io
import json
import random

import xlsx
from apis import saleor_ids

PRODUCTS = 60
CODES = 200
FIRST_NUMBER = 10_000_000
LAST_START = 90_000_000

KINDS = ("Mug", "Poster", "T-shirt", "Hoodie", "Cap", "Key ring", "Game", "Soundtrack")
ADJECTIVES = ("Blue", "Classic", "Deluxe", "Limited", "Retro", "Signed", "Tiny", "Wide")
CATEGORIES = ("Apparel", "Home", "Digital", "Music")
SIZES = ("S", "M", "L")

PRODUCT_COLUMNS = {
    "NAME": ("name", lambda product: product["name"]),
    "DESCRIPTION": ("description as str", lambda product: f"A {product['name'].lower()}."),
    "PRODUCT_TYPE": ("product type", lambda product: product["kind"]),
    "CATEGORY": ("category", lambda product: product["category"]),
    "PRODUCT_WEIGHT": ("product weight", lambda product: f"{product['grams']} g"),
    "COLLECTIONS": ("collections", lambda product: product["collection"]),
    "CHARGE_TAXES": ("charge taxes", lambda product: "yes"),
    "PRODUCT_MEDIA": ("product media", lambda product: f"products/{product['slug']}.jpg"),
}
VARIANT_COLUMNS = {
    "VARIANT_ID": ("variant id", lambda product, size: saleor_ids.encode(
        "ProductVariant", f"{product['number']}{SIZES.index(size)}")),
    "VARIANT_SKU": ("variant sku", lambda product, size: f"{product['slug']}-{size}".upper()),
    "VARIANT_WEIGHT": ("variant weight", lambda product, size: f"{product['grams']} g"),
    "VARIANT_MEDIA": ("variant media", lambda product, size:
                      f"products/{product['slug']}-{size.lower()}.jpg"),
}
MORE_COLUMNS = {"attributes": "product attribute", "warehouses": "warehouse quantity",
                "channels": "channel price amount"}


class ExportFiles:
    """The contents of exports. `wish` is what was asked for, as JSON text."""

    def __init__(self, seed):
        chance = random.Random(f"saleor products {seed}")
        self._products = [_product(chance) for _ in range(PRODUCTS)]
        self._size = functools.lru_cache(maxsize=1000)(
            lambda wish: len(self.contents(wish, "0" * 8)))

    def contents(self, wish, tag):
        """The bytes of a file; another tag gives other bytes, but as many."""
        wanted = json.loads(wish)
        first = FIRST_NUMBER + int(tag, 16) % (LAST_START - FIRST_NUMBER)
        if wanted["kind"] == "product":
            rows = self._product_rows(wanted["input"], first)
        else:
            rows = _code_rows(tag, wanted["input"])
        return xlsx.workbook(rows) if wanted["fileType"] == "XLSX" else _csv(rows)

    def size(self, wish):
        return self._size(wish)

    def _product_rows(self, asked, first):
        info = asked.get("exportInfo") or {}
        fields = info.get("fields") or ()
        extra = _more_columns(info)
        sizes = SIZES if any(field in VARIANT_COLUMNS for field in fields) else SIZES[:1]
        yield ["id", *(_header(field) for field in fields), *(name for name, _ in extra)]
        for product in self._chosen(asked, first):
            for size in sizes:
                yield [product["id"], *(_cell(field, product, size) for field in fields),
                       *(value(product) for _, value in extra)]

    def _chosen(self, asked, first):
        """The products asked for. The shop understands ids and a search, no other condition."""
        condition = asked.get("filter") or {}
        ids = asked.get("ids") or condition.get("ids")
        words = (condition.get("search") or "").lower()
        if ids:
            numbered = [(key, saleor_ids.decode(key)[1]) for key in ids]
        else:
            numbers = range(first, first + PRODUCTS)
            numbered = [(saleor_ids.encode("Product", number), number) for number in numbers]
        for place, (key, number) in enumerate(numbered):
            product = self._products[place % PRODUCTS]
            if words in product["name"].lower():
                yield {**product, "id": key, "number": number}


def _product(chance):
    kind = chance.choice(KINDS)
    name = f"{chance.choice(ADJECTIVES)} {kind}"
    return {"name": name, "kind": kind, "category": chance.choice(CATEGORIES),
            "slug": f"{name.lower().replace(' ', '-')}-{chance.randrange(1000):03d}",
            "grams": chance.randrange(100, 1000), "collection": f"{chance.choice(ADJECTIVES)} Days",
            "price": f"{chance.randrange(5, 100)}.99", "stock": chance.randrange(500)}


def _header(field):
    return {**PRODUCT_COLUMNS, **VARIANT_COLUMNS}[field][0]


def _cell(field, product, size):
    if field in PRODUCT_COLUMNS:
        return PRODUCT_COLUMNS[field][1](product)
    return VARIANT_COLUMNS[field][1](product, size)


def _more_columns(info):
    """(name, value) of the columns for attributes, warehouses and channels."""
    values = {"attributes": lambda product: product["collection"],
              "warehouses": lambda product: product["stock"],
              "channels": lambda product: product["price"]}
    return [(f"{slug} ({MORE_COLUMNS[group]})", values[group]) for group in MORE_COLUMNS
            for slug in sorted(_slug(key) for key in info.get(group) or ())]


def _slug(key):
    kind, number = saleor_ids.decode(key)
    return f"{kind.lower()}-{number}"


def _code_rows(tag, asked):
    """Codes: as many as were named, or all."""
    yield ["code"]
    for number in range(len(asked.get("ids") or ()) or CODES):
        yield [f"{tag[:4]}-{tag[4:]}-{number:04d}".upper()]


def _csv(rows):
    table = io.StringIO()
    csv.writer(table).writerows(rows)
    return table.getvalue().encode()
