"""World of CD Keys, by its description alone: what is particular of this API.

Azure's logins, pages by offset under a limit that may change, orders that leave the list, a
catalogue of which only what changed is asked for, errors with a status of 200.
"""

import base64
import errno
import json

import pytest

from harness import accounts, fails_with, run, wait_until
from harness.documents import TOP, substituted
from harness.keyshop import make, orders, walk
from harness.wire import Wire

DESCRIPTION = TOP / "src" / "provider" / "apis" / "wock.yaml"
PAGE = 50


@pytest.fixture
def shop(sandbox):
    made = sandbox(accounts="wock", orders=0)
    made.event("freeze")
    return made


def variables(bodies):
    return [json.loads(body)["variables"] for body in bodies]


def listed(shop):
    """The ids that the API lists under the description's filter."""
    return sorted(job["id"] for job in shop.jobs() if job["listed"] and job["status"] in (30, 40))


# ---- orders


def test_an_order_is_told_as_the_api_tells_it(shop, mount):
    order = make(shop, lines=3, legacy=True)
    with Wire(shop) as wire:
        told = []
        wire.change = lambda body, text: (told.append(text) if "Orders(" in body else None, text)[1]
        m = mount(shop, account=wire.account)
        record = json.loads(m.read(f"orders/{order}/order.json"), parse_float=str)
    row, = json.loads(told[0], parse_float=str)["data"]["orders"]["items"]
    assert record == row, "member by member, prices by their digits"
    assert row["identifier"].startswith("OUT/") and orders(m) == [order]
    assert m.list(f"orders/{order}") == ["order.json", "status", "trigger"]


@pytest.mark.parametrize("fields, word", [
    ({}, "ready"), ({"status": 40}, "ready"), ({"ready": False, "status": 30}, "queued"),
    ({"error": "No stock", "status": 30}, "failed")], ids=str)
def test_p06_a_status_is_one_of_all_providers_words(shop, mount, fields, word):
    order = make(shop, **fields)
    m = mount(shop)
    assert m.read(f"orders/{order}/status") == f"{word}\n"
    assert m.exists(f"orders/{order}/error") == (word == "failed")
    if word == "failed":
        assert m.read(f"orders/{order}/error") == "No stock\n"


def test_p06_one_that_gets_ready_is_told(shop, mount):
    order = make(shop, ready=False, status=30)
    m = mount(shop)
    assert m.read(f"orders/{order}/status") == "queued\n"
    shop.event("ready", id=order)
    wait_until(lambda: m.read(f"orders/{order}/status") == "ready\n")


# ---- pages


