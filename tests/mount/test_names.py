"""Promise 2: names are safe whatever the API says: no `/`, no control bytes, not `.` or `..`, at
most 255 bytes, unique in their folder, and the same on every mount."""

import json

import pytest

from harness import run, wait_until

ODD_IDS = [
    "a/b", "a%2Fb", "a%2fb", "a%252Fb", "/", "//", "../../etc/passwd", ".", "..", "...", ".hidden",
    "trigger", "%74rigger", "%", "%%", "?id=1&x=#f", "new\nline", "bell\a tab\t", "\x7f", "\x85",
    "\u202e", " ", "-rf", "*", "back\\slash", "é", "e\u0301", "🧾", "A", "a",
    "x" * 255, "x" * 256, "x" * 300, "x" * 299 + "y", "🧾" * 75, "🧾" * 74 + "é", "/" * 300,
]
ODD_ROWS = """{"data": [
    {"id": "", "status": "success"}, {"id": null, "status": "success"}, {"status": "success"},
    {"id": ["a"], "status": "success"}, {"id": {"a": 1}}, 7, null, [], "text",
    {"id": "good", "status": "failed", "error": "words"}
]}"""


def each_job(m, command):
    """What a command prints in each job's folder, by the folder's name."""
    script = f'for job in *; do [ "$job" = trigger ] && continue; printf "%s\\0" "$job"; ' \
             f'(cd "./$job" && {command}); printf "\\0"; done'
    result = run(script, cwd=m.account / "jobs")
    assert result.returncode == 0 and not result.stderr, result
    words = result.stdout.split("\0")
    return dict(zip(words[0:-1:2], words[1::2], strict=True))


def names_by_id(m):
    """Which folder each job has; a job that has two is found out here."""
    m.wait_listed()
    records = each_job(m, "cat job.json")
    found = {json.loads(text)["id"]: name for name, text in records.items()}
    assert len(found) == len(records)
    return found


@pytest.fixture
def odd_shop(sandbox):
    shop = sandbox(orders=0)
    for number, job_id in enumerate(ODD_IDS):
        shop.event("job", id=job_id, bytes=100 + number)
    return shop


def test_p02_names_are_safe_and_unique(odd_shop, mount):
    m = mount(odd_shop)
    found = names_by_id(m)
    assert sorted(map(ascii, found)) == sorted(map(ascii, ODD_IDS))
    for name in found.values():
        assert len(name.encode()) <= 255, "valid UTF-8, and short enough"
        assert name not in (".", "..", "trigger") and "/" not in name
        assert not [c for c in name if ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0]


def test_p02_each_can_be_used_through_its_folder(odd_shop, mount):
    m = mount(odd_shop)
    names = names_by_id(m)
    assert set(each_job(m, "cat status").values()) == {"ready\n"}
    files = each_job(m, "cat orders.csv")
    assert {job_id: files[name].encode() for job_id, name in names.items()} == \
        {job_id: odd_shop.raw_file(job_id) for job_id in ODD_IDS}


def test_p02_each_can_be_asked_about(sandbox, mount):
    """Through the API, whose paths have their own ideas of dots and slashes."""
    shop = sandbox(orders=0)
    for job_id in ODD_IDS:
        shop.event("job", id=job_id, status="resting", bytes=10)
    m = mount(shop)
    m.wait_listed()
    assert set(each_job(m, "cat status").values()) == {"unknown\n"}
    for job_id in ODD_IDS:
        shop.event("finish", id=job_id)
    wait_until(lambda: set(each_job(m, "cat status").values()) == {"ready\n"})
    answers = {request["path"]: request["status"] for request in shop.requests("getAJob")}
    assert list(answers.values()) == [200] * len(ODD_IDS)


def test_p02_names_are_the_same_on_every_mount(odd_shop, mount):
    first = mount(odd_shop)
    names = names_by_id(first)
    first.remount()
    assert names_by_id(first) == names
    assert names_by_id(mount(odd_shop)) == names, "nor do they hang on the state folder"


def test_p02_names_do_not_hang_on_the_order_of_the_listing(sandbox, odd_shop, mount):
    other = sandbox(orders=0)
    for job_id in reversed(ODD_IDS):
        other.event("job", id=job_id, bytes=10)
    assert names_by_id(mount(other)) == names_by_id(mount(odd_shop))


def test_p02_plain_ids_are_their_names(sandbox, mount):
    shop = sandbox(orders=5)
    ids = {job["id"] for job in shop.jobs()}
    assert set(mount(shop).list("jobs")) == ids | {"trigger"}


def test_p02_an_id_that_comes_twice_has_one_folder(sandbox, mount):
    shop = sandbox(orders=0)
    shop.event("job", id="twice", bytes=10)
    shop.event("job", id="twice", bytes=10, duplicate=True)
    m = mount(shop)
    assert m.list("jobs") == ["trigger", "twice"]
    assert m.read("jobs/twice/status") == "ready\n"
    assert m.read_bytes("jobs/twice/orders.csv") == shop.raw_file("twice")


def test_p02_a_zero_byte_in_an_id(sandbox, mount):
    """JSON can say it, a name cannot: whatever becomes of it, it is not another job's folder."""
    shop = sandbox(orders=0)
    shop.event("job", id="a", bytes=10)
    shop.event("job", id="a\0b", bytes=20)
    m = mount(shop)
    assert m.read_bytes("jobs/a/orders.csv") == shop.raw_file("a")
    assert json.loads(m.read("jobs/a/job.json"))["id"] == "a"


def test_p02_half_a_character_in_an_id(sandbox, mount):
    """JSON can say that too, and no path of a URL can."""
    shop = sandbox(orders=0)
    shop.event("job", id="\ud83e", bytes=10)
    shop.event("job", id="good", bytes=20)
    m = mount(shop)
    assert "good" in m.list("jobs")
    assert not [name for name in m.list("jobs") if "\ud800" <= name[0] < "\ue000"]
    assert m.read_bytes("jobs/good/orders.csv") == shop.raw_file("good")


def test_p02_rows_without_a_usable_id_do_no_harm(sandbox, mount):
    shop = sandbox(orders=0)
    shop.fault("getMultipleJobs", times=0, body=ODD_ROWS)
    m = mount(shop)
    assert m.list("jobs") == ["good", "trigger"]
    assert m.read("jobs/good/error") == "words\n"
