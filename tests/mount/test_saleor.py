"""Saleor, by its description alone: three kinds of export, of which a server may lack some."""

import errno
import json

import pytest

from harness import fails_with, run, wait_until
from harness.commands import history, last
from harness.exports import TRIGGER, record, sent

PRODUCTS = "kind=products\n"
KINDS = "products, gift-cards, voucher-codes"
PRODUCT, OTHER_PRODUCT = "UHJvZHVjdDox", "UHJvZHVjdDoy"           # Product:1, Product:2
GIFT_CARD, VOUCHER, CODE = "R2lmdENhcmQ6MQ==", "Vm91Y2hlcjox", "Vm91Y2hlckNvZGU6Nw=="
ATTRIBUTE, WAREHOUSE, CHANNEL = "QXR0cmlidXRlOjM=", "V2FyZWhvdXNlOjQ=", "Q2hhbm5lbDox"


@pytest.fixture
def shop(sandbox):
    """A shop without exports; new ones stay pending."""
    return sandbox(accounts="saleor", orders=0).frozen()


def wish(job):
    """(kind, file type, input) as the API understood it."""
    asked_for = json.loads(job["filter"])
    return asked_for["kind"], asked_for["fileType"], asked_for["input"]


EVERYTHING = {
    "products": (
        f"kind=products scope=IDS file_type=XLSX ids={PRODUCT},{OTHER_PRODUCT} "
        f"fields=VARIANT_SKU,NAME attributes={ATTRIBUTE} warehouses={WAREHOUSE} "
        f"channels={CHANNEL}",
        ("product", "XLSX", {
            "scope": "IDS", "ids": [PRODUCT, OTHER_PRODUCT],
            "exportInfo": {"fields": ["VARIANT_SKU", "NAME"], "attributes": [ATTRIBUTE],
                           "warehouses": [WAREHOUSE], "channels": [CHANNEL]}})),
    "products with a filter": (
        """kind=products scope=FILTER filter='{"search": "mug", "price": {"gte": 1.5}}' """
        f"channels={CHANNEL}",
        ("product", "CSV", {"scope": "FILTER", "filter": {"search": "mug", "price": {"gte": 1.5}},
                            "exportInfo": {"channels": [CHANNEL]}})),
    "products, nothing said": ("kind=products", ("product", "CSV", {"scope": "ALL",
                                                                    "exportInfo": {}})),
    "gift cards": (f"kind=gift-cards scope=IDS ids={GIFT_CARD} file_type=XLSX",
                   ("gift_card", "XLSX", {"scope": "IDS", "ids": [GIFT_CARD]})),
    "gift cards with a filter": (
        """kind=gift-cards scope=FILTER filter='{"isActive": true}'""",
        ("gift_card", "CSV", {"scope": "FILTER", "filter": {"isActive": True}})),
    "codes of a voucher": (f"kind=voucher-codes voucher_id={VOUCHER}",
                           ("voucher_code", "CSV", {"voucherId": VOUCHER})),
    "voucher codes": (f"kind=voucher-codes ids={CODE} file_type=XLSX",
                      ("voucher_code", "XLSX", {"ids": [CODE]})),
    "JSON": (json.dumps({"kind": "products", "fields": ["NAME"], "ids": [PRODUCT], "scope": "IDS"}),
             ("product", "CSV", {"scope": "IDS", "ids": [PRODUCT],
                                 "exportInfo": {"fields": ["NAME"]}})),
    "JSON with a filter": (
        json.dumps({"kind": "products", "scope": "FILTER", "filter": {"search": 'a "mug"'}}),
        ("product", "CSV", {"scope": "FILTER", "filter": {"search": 'a "mug"'},
                            "exportInfo": {}})),
}


def without_empty(value):
    """What was left out and what is null or empty is the same to the API."""
    if not isinstance(value, dict):
        return value
    slim = {name: without_empty(inner) for name, inner in value.items()}
    return {name: inner for name, inner in slim.items() if inner not in (None, {}, [])}


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_field_arrives(mount, shop, name):
    command, (kind, file_type, wanted) = EVERYTHING[name]
    m = mount(shop)
    answer = json.loads(m.exchange(TRIGGER, command))
    job, = shop.jobs()
    assert answer == {"path": f"exports/{job['id']}", "state": "queued",
                      "id": record(m, job["id"])["id"]}
    assert wish(job)[:2] == (kind, file_type)
    assert without_empty(wish(job)[2]) == without_empty(wanted)


def test_what_was_asked_for_is_remembered(mount, shop):
    """The API does not tell what an export is of; orderfs remembers what it was asked for."""
    m = mount(shop)
    m.write(TRIGGER, "kind=products fields=NAME,CATEGORY file_type=XLSX")
    wanted = {"kind": "products", "scope": "ALL", "file_type": "XLSX",
              "fields": ["NAME", "CATEGORY"]}
    assert record(m, "1")["orderfs"] == wanted
    shop.event("finish", id="1")
    m.refresh()
    m.remount()
    assert record(m, "1")["orderfs"] == wanted
    assert record(m, "1")["status"] == "SUCCESS"


