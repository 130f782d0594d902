"""The accounts file: every mistake is told as FILE:LINE: what is wrong and what to write instead,
all of them at once, with exit status 2, and nothing is mounted."""

import pytest

USAGE = 2

GOOD = """\
accounts:
  shop:
    provider: elasticpath
    base_url: http://127.0.0.1:1/elasticpath
    insecure: yes
    client_id: somebody
    client_secret: hush-hush
"""

# What is wrong: the change to GOOD, the line that is named, and words that help.
MISTAKES = {
    "an unknown key": ("acounts: {}\n", None, 8, ["acounts", "accounts"]),
    "an unknown key of an account": ("    insecure", "    insecurr", 5, ["insecurr", "insecure"]),
    "an unknown limit": ("limits: {dedline: 3s}\n", None, 8, ["dedline", "deadline"]),
    "an unknown key of the cache": ("cache: {folder: /tmp}\n", None, 8, ["folder", "dir"]),
    "a flag that is none": ("insecure: yes", "insecure: perhaps", 5, ["insecure", "yes"]),
    "a time that is none": ("limits: {deadline: soon}\n", None, 8, ["deadline"]),
    "a time too short": ("limits: {deadline: 1ms}\n", None, 8, ["deadline", "100 ms"]),
    "a size that is none": ("cache: {size: big}\n", None, 8, ["size"]),
    "a size too small": ("cache: {size: 1K}\n", None, 8, ["size", "1024K"]),
    "a list for an object": ("limits: [1, 2]\n", None, 8, ["limits"]),
    "a text for an account": ("accounts:\n", "accounts:\n  other: yes\n", 2, ["other"]),
    "an object for a text": ("client_id: somebody", "client_id: {id: x}", 6, ["file", "env"]),
    "a required setting missing": ("    client_id: somebody\n", "", 2, ["client_id"]),
    "a secret missing": ("    client_secret: hush-hush\n", "", 2, ["client_secret"]),
    "an empty setting": ("somebody", '""', 6, ["client_id", "empty"]),
    "an account with a slash": ("  shop:", "  a/b:", 2, ["a/b", "folder"]),
    "an account with a dot": ("  shop:", "  .shop:", 2, [".shop", "folder"]),
    "no provider": ("    provider: elasticpath\n", "", 2, ["provider: NAME"]),
    "a provider that nobody knows": ("elasticpath\n", "elasticpat\n", 3,
                                     ["elasticpat", "elasticpath"]),
    "plain http to another machine": ("127.0.0.1:1", "shop.example", 4, ["https://", "127.0.0.1"]),
    "plain http without leave": ("    insecure: yes\n", "", 4, ["https://", "insecure: yes"]),
    "an address that is none": ("http://127.0.0.1:1/elasticpath", "shop.example", 4, ["base_url"]),
    "a tab in front": ("    insecure", "\tinsecure", 5, []),
    "a key twice": ("    insecure: yes\n", "    insecure: yes\n    insecure: no\n", 6,
                   ["insecure"]),
}


def refused(program, *expected, arguments=()):
    result = program.run(*arguments, program.path)
    assert result.returncode == USAGE, result
    for place, words in expected:
        lines = [line for line in result.stderr.splitlines() if line.startswith(f"{place}: ")]
        assert any(all(word in line.removeprefix(place) for word in words) for line in lines), \
            f"{place}, {words} are not in:\n{result.stderr}"
    assert "hush" not in result.stderr and not program.mounted
    assert not program.state_dir.exists(), "something was begun"
    return result


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line(mistake, program):
    old, new, line, words = MISTAKES[mistake]
    if new is None:
        text = GOOD + old
    else:
        assert old in GOOD
        text = GOOD.replace(old, new, 1)
    file = program.configure(text)
    refused(program, (f"{file}:{line}", words))


def test_all_mistakes_are_told_at_once(program):
    text = GOOD.replace("somebody", '""').replace("yes", "perhaps") + "limits: {dedline: 1s}\n"
    file = program.configure(text + "  \nmore: 1\n")
    result = refused(program, (f"{file}:5", ["insecure"]), (f"{file}:6", ["client_id"]),
                     (f"{file}:8", ["dedline"]), (f"{file}:10", ["more"]))
    assert len(result.stderr.splitlines()) >= 4


@pytest.mark.parametrize("text, line", [
    ("", 1), ("# nothing but words\n", 1), ("accounts: {}\n", 1), ("state: /tmp/x\n", 1),
    ("just words\n", 1),
])
def test_without_accounts_an_example_is_shown(text, line, program):
    file = program.configure(text)
    result = program.run(program.path)
    assert result.returncode == USAGE
    assert result.stderr.startswith(f"{file}")
    assert "accounts: {shop: {provider:" in result.stderr
    assert not program.mounted


def test_yaml_that_is_cut_is_told_with_its_line(program):
    file = program.configure(GOOD + "limits: {deadline: 3s\n")
    result = program.run(program.path)
    assert result.returncode == USAGE
    assert f"{file}:" in result.stderr and not program.mounted


def test_a_file_that_is_missing_is_named_with_an_example(program):
    refused(program, (f"{program.config_file}", ["no such file", "accounts:"]))
    other = program.home / "other.yaml"
    refused(program, (f"{other}", ["no such file"]), arguments=["-c", other])


def test_a_folder_is_no_accounts_file(program):
    refused(program, (f"{program.home}", ["cannot be read"]), arguments=["-c", program.home])


def test_a_secret_in_a_file_that_others_can_read_is_refused(program):
    file = program.configure(GOOD, mode=0o644)
    refused(program, (f"{file}:7", ["client_secret", "chmod 600", "{file:"]))


def test_a_file_without_a_secret_may_be_read_by_others(program):
    program.write("secret", "hush-hush\n")
    program.configure(GOOD.replace("hush-hush", "{file: ~/secret}"), mode=0o644)
    program.mount()


def test_the_accounts_file_is_looked_for_where_xdg_says(program):
    program.write("elsewhere/orderfs/orderfs.yaml", GOOD)
    state, cache = program.home / "state", program.home / "cache"
    program.mount(env={"XDG_CONFIG_HOME": str(program.home / "elsewhere"),
                       "XDG_STATE_HOME": str(state), "XDG_CACHE_HOME": str(cache)})
    try:
        assert program.do("ls", program.path).stdout == "shop\n"
        assert (state / "orderfs" / "orderfs.db").exists() and (cache / "orderfs").is_dir()
        assert not program.state_dir.exists() and not program.cache_dir.exists()
    finally:
        program.do("fusermount3", "-u", program.path)


def test_the_default_places_are_in_the_home(program):
    program.configure(GOOD)
    program.mount()
    assert (program.state_dir / "orderfs.db").exists() and program.cache_dir.is_dir()
    assert program.do("ls", program.path).stdout == "shop\n"


def test_folders_can_be_named(program):
    """Relative to the accounts file, or to the home."""
    program.configure(GOOD + "state: here/state\ncache: {dir: ~/there/cache}\n")
    program.mount()
    try:
        state = program.config_file.parent / "here/state"
        assert (state / "orderfs.db").exists()
        assert (program.home / "there/cache").is_dir()
    finally:
        program.do("fusermount3", "-u", program.path)
