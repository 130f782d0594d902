"""`.orderfs/transfers` and `metrics`: what is being downloaded, and what has been."""

import re
from collections import namedtuple

import pytest

from harness import onefile, run, wait_until

Line = namedtuple("Line", "path there total rate readers")
SIZE = 4 << 20
HALF = 2 << 20
PATH = f"elasticpath/{onefile.FILE}"


@pytest.fixture
def shop(sandbox):
    return onefile.with_file(sandbox, SIZE)


@pytest.fixture
def m(shop, mount):
    return onefile.mounted(shop, mount, limits={"deadline": "60s", "stall": "60s"})


def lines(m):
    return [Line(*line.split("\t")) for line in m.read(m.control / "transfers").splitlines()]


def metrics(m):
    """Samples by their names; of accounts, that of the first."""
    text = m.read(m.control / "metrics")
    return {name: int(value) for name, value in
            re.findall(r"^orderfs_(\w+)(?:\{[^}]*\})? (\d+)$", text, re.M)}


def test_a_download_has_a_line_while_it_is_under_way(shop, m, spawn):
    assert lines(m) == []
    shop.fault("download", slow_bytes_per_s=HALF)
    readers = [spawn(f"cat {onefile.path_of(m)} | wc -c") for _ in range(2)]

    def well_begun():
        found = lines(m)
        return found and found[0].readers == "2" and found[0].there != "0" and found
    line, = wait_until(well_begun)
    assert line.path == PATH and int(line.total) == SIZE
    assert 0 < int(line.there) < SIZE and 0 < int(line.rate) <= SIZE
    assert [int(reader.wait().stdout) for reader in readers] == [SIZE, SIZE]
    assert lines(m) == [], "what is here is no transfer"


def test_a_download_of_unknown_length_has_a_dash(shop, mount, spawn):
    shop.fault("download", times=0, no_length=True, ranges=False, stall_after=HALF)
    m = mount(shop, limits={"deadline": "60s", "stall": "60s"})
    m.wait_listed()
    spawn(["stat", onefile.path_of(m)])
    line, = wait_until(lambda: [line for line in lines(m) if line.there != "0"])
    assert (line.path, line.total) == (PATH, "-")


def test_p27_no_address_is_in_it(shop, m, spawn):
    shop.fault("download", stall_after=HALF)
    spawn(["cat", onefile.path_of(m)])
    text = wait_until(lambda: m.read(m.control / "transfers"))
    assert re.fullmatch(r"elasticpath/jobs/it/orders\.csv(\t\d+){4}\n", text)


def test_metrics_count_downloads(shop, m, spawn):
    before = metrics(m)
    assert {before[f"download{name}"] for name in ("s_total", "ed_bytes_total", "_failures_total",
                                                   "s_running")} == {0}
    shop.fault("download", status=403)
    shop.fault("download", slow_bytes_per_s=HALF)
    reader = spawn(f"cat {onefile.path_of(m)} | wc -c")
    now = wait_until(lambda: metrics(m)["downloaded_bytes_total"] and metrics(m))
    assert (now["downloads_total"], now["download_failures_total"]) == (2, 1)
    assert now["downloads_running"] == 1 and now["downloaded_bytes_total"] < SIZE
    assert int(reader.wait().stdout) == SIZE
    wait_until(lambda: metrics(m)["downloads_running"] == 0)
    assert metrics(m)["downloaded_bytes_total"] == SIZE


def test_every_metric_is_told_once_with_its_type_and_meaning(m):
    text = m.read(m.control / "metrics")
    samples = re.findall(r"^(orderfs_\w+)", text, re.M)
    told = re.findall(r"^# HELP (\w+) \S.*\.\n# TYPE (\w+) (counter|gauge)\n(?=\1)", text, re.M)
    assert [name for name, _, _ in told] == [name for _, name, _ in told] == \
        list(dict.fromkeys(samples))
    for name, _, kind in told:
        assert name.endswith("_total") == (kind == "counter")
