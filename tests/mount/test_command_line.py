"""The command line, and what may be mounted on: words and an exit status for every mistake,
and nothing mounted then."""

import re

import pytest

from harness import wait_until
from harness.devices import dead_mount, needs_root, tmpfs

FAILED, USAGE = 1, 2


@pytest.fixture
def shop(sandbox, program):
    made = sandbox(orders=2)
    program.configure((made.folder / "sandbox.yaml").read_text())
    return made


def refused(program, result, status, *words):
    assert result.returncode == status, result
    assert "orderfs: " in result.stderr
    for word in words:
        assert str(word) in result.stderr
    assert not program.mounted or program.running or program.entry[2] != "fuse.orderfs"


def test_help_tells_every_option(program):
    result = program.run("--help")
    assert result.returncode == 0 and result.stderr == ""
    for word in ("Usage: orderfs", "SOURCE", "MOUNTPOINT", "--config", "--foreground", "--debug",
                 "--options", "--version", "check", "wait", "--state", "--timeout", "fusermount3 -u",
                 "Exit codes"):
        assert word in result.stdout
    assert program.run("-h").stdout == result.stdout


def test_version_is_one_line(program):
    result = program.run("--version")
    assert result.returncode == 0
    assert re.fullmatch(r"orderfs \d+\.\d+\.\d+\n", result.stdout)


@pytest.mark.parametrize("arguments, words", [
    ([], "the mount point is missing"),
    (["one", "two", "three"], "too many arguments"),
    (["-o"], "option requires an argument"),
])
def test_a_bad_command_line_is_a_usage_error(program, shop, arguments, words):
    refused(program, program.run(*arguments), USAGE, words, "--help")


@pytest.mark.parametrize("option", ["--nonsense", "-x", "--config"])
def test_an_unknown_or_cut_option_is_a_usage_error(program, shop, option):
    result = program.run(program.path, option)
    assert result.returncode == USAGE
    assert option.lstrip("-") in result.stderr and "--help" in result.stderr
    assert not program.mounted


def test_an_unknown_mount_option_is_named(program, shop):
    result = program.run("-o", "allow_nonsense", program.path)
    assert result.returncode in (FAILED, USAGE)
    assert "allow_nonsense" in result.stderr
    assert not program.mounted


def test_a_mount_point_that_is_missing(program, shop):
    missing = program.home / "nothing"
    refused(program, program.run(missing), FAILED, missing, "No such file or directory")


def test_a_mount_point_that_is_a_file(program, shop):
    file = program.write("file", "text")
    refused(program, program.run(file), FAILED, file, "not a folder")


def test_a_mount_point_that_is_not_empty(program, shop):
    (program.path / "precious").write_text("text")
    refused(program, program.run(program.path), FAILED, program.path, "not empty")
    assert (program.path / "precious").read_text() == "text"


def test_a_mount_point_in_use_stays_as_it_is(program, shop):
    program.mount()
    refused(program, program.run(program.path), FAILED, program.path, "already")
    assert program.running and program.do("ls", program.path).stdout == f"{shop.account}\n"


@needs_root
def test_another_file_system_is_mounted_on_when_it_is_empty(program, shop):
    with tmpfs(program.path, "size=64k"):
        program.mount()
        program.unmount()
        (program.path / "precious").write_text("text")
        refused(program, program.run(program.path), FAILED, "not empty")


def test_a_crash_of_its_own_is_cleared_away(program, shop):
    program.mount()
    program.kill()
    wait_until(lambda: "not connected" in program.do("ls", program.path).stderr)
    program.mount()
    assert program.do("ls", program.path).stdout == f"{shop.account}\n"
    program.unmount()
    assert not program.mounted, "one dead mount is below another"


def test_a_crash_is_cleared_away_by_a_relative_name_too(program, shop):
    program.mount()
    program.kill()
    result = program.run(f"./{program.path.name}/", cwd=program.path.parent)
    assert result.returncode == 0, result
    assert program.do("ls", program.path).stdout == f"{shop.account}\n"


@needs_root
def test_a_crash_of_something_else_is_left_alone(program, shop):
    with dead_mount(program.path, "fuse.another"):
        refused(program, program.run(program.path), FAILED, program.path, "unmount it first")
        assert program.entry[2] == "fuse.another"


def test_the_source_is_shown_in_the_mount_table(program, shop):
    result = program.run("my-shops", program.path)
    assert result.returncode == 0, result
    source, _, kind, options, *_ = program.entry
    assert (source, kind) == ("my-shops", "fuse.orderfs")
    assert {"default_permissions", "nosuid", "nodev"} <= set(options.split(","))
    assert "allow_other" not in options


def test_the_source_can_be_the_accounts_file(program, shop):
    """As `mount -t fuse.orderfs FILE MOUNTPOINT` and fstab have it."""
    file = program.write("elsewhere.yaml", program.config_file.read_text())
    program.config_file.unlink()
    result = program.run(file, program.path)
    assert result.returncode == 0, result
    assert program.entry[0] == str(file)
    assert program.do("ls", program.path).stdout == f"{shop.account}\n"


def test_accounts_in_another_file(program, shop):
    file = program.write("elsewhere.yaml", program.config_file.read_text())
    program.config_file.unlink()
    program.mount("-c", file)
    assert program.do("ls", program.path).stdout == f"{shop.account}\n"


def test_mount_options_are_passed_on(program, shop):
    program.mount("-o", "ro", "-o", "noexec,nosuid")
    assert {"ro", "noexec", "nosuid", "default_permissions"} <= set(program.entry[3].split(","))


def test_debug_prints_the_requests(program, shop, spawn):
    running = spawn([program.program, "-d", program.path], env=program.environment)
    wait_until(lambda: program.mounted)
    assert program.do("ls", program.path).stdout == f"{shop.account}\n"
    program.unmount()
    assert "opcode: OPENDIR" in running.wait().stderr
