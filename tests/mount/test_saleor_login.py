"""Saleor, by its description alone: the tokens of apps, which last, and of people, which do not."""

import errno

import pytest

from harness import fails_with, wait_until
from harness.commands import last
from harness.exports import TRIGGER, asked, exports, sent

PRODUCTS = "kind=products\n"


@pytest.fixture
def shop(sandbox):
    """A shop without exports; new ones stay pending."""
    return sandbox(accounts="saleor", orders=0).frozen()


def staff(shop, **settings):
    """The account of a person instead of an app's."""
    return {"saleor": {"provider": "saleor", "graphql_url": shop.accounts["saleor"]["graphql_url"],
                       "email": "staff@example.org", "password": "sandbox-password",
                       "insecure": True, **settings}}


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
