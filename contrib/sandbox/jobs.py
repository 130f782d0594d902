"""Export jobs of one account: a queue, and a memory that ends.

Nothing runs in the background. Whoever looks at the jobs first lets the queue catch up
with the clock, so the states are exact at the moment they are seen and a restart loses no
time. All instants are nanoseconds since 1970. Callers hold `lock` from their first look at
a job to their last; the lock is re-entrant and each method takes it by itself as well.
"""

import bisect
import json
import os
import sys
import threading
import time
import uuid

SECOND = 1_000_000_000
DAY = 86400 * SECOND
WEEK = 7 * DAY
STORED = ("id", "status", "error", "filter", "created", "updated", "started", "size",
          "generation", "queued")


class Job:
    """One export. `text` is room for the rendering of the API module, None when stale."""

    __slots__ = (*STORED, "number", "text")

    def __init__(self, id, status="pending", error=None, filter="", created=0, updated=None,
                 started=None, size=None, generation=0, queued=False):
        self.id = id
        self.status = status
        self.error = error
        self.filter = filter
        self.created = created
        self.updated = updated
        self.started = started
        self.size = size
        self.generation = generation
        self.queued = queued
        self.number = 0
        self.text = None

    def age_order(self):
        return (self.created, self.number)


class Jobs:
    """All jobs of an account. `outcome(job)` gives the error of a finished job, or None.

    They run one at a time or `side_by_side`, and are forgotten after `memory`, if at all.
    Their ids are random, or count up if they are `numbered`.
    """

    def __init__(self, seconds_each, outcome, path=None, side_by_side=False, memory=WEEK,
                 numbered=False):
        self.lock = threading.RLock()
        self._duration = int(seconds_each * SECOND)
        self._outcome = outcome
        self._path = path
        self._jobs = []
        self._by_id = {}
        self._waiting = []
        self._running = []
        self._places = sys.maxsize if side_by_side else 1
        self._memory = memory
        self._free_since = 0
        self._frozen_since = None
        self._count = 0
        self._numbered = numbered
        self._last_number = 0

    def restore(self):
        """Read the jobs of an earlier run; returns whether there was one."""
        if self._path is None or not os.path.exists(self._path):
            return False
        with open(self._path, encoding="utf-8") as file:
            self.add_all([Job(**stored) for stored in json.load(file)])
        return True

    def add_all(self, jobs):
        with self.lock:
            for job in jobs:
                self._count += 1
                job.number = self._count
                self._by_id[job.id] = job
                if job.id.isdecimal():
                    self._last_number = max(self._last_number, int(job.id))
                if job.queued and job.started is not None:
                    self._running.append(job)
                elif job.queued:
                    bisect.insort(self._waiting, job, key=Job.age_order)
            self._jobs += jobs
            self._jobs.sort(key=Job.age_order)
            self._save()

    def new_id(self):
        """An id that no job has."""
        if not self._numbered:
            return str(uuid.uuid4())
        with self.lock:
            self._last_number += 1
            return str(self._last_number)

    def progress(self, job):
        """How much of a job's work is done, from 0 to 1."""
        with self.lock:
            if not job.queued:
                return 1
            if job.started is None:
                return 0
            now = self._frozen_since or time.time_ns()
            return min(1, (now - job.started) / max(1, self._duration))

    def get(self, job_id):
        """The youngest job of that id, or None."""
        with self.lock:
            self._catch_up()
            return self._by_id.get(job_id)

    def page(self, offset=0, limit=None):
        """A part of the jobs, newest first, and how many there are."""
        with self.lock:
            self._catch_up()
            end = len(self._jobs) - offset
            start = 0 if limit is None else max(0, end - limit)
            return self._jobs[start:max(0, end)][::-1], len(self._jobs)

    def settle(self, job, status, error=None):
        """Give a job a state that the queue will not change any more."""
        with self.lock:
            self._unqueue(job)
            job.status = status
            job.error = error
            job.updated = time.time_ns()
            self._changed(job)

    def age(self, job, duration):
        """Make a job older than it is."""
        with self.lock:
            job.created -= duration
            job.updated = job.updated and job.updated - duration
            self._jobs.sort(key=Job.age_order)
            self._waiting.sort(key=Job.age_order)
            self._changed(job)

    def replace(self, job, size):
        """Give a job's file other contents."""
        with self.lock:
            job.generation += 1
            job.size = job.size if size is None else size
            self._changed(job)

    def vanish(self, job_id):
        """Forget all jobs of that id."""
        with self.lock:
            for job in [job for job in self._jobs if job.id == job_id]:
                self._unqueue(job)
                self._jobs.remove(job)
            self._by_id.pop(job_id, None)
            self._save()

    def freeze(self):
        """Stop the queue; waiting jobs wait, the running one runs on and on."""
        with self.lock:
            self._catch_up()
            self._frozen_since = self._frozen_since or time.time_ns()

    def thaw(self):
        """Let the queue go on where it stopped."""
        with self.lock:
            if self._frozen_since is None:
                return
            now = time.time_ns()
            for job in self._running:
                job.started += now - self._frozen_since
            self._free_since = now
            self._frozen_since = None

    def _catch_up(self):
        now = time.time_ns()
        self._expire(now)
        if self._frozen_since is not None:
            return
        while self._running or self._waiting:
            while self._waiting and len(self._running) < self._places:
                self._start(self._waiting.pop(0))
            # All take equally long, so that the first to start is the first to end.
            end = self._running[0].started + self._duration
            if end > now:
                return
            self._finish(end)

    def _start(self, job):
        job.started = job.updated = max(self._free_since, job.created)
        job.status = "started"
        self._running.append(job)
        self._changed(job)

    def _finish(self, end):
        job = self._running.pop(0)
        self._free_since = end
        job.queued = False
        job.updated = end
        job.error = self._outcome(job)
        job.status = "failed" if job.error else "success"
        self._changed(job)

    def _expire(self, now):
        if self._memory is None:
            return
        gone = bisect.bisect_right(self._jobs, now - self._memory, key=lambda job: job.created)
        if not gone:
            return
        for job in self._jobs[:gone]:
            self._unqueue(job)
            if self._by_id.get(job.id) is job:
                del self._by_id[job.id]
        del self._jobs[:gone]
        self._save()

    def _unqueue(self, job):
        if job in self._running:
            self._running.remove(job)
            self._free_since = time.time_ns()
        elif job.queued:
            self._waiting.remove(job)
        job.queued = False

    def _changed(self, job):
        job.text = None
        self._save()

    def _save(self):
        if self._path is None:
            return
        stored = [{name: getattr(job, name) for name in STORED} for job in self._jobs]
        with open(self._path + ".new", "w", encoding="utf-8") as file:
            json.dump(stored, file)
        os.replace(self._path + ".new", self._path)


def seeded_instants(days, count):
    """When the jobs that exist at start were made: evenly over the last days, oldest first."""
    step = days * DAY // max(count, 1)
    first = time.time_ns() - days * DAY
    return [first + number * step for number in range(count)]
