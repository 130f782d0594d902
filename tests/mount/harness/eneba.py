"""An account whose orders are exported one at a time; most tests need one order, `it`."""

from harness.process import wait_until

ORDER, ARCHIVE, TRIGGER = "orders/it", "orders/it/keys.zip", "orders/it/trigger"


def frozen_shop(sandbox):
    """Without orders; an export ends when a test says so."""
    return sandbox(accounts="eneba", orders=0).frozen()


def mount_with(mount, shop, *, days=0, deadline="3s", **order):
    """A mount that knows the order, which is so old; `export` is the state of one it has had."""
    fields = {name: value for name, value in order.items() if value is not None}
    shop.event("order", id="it", **fields)
    shop.event("age", id="it", days=days)
    m = mount(shop, limits={"deadline": deadline})
    m.wait_listed()
    return m


def write(m, text="\n"):
    m.write(TRIGGER, text)


def word(m):
    return m.read(f"{ORDER}/status").strip()


def becomes(m, wanted):
    wait_until(lambda: word(m) == wanted, what=f"the status is {wanted}")


def sent(shop):
    """The requests that would start an export, whatever came of them."""
    return shop.requests("O_exportOrderKeys")


def order(shop):
    found, = shop.jobs()
    return found
