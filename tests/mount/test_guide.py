"""The guide "Describe a provider" is true: its example is taken out of its text, looked through and
mounted on a small server of that API; its commands are run as they are printed; every mistake it
shows is told in the words it quotes; and its tables have the keys that the loader knows, no more
and no fewer."""

import os
import re

import pytest

from harness import documents, wait_until
from harness.documents import TOP
from sixth import PER_PAGE_MOST, Parcels

GUIDE = TOP / "src" / "provider" / "README.md"
TEXT = GUIDE.read_text()
DESCRIPTION, ACCOUNT, EXPECTED = documents.blocks(GUIDE, "yaml")
CHECK, MOUNT, COMPARE = documents.blocks(GUIDE, "sh")
ANSWER, = documents.blocks(GUIDE, "json")
FINDING, = documents.blocks(GUIDE, "")
PLACE = re.search(r"`~/(\S+/providers/\S+\.yaml)`", TEXT)[1]
USAGE = 2


def tables(text, title):
    """The rows of all tables with that title above their first column, as lists of cells."""
    found, inside = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == title:
            inside = True
        elif inside and not cells[0].startswith("--"):
            found.append(cells)
    return found


def words(cell):
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


MISTAKES = {cells[2]: [" ".join(words(cell)) for cell in cells[:2]]
            for cells in tables(TEXT, "instead of")}


@pytest.fixture
def parcels():
    with Parcels(batches=3) as service:
        yield service


@pytest.fixture
def person(program, tmp_path):
    """Somebody with an empty home and the installed program, who has written the file."""
    program.path.rmdir()
    program.path = program.home / "desk"
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "orderfs").symlink_to(program.program)

    def type_in(text, **options):
        return program.do("bash", "-euc", text, cwd=program.home,
                          env={"PATH": f"{bin_folder}:{os.environ['PATH']}"}, **options)
    program.type_in = type_in
    program.write(PLACE, DESCRIPTION)
    return program


def open_account(person, parcels, key=None):
    """The account as it is printed; only the service is on this machine."""
    person.write(re.search(r"file: ~/([^}]+)", ACCOUNT)[1], f"{key or parcels.key}\n")
    person.configure(documents.substituted(ACCOUNT, {
        "provider: parcels": f"provider: parcels\n    base_url: {parcels.url}\n"
                             "    insecure: yes"}))


def mount(person, parcels, **options):
    open_account(person, parcels, **options)
    person.path.mkdir()
    person.mount()
    return person.path / "office"


def read(person, path):
    result = person.do("cat", path)
    assert result.returncode == 0, result
    return result.stdout


def test_the_example_is_good_as_it_is_printed(person):
    result = person.type_in(CHECK)
    assert (result.returncode, result.stderr) == (0, "")
    title = re.search(r"^title: (.*)$", DESCRIPTION, re.M)[1]
    assert title in result.stdout and "1 collection, no mistakes" in result.stdout


def test_the_first_finding_is_told_as_it_is_printed(person):
    wrong, = words(re.search(r"no mistakes`.*?With (`[^`]+`)", TEXT, re.S)[1])
    line = DESCRIPTION.splitlines()[-1]
    person.write(PLACE, documents.substituted(DESCRIPTION, {line.strip(): wrong}))
    result = person.type_in(CHECK)
    assert (result.returncode, result.stdout) == (USAGE, "")
    assert result.stderr == FINDING.replace("~", str(person.home))


@pytest.mark.parametrize("told", MISTAKES)
def test_a_mistake_is_told_in_the_words_of_the_guide(told, person):
    old, new = MISTAKES[told]
    assert DESCRIPTION.count(old), old
    line = DESCRIPTION[:DESCRIPTION.index(old)].count("\n") + 1
    person.write(PLACE, DESCRIPTION.replace(old, new, 1))
    result = person.type_in(CHECK)
    assert result.returncode == USAGE, result
    said = {words: int(number) for number, words in
            re.findall(r"^\S+\.yaml:(\d+): (.*)$", result.stderr, re.M)}
    found = [number for words, number in said.items()
             if re.fullmatch(re.escape(told).replace("…", ".*"), words)]
    assert found, f"{told!r} is not among {said}"
    # What a mapping lacks, or says as a whole, is told where it begins.
    assert any(line - 2 <= number <= line for number in found), (line, found)


