"""Orders that come in pages by position, newest first, over GraphQL: listings that shift or break,
accounts that may not, and how many requests all that takes."""

import errno
import json

import pytest

from harness import fails_with, run, wait_until
from harness.past import let_time_pass

PAGE = 4
FIRST_FILL = 2  # requests right after a listing, for orders that were never asked about


def names(shop):
    return sorted(order["id"] for order in shop.jobs())


@pytest.fixture
def shop(sandbox):
    """Twenty-six orders in seven pages."""
    made = sandbox(accounts="eneba", orders=26, page_size=PAGE)
    made.event("freeze")
    return made


def answered(shop, operation="O_orders"):
    return [request for request in shop.requests(operation) if request["status"]]


def wait_filled(shop):
    wait_until(lambda: len(answered(shop, "O_orderExport")) == FIRST_FILL)


@pytest.fixture
def m(mount, shop):
    """All orders are listed, and asked about."""
    made = mount(shop, limits={"deadline": "5s"})
    made.wait_listed()
    wait_filled(shop)
    return made


def while_it_is_paged(m, shop, spawn, happen):
    """Lists everything, and has something happen once two pages are answered."""
    shop.clear_requests()
    shop.fault("O_orders", delay_ms=120, times=0)
    listing = spawn(f"echo > {m.control}/refresh")
    wait_until(lambda: len(answered(shop)) >= 2, what="two pages are here")
    happen()
    assert len(answered(shop)) < 6, "the listing was over already"
    assert listing.wait().returncode == 0
    shop.clear_faults()


# ---- pages


def test_a_listing_of_several_pages(m, shop):
    assert m.list("orders") == names(shop)
    assert len(shop.requests("O_orders")) == 7
    assert len(shop.requests()) <= 7 + 3


def test_an_account_without_orders(sandbox, mount):
    m = mount(sandbox(accounts="eneba", orders=0))
    m.wait_listed()
    assert m.list("orders") == []
    assert m.read("status") == "ok\n"


def test_orders_that_come_while_it_is_paged(m, shop, spawn):
    """Each shifts the rest by one: some rows come twice, and none may be missed."""
    shop.event("order", count=3)
    while_it_is_paged(m, shop, spawn, lambda: shop.event("order", count=5))
    found = run(["ls", m.account / "orders"]).stdout.split()
    assert found == names(shop) and len(found) == 34
    inodes = {m.stat(f"orders/{name}").st_ino for name in found}
    assert len(inodes) == 34


def test_orders_that_come_while_the_first_listing_is_paged(mount, shop):
    shop.fault("O_orders", delay_ms=120, times=0)
    m = mount(shop)
    wait_until(lambda: len(answered(shop)) >= 2)
    shop.event("order", count=5)
    m.wait_listed()
    assert m.list("orders") == names(shop)


def test_orders_that_go_while_it_is_paged(m, shop, spawn):
    """Each pulls a row over to a page that was read already: that row is not gone."""
    let_time_pass(m)
    m.wait_listed()
    gone = [order["id"] for order in shop.jobs()[:3]]

    def go():
        for name in gone:
            shop.event("vanish", id=name)
    while_it_is_paged(m, shop, spawn, go)
    assert set(m.list("orders")) >= set(names(shop))
    m.refresh()
    m.refresh()
    assert m.list("orders") == names(shop)


def test_p03_a_new_order_changes_no_other(m, shop):
    look = "stat -c '%n %i %y %Z' orders/* orders/*/*.json"
    run("cat orders/*/status", cwd=m.account)  # every export is known from here on
    before = run(look, cwd=m.account).stdout.splitlines()
    assert len(before) > 26 * 2
    shop.event("order", id="new")
    m.refresh()
    after = run(look, cwd=m.account).stdout.splitlines()
    assert [line for line in after if "/new" not in line] == before


def test_p05_a_cursor_that_repeats_ends_the_listing(m, shop):
    let_time_pass(m)
    m.wait_listed()
    known = m.list("orders")
    shop.fault("O_orders", repeat_cursor=True, times=0)
    for _ in range(3):
        shop.clear_requests()
        m.refresh()
        assert m.list("orders") == known, "what was not seen is not gone"
        assert len(shop.requests("O_orders")) <= 3
    assert "the page that was just read" in m.log()


def test_a_cursor_that_repeats_in_the_first_listing(mount, shop):
    shop.fault("O_orders", repeat_cursor=True, times=0)
    m = mount(shop)
    m.wait_listed()
    assert len(m.list("orders")) == 2 * PAGE
    shop.clear_faults()
    m.refresh()
    assert m.list("orders") == names(shop)


