"""Saleor, by its description alone: what is particular of this API.

GraphQL with errors beside data; tokens of apps that last, and of people that live for minutes;
three kinds of export, of which a server may lack some; files that are called as the server does.
"""

import errno
import json
import re
import time

import pytest

from harness import fails_with, run, wait_until
from harness.commands import history, last

TRIGGER = "exports/trigger"
PRODUCTS = "kind=products\n"
STARTS = ("exportProducts", "exportGiftCards", "exportVoucherCodes")
PRODUCT, OTHER_PRODUCT = "UHJvZHVjdDox", "UHJvZHVjdDoy"           # Product:1, Product:2
GIFT_CARD, VOUCHER, CODE = "R2lmdENhcmQ6MQ==", "Vm91Y2hlcjox", "Vm91Y2hlckNvZGU6Nw=="
ATTRIBUTE, WAREHOUSE, CHANNEL = "QXR0cmlidXRlOjM=", "V2FyZWhvdXNlOjQ=", "Q2hhbm5lbDox"
STALE_WORD = "and this API has no word for failed"


@pytest.fixture
def shop(sandbox):
    """A shop without exports; new ones stay pending."""
    made = sandbox(accounts="saleor", orders=0)
    made.event("freeze")
    return made


def staff(shop, **settings):
    """The account of a person instead of an app's."""
    return {"saleor": {"provider": "saleor", "graphql_url": shop.accounts["saleor"]["graphql_url"],
                       "email": "staff@example.org", "password": "sandbox-password",
                       "insecure": True, **settings}}


def sent(shop):
    """The mutations that reached the API."""
    return [request for request in shop.requests() if request["operation"] in STARTS]


def asked(shop):
    """All requests to the API itself."""
    return [request for request in shop.requests() if request["operation"] != "download"]


def exports(m):
    return sorted(set(m.list("exports")) - {"trigger"})


def record(m, name):
    return json.loads(m.read(f"exports/{name}/export.json"))


def file_of(m, name):
    """The one file of an export that is neither its record nor its state."""
    found, = set(m.list(f"exports/{name}")) - {"export.json", "status", "error"}
    return found


def wish(job):
    """(kind, file type, input) as the API understood it."""
    asked_for = json.loads(job["filter"])
    return asked_for["kind"], asked_for["fileType"], asked_for["input"]


# ---- commands


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
    ("fields=NAME", "'kind' is missing: write kind= and one of: products, gift-cards, voucher-codes"),
    ("kind=orders", "kind=orders does not exist; write one of: products, gift-cards, voucher-codes"),
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


# ---- files and records


@pytest.mark.parametrize("kind, file_type", [
    ("product", "CSV"), ("gift_card", "XLSX"), ("voucher_code", "CSV"), ("product", "XLSX")])
def test_p01_a_file_is_called_as_the_server_calls_it(mount, shop, tmp_path, kind, file_type):
    shop.event("job", id="7", kind=kind, file_type=file_type, created="2026-11-07T06:05:04Z")
    m = mount(shop)
    m.wait_listed()
    name = file_of(m, "7")
    assert re.fullmatch(rf"{kind}_data_07_11_2026_06_05_04_[0-9a-f-]{{36}}\.{file_type.lower()}",
                        name)
    wanted = shop.raw_file("7")
    assert m.stat(f"exports/7/{name}").st_size == len(wanted)
    assert run(["rsync", "-a", m.account / "exports/7", tmp_path]).returncode == 0
    assert (tmp_path / "7" / name).read_bytes() == wanted
    assert record(m, "7")["url"].endswith("/" + name)


@pytest.mark.parametrize("address, name", [
    ("http://localhost:1/a%2F..%2Fb.csv", "a%2F..%2Fb.csv"),
    ("http://localhost:1/media/%2E%2E", "%2E."),
    ("http://localhost:1/status", "status~2"),
    ("http://localhost:1/export.json?x=1", "export~2.json"),
    ("http://localhost:1/gift%20cards.csv#x", "gift cards.csv"),
    ("http://localhost:1/.hidden.csv", "%2Ehidden.csv"),
])
def test_p02_the_name_in_an_address_is_made_safe(mount, shop, address, name):
    shop.event("job", id="7")
    m = mount(shop)
    m.wait_listed()
    edge = {"node": {"id": "RXhwb3J0RmlsZTo4", "status": "SUCCESS", "url": address, "events": [],
                     "createdAt": "2026-11-07T06:05:04.000001+00:00",
                     "updatedAt": "2026-11-07T06:05:04.000001+00:00"}}
    shop.fault("exportFiles", body=json.dumps({"data": {"exportFiles": {
        "pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": [edge]}}}))
    m.refresh()
    assert m.list("exports/8") == sorted([name, "export.json", "status"])
    assert m.read("exports/8/status") == "ready\n"


