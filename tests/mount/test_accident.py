"""Promise 14: nothing starts by accident, and nothing that costs happens unasked.

What a person, an indexer or a backup does to any folder reads, or is refused: the only thing
that starts anything is a command that is written to a trigger on purpose.
"""

import errno
from pathlib import Path

import pytest

from harness import fails_with, run
from harness.commands import COMMAND, TRIGGER, history, last, sent

DESCRIPTION = Path(__file__).resolve().parents[2] / "src/provider/apis/elasticpath.yaml"


@pytest.fixture
def shop(sandbox):
    """One finished job, x."""
    made = sandbox(orders=0)
    made.event("job", id="x", rows=3)
    return made


@pytest.fixture
def m(mount, shop):
    made = mount(shop)
    made.list("jobs")
    made.read("jobs/x/orders.csv")
    return made


def tree(m):
    """Every name with what it is. What a trigger shows when it is read has a time of its own."""
    return run(["find", m.path, "-printf", "%P %y %m %i\\n"]).stdout


def only_asked(shop):
    """Nothing but questions: no request that changes anything."""
    return {request["method"] for request in shop.requests()
            if request["operation"] != "token"} <= {"GET"}


@pytest.mark.parametrize("command", [
    "rm -f jobs/x/orders.csv",
    "rm -f jobs/trigger",
    "rm -rf jobs/x",
    "rm -rf *",
    "rmdir jobs/x",
    "find . -delete",
    "mv jobs/x jobs/y",
    "mv jobs/trigger old-trigger",
    "mv -f jobs/x/orders.csv jobs/trigger",
    "mv /etc/hostname jobs/",
    "mkdir jobs/y",
    "touch jobs/y",
    "touch jobs/trigger",
    "touch jobs/x/orders.csv",
    "chmod 0600 jobs/trigger",
    "chmod -R a+w jobs",
    "chown 12345 jobs/x",
    "ln jobs/trigger jobs/start",
    "ln -s trigger jobs/start",
    "mkfifo jobs/pipe",
    "cp /etc/hostname jobs/",
    "cp /etc/hostname jobs/x/orders.csv",
    "cp jobs/trigger jobs/x/status",
    "truncate -s 0 jobs/x/orders.csv",
    "truncate -s 5 jobs/trigger",
    "echo ready > jobs/x/status",
    "echo x >> jobs/x/job.json",
    "sed -i s/a/b/ jobs/x/orders.csv",
    "sed -i s/TEXT/x/ jobs/trigger",
    "echo 'filter=eq(payment,paid)' > jobs/start",
    "tee -a status < /etc/hostname",
])
def test_p14_what_would_change_the_tree_is_refused(m, shop, command):
    before = tree(m)
    result = run(command, cwd=m.account)
    assert result.returncode != 0
    assert "Operation not permitted" in result.stderr or "Permission denied" in result.stderr
    assert tree(m) == before
    assert only_asked(shop)
    assert not history(m)


@pytest.mark.parametrize("command", [
    "ls -laR",
    "find . -exec stat {} +",
    "find . -type f -exec cat {} +",
    "grep -rc paid .",
    "du -a",
    "df .",
    "tar -cf /dev/null .",
    "tar -c . | wc -c",
    "rsync -a ./ \"$OUT\"",
    "cp -r . \"$OUT\"",
    "find . -type f -exec head -c 1 {} +",
    "find . -type f | xargs md5sum",
    "find . -type f | xargs tail -n 1",
], ids=str)
def test_p14_whoever_looks_at_everything_starts_nothing(m, shop, tmp_path, command):
    before = tree(m)
    result = run(command, cwd=m.path, env={"OUT": str(tmp_path / "out")})
    assert result.returncode == 0, result
    assert result.stderr == ""
    assert only_asked(shop)
    assert tree(m) == before
    assert not history(m)


@pytest.mark.parametrize("restore", [
    "cp -r backup/. \"$MOUNT\"",
    "cp -a --remove-destination backup/. \"$MOUNT\"",
    "cat backup/shop/jobs/trigger > \"$MOUNT/shop/jobs/trigger\"",
    "rsync -aI --inplace --delete backup/ \"$MOUNT\"",
    "rsync -a --delete empty/ \"$MOUNT\"",
    "tar -c -C backup . | tar -x --overwrite -C \"$MOUNT\"",
])
def test_p14_a_backup_that_is_played_back_starts_nothing(mount, shop, tmp_path, restore):
    """Even though the backup has a file `trigger`, which is written back to the trigger."""
    m = mount(shop, name="shop")
    m.list("jobs")
    m.write(TRIGGER, COMMAND)
    (tmp_path / "empty").mkdir()
    assert run(["cp", "-r", m.path, tmp_path / "backup"]).returncode == 0
    shop.clear_requests()
    result = run(restore, cwd=tmp_path, env={"MOUNT": str(m.path)})
    assert result.returncode != 0
    assert not sent(shop)
    assert only_asked(shop)


# ---- what costs


def account_with(tmp_path, effect, **settings):
    """An account of an API whose trigger has this effect."""
    path = tmp_path / "priced.yaml"
    text = DESCRIPTION.read_text()
    assert text.count("effect: quota") == 1
    path.write_text(text.replace("effect: quota", f"effect: {effect}")
                    .replace("name: elasticpath", "name: priced"))
    return {"provider": str(path), **settings}


@pytest.mark.parametrize("effect, settings", [
    ("money", {}),
    ("money", {"spend": False}),
    ("money", {"cancel": True}),
    ("cancel", {}),
    ("cancel", {"spend": True}),
])
def test_p14_what_costs_is_off(mount, shop, tmp_path, effect, settings):
    m = mount(shop, account=account_with(tmp_path, effect, **settings))
    m.list("jobs")
    for command in (COMMAND, f"{COMMAND}force=yes\n"):
        with fails_with(errno.EPERM):
            m.write(TRIGGER, command)
    switch = {"money": "spend: yes", "cancel": "cancel: yes"}[effect]
    assert not sent(shop)
    assert (last(m).outcome, last(m).error) == ("refused", "EPERM")
    assert switch in last(m).words
    assert switch in m.read("status")
    assert switch in m.read(TRIGGER), "who looks before writing is told"


@pytest.mark.parametrize("effect, settings", [
    ("money", {"spend": True}),
    ("cancel", {"cancel": True}),
    ("quota", {}),
    ("free", {}),
])
def test_p14_unless_the_configuration_says_so(mount, shop, tmp_path, effect, settings):
    m = mount(shop, account=account_with(tmp_path, effect, **settings))
    m.list("jobs")
    m.write(TRIGGER, COMMAND)
    assert len(sent(shop)) == 1
    assert last(m).outcome == "done"