# ---- rows and answers that are not whole


def test_p27_rows_that_are_null_take_no_other_with_them(mount, shop):
    shop.fault("O_orders", null_items=2, times=0)
    m = mount(shop)
    m.wait_listed()
    assert len(m.list("orders")) == 13 and m.read("status") == "ok\n"
    shop.clear_faults()
    m.refresh()
    assert m.list("orders") == names(shop)


@pytest.mark.parametrize("field", ["totalPrice", "items", "orderNumber", "id", "createdAt"])
def test_p27_a_row_with_a_null_is_shown_as_far_as_it_goes(mount, shop, field):
    shop.fault("O_orders", null_field=f"O_orders.edges.node.{field}", times=0)
    m = mount(shop)
    m.wait_listed()
    assert m.list("orders") == names(shop)
    record = json.loads(m.read(f"orders/{names(shop)[0]}/order.json"))
    assert record[field] is None and record["orderState"]


@pytest.mark.parametrize("fault", [{}, {"null_items": 2}], ids=str)
def test_p05_rows_beside_errors_are_shown_and_none_is_dropped(m, shop, fault):
    let_time_pass(m)
    m.wait_listed()
    known = m.list("orders")
    shop.event("order", id="new", count=1)
    shop.fault("O_orders", times=0, graphql_errors=[{"message": "Shelf 7 is on fire"}], **fault)
    for _ in range(3):
        run(f"echo > {m.control}/refresh")
    assert set(m.list("orders")) >= set(known)
    assert m.log().count("Shelf 7 is on fire") == 1
    shop.clear_faults()
    m.refresh()
    assert m.list("orders") == names(shop) == sorted([*known, "new"])


@pytest.mark.parametrize("number, fault", [
    (errno.EBADMSG, {"null_data": True}),
    (errno.EBADMSG, {"null_field": "O_orders.edges"}),
    (errno.EREMOTEIO, {"null_data": True, "graphql_errors": [{"message": "Shelf 7 is on fire"}]}),
    (errno.EREMOTEIO, {"status": 502, "body_kind": "html"}),
    (errno.EBADMSG, {"body_kind": "json-cut"}),
    (errno.EBADMSG, {"body_kind": "html"}),
    (errno.EBADMSG, {"body_kind": "not-object"}),
], ids=str)
def test_p05_an_answer_without_rows_leaves_what_was_known(m, shop, number, fault):
    let_time_pass(m)
    m.wait_listed()
    known = m.list("orders")
    shop.fault("O_orders", times=0, **fault)
    for _ in range(2):
        with fails_with(number):
            m.refresh()
    assert m.list("orders") == known
    told = m.read("status")
    assert told.startswith(f"{errno.errorcode[number]} since 2") and "orders: " in told
    if "graphql_errors" in fault:
        assert "Shelf 7 is on fire" in told
    assert not m.exists(m.control / "ready")
    shop.clear_faults()
    m.refresh()
    assert m.read("status") == "ok\n" and m.exists(m.control / "ready")


def test_a_schema_that_lost_a_field_is_asked_for_less(mount, shop):
    lost = [f"O_API_Order.{field}" for field in ("id", "orderNumber")]
    shop.fault("O_orders", lost_fields=[*lost, "O_API_OrderItem.shortId"], times=0)
    m = mount(shop)
    m.wait_listed()
    assert m.list("orders") == names(shop)
    record = json.loads(m.read(f"orders/{names(shop)[0]}/order.json"))
    assert "orderNumber" not in record and record["items"][0]["sellableName"]
    assert [request["status"] for request in shop.requests("O_orders")] == [400] + [200] * 7
    m.refresh()
    statuses = [request["status"] for request in shop.requests("O_orders")]
    assert statuses == [400] + [200] * 14, "learnt once"
    assert m.log().count("the server lacks a field, so less is asked for") == 1
    assert m.read("status") == "ok\n"


def test_p27_a_schema_that_lost_even_more_is_an_error_with_its_words(mount, shop):
    shop.fault("O_orders", lost_fields=["O_API_Order.entryToken"], times=0)
    m = mount(shop)
    with pytest.raises(OSError):
        m.list("orders")
    assert "entryToken" in m.read("status")
    asked = [request["status"] for request in shop.requests("O_orders")]
    assert asked and set(asked) == {400} and len(asked) <= 4


# ---- who may not


def words_when_listing_fails(m, number):
    with fails_with(number):
        m.list("orders")
    return wait_until(lambda: m.read("status").startswith(errno.errorcode[number])
                      and m.read("status"))