def test_ids_are_shown_as_their_numbers(mount, shop):
    for number in ("1", "42", "100"):
        shop.event("job", id=number)
    m = mount(shop)
    m.wait_listed()
    assert exports(m) == ["1", "100", "42"]
    assert record(m, "42")["id"] == "RXhwb3J0RmlsZTo0Mg=="


def test_events_are_in_the_record_and_no_message(mount, shop):
    shop.event("job", id="7", status="pending")
    m = mount(shop)
    m.wait_listed()
    assert [event["type"] for event in record(m, "7")["events"]] == ["EXPORT_PENDING"]
    shop.event("fail", id="7", error="The disk is full")
    wait_until(lambda: m.read("exports/7/status") == "failed\n")
    events = record(m, "7")["events"]
    assert [event["type"] for event in events] == ["EXPORT_PENDING", "EXPORT_FAILED"]
    assert all(set(event) == {"type", "date"} for event in events)
    assert m.list("exports/7") == ["export.json", "status"]


def test_an_address_before_its_time_is_no_file(sandbox, mount):
    """The file stands there a while before the export counts as done, and may yet be taken back."""
    shop = sandbox(accounts="saleor", orders=0, export_seconds=1)
    m = mount(shop)
    m.write(TRIGGER, PRODUCTS)

    def early():
        job, = shop.jobs()
        return job["status"] == "PENDING" and job["bytes"]
    wait_until(early)
    shop.event("freeze")
    m.refresh()
    assert record(m, "1")["url"].endswith(".csv")
    assert m.list("exports/1") == ["export.json", "status"]
    assert m.read("exports/1/status") == "queued\n"
    assert not shop.requests("download")
    shop.event("thaw")
    wait_until(lambda: m.read("exports/1/status") == "ready\n")
    assert m.read_bytes(f"exports/1/{file_of(m, '1')}") == shop.raw_file("1")


def test_one_that_fails_after_its_address_was_there(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=0, export_seconds=1)
    m = mount(shop)
    m.write(TRIGGER, PRODUCTS)
    wait_until(lambda: shop.jobs()[0]["bytes"])
    shop.event("fail", id="1")
    wait_until(lambda: m.read("exports/1/status") == "failed\n")
    assert m.list("exports/1") == ["export.json", "status"]
    assert record(m, "1")["url"] is None


def test_rows_that_vanish_are_gone(mount, shop):
    shop.event("job", id="7", status="pending")
    shop.event("age", id="7", days=1)
    m = mount(shop)
    m.wait_listed()
    shop.event("vanish", id="7")
    wait_until(lambda: run(["cat", m.account / "exports/7/status"]).returncode)
    with fails_with(errno.ENOENT):
        m.read("exports/7/status")


def test_files_are_fetched_without_the_token(mount, shop):
    for number in ("1", "2"):
        shop.event("job", id=number)
    m = mount(shop)
    m.wait_listed()
    assert all(m.read_bytes(f"exports/{number}/{file_of(m, number)}") for number in ("1", "2"))
    downloads = shop.requests("download")
    assert downloads and not any(request["authorization"] for request in downloads)
    assert {request["status"] for request in downloads} <= {200, 206}


def signatures_in(m):
    """Where a signed address has been written down."""
    places = [path for path in m.state_dir.rglob("*")
              if path.is_file() and b"X-Signature" in path.read_bytes()]
    return places + [name for name in ("log", "history", "metrics")
                     if "X-Signature" in m.read(m.control / name)]


