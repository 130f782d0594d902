"""The recipes in contrib/examples do what they say, each as it stands there: with the tools
themselves, but for systemd, which only looks the units over, and mail, which is a script here."""

import json
import os
import re
import shlex
from datetime import date, timedelta

import pytest

from harness import documents, run, wait_until
from harness.past import let_time_pass

pytestmark = pytest.mark.plain

EXAMPLES = documents.TOP / "contrib" / "examples"


@pytest.fixture
def person(mount, orderfs, tmp_path):
    """Somebody whose ~/shops is mounted, with orderfs and a mail command on the PATH."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "orderfs").symlink_to(orderfs)
    (tools / "mail").write_text('#!/bin/sh\nprintf "%s\\n" "$*" >> ~/headers\ncat >> ~/letters\n')
    (tools / "mail").chmod(0o755)

    def make(shop, name):
        made = mount(shop, name=name)
        made.wait_listed()
        made.variables = {"HOME": str(made.folder), "PATH": f"{tools}:{os.environ['PATH']}"}
        made.type_in = lambda command: run(command, env=made.variables)
        return made
    return make


@pytest.fixture
def shop(sandbox):
    return sandbox(orders=0).frozen()


def copied(folder):
    """What is in a folder of copies, without what rsync is writing."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")}


def finished(shop):
    return {f"{job['id']}-orders.csv": shop.raw_file(job["id"])
            for job in shop.jobs() if job["status"] == "success"}


def test_each_file_is_copied_as_soon_as_it_is_finished_until_the_mount_ends(person, shop, spawn):
    shop.event("job", id="early")
    shop.event("job", id="slow", status="pending")
    m = person(shop, "shop")
    copies = m.folder / "exports"
    following = spawn([EXAMPLES / "follow.sh", m.account, copies])
    wait_until(lambda: copied(copies) == finished(shop))
    shop.event("finish", id="slow")
    shop.event("job", count=5)
    m.refresh()
    wait_until(lambda: copied(copies) == finished(shop))
    assert len(copied(copies)) == 7
    m.terminate()
    assert following.wait().returncode == 1


def test_systemd_finds_nothing_wrong_with_the_units(orderfs, tmp_path):
    units = [path for path in EXAMPLES.iterdir()
             if path.suffix in (".service", ".path", ".timer")]
    assert len(units) == 4
    for unit in units:
        text = unit.read_text().replace("/usr/local/bin/orderfs", str(orderfs))
        (tmp_path / unit.name).write_text(text)
    result = run(["systemd-analyze", "verify", "--user", "--man=no",
                  *(tmp_path / unit.name for unit in units)], env={"XDG_RUNTIME_DIR": tmp_path})
    assert (result.returncode, result.stderr) == (0, "")


def test_the_service_copies_what_is_finished(person, shop):
    shop.event("job", count=3)
    m = person(shop, "shop")
    service = (EXAMPLES / "finished.service").read_text()
    command, = re.findall(r"^ExecStart=(.*)$", service, re.M)
    watched, = re.findall(r"^PathChanged=(.*)$", (EXAMPLES / "finished.path").read_text(), re.M)
    assert watched.replace("%h", str(m.folder)) == str(m.account / "completed")
    assert run(shlex.split(command.replace("%h", str(m.folder)))).returncode == 0
    assert copied(m.folder / "exports") == finished(shop) and finished(shop)


def test_the_service_mounts_and_unmounts(sandbox, program):
    program.configure((sandbox(orders=1).folder / "sandbox.yaml").read_text())
    program.path.rmdir()
    program.path = program.home / "shops"
    program.path.mkdir()
    service = (EXAMPLES / "orderfs.service").read_text()
    start, stop = re.findall(r"^Exec\w+=(.*)$", service, re.M)
    for command, mounted in ((start, True), (stop, False)):
        words = command.replace("%h", str(program.home))
        words = words.replace("/usr/local/bin/orderfs", str(program.program)).split()
        assert program.do(*words).returncode == 0
        assert program.mounted == mounted
    wait_until(lambda: not program.running)


def test_the_mirror_loses_what_is_gone_but_not_to_an_api_that_is_down(person, shop):
    """A mount that is not there shows an empty folder or none: that is no reason either."""
    shop.event("job", id="stays")
    shop.event("job", id="goes")
    m = person(shop, "shop")
    line, = re.findall(r"^(?:\S+ ){5} *(.*)$", (EXAMPLES / "crontab").read_text(), re.M)[-1:]

    def mirrored():
        result = m.type_in(["/bin/sh", "-c", line])
        assert (result.returncode, result.stderr) == (0, "")
        return sorted(copied(m.folder / "mirror"))
    both = ["goes-orders.csv", "stays-orders.csv"]
    assert mirrored() == both
    let_time_pass(m)
    shop.event("vanish", id="goes")
    shop.fault("*", status=503, times=0)
    m.remount()
    assert mirrored() == both
    m.terminate()
    (m.account / "completed").mkdir(parents=True)
    assert mirrored() == both
    (m.account / "completed").rmdir()
    m.account.rmdir()
    shop.clear_faults()
    m.remount()
    m.wait_listed()
    assert mirrored() == ["stays-orders.csv"]


def test_last_months_orders_are_mailed(person, sandbox, spawn):
    shop = sandbox(accounts="next", orders=0).frozen()
    m = person(shop, "store")
    missing = m.path / "nothing"
    mailing = spawn([EXAMPLES / "monthly-export.sh", "a@example.org", missing, m.account],
                    env=m.variables)
    export, = wait_until(shop.jobs)
    shop.event("finish", id=export["id"])
    m.refresh()
    result = mailing.wait()
    assert result.returncode == 1 and str(missing) in result.stderr, result
    headers = (m.folder / "headers").read_text()
    first, last = (json.loads(export["filter"])[name] for name in ("date_from", "date_to"))
    assert headers == f"-s store: orders from {first[:10]} to {last[:10]} a@example.org\n"
    day_after = date.fromisoformat(last[:10]) + timedelta(days=1)
    assert day_after == date.today().replace(day=1) and first[8:10] == "01"
    assert (m.folder / "letters").read_bytes() == shop.raw_file(export["id"])


def test_every_recipe_is_in_the_readme():
    page = EXAMPLES / "README.md"
    assert {path.name for path in EXAMPLES.iterdir()} - {page.name} == {
        target for target in documents.links(page) if "/" not in target}
    assert "contrib/examples/README.md" in documents.links(documents.README)
    for target in documents.links(page):
        assert (EXAMPLES / target).exists(), target
