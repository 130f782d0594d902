"""Fixtures for tests of the real program over a real mount, against the sandbox.

    def test_a_finished_job_has_its_file(sandbox, mount):
        shop = sandbox(orders=1)
        job, = shop.jobs()
        m = mount(shop)
        assert m.read_bytes(f"jobs/{job['id']}/orders.csv") == shop.raw_file(job["id"])

The program is $ORDERFS, or build/orderfs. Every test must leave it healthy: it ends with exit
status 0 on SIGTERM, and neither a sanitizer's report nor a secret is in what it said.
"""

import faulthandler
import os
import signal
import tempfile
import threading
from pathlib import Path

import pytest

pytest.register_assert_rewrite("harness")

from harness import devices, leaks, process, watch as watch_program  # noqa: E402
from harness.accounts import merged
from harness.mounted import Mount, mounts_below
from harness.process import Background, wait_until
from harness.program import Program, copy_for_others
from harness.sandbox import Sandbox

TOP = Path(__file__).resolve().parents[2]
TEST_SECONDS = 120
LONG_TEST_SECONDS = 500
OTHER_USER = 65534


# A run under sanitizers takes as long as all the rest. These ask the same of every API, or something
# that is no question of memory, and are left out of it.
PLAIN = {"test_accident", "test_accounts_file", "test_all_shops", "test_background",
         "test_bench_smoke", "test_check", "test_check_accounts", "test_command_line",
         "test_corpus", "test_documents_valid", "test_eneba_listing", "test_guide",
         "test_harness", "test_listing", "test_manual", "test_mirror", "test_next", "test_next_requests",
         "test_purchase", "test_quiet", "test_readme", "test_remount", "test_saleor",
         "test_saleor_login", "test_sizes", "test_status_fails", "test_tools",
         "test_untouched", "test_user", "test_window", "test_wock"}


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in PLAIN:
            item.add_marker(pytest.mark.plain)


