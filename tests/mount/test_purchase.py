"""Promises 9 to 14 where a command is an order that costs money: it needs a permission, is checked
before it is sent, keeps its digits, is sent once, and every refusal is told in words.
"""

import errno
import json
import signal

import pytest

from harness import fails_with, run, wait_until
from harness.commands import history, last
from harness.keyshop import SPENDING, orders
from harness.wire import Wire

TRIGGER = "orders/trigger"
COMMAND = "productId=4711 quantity=2 unitPrice=12.30\n"
SECOND = "productId=4712 quantity=1 unitPrice=7 keyType=20 partnerProductId='my own'\n"


@pytest.fixture
def shop(sandbox):
    """Two products with known prices; what is ordered stays new."""
    made = sandbox(accounts="wock", orders=0).frozen()
    made.event("product", product=4711, price="12.30", stock=50)
    made.event("product", product=4712, price="7.00", stock=50)
    return made


@pytest.fixture
def m(mount, shop):
    made = mount(shop, account=SPENDING)
    made.list("orders")
    return made


def ordered(shop):
    """The requests that would spend money, whatever came of them."""
    return shop.requests("createOrder")


def placed(wire):
    """What they asked for, each number as the text that it was."""
    return [json.loads(body, parse_float=str, parse_int=str)["variables"]["input"]["products"]
            for body in wire.sent("createOrder")]


# ---- the permission


@pytest.mark.parametrize("account", [{}, {"spend": False}, {"cancel": True}], ids=str)
def test_p14_an_order_needs_a_permission(mount, shop, account):
    m = mount(shop, account=account)
    m.list("orders")
    for command in (COMMAND, COMMAND.strip() + " force=yes", COMMAND + SECOND):
        with fails_with(errno.EPERM):
            m.write(TRIGGER, command)
        assert "spend: yes" in last(m).words and "spend: yes" in m.read("status")
    assert not ordered(shop) and not shop.jobs()
    assert "It spends money" in m.read(TRIGGER)


# ---- what is sent


@pytest.mark.parametrize("price", ["12.30", "12.3", "12.300", "12"])
@pytest.mark.parametrize("form", ["productId=4711 quantity=2 unitPrice={}",
                                  '{{"productId": 4711, "quantity": 2, "unitPrice": {}}}',
                                  '[{{"quantity": 2, "unitPrice": "{}", "productId": "4711"}}]'])
def test_p09_a_price_keeps_its_digits(mount, shop, form, price):
    if price == "12":
        shop.event("product", product=4711, price="12.00")
    with Wire(shop) as wire:
        m = mount(shop, account={**SPENDING, **wire.account})
        m.write(TRIGGER, form.format(price))
        assert placed(wire) == [[{"productId": "4711", "quantity": "2", "unitPrice": price}]]
    assert len(shop.jobs()) == 1


LINES = [{"productId": "4711", "quantity": "2", "unitPrice": "12.30"},
         {"productId": "4712", "quantity": "1", "unitPrice": "7", "keyType": "20",
          "partnerProductId": "my own"}]
