"""Mounts that know one finished file, `jobs/it/orders.csv`, and its size."""

FILE = "jobs/it/orders.csv"


def with_file(sandbox, size):
    """A sandbox with that job alone."""
    shop = sandbox(orders=0)
    shop.event("job", id="it", bytes=size)
    return shop


def mounted(shop, mount, **options):
    """The file's size is known: all that follows are downloads."""
    m = mount(shop, **options)
    assert m.stat(FILE).st_size == next(job["bytes"] for job in shop.jobs() if job["id"] == "it")
    return m


def path_of(m):
    return m.account / FILE