def pytest_configure(config):
    config.real_stderr = os.dup(2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What the program and the sandbox said stands below a failure."""
    report = (yield).get_result()
    if report.failed:
        for title, source in getattr(item, "said", []):
            report.sections.append((title, source() or "(nothing)"))


@pytest.fixture(autouse=True)
def watchdog(request):
    """No test hangs the run: first an exception, then the end of everything it started (which
    frees calls that wait in the kernel), then the end of this process."""
    stuck = []
    seconds = LONG_TEST_SECONDS if request.node.get_closest_marker("long") else TEST_SECONDS

    def out_of_time(*_):
        stuck.append(request.node.name)
        raise process.TimedOut(f"the test took more than {seconds} s")
    before = signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(seconds)
    last_resort = threading.Timer(seconds + 5, process.end_all)
    last_resort.daemon = True
    last_resort.start()
    faulthandler.dump_traceback_later(seconds + 60, exit=True,
                                      file=request.config.real_stderr)
    yield
    faulthandler.cancel_dump_traceback_later()
    last_resort.cancel()
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    # The exception may have met another one on its way and be lost.
    assert not stuck, f"the test took more than {seconds} s"


@pytest.fixture(autouse=True)
def nothing_stays_mounted(tmp_path):
    """Not even what a test has mounted by itself, on whatever folder of its own."""
    yield
    left = mounts_below(tmp_path)
    for path in reversed(left):
        process.run(["fusermount3", "-uz", path])
    assert not left, f"left mounted: {left}"


@pytest.fixture
def said(request):
    """Where other fixtures leave (title, function giving text) for the report of a failure."""
    request.node.said = []
    return request.node.said


@pytest.fixture
def orderfs():
    """The program."""
    program = Path(os.environ.get("ORDERFS", TOP / "build" / "orderfs")).resolve()
    if not os.access(program, os.X_OK):
        pytest.exit(f"{program} is missing: meson setup build && ninja -C build", 2)
    return program


@pytest.fixture
def sanitized(orderfs):
    """Whether the program is built with a sanitizer: then its memory says nothing."""
    program = orderfs.read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


@pytest.fixture
def sandbox(tmp_path, said):
    """A factory of sandboxes, each on a port of its own: `sandbox(orders=12,
    export_seconds=0.3, page_size=0)` with the options of sandbox.py. See harness/sandbox.py
    for what it can do. `sandbox.all` lists those that were made."""
    def make(**options):
        folder = tmp_path / f"sandbox-{len(make.all)}"
        folder.mkdir()
        made = Sandbox(folder, **options)
        make.all.append(made)
        said.append(("sandbox stderr", made.stderr))
        return made
    make.all = []
    yield make
    for made in make.all:
        made.finish()
    tracebacks = [made.stderr() for made in make.all if "Traceback" in made.stderr()]
    assert not tracebacks, "\n".join(tracebacks)


@pytest.fixture
def mount(sandbox, tmp_path, said, orderfs):
    """A factory of mounts: `mount(shop)` mounts the accounts of a sandbox (one, unless it was made
    with more) and gives a Mount, see harness/mounted.py. More can be said:

    name        the first account's name, if not the sandbox's
    account     settings of the first account, beside those that the sandbox gives
    accounts    more accounts: {name: settings}
    limits      {"deadline": "3s", "connect": …, "stall": …, "answer": …}
    config      any other top-level keys of the accounts file, laid over all this
    options     for -o
    arguments   more arguments for the command line
    environment variables for the program
    descriptions  of more APIs: {name: text}
    """
    mounts = []

    def make(shop=None, name=None, account=None, accounts=None, limits=None, config=None,
             **program):
        settings = {"accounts": {}}
        if shop:
            settings["accounts"].update(shop.accounts)
            first = {**settings["accounts"].pop(shop.account), **(account or {})}
            settings["accounts"][name or shop.account] = first
        settings["accounts"].update(accounts or {})
        if limits:
            settings["limits"] = limits
        folder = tmp_path / f"mount-{len(mounts)}"
        folder.mkdir()
        said.append(("orderfs stderr", lambda: _text_of(folder / "stderr")))
        made = Mount(orderfs, folder, merged(settings, config or {}), **program)
        mounts.append(made)
        return made

    yield make
    problems = [problem for made in mounts for problem in made.finish()]
    problems += [problem for made in mounts for problem in leaks.find(made, sandbox.all)]
    assert not problems, "\n".join(problems)


@pytest.fixture
def program(orderfs, tmp_path):
    """The program as a person types it, with a home of its own; see harness/program.py."""
    folder = tmp_path / "person"
    folder.mkdir()
    made = Program(orderfs, folder)
    yield made
    made.finish()


@pytest.fixture
def somebody(orderfs):
    """The same for an ordinary user, who is somebody else when the tests are run as root."""
    with tempfile.TemporaryDirectory(prefix="orderfs-test-") as name, devices.open_to_all():
        folder = Path(name)
        folder.chmod(0o755)
        user = OTHER_USER if os.geteuid() == 0 else None
        made = Program(copy_for_others(orderfs, folder), folder, user)
        yield made
        made.finish()


def _text_of(path):
    return path.read_text(errors="replace") if path.exists() else ""


@pytest.fixture
def spawn(tmp_path):
    """A factory of commands that run beside the test: `reader = spawn(["cat", path])`, then
    `reader.running`, `.output()`, `.signal(SIGINT)`, `.wait()`. All are ended with the test."""
    made = []

    def make(command, **options):
        folder = tmp_path / f"spawn-{len(made)}"
        folder.mkdir()
        made.append(Background(command, folder, **options))
        return made[-1]

    yield make
    for background in made:
        background.finish()


@pytest.fixture
def watch(spawn):
    """inotify: `changes = watch(folder, file)`; `changes()` gives the events so far as tuples
    (path, name, masks), such as ("…/jobs", "4f1c", "CREATE,ISDIR")."""
    def make(*paths):
        watcher = spawn(["/usr/bin/python3", "-I", "-S", watch_program.__file__, *paths])
        wait_until(lambda: watcher.output().startswith("ready\n") or not watcher.running)
        assert watcher.running, watcher.wait()
        return lambda: [tuple(line.split("\t")) for line in watcher.output().splitlines()[1:]]
    return make
