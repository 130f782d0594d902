"""`orderfs check` of files: looks through the accounts file and the descriptions, touches nothing,
and says FILE:LINE: WHAT for everything it finds. Of accounts: test_check_accounts.py."""

from pathlib import Path

import pytest

USAGE = 2
DESCRIPTION = Path(__file__).resolve().parents[2] / "src/provider/apis/elasticpath.yaml"
GOOD = """\
accounts:
  shop:
    provider: elasticpath
    client_id: somebody
    client_secret: hush-hush
"""

# What is wrong with a description: the line that is changed, into what, and the words that tell.
FINDINGS = {
    "a post in list": ('request: {get: "{base_url}/v2/jobs"}',
                       'request: {post: "{base_url}/v2/jobs"}', ["'ls'"]),
    "a post to resolve a file": ('request: {get: "{base_url}/v2/jobs/{id}/file"}',
                                 'request: {post: "{base_url}/v2/jobs/{id}/file"}', ["'ls'"]),
    "a get as trigger": ('post: "{base_url}/v2/jobs"', 'get: "{base_url}/v2/jobs"', ["'post'"]),
    "a template that is undefined": ('"{base_url}/v2/jobs/{id}"}', '"{base_url}/v2/jobs/{jd}"}',
                                     ["{jd}", "{id}"]),
    "the token outside of auth": ('request: {get: "{base_url}/v2/jobs/{id}"}',
                                  'request: {get: "{base_url}/v2/jobs/{token}"}',
                                  ["{token}", "auth"]),
    "a secret in a URL": ('request: {get: "{base_url}/v2/jobs"}',
                          'request: {get: "{base_url}/v2/jobs/{client_secret}"}',
                          ["client_secret", "secret"]),
    "a URL without https": ('"{base_url}/v2/jobs"}', '"http://shop.example/v2/jobs"}',
                            ["https://"]),
    "a question in a URL": ('"{base_url}/v2/jobs"}', '"{base_url}/v2/jobs?all=1"}', ["query:"]),
    "a brace that is open": ('"{base_url}/v2/jobs/{id}"}', '"{base_url}/v2/jobs/{id"}', []),
    "a missing effect": ("    effect: quota", "", ["effect"]),
    "an effect that nobody knows": ("effect: quota", "effect: qouta", ["effect", "quota"]),
    "a state that is unreachable": ("- {is: failed,  when: {status: failed}}",
                                    "- {is: failed,  when: {status: pending}}", ["never reached"]),
    "a state that nobody knows": ("is: running,", "is: runing,", ["runing", "running"]),
    "a word that is taken": ("status: [success, complete, completed]",
                             "status: [success, pending]", ["pending", "already"]),
    "a file that never appears": ("when: ready", "when: expired", ["never appears"]),
    "a file with a slash": ("name: orders.csv", "name: a/orders.csv", ["a/orders.csv"]),
    "a file in the place of another": ("name: orders.csv", "name: status", ["status"]),
    "an unknown key": ("lifetime: 7d", "livetime: 7d", ["livetime", "lifetime"]),
    "a time that is none": ("lifetime: 7d", "lifetime: a week", ["lifetime"]),
    "a path that is none": ("rows: data", "rows: data[", ["rows"]),
    "an example that does not fit": ("example: filter=", "example: filtre=", ["example"]),
    "a field that is not there to be remembered": ("remember: [filter]", "remember: [filtre]",
                                                   ["filtre"]),
    "a setting that is used nowhere": ("  client_id:\n    required", "  region: {default: eu}\n"
                                       "  client_id:\n    required", ["region", "nowhere"]),
    "a newer format": ("format: 1", "format: 2", ["format"]),
    "no format": ("format: 1", "", ["format"]),
}


def test_good_accounts_and_descriptions_are_said_to_be_good(program):
    file = program.configure(GOOD)
    for arguments in ([], ["-c", file]):
        result = program.run("check", "--offline", *arguments)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == f"{file}: 1 account, no mistakes\n"
    result = program.run("check", "elasticpath", DESCRIPTION)
    assert (result.returncode, result.stderr) == (0, "")
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == \
        ["elasticpath", str(DESCRIPTION)]


