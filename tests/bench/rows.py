"""What is measured: one function a topic, each adding its rows to the report.

Both sides of a row are measured in turns, pair by pair, so that whatever else the machine does
meets both. Before a pair stands what must not be timed: new jobs, a new mount, a sync.
"""

import os
from pathlib import Path
from statistics import median

import rclone
from archives import archives
from bed import MIB, Curl, Unmeasured, cpu_of, memory_of, read_each, timed, wait_listed
from harness.process import wait_until
from many import states
from places import places

MEMORY_FOLDER = Path("/dev/shm")
DROP_CACHES = Path("/proc/sys/vm/drop_caches")


class Sizes:
    """How much of everything."""

    def __init__(self, small):
        self.jobs = 200 if small else 100_000
        self.asks = 20 if small else 300
        self.far_asks = 5 if small else 50
        self.states = 100 if small else 1000
        self.latency_ms = 2 if small else 20
        self.file_mib = 4 if small else 512
        self.members = 50 if small else 20_040
        self.drop_caches = not small


def start(bed, report, sizes, pairs):
    """From exec, without -f, until `ls` of the mount has answered."""
    shop, crowd = bed.sandbox(orders=12), crowded(bed, sizes)
    few, many = bed.program(shop), bed.program(crowd)
    usual, silent, full = [], [], []
    for _ in range(pairs):
        usual.append(started(few, shop))
        shop.fault("*", times=0, hang=True)
        silent.append(started(few, shop))
        shop.clear_faults()
        full.append(started(many, crowd))
    report.add("start to ls", usual, aim=0.05)
    report.add("start to ls, the API hangs", silent, aim=0.05)
    report.add(f"start to ls, {sizes.jobs:,} jobs known", full, aim=0.05)


def started(program, shop):
    shop.clear_requests()
    seconds = timed([program.program, program.path], env=program.environment).seconds
    seconds += timed(["ls", program.path]).seconds
    program.unmount()
    if not shop.faults():
        # What the sandbox has begun to answer would be a burden on the next start.
        wait_until(lambda: all(request["status"] for request in shop.requests()))
    return seconds


def status(bed, report, sizes, pairs):
    """`cat status` of running jobs, each asked once, against curl on a kept connection."""
    near = bed.sandbox(orders=0)
    far = bed.sandbox(orders=0, latency_ms=sizes.latency_ms)
    ask_in_turns(bed, report, near, sizes.asks, pairs, "cat status")
    ask_in_turns(bed, report, far, sizes.far_asks, pairs,
                 f"cat status, API {sizes.latency_ms} ms away")


def ask_in_turns(bed, report, shop, asks, pairs, name):
    # The first ask of each turn may have to connect, and is left out.
    jobs = [job["id"] for job in shop.event("job", status="started",
                                            count=1 + pairs * (asks + 1))["jobs"]]
    m, curl = bed.mount(shop), Curl(shop, bed.folder)
    idle = jobs.pop()
    wait_until(lambda: m.read(path_of(m, idle)) and shop.requests("getAJob"),
               what="the listing is too old to answer for a job")
    ours, theirs = [], []
    while jobs:
        turn, jobs = jobs[:asks + 1], jobs[asks + 1:]
        shop.clear_requests()
        ours.append(median(read_each(path_of(m, job) for job in turn)[1:]))
        if len(shop.requests("getAJob")) != len(turn):
            raise Unmeasured("not every `cat status` asked the API")
        theirs.append(median(one.total for one in curl.ask([*map(curl.job, turn)])[1:]))
    report.add(name, ours, theirs, aim=1.15)
    m.terminate()


def path_of(m, job, name="status"):
    return m.account / "jobs" / job / name


def file(bed, report, sizes, pairs):
    """A large CSV, cold and warm; both sides from the same address to the same disk."""
    size = sizes.file_mib * MIB
    shop, folder = bed.sandbox(orders=0), bed.new_folder()
    m, curl = bed.mount(shop), Curl(shop, bed.folder)
    ours, theirs = folder / "ours", folder / "theirs"
    samples = {}

    def take(name, our, their):
        samples.setdefault(name, ([], []))
        samples[name][0].append(our)
        samples[name][1].append(their)

    for _ in range(pairs + 1):  # One to warm up.
        to_file, to_null = (job["id"] for _ in "ab"
                            for job in shop.event("job", bytes=size)["jobs"])
        prepare(shop, to_file, to_null)
        m.remount()
        wait_listed(m.path)
        # Emptying an old copy would take time, and not from both alike.
        for copy in (ours, theirs):
            copy.unlink(missing_ok=True)
        take("to a file", synced(read, m, ["cat", path_of(m, to_file, "orders.csv")], ours),
             synced(curl.fetch, curl.download_url(to_file), theirs))
        if not ours.stat().st_size == theirs.stat().st_size == size:
            raise Unmeasured("a copy has the wrong size")
        cold = path_of(m, to_null, "orders.csv")
        if rclone.is_installed():
            ours.unlink()
            with rclone.mounted(bed, curl.download_url(to_file), size) as file:
                take("rclone", samples["to a file"][0][-1], synced(timed, ["cat", file], ours))
        take("to /dev/null", synced(read, m, to_nothing(cold)),
             synced(curl.fetch, curl.download_url(to_null), "/dev/null"))
        take("memory", memory_of(m, "VmRSS"), memory_of(m, "VmHWM"))
        take("warm", timed(to_nothing(cold)), timed(to_nothing(theirs)))
    m.terminate()
    report_file(report, sizes, {name: (our[1:], their[1:])
                                for name, (our, their) in samples.items()})


