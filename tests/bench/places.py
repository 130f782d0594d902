"""A large file that is read here and there."""

from bed import MIB, Unmeasured, memory_of, read_each
from reader import PLACES, READ


def places(bed, report, sizes, pairs):
    """64 KiB at places of no order: what goes over the wire for each byte that is read."""
    size = sizes.file_mib * MIB
    shop = bed.sandbox(orders=0)
    jobs = [job["id"] for job in shop.event("job", bytes=size, count=pairs)["jobs"]]
    m = bed.mount(shop)
    costs = []
    for job in jobs:
        file = m.account / "jobs" / job / "orders.csv"
        if m.stat(file).st_size != size:
            raise Unmeasured("the file has another size")
        shop.clear_requests()
        read_each([file], "places")
        costs.append(sum(request["sent"] for request in shop.downloads()) / (PLACES * READ))
    report.add(f"64 KiB here and there in {sizes.file_mib} MiB: wire", costs, aim=5, unit="times")
    report.add("memory at most, here and there", [memory_of(m, "VmHWM")], aim=64, unit="MiB")
    m.terminate()
