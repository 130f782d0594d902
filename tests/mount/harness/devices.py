"""What only root can do to a machine for a test, always undone again."""

import contextlib
import ctypes
import os
import stat

import pytest

from harness.process import run

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@contextlib.contextmanager
def open_to_all(path="/dev/fuse"):
    """Distributions let every user open /dev/fuse; a bare container may not."""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    change = os.geteuid() == 0 and mode & 0o666 != 0o666
    if change:
        os.chmod(path, mode | 0o666)
    try:
        yield
    finally:
        if change:
            os.chmod(path, mode)


@contextlib.contextmanager
def tmpfs(path, options):
    """A small disk at `path`, which is made."""
    path.mkdir(exist_ok=True)
    result = run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path])
    if result.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {result.stderr}")
    try:
        yield path
    finally:
        run(["umount", "-l", path])


@contextlib.contextmanager
def dead_mount(path, kind):
    """What a FUSE file system of that kind leaves behind when its process dies."""
    libc = ctypes.CDLL(None, use_errno=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    data = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    result = libc.mount(b"dead", os.fsencode(path), kind.encode(), 0, data.encode())
    number = ctypes.get_errno()
    os.close(device)
    if result != 0:
        pytest.skip(f"no FUSE can be mounted here: {os.strerror(number)}")
    try:
        yield
    finally:
        run(["umount", "-l", path])