def report_file(report, sizes, samples):
    name = f"{sizes.file_mib} MiB"
    for way, aim in (("to a file", 1.15), ("to /dev/null", 1.3)):
        add_timed(report, f"{name} cold, {way}", *samples[way], aim=aim)
    if "rclone" in samples:
        ours, theirs = ([one.seconds for one in side] for side in samples["rclone"])
        report.add(f"{name} cold, against rclone's mount", ours, theirs, aim=0.5)
    else:
        report.note("rclone is not installed: not compared with.")
    report.add("memory after a large file", samples["memory"][0], aim=32, unit="MiB")
    report.add("memory at most, reading it", samples["memory"][1], aim=64, unit="MiB")
    ours, theirs = samples["warm"]
    report.add(f"{name} warm, to /dev/null", [one.seconds for one in ours],
               [one.seconds for one in theirs], aim=1.3)


def add_timed(report, name, ours, theirs, aim):
    report.add(name, [one.seconds for one in ours], [one.seconds for one in theirs], aim=aim)
    report.add(f"{name}: processor", [one.cpu for one in ours], [one.cpu for one in theirs])


def to_nothing(path):
    return ["dd", "bs=1M", "of=/dev/null", "status=none", f"if={path}"]


def synced(function, *arguments):
    """What was written before is on its disk, and not in the way."""
    os.sync()
    return function(*arguments)


def read(m, command, output=os.devnull):
    """A command that reads from the mount; with its processor's time that of orderfs."""
    before = cpu_of(m.pid)
    result = timed(command, output)
    return result._replace(cpu=result.cpu + cpu_of(m.pid) - before)


def listing(bed, report, sizes, pairs):
    """`ls -l` of many jobs, against as many folders of the same names in memory."""
    m = bed.mount(crowded(bed, sizes))
    jobs, plain = m.account / "jobs", bed.new_folder(MEMORY_FOLDER)
    for name in m.list(jobs, timeout=120):
        (plain / name).mkdir()
    ours, theirs, memory, peak = {"first": [], "again": []}, {"first": [], "again": []}, [], []
    for _ in range(pairs):
        m.remount()
        wait_listed(m.path)
        peak.append(memory_of(m, "VmHWM"))
        for time in ours:
            ours[time].append(read(m, ["ls", "-l", jobs]))
        memory.append(memory_of(m, "VmRSS"))
        if sizes.drop_caches:
            forget_names(report)
        for time in theirs:
            theirs[time].append(timed(["ls", "-l", plain]))
    m.terminate()
    for time, aim in (("first", 1.5), ("again", 1.1)):
        add_timed(report, f"ls -l of {sizes.jobs:,} jobs, {time}", ours[time], theirs[time], aim)
    report.add("memory after ls -l", memory, aim=64, unit="MiB")
    report.add("memory at most, while listing the API", peak, unit="MiB")


def forget_names(report):
    """Names in memory stay, as no disk has them; whatever else the kernel kept of names goes."""
    try:
        DROP_CACHES.write_text("2\n")
        report.note("First ls -l of plain folders: after echo 2 > /proc/sys/vm/drop_caches.")
    except OSError:
        report.note("First ls -l of plain folders: no different from again, as nobody but root can "
                    "drop the kernel's caches.")


def first(bed, report, sizes, pairs):
    """The first byte of a file that nobody has read, against curl: address, then first byte."""
    for latency_ms in (0, sizes.latency_ms):
        shop = bed.sandbox(orders=0, latency_ms=latency_ms)
        jobs = [job["id"] for job in shop.event("job", bytes=4 * MIB, count=pairs + 1)["jobs"]]
        m, curl = bed.mount(shop), Curl(shop, bed.folder)
        ours, theirs = [], []
        for job in jobs:
            prepare(shop, job)
            ours += read_each([path_of(m, job, "orders.csv")], "first")
            address = curl.ask([curl.job(job), curl.job(job, "/file")])[1].total
            # Twice, as the second time the connection is there, as it is for orderfs.
            content = curl.ask([curl.download_url(job)] * 2, signed=True)[1].first_byte
            theirs.append(address + content)
        report.add("first byte, cold" + (f", API {latency_ms} ms away" if latency_ms else ""),
                   ours[1:], theirs[1:], aim=1.2)
        m.terminate()


def prepare(shop, *jobs):
    """The sandbox makes a block of a file's rows when it is first asked: not for one side alone."""
    for job in jobs:
        shop.raw_file(job, first=0, last=0)


def crowded(bed, sizes):
    """The sandbox with many jobs; one for all rows."""
    if not hasattr(bed, "crowd"):
        bed.crowd = bed.sandbox(orders=sizes.jobs)
    return bed.crowd


TOPICS = {"start": start, "status": status, "states": states, "file": file, "places": places,
          "list": listing, "first": first, "archives": archives}
