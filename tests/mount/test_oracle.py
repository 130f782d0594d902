"""Promise 23 against an oracle: random changes at the other end, and what watchers were told of
them, compared: each once, in order, a file complete when it is closed, nothing else; while others
list, read and refresh. $ORDERFS_SEED repeats a run."""

import contextlib
import hashlib
import os
import random

import pytest

from harness import TimedOut, wait_until
from harness.past import let_time_pass
from harness.told import CHANGED, CREATED, of_file

pytestmark = pytest.mark.threads
SEED = int(os.environ.get("ORDERFS_SEED", "23"))
BATCHES, CHANGES = 12, 25
STARTED = [*of_file("job.json", CHANGED), *of_file("status", CHANGED)]
FINISHED = [*of_file("orders.csv", CREATED), *STARTED]
ENDING = ("DELETE", "DELETE_SELF", "IGNORED", "ATTRIB")
FAILED = [*of_file("job.json", CHANGED), *of_file("error", CREATED), *of_file("status", CHANGED)]


class Oracle:
    """What jobs there are, and what must have been told of each."""

    def __init__(self, shop, names):
        self.shop = shop
        self.random = random.Random(SEED)
        self.jobs = dict.fromkeys(names, "pending")
        self.old = set(names)
        self.folder = []
        self.told = {name: [] for name in names}

    def change(self, name):
        """One that the job can go through; those that are over only vanish."""
        state = self.jobs[name]
        choices = {"pending": ["started", "success", "failed"],
                   "started": ["success", "failed"]}.get(state, [])
        if name in self.old and self.random.random() < 0.2:
            self.shop.event("vanish", id=name)
            del self.jobs[name]
            self.folder.append((name, "DELETE,ISDIR"))
        elif choices:
            self.jobs[name] = new = self.random.choice(choices)
            event = {"success": {"event": "finish"}, "started": {"event": "status",
                     "status": "started"}, "failed": {"event": "fail", "error": "Out of paper"}}
            self.shop.event(id=name, **event[new])
            self.told[name] += {"success": FINISHED, "started": STARTED, "failed": FAILED}[new]

    def create(self, number):
        name, state = f"new-{number}", self.random.choice(["pending", "success"])
        self.shop.event("job", id=name, status=state)
        self.jobs[name] = state
        self.told[name] = []
        self.folder.append((name, "CREATE,ISDIR"))

    def batch(self, number):
        """Each job changes once at most: whoever looks in between sees all there is to see."""
        names = self.random.sample(sorted(self.jobs), min(CHANGES, len(self.jobs)))
        for n in range(CHANGES):
            if self.random.random() < 0.4:
                self.create(number * CHANGES + n)
        for name in names:
            self.change(name)


@pytest.fixture
def shop(sandbox):
    made = sandbox(orders=0).frozen()
    for number in range(40):
        made.event("job", id=f"old-{number}", status="pending")
    return made


def test_p23_what_watchers_are_told_is_what_happened(shop, mount, watch, spawn):
    m = mount(shop, account={"limits": {"per_second": 500, "burst": 500, "parallel": 8}})
    m.wait_listed()
    let_time_pass(m)
    jobs = m.account / "jobs"
    oracle = Oracle(shop, [name for name in m.list("jobs") if name != "trigger"])
    changes = watch("--follow", jobs, *(jobs / name for name in oracle.jobs))
    others = [spawn(f"while :; do {command}; done > /dev/null 2>&1") for command in (
        f"ls -l {jobs}; sleep 0.1", f"cat {jobs}/*/status; sleep 0.1", f"find {m.account}; sleep 0.2",
        f"echo now > {m.control}/refresh; sleep 0.3", f"cat {jobs}/old-*/orders.csv; sleep 0.3")]
    for number in range(BATCHES):
        oracle.batch(number)
        m.refresh(timeout=60)
    with contextlib.suppress(TimedOut):
        wait_until(lambda: not difference(jobs, changes(), oracle))
    assert all(other.running for other in others)
    events = changes()
    assert not difference(jobs, events, oracle), f"seed {SEED}"
    for path, file, masks in events:
        name = os.path.basename(path)
        if file == "orders.csv" and masks.startswith("SHA256") and name in oracle.jobs:
            content = hashlib.sha256(shop.raw_file(name)).hexdigest()
            assert masks == f"SHA256 {content}", f"{name} was not complete, seed {SEED}"


def difference(jobs, events, oracle):
    """{folder: (told, what must have been)}; of what vanished also that its files went, and what
    was wrong with them then."""
    found = {name: [] for name in oracle.told}
    of_folder = [(name, masks) for path, name, masks in events if path == str(jobs)]
    wrong = {}
    if sorted(of_folder) != sorted(oracle.folder):
        wrong["jobs"] = (sorted(set(of_folder) ^ set(oracle.folder)), len(of_folder))
    for path, file, masks in events:
        if path != str(jobs) and not masks.startswith("SHA256"):
            found[os.path.basename(path)].append((file, masks))
    for name, wanted in oracle.told.items():
        if name not in oracle.jobs:
            of_error = [event for event in wanted if event[0] == "error"]
            found[name] = [event for event in found[name] if event[1] not in ENDING and
                           (of_error or event[0] != "error")]
        if found[name] != wanted:
            wrong[name] = (found[name], wanted)
    return wrong
