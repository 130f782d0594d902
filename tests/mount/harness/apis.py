"""What the tests of all five APIs need to know of each: how an item is made, and how asked for."""

import fnmatch
import json
import uuid
from dataclasses import dataclass
from typing import Callable

from harness import keyshop, wait_until

JULY = "date_from=2026-07-01 date_to=2026-07-31"


@dataclass
class Api:
    """The sandbox's account of that name. `make(shop, running)` gives a new item's folder."""

    name: str
    folder: str
    listing: str          # the operations of the list, of one item, and of a command
    asking: str
    starting: str
    record: str
    file: str             # a pattern
    make: Callable
    trigger: Callable     # of a mount and a sandbox: (path, a command that is sent)
    fetch: Callable = lambda mount, path: None  # what a finished item's file takes
    settings: dict = None

    def running(self, shop):
        return f"{self.folder}/{self.make(shop, True)}"

    def ready(self, shop):
        return f"{self.folder}/{self.make(shop, False)}"

    def finish(self, shop, path):
        shop.event("ready" if self.name == "wock" else "finish", id=path.rpartition("/")[2])

    def items(self, mount):
        return sorted(set(mount.list(self.folder)) - {"trigger"})

    def file_of(self, mount, path):
        """The path of an item's file, which comes by itself or is fetched."""
        self.fetch(mount, path)
        found = wait_until(lambda: fnmatch.filter(mount.list(path), self.file),
                           what=f"a file {self.file}")
        return f"{path}/{found[0]}"

    def raw_file(self, shop, path):
        key = path.rpartition("/")[2]
        return shop.raw_file(f"{key}-1" if self.name == "wock" else key)


def _job(shop, running):
    made = shop.event("job", **({"status": "pending"} if running else {}))
    return made["jobs"][0]["id"]


def _eneba_order(shop, running):
    made = shop.event("order", id=str(uuid.uuid4()), keys=3,
                      export="PENDING" if running else "COMPLETED")
    return made["orders"][0]["id"]


def _wock_order(shop, running):
    return keyshop.make(shop, ready=not running, status=30, keys=2)


def _fetch(mount, path):
    if not mount.exists(f"{path}/delivery.json"):
        mount.write(f"{path}/trigger", "action=fetch\n")


def _eneba_trigger(mount, shop):
    order = shop.event("order", id=str(uuid.uuid4()))["orders"][0]["id"]
    mount.refresh()
    return f"orders/{order}/trigger", "\n"


def _wock_trigger(mount, _shop):
    name = wait_until(lambda: mount.list("products"))[0]
    product = json.loads(mount.read(f"products/{name}"))
    price = min(product["bulkPrices"], key=lambda row: row["minimumQuantity"])["price"]
    return "orders/trigger", f"productId={product['id']} quantity=1 unitPrice={price}\n"


def _fixed(path, command):
    return lambda _mount, _shop: (path, command)


ALL = {api.name: api for api in (
    Api("elasticpath", "jobs", "getMultipleJobs", "getAJob", "createJob", "job.json", "orders.csv",
        _job, _fixed("jobs/trigger", "filter=eq(payment,paid)\n")),
    Api("next", "exports", "exportsList", "exportsRetrieve", "exportsCreate", "export.json",
        "*.csv", _job, _fixed("exports/trigger", f"type=order_list {JULY}\n")),
    Api("saleor", "exports", "exportFiles", "exportFile", "exportProducts", "export.json", "*.csv",
        _job, _fixed("exports/trigger", "kind=products\n")),
    Api("eneba", "orders", "O_orders", "O_orderExport", "O_exportOrderKeys", "order.json",
        "keys.zip", _eneba_order, _eneba_trigger),
    Api("wock", "orders", "orders", "delivery", "createOrder", "order.json", "archive-1.zip",
        _wock_order, _wock_trigger, fetch=_fetch, settings=keyshop.SPENDING),
)}