def test_p27_a_buyer_without_the_role_is_told_so(mount, shop):
    m = mount(shop, account={"auth_id": "retail-buyer", "auth_secret": "retail-buyer-secret"})
    assert 'the account needs the role "wholesale buyer"' in words_when_listing_fails(
        m, errno.EACCES)
    assert len(shop.requests("token")) == 1, "another token would not help"


def test_p27_credentials_that_do_not_fit_are_told_by_their_names(mount, shop):
    m = mount(shop, account={"auth_secret": "sandbox-bayer-secret"})
    assert "auth_id and auth_secret do not fit" in words_when_listing_fails(m, errno.EACCES)


@pytest.mark.parametrize("fault, words", [
    ({"body_kind": "html"}, "is this machine's among them?"),
    ({"body_kind": "empty"}, "is this machine's among them?"),
    ({}, 'the account needs the role "wholesale buyer"'),
], ids=str)
def test_p27_a_403_says_which_of_two_doors_is_shut(mount, shop, fault, words):
    shop.fault("O_orders", status=403, times=0, **fault)
    m = mount(shop)
    assert words in words_when_listing_fails(m, errno.EACCES)


def test_p27_a_token_that_is_refused_is_renewed_once(m, shop):
    shop.event("expire_tokens")
    shop.clear_requests()
    m.refresh()
    assert len(shop.requests("token")) == 1
    assert [request["status"] for request in shop.requests("O_orders")] == [401] + [200] * 7
    shop.fault("O_orders", status=401, times=0)
    shop.clear_requests()
    with fails_with(errno.EACCES):
        m.refresh()
    assert len(shop.requests("token")) == 1
    assert len(shop.requests("O_orders")) == 2
    assert "auth_id and auth_secret do not fit" in m.read("status")


@pytest.mark.parametrize("fault", [
    {"null_data": True, "graphql_errors": [{"message": "Too many requests, please wait"}]},
    {"null_data": True, "graphql_errors": [{"message": "Rate limit exceeded"}]},
    {"status": 429, "headers": {"Retry-After": "4"}},
], ids=str)
def test_p07_a_rate_limit_is_no_state_of_an_order(mount, shop, fault):
    shop.event("order", id="it", export="PENDING")
    m = mount(shop, limits={"deadline": "2s"})
    status = m.account / "orders/it/status"
    assert m.read(status) == "running\n"
    shop.fault("O_orderExport", times=0, **fault)
    wait_until(lambda: run(["cat", status]).returncode)
    with fails_with(errno.EAGAIN):
        m.read(status)
    assert m.read("status").startswith("EAGAIN since 2")
    shop.clear_faults()
    wait_until(lambda: m.read(status) == "running\n")


# ---- how many requests


def test_the_states_of_a_thousand_orders(sandbox, mount):
    shop = sandbox(accounts="eneba", orders=0)
    shop.event("freeze")
    shop.event("order", count=1000, export="PENDING")
    m = mount(shop)
    m.wait_listed()
    wait_filled(shop)
    shop.clear_requests()
    result = run("cat orders/*/status", cwd=m.account)
    assert result.stdout == "running\n" * 1000, result.stderr
    assert len(shop.requests()) <= 60


def test_p04_ten_thousand_orders(sandbox, mount):
    shop = sandbox(accounts="eneba", orders=10_000)
    m = mount(shop)
    wait_until(lambda: m.exists(m.control / "ready"), 60)
    wait_filled(shop)
    assert len(shop.requests()) <= 100 + 3
    found = run("find orders -mindepth 1 -printf '%f\n' -prune", cwd=m.account).stdout.split()
    assert sorted(found) == names(shop)
    assert len(shop.requests()) <= 100 + 3, "looking at them asks nothing"


def test_p04_who_looks_again_asks_nothing(m, shop):
    shop.clear_requests()
    # Only who goes into an archive needs its directory.
    seen = run("find . -name keys -prune -o -name keys.zip -print", cwd=m.account)
    seen = seen.stdout.splitlines()
    assert len(seen) > 5 and not shop.requests()
    first = run("ls -l orders/*", cwd=m.account).stdout
    # For each archive its address and its size, once.
    assert len(shop.requests("download")) == len(seen)
    assert not shop.requests("O_orders")
    shop.clear_requests()
    assert run("ls -l orders/*", cwd=m.account).stdout == first
    run("find . -name keys -prune -o -ls; du -a --exclude=keys; stat */*/keys.zip; ls orders/no-such-order", cwd=m.account)
    assert not shop.requests("download") and not shop.requests("O_orders")
