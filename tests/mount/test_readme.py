"""The README is true: every command in it is run as it is printed there, on a machine of one's
own with the sandbox in place of a store, and what the text says of it happens.

A block that is new or was changed beyond what is replaced here makes a test fail."""

import os
import re
import shutil
from pathlib import Path

import pytest

from harness import documents, run, wait_until
from harness.documents import README, TOP

# A new block needs a test.
TWO_COMMANDS, MOUNT, LOOK, SCRIPT = documents.blocks(README, "sh")
TREE, FLOORS = documents.blocks(README, "")
INSTALL, SET_UP = MOUNT.split("\n", 1)
SECRET = "sandbox-seller-secret"


def stub(folder, name, line):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


@pytest.fixture
def person(program, tmp_path):
    """Somebody with an empty home, the installed program, and a folder to work in."""
    program.path.rmdir()
    program.path = program.home / "shops"
    program.work = tmp_path / "work"
    program.work.mkdir()
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "orderfs").symlink_to(program.program)

    def type_in(text, *arguments, **options):
        result = program.do("bash", "-euc", text, "bash", *arguments, cwd=program.work,
                            env={"PATH": f"{bin_folder}:{os.environ['PATH']}"}, **options)
        assert result.returncode == 0, result
        return result.stdout
    program.type_in = type_in
    return program


@pytest.fixture
def shop(sandbox):
    return sandbox(orders=3, export_seconds=0.5)


def for_sandbox(text, shop):
    """The README's own store and key are the only things that must be others."""
    account = shop.accounts[shop.account]
    return documents.substituted(text, {
        "base_url: https://euwest.api.elasticpath.com":
            f"base_url: {account['base_url']}\n    insecure: yes",
        "YOUR-CLIENT-ID": account["client_id"]})


@pytest.fixture
def mounted(person, shop):
    """As it is after the block that mounts."""
    person.type_in(for_sandbox(SET_UP, shop), input=SECRET + "\n")
    assert person.mounted
    return person


def last_job(person):
    """The job that the last line of the history names."""
    return person.type_in("tail -1 ~/shops/.orderfs/history").split("\t")[4]


def test_both_commands_are_scripts_that_can_be_run():
    for line in TWO_COMMANDS.splitlines():
        script = TOP / line.split()[0]
        assert os.access(script, os.X_OK), script
        assert run(["bash", "-n", script]).returncode == 0
        assert str(script.relative_to(TOP)) in script.read_text(), "it says how it is called"


def test_the_demo_takes_its_tour(orderfs, tmp_path):
    """Against this program: what builds and installs is not asked."""
    tree, bin_folder, demo = tmp_path / "tree", tmp_path / "bin", tmp_path / "demo"
    shutil.copytree(TOP / "contrib", tree / "contrib")
    for folder in (bin_folder, tree / "build"):
        folder.mkdir()
    (tree / "build" / "orderfs").symlink_to(orderfs)
    for name in ("meson", "ninja"):
        stub(bin_folder, name, "exit 0")
    for name in ("apt-get", "sudo"):
        stub(bin_folder, name, "echo a test installs nothing >&2; exit 1")
    command = TWO_COMMANDS.split()[0]
    result = run([tree / command, "--end", demo], 60,
                 env={"PATH": f"{bin_folder}:{os.environ['PATH']}", "CI": ""})
    assert result.returncode == 0, result
    assert "order_number,export,created_at" in result.stdout
    assert "Unmounted" in result.stdout.splitlines()[-1]
    assert str(demo) not in Path("/proc/mounts").read_text()
    assert not (demo / "sandbox.pid").exists()


def test_what_is_installed_lies_where_it_is_looked_for(orderfs, tmp_path):
    command = INSTALL.split(" #")[0].strip()
    assert re.fullmatch(r"meson setup (\S+) && ninja -C \1 && sudo ninja -C \1 install", command)
    if not (orderfs.parent / "build.ninja").exists():
        pytest.skip("$ORDERFS is not in the folder where it was built")
    result = run(["meson", "install", "--no-rebuild", "-C", orderfs.parent,
                  "--destdir", tmp_path / "root"])
    assert result.returncode == 0, result
    prefix = tmp_path / "root" / "usr" / "local"
    assert os.access(prefix / "bin" / "orderfs", os.X_OK)
    providers, = re.findall(r"/usr/local(/\S+/providers)", documents.MANUAL.read_text())
    assert (prefix / providers[1:] / "elasticpath.yaml").is_file()
    assert (prefix / "share" / "man" / "man1" / documents.MANUAL.name).is_file()


def test_the_accounts_file_is_good_as_it_is_printed(person):
    before, command, _ = SET_UP.partition("orderfs check")
    said = person.type_in(before + command + " --offline", input="hush\n")
    assert said.startswith(f"{person.config_file}: 1 account")
    assert person.config_file.with_name("shop.secret").stat().st_mode & 0o777 == 0o600


