"""Going to the background: the command comes back when the mount answers, not before, and what
then runs holds on to nothing of the shell that started it."""

import os
import signal
from pathlib import Path

import pytest

from harness import run, wait_until
from harness.devices import needs_root


@pytest.fixture
def shop(sandbox, program):
    made = sandbox(orders=2)
    program.configure((made.folder / "sandbox.yaml").read_text())
    return made


def test_the_command_comes_back_when_the_mount_answers(program, shop):
    for _ in range(5):
        result = program.do("bash", "-c", f'"{program.program}" "{program.path}" && '
                                          f'exec ls "{program.path}"', timeout=5)
        assert (result.returncode, result.stdout) == (0, f"{shop.account}\n")
        program.unmount()


def test_it_comes_back_although_the_api_hangs(program, shop):
    shop.fault("*", hang=True, times=0)
    program.mount(timeout=5)
    assert program.do("ls", program.path, timeout=5).stdout == f"{shop.account}\n"


def test_it_works_in_the_background(program, shop):
    """The thread that speaks HTTP was made after the fork."""
    program.mount()
    jobs = program.path / shop.account / "jobs"
    names = [job["id"] for job in shop.jobs()]
    assert program.do("ls", jobs).stdout.split() == sorted([*names, "trigger"])


@needs_root
def test_nothing_of_the_shell_is_held(program, shop):
    program.mount()
    here = Path("/proc") / str(program.pid)
    assert os.readlink(here / "cwd") == "/"
    assert [os.readlink(here / "fd" / str(number)) for number in range(3)] == ["/dev/null"] * 3
    fields = (here / "stat").read_text().rpartition(")")[2].split()
    assert int(fields[3]) != os.getsid(0), "still in the session of the shell"


def test_a_pipe_behind_it_ends(program, shop):
    """`orderfs ~/shops | cat` would wait for ever if the background kept the pipe."""
    result = program.do("bash", "-c", f'"{program.program}" "{program.path}" 2>&1 | cat',
                        timeout=5)
    assert result.returncode == 0 and program.mounted


def test_a_failure_before_that_is_the_commands_own(program, shop):
    program.home.joinpath(".local").write_text("a file where a folder is needed")
    result = program.run(program.path)
    assert result.returncode == 1
    assert str(program.state_dir) in result.stderr
    assert not program.mounted


def test_a_hangup_lists_again(program, shop):
    program.mount()
    ready = program.path / ".orderfs" / "ready"
    wait_until(lambda: program.do("cat", ready).returncode == 0)
    for expected in (2, 3):
        program.signal(signal.SIGHUP)
        wait_until(lambda: len(shop.requests("getMultipleJobs")) >= expected)
    assert len(shop.requests("getMultipleJobs")) == 3
    assert program.running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_unmounts(program, shop, number):
    program.mount()
    program.signal(number)
    wait_until(lambda: not program.running)
    assert not program.mounted


def test_a_broken_pipe_does_not_end_it(program, shop):
    program.mount()
    program.signal(signal.SIGPIPE)
    assert program.do("ls", program.path).stdout == f"{shop.account}\n"
    assert program.running


def test_no_core_dump_can_hold_a_secret(program, shop):
    result = run(["bash", "-c", 'ulimit -c unlimited; exec "$0" "$1"', program.program,
                  program.path], env=program.environment)
    assert result.returncode == 0, result
    limits = Path(f"/proc/{program.pid}/limits").read_text().splitlines()
    core, = [line for line in limits if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]