def test_the_commands_go_as_printed(person, parcels):
    before = parcels.numbers
    open_account(person, parcels)
    result = person.type_in(MOUNT, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    made, = set(parcels.numbers) - set(before)
    said = result.stdout.splitlines()
    assert any(line.startswith("office: ok") for line in said), "the account is tried out"
    assert {"ok", "trigger", *map(str, before)} <= set(said)
    assert "the first day" in result.stdout, "the trigger tells what can be written"
    assert (person.home / "labels.csv").read_bytes() == parcels.file(made)
    assert [method for method, _ in parcels.requests].count("POST") == 1
    assert parcels.refused == []


def test_a_webhook_is_described_as_printed(person):
    setting, = documents.inline(GUIDE, "hook_secret:")
    webhook, = documents.inline(GUIDE, r"\{header:")
    person.write(PLACE, documents.substituted(DESCRIPTION, {
        "settings:": f"webhook: {' '.join(webhook.split())}\nsettings:\n  {setting}\n#"}))
    result = person.type_in(CHECK)
    assert (result.returncode, result.stderr) == (0, "")


def test_recorded_answers_are_read_as_printed(person):
    refusal, = documents.inline(GUIDE, r'\{"error":')
    person.write("answers/list.json", ANSWER)
    person.write("answers/refused.json", refusal)
    person.write("answers/expect.yaml", EXPECTED)
    claim, = re.findall(r"`(\d+ cases, all as expected)`", TEXT)
    result = person.type_in(COMPARE)
    assert (result.returncode, result.stderr) == (0, "") and claim in result.stdout

    person.write("answers/expect.yaml", documents.substituted(EXPECTED, {"ready": "running"}))
    line = EXPECTED[:EXPECTED.index("answer: list.json")].count("\n") + 1
    result = person.type_in(COMPARE)
    assert result.returncode == USAGE
    place, said = result.stderr.split(": ", 1)
    assert place.endswith(f"expect.yaml:{line}")
    assert "expected running, found ready" in said


def test_its_account_is_good_as_it_is_printed(person):
    person.write(re.search(r"file: ~/([^}]+)", ACCOUNT)[1], "hush\n")
    person.configure(ACCOUNT)
    person.path.mkdir()
    person.mount()


def test_all_pages_are_listed_and_files_have_their_sizes(person, parcels):
    while len(parcels.numbers) <= 2 * PER_PAGE_MOST:
        parcels.add("pdf", "done")
    account = mount(person, parcels)
    wait_until(lambda: read(person, account / "status") == "ok\n")
    listed = person.do("ls", account / "batches").stdout.split()
    assert set(listed) == {"trigger", *map(str, parcels.numbers)}
    assert [path for _, path in parcels.requests].count("/v1/batches") == 3
    for number, name in ((1001, "labels.csv"), (1050, "labels.pdf")):
        file = account / "batches" / str(number) / name
        wanted = parcels.file(number)
        assert int(person.do("stat", "-c", "%s", file).stdout) == len(wanted)
        assert read(person, file).encode() == wanted
    assert parcels.refused == []


def test_a_batch_goes_through_its_states(person, parcels):
    batch = parcels.add("csv", "waiting")
    failed = parcels.add("csv", "failed")
    failed["problem"] = "the printer is out of paper"
    empty = parcels.add("csv", "done", labels=0)
    account = mount(person, parcels)
    folder = account / "batches" / str(batch["number"])
    seen = []

    def ready():
        seen.append(read(person, folder / "status").strip())
        return seen[-1] == "ready"
    wait_until(ready)
    assert list(dict.fromkeys(seen)) == ["queued", "running", "ready"]
    assert set(person.do("ls", folder).stdout.split()) == {"batch.json", "labels.csv", "status"}
    broken = account / "batches" / str(failed["number"])
    assert read(person, broken / "status") == "failed\n"
    assert "out of paper" in read(person, broken / "error")
    nothing = account / "batches" / str(empty["number"])
    assert read(person, nothing / "status") == "empty\n"
    assert "labels.csv" not in person.do("ls", nothing).stdout


def test_what_the_service_refuses_is_told_in_its_words_and_ours(person, parcels):
    account = mount(person, parcels)
    wait_until(lambda: read(person, account / "status") == "ok\n")
    command = "from=2026-07-31 to=2026-07-01"
    assert person.type_in(f"echo '{command}' > {account}/batches/trigger").returncode != 0
    status = read(person, account / "batches" / "trigger") + \
        read(person, person.path / ".orderfs" / "history")
    assert "from is missing, or after to" in status and "request id r-" in status


def test_a_wrong_key_is_told_with_what_to_do(person, parcels):
    account = mount(person, parcels, key="mislaid")
    wait_until(lambda: "EACCES" in read(person, account / "status"))
    status = read(person, account / "status")
    advice = re.search(r"status: 401}, say: ([^}]+)", DESCRIPTION)[1]
    assert "X-Api-Key is missing or wrong" in status and advice in status


def keys_of_loader():
    """The sets of keys that mappings may have."""
    found = set()
    for file in sorted(GUIDE.parent.glob("*.c")):
        for body in re.findall(r"\w*keys\[\] = \{(.*?)\}", file.read_text(), re.S):
            found.add(frozenset(re.findall(r'"(\w+)"', body)))
    return found


def test_its_tables_have_the_keys_of_the_loader():
    known = keys_of_loader()
    assert len(known) > 20, "the loader is written in another way now"
    sections = {}
    for part in TEXT.split("\n### ")[1:]:
        title, _, body = part.partition("\n")
        sections[title] = {word for cells in tables(body, "key") for word in words(cells[0])}
    for keys in known:
        assert any(keys <= section for section in sections.values()), \
            f"no section has all of {sorted(keys)}"
    for title, section in sections.items():
        meant = {key for keys in known if keys <= section for key in keys}
        assert section == meant, f"{title} has more than the loader: {section - meant}"


@pytest.mark.parametrize("title, file, pattern", [
    ("kind", "load_pages.c", r'\[PAGE_\w+\] = \{"(\w+)"'),
    ("it is", "load_errors.c", r'\{"(\w+)",\s+-E'),
    ("signature", "load_webhook.c", r'\[SIGNATURE_\w+\] = "([\w-]+)"'),
], ids=["kinds", "meanings", "signatures"])
def test_its_tables_have_the_words_of_the_loader(title, file, pattern):
    known = re.findall(pattern, (GUIDE.parent / file).read_text())
    told = [word for cells in tables(TEXT, title) for word in words(cells[0])]
    assert sorted(told) == sorted(known) and known


def test_its_types_are_those_of_the_loader():
    known = re.findall(r'\[FIELD_\w+\] = "(\w+)"', (GUIDE.parent / "load_field.c").read_text())
    told, = [words(cells[1]) for cells in tables(TEXT, "key") if cells[0] == "`type`"
             and "decimal" in cells[1]]
    assert set(known) <= set(told) and known


def test_what_is_named_in_it_exists():
    for target in documents.links(GUIDE):
        assert (GUIDE.parent / target).exists(), target
    assert str(GUIDE.relative_to(TOP)) in documents.links(documents.README)
