"""Promise 26, first half: the mount can always be taken away, whoever waits in it."""

import os
import signal

import pytest

from harness import run, waits, wait_until

# Freed at once on a busy machine, far below every deadline.
AT_ONCE = 2.0


def ends_well(m):
    wait_until(lambda: not m.running, AT_ONCE, "orderfs ends")
    assert m.exit_status == 0, m.stderr()
    wait_until(lambda: not m.mounted, AT_ONCE, "the mount is gone")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
@pytest.mark.parametrize("kind", waits.KINDS)
def test_p26_a_signal_ends_it_while_a_reader_waits(kind, number, sandbox, mount, spawn):
    shop, m = waits.prepare(kind, sandbox, mount)
    reader = waits.start(kind, shop, m, spawn)
    m.signal(number)
    assert reader.wait(timeout=AT_ONCE).returncode > 0
    ends_well(m)


@pytest.mark.threads
def test_p26_a_signal_frees_many(sandbox, mount, spawn):
    shop, m = waits.prepare("status", sandbox, mount)
    readers = [waits.start("status", shop, m, spawn) for _ in range(30)]
    m.signal(signal.SIGTERM)
    assert all(reader.wait(timeout=2 * AT_ONCE).returncode > 0 for reader in readers)
    ends_well(m)


@pytest.mark.parametrize("kind", waits.KINDS)
def test_p26_fusermount_is_refused_while_a_reader_waits(kind, sandbox, mount, spawn):
    shop, m = waits.prepare(kind, sandbox, mount)
    reader = waits.start(kind, shop, m, spawn)
    result = run(["fusermount3", "-u", m.path])
    assert result.returncode != 0 and "busy" in result.stderr
    assert m.mounted and m.running and reader.running
    assert m.list(m.path) == [m.account.name]
    reader.signal(signal.SIGINT)
    reader.wait()
    m.unmount()


@pytest.mark.parametrize("kind", waits.KINDS)
def test_p26_a_lazy_unmount_frees_who_waits(kind, sandbox, mount, spawn):
    shop, m = waits.prepare(kind, sandbox, mount)
    reader = waits.start(kind, shop, m, spawn)
    assert run(["fusermount3", "-uz", m.path]).returncode == 0
    assert reader.wait(timeout=AT_ONCE).returncode > 0
    ends_well(m)


@pytest.mark.skipif(os.geteuid() != 0, reason="umount needs root")
def test_p26_umount_l_frees_who_waits(sandbox, mount, spawn):
    shop, m = waits.prepare("status", sandbox, mount)
    reader = waits.start("status", shop, m, spawn)
    assert run(["umount", "-l", m.path]).returncode == 0
    assert reader.wait(timeout=AT_ONCE).returncode > 0
    ends_well(m)


@pytest.mark.skipif(os.geteuid() != 0, reason="umount needs root")
def test_p26_a_forced_unmount_is_an_end_like_any_other(sandbox, mount, spawn):
    shop, m = waits.prepare("status", sandbox, mount)
    reader = waits.start("status", shop, m, spawn)
    run(["umount", "-f", m.path])
    assert reader.wait(timeout=AT_ONCE).returncode > 0
    run(["umount", m.path])
    ends_well(m)


def test_p26_a_shell_that_stands_in_the_mount_does_not_hold_it(sandbox, mount, spawn):
    shop = sandbox(orders=1)
    m = mount(shop)
    job, = [name for name in m.list("jobs") if name != "trigger"]
    shell = spawn("exec 3< job.json; echo here; read -t 60", cwd=m.account / "jobs" / job,
                  stdin=-1)
    wait_until(lambda: shell.output() == "here\n")
    m.signal(signal.SIGTERM)
    ends_well(m)
    assert shell.running


def test_p26_what_was_unmounted_can_be_mounted_again(sandbox, mount, spawn):
    shop, m = waits.prepare("status", sandbox, mount)
    reader = waits.start("status", shop, m, spawn)
    m.signal(signal.SIGTERM)
    reader.wait(timeout=AT_ONCE)
    ends_well(m)
    shop.clear_faults()
    m.remount()
    assert m.read("jobs/busy/status") == "queued\n"