def test_a_full_listing_asks_for_each_page_once(sandbox, mount):
    """At most three requests beside the pages: the token, and what is asked about the newest."""
    shop = sandbox(accounts="wock", orders=1500, export_seconds=3600)
    m = mount(shop)
    assert orders(m) == listed(shop)
    m.wait_listed()
    pages = -(-len(listed(shop)) // PAGE)
    assert len(shop.requests("orders")) == pages
    documents = [len(shop.requests(name)) for name in ("partner", "products")]
    assert documents == [1, 1]
    assert len(shop.requests()) - sum(documents) <= pages + 3
    shop.clear_requests()
    m.list("orders")
    assert run(["ls", "-lR", m.account / "orders"]).returncode == 0
    assert not shop.requests()


@pytest.mark.parametrize("maximum", [49, 20, 7])
def test_a_lower_limit_is_kept_to_and_nothing_is_missed(shop, mount, maximum):
    made = shop.event("order", count=55)["orders"]
    shop.event("take_max", maximum=maximum)
    with Wire(shop) as wire:
        m = mount(shop, account=wire.account)
        assert orders(m) == sorted(order["id"] for order in made)
        takes = [each["take"] for each in variables(wire.sent("Orders("))]
        m.refresh()
        again = [each["take"] for each in variables(wire.sent("Orders("))][len(takes):]
    assert takes[-1] <= maximum < takes[0]
    assert len(takes) <= 8 + -(-55 // takes[-1])
    assert max(again) <= maximum, "what was learnt is not forgotten"
    assert m.read("status") == "ok\n"


def shift(shop, mount, act):
    """List while, after the first page, something happens."""
    done = []

    def change(body, text):
        if "Orders(" in body and not done:
            done.append(act())
        return text
    with Wire(shop) as wire:
        wire.change = change
        m = mount(shop, account=wire.account)
        found = orders(m)
        assert done
        m.refresh()
        return found, orders(m)


def test_a_list_that_shrinks_while_it_is_read_misses_nothing(shop, mount):
    made = [order["id"] for order in shop.event("order", count=120)["orders"]]
    found, later = shift(shop, mount, lambda: shop.event("forget", id=made[0]))
    assert set(made[1:]) <= set(found) <= set(made)
    assert set(made[1:]) <= set(later)


def test_a_list_that_grows_while_it_is_read_misses_nothing(shop, mount):
    made = [order["id"] for order in shop.event("order", count=120)["orders"]]
    found, _ = shift(shop, mount, lambda: made.append(make(shop)))
    assert found == sorted(made)


def test_rows_that_are_null_cost_nothing_but_themselves(shop, mount):
    made = shop.event("order", count=9)["orders"]
    shop.fault("orders", null_items=3, times=0)
    m = mount(shop)
    assert len(orders(m)) == 6
    shop.clear_faults()
    m.refresh()
    assert len(orders(m)) == len(made)


# ---- documents


def test_the_partner_is_a_document(shop, mount):
    shop.event("partner", available="1500.50")
    m = mount(shop)
    m.wait_listed()
    text = m.read("partner.json")
    assert '"available": 1500.50' in text and "Infinity" not in text
    assert set(json.loads(text)) == {"id", "partnerType", "available", "used", "stockLimit"}
    shop.event("partner", available="1499.90")
    m.refresh()
    assert '"available": 1499.90' in m.read("partner.json")


def make_brisk(m):
    """The same description, but documents are asked for every second."""
    folder = m.config_file.parent / "providers"
    folder.mkdir()
    (folder / "brisk.yaml").write_text(substituted(DESCRIPTION.read_text(), {
        "name: wock\n": "name: brisk\n", "every: 5m": "every: 1s"}))
    accounts.write(m.config_file, accounts.merged(
        m.settings, {"accounts": {"wock": {"provider": "brisk"}}}))
    m.remount()


def test_products_are_files_and_later_only_what_changed_is_asked_for(shop, mount):
    shop.event("product", product=4711, price="12.30")
    with Wire(shop) as wire:
        m = mount(shop, account=wire.account)
        make_brisk(m)
        m.wait_listed()
        wire.bodies.clear()
        names = m.list("products")
        before = walk(m, "products", "facts")
        assert len(names) == 60 and "4711.json" in names
        assert '"price": 12.30' in m.read("products/4711.json")
        newest = max(json.loads(base64.b64decode(text))["lastUpdateDateTime"]
                     for text in walk(m, "products", "bytes").values())
        wait_until(lambda: wire.sent("Products("))
        shop.event("product", product=4711, price="9.00", name="New")
        shop.event("product", product=99000)
        wait_until(lambda: '"price": 9.00' in m.read("products/4711.json"))
        wait_until(lambda: "99000.json" in m.list("products"))
        asked = [each["where"]["lastUpdateDateTime"]["gt"]
                 for each in variables(wire.sent("Products("))]
    assert asked[0] == newest and asked == sorted(asked), "only what is newer than the newest"
    assert m.list("products") == sorted([*names, "99000.json"]), "what did not change is there"
    after = walk(m, "products", "facts")
    assert [name for name in names if after[name] != before[name]] == ["4711.json"]


NO_PRODUCTS = json.dumps({"data": {"products": {
    "totalCount": 0, "pageInfo": {"hasNextPage": False}, "items": []}}})


def test_products_are_gone_when_a_whole_listing_has_none(shop, mount):
    with Wire(shop) as wire:
        m = mount(shop, account=wire.account)
        m.wait_listed()
        assert m.list("products")
        wire.change = lambda body, answer: NO_PRODUCTS if "Products(" in body else answer
        m.remount()
        wait_until(lambda: m.list("products") == [])
        assert m.read("status") == "ok\n"


def test_p05_documents_stay_when_they_cannot_be_listed_anew(shop, mount):
    m = mount(shop)
    m.wait_listed()
    partner, products = m.read("partner.json"), m.list("products")
    for operation in ("partner", "products"):
        shop.fault(operation, times=0, status=503)
    m.remount()
    assert (m.read("partner.json"), m.list("products")) == (partner, products)
    assert orders(m) == []


# ---- logins

TENANT = "0f3c2a9e-5d41-4b7a-9c1e-2f6d8a7b1c90"
LOGINS = {
    "secret": ({"client_secret": "the-secret-s-id"}, "take the secret's value, not its id"),
    "expired": ({"client_secret": "expired-secret"}, "the secret has expired"),
    "client": ({"client_id": "nobody"}, "client_id is not known at that tenant"),
    "scope": ({"scope": "api://wock-sandbox"}, "scope must end in /.default"),
    "stranger": ({"client_id": "2b7f9c1d-0a3e-4c65-b8d4-5e9f1a2c7d60",
                  "client_secret": "stranger-secret"}, "belong to no partner"),
    "tenant": (None, "the tenant in token_url does not exist"),
}


@pytest.mark.parametrize("name", LOGINS)
def test_p27_a_login_that_is_refused_says_what_to_do(shop, mount, name):
    account, words = LOGINS[name]
    if account is None:
        account = {"token_url": shop.accounts["wock"]["token_url"].replace(TENANT, TENANT[::-1])}
    m = mount(shop, account=account)
    with fails_with(errno.EACCES):
        m.list("orders")
    status = m.read("status")
    assert status.startswith("EACCES since 2") and words in status
    assert status.count("\n") == 1
    assert not m.exists(m.control / "ready")


@pytest.mark.parametrize("code", ["AUTH_NOT_AUTHORIZED", "AUTH_NOT_AUTHENTICATED"])
def test_p27_a_refused_token_is_replaced_once_whatever_the_status(shop, mount, code):
    order = make(shop)
    m = mount(shop)
    m.wait_listed()
    shop.clear_requests()
    body = json.dumps({"data": {"orders": None}, "errors": [
        {"message": "Not allowed.", "path": ["orders"], "extensions": {"code": code}}]})
    shop.fault("orders", status=200, body=body)
    m.refresh()
    assert m.read("status") == "ok\n" and len(shop.requests("token")) == 1
    shop.fault("orders", status=200, body=body, times=0)
    shop.clear_requests()
    with fails_with(errno.EACCES):
        m.refresh()
    assert len(shop.requests("orders")) == 2
    assert len(shop.requests("token")) <= 2, "one for it, and one for whatever comes next"
    assert m.read("status").startswith("EACCES since 2") and "Not allowed" in m.read("status")
    assert orders(m) == [order]


def test_p27_tokens_that_ended_are_replaced_once_for_all(shop, mount):
    order = make(shop)
    m = mount(shop)
    m.wait_listed()
    shop.event("expire_tokens")
    shop.clear_requests()
    m.refresh()
    assert m.read("status") == "ok\n" and orders(m) == [order]
    assert len(shop.requests("token")) == 1
