"""Promise 8: poll(2) for POLLPRI on an open `status` wakes when the state changes, as sysfs does."""

import sys

import pytest

from harness import eneba, run, wait_until
from harness.commands import refresh

# Prints what it read, then waits; a line for every time that poll() came back.
POLLER = """
import os, select, sys
file = os.open(sys.argv[1], os.O_RDONLY)
poll = select.poll()
poll.register(file, select.POLLPRI)
print("read", os.read(file, 100).decode().strip(), flush=True)
while True:
    (_, events), = poll.poll()
    assert events == select.POLLPRI | select.POLLERR, events
    try:
        print("woken", os.pread(file, 100, 0).decode().strip(), flush=True)
    except OSError as problem:
        print("woken", problem.errno, flush=True)
        break
"""


@pytest.fixture
def shop(sandbox):
    made = sandbox(orders=0).frozen()
    made.event("job", id="it", status="pending")
    made.event("job", id="other", status="pending")
    return made


@pytest.fixture
def m(shop, mount):
    made = mount(shop)
    made.wait_listed()
    return made


@pytest.fixture
def poller(m, spawn):
    """One that has read `queued`, and sleeps."""
    made = spawn([sys.executable, "-I", "-S", "-c", POLLER, m.account / "jobs/it/status"])
    wait_until(lambda: made.output() == "read queued\n")
    return made


def test_p08_a_change_wakes_and_a_reread_gives_the_new_word(m, shop, poller):
    shop.event("status", id="other", status="started")
    refresh(m)
    shop.event("status", id="it", status="started")
    refresh(m)
    wait_until(lambda: poller.output().splitlines()[1:] == ["woken running"])
    shop.event("finish", id="it")
    refresh(m)
    wait_until(lambda: poller.output().splitlines()[1:] == ["woken running", "woken ready"])
    assert m.list("jobs/it") == ["job.json", "orders.csv", "status"]
    assert poller.running


def test_p08_everything_else_is_ready_at_all_times(m):
    ask = ("import os, select, sys\npoll = select.poll()\n"
           "for name in sys.argv[1:]:\n    poll.register(os.open(name, os.O_RDONLY))\n"
           "print({events for _, events in poll.poll(0)} == {select.POLLIN | select.POLLOUT})")
    result = run([sys.executable, "-c", ask, *(m.account / name for name in (
        "status", "jobs/trigger", "jobs/it/status", "jobs/it/job.json"))])
    assert result.stdout == "True\n", result


def test_p08_the_end_of_an_item_wakes_too(sandbox, mount, spawn):
    shop = eneba.frozen_shop(sandbox)
    m = eneba.mount_with(mount, shop, export="COMPLETED")
    made = spawn([sys.executable, "-I", "-S", "-c", POLLER, m.account / eneba.ORDER / "status"])
    wait_until(lambda: made.output() == "read ready\n")
    eneba.write(m)
    wait_until(lambda: "woken queued" in made.output())
    shop.event("finish", id="it")
    wait_until(lambda: made.output().endswith("woken ready\n"))