SHELLS = {
    "cat": "cat > {2} <<END\n{0}\n\n{1}\nEND",
    "cp": "cat > {3} <<END\n{0}\n{1}\nEND\ncp {3} {2}",
    "sh": """sh -c "printf '%s\\n%s' \\"{0}\\" \\"{1}\\"" > {2}""",
    "JSON": "echo '" + json.dumps([{k: int(v) if v.isdigit() else v for k, v in line.items()}
                                   for line in LINES]).replace("{", "{{").replace("}", "}}")
            + "' > {2}",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_p09_several_lines_are_one_order(mount, shop, shell, tmp_path):
    with Wire(shop) as wire:
        m = mount(shop, account={**SPENDING, **wire.account})
        m.list("orders")
        result = run(SHELLS[shell].format(COMMAND.strip(), SECOND.strip(), m.account / TRIGGER,
                                          tmp_path / "order"))
        assert (result.returncode, result.stderr) == (0, "")
        assert placed(wire) == [LINES]
    order, = shop.jobs()
    record = json.loads(m.read(f"orders/{order['id']}/order.json"))
    assert [line["productId"] for line in record["products"]] == [4711, 4712]


def test_p09_a_shell_that_writes_each_line_apart_places_an_order_for_each(m, shop):
    """As bash does; one write is one command."""
    run(["bash", "-c", f"echo -e '{COMMAND.strip()}\\nproductId=4712 quantity=1 unitPrice=7' > "
         f"{m.account}/{TRIGGER}"])
    assert len(ordered(shop)) == len(shop.jobs()) == 2


NOT_SENT = {
    "nothing of it": (" \n", "productId="),
    "no price": ("productId=4711 quantity=1", "'unitPrice' is missing"),
    "quantity 0": ("productId=4711 quantity=0 unitPrice=12.30", "from 1 to 500"),
    "quantity 501": ("productId=4711 quantity=501 unitPrice=12.30", "from 1 to 500"),
    "quantity x": ("productId=4711 quantity=x unitPrice=12.30", "'quantity' takes a"),
    "quantity 1.5": ("productId=4711 quantity=1.5 unitPrice=12.30", "'quantity' takes a"),
    "quantity -1": ("productId=4711 quantity=-1 unitPrice=12.30", "from 1 to 500"),
    "quantity huge": ("productId=4711 quantity=4294967297 unitPrice=12.30", "'quantity'"),
    "price x": ("productId=4711 quantity=1 unitPrice=x", "'unitPrice' takes a"),
    "price comma": ("productId=4711 quantity=1 unitPrice=12,30", "'unitPrice' takes a"),
    "price with sign": ("productId=4711 quantity=1 unitPrice=€12.30", "'unitPrice' takes a"),
    "price 1e3": ("productId=4711 quantity=1 unitPrice=NaN", "'unitPrice' takes a"),
    "key type": (COMMAND.strip() + " keyType=15", "10"),
    "unknown field": (COMMAND.strip() + " colour=red", "'colour'"),
    "twice": (COMMAND + COMMAND, "productId"),
    "twice in JSON": (json.dumps([{"productId": n, "quantity": 1, "unitPrice": 1}
                                  for n in (4711, 4711.0)]), "productId"),
    "second line wrong": (COMMAND + "productId=4712 quantity=x unitPrice=7", "line 2"),
    "too many": ("".join(f"productId={n} quantity=1 unitPrice=1\n" for n in range(1, 102)), "100"),
    "GraphQL in it": ('productId="4711}]}) { orderId } }" quantity=1 unitPrice=1', "'productId'"),
}


@pytest.mark.parametrize("name", NOT_SENT)
def test_p09_what_is_no_order_is_not_sent(m, shop, name):
    text, words = NOT_SENT[name]
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, text)
    assert words in last(m).words, last(m).words
    assert not ordered(shop) and not shop.jobs()


# ---- what becomes of it


def test_an_order_appears_at_once_and_gets_ready(m, shop):
    answer = json.loads(m.exchange(TRIGGER, COMMAND))
    order, = shop.jobs()
    assert answer == {"path": f"orders/{order['id']}", "id": order["id"], "state": "queued"}
    assert orders(m) == [order["id"]]
    assert m.read(f"orders/{order['id']}/status") == "queued\n"
    m.refresh()
    assert orders(m) == [order["id"]], "a new order is in no listing yet"
    shop.event("ready", id=order["id"])
    wait_until(lambda: m.read(f"orders/{order['id']}/status") == "ready\n")
    m.refresh()
    record = json.loads(m.read(f"orders/{order['id']}/order.json"))
    assert record["status"] == 30 and record["identifier"].startswith("OUT/")
    assert len(ordered(shop)) == 1


def test_p13_the_same_order_is_not_placed_twice_by_accident(m, shop):
    m.write(TRIGGER, COMMAND)
    for command in (COMMAND, "unitPrice=12.30 quantity=2 productId=4711"):
        with fails_with(errno.EALREADY):
            m.write(TRIGGER, command)
    assert shop.jobs()[0]["id"] in last(m).words and len(ordered(shop)) == 1
    m.write(TRIGGER, COMMAND.strip() + " force=yes")
    assert len(shop.jobs()) == 2 and len(orders(m)) == 2


LOST = [{"drop": "after"}, {"drop": "after", "reset": True}, {"status": 502, "act": True},
        {"body_kind": "json-cut"}, {"body_kind": "html", "act": True}, {"stall_after": 5}]


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_p12_an_order_whose_answer_was_lost_is_looked_for_and_not_repeated(mount, shop, fault):
    m = mount(shop, account=SPENDING, limits={"deadline": "2s"})
    m.list("orders")
    shop.fault("createOrder", **fault)
    with pytest.raises(OSError):
        m.write(TRIGGER, COMMAND)
    assert last(m).outcome == "unknown" and "not sent again" in last(m).words
    with fails_with(errno.EALREADY):
        m.write(TRIGGER, COMMAND)
    m.refresh()
    assert orders(m) == []
    order, = shop.jobs()
    shop.event("ready", id=order["id"])
    m.refresh()
    assert orders(m) == [order["id"]]
    assert [row.outcome for row in history(m)] == ["adopted", "refused"]
    assert history(m)[0].id == order["id"]
    assert len(ordered(shop)) == 1


