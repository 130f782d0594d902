"""Time that a test cannot wait for."""

import contextlib
import sqlite3


def let_time_pass(mount):
    """As if all jobs had been known for an hour: a listing that misses one that is new may just
    be late, and takes nothing away. Remounts."""
    mount.terminate()
    for database in mount.state_dir.glob("*.db"):
        with contextlib.closing(sqlite3.connect(database)) as state:
            state.execute("UPDATE item SET first_ns = first_ns - 3600000000000")
            state.commit()
    mount.remount()