@pytest.mark.parametrize("text, advice", [
    ("fields=NAME", f"'kind' is missing: write kind= and one of: {KINDS}"),
    ("kind=orders", f"kind=orders does not exist; write one of: {KINDS}"),
    ("kind=products fields=NAME,PRICE", "PRICE"),
    ("kind=products scope=SOME", "ALL"),
    ("kind=products file_type=PDF", "CSV"),
    ("kind=products filter=mug", "'filter'"),
    ("kind=products filter='{\"search\": '", "'filter'"),
    ("kind=gift-cards fields=NAME", "'fields'"),
    (f"kind=voucher-codes scope=ALL voucher_id={VOUCHER}", "'scope'"),
    ("kind=products kind=gift-cards", "'kind' is there twice"),
])
def test_p09_what_the_api_cannot_take_is_not_sent(mount, shop, text, advice):
    m = mount(shop)
    m.list("exports")
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, text)
    assert advice in last(m).words and advice in m.read("status")
    assert not sent(shop)


@pytest.mark.parametrize("text, words", [
    ("kind=products scope=IDS", "ids: You must provide at least one id. (REQUIRED)"),
    ("kind=products scope=FILTER filter='{\"isPublished\": true}'",
     "channels: This filter needs exactly one channel. (REQUIRED)"),
    ("kind=products scope=IDS ids=nonsense", "Invalid ID: nonsense. Expected: Product."),
    ("kind=voucher-codes", "Name either voucherId or ids. (GRAPHQL_ERROR)"),
    (f"kind=voucher-codes voucher_id={CODE}", f"voucherId: Invalid ID: {CODE}."),
])
def test_p10_the_errors_of_a_mutation_are_told(mount, shop, text, words):
    m = mount(shop)
    m.list("exports")
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, text)
    assert words in last(m).words and words in m.read("status") and words in m.read(TRIGGER)
    assert len(sent(shop)) == 1 and not shop.jobs()
    m.write(TRIGGER, PRODUCTS)
    assert m.read("status") == "ok\n"


@pytest.mark.parametrize("text", [
    "kind=products scope=FILTER filter='{\"colour\": \"red\"}'",
    "kind=gift-cards scope=FILTER filter='{\"isActive\": true, \"colour\": 1}'",
])
def test_p10_a_filter_that_the_schema_does_not_know(mount, shop, text):
    """Answered with 400 and without data: a mutation is not tried in another form."""
    m = mount(shop)
    m.list("exports")
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, text)
    assert "colour" in m.read("status") and not shop.jobs()
    assert len(sent(shop)) == 1
    assert [row.outcome for row in history(m)] == ["refused"]


def test_p11_the_trigger_tells_of_all_three_kinds_and_their_examples_work(mount, shop):
    m = mount(shop)
    m.list("exports")
    usage = m.read(TRIGGER)
    for word in ("kind=products", "kind=gift-cards", "kind=voucher-codes", "voucher_id=TEXT",
                 "scope=ALL|IDS|FILTER", "file_type=CSV|XLSX", "filter=JSON", "VARIANT_SKU",
                 "warehouses=A,B,…", "force=yes"):
        assert word in usage
    examples = [line for line in usage.splitlines() if line.startswith("Example: ")]
    for example in examples:
        result = run(example.removeprefix("Example: "), cwd=m.account / "exports")
        assert result.returncode == 0, result
    assert [wish(job)[0] for job in reversed(shop.jobs())] == ["product", "gift_card",
                                                               "voucher_code"]


def test_kinds_that_the_server_has_not_are_not_offered(mount, shop):
    shop.event("version", version="3.24")
    m = mount(shop)
    m.wait_listed()
    usage = wait_until(lambda: "does not have it" in (text := m.read(TRIGGER)) and text)
    assert usage.count("This server does not have it.") == 2
    assert usage.count("Example: ") == 1
    for kind in ("gift-cards", "voucher-codes"):
        with fails_with(errno.EINVAL):
            m.write(TRIGGER, f"kind={kind}")
        assert kind in last(m).words and "server" in last(m).words
    assert not sent(shop)
    m.write(TRIGGER, PRODUCTS)
    assert len(shop.jobs()) == 1


@pytest.mark.parametrize("version", ["3.22", "3.23"])
def test_a_server_that_will_lose_them_still_has_them(mount, shop, version):
    shop.event("version", version=version)
    m = mount(shop)
    m.wait_listed()
    wait_until(lambda: shop.requests("__type"))
    m.write(TRIGGER, "kind=gift-cards")
    assert "does not have it" not in m.read(TRIGGER)
    assert len(shop.requests("__type")) == 1, "it is asked once"


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"status": 502, "act": True},
                                   {"body_kind": "json-cut"}, {"null_data": True}], ids=str)
def test_p12_an_export_whose_answer_was_lost_is_found(mount, shop, fault):
    m = mount(shop, limits={"deadline": "3s"})
    m.list("exports")
    shop.fault("exportProducts", **fault)
    with pytest.raises(OSError):
        m.write(TRIGGER, "kind=products fields=NAME")
    wait_until(lambda: shop.jobs(), what="the API acts")
    wait_until(lambda: m.refresh() or last(m).outcome == "adopted")
    assert record(m, "1")["orderfs"]["fields"] == ["NAME"]
    assert len(sent(shop)) == 1


def test_p13_the_same_export_is_not_started_twice(mount, shop):
    m = mount(shop)
    m.write(TRIGGER, "kind=products fields=NAME,CATEGORY")
    for same in ("file_type=CSV fields=NAME,CATEGORY scope=ALL kind=products",
                 '{"kind": "products", "fields": ["NAME", "CATEGORY"]}'):
        with fails_with(errno.EALREADY):
            m.write(TRIGGER, same)
        assert "exports/1 is already queued" in last(m).words
    for other in ("kind=products fields=CATEGORY,NAME", "kind=products", "kind=gift-cards",
                  "kind=products fields=NAME,CATEGORY force=yes"):
        m.write(TRIGGER, other)
    assert len(shop.jobs()) == 5