def test_p12_a_crash_while_an_order_is_on_its_way(m, shop, spawn):
    shop.fault("createOrder", delay_ms=500)
    spawn(f"echo '{COMMAND.strip()}' > {m.account}/{TRIGGER}")
    wait_until(lambda: ordered(shop))
    m.kill()
    wait_until(shop.jobs, what="the API acts")
    m.remount()
    shop.event("ready", id=shop.jobs()[0]["id"])
    m.refresh()
    assert last(m).outcome == "adopted" and len(ordered(shop)) == 1


# ---- why there is none

CAUSES = {
    "price": ({}, "productId=4711 quantity=2 unitPrice=12.31", "see products/<productId>.json"),
    "stock": ({"event": "product", "product": 4711, "stock": 0}, COMMAND, "not as many in stock"),
    "balance": ({"event": "partner", "available": "1.00"}, COMMAND, "balance does not cover"),
    "partner": ({"event": "partner", "type": "Internal"}, COMMAND, "account cannot order"),
    "no product": ({}, "productId=1 quantity=2 unitPrice=1", "no product with that productId"),
    "not sold": ({"event": "product", "product": 4711, "disabled": True}, COMMAND, "no product"),
}


@pytest.mark.parametrize("name", CAUSES)
def test_p10_an_order_that_is_refused_says_why(m, shop, name):
    event, command, words = CAUSES[name]
    if event:
        shop.event(**event)
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, command)
    assert words in last(m).words and words in m.read("status") and words in m.read(TRIGGER)
    assert last(m).outcome == "refused" and not shop.jobs() and len(ordered(shop)) == 1


CODES = {
    "ORDER_ERR": "the order cannot be made", "ORDER_KEY_TYPE_ERR": "no keys of that keyType",
    "PARTNER_BALANCE_ERR": "the balance does not cover", "PARTNER_ERR": "account cannot order",
    "PARTNER_NOT_FOUND": "belong to no partner", "PRODUCT_NOT_FOUND": "there is no product",
    "PRODUCT_PRICE_MISMATCH": "not the current price", "PRODUCT_QTY_ERR": "quantity is 1 to 500",
    "PRODUCT_STOCK_MISMATCH": "not as many in stock", "PRODUCT_UNIQUE_ERR": "may be there once",
}


def test_p27_every_documented_code_is_told_in_words(m, shop):
    for number, (code, words) in enumerate(CODES.items()):
        error = {"message": "No.", "extensions": {"code": code, "correlationId": f"c-{number}"}}
        shop.fault("createOrder", body=json.dumps({"data": {"createOrder": None},
                                                   "errors": [error]}))
        with fails_with(errno.EACCES if code == "PARTNER_NOT_FOUND" else errno.EINVAL):
            m.write(TRIGGER, COMMAND)
        assert words in last(m).words
        assert f"code {code}, request id c-{number}" in last(m).words
    assert len(ordered(shop)) == len(CODES)


def test_p12_a_token_that_was_refused_does_not_repeat_the_order(m, shop):
    """Whether it acted before it refused is the server's secret: a second try could buy twice."""
    refusal = {"message": "No.", "extensions": {"code": "AUTH_NOT_AUTHORIZED"}}
    shop.fault("createOrder", act=True, body=json.dumps({"data": {"createOrder": None},
                                                         "errors": [refusal]}))
    with fails_with(errno.EACCES):
        m.write(TRIGGER, COMMAND)
    assert len(ordered(shop)) == len(shop.jobs()) == 1


def test_p25_an_interrupted_order_is_looked_for(m, shop, spawn):
    shop.fault("createOrder", delay_ms=700)
    writer = spawn(f"exec echo '{COMMAND.strip()}' > {m.account}/{TRIGGER}")
    wait_until(lambda: ordered(shop))
    writer.signal(signal.SIGINT)
    assert writer.wait(2).returncode != 0
    wait_until(shop.jobs, what="the API acts")
    shop.event("ready", id=shop.jobs()[0]["id"])
    m.refresh()
    assert last(m).outcome in ("adopted", "done") and len(ordered(shop)) == 1
