"""The shop's orders: made up from the seed, the same for every account that sells them.

An order is a dictionary whose keys are the attributes that filters may name. Instants are
whole seconds since 1970; amounts are minor units, as the APIs have them.
"""

import calendar
import random
import time

COUNT = 500
YEAR = 2026
VAT_PERCENT = 19

STATUSES = ("complete", "complete", "complete", "processing", "incomplete", "cancelled")
PAYMENTS = ("paid", "paid", "paid", "paid", "authorized", "unpaid", "refunded")
CURRENCIES = ("EUR", "EUR", "USD", "GBP", "PLN")
FIRST_NAMES = ("Ada", "Bela", "Chidi", "Dana", "Emil", "Farah", "Goran", "Hana", "Ines",
               "Jonas", "Kaja", "Liam", "Mina", "Noor", "Olga", "Pavel")
LAST_NAMES = ("Abel", "Berg", "Costa", "Dvorak", "Eriksen", "Fischer", "Garcia", "Horvat",
              "Ito", "Jensen", "Kovacs", "Lind", "Moreau", "Novak", "Okafor", "Petrov")
SKUS = ("GAME-STEAM-EU", "GAME-GOG-WW", "GIFT-20-EUR", "GIFT-50-USD", "DLC-SEASON-1",
        "SUB-12-MONTHS", "WALLET-10-GBP")


def make_orders(seed):
    """COUNT orders spread over YEAR, oldest first."""
    chance = random.Random(f"orders {seed}")
    first = calendar.timegm((YEAR, 1, 1, 0, 0, 0))
    step = (calendar.timegm((YEAR + 1, 1, 1, 0, 0, 0)) - first) // COUNT
    return [_order(chance, number, first + number * step + chance.randrange(step))
            for number in range(COUNT)]


def _order(chance, number, created):
    name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
    email = name.lower().replace(" ", ".") + "@example.org"
    with_tax = chance.randrange(199, 20_000)
    status = chance.choice(STATUSES)
    customer = make_uuid(chance)
    postcode = f"{chance.randrange(10_000, 99_999)}"
    return {
        "order_number": f"{number + 1:010d}",
        "status": status,
        "payment": chance.choice(PAYMENTS),
        "shipping": "fulfilled" if status == "complete" else "unfulfilled",
        "currency": chance.choice(CURRENCIES),
        "product_id": make_uuid(chance),
        "product_sku": chance.choice(SKUS),
        "name": name,
        "email": email,
        "customer_id": customer,
        "account_id": customer,
        "account_member_id": customer,
        "contact.name": name,
        "contact.email": email,
        "shipping_postcode": postcode,
        "billing_postcode": postcode,
        "external_ref": f"WEB-{chance.randrange(10 ** 6):06d}",
        "with_tax": with_tax,
        "without_tax": with_tax * 100 // (100 + VAT_PERCENT),
        "created_at": created,
        "updated_at": created + chance.randrange(3 * 86400),
    }


def make_uuid(chance):
    """A version 4 UUID from the given source of chance."""
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def iso_time(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