def test_signed_addresses_are_never_written_down(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=0)
    shop.event("media", signed=True)
    shop.event("job", id="7", bytes=300_000)
    m = mount(shop)
    m.wait_listed()
    name = file_of(m, "7")
    assert m.stat(f"exports/7/{name}").st_size == 300_000
    assert record(m, "7")["url"].endswith("/" + name), "without what follows the question mark"
    assert m.read_bytes(f"exports/7/{name}") == shop.raw_file("7")
    shop.fault("download", status=403, times=2)
    shop.fault("download", drop_after=100, times=1)
    m.remount()
    run(["cat", m.account / "exports/7" / name])
    assert not signatures_in(m)
    m.terminate()
    assert "X-Signature" not in m.stderr()
    m.remount()


def test_p03_another_signature_is_no_news(mount, shop):
    """The server signs anew for each who asks: the same file all the same."""
    shop.event("media", signed=True)
    shop.event("job", id="7")
    m = mount(shop)
    m.wait_listed()
    name = file_of(m, "7")
    before = m.stat(f"exports/7/{name}"), m.stat("exports/7/export.json")
    m.refresh()
    shop.event("expire_urls")
    m.refresh()
    assert (m.stat(f"exports/7/{name}"), m.stat("exports/7/export.json")) == before
    assert m.read_bytes(f"exports/7/{name}") == shop.raw_file("7")


def test_files_come_from_media_url_where_the_server_names_a_wrong_host(mount, shop):
    shop.event("job", id="7")
    port = shop.url.rpartition(":")[2]
    m = mount(shop, account={"media_url": f"http://127.0.0.1:{port}"})
    m.wait_listed()
    assert m.read_bytes(f"exports/7/{file_of(m, '7')}") == shop.raw_file("7")
    hosts = {request["headers"]["Host"] for request in shop.requests("download")}
    assert hosts == {f"127.0.0.1:{port}"}, "the server says localhost"
    assert record(m, "7")["url"].startswith("http://localhost:"), "the record is as it came"


# ---- who asks


def test_an_app_s_token_is_used_as_it_is(mount, shop):
    m = mount(shop)
    m.wait_listed()
    m.write(TRIGGER, PRODUCTS)
    assert {request["operation"] for request in asked(shop)} <= {"exportFiles", "__type",
                                                                 "exportProducts", "exportFile"}
    assert all(request["authorization"] for request in asked(shop))
    assert {request["method"] for request in asked(shop)} == {"POST"}
    assert {request["path"] for request in asked(shop)} == {"/saleor/graphql/"}


@pytest.mark.parametrize("ending", ["/graphql", "/graphql/"])
def test_the_slash_after_graphql_may_be_left_out(mount, shop, ending):
    url = shop.accounts["saleor"]["graphql_url"].rstrip("/").removesuffix("/graphql")
    m = mount(shop, account={"graphql_url": url + ending})
    m.wait_listed()
    assert {request["path"] for request in asked(shop)} == {"/saleor/graphql/"}


def test_a_person_logs_in_once(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=3)
    m = mount(accounts=staff(shop))
    m.wait_listed()
    m.write(TRIGGER, "kind=gift-cards")
    m.refresh()
    assert len(shop.requests("tokenCreate")) == 1
    assert not shop.requests("tokenCreate")[0]["authorization"]
    assert not shop.requests("tokenRefresh")


def test_p06_many_readers_refresh_a_token_once(mount, shop, spawn):
    shop.event("job", count=12, status="pending")
    m = mount(accounts=staff(shop))
    m.wait_listed()
    shop.event("expire_tokens")
    shop.fault("tokenRefresh", delay_ms=500)
    readers = [spawn(["cat", m.account / f"exports/{number}/status"]) for number in range(1, 13)]
    readers += [spawn(f"echo kind=products fields=NAME > {m.account / TRIGGER}"),
                spawn(f"echo now > {m.control}/refresh")]
    results = [reader.wait() for reader in readers]
    assert [result.stdout for result in results[:12]] == ["queued\n"] * 12
    assert results[-1].returncode == 0
    wait_until(lambda: shop.requests("tokenRefresh"))
    assert len(shop.requests("tokenRefresh")) == 1
    assert len(shop.requests("tokenCreate")) == 1
    assert not shop.requests("tokenRefresh")[0]["authorization"], "the old token spoils the request"