def test_offline_nothing_is_touched(program, sandbox):
    shop = sandbox(orders=1)
    program.configure((shop.folder / "sandbox.yaml").read_text())
    assert program.run("check", "--offline").returncode == 0
    assert shop.requests() == []
    assert not program.state_dir.exists() and not program.cache_dir.exists()


def test_mistakes_in_the_accounts_are_told(program):
    file = program.configure(GOOD.replace("client_id", "client_if") + "limits: {deadline: soon}\n")
    result = program.run("check")
    assert result.returncode == USAGE
    places = [line.split(": ")[0] for line in result.stderr.splitlines()]
    assert {f"{file}:2", f"{file}:4", f"{file}:6"} <= set(places)
    assert "no mistakes" not in result.stdout


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_finding_is_told_with_its_line(finding, program):
    old, new, words = FINDINGS[finding]
    text = DESCRIPTION.read_text()
    assert old in text
    line = text[:text.index(old)].count("\n") + 1
    # Findings about what is missing name the object that lacks it, which begins above.
    lines = range(1, line + 2) if not new else range(line - 1, line + 1)
    file = program.write("changed.yaml", text.replace(old, new, 1))
    result = program.run("check", file)
    assert result.returncode == USAGE, result
    told = [told for told in result.stderr.splitlines()
            if any(told.startswith(f"{file}:{number}: ") for number in lines)]
    assert any(all(word in line.partition(": ")[2] for word in words) for line in told), \
        f"line {line} and {words} are not in:\n{result.stderr}"


def test_all_findings_are_told_at_once(program):
    text = DESCRIPTION.read_text().replace("effect: quota", "effect: qouta") \
        .replace("lifetime: 7d", "livetime: 7d").replace("name: orders.csv", "name: status")
    result = program.run("check", program.write("changed.yaml", text))
    assert result.returncode == USAGE
    assert all(word in result.stderr for word in ("effect", "livetime", "status"))
    assert len(result.stderr.splitlines()) >= 3


def test_a_description_that_an_account_uses_is_looked_through_too(program):
    program.configure(GOOD)
    text = DESCRIPTION.read_text()
    changed = program.write(".config/orderfs/providers/elasticpath.yaml",
                            text.replace("lifetime: 7d", "livetime: 7d"))
    for arguments in (["check"], [program.path]):
        result = program.run(*arguments)
        assert result.returncode == USAGE
        assert result.stderr.startswith(f"{changed}:") and "livetime" in result.stderr
    assert not program.mounted


def test_a_description_of_ones_own_comes_first(program, sandbox):
    shop = sandbox(orders=1)
    program.configure((shop.folder / "sandbox.yaml").read_text())
    text = DESCRIPTION.read_text().replace("  jobs:\n", "  exports:\n", 1)
    program.write(".config/orderfs/providers/elasticpath.yaml", text)
    program.mount()
    assert "exports" in program.do("ls", program.path / shop.account).stdout.split()


def test_a_description_can_be_a_file_of_any_name(program, sandbox):
    shop = sandbox(orders=1)
    text = (shop.folder / "sandbox.yaml").read_text()
    program.configure(text.replace("provider: elasticpath", "provider: ./mine.yaml"))
    program.write(".config/orderfs/mine.yaml", DESCRIPTION.read_text())
    program.mount()
    assert program.do("ls", program.path / shop.account).stdout.split()[2:] == ["completed", "jobs", "status"]


@pytest.mark.parametrize("name, words", [
    ("elasticpat", "elasticpath"), ("./nothing.yaml", "nothing.yaml"), ("/", "cannot be read"),
])
def test_a_description_that_is_missing(name, words, program):
    result = program.run("check", name)
    assert result.returncode == USAGE
    assert words in result.stderr


@pytest.mark.parametrize("text", ["", "- a list\n", "format: [1\n", "\0", "&a [*a]\n",
                                  "a: &x 1\nb: *x\n", "[" * 10_000])
def test_a_description_that_is_none(text, program):
    file = program.write("broken.yaml", text)
    result = program.run("check", file)
    assert result.returncode == USAGE
    assert result.stderr.startswith(f"{file}")
