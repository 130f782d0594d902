"""Everything at once: readers, listers, refreshers and writers on one mount. Nobody gets a wrong
answer, and a ThreadSanitizer build has nothing to say."""

import json
import threading

import pytest

from harness import run, wait_until

pytestmark = pytest.mark.threads


def together(*functions):
    """Run them all at the same time; the first failure is the test's."""
    problems = []

    def guarded(function):
        try:
            function()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def test_everything_at_once(sandbox, mount):
    shop = sandbox(orders=0, export_seconds=0.2)
    shop.event("job", id="one", bytes=3_000_000)
    shop.event("job", id="two", bytes=300_000)
    m = mount(shop)
    wait_until(lambda: m.exists("jobs/one"))
    content = {name: shop.raw_file(name) for name in ("one", "two")}

    def read(name):
        for _ in range(3):
            assert m.read_bytes(f"jobs/{name}/orders.csv") == content[name]

    def look():
        for _ in range(5):
            assert {"one", "two", "trigger"} <= set(m.list("jobs"))
            assert run(["find", m.account / "jobs/one", "-ls"]).returncode == 0

    def ask():
        for _ in range(5):
            assert m.read("jobs/two/status") == "ready\n"
            assert json.loads(m.read("jobs/one/job.json"))["id"] == "one"

    def refresh():
        for _ in range(4):
            m.write(m.control / "refresh", "now")

    def command(number):
        answer = m.exchange("jobs/trigger", f"filter=gt(created_at,2026-01-0{number + 1})")
        path = json.loads(answer)["path"]
        wait_until(lambda: m.read(f"{path}/status") in ("ready\n", "empty\n"))

    def watch():
        for _ in range(5):
            assert "orderfs_requests_total" in m.read(m.control / "metrics")
            assert "mounted" in m.log()
            assert m.read("status") and m.read(m.control / "history") is not None
            assert "jobs/two/orders.csv\t" in m.read(m.control / "files")
            assert m.read(m.control / "transfers").count("\n") <= 2

    together(*[lambda name=name: read(name) for name in ("one", "two", "one", "two")],
             look, look, ask, ask, refresh, refresh, watch, watch,
             *[lambda number=number: command(number) for number in range(3)])
    assert len(shop.requests("createJob")) == 3
    m.write(m.control / "refresh", "now")
    assert m.list("jobs") == sorted([*(job["id"] for job in shop.jobs()), "trigger"])


def test_readers_come_and_go_in_the_middle(sandbox, mount, spawn):
    shop = sandbox(orders=0)
    shop.event("job", id="one", bytes=2_000_000)
    m = mount(shop)
    wait_until(lambda: m.stat("jobs/one/orders.csv").st_size == 2_000_000)
    shop.fault("download", slow_bytes_per_s=2_000_000, times=0)
    file = m.account / "jobs/one/orders.csv"
    readers = [spawn(f"head -c {count} {file} | sha256sum") for count in (10, 1000, 500_000)]
    whole = [spawn(f"sha256sum < {file}") for _ in range(3)]
    for reader in readers + whole:
        assert reader.wait().returncode == 0
    assert len({reader.output() for reader in whole}) == 1


def test_ending_while_all_are_at_work(sandbox, mount, spawn):
    shop = sandbox(orders=5, export_seconds=0.2)
    shop.event("job", id="one", bytes=5_000_000)
    m = mount(shop)
    wait_until(lambda: m.exists("jobs/one"))
    shop.fault("download", slow_bytes_per_s=500_000, times=0)
    work = [f"cat {m.account}/jobs/one/orders.csv", f"ls -lR {m.account}",
            f"cat {m.account}/jobs/*/status", f"echo now > {m.control}/refresh",
            f"echo 'filter=eq(payment,paid)' > {m.account}/jobs/trigger"]
    loops = [spawn(f"while {command}; do :; done > /dev/null") for command in work * 2]
    wait_until(lambda: any(request["sent"] for request in shop.requests("download")))
    m.terminate()
    for loop in loops:
        loop.wait(timeout=5)
