"""The manual page and the sandbox's page are true: their options are those of the programs, their
examples are taken and run as they are printed there."""

import re
import shutil

import pytest

from harness import documents, run
from harness.documents import MANUAL, SANDBOX_README

TEXT = MANUAL.read_text()


def plain(text):
    """Without fonts and escapes."""
    return re.sub(r"^\.[BI][BIR]? |\\f[BIRP]", "", text.replace("\\-", "-"), flags=re.M)


def section(name):
    return re.search(rf"^\.SH {name}\n(.*?)(?=^\.SH |\Z)", TEXT, re.M | re.S)[1]


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_it_is_set_without_a_warning():
    result = run(["groff", "-t", "-man", "-ww", "-z", MANUAL])
    assert (result.returncode, result.stderr) == (0, "")


def test_its_options_are_those_of_the_program(program):
    described = set(re.findall(r'-(\w) ", " --(\w+)', plain(section("OPTIONS"))))
    assert described == set(re.findall(r"^ +-(\w), --(\w+)", program.run("--help").stdout, re.M))
    used = set(re.findall(r"-(\w)\b", plain(section("SYNOPSIS"))))
    assert {"c", "f", "d", "o"} == used == {short for short, _ in described} - {"h", "V"}


def test_its_version_is_that_of_the_program(program):
    assert f'"{program.run("--version").stdout.strip()}"' in TEXT.splitlines()[1]


def test_its_accounts_file_is_good_as_it_is_printed(program):
    example = re.search(r"^\.nf\n\.RS\n(.*?)^\.RE\n\.fi$", TEXT, re.M | re.S)[1]
    program.write(".config/orderfs/shop.secret", "hush\n")
    program.configure(example)
    result = program.run("check", "--offline")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{program.config_file}: 1 account")


def test_its_files_are_where_it_says(program, sandbox):
    shop = sandbox(orders=1)
    program.configure((shop.folder / "sandbox.yaml").read_text())
    program.mount()
    for name in re.findall(r"~/(\S+)", section("FILES")):
        assert (program.home / name).exists(), name


def test_it_names_the_same_errors_and_words_as_the_readme():
    named = re.findall(r"^(E[A-Z]+)\|", section("ERRORS"), re.M)
    assert sorted(named) == sorted(documents.errors_of_readme())
    words = re.search(r"words: `([a-z ]+)`", re.sub(r"\s+", " ", documents.README.read_text()))[1]
    assert words in re.sub(r"\s+", " ", plain(section("THE TREE"))).replace("or unknown", "unknown")


def test_the_sandbox_has_the_options_that_its_page_names():
    help_text = run(["/usr/bin/python3", SANDBOX_README.with_name("sandbox.py"), "--help"]).stdout
    named = set(re.findall(r"[ `](--[a-z-]+)", SANDBOX_README.read_text())) - {"--help"}
    assert named and named <= set(re.findall(r"--[a-z-]+", help_text))


@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("curl")),
                    reason="jq or curl is not installed")
def test_the_session_with_the_sandbox_goes_as_printed(sandbox, tmp_path):
    session, = documents.blocks(SANDBOX_README, "sh")
    shop = sandbox()
    text = documents.substituted(session, {"http://127.0.0.1:8080": shop.url})
    result = run(["bash", "-euc", text], cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == '"success"'
    assert lines[1].startswith("order_number,")
    assert [line for line in lines if re.fullmatch(r"\d{3}", line)] == ["500", "500", "200"]
    # The other read was a look behind the curtain, which is not logged.
    assert re.fullmatch(r'\["/\S+",200,\d+\]', lines[-1])
