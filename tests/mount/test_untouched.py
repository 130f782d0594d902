"""Promise 14 where looking is taking: whoever reads a key has taken delivery of it, so nothing but
a write to an order's trigger ever asks for one, and nothing but that cancels an order.

The account says `spend: yes` and `cancel: yes` here: what holds is not for want of a permission.
"""

import errno
import json
import sys

import pytest

from harness import fails_with, run
from harness.keyshop import SPENDING, fetch, make, marks, orders

INDEXER = """
import os, sys
for folder, folders, files in os.walk(sys.argv[1]):
    for name in files:
        path = os.path.join(folder, name)
        os.access(path, os.R_OK | os.W_OK)
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
            file.read()
        with open(path, "rb", buffering=0) as file:
            file.seek(0, os.SEEK_END)
            os.pread(file.fileno(), 4096, 0)
"""


@pytest.fixture
def shop(sandbox):
    """Orders of every kind: ready, fetched, waiting, broken."""
    return sandbox(accounts="wock", orders=12).frozen()


@pytest.fixture
def m(mount, shop):
    made = mount(shop, account=SPENDING)
    # What the list leaves out of an order comes later: now nothing changes any more.
    for name in orders(made):
        made.read(f"orders/{name}/status")
    return made


def assert_untouched(shop):
    assert marks(shop) == (0, 0)
    assert len(shop.jobs()) == 12
    assert not shop.requests("createOrder") and not shop.requests("deleteOrder")
    assert not shop.requests("download")


LOOKS = {
    "find": "find {account} -type f -exec cat {{}} +",
    "ls": "ls -laR {account}",
    "grep": "grep -r KEY {account} || true",
    "rsync": "rsync -a {account}/ {out}/copy && rsync -a {account}/ {out}/copy",
    "cp": "cp -a {account} {out}/copy",
    "tar": "tar -cf {out}/all.tar -C {account} .",
    "du": "du -a {account}",
    "file": "find {account} -type f -exec head -c 512 {{}} \\;",
    "a glance at every trigger": "head -n 3 {account}/orders/*/trigger {account}/orders/trigger",
    "every status": "cat {account}/orders/*/status",
    "names of what may be there": "cat {account}/orders/*/{{delivery.json,archive-1.zip,keys/x}}"
                                  " 2>/dev/null; ls {account}/orders/*/archive-1 || true",
}


@pytest.mark.parametrize("look", LOOKS)
def test_p14_no_look_at_anything_asks_for_a_key(m, shop, tmp_path, look):
    result = run(LOOKS[look].format(account=m.account, out=tmp_path), timeout=60)
    assert result.returncode == 0, result
    assert_untouched(shop)


def test_p14_an_indexer_asks_for_no_key(m, shop):
    result = run([sys.executable, "-I", "-S", "-c", INDEXER, m.path], timeout=60)
    assert result.returncode == 0, result
    assert_untouched(shop)


def test_p14_watching_listing_anew_and_mounting_anew_ask_for_no_key(m, shop, watch):
    watch(m.account, m.account / "orders", *(m.account / "orders" / name for name in orders(m)))
    waiting = next(job["id"] for job in shop.jobs() if not job["ready"] and not job["error"])
    shop.event("ready", id=waiting)
    for _ in range(3):
        m.refresh()
    m.remount()
    assert m.read(f"orders/{waiting}/status") == "ready\n"
    assert_untouched(shop)


REFUSED = ["rm -rf {order}", "rm -f {order}/*", "rmdir {order}", "rmdir {order}/keys", "rm trigger",
           "mv {order} elsewhere", "mv {order}/trigger {order}/old", "touch {order}/order.json",
           "touch {order}/delivery.json", "chmod 600 {order}/trigger", "mkdir {order}/keys",
           "ln -s /etc {order}/keys", "echo x > {order}/order.json", "echo x >> {order}/status",
           "cp /dev/null {order}/delivery.json", "sed -i s/a/b/ {order}/order.json",
           "setfattr -n user.a -v b {order}"]


@pytest.mark.parametrize("command", REFUSED)
def test_p14_what_is_no_trigger_changes_nothing(m, shop, command):
    ready = next(job["id"] for job in shop.jobs() if job["status"] == 30 and job["ready"])
    before = m.list(f"orders/{ready}")
    result = run(command.format(order=ready), cwd=m.account / "orders")
    assert result.returncode != 0, result
    assert m.list(f"orders/{ready}") == before
    assert_untouched(shop)


NO_COMMANDS = [": > trigger", "cat /dev/null > trigger", "truncate -s 0 trigger", "exec 3<>trigger",
               "cat trigger", "cp order.json trigger", "cat status > trigger"]


@pytest.mark.parametrize("command", NO_COMMANDS)
def test_p14_opening_a_trigger_is_no_command(m, shop, command):
    ready = next(job["id"] for job in shop.jobs() if job["status"] == 30 and job["ready"])
    run(command, cwd=m.account / "orders" / ready)
    assert_untouched(shop)


def test_p14_a_backup_that_is_put_back_fetches_nothing(m, shop, tmp_path):
    """It writes into every trigger what was read there."""
    assert run(["cp", "-a", m.account, tmp_path / "backup"]).returncode == 0
    run(f"cp -r {tmp_path}/backup/. {m.account}/", timeout=60)
    run(["rsync", "-a", "--inplace", "-I", f"{tmp_path}/backup/", m.account], timeout=60)
    assert_untouched(shop)


# ---- cancelling


def test_p14_an_order_is_cancelled_by_nothing_but_that_command(m, shop):
    order = make(shop)
    m.refresh()
    run(f"rm -rf {m.account}/orders/{order} {m.account}/orders; rmdir {m.account}/orders/{order}")
    assert order in orders(m) and not shop.requests("deleteOrder")
    m.write(f"orders/{order}/trigger", "action=delete")
    assert order not in orders(m)
    assert order not in [job["id"] for job in shop.jobs()]
    m.refresh()
    assert order not in orders(m)
    assert marks(shop) == (0, 0)


@pytest.mark.parametrize("account", [{}, {"spend": True}, {"cancel": False}], ids=str)
def test_p14_cancelling_needs_a_permission(mount, shop, account):
    m = mount(shop, account=account)
    order = orders(m)[0]
    with fails_with(errno.EPERM):
        m.write(f"orders/{order}/trigger", "action=delete force=yes")
    assert "cancel: yes" in m.read(f"orders/{order}/trigger").splitlines()[-1]
    assert_untouched(shop)


def test_what_cannot_be_cancelled_stays(m, shop):
    order = make(shop)
    m.refresh()
    fetch(m, order)
    with fails_with(errno.EINVAL):
        m.write(f"orders/{order}/trigger", "action=delete")
    assert "The order cannot be deleted" in m.read(f"orders/{order}/trigger").splitlines()[-1]
    assert order in orders(m) and json.loads(m.read(f"orders/{order}/delivery.json"))