def test_the_drawing_shows_what_is_there(mounted, shop):
    mounted.type_in("cat ~/shops/shop/jobs/trigger; ls ~/shops/shop/jobs")
    shop.event("job", id="bad", status="failed", error="out of luck")
    mounted.type_in("echo now > ~/shops/.orderfs/refresh")
    drawn = [name for name in documents.tree(TREE) if name.startswith((".orderfs", "shop"))]
    assert {".orderfs/ready", "shop/status", "shop/jobs/*/orders.csv",
            "shop/completed/*-orders.csv", "shop/by-status/ready", "shop/by-date/*"} <= set(drawn)
    for name in drawn:
        mounted.type_in('compgen -G "$HOME/shops/$1"', name)
    assert mounted.type_in("ls -A ~/shops").split() == ["shop"]


OTHERS = {"store": "next", "saleor": "saleor", "eneba": "eneba", "wock": "wock"}


def drawn_elsewhere():
    """What the drawing shows of the other accounts, as patterns."""
    for name in documents.tree(TREE):
        if name.split("/")[0] in OTHERS:
            yield re.sub(r"<\w+>|(?<=/)\d+(?=[./]|$)", "*", name)
    for folder, names in re.findall(r"── (\w+/(?:orders|exports)/)\S+/ {2,}(.+)", TREE):
        for name in names.replace(" or ", " ").split():
            name = re.sub(r"^\.", "*.", re.sub(r"\w+…", "*", name))
            yield f"{folder}*/{name}"


def test_the_drawing_shows_the_other_accounts(mount, sandbox):
    shop = sandbox(accounts=",".join(OTHERS.values()), orders=20)
    shop.event("job", account="saleor", file_type="XLSX")
    m = mount(accounts={name: shop.accounts[account] for name, account in OTHERS.items()})
    patterns = list(drawn_elsewhere())
    assert {"store/types.json", "eneba/orders/*/keys.zip", "wock/orders/*/keys/*",
            "saleor/exports/*/*.xlsx"} <= set(patterns), patterns
    ready = wait_until(lambda: [path for path in m.path.glob("wock/orders/*")
                                if path.is_dir() and (path / "status").read_text() == "ready\n"])
    (ready[0] / "trigger").write_text("\n")
    for pattern in patterns:
        wait_until(lambda: list(m.path.glob(pattern)), what=pattern)


def test_a_first_look_and_a_first_export(mounted, shop):
    said = mounted.type_in(LOOK).splitlines()
    assert "ok" in said
    assert {job["id"] for job in shop.jobs()} - {last_job(mounted)} <= set(said)
    assert said[-1].split("\t")[4] in {job["id"] for job in shop.jobs()}
    assert LOOK.split("filter=")[1].split("'")[0] in [job["filter"] for job in shop.jobs()]

    folder = f"~/shops/shop/jobs/{last_job(mounted)}"
    words = []

    def ready():
        words.append(mounted.type_in(f"cat {folder}/status").strip())
        return words[-1] == "ready"
    wait_until(ready)
    claimed = re.findall(r"`(\w+)`", re.search(r"/status` says (.*?), and", README.read_text())[1])
    assert [word for word in claimed if word in words] == list(dict.fromkeys(words))
    assert words[-1] == claimed[-1]
    assert mounted.type_in(f"cat {folder}/orders.csv").encode() == shop.raw_file(last_job(mounted))


def test_a_script_gets_its_file(mounted, shop):
    mounted.type_in(SCRIPT)
    fetched = (mounted.work / "orders.csv").read_bytes()
    assert fetched and fetched == shop.raw_file(last_job(mounted))


def test_it_is_unmounted_as_described(mounted, spawn):
    unmount, let_go = documents.inline(README, "fusermount3")
    inside = spawn(f"cd {mounted.path}/shop && echo here && exec tail -f /dev/null")
    wait_until(inside.output)
    with pytest.raises(AssertionError, match="busy"):
        mounted.type_in(unmount)
    assert mounted.mounted
    mounted.type_in(let_go)
    assert not mounted.mounted
    inside.signal()
    wait_until(lambda: not mounted.running)

    mounted.type_in(SET_UP.splitlines()[-1])
    assert mounted.mounted
    mounted.type_in(unmount)
    assert not mounted.mounted
    wait_until(lambda: not mounted.running)


def test_every_promise_has_a_test_that_bears_its_number():
    tests = "".join(path.read_text() for path in (TOP / "tests").rglob("test_*.*"))
    numbers = documents.promises()
    assert numbers == sorted(set(numbers)) and numbers
    for number in numbers:
        assert re.search(rf"\btest_p{number:02}_", tests), f"promise {number} has no test"
    command, = documents.inline(README, "grep")
    assert run(command, cwd=TOP).stdout


@pytest.mark.parametrize("document", [README, documents.SANDBOX_README], ids=["top", "sandbox"])
def test_what_is_named_in_it_exists(document):
    for target in documents.links(document):
        assert (document.parent / target).exists(), target
    for name in documents.paths(document):
        assert (TOP / name).exists(), name


def test_the_libraries_are_those_that_are_built_with():
    stated = re.findall(r"^\| [\w-]+ (\d[\d.]+) \|", README.read_text(), re.M)
    needed = re.findall(r"dependency\('[^']+', version: '>=([\d.]+)'",
                        (TOP / "meson.build").read_text())
    assert sorted(stated) == sorted(needed) and stated


def test_the_floors_are_the_folders():
    for folder in (TOP / "src").iterdir():
        assert re.search(rf"\b{folder.name}\b", FLOORS) or not folder.is_dir(), folder
