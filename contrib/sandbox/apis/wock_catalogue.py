"""The catalogue of the wock account, and what may be ordered from it."""

import random
import time
from decimal import Decimal

from apis import wock_filter
from jobs import DAY

FIRST_ID = 4711
COUNT = 60
TITLES = ("Game of Stars", "Winter Rally", "Tower & Moat", "Deep Field", "Last Lighthouse",
          "Harbour Master", "Wallet Card", "Night Train", "Orchard", "Salt Road")
EDITIONS = ("Standard", "Deluxe", "Season Pass", "Bundle: A/B", "Collector's", "Starter")
PLATFORMS = ("Steam", "GOG", "Origin", "PSN", "Xbox")
REGIONS = ("EU", "WW", "US", "ROW")
LANGUAGES = ("EN", "DE", "FR", "PL")
IMAGE, TEXT = 10, 20
STOCK = {IMAGE: "image", TEXT: "text", None: "all"}


class Catalogue:
    """Products by their ids, as the API shows them. Callers hold the account's lock."""

    def __init__(self, seed):
        chance = random.Random(f"wock products {seed}")
        now = time.time_ns()
        self.products = {}
        for number in range(COUNT):
            product = _product(chance, number, now - chance.randrange(1, 60 * DAY))
            self.products[product["id"]] = product

    def rows(self):
        return list(self.products.values())

    def price(self, product, quantity):
        """What one costs if so many are bought."""
        fitting = [tier["price"] for tier in product["bulkPrices"]
                   if tier["minimumQuantity"] <= quantity]
        return fitting[-1]

    def take(self, product, key_type, quantity):
        """Take pieces out of stock, text before images where it does not matter."""
        stock = product["quantity"]
        for kind in ("text", "image") if key_type is None else (STOCK[key_type],):
            taken = min(quantity, stock[kind])
            stock[kind] -= taken
            quantity -= taken
        stock["all"] = stock["text"] + stock["image"]
        self.touch(product)

    def change(self, product_id, fields):
        """Update a product, or offer a new one."""
        if product_id not in self.products:
            chance = random.Random(product_id)
            self.products[product_id] = {
                **_product(chance, product_id - FIRST_ID, time.time_ns()), "id": product_id}
        product = self.products[product_id]
        if "price" in fields:
            product["bulkPrices"] = _tiers(Decimal(fields["price"]))
        if "stock" in fields:
            product["quantity"] = _stock(fields["stock"], fields["stock"])
        product["isDisabled"] = fields.get("disabled", product["isDisabled"])
        product["name"] = fields.get("name", product["name"])
        self.touch(product)
        return product

    def touch(self, product):
        product["lastUpdateDateTime"] = wock_filter.shown_time(time.time_ns())


def _product(chance, number, updated):
    when = wock_filter.shown_time(updated)
    language, region = chance.choice(LANGUAGES), chance.choice(REGIONS)
    title, edition = TITLES[number % len(TITLES)], EDITIONS[number % len(EDITIONS)]
    return {
        "id": FIRST_ID + number, "name": f"{title} {edition}",
        "platform": chance.choice(PLATFORMS), "language": language,
        "languages": sorted({language, "EN"}), "excludedLanguages": [],
        "region": region, "regions": [region], "excludedRegions": [],
        "currency": "EUR", "isDisabled": number % 20 == 19,
        "lastUpdateDateTime": when, "lastUpdatedPriceDateTime": when,
        "lastIncreasedStockDateTime": when, "productPartnerIds": [],
        "quantity": _stock(chance.randrange(100, 2000), chance.randrange(100, 900)),
        "bulkPrices": _tiers(Decimal(chance.randrange(199, 5999)) / 100)}


def _stock(text, image):
    return {"text": text, "image": image, "all": text + image}


def _tiers(price):
    """Ten cost a little less. Prices have two digits after the point, also when they are 0."""
    cent = Decimal("0.01")
    return [{"minimumQuantity": 1, "price": price.quantize(cent)},
            {"minimumQuantity": 10, "price": (price * Decimal("0.95")).quantize(cent)}]
