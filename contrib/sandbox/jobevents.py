"""Events of POST /control/event that concern export jobs, for any API that has them."""

import calendar
import time

import exports
from jobs import DAY, SECOND, Job

FIELDS = {"id": str, "status": str, "error": str, "filter": str, "bytes": int, "rows": int,
          "created": (str, int, float), "updated": (str, int, float, type(None)),
          "count": int, "duplicate": bool, "days": (int, float)}
NO_TIME = "0001-01-01T00:00:00Z"


class BadEvent(ValueError):
    """An event that cannot happen, said in words for its author."""


def apply(jobs, name, fields):
    """Make an event happen; returns what there is to tell about it."""
    check(fields, FIELDS)
    if name == "job":
        return {"jobs": [describe(job) for job in _make(jobs, fields)]}
    if name == "freeze":
        jobs.freeze()
        return {}
    if name == "thaw":
        jobs.thaw()
        return {}
    if name not in ON_ONE_JOB:
        raise BadEvent(f"unknown event {name}")
    with jobs.lock:
        job = jobs.get(fields.get("id"))
        if job is None:
            raise BadEvent("no job of that id")
        ON_ONE_JOB[name](jobs, job, fields)
        return {"job": describe(job)}


ON_ONE_JOB = {
    "finish": lambda jobs, job, fields: jobs.settle(job, "success"),
    "fail": lambda jobs, job, fields: jobs.settle(
        job, "failed", fields.get("error", "Internal error")),
    "status": lambda jobs, job, fields: jobs.settle(
        job, needed(fields, "status"), job.error),
    "vanish": lambda jobs, job, fields: jobs.vanish(job.id),
    "age": lambda jobs, job, fields: jobs.age(
        job, int(needed(fields, "days") * DAY)),
    "replace": lambda jobs, job, fields: jobs.replace(job, _size(fields)),
}


def describe(job):
    """A job as the control API tells it; the file's size only where it was asked for."""
    return {"id": job.id, "status": job.status, "error": job.error, "filter": job.filter,
            "created": job.created / SECOND,
            "updated": None if job.updated is None else job.updated / SECOND,
            "bytes": job.size, "generation": job.generation}


def _make(jobs, fields):
    with jobs.lock:
        count = fields.get("count", 1)
        if "id" in fields and not fields.get("duplicate"):
            if count > 1 or jobs.get(fields["id"]):
                raise BadEvent("a job of that id exists (say duplicate to have it twice)")
        made = [_job(jobs, fields) for _ in range(count)]
        jobs.add_all(made)
        return made


def _job(jobs, fields):
    """A job in the state asked for. Only a pending one enters the queue."""
    status = fields.get("status", "success")
    created = _instant(fields.get("created", time.time()))
    updated = _instant(fields.get("updated", None if status == "pending" else created / SECOND))
    return Job(fields.get("id") or jobs.new_id(), status, fields.get("error"),
               fields.get("filter", ""), created, updated, size=_size(fields),
               queued=status == "pending")


def check(fields, known):
    """Refuse fields of other names or types than `known` has."""
    for name, value in fields.items():
        if name not in known:
            raise BadEvent(f"unknown field {name}")
        if not isinstance(value, known[name]):
            raise BadEvent(f"{name} has the wrong type")


def needed(fields, name):
    if name not in fields:
        raise BadEvent(f"{name} is missing")
    return fields[name]


def _size(fields):
    if "rows" in fields:
        return len(exports.HEADER) + exports.WIDTH * fields["rows"]
    return fields.get("bytes")


def _instant(value):
    """Nanoseconds from seconds since 1970 or from 2026-01-31T12:00:00Z; None for no time."""
    if value is None or value == NO_TIME:
        return None
    if isinstance(value, str):
        try:
            value = calendar.timegm(time.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))
        except ValueError:
            raise BadEvent("times look like 2026-01-31T12:00:00Z") from None
    return int(value * SECOND)
