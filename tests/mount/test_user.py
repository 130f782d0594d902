"""An ordinary user needs nobody's help: the whole story with fusermount3, and nobody else sees
it."""

import os
from pathlib import Path

import pytest

from harness import wait_until
from harness.devices import needs_root

DESCRIPTION = Path(__file__).resolve().parents[2] / "src/provider/apis/elasticpath.yaml"


@pytest.fixture
def shop(sandbox, somebody):
    made = sandbox(orders=2, export_seconds=0.2)
    somebody.configure((made.folder / "sandbox.yaml").read_text())
    # The tree may stand where only its owner can look.
    somebody.write(".config/orderfs/providers/elasticpath.yaml", DESCRIPTION.read_text())
    return made


def says(somebody, *words):
    result = somebody.do(*words)
    assert result.returncode == 0, result
    return result.stdout


def test_the_whole_story(somebody, shop):
    somebody.mount()
    jobs = somebody.path / shop.account / "jobs"
    before = set(says(somebody, "ls", jobs).split())
    says(somebody, "bash", "-c", f"echo 'filter=gt(created_at,2026-01-01)' > {jobs}/trigger")
    new, = set(says(somebody, "ls", jobs).split()) - before
    wait_until(lambda: says(somebody, "cat", jobs / new / "status") == "ready\n")
    assert says(somebody, "cat", jobs / new / "orders.csv").encode() == shop.raw_file(new)
    somebody.unmount()
    assert not somebody.mounted and says(somebody, "ls", somebody.path) == ""


def test_modes_and_owners(somebody, shop):
    somebody.mount()
    account = somebody.path / shop.account
    job = shop.jobs()[0]["id"]
    wait_until(lambda: somebody.do("test", "-e", account / "jobs" / job).returncode == 0)
    user = says(somebody, "id", "-u").strip()
    group = says(somebody, "id", "-g").strip()
    modes = {"": "755", "status": "444", "jobs": "755", "jobs/trigger": "644",
             f"jobs/{job}": "755", f"jobs/{job}/job.json": "444", f"jobs/{job}/status": "444",
             f"jobs/{job}/orders.csv": "444", "../.orderfs": "755", "../.orderfs/refresh": "644",
             "../.orderfs/log": "444"}
    found = says(somebody, "stat", "-c", "%a %u %g", *[account / name for name in modes])
    assert found.splitlines() == [f"{mode} {user} {group}" for mode in modes.values()]


def test_the_kernel_checks_permissions(somebody, shop):
    somebody.mount()
    source, _, kind, options, *_ = somebody.entry
    user = says(somebody, "id", "-u").strip()
    assert kind == "fuse.orderfs"
    assert {"default_permissions", "nosuid", "nodev", f"user_id={user}"} <= set(options.split(","))
    result = somebody.do("bash", "-c", f"echo x > {somebody.path}/{shop.account}/status")
    assert "Permission denied" in result.stderr or "not permitted" in result.stderr


@needs_root
def test_others_see_nothing(somebody, shop):
    """Not even root, unless the mount was made with allow_other."""
    somebody.mount()
    with pytest.raises(PermissionError):
        os.listdir(somebody.path)


def test_allow_other_is_for_fuse_conf_to_allow(somebody, shop):
    result = somebody.run("-o", "allow_other", somebody.path)
    if result.returncode == 0:
        assert "allow_other" in somebody.entry[3]
    else:
        assert result.returncode == 1 and "allow_other" in result.stderr
        assert not somebody.mounted


@needs_root
def test_root_can_share_a_mount(sandbox, program, somebody):
    made = sandbox(orders=1)
    program.configure((made.folder / "sandbox.yaml").read_text())
    shared = somebody.path
    result = program.run("-o", "allow_other", shared)
    try:
        assert result.returncode == 0, result
        assert says(somebody, "ls", shared) == f"{made.account}\n"
        assert "denied" in somebody.do("bash", "-c", f"echo x > {shared}/.orderfs/refresh").stderr
    finally:
        program.do("umount", shared)


def test_a_crash_is_cleared_away(somebody, shop):
    somebody.mount()
    somebody.kill()
    somebody.mount()
    assert says(somebody, "ls", somebody.path) == f"{shop.account}\n"


def test_what_it_keeps_is_its_own(somebody, shop):
    somebody.mount()
    files = says(somebody, "find", somebody.state_dir, somebody.cache_dir, "-printf", "%y %m %f\n")
    modes = {line.split()[0]: set() for line in files.splitlines()}
    for line in files.splitlines():
        modes[line.split()[0]].add(line.split()[1])
    assert modes == {"d": {"700"}, "f": {"600"}}
    assert "f 600 orderfs.db" in files.splitlines()
