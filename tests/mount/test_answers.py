"""`orderfs check --answers`: the recorded answers in tests/provider are read as their expect.yaml
says, and anything else is told."""

import re
import shutil
from pathlib import Path

import pytest

USAGE = 2
FOLDERS = Path(__file__).resolve().parents[1] / "provider"
NAMES = sorted(path.parent.name for path in FOLDERS.glob("*/expect.yaml"))
DESCRIPTIONS = FOLDERS.parents[1] / "src/provider/apis"

# What is changed in the folder of elasticpath, into what, and the words that tell.
CHANGES = {
    "a state": ("state: running", "state: ready",
                "list-current.json: rows[1].state: expected ready, found running"),
    "a row too many": ("gives: {rows: []}", "gives: {rows: [{id: a}]}", "rows[0]"),
    "what is not expected": ("      next: yes\n", "",
                             "list-more.json: next: expected nothing, found yes"),
    "a file": ("files: [orders.csv]", "files: [orders.csv, more.csv]", "files[1]"),
    "words": ("Too Many Requests", "Too Few Requests", "error-limit.json: words: expected"),
    "an error": ("gives: {token: abc123, expires: 3600s}", "gives: {errno: EACCES}",
                 "token.json: errno: expected EACCES, found nothing"),
    "none": ("gives: {errno: EAGAIN, words: \"HTTP 429: Too Many Requests\"}", "gives: {rows: []}",
             "error-limit.json: expected no error, found EAGAIN: HTTP 429"),
    "a url": ("oauth/access_token\n", "oauth/token\n", "token: url: expected"),
    "a number for a text": ("type: job, job_type", "type: 5, job_type", "create: json: expected"),
    "a header": ("Authorization: Bearer TOKEN", "Authorization: Bearer other",
                 "headers.Authorization"),
    "a file that is missing": ("token-none.json", "token-some.json",
                               "token-some.json cannot be read"),
    "an unknown key": ("    status: 202", "    state: 202", "unknown key 'state'"),
    "what nobody asks": ("to: file", "to: flie", "did you mean 'file'"),
}


@pytest.fixture
def copy(program):
    """A folder of recorded answers to be changed."""
    def make(name="elasticpath"):
        return Path(shutil.copytree(FOLDERS / name, program.home / name))
    return make


def change(folder, old, new):
    """Gives the number of the changed line."""
    file = folder / "expect.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return text[:text.index(old)].count("\n") + 1


def test_every_description_has_its_answers():
    assert NAMES == sorted(path.stem for path in DESCRIPTIONS.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_read_as_expected(name, program):
    folder = FOLDERS / name
    for arguments in ([folder], [folder, name], [folder, DESCRIPTIONS / f"{name}.yaml"]):
        result = program.run("check", "--answers", *arguments)
        assert (result.returncode, result.stderr) == (0, "")
        said = re.fullmatch(rf"{folder}: (\d+) cases, all as expected\n", result.stdout)
        assert int(said[1]) > 20


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_lies_there_unused(name):
    text = (FOLDERS / name / "expect.yaml").read_text()
    unused = [path.name for path in (FOLDERS / name).iterdir()
              if path.name != "expect.yaml" and f"answer: {path.name}" not in text]
    assert not unused


@pytest.mark.parametrize("what", CHANGES)
def test_what_comes_out_differently_is_told(what, copy, program):
    old, new, words = CHANGES[what]
    folder = copy()
    line = change(folder, old, new)
    result = program.run("check", "--answers", folder)
    assert result.returncode == USAGE
    told = [told for told in result.stderr.splitlines() if words in told]
    assert told, result.stderr
    number = int(told[0].removeprefix(f"{folder}/expect.yaml:").partition(":")[0])
    assert number <= line, "the case begins there or above"
    assert "not as expected" in result.stdout


def test_each_case_is_told_in_one_line(copy, program):
    folder = copy("eneba")
    file = folder / "expect.yaml"
    file.write_text(file.read_text().replace("state: none", "state: ready"))
    result = program.run("check", "--answers", folder)
    lines = result.stderr.splitlines()
    assert result.returncode == USAGE and len(lines) > 5
    assert len({line.split(":")[1] for line in lines}) == len(lines)
    assert any("and 1 more" in line for line in lines)
    assert result.stdout.startswith(f"{folder}: {len(lines)} of ")


@pytest.mark.parametrize("answer", ["", "null", "[]", "{}", "5", '"x"', "{\"data\":[null,5,[],{}]}",
                                    "[" * 100, "{\"data\":{\"data\":{}}}", "\0"], ids=repr)
@pytest.mark.parametrize("name", NAMES)
def test_no_answer_is_too_odd(name, answer, copy, program):
    """Each answer of a folder becomes something that no API should say."""
    folder = copy(name)
    for path in folder.glob("*.json"):
        path.write_text(answer)
    result = program.run("check", "--answers", folder)
    assert result.returncode == USAGE
    assert "cannot be read" not in result.stderr


def test_a_changed_description_shows(copy, program):
    folder = copy()
    text = (DESCRIPTIONS / "elasticpath.yaml").read_text()
    mine = program.write("mine.yaml", text.replace("word: status", "word: type"))
    result = program.run("check", "--answers", folder, mine)
    assert result.returncode == USAGE
    assert "rows[0].word: expected PENDING, found job" in result.stderr


@pytest.mark.parametrize("text, words", [
    ("", "'cases' is missing"), ("cases: []\n", "'cases' is missing"), ("- a\n", "cases"),
    ("cases: [{answer: a.json}]\n", "'gives'"), ("cases: [{to: list, gives: {}}]\n", "'answer'"),
    ("cases: [{request: list, to: list, gives: 5}]\n", "gives"), ("cases: [\n", "not YAML"),
    ("cases: [{answer: a.json, gives: {}}]\n", "'to' is missing"),
    ("cases: [{request: refresh, gives: {}}]\n", "no such request"),
    ("cases: [{request: list, collection: jibs, gives: {}}]\n", "no such collection"),
    ("cases: [{request: act, gives: {}}]\n", "no such act"),
    ("cases: [{request: document, gives: {}}]\n", "no such document"),
])
def test_a_folder_that_is_none(text, words, program):
    program.write("elasticpath/expect.yaml", text)
    result = program.run("check", "--answers", program.home / "elasticpath")
    assert result.returncode == USAGE
    assert words in result.stderr
    assert "/expect.yaml" in result.stderr


def test_folders_that_are_missing_or_unnamed(program, copy):
    missing = program.run("check", "--answers", program.home / "nothing")
    assert (missing.returncode, "No such file" in missing.stderr) == (USAGE, True)
    unnamed = copy().rename(program.home / "recorded")
    result = program.run("check", "--answers", unnamed)
    assert (result.returncode, "no provider 'recorded'" in result.stderr) == (USAGE, True)
    (unnamed / "expect.yaml").unlink()
    result = program.run("check", "--answers", unnamed, "elasticpath")
    assert (result.returncode, "expect.yaml" in result.stderr) == (USAGE, True)
