#!/usr/bin/python3
"""Measures orderfs against curl and a local file system, in one run. Never passes or fails.

    tests/bench/run.py [--only TOPIC]... [--pairs N] [--orderfs PATH] [--json FILE] [--small]

README.md beside this file says what each row means. Exit status 1 only where something could
not be measured.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from statistics import median

from bed import TOP, Bed, Unmeasured
from harness import process
from rows import TOPICS, Sizes

TOPIC_SECONDS = 1800
COLUMNS = "{:<41}{:>9}{:>11}{:>7}  {:<15}{}"


class Report:
    """The table, printed as it grows."""

    def __init__(self):
        self.rows = []
        self._notes = []

    def print_heading(self):
        self._print("", "orderfs", "yardstick", "ratio", "from..to", "aim")

    def add(self, name, ours, theirs=None, aim=None, unit="s"):
        """A row. The aim is one of the ratio, or without a yardstick of the value itself."""
        ratios = [our / their for our, their in zip(ours, theirs)] if theirs else []
        self.rows.append({"name": name, "unit": unit, "orderfs": ours, "yardstick": theirs,
                          "ratio": median(ratios) if ratios else None, "aim": aim})
        if ratios:
            self._print(name, show(median(ours), unit), show(median(theirs), unit),
                        f"{median(ratios):.2f}", f"{min(ratios):.2f}..{max(ratios):.2f}",
                        f"{aim:.2f}" if aim else "")
        else:
            self._print(name, show(median(ours), unit), "", "",
                        f"{show(min(ours), unit).split()[0]}..{show(max(ours), unit)}",
                        show(aim, unit) if aim else "")

    @staticmethod
    def _print(*cells):
        print(COLUMNS.format(*cells).rstrip(), flush=True)

    def note(self, text):
        """Something to be said below the table, once."""
        if text not in self._notes:
            self._notes.append(text)

    def print_notes(self):
        for text in self._notes:
            print(text)


def show(value, unit):
    if unit == "MiB":
        return f"{value:.1f} MiB"
    if unit == "times":
        return f"{value:.2f} x"
    if unit == "requests":
        return f"{value:.0f}"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.3g} ms"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", metavar="TOPIC", action="append", choices=TOPICS,
                        help=f"one of {', '.join(TOPICS)}; may be repeated")
    parser.add_argument("--pairs", metavar="N", type=int, default=5,
                        help="how often both sides are measured (%(default)s)")
    parser.add_argument("--orderfs", metavar="PATH", type=Path, default=TOP / "build" / "orderfs",
                        help="the program (build/orderfs)")
    parser.add_argument("--folder", metavar="DIR", type=Path, default=Path("/var/tmp"),
                        help="on the disk that is written to; 2 GiB (%(default)s)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all samples here too")
    parser.add_argument("--small", action="store_true",
                        help="little of everything, to see that it runs; says nothing")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error("--pairs must be at least 1")
    options.orderfs = options.orderfs.resolve()
    if not os.access(options.orderfs, os.X_OK):
        parser.error(f"{options.orderfs} is not there: build it, or say --orderfs PATH")
    return options


def describe(options):
    """What was measured with what: times mean nothing without it."""
    def first_line(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout.partition("\n")[0]
    return {"orderfs": first_line(options.orderfs, "--version"),
            "program": str(options.orderfs),
            "curl": " ".join(first_line("curl", "--version").split()[:2]),
            "kernel": platform.release(), "processors": os.cpu_count(),
            "pairs": options.pairs, "small": options.small, "load_before": os.getloadavg()}


def load_text(load):
    return " ".join(f"{value:.2f}" for value in load)


def run_topics(options, report):
    """The names of the topics that could not be measured."""
    failed = []
    sizes = Sizes(options.small)
    with Bed(options.orderfs, options.folder) as bed:
        for name in options.only or TOPICS:
            signal.alarm(TOPIC_SECONDS)
            try:
                TOPICS[name](bed, report, sizes, options.pairs)
            except (AssertionError, OSError, Unmeasured, subprocess.SubprocessError) as problem:
                failed.append(name)
                print(f"{name}: could not be measured: {problem}", flush=True)
                if not isinstance(problem, Unmeasured):
                    traceback.print_exc()
            finally:
                signal.alarm(0)
    return failed


def out_of_time(*_):
    # Whoever waits in the kernel comes back when the process behind the mount is gone.
    process.end_all()
    raise process.TimedOut(f"not done within {TOPIC_SECONDS} s")


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGALRM, out_of_time)
    machine = describe(options)
    print(f"{machine['orderfs']} ({machine['program']}), {machine['curl']}, Linux "
          f"{machine['kernel']}, {machine['processors']} processors, pairs: {options.pairs}, "
          f"load: {load_text(machine['load_before'])}")
    report = Report()
    report.print_heading()
    failed = run_topics(options, report)
    machine["load_after"] = os.getloadavg()
    report.print_notes()
    print(f"load: {load_text(machine['load_after'])}")
    if options.json:
        result = {"machine": machine, "rows": report.rows, "failed": failed}
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
