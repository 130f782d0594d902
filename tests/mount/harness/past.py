"""Time that a test cannot wait for."""

import contextlib
import sqlite3

HOUR_NS = 3_600_000_000_000


def let_time_pass(mount):
    """As if all jobs had been known for an hour: a listing that misses one that is new may just
    be late, and takes nothing away. Remounts."""
    mount.terminate()
    _change(mount, f"UPDATE item SET first_ns = first_ns - {HOUR_NS}")
    mount.remount()


def let_commands_age(mount):
    """As if all commands had been written an hour before."""
    _change(mount, f"UPDATE command SET at_ns = at_ns - {HOUR_NS}")


def _change(mount, statement):
    for database in mount.state_dir.glob("*.db"):
        with contextlib.closing(sqlite3.connect(database)) as state:
            state.execute(statement)
            state.commit()