def test_tokens_that_expire_in_the_middle_of_the_work(sandbox, mount):
    """Whatever the description says of their life, this server's live one second."""
    shop = sandbox(accounts="saleor", orders=150, token_seconds=1)
    shop.fault("exportFiles", delay_ms=600, times=0)
    m = mount(accounts=staff(shop))
    m.wait_listed()
    assert len(exports(m)) == 150
    m.refresh()
    assert m.read("status") == "ok\n"
    assert len(shop.requests("tokenCreate")) == 1
    assert 1 <= len(shop.requests("tokenRefresh")) < len(shop.requests("exportFiles"))


def test_p12_a_command_with_an_expired_token_is_not_sent_twice(mount, shop):
    m = mount(accounts=staff(shop))
    m.wait_listed()
    shop.event("expire_tokens")
    with fails_with(errno.EACCES):
        m.write(TRIGGER, PRODUCTS)
    assert "write it again" in last(m).words
    assert len(sent(shop)) == 1 and not shop.jobs()
    m.write(TRIGGER, PRODUCTS)
    assert len(sent(shop)) == 2 and len(shop.jobs()) == 1


def test_a_login_that_ended_is_made_again_once(mount, shop, spawn):
    shop.event("job", count=6, status="pending")
    m = mount(accounts=staff(shop))
    m.wait_listed()
    shop.event("expire_logins")
    shop.fault("tokenCreate", delay_ms=500)
    readers = [spawn(["cat", m.account / f"exports/{number}/status"]) for number in range(1, 7)]
    readers.append(spawn(f"echo now > {m.control}/refresh"))
    assert all(reader.wait().returncode == 0 for reader in readers)
    assert len(shop.requests("tokenRefresh")) == 1
    assert len(shop.requests("tokenCreate")) == 2, "never side by side: that delays all of them"
    assert m.read("status") == "ok\n"


def test_p27_a_wrong_password_is_told_and_not_tried_again_and_again(mount, shop, spawn):
    m = mount(accounts=staff(shop, password="wrong-password"))
    readers = [spawn(["ls", m.account / "exports"]) for _ in range(6)]
    assert all(reader.wait().returncode for reader in readers)
    with fails_with(errno.EACCES):
        m.list("exports")
    assert "Please, enter valid credentials" in m.read("status")
    assert len(shop.requests("tokenCreate")) <= 3
    assert not shop.requests("exportFiles")


def test_p27_neither_a_token_nor_a_person_is_told_at_the_start(mount, shop):
    account = {"saleor": {"provider": "saleor", "insecure": True,
                          "graphql_url": shop.accounts["saleor"]["graphql_url"]}}
    m = mount(accounts=account)
    with pytest.raises(OSError):
        m.list("exports")
    assert "app_token" in m.read("status")


@pytest.mark.parametrize("settings, words", [
    ({"app_token": "nobody-knows-this"}, "MANAGE_PRODUCTS"),
    ({"app_token": "sandbox-saleor-gift-cards"}, "MANAGE_PRODUCTS"),
])
def test_p27_a_token_without_permission_is_told(mount, shop, settings, words):
    m = mount(shop, account=settings)
    with fails_with(errno.EACCES):
        m.list("exports")
    assert m.read("status").startswith("EACCES since 2")
    assert words in m.read("status") and "you need one of the following" in m.read("status")
    assert len(shop.requests("exportFiles")) <= 3, "a new token would not help"


def test_p27_a_customer_is_no_staff(mount, shop):
    m = mount(accounts=staff(shop, email="customer@example.org"))
    with fails_with(errno.EACCES):
        m.list("exports")
    assert "MANAGE_PRODUCTS" in m.read("status")


def test_p27_who_may_only_products_is_told_at_gift_cards(mount, shop):
    m = mount(shop, account={"app_token": "sandbox-saleor-products"})
    m.wait_listed()
    m.write(TRIGGER, PRODUCTS)
    with fails_with(errno.EACCES):
        m.write(TRIGGER, "kind=gift-cards")
    assert "MANAGE_GIFT_CARD" in last(m).words
    assert len(shop.requests("exportGiftCards")) == 1 and len(shop.jobs()) == 1


