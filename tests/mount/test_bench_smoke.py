"""tests/bench/run.py runs to its end and prints a row for all that it promises to measure."""

import json
from pathlib import Path

from harness import run

BENCH = Path(__file__).resolve().parents[1] / "bench" / "run.py"
ROWS = ["start to ls", "start to ls, the API hangs", "start to ls, 200 jobs known",
        "cat status", "cat status, API 2 ms away",
        "4 MiB cold, to a file", "4 MiB cold, to /dev/null", "4 MiB warm, to /dev/null",
        "memory after a large file", "memory after ls -l",
        "ls -l of 200 jobs, first", "ls -l of 200 jobs, again",
        "first byte, cold", "first byte, cold, API 2 ms away", "memory at most, reading it",
        "64 KiB here and there in 4 MiB: wire", "memory at most, here and there",
        "one of 50 members: on the wire", "one of 50 members: requests",
        "ls -l of 50 members after that", "rsync -a of 50 members, cold",
        "memory at most, reading them"]


def test_the_benchmark_measures_everything(orderfs, tmp_path):
    result = run(["/usr/bin/python3", BENCH, "--small", "--pairs", "1", "--orderfs", orderfs,
                  "--folder", tmp_path, "--json", tmp_path / "rows.json"], timeout=100)
    assert result.returncode == 0, result
    rows = {row["name"]: row for row in json.loads((tmp_path / "rows.json").read_text())["rows"]}
    for name in ROWS:
        assert f"\n{name} " in result.stdout
        assert all(value > 0 for value in rows[name]["orderfs"])
    assert len(rows["cat status"]["yardstick"]) == 1 and rows["cat status"]["ratio"] > 0
    assert not list(tmp_path.glob("orderfs-bench-*"))