@pytest.mark.parametrize("number, fault, words", [
    (errno.EREMOTEIO, {"status": 500}, "HTTP 500"),
    (errno.EREMOTEIO, {"status": 503, "body_kind": "html"}, "maintenance"),
    (errno.EBADMSG, {"body_kind": "html"}, "maintenance"),
    (errno.EBADMSG, {"body": "{}"}, ""),
    (errno.EBADMSG, {"body": '{"data": {"exportProducts": null}}'}, ""),
    (errno.EINVAL, {"status": 400, "body": '{"errors": [{"message": "Too costly."}]}'},
     "HTTP 400: Too costly"),
], ids=str)
def test_p27_whatever_the_api_says_is_one_line(mount, shop, number, fault, words):
    m = mount(shop)
    m.list("exports")
    shop.fault("exportProducts", **fault)
    with fails_with(number):
        m.write(TRIGGER, PRODUCTS)
    assert words in m.read("status") and m.read("status").count("\n") == 1


def test_p27_a_wrong_graphql_url_is_told(mount, shop):
    url = shop.accounts["saleor"]["graphql_url"].replace("graphql", "grafql")
    m = mount(shop, account={"graphql_url": url})
    with pytest.raises(OSError):
        m.list("exports")
    assert "graphql_url must end in /graphql" in m.read("status")


# ---- states


@pytest.mark.parametrize("status, word", [
    ("PENDING", "queued"), ("FAILED", "failed"), ("SUCCESS", "ready"), ("DELETED", "expired"),
    ("ARCHIVED", "unknown")])
def test_p06_the_words(mount, shop, status, word):
    shop.event("job", id="7", status="pending")
    shop.event("status", id="7", status=status)
    for operation in ("exportFiles", "exportFile"):
        if status in ("DELETED", "ARCHIVED"):
            shop.fault(operation, body=answer_with(status, operation), times=0)
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == f"{word}\n"
    assert record(m, "7")["status"] == status


def answer_with(status, operation):
    """What a server would say that has words which its schema does not promise."""
    row = {"id": "RXhwb3J0RmlsZTo3", "status": status, "url": None, "events": [],
           "createdAt": "2026-11-07T06:05:04.000001+00:00",
           "updatedAt": "2026-11-07T06:05:04.000001+00:00"}
    if operation == "exportFile":
        return json.dumps({"data": {"exportFile": row, "i0": row}})
    return json.dumps({"data": {"exportFiles": {
        "pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": [{"node": row}]}}})


def test_p06_success_without_an_address_is_empty(mount, shop):
    shop.event("job", id="7")
    shop.fault("exportFiles", null_field="exportFiles.edges.node.url", times=0)
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == "empty\n"
    assert m.list("exports/7") == ["export.json", "status"]


def test_p06_a_worker_that_was_lost_leaves_unknown_after_a_day(mount, shop):
    shop.event("job", id="7", status="pending")
    shop.event("age", id="7", days=2)
    m = mount(shop)
    m.list("exports")
    assert m.read("exports/7/status") == "unknown\n"
    assert STALE_WORD in m.read("exports/7/error")


def test_p06_the_states_of_many_come_in_few_requests(mount, shop):
    shop.event("job", count=300, status="pending")
    m = mount(shop)
    m.wait_listed()
    assert len(exports(m)) == 300
    # What the listing said is good for a second.
    until = time.monotonic() + 1.1
    wait_until(lambda: time.monotonic() > until)
    shop.clear_requests()
    result = run(f"cat {m.account}/exports/*/status | sort | uniq -c", timeout=60)
    assert result.stdout.split() == ["300", "queued"]
    assert 6 <= len(asked(shop)) <= 30


def test_p06_an_answer_that_lacks_one_of_them_says_nothing_of_that_one(mount, shop):
    """Two are asked about in one request; an error beside the data concerns one of them."""
    shop.event("job", id="7", status="pending")
    shop.event("job", id="8", status="pending")
    m = mount(shop)
    m.wait_listed()
    shop.event("vanish", id="8")
    shop.event("finish", id="7")
    wait_until(lambda: m.read("exports/7/status") == "ready\n")
    assert m.read_bytes(f"exports/7/{file_of(m, '7')}") == shop.raw_file("7")


# ---- pages, and answers that are not as they should be


def test_many_pages_are_followed_to_the_end(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=250)
    m = mount(shop)
    m.wait_listed()
    assert exports(m) == sorted(str(number + 1) for number in range(250))
    assert len(shop.requests("exportFiles")) == 3


def test_a_cursor_that_comes_again_ends_the_listing(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=250)
    m = mount(shop)
    m.wait_listed()
    shop.clear_requests()
    shop.fault("exportFiles", repeat_cursor=True, times=0)
    m.refresh()
    assert len(shop.requests("exportFiles")) <= 4
    assert len(exports(m)) == 250
    assert "the listing ended before its end" in m.log()


def test_a_list_that_shifts_while_it_is_read_misses_nothing(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=350)
    shop.fault("exportFiles", delay_ms=150, times=4)
    m = mount(shop)
    for new in range(4):
        wait_until(lambda: len(shop.requests("exportFiles")) > new)
        shop.event("job", id=str(1001 + new))
        shop.event("vanish", id=str(350 - new))
    m.wait_listed()
    left = {str(number) for number in range(1, 347)}
    assert left <= set(exports(m)), "these were there all the time"
    m.refresh()
    assert left | {str(1001 + new) for new in range(4)} <= set(exports(m))
    assert not any("~" in name for name in exports(m)), "none is there twice"


def test_null_rows_are_passed_over(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=9)
    shop.fault("exportFiles", null_items=3, times=0)
    m = mount(shop)
    m.wait_listed()
    assert len(exports(m)) == 6
    assert m.read("status") == "ok\n" and "left out" not in m.log()


def test_rows_whose_node_is_null_are_passed_over(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=3)
    shop.fault("exportFiles", null_field="exportFiles.edges.node", times=0)
    m = mount(shop)
    m.wait_listed()
    assert exports(m) == []


def test_a_server_without_events_is_asked_without(mount, shop):
    """Once, and told once: the smaller document serves from then on."""
    shop.event("job", id="7", status="pending")
    for operation in ("exportFiles", "exportFile"):
        shop.fault(operation, lost_fields=["ExportFile.events"], times=0)
    m = mount(shop)
    m.wait_listed()
    assert "events" not in record(m, "7")
    assert [request["status"] for request in shop.requests("exportFiles")] == [400, 200]
    m.refresh()
    assert [request["status"] for request in shop.requests("exportFiles")] == [400, 200, 200]
    told = [line for line in m.log().splitlines() if "events" in line]
    assert len(told) == 1, m.log()
    shop.event("finish", id="7")
    wait_until(lambda: m.read("exports/7/status") == "ready\n")
    assert m.read_bytes(f"exports/7/{file_of(m, '7')}") == shop.raw_file("7")
    assert m.read("status") == "ok\n"


def test_a_server_that_lost_more_than_that_is_told(mount, shop):
    shop.fault("exportFiles", lost_fields=["ExportFile.url", "ExportFile.events"], times=0)
    m = mount(shop)
    with pytest.raises(OSError):
        m.list("exports")
    assert "url" in m.read("status") and "Cannot query field" in m.read("status")
    assert len(shop.requests("exportFiles")) <= 5


def test_partial_data_with_errors_is_used(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=4)
    shop.fault("exportFiles", times=0, null_field="exportFiles.edges.node.events",
               graphql_errors=[{"message": "Cannot return null for non-nullable field.",
                                "path": ["exportFiles", "edges", 0, "node", "events", 0],
                                "extensions": {"exception": {"code": "GraphQLError"}}}])
    m = mount(shop)
    m.list("exports")
    assert len(exports(m)) == 4
    name = exports(m)[0]
    assert record(m, name)["events"] is None
    assert m.read(f"exports/{name}/status") in ("ready\n", "failed\n")


def test_no_data_at_all_is_no_empty_folder(sandbox, mount):
    shop = sandbox(accounts="saleor", orders=4)
    m = mount(shop)
    m.wait_listed()
    known = exports(m)
    for fault in ({"null_data": True}, {"null_field": "exportFiles"},
                  {"null_field": "exportFiles.edges"}):
        shop.fault("exportFiles", **fault)
        with fails_with(errno.EBADMSG):
            m.refresh()
        assert exports(m) == known
        assert "EBADMSG" in m.read("status")
    m.refresh()
    assert m.read("status") == "ok\n"
